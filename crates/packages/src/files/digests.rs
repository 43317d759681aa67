//! Digests of files, in the kinds that package managers use.

use std::fmt;

use careen_evidence::{ByteSource, ReadError};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512};

use crate::hex;

/// How a digest is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DigestKind {
    /// dpkg, rpm until 4.6.
    Md5,
    /// apk.
    Sha1,
    /// rpm, Python, conda.
    Sha256,
    /// Python, by choice.
    Sha384,
    /// The same.
    Sha512,
}

impl DigestKind {
    /// By its name, and the number of its digits.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "md5" => DigestKind::Md5,
            "sha1" => DigestKind::Sha1,
            "sha256" => DigestKind::Sha256,
            "sha384" => DigestKind::Sha384,
            "sha512" => DigestKind::Sha512,
            _ => return None,
        })
    }

    /// By its number in RFC 4880, 9.4, as rpm writes it.
    pub fn numbered(number: u32) -> Option<Self> {
        Some(match number {
            1 => DigestKind::Md5,
            2 => DigestKind::Sha1,
            8 => DigestKind::Sha256,
            9 => DigestKind::Sha384,
            10 => DigestKind::Sha512,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            DigestKind::Md5 => "md5",
            DigestKind::Sha1 => "sha1",
            DigestKind::Sha256 => "sha256",
            DigestKind::Sha384 => "sha384",
            DigestKind::Sha512 => "sha512",
        }
    }

    fn digits(self) -> usize {
        match self {
            DigestKind::Md5 => 32,
            DigestKind::Sha1 => 40,
            DigestKind::Sha256 => 64,
            DigestKind::Sha384 => 96,
            DigestKind::Sha512 => 128,
        }
    }
}

/// A digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// How it is made.
    pub kind: DigestKind,
    digits: String,
}

impl Digest {
    /// From hexadecimal digits; `None` when they are not as many as the kind has.
    pub fn new(kind: DigestKind, digits: &str) -> Option<Self> {
        let is_whole = digits.len() == kind.digits() && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        is_whole.then(|| Digest { kind, digits: digits.to_ascii_lowercase() })
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}", self.kind.name(), self.digits)
    }
}

/// The digest of all bytes of a source.
pub fn of(source: &dyn ByteSource, kind: DigestKind) -> Result<Digest, ReadError> {
    let bytes = match kind {
        DigestKind::Md5 => made::<Md5>(source)?,
        DigestKind::Sha1 => made::<Sha1>(source)?,
        DigestKind::Sha256 => made::<Sha256>(source)?,
        DigestKind::Sha384 => made::<Sha384>(source)?,
        DigestKind::Sha512 => made::<Sha512>(source)?,
    };
    Ok(Digest { kind, digits: hex::digits(&bytes) })
}

fn made<D: sha2::Digest>(source: &dyn ByteSource) -> Result<Vec<u8>, ReadError> {
    let mut digest = D::new();
    super::pieces(source, |piece| digest.update(piece))?;
    Ok(digest.finalize().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_have_their_published_values() {
        let of = |kind| of(&b"abc".to_vec(), kind).unwrap().to_string();
        assert_eq!(of(DigestKind::Md5), "md5:900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of(DigestKind::Sha1), "sha1:a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(of(DigestKind::Sha256), "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(Digest::new(DigestKind::Md5, "00").is_none());
    }
}
