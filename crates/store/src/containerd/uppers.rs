//! Which directory of snapshots has the changes of which container, where the snapshotter's database is lost.
//!
//! Three traces together are taken as evidence, none of them alone:
//! - What is copied up from a lower directory keeps a handle to the object there, in `trusted.overlay.origin` (Linux,
//!   `fs/overlayfs/copy_up.c`, `struct ovl_fh`): so the directory that Docker puts beneath a container
//!   (`<id>-init`: moby `daemon/initlayer/setup_unix.go`), whose `/etc` and `/dev` are copied up, tells the layer it stands
//!   on. That layer must be the one of the container's image from which the overlay would have copied.
//! - A container's record is made first, then the directory beneath it, then its own (moby `daemon/create.go`,
//!   `daemon/containerd/image_snapshot.go`): their times of birth follow within [`LONGEST`].
//! - No other container that the same would be true of is without a directory: of two that were made at the same time
//!   from the same image, neither is assigned.
//!
//! Numbers of directories alone are none: they tell an order, not a container.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{FileTree, Findings, Kind, NodeId};
use jiff::Timestamp;

use super::recognize::{ORIGIN, Recognized};
use super::snapshots::Snapshotter;
use crate::records::Records;

/// The longest tick of a kernel's clock: what is made within it may bear the time of its beginning.
const TICK: i128 = 10_000_000;
/// The longest time between a container's record and its directory, in nanoseconds.
const LONGEST: i128 = 2_000_000_000;
/// Most objects of a directory whose attributes are looked at, and origins taken from it.
const MAX_LOOKED_AT: usize = 512;
const MAX_ORIGINS: usize = 8;
/// Most paths at which lower copies are looked for, and most directories and containers that are put together: of more,
/// none is assigned.
const MAX_PATHS: usize = 256;
const MAX_MATCHED: usize = 4096;
/// Deepest stack of directories of Docker's own followed.
const MAX_STACKED: usize = 8;
/// What Docker puts beneath a container lies in these.
const OF_INIT: [&[u8]; 5] = [b".dockerenv", b"dev", b"etc", b"proc", b"sys"];

/// A container whose directory is not known.
#[derive(Debug)]
pub(super) struct Claim {
    /// Name of its snapshot.
    pub id: String,
    /// Chain ids of the layers it stands on, topmost first.
    pub chains: Vec<String>,
    /// When its record was made, and the last moment its directory may be from.
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    /// Whether the record was made after the directory.
    pub is_after: bool,
}

/// The directories of a container.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uppers {
    /// Of its changes.
    pub upper: u64,
    /// What Docker put beneath.
    pub init: Option<u64>,
    /// Milliseconds between its record and its directory.
    pub delay: u64,
}

/// A directory that no record names.
struct Nameless {
    number: u64,
    born: i128,
    is_init: bool,
    /// Where the lower copies of what was copied up lie: path, and number of the directory.
    origins: Vec<(Path, u64)>,
}

type Path = Vec<Vec<u8>>;

/// The directories among those that no record names.
struct Directories<'a> {
    tree: &'a dyn FileTree,
    /// Where the files of each snapshot are, by its number.
    contents: BTreeMap<u64, NodeId>,
    layers: &'a Recognized,
    nameless: Vec<Nameless>,
}

/// The directories of each claim that can only be its own, by the claim's position.
pub(super) fn assign(
    records: &Records<'_>,
    snapshotter: &Snapshotter,
    layers: &Recognized,
    claims: &[Claim],
) -> BTreeMap<usize, Uppers> {
    if snapshotter.directories.len() > MAX_MATCHED || claims.len() > MAX_MATCHED {
        return BTreeMap::new();
    }
    let directories = Directories::read(records, snapshotter, layers);
    let all = &directories.nameless;
    let inits: Vec<&Nameless> = all.iter().filter(|one| one.is_init).collect();
    let uppers: Vec<&Nameless> = all.iter().filter(|one| !one.is_init).collect();
    // What was copied up from such a directory says which one it was.
    let is_init = |number: &u64| inits.iter().any(|init| init.number == *number);
    let told = |upper: &&Nameless| upper.origins.iter().map(|(_, number)| *number).find(is_init);
    let told: Vec<Option<u64>> = uppers.iter().map(told).collect();
    let may_stand_on = |init: usize, upper: usize| {
        let on = told.get(upper).copied().flatten();
        let (Some(init), Some(upper)) = (inits.get(init), uppers.get(upper)) else { return false };
        init.number < upper.number
            && is_between(upper.born, init.born, init.born.saturating_add(LONGEST))
            && on.is_none_or(|on| on == init.number)
    };
    let born: Vec<i128> = inits.iter().map(|init| init.born).collect();
    let on = one_to_one(&born, uppers.len(), may_stand_on);
    // A container's own directory, and the one of Docker's beneath; those that may have one, but which, is not known, are
    // left out.
    let mut pairs: Vec<(Option<&Nameless>, &Nameless)> = Vec::new();
    for (position, upper) in uppers.iter().enumerate() {
        let init = on.iter().position(|its| *its == Some(position)).and_then(|init| inits.get(init));
        if init.is_some() || !(0..inits.len()).any(|init| may_stand_on(init, position)) {
            pairs.push((init.copied(), upper));
        }
    }
    let window = |claim: &Claim| {
        let from = claim.from.as_nanosecond();
        let latest = from.saturating_add(LONGEST);
        match claim.is_after {
            true => (from.saturating_sub(LONGEST), from),
            false => (from, claim.to.map_or(latest, |to| to.as_nanosecond().min(latest))),
        }
    };
    let fits = |claim: usize, pair: usize| {
        let (Some(claim), Some((init, upper))) = (claims.get(claim), pairs.get(pair)) else { return false };
        let (from, to) = window(claim);
        let first = init.unwrap_or(upper);
        is_between(first.born, from, to)
            && is_between(upper.born, from, to)
            && directories.stands_on(&first.origins, &claim.chains)
    };
    let from: Vec<i128> = claims.iter().map(|claim| window(claim).0).collect();
    let given = one_to_one(&from, pairs.len(), fits);
    let mut assigned = BTreeMap::new();
    for (claim, pair) in given.into_iter().enumerate() {
        let Some((init, upper)) = pair.and_then(|pair| pairs.get(pair)) else { continue };
        let made = claims.get(claim).map_or(0, |claim| claim.from.as_nanosecond());
        let delay = made.abs_diff(upper.born).checked_div(1_000_000).unwrap_or(0);
        let delay = u64::try_from(delay).unwrap_or(u64::MAX);
        assigned.insert(claim, Uppers { upper: upper.number, init: init.map(|init| init.number), delay });
    }
    assigned
}

fn is_between(time: i128, from: i128, to: i128) -> bool {
    time.saturating_add(TICK) >= from && time <= to.saturating_add(TICK)
}

/// Gives each claim the one thing that can only be its own: of the claims that fit a thing the one begun last has it, as
/// long as it has no other, and every other claim that fits has one too.
fn one_to_one(begun: &[i128], things: usize, fits: impl Fn(usize, usize) -> bool) -> Vec<Option<usize>> {
    let mut fitting: Vec<Vec<usize>> = Vec::new();
    let mut own: Vec<Vec<usize>> = vec![Vec::new(); begun.len()];
    for thing in 0..things {
        let claims: Vec<usize> = (0..begun.len()).filter(|claim| fits(*claim, thing)).collect();
        let last = claims.iter().copied().max_by_key(|claim| begun.get(*claim));
        if let Some(own) = last.and_then(|last| own.get_mut(last)) {
            own.push(thing);
        }
        fitting.push(claims);
    }
    let one = |own: &Vec<usize>| if let [thing] = own.as_slice() { Some(*thing) } else { None };
    let mut given: Vec<Option<usize>> = own.iter().map(one).collect();
    loop {
        let is_given = |claim: &usize| given.get(*claim).copied().flatten().is_some();
        let doubtful = given.iter().position(|thing| {
            let claims = thing.and_then(|thing| fitting.get(thing));
            claims.is_some_and(|claims| !claims.iter().all(is_given))
        });
        let Some(claim) = doubtful.and_then(|claim| given.get_mut(claim)) else { return given };
        *claim = None;
    }
}

impl<'a> Directories<'a> {
    fn read(records: &'a Records<'_>, snapshotter: &Snapshotter, layers: &'a Recognized) -> Directories<'a> {
        // What is damaged in them is told where they are asked for.
        let untold = &mut Findings::new();
        let numbers = snapshotter.directories.keys();
        let contents: BTreeMap<u64, NodeId> =
            numbers.filter_map(|number| Some((*number, snapshotter.content(records, *number, untold)?.node))).collect();
        let mut found = Directories { tree: records.tree, contents, layers, nameless: Vec::new() };
        let mut handles = Vec::new();
        for (number, outer) in snapshotter.unassigned() {
            let Some(content) = found.contents.get(&number).copied().filter(|_| !layers.contains_key(&number)) else {
                continue;
            };
            let stat = found.tree.stat(outer, untold);
            let Some(born) = stat.ok().and_then(|stat| stat.crtime) else { continue };
            let is_init = found.is_init(content, untold);
            let born = born.nanoseconds_since_epoch();
            found.nameless.push(Nameless { number, born, is_init, origins: Vec::new() });
            handles.push(found.handles(content, untold));
        }
        let paths: BTreeSet<&Path> = handles.iter().flatten().map(|(path, _)| path).take(MAX_PATHS).collect();
        let mut at: BTreeMap<(&Path, u64), Vec<u64>> = BTreeMap::new();
        for path in paths {
            for number in found.contents.keys() {
                let there = found.at(*number, path, untold).and_then(|node| found.tree.stat(node, untold).ok());
                if let Some(stat) = there {
                    at.entry((path, stat.inode)).or_default().push(*number);
                }
            }
        }
        for (nameless, handles) in found.nameless.iter_mut().zip(&handles) {
            for (path, inode) in handles {
                let others = at.get(&(path, u64::from(*inode))).into_iter().flatten();
                let mut others = others.filter(|number| **number != nameless.number);
                if let (Some(number), None) = (others.next(), others.next()) {
                    nameless.origins.push((path.clone(), *number));
                }
            }
        }
        found
    }

    /// The node at a path of a snapshot.
    fn at(&self, number: u64, path: &Path, untold: &mut Findings) -> Option<NodeId> {
        let mut node = *self.contents.get(&number)?;
        for name in path {
            node = self.tree.lookup(node, name, untold).ok()??;
        }
        Some(node)
    }

    /// Whether a directory is what Docker puts beneath a container: places to mount upon, and nothing else.
    fn is_init(&self, content: NodeId, untold: &mut Findings) -> bool {
        let entries = self.tree.list(content, untold).unwrap_or_default();
        let mark = entries.iter().find(|entry| entry.name == OF_INIT[0]);
        let mark = mark.and_then(|mark| self.tree.stat(mark.node, untold).ok());
        mark.is_some_and(|stat| stat.kind == Kind::File && stat.size == 0)
            && entries.iter().all(|entry| OF_INIT.contains(&entry.name.as_slice()))
    }

    /// What was copied up into a directory: path, and inode of the lower copy. The nearest to the root first.
    fn handles(&self, content: NodeId, untold: &mut Findings) -> Vec<(Path, u32)> {
        let mut handles = Vec::new();
        let mut looked_at = 0_usize;
        let mut level: Vec<(Path, NodeId)> = vec![(Vec::new(), content)];
        while !level.is_empty() && handles.len() < MAX_ORIGINS {
            let mut below = Vec::new();
            for (path, directory) in level {
                for entry in self.tree.list(directory, untold).unwrap_or_default() {
                    looked_at = looked_at.saturating_add(1);
                    if looked_at > MAX_LOOKED_AT || handles.len() >= MAX_ORIGINS {
                        return handles;
                    }
                    let path = [path.as_slice(), std::slice::from_ref(&entry.name)].concat();
                    let xattrs = self.tree.xattrs(entry.node, untold).unwrap_or_default();
                    let origin = xattrs.iter().find(|(name, _)| name == ORIGIN);
                    if let Some(inode) = origin.and_then(|(_, value)| inode_of(value)) {
                        handles.push((path.clone(), inode));
                    }
                    let kind = entry.kind.or_else(|| self.tree.stat(entry.node, untold).ok().map(|stat| stat.kind));
                    if kind == Some(Kind::Directory) {
                        below.push((path, entry.node));
                    }
                }
            }
            level = below;
        }
        handles
    }

    /// Whether what was copied up came from where the overlay finds it in a stack of these layers, topmost first. False
    /// where none of it tells.
    fn stands_on(&self, origins: &[(Path, u64)], chains: &[String]) -> bool {
        let told: Vec<bool> =
            origins.iter().filter_map(|(path, number)| self.comes_from(path, *number, chains)).collect();
        !told.is_empty() && told.iter().all(|is_so| *is_so)
    }

    /// Whether the object at `path` of a directory is the one that a stack of these layers shows; `None` when it is not
    /// known which layer the directory is.
    fn comes_from(&self, path: &Path, number: u64, chains: &[String]) -> Option<bool> {
        let mut number = number;
        let mut of_directory = self.layers.get(&number);
        for _ in 0..MAX_STACKED {
            // Docker's builder puts directories of its own beneath what it builds, which stay there.
            let beneath = self.nameless.iter().find(|one| one.number == number && one.is_init);
            let Some(beneath) = beneath.filter(|_| of_directory.is_none()) else { break };
            number = beneath.origins.iter().find(|(its, _)| its == path)?.1;
            of_directory = self.layers.get(&number);
        }
        let of_directory = of_directory?;
        for chain in chains {
            if of_directory.contains(chain) {
                return Some(true);
            }
            let directories = self.layers.iter().filter(|(_, chains)| chains.contains(chain));
            let hides = |other: u64| self.at(other, path, &mut Findings::new()).is_some();
            if directories.into_iter().any(|(other, _)| hides(*other)) {
                return Some(false);
            }
        }
        Some(false)
    }
}

/// The inode in a handle of the overlay: `struct ovl_fb` of Linux 5.4 and later (`fs/overlayfs/overlayfs.h`): u8 version
/// (0), u8 magic (0xFB), u8 length, u8 flags, u8 type, 16 bytes with the filesystem's UUID, and the filesystem's own
/// handle. Of ext4 that is type 1 (`FILEID_INO32_GEN`): inode and generation, little-endian u32 each. Flag 1 says that it
/// is big-endian.
fn inode_of(value: &[u8]) -> Option<u32> {
    const LENGTH: u8 = 29;
    let head: &[u8; 5] = value.first_chunk()?;
    let is_read = *head == [0, 0xFB, LENGTH, head[3], 1] && value.len() == usize::from(LENGTH) && head[3] & 1 == 0;
    let inode = value.get(21..)?.first_chunk()?;
    is_read.then(|| u32::from_le_bytes(*inode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_tells_the_inode_beneath() {
        let mut handle = [&[0, 0xFB, 29, 0, 1][..], &[7; 16], &131_u32.to_le_bytes(), &9_u32.to_le_bytes()].concat();
        assert_eq!(inode_of(&handle), Some(131));
        handle[3] = 1;
        assert_eq!(inode_of(&handle), None, "big-endian");
        handle[3] = 0;
        handle[4] = 0x81;
        assert_eq!(inode_of(&handle), None, "another filesystem's handle");
        assert_eq!(inode_of(&handle[..20]), None);
    }

    #[test]
    fn what_may_be_of_two_is_given_to_none() {
        // Made one after the other: each has the directory that follows it.
        let follows = |begun: &'static [i128], born: &'static [i128]| {
            move |claim: usize, thing: usize| is_between(born[thing], begun[claim], begun[claim] + LONGEST)
        };
        let of = |begun: &'static [i128], born: &'static [i128]| one_to_one(begun, born.len(), follows(begun, born));
        const MS: i128 = 1_000_000;
        assert_eq!(of(&[0, 300 * MS], &[20 * MS, 320 * MS]), [Some(0), Some(1)]);
        // At the same time.
        assert_eq!(of(&[0, 5 * MS], &[20 * MS, 25 * MS]), [None, None]);
        // The first one's is gone: it may have been either's.
        assert_eq!(of(&[0, 300 * MS], &[320 * MS]), [None, None]);
        // A directory too many.
        assert_eq!(of(&[0, 300 * MS], &[20 * MS, 40 * MS, 320 * MS]), [None, None]);
        assert_eq!(of(&[0, 3000 * MS], &[20 * MS, 40 * MS, 3020 * MS]), [None, Some(2)]);
    }
}
