//! Tables of a SQLite database, read row by row. "Database File Format", <https://www.sqlite.org/fileformat2.html>.
//!
//! Promised: rows come as the last committed transaction left them, with the write-ahead log beside the database replayed
//! in memory; each page is visited once, whatever the pointers say; a page that cannot be read costs its rows alone and is
//! told through `lost`. Not handled: indices, tables without rowid, virtual tables, encryption, a rollback journal.

mod record;
mod wal;

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, Limits, Place, ReadError, read_vec};

pub use record::Value;
use record::{record, varint};
pub use wal::Wal;

/// First bytes of a database (1.3.1).
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Kinds of b-tree pages (1.6).
const INTERIOR_TABLE: u8 = 0x05;
const LEAF_TABLE: u8 = 0x0d;

/// Deepest tree followed: SQLite's own bound is 20.
const DEEPEST: usize = 32;

/// An open database.
pub struct Database {
    source: Rc<dyn ByteSource>,
    wal: Option<Wal>,
    place: Place,
    limits: Limits,
    page_size: u64,
    /// Bytes of a page that are used: its size less the reserved ones at its end.
    usable: u64,
    /// Pages the database has.
    pages: u64,
}

/// What is told of a part that cannot be read.
pub type Lost<'a> = &'a mut dyn FnMut(ReadError);

/// What takes a row: its rowid and its columns.
pub type Row<'a> = &'a mut dyn FnMut(i64, Vec<Value>);

impl Database {
    /// Opens a database and, when there is one, the log beside it.
    pub fn open(
        source: Rc<dyn ByteSource>,
        wal: Option<Rc<dyn ByteSource>>,
        place: &Place,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        let wal = match wal {
            Some(wal) => Wal::read(wal, &place.then("-wal"), limits)?,
            None => None,
        };
        let mut head = [0; 100];
        // The first page may stand in the log alone.
        match wal.as_ref().and_then(|wal| wal.frame(1)) {
            Some(offset) => wal.as_ref().map_or(Ok(()), |wal| wal.read_at(offset, &mut head))?,
            None => source.read_exact_at(0, &mut head)?,
        }
        let fields = Fields::new("sqlite header", place, &head);
        if fields.bytes(0, MAGIC.len())? != MAGIC {
            return Err(fields.corrupt("magic is not that of a database"));
        }
        let page_size = match fields.u16_be(16)? {
            1 => 1 << 16,
            size if size >= 512 && size.is_power_of_two() => u64::from(size),
            size => return Err(fields.corrupt(format_args!("page size is {size}, expected a power of two from 512"))),
        };
        let reserved = u64::from(fields.u8(20)?);
        let usable = page_size.saturating_sub(reserved);
        if usable < 480 {
            return Err(fields.corrupt(format_args!("reserved bytes of a page are {reserved}, which leaves {usable}")));
        }
        if let Some(wal) = wal.as_ref().filter(|wal| wal.page_size != page_size) {
            return Err(
                fields.corrupt(format_args!("page size is {page_size}, but that of the log is {}", wal.page_size))
            );
        }
        let in_file = source.len().checked_div(page_size).unwrap_or(0);
        let pages = wal.as_ref().map_or(in_file, |wal| u64::from(wal.pages));
        Ok(Database { source, wal, place: place.clone(), limits: *limits, page_size, usable, pages })
    }

    /// Pages of the log that stand in the place of the database's own.
    pub fn frames(&self) -> usize {
        self.wal.as_ref().map_or(0, Wal::len)
    }

    /// Root page of a table, from the schema table on page 1 (2.6); `None` when there is no such table.
    pub fn table(&self, name: &str, lost: Lost<'_>) -> Option<u32> {
        let mut root = None;
        self.rows(1, lost, &mut |_, columns| {
            if let [Value::Text(kind), _, Value::Text(table), Value::Integer(page), ..] = columns.as_slice()
                && kind == b"table"
                && table == name.as_bytes()
            {
                root = u32::try_from(*page).ok();
            }
        });
        root
    }

    /// Every row of the table whose b-tree begins at the page `root`, in the order of the tree.
    pub fn rows(&self, root: u32, lost: Lost<'_>, row: Row<'_>) {
        let mut met = BTreeSet::new();
        // Pages still to go, the next one last, each with its depth.
        let mut ahead = vec![(root, 0_usize)];
        while let Some((number, depth)) = ahead.pop() {
            let page = match self.next_page(number, depth, &mut met) {
                Ok(page) => page,
                Err(error) => {
                    lost(error);
                    continue;
                }
            };
            let place = self.place.then(format_args!("page {number}"));
            match Page::parse(&page, number, &place) {
                Ok(Page { kind: LEAF_TABLE, cells, .. }) => {
                    for cell in cells {
                        match self.leaf_cell(&page, cell, &place) {
                            Ok((id, columns)) => row(id, columns),
                            Err(error) => lost(error),
                        }
                    }
                }
                Ok(tree) => {
                    let deeper = depth.saturating_add(1);
                    ahead.extend(tree.right.map(|right| (right, deeper)));
                    for cell in tree.cells.into_iter().rev() {
                        match Fields::new("interior cell", &place, &page).u32_be(cell) {
                            Ok(child) => ahead.push((child, deeper)),
                            Err(error) => lost(error),
                        }
                    }
                }
                Err(error) => lost(error),
            }
        }
    }

    fn next_page(&self, number: u32, depth: usize, met: &mut BTreeSet<u32>) -> Result<Vec<u8>, ReadError> {
        if !met.insert(number) {
            return Err(ReadError::corrupt(&self.place, format_args!("page {number} stands twice in a tree")));
        }
        if depth > DEEPEST {
            return Err(ReadError::over_limit(&self.place, format_args!("a tree deeper than {DEEPEST} pages")));
        }
        self.page(number)
    }

    /// A whole page; the first is page 1.
    fn page(&self, number: u32) -> Result<Vec<u8>, ReadError> {
        let place = || self.place.then(format_args!("page {number}"));
        let index = u64::from(number).checked_sub(1).filter(|index| *index < self.pages).ok_or_else(|| {
            ReadError::corrupt(
                &self.place,
                format_args!("page {number} is asked for, but the database has {} pages", self.pages),
            )
        })?;
        if let Some((wal, offset)) = self.wal.as_ref().and_then(|wal| Some((wal, wal.frame(number)?))) {
            return wal.page(offset);
        }
        let offset = index.saturating_mul(self.page_size);
        read_vec(&*self.source, &place(), offset, self.page_size, &self.limits)
    }

    /// A cell of a table's leaf: length of the record, rowid, the record, and where it does not fit the first of the pages
    /// that hold the rest (1.6).
    fn leaf_cell(&self, page: &[u8], cell: usize, place: &Place) -> Result<(i64, Vec<Value>), ReadError> {
        let corrupt = |what: &dyn std::fmt::Display| ReadError::corrupt(place, format_args!("leaf cell: {what}"));
        let bytes = page.get(cell..).ok_or_else(|| corrupt(&"it lies beyond the page"))?;
        let (length, bytes) = varint(bytes).ok_or_else(|| corrupt(&"its length is cut short"))?;
        let (id, bytes) = varint(bytes).ok_or_else(|| corrupt(&"its rowid is cut short"))?;
        let length = u64::try_from(length).map_err(|_| corrupt(&format_args!("its length is {length}")))?;
        if length > self.limits.bytes {
            return Err(ReadError::over_limit(place, format_args!("a row of {length} bytes")));
        }
        let local = self.local(length);
        let size = |length: u64| usize::try_from(length).map_err(|_| corrupt(&"its length does not fit"));
        let (held, after) = bytes.split_at_checked(size(local)?).ok_or_else(|| corrupt(&"it ends beyond the page"))?;
        if local == length {
            return Ok((id, record(held, place)?));
        }
        let first = Fields::new("leaf cell", place, after).u32_be(0)?;
        let mut payload = held.to_vec();
        self.overflow(first, length, &mut payload)?;
        Ok((id, record(&payload, place)?))
    }

    /// How much of a record of this length stands in its cell (1.6, "Cell Payload Overflow Pages").
    fn local(&self, length: u64) -> u64 {
        let usable = self.usable;
        let most = usable.saturating_sub(35);
        if length <= most {
            return length;
        }
        let least = usable.saturating_sub(12).saturating_mul(32).checked_div(255).unwrap_or(0).saturating_sub(23);
        let rest = length.saturating_sub(least).checked_rem(usable.saturating_sub(4)).unwrap_or(0);
        let fitting = least.saturating_add(rest);
        if fitting <= most { fitting } else { least }
    }

    /// Adds what stands in the chain of overflow pages from `first` on, until the payload has `length` bytes. The payload
    /// grows page by page, so that a claimed length costs nothing until pages prove it; a chain that runs in a ring ends
    /// with the length.
    fn overflow(&self, first: u32, length: u64, payload: &mut Vec<u8>) -> Result<(), ReadError> {
        let mut number = first;
        // A ring of pages would otherwise serve any length up to the limit.
        let mut pages_left = self.pages;
        while (payload.len() as u64) < length {
            pages_left = pages_left.checked_sub(1).ok_or_else(|| {
                ReadError::corrupt(&self.place, "a chain of overflow pages is longer than the database")
            })?;
            let page = self.page(number)?;
            let place = self.place.then(format_args!("page {number}"));
            let next = Fields::new("overflow page", &place, &page).u32_be(0)?;
            let wanted = length.saturating_sub(payload.len() as u64).min(self.usable.saturating_sub(4));
            let wanted = usize::try_from(wanted).unwrap_or(0);
            payload.extend(Fields::new("overflow page", &place, &page).bytes(4, wanted)?);
            number = next;
        }
        Ok(())
    }
}

/// The header of a b-tree page and the offsets of its cells (1.6).
struct Page {
    kind: u8,
    cells: Vec<usize>,
    /// The right-most child of an interior page.
    right: Option<u32>,
}

impl Page {
    fn parse(bytes: &[u8], number: u32, place: &Place) -> Result<Self, ReadError> {
        let fields = Fields::new("b-tree page", place, bytes);
        // The header of the database stands before that of page 1.
        let start: usize = if number == 1 { 100 } else { 0 };
        let at = |offset: usize| start.saturating_add(offset);
        let kind = fields.u8(at(0))?;
        let count = usize::from(fields.u16_be(at(3))?);
        let (header, right) = match kind {
            INTERIOR_TABLE => (12, Some(fields.u32_be(at(8))?)),
            LEAF_TABLE => (8, None),
            _ => return Err(fields.corrupt(format_args!("kind is {kind:#x}, expected a table's 0x5 or 0xd"))),
        };
        let pointers = fields.bytes(at(header), count.saturating_mul(2))?;
        let cells = pointers.as_chunks::<2>().0.iter().map(|pointer| usize::from(u16::from_be_bytes(*pointer)));
        Ok(Page { kind, cells: cells.collect(), right })
    }
}
