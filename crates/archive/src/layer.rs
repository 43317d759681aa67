//! A layer of an image, as registries and containerd keep it: a tar, plain or packed with gzip or zstd (OCI image
//! specification 1.1, layer.md).

use std::rc::Rc;

use careen_evidence::{ByteSource, Cached, CancelToken, Findings, Limits, Place, ReadError};

use crate::index::{Names, Pass, index};
use crate::stream::Plain;
use crate::tree::ArchiveTree;
use crate::{CACHE_LINE, CACHE_LINES, gzip, zstd};

/// The tree of a layer as the overlay driver lays it out: what the layer deletes is a character device 0:0, and a
/// directory that hides what lies below has the attribute `trusted.overlay.opaque`. How it is packed is told by its
/// content.
///
/// Damage is a finding. An error only when cancelled.
pub fn open_layer(
    source: Rc<dyn ByteSource>,
    place: &Place,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<ArchiveTree, ReadError> {
    let mut magic = [0; 4];
    if source.len() >= 4 {
        source.read_exact_at(0, &mut magic)?;
    }
    let mut tree = ArchiveTree::new(Rc::clone(&source), place.clone());
    let pass = Pass { names: Names::Layer, limits, cancel, progress: &mut |_, _| {} };
    let unpacked: Rc<dyn ByteSource> = if magic.starts_with(gzip::MAGIC) {
        let mut packed = gzip::Packed::new(source, place);
        index(&mut packed, &mut tree, place, pass, findings)?;
        Rc::new(packed.finish(findings))
    } else if magic.starts_with(zstd::MAGIC) || zstd::is_skippable(magic) {
        let mut packed = zstd::Packed::new(source, place);
        index(&mut packed, &mut tree, place, pass, findings)?;
        Rc::new(packed.finish(findings))
    } else {
        index(&mut Plain::new(source), &mut tree, place, pass, findings)?;
        return Ok(tree);
    };
    tree.read_from(Rc::new(Cached::new(unpacked, CACHE_LINE, CACHE_LINES)));
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use careen_evidence::{FileTree, Kind};

    use super::*;
    use crate::testing::{Tar, header};

    fn layer() -> Vec<u8> {
        Tar::default()
            .entry(header("d/", b'5', 0), b"")
            .file("d/f", b"content")
            .link("d/s", b'2', "f")
            .file("d/.wh.gone", b"")
            .file("d/.wh..wh..opq", b"")
            .end()
    }

    fn open(bytes: Vec<u8>) -> ArchiveTree {
        let mut findings = Findings::new();
        let source: Rc<dyn ByteSource> = Rc::new(bytes);
        let (limits, cancel) = (Limits::default(), CancelToken::default());
        let tree = open_layer(source, &Place::new("layer"), &limits, &cancel, &mut findings).unwrap();
        assert!(findings.list().is_empty(), "{:?}", findings.list());
        tree
    }

    fn at(tree: &ArchiveTree, path: &str) -> careen_evidence::NodeId {
        careen_evidence::lookup_path(tree, path.as_bytes(), &mut Findings::new()).unwrap().unwrap()
    }

    #[test]
    fn a_layer_is_the_same_however_it_is_packed() {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&layer()).unwrap();
        let zstd = ruzstd::encoding::compress_to_vec(&layer()[..], ruzstd::encoding::CompressionLevel::Fastest);
        let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 9][..], &zstd].concat();
        for packed in [layer(), gzip.finish().unwrap(), zstd, skipped] {
            let (tree, mut findings) = (open(packed), Findings::new());
            let stat = |path: &str| tree.stat(at(&tree, path), &mut Findings::new()).unwrap();
            let mut content = vec![0; 7];
            tree.open(at(&tree, "/d/f"), &mut findings).unwrap().read_exact_at(0, &mut content).unwrap();
            assert_eq!(content, b"content");
            assert_eq!((stat("/d/gone").kind, stat("/d/gone").rdev), (Kind::CharDevice, (0, 0)));
            let marks = tree.xattrs(at(&tree, "/d"), &mut findings).unwrap();
            assert_eq!(marks, [(b"trusted.overlay.opaque".to_vec(), b"y".to_vec())]);
            assert_eq!(stat("/d/s").mode, 0o777, "Linux gives every symbolic link this mode");
        }
    }

    #[test]
    fn a_root_without_entry_is_as_it_is_beneath() {
        let mut tree = open(layer());
        let beneath = open(Tar::default().entry(header("./", b'5', 0), b"").end());
        let mut stat = beneath.stat(beneath.root(), &mut Findings::new()).unwrap();
        (stat.mode, stat.uid) = (0o700, 7);
        let root = |tree: &ArchiveTree| tree.stat(tree.root(), &mut Findings::new()).unwrap();
        tree.inherit_root(&stat);
        assert_eq!((root(&tree).mode, root(&tree).uid), (0o700, 7));
        let mut described = beneath;
        let own = root(&described);
        described.inherit_root(&stat);
        assert_eq!(root(&described), own);
    }
}
