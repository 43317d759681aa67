//! One directory as a list that can be sorted, filtered and read in stretches.

use std::rc::Rc;

use careen_evidence::{ByteSource, Entry, FileTree, Findings, Kind, NodeId, ReadError, Stat};
use careen_protocol::{FileColumn, FileRow, Order};
use careen_survey::list::{self, ListOptions};

/// Nodes announced to the tree at once.
const BATCH: usize = 4096;

/// A file that is being read piece by piece.
pub struct OpenFile {
    /// Its scope.
    pub scope: String,
    /// Its path within the scope.
    pub path: Vec<u8>,
    /// Its content.
    pub content: Rc<dyn ByteSource>,
}

/// A directory that is being paged through.
pub struct Directory {
    scope: String,
    path: Vec<u8>,
    tree: Rc<dyn FileTree>,
    options: ListOptions,
    entries: Vec<Entry>,
    /// Metadata of every entry; there once an order or a name without kind needed it.
    stats: Option<Vec<Option<Stat>>>,
    view: Option<View>,
}

/// The entries in an order, those that pass a filter.
struct View {
    order: Order<FileColumn>,
    filter: String,
    positions: Vec<usize>,
}

impl Directory {
    /// Lists `path` of a tree; symbolic links on the way are followed.
    pub fn open(
        scope: &str,
        path: &[u8],
        tree: Rc<dyn FileTree>,
        options: ListOptions,
        findings: &mut Findings,
    ) -> Result<Self, ReadError> {
        let node = list::find(&*tree, path, findings)?;
        if tree.stat(node, findings)?.kind != Kind::Directory {
            let shown = String::from_utf8_lossy(path).into_owned();
            return Err(ReadError::corrupt(&tree.place(node), format_args!("{shown:?} is not a directory")));
        }
        let entries = tree.list(node, findings)?;
        Ok(Directory { scope: scope.to_owned(), path: path.to_vec(), tree, options, entries, stats: None, view: None })
    }

    /// Whether this is the directory `path` of `scope`.
    pub fn is(&self, scope: &str, path: &[u8]) -> bool {
        self.scope == scope && self.path == path
    }

    /// `count` rows from `from`, and how many there are in all that pass the filter.
    pub fn rows(
        &mut self,
        order: Order<FileColumn>,
        filter: &str,
        from: u64,
        count: u64,
        findings: &mut Findings,
    ) -> (u64, Vec<FileRow>) {
        let filter = filter.to_lowercase();
        if self.view.as_ref().is_none_or(|view| view.order != order || view.filter != filter) {
            let positions = self.positions(order, &filter, findings);
            self.view = Some(View { order, filter, positions });
        }
        let positions = self.view.as_ref().map_or(&[][..], |view| &view.positions);
        let start = usize::try_from(from).unwrap_or(usize::MAX).min(positions.len());
        let end = start.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(positions.len());
        let shown: Vec<&Entry> = positions[start..end].iter().filter_map(|at| self.entries.get(*at)).collect();
        self.tree.prefetch(&shown.iter().map(|entry| entry.node).collect::<Vec<_>>());
        let rows = shown.into_iter().map(|entry| self.row(entry, findings)).collect();
        (positions.len() as u64, rows)
    }

    fn row(&self, entry: &Entry, findings: &mut Findings) -> FileRow {
        let mut path = self.path.clone();
        if path.last() != Some(&b'/') {
            path.push(b'/');
        }
        path.extend_from_slice(&entry.name);
        let stat = kept(self.tree.stat(entry.node, findings), findings);
        let shown = stat.map(|stat| list::entry(&*self.tree, entry.node, &path, stat, self.options, findings));
        FileRow { path, entry: shown }
    }

    fn positions(&mut self, order: Order<FileColumn>, filter: &str, findings: &mut Findings) -> Vec<usize> {
        let mut positions: Vec<usize> = (0..self.entries.len())
            .filter(|at| filter.is_empty() || name(&self.entries[*at]).to_lowercase().contains(filter))
            .collect();
        if order.by != FileColumn::Name || self.entries.iter().any(|entry| entry.kind.is_none()) {
            self.stat_all(findings);
        }
        let stat = |at: usize| self.stats.as_ref().and_then(|stats| stats[at]);
        let is_file = |at: usize| {
            let kind = self.entries[at].kind.or(stat(at).map(|stat| stat.kind));
            kind != Some(Kind::Directory)
        };
        // The entries come sorted by name; a stable sort keeps that order among equals.
        match order.by {
            FileColumn::Name => positions.sort_by_key(|at| is_file(*at) != order.descending),
            FileColumn::Size => positions.sort_by_key(|at| stat(*at).filter(|_| is_file(*at)).map(|stat| stat.size)),
            FileColumn::Modified => positions.sort_by_key(|at| stat(*at).map(|stat| stat.mtime)),
            FileColumn::Mode => positions.sort_by_key(|at| stat(*at).map(|stat| stat.mode)),
            FileColumn::Owner => positions.sort_by_key(|at| stat(*at).map(|stat| (stat.uid, stat.gid))),
        }
        if order.descending {
            positions.reverse();
        }
        positions
    }

    fn stat_all(&mut self, findings: &mut Findings) {
        if self.stats.is_some() {
            return;
        }
        let mut stats = Vec::with_capacity(self.entries.len());
        for batch in self.entries.chunks(BATCH) {
            self.tree.prefetch(&batch.iter().map(|entry| entry.node).collect::<Vec<NodeId>>());
            stats.extend(batch.iter().map(|entry| kept(self.tree.stat(entry.node, findings), findings)));
        }
        self.stats = Some(stats);
    }
}

fn name(entry: &Entry) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(&entry.name)
}

/// The answer, or a finding in its place.
fn kept<T>(answer: Result<T, ReadError>, findings: &mut Findings) -> Option<T> {
    answer.map_err(|error| findings.add_failure(&error)).ok()
}
