//! Block maps, the way of ext2 and ext3: twelve direct block numbers, then blocks full of block numbers, one, two
//! and three levels deep.
//!
//! Kernel documentation, "Direct/Indirect Block Addressing".

use careen_evidence::{Fields, ReadError};

use crate::mapping::{Builder, Run};

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
        builder.push_gap(logical, u64::MAX, error);
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

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{ByteSource, FileTree, Findings};

    use crate::test_image::{REGULAR, TestImage, names, node};

    /// Content of inode 12 with this `i_block`; every block begins with its number on the disk.
    fn read(image: &TestImage, block: u64) -> (Result<u8, String>, Findings) {
        let mut image = image.clone();
        for number in 100..200_u32 {
            image.block(number, &[number as u8]);
        }
        let (filesystem, mut findings) = image.open().unwrap();
        let content = filesystem.open(node(12), &mut findings).unwrap();
        let mut byte = [0];
        let result = content.read_exact_at(block * 1024, &mut byte).map(|()| byte[0]).map_err(|e| e.to_string());
        (result, findings)
    }

    fn numbers(numbers: &[(usize, u32)]) -> Vec<u8> {
        let mut bytes = vec![0; numbers.iter().map(|(index, _)| index * 4 + 4).max().unwrap_or(0)];
        for (index, number) in numbers {
            bytes[index * 4..index * 4 + 4].copy_from_slice(&number.to_le_bytes());
        }
        bytes
    }

    fn file(size: u64, i_block: &[(usize, u32)]) -> TestImage {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, size, 0, &numbers(i_block));
        image
    }

    #[test]
    fn direct_single_double_and_triple() {
        // 256 numbers a block: 12 direct, to 268, to 65804, then triple.
        let mut image = file(80_000 * 1024, &[(0, 100), (11, 101), (12, 40), (13, 41), (14, 43)]);
        image.block(40, &numbers(&[(0, 102), (255, 103)]));
        image.block(41, &numbers(&[(0, 42), (255, 46)]));
        image.block(42, &numbers(&[(1, 104)]));
        image.block(46, &numbers(&[(255, 105)]));
        image.block(43, &numbers(&[(0, 44)]));
        image.block(44, &numbers(&[(0, 45)]));
        image.block(45, &numbers(&[(2, 106)]));
        let blocks = [(0, 100), (1, 0), (11, 101), (12, 102), (13, 0), (267, 103), (268, 0), (269, 104)];
        for (block, byte) in blocks.into_iter().chain([(65803, 105), (65804, 0), (65806, 106), (79_999, 0)]) {
            let (read, findings) = read(&image, block);
            assert_eq!((read, names(&findings)), (Ok(byte), vec![]), "block {block}");
        }
    }

    #[test]
    fn damage_costs_only_what_stands_behind_it() {
        let mut image = file(600 * 1024, &[(0, 100), (1, 256), (12, 40), (13, 41)]);
        image.block(40, &numbers(&[(0, 101), (1, 9999)]));
        image.block(41, &numbers(&[(0, 40), (1, 42)]));
        image.block(42, &numbers(&[(0, 102)]));
        for (block, expected) in [(0, Ok(100)), (12, Ok(101)), (524, Ok(102)), (1, Err("from block 256"))] {
            let (read, findings) = read(&image, block);
            assert_eq!(read.as_ref().ok(), expected.as_ref().ok(), "block {block}");
            assert!(expected.is_ok() || read.unwrap_err().contains(expected.unwrap_err()));
            assert_eq!(names(&findings), ["ext4-block-mapping"]);
        }
        assert!(read(&image, 13).0.unwrap_err().contains("from block 9999"));
        assert!(read(&image, 268).0.unwrap_err().contains("block 40 is used twice"));
    }

    #[test]
    fn a_size_beyond_the_reach_of_the_map_is_told() {
        let image = file(1 << 40, &[(0, 100)]);
        let (first, findings) = read(&image, 0);
        assert_eq!((first, names(&findings)), (Ok(100), vec!["ext4-block-mapping"]));
        assert!(read(&image, 1 << 25).0.unwrap_err().contains("reaches only to block 16843020"));
    }
}
