//! The layer that brought each package of an image: the lowest from which upward every layer's own copy of the database
//! has the package at this version.
//!
//! Where the copy of a lower layer is damaged, packages that are not found in it may have stood there all the same:
//! their layer is not known. Databases behind symbolic links are looked at in every layer's view through the links
//! that view has.

use std::collections::{BTreeMap, HashSet};

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, codes, resolve_path};
use careen_model::{Details, Ecosystem, LINKED, Package, Severity};
use careen_packages::catalog_file;
use careen_store::{MergedTree, Version};

use crate::Options;

/// Sets the layer of each package of a tree. `diff_ids` belong to its layers from the lowest; `None` for a layer that is
/// not part of an image.
pub(crate) fn note_layers(
    tree: &MergedTree,
    diff_ids: &[Option<String>],
    packages: &mut [Package],
    options: &Options,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let mut by_database: BTreeMap<(Ecosystem, String), Vec<&mut Package>> = BTreeMap::new();
    for package in packages {
        by_database.entry((package.ecosystem(), package.found_at.clone())).or_default().push(package);
    }
    for ((ecosystem, path), packages) in by_database {
        options.cancel.check()?;
        note_layers_of(tree, diff_ids, ecosystem, &path, packages, options, findings)?;
    }
    Ok(())
}

/// The same for the packages of one database.
fn note_layers_of(
    tree: &MergedTree,
    diff_ids: &[Option<String>],
    ecosystem: Ecosystem,
    path: &str,
    packages: Vec<&mut Package>,
    options: &Options,
    findings: &mut Findings,
) -> Result<(), ReadError> {
    let copies = copies(tree, path.as_bytes(), options, findings)?;
    let Some((top, lower)) = copies.split_last() else { return Ok(()) };
    let (mut standing, mut from) = (packages, top.from);
    for copy in lower.iter().rev() {
        let mut met = Findings::new();
        let view = tree.view_up_to(copy.from);
        let there = match copy.node {
            Some(node) => catalog_file(&*view, ecosystem, path.as_bytes(), node, &options.limits, &mut met),
            None => Vec::new(),
        };
        let there: HashSet<Identity<'_>> = there.iter().map(identity).collect();
        let (still, gone): (Vec<_>, Vec<_>) =
            standing.into_iter().partition(|package| there.contains(&identity(package)));
        let is_whole = met.list().iter().all(|finding| finding.code.severity == Severity::Note);
        if is_whole {
            put(gone, diff_ids, from);
        } else if let (false, Some(node)) = (gone.is_empty(), copy.node) {
            let values: [(&str, &dyn std::fmt::Display); 2] = [("count", &gone.len()), ("database", &path)];
            findings.absorb(met);
            findings.add(&codes::packages::PACKAGE_LAYER_UNKNOWN, &view.place(node), &values);
        }
        (standing, from) = (still, copy.from);
        if standing.is_empty() {
            break;
        }
    }
    put(standing, diff_ids, from);
    Ok(())
}

fn put(packages: Vec<&mut Package>, diff_ids: &[Option<String>], from: usize) {
    for package in packages {
        package.layer = diff_ids.get(from).cloned().flatten();
    }
}

/// What stood at a path from one layer upward.
pub(crate) struct Copy {
    /// The layer, counted from the lowest.
    pub(crate) from: usize,
    /// Its node in the view of the layers up to that one; `None` when nothing stood there.
    pub(crate) node: Option<NodeId>,
}

impl From<Version> for Copy {
    fn from(version: Version) -> Copy {
        Copy { from: version.from, node: version.node }
    }
}

/// The copies of a database, the lowest layer's first.
fn copies(tree: &MergedTree, path: &[u8], options: &Options, findings: &mut Findings) -> Result<Vec<Copy>, ReadError> {
    let versions = tree.history(path, findings)?;
    let top = versions.last().and_then(|version| Some((version.from, version.node?)));
    let is_link = match top {
        Some((from, node)) => tree.view_up_to(from).stat(node, findings)?.kind == Kind::Symlink,
        // Nothing stands at the path itself, so links are on the way to it.
        None => true,
    };
    if !is_link {
        return Ok(versions.into_iter().map(Copy::from).collect());
    }
    copies_through_links(tree, path, options, findings)
}

/// The same through the symbolic links that each layer's view has.
pub(crate) fn copies_through_links(
    tree: &MergedTree,
    path: &[u8],
    options: &Options,
    findings: &mut Findings,
) -> Result<Vec<Copy>, ReadError> {
    let mut copies: Vec<Copy> = Vec::new();
    let mut before = None;
    for from in 0..tree.layer_count() {
        options.cancel.check()?;
        let view = tree.view_up_to(from);
        let node = resolve_path(&*view, path, findings)?;
        let origin = node.and_then(|node| view.origin(node));
        if origin != before {
            copies.push(Copy { from, node });
            before = origin;
        }
    }
    Ok(copies)
}

/// The state of a module of Node that lies where it is found.
const INSTALLED: &str = "installed";

/// What is the same in two copies of a database when they have the same package: name, version, architecture or build,
/// and whether it is installed.
type Identity<'a> = (&'a str, &'a str, &'a str, &'a str);

fn identity(package: &Package) -> Identity<'_> {
    let (variant, state) = match &package.details {
        Details::Apt { architecture, status, .. } => (architecture.as_str(), state(status)),
        Details::Conda { build, .. } => (build.as_str(), ""),
        Details::Pip { .. } => ("", ""),
        // That it is reached by a link is seen from above alone.
        Details::Other { values, .. } if values.first().is_some_and(|state| state == LINKED) => (INSTALLED, ""),
        Details::Other { values, .. } => (values.first().map_or("", String::as_str), ""),
    };
    (&package.name, &package.version, variant, state)
}

/// The state in dpkg's three words of status: what the package is, not what is wanted of it.
fn state(status: &str) -> &str {
    status.rsplit(' ').next().unwrap_or(status)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::rc::Rc;

    use careen_evidence::{CancelToken, MemoryTree, Place};
    use careen_packages::catalog_tree;

    use super::*;

    fn stanza(name: &str, version: &str) -> String {
        format!(
            "Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: x\nVersion: {version}\n\n"
        )
    }

    /// `name layer` of each package, and the codes of the findings. The layers `/0`, `/1`, … of `disk` are those of an
    /// image, the lowest first, with the diffIDs `0`, `1`, ….
    fn layers_of(disk: MemoryTree, count: usize) -> (Vec<String>, Vec<&'static str>) {
        let roots = (0..count).rev().map(|layer| disk.node(&format!("/{layer}"))).collect();
        let options = Options::default();
        let tree = MergedTree::new(Rc::new(disk), roots, Place::new("image"), &options.limits);
        let mut findings = Findings::new();
        let found = catalog_tree(&tree, &options.limits, &CancelToken::default(), &mut findings, &mut |_| {}).unwrap();
        let mut packages = found.packages;
        let diff_ids: Vec<_> = (0..count).map(|layer| Some(layer.to_string())).collect();
        note_layers(&tree, &diff_ids, &mut packages, &options, &mut findings).unwrap();
        let told =
            packages.iter().map(|package| format!("{} {}", package.name, package.layer.as_deref().unwrap_or("?")));
        (told.collect(), findings.list().iter().map(|finding| finding.code.name).collect())
    }

    #[test]
    fn a_package_comes_from_the_lowest_layer_that_has_it_unbroken() {
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/var/lib/dpkg/status", stanza("a", "1") + &stanza("b", "1") + &stanza("d", "1"));
        disk.file("/1/var/lib/dpkg/status", stanza("a", "1") + &stanza("b", "2"));
        disk.file("/2/other", "");
        disk.file(
            "/3/var/lib/dpkg/status",
            stanza("a", "1") + &stanza("b", "2") + &stanza("c", "1") + &stanza("d", "1"),
        );
        assert_eq!(layers_of(disk, 4), (vec!["a 0".into(), "b 1".into(), "c 3".into(), "d 3".into()], vec![]));
    }

    #[test]
    fn where_a_lower_copy_is_damaged_the_layer_of_what_it_lacks_is_unknown() {
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/var/lib/dpkg/status", stanza("a", "1") + &stanza("b", "1"));
        // A stanza whose name is overwritten: was it b?
        disk.file("/1/var/lib/dpkg/status", stanza("a", "1") + &stanza("\u{1}\u{2}", "1"));
        disk.file("/2/var/lib/dpkg/status", stanza("a", "1") + &stanza("b", "1"));
        let (packages, codes) = layers_of(disk, 3);
        assert_eq!(packages, ["a 0", "b ?"]);
        assert_eq!(codes.last(), Some(&"package-layer-unknown"));
        assert!(codes.len() > 1, "the damage itself is told: {codes:?}");
    }

    #[test]
    fn a_database_behind_links_has_layers_too() {
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/usr/lib/dpkg-db/status", stanza("a", "1"));
        disk.symlink("/0/var/lib/dpkg", "../../usr/lib/dpkg-db");
        disk.file("/1/usr/lib/dpkg-db/status", stanza("a", "1") + &stanza("b", "1"));
        assert_eq!(layers_of(disk, 2), (vec!["a 0".into(), "b 1".into()], vec![]));

        // Moved behind a link in a higher layer; the package stood there before.
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/var/lib/dpkg/status", stanza("a", "1"));
        disk.symlink("/1/var/lib/dpkg", "/data/dpkg");
        disk.file("/1/data/dpkg/status", stanza("a", "1") + &stanza("b", "1"));
        disk.file("/2/data/dpkg/status", stanza("a", "1") + &stanza("b", "1") + &stanza("c", "1"));
        assert_eq!(layers_of(disk, 3), (vec!["a 0".into(), "b 1".into(), "c 2".into()], vec![]));
    }

    #[test]
    fn the_same_package_of_two_architectures_is_two() {
        let foreign = stanza("a", "1").replace("amd64", "i386");
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/var/lib/dpkg/status", stanza("a", "1"));
        disk.file("/1/var/lib/dpkg/status", stanza("a", "1") + &foreign);
        assert_eq!(layers_of(disk, 2).0, ["a 0", "a 1"]);
    }

    /// Each package compared with each other one would be five billion comparisons: this test would not end.
    #[test]
    fn databases_of_many_packages_are_compared() {
        let many: String = (0..100_000).rev().map(|number| stanza(&format!("p{number:06}"), "1")).collect();
        let mut disk = MemoryTree::new("disk");
        disk.file("/0/var/lib/dpkg/status", &many);
        disk.file("/1/var/lib/dpkg/status", &many);
        let (packages, codes) = layers_of(disk, 2);
        assert!(
            packages.len() == 100_000 && packages.iter().all(|package| package.ends_with(" 0")) && codes.is_empty()
        );
    }

    #[test]
    fn a_linked_module_is_the_one_that_its_layer_has() {
        let module = |state: &str| Package {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            purl: String::new(),
            found_at: "/usr/lib/node_modules/a/package.json".to_owned(),
            layer: None,
            declared: careen_model::Declared::default(),
            details: Details::Other { of: Ecosystem::Npm, values: vec![state.to_owned(), "/usr/lib".to_owned()] },
        };
        let (above, below) = (module(LINKED), module(INSTALLED));
        assert_eq!(identity(&above), identity(&below));
        assert_ne!(identity(&above), identity(&module("locked")));
    }
}
