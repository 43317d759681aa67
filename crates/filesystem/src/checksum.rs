//! The checksums of ext4: CRC-32C of almost everything (`metadata_csum`), CRC-16 of old group descriptors
//! (`uninit_bg`).
//!
//! Kernel documentation, "Checksums"; the kernel's `crc32c_le` and `crc16` neither invert their start value nor
//! their result, so a checksum is carried on from one piece of bytes to the next by giving it as the next seed.

use crc::{Algorithm, Crc, Table};

/// CRC-32C (Castagnoli) without final inversion; the start value is given with every call.
const CRC_32C: Algorithm<u32> = Algorithm {
    width: 32,
    poly: 0x1edc_6f41,
    init: 0,
    refin: true,
    refout: true,
    xorout: 0,
    check: 0x58e3_fa20,
    residue: 0,
};

/// CRC-16 with polynomial 0x8005, reflected.
const CRC_16: Algorithm<u16> =
    Algorithm { width: 16, poly: 0x8005, init: 0, refin: true, refout: true, xorout: 0, check: 0xbb3d, residue: 0 };

static TABLE_32C: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32C);
static TABLE_16: Crc<u16, Table<1>> = Crc::<u16, Table<1>>::new(&CRC_16);

/// The kernel's `crc32c_le(seed, bytes)`.
pub(crate) fn crc32c(seed: u32, bytes: &[u8]) -> u32 {
    // The crate takes the start value bit-reversed for a reflected algorithm.
    let mut digest = TABLE_32C.digest_with_initial(seed.reverse_bits());
    digest.update(bytes);
    digest.finalize()
}

/// The kernel's `crc16(seed, bytes)`.
pub(crate) fn crc16(seed: u16, bytes: &[u8]) -> u16 {
    let mut digest = TABLE_16.digest_with_initial(seed.reverse_bits());
    digest.update(bytes);
    digest.finalize()
}

/// The seed from which `bytes` give this CRC-32C: a CRC can be run backwards.
pub(crate) fn crc32c_seed(sum: u32, bytes: &[u8]) -> u32 {
    /// The polynomial, reflected.
    const POLYNOMIAL: u32 = 0x82f6_3b78;
    bytes.iter().rev().fold(sum, |sum, byte| {
        let before =
            (0..8).fold(sum, |sum: u32, _| if sum >> 31 == 1 { (sum ^ POLYNOMIAL) << 1 | 1 } else { sum << 1 });
        before ^ u32::from(*byte)
    })
}

/// CRC-32C of `bytes` with the field at `start..end` taken as zeros, which is how a structure that holds its own
/// checksum is summed.
pub(crate) fn crc32c_without(seed: u32, bytes: &[u8], start: usize, end: usize) -> u32 {
    const ZEROS: [u8; 4] = [0; 4];
    let before = crc32c(seed, bytes.get(..start).unwrap_or(bytes));
    let field = ZEROS.get(..end.saturating_sub(start)).unwrap_or(&ZEROS);
    crc32c(crc32c(before, field), bytes.get(end..).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        // The published check value of CRC-32C is the inverted one.
        assert_eq!(!crc32c(!0, b"123456789"), 0xe306_9283);
        assert_eq!(crc16(0, b"123456789"), 0xbb3d);
        // CRC-16/MODBUS, the same polynomial started with ones as ext4 does.
        assert_eq!(crc16(!0, b"123456789"), 0x4b37);
    }

    #[test]
    fn a_checksum_is_carried_on_from_piece_to_piece() {
        assert_eq!(crc32c(crc32c(!0, b"1234"), b"56789"), crc32c(!0, b"123456789"));
        assert_eq!(crc32c_without(7, b"ab\xff\xff\xff\xffcd", 2, 6), crc32c(7, b"ab\0\0\0\0cd"));
    }

    #[test]
    fn a_checksum_runs_backwards() {
        for (seed, bytes) in [(0, &b"123456789"[..]), (!0, b"a"), (0x1234_5678, &[0; 4096]), (7, b"")] {
            assert_eq!(crc32c_seed(crc32c(seed, bytes), bytes), seed);
        }
    }
}
