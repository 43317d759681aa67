//! tar, tar packed with gzip, and the engine's record of a packed layer.

use std::rc::Rc;

use careen_archive::{Format, layer_of_tar_split, open, open_layer};
use careen_evidence::{CancelToken, FileTree, Findings, Kind, Place, Visit, walk};

use crate::LIMITS;
use crate::disk::{ETHERNET, crc};
use crate::filesystem::read_ends;

const BLOCK: usize = 512;

/// An archive, its headers with the right checksums. POSIX.1-2017, pax, "ustar Interchange Format".
pub fn tar(input: &[u8]) {
    let mut archive = input.to_vec();
    seal(&mut archive);
    look_into(Format::Tar, archive);
}

/// An archive packed with gzip, from its first member on.
pub fn tar_gz(input: &[u8]) {
    look_into(Format::TarGz, input.to_vec());
}

/// A layer as registries keep it: a tar, plain or packed with gzip or zstd. RFC 8878.
pub fn layer(input: &[u8]) {
    let (place, cancel) = (Place::new("layer"), CancelToken::default());
    if let Ok(tree) = open_layer(Rc::new(input.to_vec()), &place, &LIMITS, &cancel, &mut Findings::new()) {
        look_around(&tree);
    }
}

/// A record of a layer: its text, when the input begins with a brace, or the headers of the layer with their right
/// checksums, which the text is then made of. vbatts/tar-split, `tar/storage/entry.go`.
///
/// Headers are pieces: length (2 bytes, little-endian) and content; the uppermost bit makes it a file's content of that
/// length instead, of which nothing follows.
pub fn tar_split(input: &[u8]) {
    let record = if input.starts_with(b"{") { input.to_vec() } else { text_of(input) };
    let mut findings = Findings::new();
    let record = Rc::new(stored(&record));
    let layer = layer_of_tar_split(record, &Place::new("layer"), &LIMITS, &CancelToken::default(), &mut findings);
    if let Ok(tree) = layer {
        look_around(&tree);
    }
}

fn look_into(format: Format, bytes: Vec<u8>) {
    let mut findings = Findings::new();
    let (place, cancel) = (Place::new("archive"), CancelToken::default());
    let archive = open(format, Rc::new(bytes), &place, &LIMITS, &cancel, &mut |_, _| {}, &mut findings);
    if let Ok(archive) = archive {
        look_around(&*archive.tree);
    }
}

fn look_around(tree: &dyn FileTree) {
    let mut findings = Findings::new();
    let mut count = 0;
    drop(walk(tree, &LIMITS, &CancelToken::default(), &mut findings, &mut |met, findings| {
        drop(tree.xattrs(met.node, findings));
        match met.stat.kind {
            Kind::File => {
                if let Ok(file) = tree.open(met.node, findings) {
                    read_ends(&*file);
                }
            }
            Kind::Symlink => drop(tree.link_target(met.node, findings)),
            _ => {}
        }
        count += 1;
        Ok(if count < 500 { Visit::Enter } else { Visit::Stop })
    }));
}

/// Puts the sum of its bytes into each block that has the magic of a header.
fn seal(archive: &mut [u8]) {
    for block in archive.chunks_exact_mut(BLOCK).filter(|block| block[257..].starts_with(b"ustar")) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    }
}

/// The text of a record that has these pieces.
fn text_of(mut input: &[u8]) -> Vec<u8> {
    let mut text = String::new();
    let mut position = 0;
    while let [low, high, rest @ ..] = input {
        let length = usize::from(u16::from_le_bytes([*low, *high & 0x7f]));
        let is_content = high & 0x80 != 0;
        let (piece, after) = rest.split_at(if is_content { 0 } else { length.min(rest.len()) });
        if is_content {
            text += &format!("{{\"type\":1,\"name\":\"f\",\"size\":{length},\"position\":{position}}}\n");
        } else {
            let mut bytes = piece.to_vec();
            seal(&mut bytes);
            text += &format!("{{\"type\":2,\"payload\":\"{}\",\"position\":{position}}}\n", base64(&bytes));
        }
        (input, position) = (after, position + 1);
    }
    text.into_bytes()
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let word = group.iter().chain(&[0, 0]).take(3).fold(0, |word, byte| word << 8 | usize::from(*byte));
        let digits = (0..4).map(|at| char::from(DIGITS[word >> (18 - 6 * at) & 63]));
        text.extend(digits.take(group.len() + 1).chain("==".chars()).take(4));
    }
    text
}

/// A gzip file of blocks that are not compressed. RFC 1952, 2.3; RFC 1951, 3.2.4.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for block in bytes.chunks(usize::from(u16::MAX)) {
        let length = block.len() as u16;
        packed.push(0);
        packed.extend(length.to_le_bytes());
        packed.extend((!length).to_le_bytes());
        packed.extend(block);
    }
    packed.extend([1, 0, 0, 0xff, 0xff]);
    packed.extend(crc(&ETHERNET, bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_become_a_record_that_is_read() {
        let mut header = vec![0; BLOCK];
        header[..1].copy_from_slice(b"f");
        header[124..136].copy_from_slice(b"00000000003\0");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let mut input = (BLOCK as u16).to_le_bytes().to_vec();
        input.extend(&header);
        input.extend([3, 0x80]);
        let record = Rc::new(stored(&text_of(&input)));
        let (place, cancel, mut findings) = (Place::new("layer"), CancelToken::default(), Findings::new());
        let tree = layer_of_tar_split(record, &place, &LIMITS, &cancel, &mut findings).unwrap();
        let node = careen_evidence::lookup_path(&tree, b"/f", &mut findings).unwrap().unwrap();
        assert_eq!(tree.stat(node, &mut findings).unwrap().size, 3);
    }
}
