//! Archives made by hand, for the tests.

use crate::header::BLOCK;

/// A ustar header of a name, kind and size; everything else as GNU tar would write it for root's own file.
pub(crate) fn header(name: &str, kind: u8, size: u64) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[108..116].copy_from_slice(b"0000000\0");
    block[116..124].copy_from_slice(b"0000000\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[136..148].copy_from_slice(b"00000000001\0");
    block[156] = kind;
    block[257..265].copy_from_slice(b"ustar\x0000");
    seal(&mut block);
    block
}

/// Writes the right checksum into a header.
pub(crate) fn seal(block: &mut [u8; BLOCK]) {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// The records of an extended header of pax.
pub(crate) fn records(records: &[(&str, &[u8])]) -> Vec<u8> {
    let mut content = Vec::new();
    for (key, value) in records {
        // The length counts its own digits.
        let rest = key.len() + value.len() + 3;
        let length = (rest..).find(|length| length.to_string().len() + rest == *length).unwrap();
        content.extend_from_slice(format!("{length} {key}=").as_bytes());
        content.extend_from_slice(value);
        content.push(b'\n');
    }
    content
}

/// An archive that grows.
#[derive(Clone, Default)]
pub(crate) struct Tar(pub(crate) Vec<u8>);

impl Tar {
    /// A header and its content, filled up to whole blocks.
    pub(crate) fn entry(mut self, header: [u8; BLOCK], content: &[u8]) -> Self {
        self.0.extend_from_slice(&header);
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    /// A regular file.
    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(header(name, b'0', content.len() as u64), content)
    }

    /// A link of this kind.
    pub(crate) fn link(self, name: &str, kind: u8, target: &str) -> Self {
        let mut block = header(name, kind, 0);
        block[157..157 + target.len()].copy_from_slice(target.as_bytes());
        seal(&mut block);
        self.entry(block, b"")
    }

    /// An extended header of pax, with these records.
    pub(crate) fn pax(self, kind: u8, records: &[(&str, &[u8])]) -> Self {
        let content = self::records(records);
        self.entry(header("pax", kind, content.len() as u64), &content)
    }

    /// The bytes with the two blocks of zeros at the end.
    pub(crate) fn end(mut self) -> Vec<u8> {
        self.0.extend_from_slice(&[0; 2 * BLOCK]);
        self.0
    }
}
