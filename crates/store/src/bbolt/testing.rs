//! Builds bbolt files byte by byte, for the tests of every reader that stands on one.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]

/// Page size of the files built here.
pub const PAGE: usize = 4096;

/// A value to be stored.
pub enum Node {
    /// A plain value.
    Value(Vec<u8>),
    /// A bucket on a page of its own.
    Paged(u64),
    /// A bucket within the value.
    Inline(Vec<(&'static str, Vec<u8>)>),
}

/// A file of `pages` pages with two equal metas (transactions 6 and 7) whose root is page 2.
pub fn file(pages: usize) -> Vec<u8> {
    let mut file = vec![0; pages * PAGE];
    for (number, transaction) in [(0, 6), (1, 7)] {
        meta(&mut file, number, 2, transaction);
    }
    file
}

/// Writes a meta page whose root bucket is on page `root`.
pub fn meta(file: &mut [u8], number: usize, root: u64, transaction: u64) {
    let high_water = (file.len() / PAGE) as u64;
    let mut meta = Vec::new();
    meta.extend(0xED0C_DAED_u32.to_le_bytes()); // magic
    meta.extend(2_u32.to_le_bytes()); // version
    meta.extend((PAGE as u32).to_le_bytes()); // pageSize
    meta.extend(0_u32.to_le_bytes()); // flags
    meta.extend(root.to_le_bytes()); // root.pgid
    meta.extend(0_u64.to_le_bytes()); // root.sequence
    meta.extend(u64::MAX.to_le_bytes()); // freelist: not stored
    meta.extend(high_water.to_le_bytes()); // pgid
    meta.extend(transaction.to_le_bytes()); // txid
    let checksum = meta
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    meta.extend(checksum.to_le_bytes());
    let start = number * PAGE;
    file[start..start + 16].copy_from_slice(&header(number as u64, 0x04, 0, 0));
    file[start + 16..start + 80].copy_from_slice(&meta);
}

/// A page header: id, flags, count, overflow.
fn header(id: u64, flags: u16, count: usize, overflow: usize) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&id.to_le_bytes());
    bytes[8..10].copy_from_slice(&flags.to_le_bytes());
    bytes[10..12].copy_from_slice(&(count as u16).to_le_bytes());
    bytes[12..].copy_from_slice(&(overflow as u32).to_le_bytes());
    bytes
}

/// Writes a leaf page, with as many overflow pages as its content needs.
pub fn leaf(file: &mut [u8], number: usize, entries: &[(&str, Node)]) {
    let bytes = leaf_bytes(number as u64, entries);
    file[number * PAGE..number * PAGE + bytes.len()].copy_from_slice(&bytes);
}

fn leaf_bytes(id: u64, entries: &[(&str, Node)]) -> Vec<u8> {
    let values: Vec<(u32, Vec<u8>)> = entries
        .iter()
        .map(|(_, node)| match node {
            Node::Value(value) => (0, value.clone()),
            // Bucket header: root page, sequence.
            Node::Paged(root) => (1, [root.to_le_bytes(), 0_u64.to_le_bytes()].concat()),
            Node::Inline(entries) => {
                let entries: Vec<(&str, Node)> =
                    entries.iter().map(|(key, value)| (*key, Node::Value(value.clone()))).collect();
                (1, [vec![0; 16], leaf_bytes(0, &entries)].concat())
            }
        })
        .collect();
    let mut elements = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for (index, ((key, _), (flags, value))) in entries.iter().zip(&values).enumerate() {
        // Position of the key from the start of this element.
        let position = (entries.len() - index) * 16 + data.len();
        for field in [*flags, position as u32, key.len() as u32, value.len() as u32] {
            elements.extend(field.to_le_bytes());
        }
        data.extend(key.as_bytes());
        data.extend(value);
    }
    let overflow = (16 + elements.len() + data.len() - 1) / PAGE;
    [header(id, 0x02, entries.len(), overflow).to_vec(), elements, data].concat()
}

/// Writes a branch page over `children`, each with its first key.
pub fn branch(file: &mut [u8], number: usize, children: &[(&str, u64)]) {
    let mut elements = Vec::new();
    let mut data: Vec<u8> = Vec::new();
    for (index, (key, child)) in children.iter().enumerate() {
        let position = (children.len() - index) * 16 + data.len();
        elements.extend((position as u32).to_le_bytes()); // pos
        elements.extend((key.len() as u32).to_le_bytes()); // ksize
        elements.extend(child.to_le_bytes()); // pgid
        data.extend(key.as_bytes());
    }
    let bytes = [header(number as u64, 0x01, children.len(), 0).to_vec(), elements, data].concat();
    file[number * PAGE..number * PAGE + bytes.len()].copy_from_slice(&bytes);
}

/// Writes the page of the free list into a meta page.
pub fn set_freelist(file: &mut [u8], number: usize, page: u64) {
    let start = number * PAGE + 16;
    file[start + 32..start + 40].copy_from_slice(&page.to_le_bytes());
    let checksum = file[start..start + 56]
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3));
    file[start + 56..start + 64].copy_from_slice(&checksum.to_le_bytes());
}
