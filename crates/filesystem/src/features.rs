//! The feature words of the superblock.
//!
//! Kernel documentation, "The Super Block": `s_feature_compat`, `s_feature_incompat`, `s_feature_ro_compat`.
//! A reader may ignore unknown compatible and read-only-compatible features, never an unknown incompatible one.

/// Bits of `s_feature_compat`.
pub(crate) mod compat {
    pub(crate) const HAS_JOURNAL: u32 = 0x4;
    pub(crate) const SPARSE_SUPER2: u32 = 0x200;
    /// Those on which it depends where structures lie and how they are read.
    pub(crate) const OF_LAYOUT: u32 = HAS_JOURNAL | SPARSE_SUPER2;
}

/// Bits of `s_feature_incompat`.
pub(crate) mod incompat {
    pub(crate) const FILETYPE: u32 = 0x2;
    pub(crate) const RECOVER: u32 = 0x4;
    pub(crate) const JOURNAL_DEV: u32 = 0x8;
    pub(crate) const META_BG: u32 = 0x10;
    pub(crate) const EXTENTS: u32 = 0x40;
    pub(crate) const BITS_64: u32 = 0x80;
    pub(crate) const MMP: u32 = 0x100;
    pub(crate) const FLEX_BG: u32 = 0x200;
    pub(crate) const EA_INODE: u32 = 0x400;
    pub(crate) const CSUM_SEED: u32 = 0x2000;
    pub(crate) const LARGEDIR: u32 = 0x4000;
    pub(crate) const INLINE_DATA: u32 = 0x8000;
    pub(crate) const ENCRYPT: u32 = 0x1_0000;
    pub(crate) const CASEFOLD: u32 = 0x2_0000;
    /// Those on which it depends where structures lie and how they are read.
    pub(crate) const OF_LAYOUT: u32 = FILETYPE | META_BG | BITS_64 | FLEX_BG | CSUM_SEED;
}

/// Bits of `s_feature_ro_compat`.
pub(crate) mod ro_compat {
    pub(crate) const SPARSE_SUPER: u32 = 0x1;
    pub(crate) const LARGE_FILE: u32 = 0x2;
    pub(crate) const BTREE_DIR: u32 = 0x4;
    pub(crate) const HUGE_FILE: u32 = 0x8;
    pub(crate) const GDT_CSUM: u32 = 0x10;
    pub(crate) const BIGALLOC: u32 = 0x200;
    pub(crate) const METADATA_CSUM: u32 = 0x400;
    pub(crate) const SHARED_BLOCKS: u32 = 0x4000;
    pub(crate) const ORPHAN_PRESENT: u32 = 0x1_0000;
    /// Those on which it depends where structures lie and how they are read.
    pub(crate) const OF_LAYOUT: u32 = SPARSE_SUPER | GDT_CSUM | BIGALLOC | METADATA_CSUM;
}

/// Incompatible features that change nothing for a reader, or that this reader handles.
const INCOMPAT_READ: u32 = incompat::FILETYPE
    | incompat::RECOVER
    | incompat::META_BG
    | incompat::EXTENTS
    | incompat::BITS_64
    | incompat::MMP
    | incompat::FLEX_BG
    | incompat::EA_INODE
    | incompat::CSUM_SEED
    | incompat::LARGEDIR
    | incompat::INLINE_DATA
    | incompat::ENCRYPT
    | incompat::CASEFOLD;

/// Names of the incompatible features that are not read.
const INCOMPAT_NAMES: [(u32, &str); 3] =
    [(0x1, "compression"), (incompat::JOURNAL_DEV, "journal_dev"), (0x1000, "dirdata")];

/// Read-only-compatible features known today; a reader need not know what they change for writers.
const RO_COMPAT_KNOWN: u32 = 0x1_ffff;

/// The three feature words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Features {
    pub(crate) compat: u32,
    pub(crate) incompat: u32,
    pub(crate) ro_compat: u32,
}

impl Features {
    pub(crate) fn has_compat(self, bit: u32) -> bool {
        self.compat & bit != 0
    }

    pub(crate) fn has_incompat(self, bit: u32) -> bool {
        self.incompat & bit != 0
    }

    pub(crate) fn has_ro_compat(self, bit: u32) -> bool {
        self.ro_compat & bit != 0
    }

    /// `ext2`, `ext3` or `ext4`, told apart as libblkid does: by the oldest driver that could mount it.
    pub(crate) fn kind(self) -> &'static str {
        let old_incompat = incompat::FILETYPE | incompat::RECOVER | incompat::META_BG;
        let old_ro_compat = ro_compat::SPARSE_SUPER | ro_compat::LARGE_FILE | ro_compat::BTREE_DIR;
        if self.incompat & !old_incompat != 0 || self.ro_compat & !old_ro_compat != 0 {
            "ext4"
        } else if self.has_compat(compat::HAS_JOURNAL) {
            "ext3"
        } else {
            "ext2"
        }
    }

    /// The incompatible features this reader does not handle, by name or, where there is none, by bit.
    pub(crate) fn unsupported(self) -> Option<String> {
        let names = bits(self.incompat & !INCOMPAT_READ).map(|bit| {
            let known = INCOMPAT_NAMES.iter().find(|(known, _)| *known == bit);
            known.map_or_else(|| format!("incompatible feature {bit:#x}"), |(_, name)| (*name).to_owned())
        });
        join(names)
    }

    /// Read-only-compatible features that nobody had named when this was written.
    pub(crate) fn unknown_ro_compat(self) -> Option<String> {
        join(bits(self.ro_compat & !RO_COMPAT_KNOWN).map(|bit| format!("{bit:#x}")))
    }
}

/// The single bits set in a word.
fn bits(word: u32) -> impl Iterator<Item = u32> {
    (0..u32::BITS).map(|shift| 1_u32 << shift).filter(move |bit| word & bit != 0)
}

fn join(names: impl Iterator<Item = String>) -> Option<String> {
    let names: Vec<String> = names.collect();
    if names.is_empty() { None } else { Some(names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_the_oldest_driver_that_could_mount_it() {
        let ext2 = Features { incompat: incompat::FILETYPE, ro_compat: ro_compat::SPARSE_SUPER, compat: 0 };
        assert_eq!(ext2.kind(), "ext2");
        let ext3 = Features { compat: compat::HAS_JOURNAL, incompat: ext2.incompat | incompat::RECOVER, ..ext2 };
        assert_eq!(ext3.kind(), "ext3");
        assert_eq!(Features { incompat: incompat::EXTENTS, ..ext3 }.kind(), "ext4");
        assert_eq!(Features { ro_compat: ro_compat::GDT_CSUM, ..ext2 }.kind(), "ext4");
    }

    #[test]
    fn what_is_not_read_is_named() {
        assert_eq!(Features { incompat: INCOMPAT_READ, ..Features::default() }.unsupported(), None);
        let odd = Features { incompat: 0x8000_0001 | incompat::EXTENTS, ..Features::default() };
        assert_eq!(odd.unsupported().unwrap(), "compression, incompatible feature 0x80000000");
        assert_eq!(Features { ro_compat: 0x2_0001, ..Features::default() }.unknown_ro_compat().unwrap(), "0x20000");
    }
}
