//! Whether what the directories name can be read: a look at every object of every filesystem.

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, Visit, walk};
use careen_filesystem::Ext4;
use careen_model::Stage;

use crate::session::OpenFilesystem;
use crate::{Observer, Options, Session};

/// Objects looked at between two reports of progress.
const REPORT_EVERY: u64 = 4096;

impl Session {
    /// Goes through every filesystem and opens each object once: inodes, directories, extended attributes, targets of
    /// links, and where the content of each file lies. What cannot be read is a finding, and so are files that claim the
    /// same blocks, and those that no directory names. The content itself is not read. An error only when cancelled.
    pub fn check_files(&mut self, observer: Observer<'_>) -> Result<(), ReadError> {
        for at in 0..self.filesystems.len() {
            let Some(open) = self.filesystems.get(at) else { break };
            let (tree, ext4) = (Rc::clone(&open.tree), open.ext4());
            let place = tree.place(tree.root());
            let mut report = |done| observer(self.progress(Stage::Files, place.as_str(), done, None));
            report(0);
            let mut findings = Findings::new();
            let checked = check(&*tree, self.options(), &mut report, &mut findings).and_then(|met| match ext4 {
                Some(ext4) => {
                    ext4.look_for_strays(Some(met), &mut findings)?;
                    ext4.check_claims(&mut findings)
                }
                None => Ok(()),
            });
            self.absorb(findings);
            match checked {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => self.note_failure(&error),
                Ok(()) => {}
            }
        }
        Ok(())
    }
}

/// Opens every object once, and returns how many there are.
fn check(
    tree: &dyn FileTree,
    options: &Options,
    report: &mut dyn FnMut(u64),
    findings: &mut Findings,
) -> Result<u64, ReadError> {
    let mut seen = BTreeSet::new();
    let (mut met, mut opened) = (0_u64, 0_u64);
    walk(tree, &options.limits, &options.cancel, findings, &mut |object, findings| {
        met = met.saturating_add(1);
        if met.is_multiple_of(REPORT_EVERY) {
            report(met);
        }
        let is_known = object.stat.kind != Kind::Directory && object.stat.nlink > 1 && !seen.insert(object.node);
        if !is_known {
            opened = opened.saturating_add(1);
            match open(tree, object.node, object.stat.kind, findings) {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => findings.add_failure(&error),
                Ok(()) => {}
            }
        }
        Ok(Visit::Enter)
    })?;
    Ok(opened)
}

impl Session {
    /// Looks in every filesystem for what no directory names; from then on it is in `lost+found`. All inodes and
    /// directories are read, unless damage made that happen before. An error only when cancelled.
    pub fn look_for_strays(&mut self) -> Result<(), ReadError> {
        let filesystems: Vec<Rc<Ext4>> = self.filesystems.iter().filter_map(OpenFilesystem::ext4).collect();
        for ext4 in filesystems {
            ext4.look_for_strays(None, &mut self.findings)?;
        }
        Ok(())
    }
}

fn open(tree: &dyn FileTree, node: NodeId, kind: Kind, findings: &mut Findings) -> Result<(), ReadError> {
    tree.xattrs(node, findings)?;
    match kind {
        Kind::File => tree.open(node, findings).map(drop),
        Kind::Symlink => tree.link_target(node, findings).map(drop),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use careen_evidence::{ByteSource, Entry, MemoryTree, Place, Stat, Xattrs};

    use super::*;

    /// A tree that remembers what was opened, and in which one file has no known place on the disk.
    struct Watched {
        tree: MemoryTree,
        lost: NodeId,
        opened: RefCell<Vec<NodeId>>,
    }

    impl FileTree for Watched {
        fn root(&self) -> NodeId {
            self.tree.root()
        }

        fn place(&self, node: NodeId) -> Place {
            self.tree.place(node)
        }

        fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
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
            self.opened.borrow_mut().push(node);
            if node == self.lost {
                return Err(ReadError::corrupt(&self.place(node), "extent header: magic"));
            }
            self.tree.open(node, findings)
        }
    }

    #[test]
    fn every_file_is_opened_once_and_what_cannot_be_is_told() {
        let mut tree = MemoryTree::new("disk");
        let lost = tree.file("/a/lost", "12345");
        let linked = tree.file("/b", "123");
        tree.hard_link(tree.root(), "c", linked);
        let tree = Watched { tree, lost, opened: RefCell::default() };
        let mut findings = Findings::new();
        assert_eq!(check(&tree, &Options::default(), &mut |_| {}, &mut findings).unwrap(), 4);
        assert_eq!(*tree.opened.borrow(), [lost, linked]);
        assert_eq!(findings.list().iter().map(|it| it.code.name).collect::<Vec<_>>(), ["structure-damaged"]);
    }
}
