//! bbolt (`go.etcd.io/bbolt`), the key-value file behind Docker's volumes and networks, containerd and BuildKit.
//!
//! Format: bbolt 1.4, `internal/common/{page,meta,bucket}.go`. Two meta pages, each written by every other
//! transaction with its own checksum; from the root page a B+ tree of branch and leaf pages; a value may be a bucket,
//! which is a tree of its own or, when small, a page within the value.
//!
//! Promised: never panics; memory bounded by the largest page run and the depth of the tree; a page is visited once,
//! so cycles end; the free list is never needed, so databases open that the engine refuses. The newest meta page whose
//! tree is whole is used; when none is, the newest one, with a finding for each page that is lost. What the other meta
//! page tells of is [`Database::other_state`]; leaves that the broken tree no longer leads to are
//! [`Database::lost_pages`], which [`Database::open_without_meta`] finds even where both meta pages are gone.
//!
//! Not handled: keys and values that were changed in place; bbolt has no checksum over them.

mod freelist;
mod lost;
mod page;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, Findings, Limits, Place, ReadError, codes, read_vec};

pub use lost::{LostPage, LostVisitor};

use page::{Element, Fault, Header, Meta, elements};

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
    /// What the other meta page says, where it is valid.
    other: Option<Meta>,
    is_whole: bool,
    /// What each page is a part of, by what was reached first: no page is shown in two places, so that whoever follows
    /// bucket after bucket comes to an end.
    claims: RefCell<Claims>,
}

/// A bucket: keys with values or further buckets.
#[derive(Clone, Debug)]
pub struct Bucket {
    tree: Tree,
    origin: Origin,
}

/// The element that a bucket stands in: number of its leaf page, and its position there. The root bucket has page 0.
type Origin = (u64, usize);

/// Pages in use.
#[derive(Clone, Debug, Default)]
struct Claims {
    /// Branch and leaf pages with the origin of the bucket they are of.
    pages: BTreeMap<u64, Origin>,
    /// Pages that follow a long one and belong to it.
    following: BTreeSet<u64>,
}

impl Claims {
    /// The numbers of all of them.
    fn numbers(&self) -> BTreeSet<u64> {
        self.pages.keys().chain(&self.following).copied().collect()
    }
}

#[derive(Clone, Debug)]
enum Tree {
    /// The page at its top.
    Page(u64),
    /// The bytes of its only page, which stood within the value.
    Inline(Vec<u8>),
    /// Where it begins is not known.
    Lost,
}

/// What stands behind a key.
#[derive(Debug)]
pub enum Item<'a> {
    /// A value.
    Value(&'a [u8]),
    /// A bucket.
    Bucket(Bucket),
}

/// Which pages a tree may have.
enum Pages<'a> {
    /// Those that nothing has claimed yet.
    ToClaim(&'a mut Claims),
    /// Those that were claimed for it, each once: the ones seen so far.
    Claimed(BTreeSet<u64>),
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
        for (at, meta) in metas.iter().enumerate() {
            let other = metas.iter().enumerate().find(|(position, _)| *position != at).map(|(_, other)| *other);
            let mut found = Findings::new();
            let database = Database::at(Rc::clone(&source), place, limits, (*meta, other), &mut found)?;
            if database.is_whole {
                if let Some((broken, _)) = newest {
                    let (used, lost) = (meta.transaction, broken.meta.transaction);
                    findings.add(
                        &codes::store::BOLT_EARLIER_STATE,
                        &database.place,
                        &[("used", &used), ("lost", &lost)],
                    );
                }
                findings.absorb(found);
                return Ok(database);
            }
            newest.get_or_insert((database, found));
        }
        let (database, found) = newest.ok_or_else(|| ReadError::corrupt(place, "bolt database: no valid meta page"))?;
        findings.absorb(found);
        Ok(database)
    }

    /// The state that this meta page tells of; what is broken in it is a finding.
    fn at(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        (meta, other): (Meta, Option<Meta>),
        findings: &mut Findings,
    ) -> Result<Database, ReadError> {
        let mut database = Database {
            source,
            place: place.clone(),
            limits: *limits,
            meta,
            other,
            is_whole: false,
            claims: RefCell::default(),
        };
        database.is_whole = database.claim(database.root(), findings)?;
        database.check_freelist(findings)?;
        Ok(database)
    }

    /// The state that the other meta page tells of: the one before, or, where that one is used because the newest is
    /// damaged, the newest as far as it can be read. `None` when the other meta page is not valid.
    pub fn other_state(&self, findings: &mut Findings) -> Result<Option<Database>, ReadError> {
        let Some(other) = self.other else { return Ok(None) };
        let metas = (other, Some(self.meta));
        Database::at(Rc::clone(&self.source), &self.place, &self.limits, metas, findings).map(Some)
    }

    /// The bucket at the top.
    pub fn root(&self) -> Bucket {
        let tree = if self.meta.root == lost::NO_ROOT { Tree::Lost } else { Tree::Page(self.meta.root) };
        Bucket { tree, origin: (0, 0) }
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
        self.visit_tree(bucket, &mut Pages::Claimed(BTreeSet::new()), findings, visit).map(|_| ())
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

    /// Follows a bucket and all below it, and claims the pages for them that nothing else has. Tells whether every page
    /// can be read; those that cannot are findings.
    fn claim(&self, bucket: Bucket, findings: &mut Findings) -> Result<bool, ReadError> {
        let mut claims = self.claims.take();
        let mut ahead = vec![(bucket, 0_u32)];
        let mut is_whole = true;
        while let Some((bucket, nesting)) = ahead.pop() {
            if nesting > MAX_NESTING {
                let reason = format!("buckets nest deeper than {MAX_NESTING}");
                findings.add_error(&codes::store::BOLT_PAGE_LOST, &ReadError::over_limit(&self.place, reason));
                is_whole = false;
                continue;
            }
            let below = &mut ahead;
            is_whole &= self.visit_tree(&bucket, &mut Pages::ToClaim(&mut claims), findings, &mut |_, item| {
                if let Item::Bucket(bucket) = item {
                    below.push((bucket, nesting.saturating_add(1)));
                }
            })?;
        }
        self.claims.replace(claims);
        Ok(is_whole)
    }

    /// Visits the keys of one bucket; tells whether all of it could be read.
    fn visit_tree(
        &self,
        bucket: &Bucket,
        pages: &mut Pages<'_>,
        findings: &mut Findings,
        visit: Visitor<'_>,
    ) -> Result<bool, ReadError> {
        let mut is_whole = true;
        let mut lost = |fault: Fault, findings: &mut Findings| {
            is_whole = false;
            self.tell(fault, findings)
        };
        // Pages still to visit, the next one last, with their level.
        let mut ahead = match &bucket.tree {
            Tree::Page(number) => vec![(*number, 0_u32)],
            Tree::Inline(bytes) => {
                let place = self.place.then("inline bucket");
                if let Err(fault) =
                    Header::parse(bytes, 0, &place).and_then(|page| visit_page(0, &page, bytes, &place, visit))
                {
                    lost(fault, findings)?;
                }
                Vec::new()
            }
            Tree::Lost => return Ok(false),
        };
        while let Some((number, level)) = ahead.pop() {
            let place = self.place.then(format_args!("bolt page {number}"));
            let visited = self
                .read_page(number, level, &place, (bucket.origin, pages))
                .and_then(|(header, bytes)| visit_page(number, &header, &bytes, &place, visit));
            match visited {
                Ok(children) => {
                    let level = level.saturating_add(1);
                    ahead.extend(children.into_iter().rev().map(|child| (child, level)));
                }
                Err(fault) => lost(fault, findings)?,
            }
        }
        Ok(is_whole)
    }

    /// A finding for a page that is not used; an error only when cancelled.
    fn tell(&self, fault: Fault, findings: &mut Findings) -> Result<(), ReadError> {
        if fault.error.is_cancelled() {
            return Err(*fault.error);
        }
        let reason = fault.error.reason();
        let mut values: Vec<(&str, &dyn std::fmt::Display)> = vec![("reason", &reason)];
        values.extend(fault.values.iter().map(|(name, value)| (*name, value as &dyn std::fmt::Display)));
        findings.add(fault.code, &fault.error.place, &values);
        Ok(())
    }

    /// A branch or leaf page with the pages that overflow from it, reached from the page above.
    fn read_page(
        &self,
        number: u64,
        level: u32,
        place: &Place,
        (origin, pages): (Origin, &mut Pages<'_>),
    ) -> Result<(Header, Vec<u8>), Fault> {
        let corrupt = |what: std::fmt::Arguments<'_>| ReadError::corrupt(place, format_args!("bolt page: {what}"));
        if number >= self.meta.high_water {
            let end = self.meta.high_water;
            return Err(Fault {
                code: &codes::bolt::BOLT_PAGE_BEYOND,
                error: Box::new(corrupt(format_args!("number is {number}, but only pages below {end} were ever used"))),
                values: vec![("page", number.to_string()), ("end", end.to_string())],
            });
        }
        if level > MAX_LEVELS {
            return Err(corrupt(format_args!("lies deeper than {MAX_LEVELS} levels in its tree")).into());
        }
        let is_first = match pages {
            Pages::ToClaim(claims) => {
                let entry = claims.pages.entry(number);
                let is_vacant = matches!(entry, Entry::Vacant(_));
                entry.or_insert(origin);
                is_vacant
            }
            Pages::Claimed(seen) => {
                seen.insert(number) && self.claims.borrow().pages.get(&number).is_some_and(|owner| *owner == origin)
            }
        };
        if !is_first {
            return Err(Fault {
                code: &codes::bolt::BOLT_PAGE_TWICE,
                error: Box::new(corrupt(format_args!("page {number} is reached a second time"))),
                values: vec![("page", number.to_string())],
            });
        }
        let (header, bytes) = self.page(number, place)?;
        if let Pages::ToClaim(claims) = pages {
            claims.following.extend((1..=u64::from(header.overflow)).map(|more| number.saturating_add(more)));
        }
        Ok((header, bytes))
    }

    /// A branch or leaf page with the pages that overflow from it.
    fn page(&self, number: u64, place: &Place) -> Result<(Header, Vec<u8>), Fault> {
        let corrupt = |what: std::fmt::Arguments<'_>| ReadError::corrupt(place, format_args!("bolt page: {what}"));
        let size = u64::from(self.meta.page_size);
        let offset = number.saturating_mul(size);
        let end = self.source.len().checked_div(size).unwrap_or(0);
        if number >= end {
            return Err(Fault {
                code: &codes::bolt::BOLT_FILE_CUT,
                error: Box::new(corrupt(format_args!("number is {number}, the file has {end}"))),
                values: Vec::new(),
            });
        }
        let mut bytes = read_vec(&*self.source, place, offset, size, &self.limits)?;
        let header = Header::parse(&bytes, number, place)?;
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
    fn parse(value: &[u8], origin: Origin, place: &Place) -> Result<Bucket, ReadError> {
        let bucket = Fields::new("bolt bucket", place, value);
        let root = bucket.u64_le(0)?;
        let inline = bucket.bytes(BUCKET_HEADER_SIZE, value.len().saturating_sub(BUCKET_HEADER_SIZE))?;
        let tree = if root == 0 { Tree::Inline(inline.to_vec()) } else { Tree::Page(root) };
        Ok(Bucket { tree, origin })
    }
}

/// Visits the keys of a leaf page, or returns the pages below a branch page. The page of an inline bucket has the number
/// 0; there can be no bucket on it (`bucket.go`, `inlineable`).
fn visit_page(
    number: u64,
    header: &Header,
    bytes: &[u8],
    place: &Place,
    visit: Visitor<'_>,
) -> Result<Vec<u64>, Fault> {
    let mut children = Vec::new();
    let mut items = Vec::new();
    for (at, element) in elements(header, bytes, place)?.into_iter().enumerate() {
        match element {
            Element::Child(_) | Element::Bucket(..) if number == 0 => {
                let what = "bolt page: an inline bucket has a bucket or a page below it, expected values only";
                return Err(ReadError::corrupt(place, what).into());
            }
            Element::Child(number) => children.push(number),
            Element::Value(key, value) => items.push((key, Item::Value(value))),
            Element::Bucket(key, value) => {
                items.push((key, Item::Bucket(Bucket::parse(value, (number, at), place)?)));
            }
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
