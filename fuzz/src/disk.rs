//! Disk files and partition tables.

use std::rc::Rc;

use careen_disk::{Disk, NamedFile, With, open, open_with, partitions, probe};
use careen_evidence::{ByteSource, Findings, Place, Window};

use crate::LIMITS;
use crate::sparse::Sparse;

/// A VHDX file, its headers, region tables and log entries with the right checksums, beside a copy of it as what it may
/// have been made upon. [MS-VHDX] 2.2.2, 2.2.3, 2.3.1.1.
pub fn vhdx(input: &[u8]) {
    let mut file = Sparse::decode(input);
    file.put(0, b"vhdxfile");
    seal_log(&mut file);
    for (offset, length) in [(64 << 10, 4 << 10), (128 << 10, 4 << 10), (192 << 10, 64 << 10), (256 << 10, 64 << 10)] {
        let mut table = file.get(offset, length);
        table[4..8].fill(0);
        let sum = crc(&CASTAGNOLI, &table);
        file.put(offset + 4, &sum.to_le_bytes());
    }
    let files = [NamedFile { name: "parent.vhdx".to_owned(), source: Rc::new(Sparse::decode(input)) }];
    let place = Place::new("disk");
    if let Ok(disk) =
        open_with(Rc::new(file), &With { files: &files, snapshot: None }, &place, &LIMITS, &mut Findings::new())
    {
        look_into(&disk);
    }
}

/// Puts the right checksums into the entries of the log that the first header names: those of 32 KiB at most that do
/// not go on at the start of the ring.
fn seal_log(file: &mut Sparse) {
    let header = file.get(64 << 10, 80);
    let length = u64::from(u32::from_le_bytes(header[68..72].try_into().unwrap_or_default())).min(1 << 20);
    let start = u64::from_le_bytes(header[72..80].try_into().unwrap_or_default());
    if length > 0 && start.checked_add(length).is_some_and(|end| end <= file.len()) {
        for position in (0..length).step_by(4096) {
            let head = file.get(start + position, 12);
            let entry = u64::from(u32::from_le_bytes(head[8..12].try_into().unwrap_or_default()));
            if head.starts_with(b"loge") && (64..=32 << 10).contains(&entry) && entry <= length - position {
                let mut bytes = file.get(start + position, entry as usize);
                bytes[4..8].fill(0);
                file.put(start + position + 4, &crc(&CASTAGNOLI, &bytes).to_le_bytes());
            }
        }
    }
}

/// A qcow2 file, beside copies of it under the names it gives to what it was made upon and where its data lie; in its
/// active state and in that of its first snapshot.
pub fn qcow2(input: &[u8]) {
    let mut file = Sparse::decode(input);
    file.put(0, b"QFI\xfb");
    let copies = |file: &Sparse| -> Vec<NamedFile> {
        // The name of the backing file; whatever the name of a data file, it is the rest of the first cluster's text.
        let head = file.get(0, 20);
        let at = u64::from_be_bytes(head[8..16].try_into().unwrap_or_default());
        let length = u32::from_be_bytes(head[16..20].try_into().unwrap_or_default()).min(1023);
        let backing = String::from_utf8_lossy(&file.get(at, length as usize)).into_owned();
        let names = [backing, "data.raw".to_owned()];
        names.map(|name| NamedFile { name, source: Rc::new(file.clone()) }).into()
    };
    let files = copies(&file);
    let place = Place::new("disk");
    let with = With { files: &files, snapshot: None };
    if let Ok(disk) = open_with(Rc::new(file.clone()), &with, &place, &LIMITS, &mut Findings::new()) {
        look_into(&disk);
        if let Some(snapshot) = disk.snapshots.first() {
            let with = With { files: &files, snapshot: Some(&snapshot.name) };
            if let Ok(disk) = open_with(Rc::new(file), &with, &place, &LIMITS, &mut Findings::new()) {
                look_into(&disk);
            }
        }
    }
}

/// A VHD file, its footers and the header of a dynamic disk with the right checksums, beside a copy of it as what it may
/// have been made upon. "Virtual Hard Disk Image Format Specification" 1.0.
pub fn vhd(input: &[u8]) {
    let mut file = Sparse::decode(input);
    let end = file.len().saturating_sub(512);
    for at in [0, end] {
        file.put(at, b"conectix");
        seal_vhd(&mut file, at, 512, 64);
    }
    let header = u64::from_be_bytes(file.get(16, 8).try_into().unwrap_or_default());
    if header.checked_add(1024).is_some_and(|header_end| header_end <= end) && header >= 512 {
        file.put(header, b"cxsparse");
        seal_vhd(&mut file, header, 1024, 36);
    }
    // The parent is a fixed disk of the same bytes under the identity that the child names.
    let mut parent = file.clone();
    parent.put(end + 68, &file.get(header.saturating_add(40), 16));
    parent.put(end + 60, &2_u32.to_be_bytes());
    seal_vhd(&mut parent, end, 512, 64);
    let files = [NamedFile { name: "parent.vhd".to_owned(), source: Rc::new(parent) }];
    let with = With { files: &files, snapshot: None };
    if let Ok(disk) = open_with(Rc::new(file), &with, &Place::new("disk"), &LIMITS, &mut Findings::new()) {
        look_into(&disk);
    }
}

/// Puts the one's complement of the sum of a structure's bytes into it.
fn seal_vhd(file: &mut Sparse, start: u64, length: usize, at: usize) {
    let mut bytes = file.get(start, length);
    bytes[at..at + 4].fill(0);
    let sum = !bytes.iter().fold(0_u32, |sum, byte| sum.wrapping_add(u32::from(*byte)));
    file.put(start + at as u64, &sum.to_be_bytes());
}

/// A VMDK file: a sparse extent, or a description of which copies of the file are the extents `a` and `b` and the parent.
pub fn vmdk(input: &[u8]) {
    let mut file = Sparse::decode(input);
    let is_description = file.get(0, 1) == b"#";
    file.put(0, if is_description { b"# Disk DescriptorFile\n" } else { b"KDMV" });
    let mut extent = file.clone();
    if is_description {
        extent.put(0, &file.get(4096, 4096));
    }
    let files = ["a", "b", "parent"].map(|name| NamedFile { name: name.to_owned(), source: Rc::new(extent.clone()) });
    let with = With { files: &files, snapshot: None };
    if let Ok(disk) = open_with(Rc::new(file), &with, &Place::new("disk"), &LIMITS, &mut Findings::new()) {
        look_into(&disk);
    }
}

/// A raw disk with a partition table, a GPT's headers with the right checksums. UEFI 2.10, 5.3.2.
pub fn mbr_gpt(input: &[u8]) {
    let mut file = Sparse::decode(input);
    let last = file.len().saturating_sub(512);
    for offset in [512, 4096, last] {
        let mut header = file.get(offset, 92);
        if header.starts_with(b"EFI PART") {
            header[16..20].fill(0);
            file.put(offset + 16, &crc(&ETHERNET, &header).to_le_bytes());
        }
    }
    if let Some(disk) = open_file(file) {
        let mut findings = Findings::new();
        let place = Place::new("disk");
        for range in partitions(&disk, &place, &LIMITS, &mut findings).ranges {
            let window = Window::new(Rc::clone(&disk.source), place.clone(), range.start, range.size);
            probe(&window, &place, &mut findings);
        }
    }
}

fn open_file(file: Sparse) -> Option<Disk> {
    open(Rc::new(file), &Place::new("disk"), &LIMITS, &mut Findings::new()).ok()
}

/// Reads here and there, as a partition table and a filesystem would.
fn look_into(disk: &Disk) {
    let mut buf = vec![0; 64 << 10];
    let size = disk.source.len();
    for part in 0..=32_u64 {
        let offset = (size / 32).saturating_mul(part);
        // Across a boundary as well.
        for offset in [offset, offset.saturating_sub(100)] {
            let length = size.saturating_sub(offset).min(buf.len() as u64) as usize;
            drop(disk.source.read_exact_at(offset, &mut buf[..length]));
        }
    }
    drop(disk.source.read_exact_at(size, &mut buf[..1]));
    drop(disk.source.read_exact_at(u64::MAX, &mut buf));
}

/// The remainders of the 256 bytes of a reflected CRC-32: CRC-32C of VHDX, CRC-32 of GPT.
const CASTAGNOLI: [u32; 256] = table(0x82f6_3b78);
pub(crate) const ETHERNET: [u32; 256] = table(0xedb8_8320);

const fn table(polynomial: u32) -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 0 { sum >> 1 } else { sum >> 1 ^ polynomial };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
}

pub(crate) fn crc(table: &[u32; 256], bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, byte| sum >> 8 ^ table[usize::from(sum as u8 ^ byte)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_have_their_published_check_values() {
        assert_eq!(crc(&CASTAGNOLI, b"123456789"), 0xe306_9283);
        assert_eq!(crc(&ETHERNET, b"123456789"), 0xcbf4_3926);
    }
}
