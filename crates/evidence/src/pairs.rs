//! Two trees side by side.

use crate::{Entry, FileTree, Findings, Kind, NodeId, ReadError};

/// What one name stands for in either of two directories.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The name.
    pub name: Vec<u8>,
    /// What it is in the first directory.
    pub first: Option<NodeId>,
    /// What it is in the second directory.
    pub second: Option<NodeId>,
}

/// The names of two directories in byte order, each once. What is absent or no directory has no names.
pub fn pairs(
    (first_tree, first): (&dyn FileTree, Option<NodeId>),
    (second_tree, second): (&dyn FileTree, Option<NodeId>),
    findings: &mut Findings,
) -> Result<std::vec::IntoIter<Pair>, ReadError> {
    let mut list = |tree: &dyn FileTree, node: Option<NodeId>| -> Result<Vec<Entry>, ReadError> {
        let Some(node) = node else { return Ok(Vec::new()) };
        if tree.stat(node, findings)?.kind != Kind::Directory {
            return Ok(Vec::new());
        }
        tree.list(node, findings)
    };
    let (of_first, of_second) = (list(first_tree, first)?, list(second_tree, second)?);
    let mut pairs = Vec::new();
    let mut later = of_second.into_iter().peekable();
    for entry in of_first {
        while let Some(alone) = later.next_if(|other| other.name < entry.name) {
            pairs.push(Pair { name: alone.name, first: None, second: Some(alone.node) });
        }
        let second = later.next_if(|other| other.name == entry.name).map(|other| other.node);
        pairs.push(Pair { name: entry.name, first: Some(entry.node), second });
    }
    pairs.extend(later.map(|alone| Pair { name: alone.name, first: None, second: Some(alone.node) }));
    Ok(pairs.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MemoryTree;

    #[test]
    fn each_name_of_two_directories_comes_once() {
        let mut tree = MemoryTree::new("tree");
        for path in ["/a/both", "/a/first", "/b/both", "/b/alone", "/b/z"] {
            tree.file(path, "");
        }
        let mut findings = Findings::new();
        let all = pairs((&tree, Some(tree.node("/a"))), (&tree, Some(tree.node("/b"))), &mut findings).unwrap();
        let shown: Vec<_> = all.map(|pair| (pair.name, pair.first.is_some(), pair.second.is_some())).collect();
        let expected = [("alone", false, true), ("both", true, true), ("first", true, false), ("z", false, true)];
        assert_eq!(shown, expected.map(|(name, first, second)| (name.as_bytes().to_vec(), first, second)));
        // A file has no names.
        assert_eq!(pairs((&tree, Some(tree.node("/a/both"))), (&tree, None), &mut findings).unwrap().count(), 0);
    }
}
