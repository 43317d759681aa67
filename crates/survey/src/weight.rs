//! What a selection weighs, before it is taken out.

use std::collections::{BTreeMap, HashSet};

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, Visit, kept, walk_from};
use careen_model::{Stage, Weight};

use crate::volumes::measure;
use crate::{ExportFormat, ExportRequest, Observer, Scope, Session};

/// Objects walked between two reports of progress.
const REPORT_EVERY: u64 = 4096;
/// Files larger than this are asked for their holes.
const LARGE: u64 = 1 << 20;

impl Session {
    /// What an export of this request would hold: for files a walk without reading any content, for images what the
    /// records of their layers say, and for a container as an image a walk of its own layer.
    pub fn weight(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        match request.format {
            ExportFormat::Files(_) => self.weight_of_files(request, observer, findings),
            ExportFormat::Images(_) => self.weight_of_images(request, observer, findings),
        }
    }

    fn weight_of_files(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        let (options, mut weight) = (self.options(), Weight::default());
        for part in self.parts(request, findings)? {
            let subject = part.scope.to_string();
            let mut seen = HashSet::new();
            for (start, _) in part.objects {
                let (limits, cancel) = (&options.limits, &options.cancel);
                walk_from(&*part.tree, start, limits, cancel, findings, &mut |met, findings| {
                    if weight.entries.is_multiple_of(REPORT_EVERY) {
                        observer(self.progress(Stage::Files, &subject, weight.entries, None));
                    }
                    weight.entries = weight.entries.saturating_add(1);
                    let is_new = met.stat.nlink < 2 || seen.insert(met.stat.inode);
                    if met.stat.kind == Kind::File && is_new {
                        let size = met.stat.size;
                        let data = if size > LARGE { data_of(&*part.tree, met.node, findings) } else { None };
                        weight.bytes = weight.bytes.saturating_add(size);
                        weight.data = weight.data.saturating_add(data.unwrap_or(size));
                    }
                    Ok(Visit::Enter)
                })?;
            }
        }
        Ok(weight)
    }

    fn weight_of_images(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        let mut layers: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for scope in self.image_scopes(request)? {
            let mut report = || observer(self.progress(Stage::Files, &scope.to_string(), 0, None));
            report();
            let image = match &scope {
                Scope::Container(name) => {
                    let container = self.find_container(name)?.item;
                    let upper = self.tree(&Scope::Changes(container.id.clone()), findings);
                    // Losses elsewhere say nothing of this tree.
                    let mut met = Findings::new();
                    let upper = match kept(upper, findings)? {
                        Some(tree) => measure(&*tree, self.options(), &mut report, &mut met)?,
                        None => None,
                    };
                    findings.absorb(met);
                    layers.insert(scope.to_string(), upper.map(|measured| measured.size));
                    self.find_image(container.image_id.as_deref().unwrap_or_default())?
                }
                Scope::Image(name) => self.find_image(name)?,
                // It is refused when the export begins.
                _ => continue,
            };
            layers.extend(image.item.layers.iter().map(|layer| (layer.diff_id.clone(), layer.size)));
        }
        let mut weight = Weight { entries: layers.len() as u64, ..Weight::default() };
        for size in layers.into_values() {
            weight.bytes = weight.bytes.saturating_add(size.unwrap_or(0));
            weight.data = weight.bytes;
            weight.without_size = weight.without_size.saturating_add(u64::from(size.is_none()));
        }
        Ok(weight)
    }
}

/// Bytes of a file that are not holes; `None` when it cannot be opened.
fn data_of(tree: &dyn FileTree, node: NodeId, findings: &mut Findings) -> Option<u64> {
    let source = tree.open(node, findings).ok()?;
    let (mut data, mut at) = (0_u64, 0);
    while let Some(stretch) = source.data_from(at).filter(|stretch| stretch.end > at) {
        let end = stretch.end.min(source.len());
        data = data.saturating_add(end.saturating_sub(stretch.start));
        at = stretch.end;
    }
    Some(data)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::ops::Range;
    use std::rc::Rc;

    use careen_evidence::{ByteSource, MemoryTree, Place, Stat, Xattrs};

    use super::*;

    /// A file of 10 MiB with data in its second and in its last MiB.
    struct Sparse;

    impl ByteSource for Sparse {
        fn len(&self) -> u64 {
            10 << 20
        }

        fn read_exact_at(&self, _: u64, buf: &mut [u8]) -> Result<(), ReadError> {
            buf.fill(1);
            Ok(())
        }

        fn data_from(&self, offset: u64) -> Option<Range<u64>> {
            [1 << 20..2 << 20, 9 << 20..10 << 20].into_iter().find(|data: &Range<u64>| data.end > offset)
        }
    }

    /// A tree whose files are all that one.
    struct Tree(MemoryTree);

    impl FileTree for Tree {
        fn root(&self) -> NodeId {
            self.0.root()
        }

        fn place(&self, node: NodeId) -> Place {
            self.0.place(node)
        }

        fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
            self.0.stat(node, findings)
        }

        fn list(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<careen_evidence::Entry>, ReadError> {
            self.0.list(node, findings)
        }

        fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
            self.0.xattrs(node, findings)
        }

        fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
            self.0.link_target(node, findings)
        }

        fn open(&self, _: NodeId, _: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
            Ok(Rc::new(Sparse))
        }
    }

    #[test]
    fn holes_weigh_nothing() {
        let mut tree = MemoryTree::new("tree");
        let node = tree.file("/a", "1");
        assert_eq!(data_of(&Tree(tree), node, &mut Findings::new()), Some(2 << 20));
    }
}
