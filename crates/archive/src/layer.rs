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
