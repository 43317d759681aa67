//! Extent trees: runs of up to 32768 blocks, in a tree of at most five levels below the inode.
//!
//! Kernel documentation, "Extent Tree" (`struct ext4_extent_header`, `ext4_extent_idx`, `ext4_extent`,
//! `ext4_extent_tail`).

use careen_evidence::{Fields, Kind, ReadError, codes::filesystem as codes};

use crate::checksum::crc32c;
use crate::mapping::{Builder, MAX_BLOCKS, Run};

/// `eh_magic`.
pub(crate) const MAGIC: u16 = 0xf30a;
/// Length of the header, and of every entry.
const ENTRY: usize = 12;
/// Deepest tree: five levels of nodes below the root.
const MAX_DEPTH: u16 = 5;
/// A longer `ee_len` is that of an extent that was never written, plus this.
const MAX_WRITTEN: u16 = 0x8000;

/// A node of the tree, its header checked.
struct Node<'a> {
    fields: Fields<'a>,
    /// Levels below this node; 0 for a leaf.
    depth: u16,
    entries: u16,
}

/// Maps an inode whose content lies in extents.
pub(crate) fn map(builder: &mut Builder<'_>) -> Result<(), ReadError> {
    let place = builder.volume.inode_place(u64::from(builder.inode.number));
    let root = builder.inode.block;
    match node(Fields::new("extent header", &place, &root), None) {
        Ok(root) => map_node(builder, &root, 0, MAX_BLOCKS),
        Err(error) => {
            builder.push_gap(0, MAX_BLOCKS, error);
            Ok(())
        }
    }
}

/// Maps the blocks `start..end` of the file, which this node stands for.
fn map_node(builder: &mut Builder<'_>, node: &Node<'_>, start: u64, end: u64) -> Result<(), ReadError> {
    if node.depth == 0 { map_leaf(builder, node, start, end) } else { map_index(builder, node, start, end) }
}

fn map_leaf(builder: &mut Builder<'_>, leaf: &Node<'_>, start: u64, end: u64) -> Result<(), ReadError> {
    for index in 0..usize::from(leaf.entries) {
        let at = index.saturating_add(1).saturating_mul(ENTRY);
        let ee_block = leaf.fields.u32_le(at)?;
        let ee_len = leaf.fields.u16_le(at.saturating_add(4))?;
        let ee_start_hi = leaf.fields.u16_le(at.saturating_add(6))?;
        let ee_start_lo = leaf.fields.u32_le(at.saturating_add(8))?;

        let physical = u64::from(ee_start_hi) << 32 | u64::from(ee_start_lo);
        let is_written = ee_len <= MAX_WRITTEN;
        let length = if is_written { ee_len } else { ee_len.saturating_sub(MAX_WRITTEN) };
        // The blocks of a directory are never allocated ahead of use, so it is the length that is wrong.
        let is_directory = builder.inode.kind == Kind::Directory;
        if is_directory && !is_written {
            let what = format_args!("extent: ee_len {ee_len} says that blocks of the directory were never written");
            let error = builder.corrupt(what);
            builder.volume.report_error(builder.findings, &codes::INODE_FIELD, &error);
        }
        let run = Run {
            logical: ee_block,
            length: u32::from(length),
            physical: if is_written || is_directory { Some(physical) } else { None },
        };
        let is_in_order = u64::from(ee_block) >= start.max(builder.next_logical()) && run.end() <= end;
        if length == 0 || !is_in_order {
            let error = builder.corrupt(format_args!(
                "extent: ee_block {ee_block} with ee_len {ee_len}, expected blocks in order within {start} to {end}"
            ));
            builder.push_gap(u64::from(ee_block), run.end().max(u64::from(ee_block).saturating_add(1)), error);
        } else if let Err(error) = builder.check_run(physical, u64::from(length)) {
            builder.push_gap(u64::from(ee_block), run.end(), error);
        } else {
            builder.push(run);
        }
    }
    Ok(())
}

fn map_index(builder: &mut Builder<'_>, node: &Node<'_>, start: u64, end: u64) -> Result<(), ReadError> {
    // Block of the file and block of the node below, for each entry.
    let mut children: Vec<(u64, u64)> = Vec::new();
    for index in 0..usize::from(node.entries) {
        let at = index.saturating_add(1).saturating_mul(ENTRY);
        let ei_block = node.fields.u32_le(at)?;
        let ei_leaf_lo = node.fields.u32_le(at.saturating_add(4))?;
        let ei_leaf_hi = node.fields.u16_le(at.saturating_add(8))?;
        children.push((u64::from(ei_block), u64::from(ei_leaf_hi) << 32 | u64::from(ei_leaf_lo)));
    }
    builder.volume.prefetch(children.iter().map(|(_, block)| *block).collect());
    let mut after = start;
    for (index, (first, block)) in children.iter().copied().enumerate() {
        let next = children.get(index.saturating_add(1)).map_or(end, |(next, _)| *next);
        if first < after || next <= first || next > end {
            let error = builder.corrupt(format_args!(
                "extent index: ei_block is {first} before {next}, expected blocks in order within {start} to {end}"
            ));
            builder.push_gap(first, next.max(first.saturating_add(1)), error);
            continue;
        }
        after = next;
        match map_child(builder, block, node.depth, first, next) {
            Ok(()) => {}
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) => builder.push_gap(first, next, error),
        }
    }
    Ok(())
}

/// Reads the node in `block` and maps what it stands for.
fn map_child(builder: &mut Builder<'_>, block: u64, above: u16, start: u64, end: u64) -> Result<(), ReadError> {
    builder.check_run(block, 1)?;
    builder.visit(block)?;
    let volume = builder.volume;
    let place = volume.inode_place(u64::from(builder.inode.number)).then(format_args!("block {block}"));
    let bytes = volume.block(block).map_err(|error| ReadError { place: place.clone(), ..error })?;
    let child = node(Fields::new("extent header", &place, &bytes), Some(above))?;
    if volume.has_checksums() {
        verify(builder, &child)?;
    }
    map_node(builder, &child, start, end)
}

/// Checks the header of a node; `above` is the depth of the node that points here, `None` for the root.
fn node(fields: Fields<'_>, above: Option<u16>) -> Result<Node<'_>, ReadError> {
    let eh_magic = fields.u16_le(0)?;
    let eh_entries = fields.u16_le(2)?;
    let eh_max = fields.u16_le(4)?;
    let eh_depth = fields.u16_le(6)?;
    if eh_magic != MAGIC {
        return Err(fields.corrupt(format_args!("eh_magic is {eh_magic:#06x}, expected {MAGIC:#06x}")));
    }
    let room = fields.all().len().checked_div(ENTRY).unwrap_or(0).saturating_sub(1);
    if eh_entries > eh_max || usize::from(eh_max) > room {
        return Err(fields
            .corrupt(format_args!("eh_entries is {eh_entries} and eh_max {eh_max}, expected at most {room} of them")));
    }
    let is_expected = above.map_or(eh_depth <= MAX_DEPTH, |above| eh_depth == above.saturating_sub(1));
    if !is_expected {
        let expected = above.map_or(MAX_DEPTH, |above| above.saturating_sub(1));
        return Err(fields.corrupt(format_args!("eh_depth is {eh_depth}, expected {expected}")));
    }
    Ok(Node { fields, depth: eh_depth, entries: eh_entries })
}

/// Compares `et_checksum`, which stands behind the last possible entry.
fn verify(builder: &mut Builder<'_>, node: &Node<'_>) -> Result<(), ReadError> {
    let eh_max = usize::from(node.fields.u16_le(4)?);
    let tail = eh_max.saturating_add(1).saturating_mul(ENTRY);
    // A node filled to its last byte has no room for a checksum.
    let Ok(et_checksum) = node.fields.u32_le(tail) else { return Ok(()) };
    let computed = crc32c(builder.inode.seed, node.fields.bytes(0, tail)?);
    if computed != et_checksum {
        let place = node.fields.corrupt("").place;
        let (stored, computed) = (format!("{et_checksum:#010x}"), format!("{computed:#010x}"));
        builder.volume.report(
            builder.findings,
            &codes::EXTENT_CHECKSUM,
            &place,
            &[("stored", &stored), ("computed", &computed)],
        );
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests {
    use careen_evidence::{ByteSource, FileTree, Findings};

    use crate::inode::flags;
    use crate::test_image::{
        REGULAR, TestImage, extent, extent_header, extent_index, extent_root, inode_offset, names, node, reason,
    };

    /// Content of inode 12: every block begins with its number on the disk.
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

    fn file(i_block: &[u8]) -> TestImage {
        let mut image = TestImage::new();
        image.inode(12, REGULAR, 64 * 1024, flags::EXTENTS, i_block);
        image
    }

    #[test]
    fn extents_holes_and_unwritten_extents() {
        let image = file(&extent_root(&[(0, 2, 100), (3, 0x8002, 110), (5, 1, 120)]));
        let expected = [100, 101, 0, 0, 0, 120, 0];
        for (block, byte) in expected.iter().enumerate() {
            let (read, findings) = read(&image, block as u64);
            assert_eq!((read, names(&findings)), (Ok(*byte), vec![]), "block {block}");
        }
    }

    #[test]
    fn a_tree_of_two_levels() {
        let mut image = file(&[&extent_header(1, 4, 2)[..], &extent_index(0, 40)].concat());
        image.extent_block(12, 40, 1, &[extent_index(0, 41), extent_index(10, 42)]);
        image.extent_block(12, 41, 0, &[extent(0, 1, 100), extent(9, 1, 101)]);
        image.extent_block(12, 42, 0, &[extent(12, 1, 102)]);
        for (block, byte) in [(0, 100), (1, 0), (9, 101), (10, 0), (12, 102)] {
            let (read, findings) = read(&image, block);
            assert_eq!((read, names(&findings)), (Ok(byte), vec![]), "block {block}");
        }
    }

    #[test]
    fn behind_a_damaged_node_only_its_range_is_lost() {
        let mut image = file(&[&extent_header(2, 4, 1)[..], &extent_index(0, 41), &extent_index(10, 42)].concat());
        image.extent_block(12, 41, 0, &[extent(0, 1, 100)]);
        image.block(42, b"no extents");
        assert_eq!(read(&image, 0).0, Ok(100));
        let (lost, findings) = read(&image, 10);
        assert!(lost.unwrap_err().contains("eh_magic is 0x6f6e, expected 0xf30a"));
        assert_eq!(names(&findings), ["ext4-block-mapping"]);
        assert_eq!(findings.list()[0].place.as_str(), "disk › ext4 inode 12 › block 42");
    }

    #[test]
    fn a_wrong_checksum_is_told_and_the_node_is_used() {
        let mut image = file(&[&extent_header(1, 4, 1)[..], &extent_index(0, 41)].concat());
        image.extent_block(12, 41, 0, &[extent(0, 1, 100)]);
        image.put(41 * 1024 + 900, &[1]);
        let (read, findings) = read(&image, 0);
        assert_eq!((read, names(&findings)), (Ok(100), vec!["ext4-extent-checksum"]));
    }

    #[test]
    fn one_case_of_each_damage() {
        let header = |entries, max, depth| extent_header(entries, max, depth).to_vec();
        let index = |first: [u8; 12], second: [u8; 12]| [&extent_header(2, 4, 1)[..], &first, &second].concat();
        let cases = [
            (header(5, 4, 0), "eh_entries is 5"),
            (header(5, 5, 0), "eh_max 5"),
            (header(1, 4, 6), "eh_depth is 6"),
            (extent_root(&[(0, 0, 100)]), "ee_len 0"),
            (extent_root(&[(1, 1, 100), (0, 1, 101)]), "blocks in order"),
            (extent_root(&[(0, 1, 256)]), "from block 256"),
            (extent_root(&[(0, 2, 255)]), "2 blocks from block 255"),
            (extent_root(&[(0, 1, 0)]), "from block 0"),
            (index(extent_index(0, 256), extent_index(9, 41)), "from block 256"),
            (index(extent_index(0, 42), extent_index(0, 41)), "ei_block is 0 before 0"),
            (index(extent_index(0, 43), extent_index(20, 43)), "used twice"),
            (index(extent_index(0, 44), extent_index(20, 41)), "eh_depth is 1, expected 0"),
        ];
        for (i_block, expected) in cases {
            let mut image = file(&i_block);
            for leaf in [41, 42] {
                image.extent_block(12, leaf, 0, &[extent(20, 1, 100)]);
            }
            image.extent_block(12, 43, 0, &[]);
            image.extent_block(12, 44, 1, &[]);
            let (_, findings) = read(&image, 0);
            let all: Vec<String> = findings.list().iter().map(|finding| finding.values["reason"].clone()).collect();
            assert!(all.iter().any(|reason| reason.contains(expected)), "{all:?} for {expected}");
        }
    }

    #[test]
    fn a_size_without_end_costs_nothing() {
        let mut image = file(&extent_root(&[(0, 1, 100)]));
        image.inode(12, REGULAR, u64::MAX >> 1, flags::EXTENTS, &extent_root(&[(0, 1, 100)]));
        let (first, findings) = read(&image, 0);
        assert_eq!((first, names(&findings)), (Ok(100), vec!["ext4-block-mapping"]));
        assert!(reason(&findings).contains("i_size is 9223372036854775807, but its blocks end with block 1"));
        assert!(read(&image, 1).0.is_err() && read(&image, 1 << 50).0.is_err());
        // A size that could be, but not with a damaged inode.
        image.inode(12, REGULAR, 1 << 40, flags::EXTENTS, &extent_root(&[(0, 1, 100)]));
        assert_eq!(read(&image, 1).0, Ok(0));
        image.put(inode_offset(12) + 0x7c, &[1, 2]); // i_checksum_lo
        assert_eq!((read(&image, 0).0, read(&image, 1).0.is_err()), (Ok(100), true));
    }
}
