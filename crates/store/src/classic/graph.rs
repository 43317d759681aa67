//! The directories of a graph driver: where a layer's files lie.
//!
//! | driver | a layer's files | what they are |
//! |---|---|---|
//! | overlay2, fuse-overlayfs | `<cache-id>/diff` | what the layer changed |
//! | aufs | `diff/<cache-id>` | what the layer changed, deletions as `.wh.` names |
//! | overlay | `<cache-id>/root`, of a container `<cache-id>/upper` | everything up to the layer; a container's changes |
//! | vfs | `dir/<cache-id>` | everything up to the layer |
//!
//! btrfs keeps subvolumes and windowsfilter a virtual disk a layer, zfs and devicemapper keep layers elsewhere: they are
//! named and not read.
//!
//! overlay2 (moby `daemon/graphdriver/overlay2/overlay.go`): `<cache-id>/diff` with the files, `link` with a short
//! name, `lower` with the short names of the layers beneath as `l/<short>` joined by colons, nearest first, and
//! `l/<short>`, a symbolic link to `../<cache-id>/diff`. The engine mounts by these names and refuses to start when they
//! are broken. Here the layer records decide and these names are only checked against them, or stand in for them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{Findings, Kind, codes};

use crate::records::{Object, Records};

/// How a driver lays out the files of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// A directory `diff` with what the layer changed.
    Diff,
    /// The directory itself has what the layer changed.
    Bare,
    /// The directory itself has everything up to the layer.
    Whole,
    /// A directory `root` with everything up to the layer, or `upper` with what a container changed.
    RootOrUpper,
    /// Not in files, or in files of another system.
    Unread,
}

impl Layout {
    fn of(driver: &str) -> Layout {
        match driver {
            "overlay2" | "fuse-overlayfs" => Layout::Diff,
            "aufs" => Layout::Bare,
            "vfs" => Layout::Whole,
            "overlay" => Layout::RootOrUpper,
            _ => Layout::Unread,
        }
    }
}

/// The directory of a graph driver.
pub(super) struct Graph {
    pub driver: String,
    layout: Layout,
    pub directory: Option<Object>,
    /// Everything in the directory by its name.
    directories: BTreeMap<String, Object>,
    /// Short names in `l/`; `None` when the directory is not there.
    short_names: Option<BTreeMap<String, Object>>,
    /// What `link` and `lower` say, of directories already asked for.
    names: RefCell<BTreeMap<String, Rc<Names>>>,
}

/// What a directory of overlay2 says of itself and of those beneath.
#[derive(Debug, Default)]
struct Names {
    /// Content of `link`, when it is a short name.
    link: Option<String>,
    /// Content of `lower`; `None` when there is no such file.
    lower: Option<String>,
}

impl Graph {
    pub fn open(records: &Records<'_>, root: &Object, driver: &str, findings: &mut Findings) -> Graph {
        let directory = records.directory(root, &[driver], findings);
        // Where the directories of single layers stand; zfs and devicemapper have none.
        let parent = directory.as_ref().and_then(|directory| match driver {
            "aufs" => records.directory(directory, &["diff"], findings),
            "vfs" => records.directory(directory, &["dir"], findings),
            "btrfs" => records.directory(directory, &["subvolumes"], findings),
            _ => Some(directory.clone()),
        });
        let mut directories: BTreeMap<String, Object> =
            parent.map(|parent| records.entries(&parent, findings)).unwrap_or_default().into_iter().collect();
        let layout = Layout::of(driver);
        let short_names = directories
            .remove("l")
            .filter(|object| layout == Layout::Diff && records.is_kind(object, Kind::Directory, findings))
            .map(|object| records.entries(&object, findings).into_iter().collect());
        for other in ["imagedb", "layerdb", "distribution"] {
            directories.remove(other);
        }
        Graph { driver: driver.to_owned(), layout, directory, directories, short_names, names: RefCell::default() }
    }

    /// Whether this version reads the files of its layers.
    pub fn is_readable(&self) -> bool {
        self.layout != Layout::Unread
    }

    /// Whether this is a driver of the engine's own that keeps layers elsewhere than in plain directories.
    pub fn is_known(&self) -> bool {
        matches!(self.driver.as_str(), "btrfs" | "zfs" | "devicemapper" | "windowsfilter")
    }

    /// Whether deletions stand in the layers as names that begin with `.wh.`: always for aufs, and for fuse-overlayfs
    /// where it may not make devices.
    pub fn has_named_whiteouts(&self) -> bool {
        matches!(self.driver.as_str(), "aufs" | "fuse-overlayfs")
    }

    /// Whether deletions stand in the layers as devices and attributes, which a copy of the files may have lost.
    pub fn has_overlay_marks(&self) -> bool {
        matches!(self.driver.as_str(), "overlay2" | "overlay")
    }

    /// Whether a directory holds everything up to its layer, so that nothing beneath it counts.
    pub fn is_whole(&self, records: &Records<'_>, cache_id: &str, findings: &mut Findings) -> bool {
        match self.layout {
            Layout::Whole => true,
            Layout::RootOrUpper => self.part(records, cache_id, "root", findings).is_some(),
            Layout::Diff | Layout::Bare | Layout::Unread => false,
        }
    }

    /// Whether the directories have names for one another, by which the engine mounts them.
    fn has_names(&self) -> bool {
        self.layout == Layout::Diff
    }

    /// A directory in the directory of a layer.
    fn part(&self, records: &Records<'_>, cache_id: &str, name: &str, findings: &mut Findings) -> Option<Object> {
        let layer = self.directories.get(cache_id)?;
        let is_directory = records.is_kind(layer, Kind::Directory, findings);
        is_directory.then(|| records.directory(layer, &[name], findings)).flatten()
    }

    /// Whether layers are directories, so that a missing directory is a missing layer.
    pub fn has_directories(&self) -> bool {
        !matches!(self.driver.as_str(), "zfs" | "devicemapper")
    }

    /// The directory with the files of a layer, `None` when it is not there.
    pub fn content(&self, records: &Records<'_>, cache_id: &str, findings: &mut Findings) -> Option<Object> {
        match self.layout {
            Layout::Diff => self.part(records, cache_id, "diff", findings),
            Layout::RootOrUpper => {
                let root = self.part(records, cache_id, "root", findings);
                root.or_else(|| self.part(records, cache_id, "upper", findings))
            }
            Layout::Bare | Layout::Whole | Layout::Unread => self.directories.get(cache_id).cloned(),
        }
    }

    /// The path of that directory, as the engine names it.
    pub fn content_path(&self, cache_id: &str) -> String {
        let directory = self.directory.as_ref().map(|directory| directory.path.as_str()).unwrap_or_default();
        match self.layout {
            Layout::Bare => format!("{directory}/diff/{cache_id}"),
            Layout::Whole => format!("{directory}/dir/{cache_id}"),
            Layout::RootOrUpper => format!("{directory}/{cache_id}/root"),
            Layout::Diff | Layout::Unread => format!("{directory}/{cache_id}/diff"),
        }
    }

    /// Tells the tree that the directories of these layers are about to be asked for.
    pub fn prefetch<'c>(&self, records: &Records<'_>, cache_ids: impl Iterator<Item = &'c str>) {
        records.prefetch(cache_ids.filter_map(|cache_id| self.directories.get(cache_id)));
    }

    /// The directory of a layer whose record has lost its name: the one that the layer above names as its nearest, or
    /// the only nameless one (of those in `nameless`) that names the layer beneath as its nearest.
    pub fn find(
        &self,
        records: &Records<'_>,
        above: &[String],
        beneath: Option<&str>,
        nameless: impl Fn(&str) -> bool,
        findings: &mut Findings,
    ) -> Option<String> {
        if !self.has_names() {
            return None;
        }
        for cache_id in above {
            let names = self.names(records, cache_id, findings);
            let Some(short) = names.lower.as_deref().and_then(nearest) else { continue };
            let target = self.short_name_target(records, short, findings);
            if let Some(target) = target.filter(|target| self.directories.contains_key(target) && nameless(target)) {
                return Some(target);
            }
            let mut candidates = self.directories.keys().filter(|name| nameless(name));
            let found = candidates.find(|name| self.names(records, name, findings).link.as_deref() == Some(short));
            if found.is_some() {
                return found.cloned();
            }
        }
        let wanted = match beneath {
            Some(beneath) => Some(self.names(records, beneath, findings).link.clone()?),
            None => None,
        };
        let mut found = self.directories.keys().filter(|name| {
            if !nameless(name) {
                return false;
            }
            let names = self.names(records, name, findings);
            names.link.is_some() && names.lower.as_deref().and_then(nearest) == wanted.as_deref()
        });
        let first = found.next()?;
        found.next().is_none().then(|| first.clone())
    }

    /// The directories beneath the one called `cache_id` by what the driver wrote down itself, nearest first: the file
    /// `lower`, of overlay `lower-id`, of aufs `layers/<cache-id>`.
    pub fn lower(&self, records: &Records<'_>, cache_id: &str, findings: &mut Findings) -> Option<Vec<String>> {
        match self.layout {
            Layout::Diff => {}
            Layout::RootOrUpper => {
                let lower = records.word(self.directories.get(cache_id)?, "lower-id", findings)?;
                return Some(vec![lower]);
            }
            Layout::Bare => {
                let lists = records.directory(self.directory.as_ref()?, &["layers"], findings)?;
                let list = records.text(&lists, cache_id, findings)?;
                return Some(list.lines().map(str::to_owned).collect());
            }
            Layout::Whole | Layout::Unread => return None,
        }
        let names = self.names(records, cache_id, findings);
        names
            .lower
            .as_deref()?
            .split(':')
            .map(|short| {
                let short = short.strip_prefix("l/")?;
                let target = self.short_name_target(records, short, findings);
                target.filter(|target| self.directories.contains_key(target)).or_else(|| {
                    let mut named = self.directories.keys();
                    named.find(|name| self.names(records, name, findings).link.as_deref() == Some(short)).cloned()
                })
            })
            .collect()
    }

    /// Checks the names the engine mounts by: `stack` is a directory and those beneath it, nearest first.
    pub fn check(&self, records: &Records<'_>, stack: &[&str], findings: &mut Findings) {
        let Some((top, beneath)) = stack.split_first() else { return };
        let Some(directory) = self.directories.get(*top).filter(|_| self.has_names()) else { return };
        let names = self.names(records, top, findings);
        if names.link.is_none() {
            let place = records.place(directory).then("link");
            findings.add(&codes::store::OVERLAY_LINK_BROKEN, &place, &[("directory", top)]);
        }
        let mut expected: Option<String> = None;
        for cache_id in beneath {
            // Where a link file beneath is broken, that one is told and nothing can be compared.
            let names = self.names(records, cache_id, findings);
            let Some(link) = names.link.as_deref() else { return };
            expected = Some(expected.map_or_else(|| format!("l/{link}"), |before| format!("{before}:l/{link}")));
        }
        if names.lower != expected {
            let place = records.place(directory).then("lower");
            let count = beneath.len();
            findings.add(&codes::store::OVERLAY_LOWER_BROKEN, &place, &[("directory", top), ("count", &count)]);
        }
    }

    /// Tells how many of these directories have no short name in `l/`.
    pub fn check_short_names<'c>(
        &self,
        records: &Records<'_>,
        cache_ids: impl Iterator<Item = &'c str>,
        findings: &mut Findings,
    ) {
        let Some(directory) = self.directory.as_ref().filter(|_| self.has_names()) else { return };
        let links = cache_ids.filter_map(|cache_id| self.names(records, cache_id, findings).link.clone());
        let is_known = |link: &String| self.short_names.as_ref().is_some_and(|names| names.contains_key(link));
        let missing = links.filter(|link| !is_known(link)).count();
        if missing > 0 {
            let place = records.place(directory).then("l");
            findings.add(&codes::store::OVERLAY_SHORT_NAMES_MISSING, &place, &[("count", &missing)]);
        }
    }

    /// The directory that `l/<short>` leads to.
    fn short_name_target(&self, records: &Records<'_>, short: &str, findings: &mut Findings) -> Option<String> {
        let link = self.short_names.as_ref()?.get(short)?;
        if !records.is_kind(link, Kind::Symlink, findings) {
            return None;
        }
        let target = String::from_utf8(records.tree.link_target(link.node, findings).ok()?).ok()?;
        Some(target.strip_prefix("../")?.strip_suffix("/diff")?.to_owned())
    }

    fn names(&self, records: &Records<'_>, cache_id: &str, findings: &mut Findings) -> Rc<Names> {
        if let Some(known) = self.names.borrow().get(cache_id) {
            return Rc::clone(known);
        }
        let mut names = Names::default();
        let directory = self.directories.get(cache_id);
        if let Some(directory) = directory.filter(|directory| records.is_kind(directory, Kind::Directory, findings)) {
            names.link = records.word(directory, "link", findings).filter(|link| is_short_name(link));
            names.lower = records.text(directory, "lower", findings);
        }
        let names = Rc::new(names);
        self.names.borrow_mut().insert(cache_id.to_owned(), Rc::clone(&names));
        names
    }
}

/// The nearest of the layers in a `lower` file.
fn nearest(lower: &str) -> Option<&str> {
    lower.split(':').next()?.strip_prefix("l/").filter(|short| is_short_name(short))
}

/// Docker's short names: 26 capital letters and digits (`overlay2/randomid.go`).
fn is_short_name(text: &str) -> bool {
    text.len() == 26 && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}
