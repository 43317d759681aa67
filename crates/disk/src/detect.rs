//! Telling what kind of file a disk lies in, by its bytes.

use careen_evidence::{ByteSource, Place, ReadError};

use crate::{Format, qcow2, vhd, vhdx, vmdk};

/// Bytes at the start of the file that are looked at: enough for every signature below.
const HEAD: usize = 512;

/// How a signature leads to what people should do.
enum Kind {
    /// A disk in a format that is not read yet.
    Disk,
    /// A packed file that may hold a disk.
    Archive,
}

/// Signatures of what is recognized and refused: place in the head, bytes, name.
const REFUSED: &[(usize, &[u8], Kind, &str)] = &[
    (0, b"COWD", Kind::Disk, "VMDK disk of VMware ESX"),
    (64, &[0x7F, 0x10, 0xDA, 0xBE], Kind::Disk, "VDI disk of VirtualBox"),
    (0, b"WithoutFreeSpace", Kind::Disk, "Parallels disk"),
    (0, b"WithouFreSpacExt", Kind::Disk, "Parallels disk"),
    (0, b"QED\0", Kind::Disk, "QED disk"),
    (0, b"EVF\x09\x0d\x0a\xff\0", Kind::Disk, "disk copy in the EnCase format (EWF)"),
    (0, &[0x3A, 0xFF, 0x26, 0xED], Kind::Disk, "sparse disk of Android"),
    (0, b"encrcdsa", Kind::Disk, "disk encrypted by macOS"),
    (0, b"sprs", Kind::Disk, "sparse disk of macOS"),
    (0, &[0x1F, 0x8B, 8], Kind::Archive, "file packed with gzip"),
    (257, b"ustar", Kind::Archive, "tar archive"),
    (0, b"PK\x03\x04", Kind::Archive, "zip archive"),
    (0, b"7z\xbc\xaf\x27\x1c", Kind::Archive, "7z archive"),
    (0, &[0x28, 0xB5, 0x2F, 0xFD], Kind::Archive, "file packed with zstd"),
    (0, b"\xfd7zXZ\0", Kind::Archive, "file packed with xz"),
    (0, b"BZh", Kind::Archive, "file packed with bzip2"),
    (0, b"MSWIM\0\0\0", Kind::Archive, "Windows image (WIM)"),
    (0, b"Rar!\x1a\x07", Kind::Archive, "rar archive"),
];

/// Length of the footer of VHD and of macOS's DMG.
const FOOTER: u64 = 512;
const FOOTERS: &[(&[u8], &str)] = &[(b"koly", "compressed disk of macOS (DMG)")];

/// What the file is. An error of kind `Unsupported` says what was recognized and what to do.
pub(crate) fn detect(source: &dyn ByteSource, place: &Place) -> Result<Format, ReadError> {
    if source.is_empty() {
        let what = "the file is empty: the disk has been lost or was not copied; look for another copy of it";
        return Err(ReadError::corrupt(place, what));
    }
    let length = usize::try_from(source.len()).unwrap_or(HEAD).min(HEAD);
    let mut head = vec![0; length];
    source.read_exact_at(0, &mut head)?;
    let has = |at: usize, signature: &[u8]| head.get(at..).is_some_and(|bytes| bytes.starts_with(signature));

    if has(0, vhdx::SIGNATURE) {
        return Ok(Format::Vhdx);
    }
    if has(0, qcow2::SIGNATURE) {
        return Ok(Format::Qcow2);
    }
    if has(0, vhd::SIGNATURE) {
        return Ok(Format::Vhd);
    }
    let is_description =
        head.get(..vmdk::DESCRIPTION.len()).is_some_and(|start| start.eq_ignore_ascii_case(vmdk::DESCRIPTION));
    if has(0, vmdk::SIGNATURE) || is_description {
        return Ok(Format::Vmdk);
    }
    if let Some((_, _, kind, name)) = REFUSED.iter().find(|(at, signature, _, _)| has(*at, signature)) {
        return Err(refusal(place, kind, name));
    }
    if let Some(start) = source.len().checked_sub(FOOTER) {
        // One byte more: the footers of the first VHD files are one byte short.
        let mut footer = [0; 9];
        source.read_exact_at(start, &mut footer)?;
        if footer.windows(vhd::SIGNATURE.len()).any(|bytes| bytes == vhd::SIGNATURE) {
            return Ok(Format::Vhd);
        }
        if let Some((_, name)) = FOOTERS.iter().find(|(signature, _)| footer.starts_with(signature)) {
            return Err(refusal(place, &Kind::Disk, name));
        }
    }
    if is_vhdx_without_identifier(source) {
        return Ok(Format::Vhdx);
    }
    Ok(Format::Raw)
}

/// Whether the file begins as one that holds a disk in a format that is read.
pub(crate) fn is_disk_file(source: &dyn ByteSource) -> bool {
    let mut head = [0; 8];
    let is_one = |head: &[u8; 8]| {
        head == vhdx::SIGNATURE || head.starts_with(qcow2::SIGNATURE) || head.starts_with(vmdk::SIGNATURE)
    };
    source.read_exact_at(0, &mut head).is_ok() && is_one(&head)
}

fn refusal(place: &Place, kind: &Kind, name: &str) -> ReadError {
    let advice = match kind {
        Kind::Disk => "this format is not read yet: `qemu-img convert -O qcow2` makes a disk that is",
        Kind::Archive => "unpack it first, then open the disk file in it",
    };
    ReadError::unsupported(place, format_args!("this is a {name}; {advice}"))
}

/// Whether headers and region tables of a VHDX file stand where they must, though its identifier is gone.
fn is_vhdx_without_identifier(source: &dyn ByteSource) -> bool {
    let any = |places: [u64; 2], signature: &[u8; 4]| {
        places.iter().any(|place| {
            let mut bytes = [0; 4];
            let end = place.saturating_add(bytes.len() as u64);
            end <= source.len() && source.read_exact_at(*place, &mut bytes).is_ok() && &bytes == signature
        })
    };
    any(vhdx::HEADERS, b"head") && any(vhdx::REGION_TABLES, b"regi")
}

#[cfg(test)]
mod tests {
    use careen_evidence::ErrorKind;

    use super::*;

    fn detected(bytes: Vec<u8>) -> Result<Format, ReadError> {
        detect(&bytes, &Place::new("disk"))
    }

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let mut vhdx = b"vhdxfile".to_vec();
        vhdx.resize(1000, 0);
        assert_eq!(detected(vhdx).unwrap(), Format::Vhdx);
        assert_eq!(detected(b"QFI\xfb\0\0\0\x03".to_vec()).unwrap(), Format::Qcow2);
        for start in [&b"KDMV"[..], b"# Disk DescriptorFile", b"# disk descriptorfile\n"] {
            let mut vmdk = start.to_vec();
            vmdk.resize(1000, 0);
            assert_eq!(detected(vmdk).unwrap(), Format::Vmdk);
        }
        // The footer of a VHD is at the end, in old files one byte late; a dynamic one has a copy at the start.
        for at in [0, 2048 - 512, 2048 - 511] {
            let mut vhd = vec![0; 2048];
            vhd[at..][..8].copy_from_slice(b"conectix");
            assert_eq!(detected(vhd).unwrap(), Format::Vhd);
        }
        assert_eq!(detected(vec![0; 4096]).unwrap(), Format::Raw);
        assert_eq!(detected(vec![1]).unwrap(), Format::Raw);
    }

    #[test]
    fn a_vhdx_file_without_its_identifier_is_known_by_its_headers() {
        let mut bytes = vec![0; 1 << 20];
        bytes[128 << 10..][..4].copy_from_slice(b"head");
        bytes[192 << 10..][..4].copy_from_slice(b"regi");
        assert_eq!(detected(bytes).unwrap(), Format::Vhdx);
    }

    #[test]
    fn each_refused_kind_is_named() {
        for (at, signature, _, name) in REFUSED {
            let mut bytes = vec![0; 2048];
            bytes[*at..][..signature.len()].copy_from_slice(signature);
            let error = detected(bytes).unwrap_err();
            assert!(matches!(&error.kind, ErrorKind::Unsupported(text) if text.contains(name)), "{error}");
        }
        for (signature, name) in FOOTERS {
            let mut bytes = vec![0; 2048];
            bytes[2048 - 512..][..signature.len()].copy_from_slice(signature);
            let error = detected(bytes).unwrap_err();
            assert!(matches!(&error.kind, ErrorKind::Unsupported(text) if text.contains(name)), "{error}");
        }
    }

    #[test]
    fn an_empty_file_is_said_to_be_empty() {
        let error = detected(Vec::new()).unwrap_err();
        assert!(matches!(&error.kind, ErrorKind::Corrupt(text) if text.starts_with("the file is empty")), "{error}");
    }
}
