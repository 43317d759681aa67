//! Block maps, the way of ext2 and ext3: twelve direct block numbers, then blocks full of block numbers, one, two
//! and three levels deep.
//!
//! Kernel documentation, "Direct/Indirect Block Addressing".

use careen_evidence::{Fields, ReadError};

use crate::mapping::{Builder, MAX_BLOCKS, Run};

/// Direct block numbers in `i_block`.
const DIRECT: usize = 12;
/// Levels below the three numbers that follow.
const LEVELS: u32 = 3;
/// Length of a block number in bytes.
const NUMBER: usize = 4;

/// Maps an inode whose content lies behind block numbers.
pub(crate) fn map(builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let place = builder.volume.inode_place(u64::from(builder.inode.number));
    let i_block = builder.inode.block;
    let fields = Fields::new("i_block", &place, &i_block);
    for index in 0..DIRECT {
        map_number(builder, index as u64, fields.u32_le(index.saturating_mul(NUMBER))?);
    }
    let mut logical = DIRECT as u64;
    for level in 1..=LEVELS {
        let index = DIRECT.saturating_add(usize::try_from(level).unwrap_or(0)).saturating_sub(1);
        let block = fields.u32_le(index.saturating_mul(NUMBER))?;
        map_below(builder, block, level, logical)?;
        logical = logical.saturating_add(span(builder, level));
    }
    // A block map reaches less far than an extent tree; with small blocks a size can lie beyond it.
    if logical < builder.end {
        let error = builder.corrupt(format_args!(
            "inode: i_size is {}, its block map reaches only to block {logical}",
            builder.inode.size
        ));
        builder.push_gap(logical, MAX_BLOCKS, error);
    }
    Ok(())
}

/// Blocks of the file that a number stands for, `level` levels above them.
fn span(builder: &Builder<'_>, level: u32) -> u64 {
    let numbers = builder.volume.block_size().checked_div(NUMBER as u64).unwrap_or(0);
    numbers.saturating_pow(level)
}

fn map_number(builder: &mut Builder<'_>, logical: u64, block: u32) {
    let Ok(first) = u32::try_from(logical) else { return };
    if block == 0 || logical >= builder.end {
        return;
    }
    match builder.check_run(u64::from(block), 1) {
        Ok(()) => builder.push(Run { logical: first, length: 1, physical: Some(u64::from(block)) }),
        Err(error) => builder.push_gap(logical, logical.saturating_add(1), error),
    }
}

/// Maps the blocks of the file from `logical` on for which the numbers in `block` stand, `level` levels above them.
fn map_below(builder: &mut Builder<'_>, block: u32, level: u32, logical: u64) -> Result<(), ReadError> {
    if block == 0 || logical >= builder.end {
        return Ok(());
    }
    let numbers = builder.check_run(u64::from(block), 1).and_then(|()| builder.visit(u64::from(block)));
    let numbers = numbers.and_then(|()| builder.volume.block(u64::from(block)));
    let numbers = match numbers {
        Ok(numbers) => numbers,
        Err(error) if error.is_cancelled() => return Err(error),
        Err(error) => {
            builder.push_gap(logical, logical.saturating_add(span(builder, level)), error);
            return Ok(());
        }
    };
    let place = builder.volume.block_place(u64::from(block));
    let fields = Fields::new("indirect block", &place, &numbers);
    let step = span(builder, level.saturating_sub(1));
    if level > 1 {
        let below = (0..numbers.len() / NUMBER).filter_map(|index| fields.u32_le(index.saturating_mul(NUMBER)).ok());
        builder.volume.prefetch(below.filter(|number| *number != 0).map(u64::from).collect());
    }
    for index in 0..numbers.len() / NUMBER {
        let number = fields.u32_le(index.saturating_mul(NUMBER))?;
        let first = logical.saturating_add(step.saturating_mul(index as u64));
        if level == 1 {
            map_number(builder, first, number);
        } else {
            map_below(builder, number, level.saturating_sub(1), first)?;
        }
    }
    Ok(())
}
