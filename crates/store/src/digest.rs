//! Docker's ids: sha256 digests and the chain ids made of them.

use careen_evidence::{ByteSource, CancelToken, ReadError};
use sha2::{Digest, Sha256};

/// What stands before the digits of a digest.
const PREFIX: &str = "sha256:";

/// Whether this is the name of a sha256 directory, a container or an anonymous volume: 64 lower-case hexadecimal digits.
pub(crate) fn is_hex64(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Whether this is `sha256:` and 64 digits.
pub(crate) fn is_digest(text: &str) -> bool {
    text.strip_prefix(PREFIX).is_some_and(is_hex64)
}

/// `sha256:…` of 64 digits.
pub(crate) fn digest_of_hex(hex: &str) -> String {
    format!("{PREFIX}{hex}")
}

/// The sha256 of these bytes, as `sha256:…`.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    shown(&Sha256::digest(bytes))
}

/// The sha256 of all bytes of a source, as `sha256:…`.
pub(crate) fn sha256_of(source: &dyn ByteSource, cancel: &CancelToken) -> Result<String, ReadError> {
    /// Bytes read at once.
    const PIECE: usize = 1 << 20;
    let mut hash = Sha256::new();
    let mut piece = vec![0; PIECE];
    let mut position = 0;
    while position < source.len() {
        cancel.check()?;
        let left = usize::try_from(source.len().saturating_sub(position)).unwrap_or(PIECE).min(PIECE);
        let bytes = piece.get_mut(..left).unwrap_or_default();
        source.read_exact_at(position, bytes)?;
        hash.update(&*bytes);
        position = position.saturating_add(left as u64);
    }
    Ok(shown(&hash.finalize()))
}

fn shown(digest: &[u8]) -> String {
    let hex = digest.iter().fold(String::with_capacity(64), |mut text, byte| {
        use std::fmt::Write;
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    digest_of_hex(&hex)
}

/// The chain id of a layer: its diff id when it is the lowest, else the digest of parent's chain id, a space and its
/// diff id (OCI image specification 1.1, config.md, "Layer ChainID").
pub(crate) fn chain_id(parent: Option<&str>, diff_id: &str) -> String {
    match parent {
        None => diff_id.to_owned(),
        Some(parent) => sha256(format!("{parent} {diff_id}").as_bytes()),
    }
}

/// The chain ids of the layers of an image, lowest first.
pub(crate) fn chain_ids<'d>(diff_ids: impl Iterator<Item = &'d str>) -> Vec<String> {
    let mut chain: Vec<String> = Vec::new();
    for diff_id in diff_ids {
        let next = chain_id(chain.last().map(String::as_str), diff_id);
        chain.push(next);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chain_begins_with_the_diff_id_and_hashes_the_text_of_both() {
        let (low, high) = (digest_of_hex(&"a".repeat(64)), digest_of_hex(&"b".repeat(64)));
        let chain = chain_ids([low.as_str(), high.as_str()].into_iter());
        assert_eq!(chain[0], low);
        assert_eq!(chain[1], sha256(format!("{low} {high}").as_bytes()));
        assert_eq!(sha256(b""), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }

    #[test]
    fn only_lower_case_digits_make_an_id() {
        assert!(is_hex64(&"0f".repeat(32)));
        for wrong in ["0F".repeat(32), "0".repeat(63), format!("../{}", "0".repeat(61))] {
            assert!(!is_hex64(&wrong));
        }
    }
}
