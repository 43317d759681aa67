//! bbolt (`go.etcd.io/bbolt`), the key-value file behind Docker's volumes and networks, containerd and BuildKit.
//!
//! Format: bbolt 1.4, `internal/common/{page,meta,bucket}.go`. Two meta pages, each written by every other
//! transaction with its own checksum; from the root page a B+ tree of branch and leaf pages; a value may be a bucket,
//! which is a tree of its own or, when small, a page within the value.
//!
//! Promised: never panics; memory bounded by the largest page run and the depth of the tree; a page is visited once,
//! so cycles end; the free list is never needed, so databases open that the engine refuses. The newest meta page whose
//! tree is whole is used; when none is, the newest one, with a finding for each page that is lost.
//!
//! Not handled: looking for keys on pages that no tree reaches.

mod page;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, codes, read_vec};

use page::{Element, Header, Meta, elements};

/// Smallest and largest page size that is looked for when the first meta page cannot tell (bbolt `db.go`, `getPageSize`).
const PAGE_SIZES: std::ops::RangeInclusive<u32> = 10..=24;
/// Deepest tree followed. A bbolt page holds at least two keys, so 64 levels cannot be exceeded by a real file.
const MAX_LEVELS: u32 = 64;
/// Deepest nesting of buckets checked; containerd nests 6.
const MAX_NESTING: u32 = 64;
/// Bytes before the page of an inline bucket.
const BUCKET_HEADER_SIZE: usize = 16;

/// An open database.
pub struct Database {
    source: Rc<dyn ByteSource>,
    place: Place,
    limits: Limits,
    meta: Meta,
    is_whole: bool,
}

/// A bucket: keys with values or further buckets.
#[derive(Clone, Debug)]
pub struct Bucket {
    tree: Tree,
}

#[derive(Clone, Debug)]
enum Tree {
    /// The page at its top.
    Page(u64),
    /// The bytes of its only page, which stood within the value.
    Inline(Vec<u8>),
}

/// What stands behind a key.
#[derive(Debug)]
pub enum Item<'a> {
    /// A value.
    Value(&'a [u8]),
    /// A bucket.
    Bucket(Bucket),
}

/// Told every key with what stands behind it.
pub type Visitor<'a> = &'a mut dyn FnMut(&[u8], Item<'_>);

impl Database {
    /// Opens the database in `source`. An error when neither meta page is valid; what else is broken is a finding.
    pub fn open(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Database, ReadError> {
        let metas = read_metas(&*source, place, limits, findings)?;
        let mut newest: Option<(Database, Findings)> = None;
        for meta in metas {
            let (source, place) = (Rc::clone(&source), place.clone());
            let mut database = Database { source, place, limits: *limits, meta, is_whole: false };
            let mut found = Findings::new();
            database.is_whole = database.check(&mut found)?;
            if database.is_whole {
                if let Some((broken, _)) = newest {
                    let (used, lost) = (meta.transaction, broken.meta.transaction);
                    findings.add(
                        &codes::store::BOLT_EARLIER_STATE,
                        &database.place,
                        &[("used", &used), ("lost", &lost)],
                    );
                }
                return Ok(database);
            }
            newest.get_or_insert((database, found));
        }
        let (database, found) = newest.ok_or_else(|| ReadError::corrupt(place, "bolt database: no valid meta page"))?;
        findings.absorb(found);
        Ok(database)
    }

    /// The bucket at the top.
    pub fn root(&self) -> Bucket {
        Bucket { tree: Tree::Page(self.meta.root) }
    }

    /// Whether every page could be read, so that what is not found is not there.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The number of the transaction whose state is shown.
    pub fn transaction(&self) -> u64 {
        self.meta.transaction
    }

    /// Calls `visit` with every key of `bucket` in order. A page that cannot be read is a finding, and its keys are
    /// left out. An error only when cancelled.
    pub fn visit(&self, bucket: &Bucket, findings: &mut Findings, visit: Visitor<'_>) -> Result<(), ReadError> {
        self.visit_tree(bucket, &mut BTreeSet::new(), findings, visit).map(|_| ())
    }

    /// The bucket reached from the root by these names, `None` when there is none.
    pub fn bucket(&self, names: &[&[u8]], findings: &mut Findings) -> Result<Option<Bucket>, ReadError> {
        let mut bucket = self.root();
        for name in names {
            let mut found = None;
            self.visit(&bucket, findings, &mut |key, item| {
                if let (true, Item::Bucket(bucket)) = (key == *name, item) {
                    found = Some(bucket);
                }
            })?;
            match found {
                Some(next) => bucket = next,
                None => return Ok(None),
            }
        }
        Ok(Some(bucket))
    }

    /// Whether every page that the root reaches can be read; those that cannot are findings.
    fn check(&self, findings: &mut Findings) -> Result<bool, ReadError> {
        let mut seen = BTreeSet::new();
        let mut ahead = vec![(self.root(), 0_u32)];
        let mut is_whole = true;
        while let Some((bucket, nesting)) = ahead.pop() {
            if nesting > MAX_NESTING {
                let reason = format!("buckets nest deeper than {MAX_NESTING}");
                findings.add_error(&codes::store::BOLT_PAGE_LOST, &ReadError::over_limit(&self.place, reason));
                return Ok(false);
            }
            let below = &mut ahead;
            is_whole &= self.visit_tree(&bucket, &mut seen, findings, &mut |_, item| {
                if let Item::Bucket(bucket) = item {
                    below.push((bucket, nesting.saturating_add(1)));
                }
            })?;
        }
        Ok(is_whole)
    }

    /// Visits the keys of one bucket; tells whether all of it could be read.
    fn visit_tree(
        &self,
        bucket: &Bucket,
        seen: &mut BTreeSet<u64>,
        findings: &mut Findings,
        visit: Visitor<'_>,
    ) -> Result<bool, ReadError> {
        let mut is_whole = true;
        let mut lost = |error: ReadError, findings: &mut Findings| match error.is_cancelled() {
            true => Err(error),
            false => {
                findings.add_error(&codes::store::BOLT_PAGE_LOST, &error);
                is_whole = false;
                Ok(())
            }
        };
        // Pages still to visit, the next one last, with their level.
        let mut ahead = match &bucket.tree {
            Tree::Page(number) => vec![(*number, 0_u32)],
            Tree::Inline(bytes) => {
                let place = self.place.then("inline bucket");
                if let Err(error) =
                    Header::parse(bytes, &place).and_then(|page| visit_page(&page, bytes, &place, visit))
                {
                    lost(error, findings)?;
                }
                Vec::new()
            }
        };
        while let Some((number, level)) = ahead.pop() {
            let place = self.place.then(format_args!("bolt page {number}"));
            let visited = self
                .read_page(number, level, &place, seen)
                .and_then(|(header, bytes)| visit_page(&header, &bytes, &place, visit));
            match visited {
                Ok(children) => {
                    let level = level.saturating_add(1);
                    ahead.extend(children.into_iter().rev().map(|child| (child, level)));
                }
                Err(error) => lost(error, findings)?,
            }
        }
        Ok(is_whole)
    }

    /// A branch or leaf page with the pages that overflow from it.
    fn read_page(
        &self,
        number: u64,
        level: u32,
        place: &Place,
        seen: &mut BTreeSet<u64>,
    ) -> Result<(Header, Vec<u8>), ReadError> {
        let corrupt = |what: std::fmt::Arguments<'_>| ReadError::corrupt(place, format_args!("bolt page: {what}"));
        if number >= self.meta.high_water {
            let end = self.meta.high_water;
            return Err(corrupt(format_args!("number is {number}, but only pages below {end} were ever used")));
        }
        if level > MAX_LEVELS {
            return Err(corrupt(format_args!("lies deeper than {MAX_LEVELS} levels in its tree")));
        }
        if !seen.insert(number) {
            return Err(corrupt(format_args!("page {number} is reached a second time")));
        }
        let size = u64::from(self.meta.page_size);
        let offset = number.saturating_mul(size);
        let mut bytes = read_vec(&*self.source, place, offset, size, &self.limits)?;
        let header = Header::parse(&bytes, place)?;
        if header.id != number {
            return Err(corrupt(format_args!("id is {}, expected {number}", header.id)));
        }
        if header.overflow > 0 {
            let length = u64::from(header.overflow).saturating_add(1).saturating_mul(size);
            bytes = read_vec(&*self.source, place, offset, length, &self.limits)?;
        }
        Ok((header, bytes))
    }
}

impl Bucket {
    /// Bucket header (`internal/common/bucket.go`): root pgid u64, sequence u64. Root 0 means that the only page of the
    /// bucket follows within the value.
    fn parse(value: &[u8], place: &Place) -> Result<Bucket, ReadError> {
        let bucket = Fields::new("bolt bucket", place, value);
        let root = bucket.u64_le(0)?;
        let inline = bucket.bytes(BUCKET_HEADER_SIZE, value.len().saturating_sub(BUCKET_HEADER_SIZE))?;
        let tree = if root == 0 { Tree::Inline(inline.to_vec()) } else { Tree::Page(root) };
        Ok(Bucket { tree })
    }
}

/// Visits the keys of a leaf page, or returns the pages below a branch page.
fn visit_page(header: &Header, bytes: &[u8], place: &Place, visit: Visitor<'_>) -> Result<Vec<u64>, ReadError> {
    let mut children = Vec::new();
    let mut items = Vec::new();
    for element in elements(header, bytes, place)? {
        match element {
            Element::Child(number) => children.push(number),
            Element::Value(key, value) => items.push((key, Item::Value(value))),
            Element::Bucket(key, value) => items.push((key, Item::Bucket(Bucket::parse(value, place)?))),
        }
    }
    for (key, item) in items {
        visit(key, item);
    }
    Ok(children)
}

/// The valid meta pages, the newest first. An invalid one is a finding when the other is valid.
fn read_metas(
    source: &dyn ByteSource,
    place: &Place,
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Vec<Meta>, ReadError> {
    let read = |number: u32, offset: u64| {
        let place = place.then(format_args!("bolt meta page {number}"));
        read_vec(source, &place, offset, Meta::LENGTH, limits).and_then(|bytes| Meta::parse(&bytes, &place))
    };
    let first = read(0, 0);
    // The second meta page is the second page. Where the first cannot tell how long a page is, every length is tried,
    // as bbolt itself does.
    let second = match &first {
        Ok(meta) => read(1, u64::from(meta.page_size)),
        Err(_) => {
            let mut found = PAGE_SIZES.map(|bits| (bits, read(1, 1 << bits)));
            let is_second = |(bits, meta): &(u32, Result<Meta, ReadError>)| {
                meta.as_ref().is_ok_and(|meta| u64::from(meta.page_size) == 1 << bits)
            };
            match found.find(is_second) {
                Some((_, meta)) => meta,
                None => read(1, 4096),
            }
        }
    };
    match (first, second) {
        (Ok(first), Ok(second)) if first.transaction >= second.transaction => Ok(vec![first, second]),
        (Ok(first), Ok(second)) => Ok(vec![second, first]),
        (Ok(meta), Err(error)) | (Err(error), Ok(meta)) => {
            if error.is_cancelled() {
                return Err(error);
            }
            findings.add_error(&codes::store::BOLT_META_INVALID, &error);
            Ok(vec![meta])
        }
        (Err(error), Err(_)) => Err(error),
    }
}
