//! How much lies in each volume.

use std::collections::BTreeSet;

use careen_evidence::{FileTree, Findings, Kind, ReadError, Visit, walk};
use careen_model::{Severity, Stage};

use crate::{Observer, Options, Session};

/// Objects walked between two reports of progress.
const REPORT_EVERY: u64 = 4096;

impl Session {
    /// Volumes whose size is still unknown, as positions in `survey().volumes`.
    pub fn unmeasured_volumes(&self) -> Vec<usize> {
        let unknown = self.volumes.iter().enumerate().filter(|(_, open)| open.volume.size.is_none());
        unknown.map(|(index, _)| index).collect()
    }

    /// Walks every volume whose size is unknown. What of a volume cannot be read is a finding, and its size stays
    /// unknown.
    pub fn measure_volumes(&mut self, observer: Observer<'_>) -> Result<(), ReadError> {
        for index in self.unmeasured_volumes() {
            match self.measure_volume(index, observer) {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => self.note_failure(&error),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Walks the volume at this position of `survey().volumes` and fills in its size (sum of st_size, each inode once)
    /// and the number of objects below its root. What cannot be read is a finding; both then stay unknown.
    pub fn measure_volume(&mut self, index: usize, observer: Observer<'_>) -> Result<(), ReadError> {
        let Some(open) = self.volumes.get(index) else { return Ok(()) };
        let name = open.volume.name.clone();
        let total = Some(self.volumes.len() as u64);
        let mut report = || observer(self.progress(Stage::Volumes, &name, index as u64, total));
        report();

        let mut findings = Findings::new();
        let measured = measure(&*self.volume_tree(open)?, self.options(), &mut report, &mut findings)?;
        self.absorb(findings);
        if let Some(open) = self.volumes.get_mut(index) {
            open.volume.size = measured.map(|measured| measured.size);
            open.volume.files = measured.map(|measured| measured.files);
        }
        Ok(())
    }
}

/// What lies below the root of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Measured {
    /// Sum of st_size of all but directories, each inode once.
    pub size: u64,
    /// Number of objects.
    pub files: u64,
}

/// Walks a tree; `None` when any of it was lost on the way, since a sum that lacks something is no size.
pub(crate) fn measure(
    tree: &dyn FileTree,
    options: &Options,
    report: &mut dyn FnMut(),
    findings: &mut Findings,
) -> Result<Option<Measured>, ReadError> {
    let mut seen = BTreeSet::new();
    let mut measured = Measured { size: 0, files: 0 };
    let mut met = 0_u64;
    walk(tree, &options.limits, &options.cancel, findings, &mut |object, _| {
        met = met.saturating_add(1);
        if met.is_multiple_of(REPORT_EVERY) {
            report();
        }
        if object.node != tree.root() {
            measured.files = measured.files.saturating_add(1);
        }
        let counts = object.stat.kind != Kind::Directory;
        if counts && (object.stat.nlink < 2 || seen.insert(object.stat.inode)) {
            measured.size = measured.size.saturating_add(object.stat.size);
        }
        Ok(Visit::Enter)
    })?;
    let is_whole = findings.list().iter().all(|finding| finding.code.severity != Severity::Loss);
    Ok(is_whole.then_some(measured))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use careen_evidence::{ByteSource, Entry, MemoryTree, NodeId, Place, Stat, Xattrs};

    use super::*;

    /// A tree in which one node cannot be read.
    struct Broken {
        tree: MemoryTree,
        lost: Option<NodeId>,
    }

    impl FileTree for Broken {
        fn root(&self) -> NodeId {
            self.tree.root()
        }

        fn place(&self, node: NodeId) -> Place {
            self.tree.place(node)
        }

        fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
            if Some(node) == self.lost {
                return Err(ReadError::corrupt(&self.place(node), "inode: checksum"));
            }
            self.tree.stat(node, findings)
        }

        fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
            self.tree.list(directory, findings)
        }

        fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
            self.tree.xattrs(node, findings)
        }

        fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
            self.tree.link_target(node, findings)
        }

        fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
            self.tree.open(node, findings)
        }
    }

    #[test]
    fn a_volume_that_lost_a_file_has_no_known_size() {
        let mut tree = MemoryTree::new("volume");
        let lost = tree.file("/a/lost", "12345");
        let linked = tree.file("/b", "123");
        tree.hard_link(tree.root(), "c", linked);
        let measure = |lost: Option<NodeId>| {
            let mut findings = Findings::new();
            let tree = Broken { tree: tree.clone(), lost };
            let measured = measure(&tree, &Options::default(), &mut || {}, &mut findings).unwrap();
            (measured, findings.list().len())
        };
        assert_eq!(measure(None), (Some(Measured { size: 8, files: 4 }), 0));
        assert_eq!(measure(Some(lost)), (None, 1));
    }
}
