//! The layers of images in copies that have not kept everything of them.
//!
//! A plain tar has no extended attributes: directories that hide what lies below them show it again, and capabilities are
//! gone. A folder that a browser or Windows copied has no devices, links, owners and modes either: what a layer deletes comes
//! back. For the layers of images the engine keeps a record of how each was packed (`tar-split.json.gz`), and that record has
//! all of it. A container's own changes were never packed: of them nothing tells what is gone.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use careen_archive::{ArchiveTree, layer_of_tar_split, open_layer};
use careen_evidence::{
    ByteSource, Entry, FileTree, Findings, Kind, Limits, NodeId, Place, ReadError, Stat, SubTree, Visit, Xattrs, codes,
    walk_from,
};
use careen_store::LayerFiles;

use crate::copies::Lost;
use crate::image_store::ImageStore;
use crate::session::{OpenStore, Session};
use crate::{Options, Scope};

/// A tree, and the directory in it that is a layer.
pub(crate) type LayerTree = (Rc<dyn FileTree>, NodeId);

/// The record within the directory of a layer's record.
const RECORD: &[u8] = b"tar-split.json.gz";
/// Objects of a container's changes that are looked at for a mark of the overlay.
const MOST_LOOKED_AT: u64 = 10_000;
/// Inode numbers of objects that the copy has not kept begin here.
const UNSEEN: u64 = 1 << 40;

impl Session {
    /// What the copy that a store lies in has not kept.
    fn lost(&self, open: &OpenStore) -> Lost {
        self.filesystems.get(open.filesystem).map_or(Lost::Nothing, |open| open.lost)
    }

    /// The trees of layers of a store: directories, each with what the copy has not kept of it as far as a record tells,
    /// or the packed layers themselves.
    pub(crate) fn layer_trees(
        &self,
        open: &OpenStore,
        layers: Vec<LayerFiles>,
        findings: &mut Findings,
    ) -> Result<Vec<LayerTree>, ReadError> {
        let lost = self.lost(open);
        let mut trees: Vec<LayerTree> = Vec::new();
        // From the lowest, since a packed layer may leave its root as it is beneath.
        for files in layers.into_iter().rev() {
            let node = match files {
                LayerFiles::Directory(node) | LayerFiles::Whole(node) => node,
                LayerFiles::Blob { node, .. } => {
                    let mut tree = self.blob(open, node, findings)?;
                    if let Some((beneath, root)) = trees.last() {
                        tree.inherit_root(&beneath.stat(*root, findings)?);
                    }
                    let root = tree.root();
                    trees.push((Rc::new(tree), root));
                    continue;
                }
            };
            let chain = if lost == Lost::Nothing { None } else { open.images().chain_at(node) };
            let Some(chain) = chain else {
                trees.push((Rc::clone(&open.tree), node));
                continue;
            };
            match self.record_of_layer(open, chain, findings) {
                Ok(record) => {
                    if lost == Lost::Metadata && open.tree.list(node, findings)?.is_empty() {
                        self.note_missing_layer(&record, open.tree.place(node), chain, findings)?;
                    }
                    let inner = Rc::clone(&open.tree);
                    let layer = WitnessedLayer::new(inner, node, record, lost, &self.options().limits);
                    let root = layer.root();
                    trees.push((Rc::new(layer) as Rc<dyn FileTree>, root));
                }
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    let values: [(&str, &dyn std::fmt::Display); 2] = [("layer", &chain), ("reason", &error.reason())];
                    findings.add(&codes::survey::LAYER_RECORD_UNREADABLE, &open.tree.place(node), &values);
                    trees.push((Rc::clone(&open.tree), node));
                }
            }
        }
        trees.reverse();
        Ok(trees)
    }

    /// A packed layer as a tree.
    fn blob(&self, open: &OpenStore, node: NodeId, findings: &mut Findings) -> Result<ArchiveTree, ReadError> {
        let (source, place) = (open.tree.open(node, findings)?, open.tree.place(node));
        let Options { limits, cancel, .. } = self.options();
        open_layer(source, &place, limits, cancel, findings)
    }

    /// Tells when a layer of which nothing is there had files with content.
    fn note_missing_layer(
        &self,
        record: &ArchiveTree,
        place: Place,
        chain: &str,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let Options { limits, cancel, .. } = self.options();
        let mut count = 0_u64;
        walk_from(record, record.root(), limits, cancel, &mut Findings::new(), &mut |met, _| {
            count = count.saturating_add(u64::from(met.stat.kind == Kind::File && met.stat.size > 0));
            Ok(Visit::Enter)
        })?;
        if count > 0 {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("count", &count), ("layer", &chain)];
            findings.add(&codes::survey::LAYER_NOT_IN_COPY, &place, &values);
        }
        Ok(())
    }

    /// A layer as it was packed.
    fn record_of_layer(
        &self,
        open: &OpenStore,
        chain: &str,
        findings: &mut Findings,
    ) -> Result<ArchiveTree, ReadError> {
        let tree = &open.tree;
        let store = match open.images() {
            ImageStore::Classic(store) => store,
            ImageStore::Containerd(store) => {
                return match store.layer_blob(chain) {
                    Some(LayerFiles::Blob { node, .. }) => self.blob(open, node, findings),
                    _ => Err(ReadError::corrupt(&self.place.then(chain), "its blob is not there")),
                };
            }
        };
        let missing = || ReadError::corrupt(&self.place.then(chain), "tar-split.json.gz is not there");
        let directory = store.layer_record(chain).ok_or_else(missing)?;
        let node = tree.lookup(directory, RECORD, findings)?.ok_or_else(missing)?;
        let (source, place) = (tree.open(node, findings)?, tree.place(node));
        let Options { limits, cancel, .. } = self.options();
        layer_of_tar_split(source, &place, limits, cancel, findings)
    }

    /// Tells when a container's own changes lie in a copy that has not kept the overlay's marks on them.
    pub(crate) fn note_lost_marks(
        &self,
        open: &OpenStore,
        upper: NodeId,
        container: &str,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let lost = self.lost(open);
        let needs_none = lost == Lost::Nothing || !open.images().has_overlay_marks();
        if needs_none || (lost == Lost::Attributes && self.has_marks(&open.tree, upper)?) {
            return Ok(());
        }
        let place = self.place.then(Scope::Changes(container.to_owned()));
        findings.add(&codes::survey::CHANGES_WITHOUT_MARKS, &place, &[("container", &container)]);
        Ok(())
    }

    /// Whether any object below a directory has a mark of the overlay. The kernel puts one on whatever it copies up.
    fn has_marks(&self, tree: &Rc<dyn FileTree>, root: NodeId) -> Result<bool, ReadError> {
        let Options { limits, cancel, .. } = self.options();
        let limits = Limits { entries: limits.entries.min(MOST_LOOKED_AT), ..*limits };
        let mut found = false;
        // What cannot be read here is told when it is read for an answer.
        let mut met = Findings::new();
        walk_from(&**tree, root, &limits, cancel, &mut met, &mut |object, findings| {
            let xattrs = tree.xattrs(object.node, findings).unwrap_or_default();
            found |= xattrs
                .iter()
                .any(|(name, _)| name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay."));
            Ok(if found { Visit::Stop } else { Visit::Enter })
        })?;
        Ok(found)
    }

    /// One layer alone.
    pub(crate) fn layer_tree(
        &self,
        open: &OpenStore,
        files: LayerFiles,
        findings: &mut Findings,
    ) -> Result<Rc<dyn FileTree>, ReadError> {
        let trees = self.layer_trees(open, vec![files], findings)?;
        let (tree, root) = trees.into_iter().next().unwrap_or_else(|| (Rc::clone(&open.tree), open.root));
        Ok(Rc::new(SubTree::new(tree, root)))
    }
}

/// An object as the copy has it and as the record has it; at least one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Pair {
    kept: Option<NodeId>,
    packed: Option<NodeId>,
}

/// The directory of a layer, with what its record says of it.
struct WitnessedLayer {
    copy: Rc<dyn FileTree>,
    record: ArchiveTree,
    lost: Lost,
    limit: u64,
    nodes: RefCell<Nodes>,
}

#[derive(Default)]
struct Nodes {
    pairs: Vec<Pair>,
    numbers: HashMap<Pair, NodeId>,
}

impl WitnessedLayer {
    fn new(copy: Rc<dyn FileTree>, root: NodeId, record: ArchiveTree, lost: Lost, limits: &Limits) -> Self {
        let pair = Pair { kept: Some(root), packed: Some(record.root()) };
        let nodes = Nodes { pairs: vec![pair], numbers: HashMap::from([(pair, NodeId(0))]) };
        WitnessedLayer { copy, record, lost, limit: limits.entries, nodes: RefCell::new(nodes) }
    }

    fn pair(&self, node: NodeId) -> Result<Pair, ReadError> {
        let found = usize::try_from(node.0).ok().and_then(|at| self.nodes.borrow().pairs.get(at).copied());
        found.ok_or_else(|| ReadError::corrupt(&Place::default(), format_args!("no node {} in this layer", node.0)))
    }

    fn number(&self, pair: Pair) -> Result<NodeId, ReadError> {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(known) = nodes.numbers.get(&pair) {
            return Ok(*known);
        }
        let number = NodeId(nodes.pairs.len() as u64);
        if number.0 >= self.limit {
            let what = format_args!("more than {} objects in one layer", self.limit);
            return Err(ReadError::over_limit(&self.copy.place(pair.kept.unwrap_or(number)), what));
        }
        nodes.pairs.push(pair);
        nodes.numbers.insert(pair, number);
        Ok(number)
    }
}

impl FileTree for WitnessedLayer {
    fn root(&self) -> NodeId {
        NodeId(0)
    }

    fn place(&self, node: NodeId) -> Place {
        match self.pair(node) {
            Ok(Pair { kept: Some(node), .. }) => self.copy.place(node),
            Ok(Pair { packed: Some(node), .. }) => self.record.place(node),
            _ => Place::default(),
        }
    }

    fn stat(&self, node: NodeId, findings: &mut Findings) -> Result<Stat, ReadError> {
        let pair = self.pair(node)?;
        let kept = pair.kept.map(|node| self.copy.stat(node, findings)).transpose()?;
        let packed = pair.packed.map(|node| self.record.stat(node, findings)).transpose()?;
        match (kept, packed) {
            (Some(kept), None) => Ok(kept),
            (Some(kept), Some(_)) if self.lost == Lost::Attributes => Ok(kept),
            (Some(kept), Some(packed)) => {
                let is_file = packed.kind == Kind::File && kept.kind == Kind::File;
                let size = if is_file { kept.size } else { packed.size };
                Ok(Stat { size, inode: packed.inode | UNSEEN, ..packed })
            }
            (None, Some(packed)) => Ok(Stat { inode: packed.inode | UNSEEN, ..packed }),
            (None, None) => Err(ReadError::corrupt(&self.place(node), "no such object in this layer")),
        }
    }

    fn list(&self, directory: NodeId, findings: &mut Findings) -> Result<Vec<Entry>, ReadError> {
        let pair = self.pair(directory)?;
        let mut names: BTreeMap<Vec<u8>, Pair> = BTreeMap::new();
        let packed = match pair.packed {
            Some(node) if self.record.stat(node, findings)?.kind == Kind::Directory => {
                self.record.list(node, findings)?
            }
            _ => Vec::new(),
        };
        let kept = match pair.kept {
            Some(node) if self.copy.stat(node, findings)?.kind == Kind::Directory => self.copy.list(node, findings)?,
            _ => Vec::new(),
        };
        for entry in packed {
            names.insert(entry.name, Pair { kept: None, packed: Some(entry.node) });
        }
        for entry in kept {
            names.entry(entry.name).or_insert(Pair { kept: None, packed: None }).kept = Some(entry.node);
        }
        let entry = |(name, pair)| Ok(Entry { name, node: self.number(pair)?, kind: None });
        names.into_iter().map(entry).collect()
    }

    fn lookup(&self, directory: NodeId, name: &[u8], findings: &mut Findings) -> Result<Option<NodeId>, ReadError> {
        let pair = self.pair(directory)?;
        let packed = pair.packed.map(|node| self.record.lookup(node, name, findings)).transpose()?.flatten();
        let kept = match pair.kept {
            Some(node) if self.copy.stat(node, findings)?.kind == Kind::Directory => {
                self.copy.lookup(node, name, findings)?
            }
            _ => None,
        };
        match (kept, packed) {
            (None, None) => Ok(None),
            (kept, packed) => self.number(Pair { kept, packed }).map(Some),
        }
    }

    fn xattrs(&self, node: NodeId, findings: &mut Findings) -> Result<Xattrs, ReadError> {
        let pair = self.pair(node)?;
        let mut xattrs = pair.kept.map(|node| self.copy.xattrs(node, findings)).transpose()?.unwrap_or_default();
        let known: BTreeSet<Vec<u8>> = xattrs.iter().map(|(name, _)| name.clone()).collect();
        let packed = pair.packed.map(|node| self.record.xattrs(node, findings)).transpose()?.unwrap_or_default();
        xattrs.extend(packed.into_iter().filter(|(name, _)| !known.contains(name)));
        xattrs.sort();
        Ok(xattrs)
    }

    fn link_target(&self, node: NodeId, findings: &mut Findings) -> Result<Vec<u8>, ReadError> {
        let pair = self.pair(node)?;
        match (pair.packed, pair.kept) {
            (Some(packed), kept) if self.lost == Lost::Metadata || kept.is_none() => {
                self.record.link_target(packed, findings)
            }
            (_, Some(kept)) => self.copy.link_target(kept, findings),
            _ => Err(ReadError::corrupt(&self.place(node), "no such object in this layer")),
        }
    }

    fn open(&self, node: NodeId, findings: &mut Findings) -> Result<Rc<dyn ByteSource>, ReadError> {
        if let Some(kept) = self.pair(node)?.kept {
            return self.copy.open(kept, findings);
        }
        match self.stat(node, findings)?.size {
            0 => Ok(Rc::new(Vec::new())),
            size => {
                let what = format_args!("the layer had a file of {size} bytes here, which the copy does not have");
                Err(ReadError::corrupt(&self.place(node), what))
            }
        }
    }

    fn prefetch(&self, nodes: &[NodeId]) {
        let kept: Vec<NodeId> = nodes.iter().filter_map(|node| self.pair(*node).ok()?.kept).collect();
        self.copy.prefetch(&kept);
    }
}
