//! Leaf pages that no tree leads to any more: what stood beneath a page that is broken.
//!
//! bbolt writes changed pages to new places and leaves the old ones as they were, so a database is full of leaves that
//! were replaced long ago. Where the free list can be read, it names those, and what is left was lost; where there is
//! none, nothing tells the two apart, and a page is told as uncertain.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Limits, Place, ReadError, codes};

use super::page::{Header, Meta, NO_FREELIST};
use super::{Bucket, Database, Item, Tree, visit_page};

/// Root page of a database of which both meta pages are lost.
pub(super) const NO_ROOT: u64 = u64::MAX;
/// Position in the origin of a page whose bucket is not known.
const OF_NO_BUCKET: usize = usize::MAX;
/// Sizes of a page, in bits, of those machines that Docker runs on: 4 KiB to 64 KiB.
const USUAL_PAGE_SIZES: std::ops::RangeInclusive<u32> = 12..=16;

/// A leaf page that no tree leads to.
#[derive(Clone, Debug)]
pub struct LostPage {
    /// Its number.
    pub number: u64,
    /// The keys that stand on it, to be visited. Which bucket they were in is not known.
    pub keys: Bucket,
    /// Whether the free list says that the page is in use: its keys were lost. Else they may just as well have been
    /// deleted or replaced.
    pub is_certain: bool,
}

/// Told whether a value was lost for certain, its key, and the value.
pub type LostVisitor<'a> = &'a mut dyn FnMut(bool, &[u8], &[u8]);

/// What a page that no tree leads to holds.
struct Stray {
    is_leaf: bool,
    count: usize,
    /// Pages below a branch; the roots of buckets on a leaf. Never the page itself.
    below: Vec<u64>,
}

impl Database {
    /// Opens a database whose meta pages are both lost. Nothing is reached from its root; what stands in it is in
    /// [`Database::lost_pages`]. An error when no page of it can be told to be one.
    pub fn open_without_meta(
        source: Rc<dyn ByteSource>,
        place: &Place,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Database, ReadError> {
        let open = |bits: u32| {
            let page_size = 1_u32 << bits;
            let high_water = source.len() >> bits;
            let meta = Meta { page_size, root: NO_ROOT, freelist: NO_FREELIST, high_water, transaction: 0 };
            let (source, place, limits) = (Rc::clone(&source), place.clone(), *limits);
            Database { source, place, limits, meta, other: None, is_whole: false, claims: Default::default() }
        };
        let mut best: Option<(usize, Database)> = None;
        for bits in USUAL_PAGE_SIZES {
            let database = open(bits);
            let pages = database.strays(&BTreeSet::new())?.len();
            if pages > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((pages, database));
            }
        }
        let (pages, database) =
            best.ok_or_else(|| ReadError::corrupt(place, "bolt database: no valid meta page, and no other page"))?;
        findings.add(&codes::bolt::BOLT_META_LOST, place, &[("count", &pages)]);
        Ok(database)
    }

    /// The leaf pages with keys that no tree leads to, in the order they lie in the file; none when the tree is whole.
    /// Pages that the free list names are left out: what they hold was deleted or replaced. A leaf of a bucket that
    /// stands on another such page is reached from there and not listed by itself.
    pub fn lost_pages(&self, findings: &mut Findings) -> Result<Vec<LostPage>, ReadError> {
        if self.is_whole {
            return Ok(Vec::new());
        }
        // Only those that the root reaches; what is broken of them was told when the database was opened.
        self.claims.take();
        self.claim(self.root(), &mut Findings::new())?;
        let mut elsewhere = self.claims.borrow().numbers();
        let free = self.free_pages().ok().flatten();
        let is_certain = free.is_some();
        elsewhere.extend(free.into_iter().flatten());
        let strays = self.strays(&elsewhere)?;
        let mut pages = Vec::new();
        let mut keys = 0_usize;
        for number in by_themselves(&strays) {
            keys = keys.saturating_add(strays.get(&number).map_or(0, |stray| stray.count));
            let bucket = Bucket { tree: Tree::Page(number), origin: (number, OF_NO_BUCKET) };
            self.claim(bucket.clone(), &mut Findings::new())?;
            pages.push(LostPage { number, keys: bucket, is_certain });
        }
        if !pages.is_empty() {
            let code = if is_certain { &codes::bolt::BOLT_KEYS_FOUND } else { &codes::bolt::BOLT_KEYS_UNCERTAIN };
            findings.add(code, &self.place, &[("count", &keys), ("pages", &pages.len())]);
        }
        Ok(pages)
    }

    /// Calls `visit` with every value that stands on a lost page or in a bucket on one, its key before it, and whether it
    /// was lost for certain.
    pub fn lost_values(&self, findings: &mut Findings, visit: LostVisitor<'_>) -> Result<(), ReadError> {
        for page in self.lost_pages(findings)? {
            let mut ahead = vec![page.keys];
            // No page is shown twice, so this ends.
            while let Some(bucket) = ahead.pop() {
                self.visit(&bucket, findings, &mut |key, item| match item {
                    Item::Value(value) => visit(page.is_certain, key, value),
                    Item::Bucket(bucket) => ahead.push(bucket),
                })?;
            }
        }
        Ok(())
    }

    /// Every branch or leaf page with keys that is whole by itself, but for those in `elsewhere`.
    fn strays(&self, elsewhere: &BTreeSet<u64>) -> Result<BTreeMap<u64, Stray>, ReadError> {
        let in_file = self.source.len().checked_div(u64::from(self.meta.page_size)).unwrap_or(0);
        let mut strays = BTreeMap::new();
        for number in (2..self.meta.high_water.min(in_file)).filter(|number| !elsewhere.contains(number)) {
            let place = self.place.then(format_args!("bolt page {number}"));
            let mut buckets = Vec::new();
            let mut count = 0_usize;
            let read = self.page(number, &place).and_then(|(header, bytes): (Header, Vec<u8>)| {
                let children = visit_page(number, &header, &bytes, &place, &mut |_, item| {
                    count = count.saturating_add(1);
                    if let Item::Bucket(Bucket { tree: Tree::Page(root), .. }) = item {
                        buckets.push(root);
                    }
                })?;
                Ok((header.is_leaf, children))
            });
            match read {
                Err(fault) if fault.error.is_cancelled() => return Err(*fault.error),
                // Most pages that no tree leads to are no branch and no leaf, or parts of longer ones.
                Err(_) => {}
                Ok((true, _)) if count == 0 => {}
                Ok((false, children)) if children.is_empty() => {}
                Ok((is_leaf, children)) => {
                    let mut below = if is_leaf { buckets } else { children };
                    below.retain(|below| *below != number);
                    drop(strays.insert(number, Stray { is_leaf, count, below }));
                }
            }
        }
        Ok(strays)
    }
}

/// The leaves that are not reached from a bucket on another one. Of leaves that only reach one another, the first is.
fn by_themselves(strays: &BTreeMap<u64, Stray>) -> BTreeSet<u64> {
    let leaves = || strays.iter().filter(|(_, stray)| stray.is_leaf);
    // Everything reached from a leaf.
    let mut reached = BTreeSet::new();
    for (_, stray) in leaves() {
        reach(strays, stray, &mut reached);
    }
    let mut listed: BTreeSet<u64> = leaves().map(|(number, _)| *number).filter(|it| !reached.contains(it)).collect();
    let mut shown = BTreeSet::new();
    for stray in listed.iter().filter_map(|number| strays.get(number)) {
        reach(strays, stray, &mut shown);
    }
    for (number, stray) in leaves() {
        if !listed.contains(number) && !shown.contains(number) {
            listed.insert(*number);
            reach(strays, stray, &mut shown);
        }
    }
    listed
}

/// Adds the pages below this one to those in `reached`.
fn reach(strays: &BTreeMap<u64, Stray>, from: &Stray, reached: &mut BTreeSet<u64>) {
    let mut ahead = from.below.clone();
    while let Some(number) = ahead.pop() {
        if let Some(stray) = strays.get(&number)
            && reached.insert(number)
        {
            ahead.extend(&stray.below);
        }
    }
}
