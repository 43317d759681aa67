//! Going through a tree in order.

use std::collections::HashSet;

use careen_model::{Code, codes};

use crate::{CancelToken, Entry, FileTree, Findings, Kind, Limits, NodeId, ReadError, Stat};

/// What the visitor wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visit {
    /// Go on; enter it if it is a directory.
    Enter,
    /// Go on; leave this directory's content out.
    Skip,
    /// End the walk.
    Stop,
}

/// One object met on a walk.
pub struct Walked<'a> {
    /// From the root, starting with `/`; the root itself is `/`.
    pub path: &'a [u8],
    /// The object.
    pub node: NodeId,
    /// Its metadata.
    pub stat: Stat,
}

/// A directory being gone through.
struct Open {
    node: NodeId,
    /// Length of its path, so that the next name is put after it.
    path_length: usize,
    entries: std::vec::IntoIter<Entry>,
}

/// Visits every object below the root, the root first: see [`walk_from`].
pub fn walk(
    tree: &dyn FileTree,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
    visit: &mut dyn FnMut(&Walked<'_>, &mut Findings) -> Result<Visit, ReadError>,
) -> Result<(), ReadError> {
    walk_from(tree, tree.root(), limits, cancel, findings, visit)
}

/// Visits every object below `root`, `root` itself first: a directory's names in byte order, each directory's content
/// right after itself. Paths are told from `root`.
///
/// An object that cannot be read becomes a finding and the walk goes on. No directory is entered twice: on a damaged
/// disk one may contain its own parents, or have many names, each of which would double the walk. The later names are
/// visited, and told. What lies in a directory that says it belongs elsewhere is visited there or, when it is not met
/// there, at the end. After `limits.entries` objects the walk ends with a finding. Ends with an error only when
/// cancelled or when the root itself cannot be read.
pub fn walk_from(
    tree: &dyn FileTree,
    root: NodeId,
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
    visit: &mut dyn FnMut(&Walked<'_>, &mut Findings) -> Result<Visit, ReadError>,
) -> Result<(), ReadError> {
    let mut walk = Walk::new(root, limits);
    while let Some(step) = walk.step(tree, cancel, findings)? {
        match step {
            Step::Missed { error, .. } => findings.add_failure(&error),
            Step::Met(met) => match visit(&met, findings)? {
                Visit::Stop => return Ok(()),
                Visit::Skip => walk.skip(),
                Visit::Enter => {}
            },
        }
    }
    Ok(())
}

/// What a walk comes to.
pub enum Step<'a> {
    /// An object.
    Met(Walked<'a>),
    /// A name whose object, or whose content as a directory, cannot be read. No finding was made of it.
    Missed {
        /// From the root of the walk, starting with `/`.
        path: &'a [u8],
        /// Why.
        error: ReadError,
    },
}

/// A walk that goes on when it is asked to, in the order and with the promises of [`walk_from`].
pub struct Walk {
    root: NodeId,
    limits: Limits,
    is_begun: bool,
    /// Of the object met last; empty for the root.
    path: Vec<u8>,
    stack: Vec<Open>,
    /// The directory met last, which is entered next.
    ahead: Option<NodeId>,
    entered: HashSet<NodeId>,
    /// Directories met where they do not belong.
    strangers: Vec<(Vec<u8>, NodeId)>,
    visits: u64,
}

impl Walk {
    /// A walk from `root`, of which nothing was read yet.
    pub fn new(root: NodeId, limits: &Limits) -> Self {
        Walk {
            root,
            limits: *limits,
            is_begun: false,
            path: Vec::new(),
            stack: Vec::new(),
            ahead: None,
            entered: HashSet::new(),
            strangers: Vec::new(),
            visits: 1,
        }
    }

    /// Leaves out the content of the directory met last.
    pub fn skip(&mut self) {
        self.ahead = None;
    }

    /// The next object; `None` at the end. The tree has to be the same each time.
    pub fn step(
        &mut self,
        tree: &dyn FileTree,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<Option<Step<'_>>, ReadError> {
        let met = match self.advance(tree, cancel, findings) {
            Ok(None) => return Ok(None),
            Ok(Some(met)) => Ok(met),
            Err(error) if error.is_cancelled() || self.stack.is_empty() => return Err(error),
            Err(error) => Err(error),
        };
        let path = if self.path.is_empty() { b"/" } else { self.path.as_slice() };
        Ok(Some(match met {
            Ok((node, stat)) => Step::Met(Walked { path, node, stat }),
            Err(error) => Step::Missed { path, error },
        }))
    }

    /// The next object; an error for one that cannot be read, after which the walk goes on unless it is the root.
    fn advance(
        &mut self,
        tree: &dyn FileTree,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<Option<(NodeId, Stat)>, ReadError> {
        if !self.is_begun {
            self.is_begun = true;
            let stat = tree.stat(self.root, findings)?;
            self.ahead = (stat.kind == Kind::Directory).then_some(self.root);
            return Ok(Some((self.root, stat)));
        }
        if let Some(directory) = self.ahead.take() {
            self.enter(tree, directory, findings)?;
        }
        loop {
            cancel.check()?;
            let Some(top) = self.stack.last_mut() else {
                let Some((stranger, node)) = self.strangers.pop() else { return Ok(None) };
                if self.entered.contains(&node) {
                    tell_twice(tree, node, &stranger, &codes::general::DIRECTORY_TWICE, findings);
                } else if let Ok(entries) = tree.list(node, findings) {
                    self.entered.insert(node);
                    self.path = stranger;
                    self.stack.push(open(tree, node, self.path.len(), entries));
                }
                continue;
            };
            self.path.truncate(top.path_length);
            let Some(entry) = top.entries.next() else {
                self.stack.pop();
                continue;
            };
            if self.visits >= self.limits.entries {
                let reason = format!("more than {} objects below one directory", self.limits.entries);
                findings.add_failure(&ReadError::over_limit(&tree.place(self.root), reason));
                self.stack.clear();
                self.strangers.clear();
                return Ok(None);
            }
            self.visits = self.visits.saturating_add(1);
            self.path.push(b'/');
            self.path.extend_from_slice(&entry.name);
            let stat = tree.stat(entry.node, findings)?;
            self.ahead = (stat.kind == Kind::Directory).then_some(entry.node);
            return Ok(Some((entry.node, stat)));
        }
    }

    /// Opens the directory met last.
    fn enter(&mut self, tree: &dyn FileTree, node: NodeId, findings: &mut Findings) -> Result<(), ReadError> {
        let Some(directory) = self.stack.last().map(|above| above.node) else {
            let entries = tree.list(node, findings)?;
            self.entered.insert(node);
            self.stack.push(open(tree, node, 0, entries));
            return Ok(());
        };
        if self.entered.contains(&node) {
            let is_cycle = self.stack.iter().any(|above| above.node == node);
            let code = if is_cycle { &codes::general::DIRECTORY_CYCLE } else { &codes::general::DIRECTORY_TWICE };
            tell_twice(tree, node, &self.path, code, findings);
        } else if self.stack.len() as u64 >= u64::from(self.limits.depth) {
            let reason = format!("directories nest deeper than {}", self.limits.depth);
            return Err(ReadError::over_limit(&tree.place(node), reason));
        } else {
            let entries = tree.list(node, findings)?;
            if tree.above(node).is_some_and(|above| above != directory) {
                self.strangers.push((self.path.clone(), node));
            } else {
                self.entered.insert(node);
                self.stack.push(open(tree, node, self.path.len(), entries));
            }
        }
        Ok(())
    }
}

fn tell_twice(tree: &dyn FileTree, node: NodeId, path: &[u8], code: &'static Code, findings: &mut Findings) {
    findings.add(code, &tree.place(node), &[("name", &String::from_utf8_lossy(path))]);
}

fn open(tree: &dyn FileTree, node: NodeId, path_length: usize, entries: Vec<Entry>) -> Open {
    let nodes: Vec<NodeId> = entries.iter().map(|entry| entry.node).collect();
    tree.prefetch(&nodes);
    Open { node, path_length, entries: entries.into_iter() }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use careen_model::Place;

    use super::*;
    use crate::{ByteSource, MemoryTree, Xattrs};

    fn paths(tree: &MemoryTree) -> Vec<String> {
        let mut paths = Vec::new();
        walk(tree, &Limits::default(), &CancelToken::default(), &mut Findings::new(), &mut |met, _| {
            paths.push(String::from_utf8_lossy(met.path).into_owned());
            Ok(Visit::Enter)
        })
        .unwrap();
        paths
    }

    #[test]
    fn a_directory_comes_before_its_content_and_names_are_in_byte_order() {
        let mut tree = MemoryTree::new("test");
        for path in ["/b/y", "/b/x", "/a", "/b-c"] {
            tree.file(path, "");
        }
        assert_eq!(paths(&tree), ["/", "/a", "/b", "/b/x", "/b/y", "/b-c"]);
    }

    #[test]
    fn a_cycle_is_told_and_not_entered() {
        let mut tree = MemoryTree::new("test");
        tree.file("/a/b/c", "");
        let (a, b) = (tree.node("/a"), tree.node("/a/b"));
        tree.hard_link(b, "loop", a);
        let mut findings = Findings::new();
        let mut count = 0;
        walk(&tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_, _| {
            count += 1;
            Ok(Visit::Enter)
        })
        .unwrap();
        assert_eq!((count, findings.list()[0].code.name), (5, "directory-cycle"));
    }

    #[test]
    fn directories_with_two_names_each_are_entered_once_and_told() {
        let mut tree = MemoryTree::new("test");
        // Thirty levels; both names in each lead to the same directory, so there are 2^30 paths to the last.
        let mut above = tree.root();
        for level in 0..30 {
            let below = tree.directory(&format!("/spare/{level}"));
            tree.hard_link(above, "a", below);
            tree.hard_link(above, "b", below);
            above = below;
        }
        let (mut findings, mut count) = (Findings::new(), 0);
        let start = tree.node("/a");
        walk_from(&tree, start, &Limits::default(), &CancelToken::default(), &mut findings, &mut |_, _| {
            count += 1;
            Ok(Visit::Enter)
        })
        .unwrap();
        // The start, and two names on each of the 29 levels below it.
        assert_eq!(count, 1 + 2 * 29);
        let told: Vec<_> = findings.list().iter().map(|finding| finding.code.name).collect();
        assert_eq!(told, ["directory-twice"; 29]);
    }

    /// A tree in which `/z/home` says where it lies.
    struct Told(MemoryTree, NodeId);

    impl FileTree for Told {
        fn root(&self) -> NodeId {
            self.0.root()
        }
        fn place(&self, node: NodeId) -> Place {
            self.0.place(node)
        }
        fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
            self.0.stat(node, findings)
        }
        fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
            self.0.list(directory, findings)
        }
        fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
            self.0.xattrs(node, findings)
        }
        fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
            self.0.link_target(node, findings)
        }
        fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
            self.0.open(node, findings)
        }
        fn above(&self, directory: NodeId) -> Option<NodeId> {
            (directory == self.0.node("/z/home")).then_some(self.1)
        }
    }

    #[test]
    fn a_directory_is_entered_where_it_says_that_it_lies() {
        let mut tree = MemoryTree::new("test");
        tree.file("/z/home/file", "");
        let (z, home) = (tree.node("/z"), tree.node("/z/home"));
        tree.hard_link(tree.root(), "a", home);
        let root = tree.root();
        let walked = |above: NodeId| {
            let tree = Told(tree.clone(), above);
            let (mut findings, mut paths) = (Findings::new(), Vec::new());
            walk(&tree, &Limits::default(), &CancelToken::default(), &mut findings, &mut |met, _| {
                paths.push(String::from_utf8_lossy(met.path).into_owned());
                Ok(Visit::Enter)
            })
            .unwrap();
            let told: Vec<_> = findings.list().iter().map(|finding| finding.code.name).collect();
            (paths.join(" "), told)
        };
        assert_eq!(walked(z), ("/ /a /z /z/home /z/home/file".to_owned(), vec!["directory-twice"]));
        assert_eq!(walked(root), ("/ /a /a/file /z /z/home".to_owned(), vec!["directory-twice"]));
        // It says that it lies in itself: both names are strange, the last one met is taken.
        assert_eq!(walked(home), ("/ /a /z /z/home /z/home/file".to_owned(), vec!["directory-twice"]));
    }

    #[test]
    fn a_walk_ends_at_the_limit_and_says_so() {
        let mut tree = MemoryTree::new("test");
        for name in 0..10 {
            tree.file(&format!("/{name}"), "");
        }
        let limits = Limits { entries: 5, ..Limits::default() };
        let (mut findings, mut count) = (Findings::new(), 0);
        walk(&tree, &limits, &CancelToken::default(), &mut findings, &mut |_, _| {
            count += 1;
            Ok(Visit::Enter)
        })
        .unwrap();
        assert_eq!((count, findings.list()[0].code.name), (5, "limit-reached"));
    }

    #[test]
    fn a_cancelled_walk_ends() {
        let mut tree = MemoryTree::new("test");
        tree.file("/a/b/c", "");
        let cancel = CancelToken::default();
        let result = walk(&tree, &Limits::default(), &cancel, &mut Findings::new(), &mut |_, _| {
            cancel.cancel();
            Ok(Visit::Enter)
        });
        assert!(result.unwrap_err().is_cancelled());
    }
}
