//! Finding data roots by what directories contain.
//!
//! A directory is a Docker data root when it holds `image/<driver>/{imagedb,repositories.json}`,
//! `<driver>/{imagedb,layerdb}` (as hand-made copies have it), `containers/<64 digits>/config.v2.json` or
//! `volumes/metadata.db`; it is a containerd root when it holds `io.containerd.metadata.v1.bolt/meta.db` or
//! `io.containerd.content.v1.content/blobs/sha256`. Paths are not believed: the same disk layouts were met under many.
//!
//! Searched breadth first down to a fixed depth and a fixed number of directories; what Docker fills with layers,
//! volumes and containers is not entered, so a disk of any size costs little.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{CancelToken, FileTree, Findings, Kind, Limits, NodeId, ReadError, codes};
use careen_model::{Store, StoreKind};

use crate::containerd::{CONTENT, ContainerdRoot, DOCKER_NAMESPACE, METADATA};
use crate::digest::is_hex64;
use crate::records::{Object, Records, Spent, text_of};

/// How deep below the root of a filesystem a data root is looked for: `/version-pack-data/community/docker` is the
/// deepest of Docker Desktop's.
const MAX_DEPTH: u32 = 5;
/// Directories looked into. Docker's own disks have a few dozen on the way; a whole Linux has thousands.
const MAX_DIRECTORIES: usize = 16 << 10;
/// Container directories looked into for a `config.v2.json` before the directory counts as something else.
const MAX_PROBES: usize = 64;

/// Graph drivers by the names of their directories, the one to prefer first.
const GRAPH_DRIVERS: [&str; 9] =
    ["overlay2", "fuse-overlayfs", "btrfs", "zfs", "vfs", "overlay", "aufs", "devicemapper", "windowsfilter"];

/// Names in a Docker data root that hold no further data root.
const DOCKER_NAMES: [&str; 13] = [
    "image",
    "containers",
    "volumes",
    "network",
    "plugins",
    "swarm",
    "tmp",
    "trust",
    "buildkit",
    "builder",
    "runtimes",
    "rootfs",
    "stats",
];
/// Names that are not entered wherever they stand: layers, mounts, and what only looks like a tree.
const BARREN_NAMES: [&str; 9] =
    ["overlay2", "_data", "snapshots", "diff", "merged", "node_modules", ".git", "proc", "sys"];
/// Where damage leaves what has lost its name; entered last, when the damage has been met.
const LOST_FOUND: &str = "lost+found";
/// Names that are not entered at the top of a filesystem: programs and settings, with thousands of directories.
const BARREN_TOP_NAMES: [&str; 5] = ["usr", "etc", "dev", "bin", "sbin"];

/// A data root on a filesystem.
#[derive(Clone, Debug)]
pub struct DataRoot {
    /// Short, readable, unique on the disk: `store:ID`.
    pub id: String,
    /// Whose records it holds.
    pub kind: StoreKind,
    /// Directory within the filesystem: Docker's, or containerd's where Docker's is told with another store.
    pub path: String,
    /// The same as a node.
    pub node: NodeId,
    /// Graph driver or snapshotter; `unknown` when nothing tells.
    pub driver: String,
    /// containerd namespace with Docker's images, or the only one with images.
    pub namespace: Option<String>,
    /// The directory with Docker's own records (containers, volumes, networks, and images of a classic store): opened
    /// by [`crate::ClassicStore`]. `None` for containerd alone.
    pub(crate) docker: Option<Object>,
    /// Whether the containers, volumes and networks of that directory are told with this root: true for one root of a
    /// directory only.
    pub(crate) is_first: bool,
    /// The directory of containerd with its images and snapshots.
    pub(crate) containerd: Option<Rc<ContainerdRoot>>,
    /// The stores that containers of this Docker root may lie in.
    pub(crate) stores: Stores,
    /// What the records of all roots of the filesystem take together.
    pub(crate) spent: Rc<Spent>,
}

/// The stores of one Docker root.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stores {
    /// Graph driver and store id.
    pub classic: Vec<(String, String)>,
    /// Store id of containerd's.
    pub containerd: Option<String>,
}

impl DataRoot {
    /// The row of this root in the list of stores, without what has to be read.
    pub fn store(&self) -> Store {
        Store {
            id: self.id.clone(),
            kind: self.kind,
            path: self.path.clone(),
            driver: self.driver.clone(),
            namespace: self.namespace.clone(),
            engine_id: None,
        }
    }

    /// Ids of the stores with images of the Docker that this root belongs to: several where it was switched from one to
    /// another, which hides what lies in the first.
    pub fn stores_of_docker(&self) -> impl Iterator<Item = &str> {
        let classic = self.stores.classic.iter().map(|(_, id)| id.as_str());
        classic.chain(self.stores.containerd.as_deref())
    }
}

/// Every data root of a filesystem, in byte order of their paths (Docker's other stores right after its first one),
/// with ids that differ from those in `taken`.
///
/// A directory that cannot be read is a finding. An error only when cancelled or when the root directory is unreadable.
pub fn find_roots(
    tree: &dyn FileTree,
    taken: &[&str],
    limits: &Limits,
    cancel: &CancelToken,
    findings: &mut Findings,
) -> Result<Vec<DataRoot>, ReadError> {
    let spent = Rc::new(Spent::default());
    let mut search =
        Search { records: Records { tree, limits, spent: &spent }, docker: Vec::new(), containerd: Vec::new() };
    search.run(cancel, findings)?;
    let mut groups = search.into_groups(findings);
    let path = |group: &Vec<DataRoot>| group.first().map(|root| root.path.clone());
    groups.sort_by_key(path);
    name_roots(&mut groups, taken);
    for root in groups.iter_mut().flatten() {
        root.spent = Rc::clone(&spent);
    }
    Ok(groups.into_iter().flatten().collect())
}

/// A directory with Docker's records.
struct DockerRoot {
    directory: Object,
    /// Graph drivers with image records, the preferred one first.
    drivers: Vec<String>,
}

struct Search<'a> {
    records: Records<'a>,
    docker: Vec<DockerRoot>,
    containerd: Vec<Rc<ContainerdRoot>>,
}

impl Search<'_> {
    /// Goes through all directories, `lost+found` after the others.
    fn run(&mut self, cancel: &CancelToken, findings: &mut Findings) -> Result<(), ReadError> {
        let root = Object { node: self.records.tree.root(), path: String::new() };
        let mut seen = BTreeSet::new();
        self.search(root.clone(), 0, &mut seen, cancel, findings)?;
        match self.records.child(&root, LOST_FOUND, findings) {
            Some(lost) if self.records.is_kind(&lost, Kind::Directory, findings) => {
                self.search(lost, 1, &mut seen, cancel, findings)
            }
            _ => Ok(()),
        }
    }

    /// Goes through the directories from this one on, `first` levels below the root, level by level.
    fn search(
        &mut self,
        start: Object,
        first: u32,
        seen: &mut BTreeSet<NodeId>,
        cancel: &CancelToken,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let tree = self.records.tree;
        let mut level = vec![start];
        for depth in first..=MAX_DEPTH {
            self.records.prefetch(level.iter());
            let mut next = Vec::new();
            for directory in std::mem::take(&mut level) {
                cancel.check()?;
                if !seen.insert(directory.node) {
                    continue;
                }
                if seen.len() > MAX_DIRECTORIES {
                    let place = tree.place(tree.root());
                    findings.add(&codes::store::STORE_SEARCH_ENDED, &place, &[("count", &MAX_DIRECTORIES)]);
                    return Ok(());
                }
                match tree.list(directory.node, findings) {
                    Ok(entries) => {
                        let mut named = Vec::new();
                        for entry in
                            entries.into_iter().filter(|entry| entry.kind.is_none_or(|kind| kind == Kind::Directory))
                        {
                            // A name that is not UTF-8 is none we look for, nor a directory above one.
                            if let Ok(name) = String::from_utf8(entry.name) {
                                let path = directory.path_of(&name);
                                named.push((name, Object { node: entry.node, path }));
                            }
                        }
                        next.extend(self.look_into(directory, named, depth, findings));
                    }
                    Err(error) if error.is_cancelled() || depth == 0 => return Err(error),
                    Err(error) => findings.add_failure(&error),
                }
            }
            self.records.prefetch(next.iter());
            next.retain(|object: &Object| self.records.is_kind(object, Kind::Directory, findings));
            level = next;
        }
        Ok(())
    }

    /// Recognizes a directory by its names; returns those to enter next.
    fn look_into(
        &mut self,
        directory: Object,
        named: Vec<(String, Object)>,
        depth: u32,
        findings: &mut Findings,
    ) -> Vec<Object> {
        let records = self.records;
        let find = |name: &str| named.iter().find(|(found, _)| found == name).map(|(_, object)| object);
        let holds = |path: &[&str], findings: &mut Findings| {
            let (first, rest) = path.split_first()?;
            let (last, between) = rest.split_last()?;
            let first = find(first).filter(|object| records.is_kind(object, Kind::Directory, findings))?;
            let directory = records.directory(first, between, findings)?;
            records.child(&directory, last, findings)
        };
        if holds(&[METADATA, "meta.db"], findings).or_else(|| holds(&[CONTENT, "blobs", "sha256"], findings)).is_some()
        {
            let root = ContainerdRoot::read(&records, directory, findings);
            if !root.is_empty(&self.records) {
                self.containerd.push(Rc::new(root));
            }
            return Vec::new();
        }
        let drivers = graph_drivers(&records, &named, findings);
        let is_docker = !drivers.is_empty()
            || holds(&["volumes", "metadata.db"], findings).is_some()
            || find("containers").is_some_and(|containers| holds_container(&records, containers, findings));
        if is_docker {
            self.docker.push(DockerRoot { directory, drivers });
        }
        let is_barren = |name: &str| {
            BARREN_NAMES.contains(&name)
                || (depth == 0 && (name == LOST_FOUND || BARREN_TOP_NAMES.contains(&name)))
                || (is_docker && (DOCKER_NAMES.contains(&name) || GRAPH_DRIVERS.contains(&name)))
        };
        named.into_iter().filter(|(name, _)| !is_barren(name)).map(|(_, object)| object).collect()
    }

    /// Tells which containerd serves which Docker root, and makes the data roots of each Docker root, and of each
    /// containerd that serves none.
    fn into_groups(self, findings: &mut Findings) -> Vec<Vec<DataRoot>> {
        let Search { records, docker, mut containerd } = self;
        let without_driver = docker.iter().filter(|root| root.drivers.is_empty()).count();
        let mut groups = Vec::new();
        for root in docker {
            let serving = serving(&records, &root, &containerd, without_driver == 1, findings);
            let serving = serving.map(|position| containerd.remove(position));
            let base = DataRoot { docker: Some(root.directory.clone()), ..data_root(&root.directory) };
            let mut group = Vec::new();
            for (position, driver) in root.drivers.iter().enumerate() {
                group.push(DataRoot { driver: driver.clone(), is_first: position == 0, ..base.clone() });
            }
            if group.is_empty() {
                // The engine keeps nothing but its own records there: both directories are one store.
                let driver = serving.as_ref().and_then(|root| root.driver()).map(str::to_owned);
                let driver = driver.or_else(|| mounted_driver(&records, &root.directory, findings));
                group.push(DataRoot {
                    kind: StoreKind::DockerContainerd,
                    driver: driver.unwrap_or_else(|| base.driver.clone()),
                    namespace: Some(DOCKER_NAMESPACE.to_owned()),
                    is_first: true,
                    containerd: serving.clone(),
                    ..base
                });
            } else if let Some(serving) = &serving {
                let namespace = Some(DOCKER_NAMESPACE.to_owned());
                group.push(DataRoot { kind: StoreKind::DockerContainerd, namespace, ..containerd_root(serving) });
            }
            // Kubernetes may work beside Docker in the same containerd.
            let others =
                serving.iter().flat_map(|root| containerd_roots(root, |name| !matches!(name, "" | DOCKER_NAMESPACE)));
            group.extend(others);
            groups.push(group);
        }
        groups.extend(containerd.iter().map(|root| containerd_roots(root, |_| true)));
        groups
    }
}

/// A data root at this directory of which nothing else is known.
fn data_root(directory: &Object) -> DataRoot {
    DataRoot {
        id: String::new(),
        kind: StoreKind::DockerClassic,
        path: if directory.path.is_empty() { "/".to_owned() } else { directory.path.clone() },
        node: directory.node,
        driver: "unknown".to_owned(),
        namespace: None,
        docker: None,
        is_first: false,
        containerd: None,
        stores: Stores::default(),
        spent: Rc::default(),
    }
}

fn containerd_root(root: &Rc<ContainerdRoot>) -> DataRoot {
    let base = data_root(&root.directory);
    DataRoot {
        kind: StoreKind::Containerd,
        driver: root.driver().map_or_else(|| base.driver.clone(), str::to_owned),
        containerd: Some(Rc::clone(root)),
        ..base
    }
}

/// A data root for each name space of a containerd root that is wanted; for one of which no name space is known, one
/// without.
fn containerd_roots(root: &Rc<ContainerdRoot>, is_wanted: impl Fn(&str) -> bool) -> Vec<DataRoot> {
    let base = containerd_root(root);
    let namespaces = root.namespaces();
    if namespaces.is_empty() && is_wanted("") {
        return vec![base];
    }
    let wanted = namespaces.into_iter().filter(|name| is_wanted(name));
    wanted.map(|name| DataRoot { namespace: Some(name.to_owned()), ..base.clone() }).collect()
}

/// Position of the containerd root that holds the images of a Docker root: the one with a lease or a
/// snapshot for one of its containers; else the one beneath it, where dockerd puts its own; else, for the only Docker root without graph
/// driver, the only one with images in Docker's namespace.
fn serving(
    records: &Records<'_>,
    docker: &DockerRoot,
    containerd: &[Rc<ContainerdRoot>],
    is_only_without_driver: bool,
    findings: &mut Findings,
) -> Option<usize> {
    if containerd.is_empty() {
        return None;
    }
    let containers = records.directory(&docker.directory, &["containers"], findings);
    let containers = containers.map(|directory| records.entries(&directory, findings)).unwrap_or_default();
    let beneath = docker.directory.path_of("");
    let by_name = |root: &Rc<ContainerdRoot>| root.serves(containers.iter().map(|(id, _)| id.as_str()));
    // Without its databases it still has the images that containers were made from.
    let by_image = |root: &Rc<ContainerdRoot>| {
        !root.metadata.is_whole && images_of(records, &containers).iter().any(|image| root.has_blob(records, image))
    };
    let by_path = |root: &Rc<ContainerdRoot>| root.directory.path.starts_with(&beneath);
    let alone = || {
        let mut candidates = containerd.iter().enumerate().filter(|(_, root)| root.has_docker_images());
        let first = candidates.next().filter(|_| docker.drivers.is_empty() && is_only_without_driver)?;
        candidates.next().is_none().then_some(first.0)
    };
    let named = containerd.iter().position(by_name);
    named
        .or_else(|| containerd.iter().position(by_path))
        .or_else(|| containerd.iter().position(by_image))
        .or_else(alone)
}

/// Digests of the manifests that containers of containerd's store were made from, as their records name them.
fn images_of(records: &Records<'_>, containers: &[(String, Object)]) -> Vec<String> {
    let image = |(_, directory): &(String, Object)| {
        // What is wrong with a record is told when the containers are read.
        let untold = &mut Findings::new();
        let file = records.child(directory, "config.v2.json", untold)?;
        let config = records.json(&file, untold).ok()?;
        text_of(config.get("ImageManifest")?, "digest").map(str::to_owned)
    };
    containers.iter().filter(|(id, _)| is_hex64(id)).take(MAX_PROBES).filter_map(image).collect()
}

/// The snapshotter under whose name containers were mounted: `rootfs/<snapshotter>/<container id>`.
fn mounted_driver(records: &Records<'_>, docker: &Object, findings: &mut Findings) -> Option<String> {
    let mounts = records.directory(docker, &["rootfs"], findings)?;
    records.directories(&mounts, findings).into_iter().next().map(|(name, _)| name)
}

/// The graph drivers with image records in a directory of these names, the preferred one first.
fn graph_drivers(records: &Records<'_>, named: &[(String, Object)], findings: &mut Findings) -> Vec<String> {
    let mut drivers = Vec::new();
    for (name, object) in named {
        let signs: &[&str] = match name.as_str() {
            // As the engine lays them out: image/<driver>/imagedb.
            "image" => &[],
            // As hand-made copies have them, and a graph driver whose image records are lost.
            name if GRAPH_DRIVERS.contains(&name) => &["imagedb", "layerdb", "l"],
            _ => continue,
        };
        if !records.is_kind(object, Kind::Directory, findings) {
            continue;
        }
        if signs.iter().any(|sign| records.child(object, sign, findings).is_some()) {
            drivers.push(name.clone());
        }
        if name == "image" {
            for (driver, object) in records.directories(object, findings) {
                let mut signs = ["imagedb", "repositories.json"].iter();
                if signs.any(|sign| records.child(&object, sign, findings).is_some()) {
                    drivers.push(driver);
                }
            }
        }
    }
    let rank = |driver: &String| GRAPH_DRIVERS.iter().position(|known| known == driver).unwrap_or(GRAPH_DRIVERS.len());
    drivers.sort_by(|left, right| rank(left).cmp(&rank(right)).then_with(|| left.cmp(right)));
    drivers.dedup();
    drivers
}

/// Whether this directory holds containers.
fn holds_container(records: &Records<'_>, containers: &Object, findings: &mut Findings) -> bool {
    if !records.is_kind(containers, Kind::Directory, findings) {
        return false;
    }
    let entries = records.entries(containers, findings);
    let mut ids = entries.iter().filter(|(name, _)| is_hex64(name)).take(MAX_PROBES);
    ids.any(|(_, object)| {
        records.is_kind(object, Kind::Directory, findings)
            && records.child(object, "config.v2.json", findings).is_some()
    })
}

/// Gives every root an id by its driver, and tells the roots of one directory of each other.
fn name_roots(groups: &mut [Vec<DataRoot>], taken: &[&str]) {
    let mut taken: BTreeSet<String> = taken.iter().map(|id| (*id).to_owned()).collect();
    for root in groups.iter_mut().flatten() {
        let mut number = 1_u64;
        root.id = root.driver.clone();
        while !taken.insert(root.id.clone()) {
            number = number.saturating_add(1);
            root.id = format!("{}-{number}", root.driver);
        }
    }
    for group in groups {
        let classic = group.iter().filter(|root| root.kind == StoreKind::DockerClassic);
        let classic = classic.map(|root| (root.driver.clone(), root.id.clone())).collect();
        let containerd = group.iter().find(|root| root.kind == StoreKind::DockerContainerd).map(|root| root.id.clone());
        let stores = Stores { classic, containerd };
        for root in group {
            root.stores = stores.clone();
        }
    }
}
