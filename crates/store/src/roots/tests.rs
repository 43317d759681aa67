use std::rc::Rc;

use careen_evidence::{ErrorKind, MemoryTree};

use super::*;
use crate::bbolt::testing::{Node, file, leaf};
use crate::classic::testing::{DataRoot as Builder, hex};
use crate::{ClassicStore, DataRoot};

fn search(tree: &MemoryTree, taken: &[&str]) -> (Vec<DataRoot>, Vec<&'static str>) {
    let mut findings = Findings::new();
    let roots = find_roots(tree, taken, &Limits::default(), &CancelToken::default(), &mut findings).unwrap();
    (roots, findings.list().iter().map(|finding| finding.code.name).collect())
}

/// What a list of stores shows: id, kind, path, driver, namespace.
fn rows(roots: &[DataRoot]) -> Vec<(&str, StoreKind, &str, &str, Option<&str>)> {
    roots
        .iter()
        .map(|root| (root.id.as_str(), root.kind, root.path.as_str(), root.driver.as_str(), root.namespace.as_deref()))
        .collect()
}

/// Path of containerd's directory.
fn containerd_path(root: &DataRoot) -> Option<&str> {
    root.containerd.as_ref().map(|root| root.directory.path.as_str())
}

/// containerd's `meta.db` with a namespace that names an image and has a lease for the container `web`.
fn meta_db(namespace: &'static str, has_image: bool) -> Vec<u8> {
    let mut bytes = file(7);
    leaf(&mut bytes, 2, &[("v1", Node::Paged(3))]);
    leaf(&mut bytes, 3, &[(namespace, Node::Paged(4))]);
    leaf(&mut bytes, 4, &[("images", Node::Paged(5)), ("leases", Node::Paged(6))]);
    let image = [("docker.io/library/alpine:3", Node::Inline(vec![]))];
    leaf(&mut bytes, 5, if has_image { &image } else { &[] });
    leaf(&mut bytes, 6, &[(hex("web").as_str(), Node::Inline(vec![]))]);
    bytes
}

fn containerd(tree: &mut MemoryTree, path: &str, namespace: &'static str) {
    tree.file(&format!("{path}/io.containerd.metadata.v1.bolt/meta.db"), meta_db(namespace, true));
    let snapshotter = format!("{path}/io.containerd.snapshotter.v1.overlayfs");
    tree.file(&format!("{snapshotter}/snapshots/1/fs/x"), "");
    let mut empty = file(3);
    leaf(&mut empty, 2, &[]);
    tree.file(&format!("{snapshotter}/metadata.db"), empty);
}

#[test]
fn a_data_root_that_lost_its_name_is_found() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/lost+found/#12/image/overlay2/repositories.json", "");
    tree.file("/docker/image/overlay2/repositories.json", "");
    let (roots, _) = search(&tree, &[]);
    let paths: Vec<&str> = roots.iter().map(|root| root.path.as_str()).collect();
    assert_eq!(paths, ["/docker", "/lost+found/#12"]);
}

#[test]
fn a_data_root_is_known_by_any_of_its_parts_wherever_it_lies() {
    let id = hex("web");
    let parts = [
        "image/overlay2/imagedb/content/x".to_owned(),
        "image/overlay2/repositories.json".to_owned(),
        "overlay2/layerdb/sha256/x".to_owned(),
        "overlay2/l/x".to_owned(),
        format!("containers/{id}/config.v2.json"),
        "volumes/metadata.db".to_owned(),
    ];
    for part in &parts {
        for path in ["", "/docker", "/a/b/c/d/e"] {
            let mut tree = MemoryTree::new("disk");
            tree.file(&format!("{path}/{part}"), "");
            let (roots, findings) = search(&tree, &[]);
            let [root] = roots.as_slice() else { panic!("{path}/{part}: {roots:?}") };
            assert_eq!((root.path.as_str(), findings.len()), (if path.is_empty() { "/" } else { path }, 0));
            assert!(root.docker.is_some());
        }
        let mut tree = MemoryTree::new("disk");
        tree.file(&format!("/a/b/c/d/e/f/{part}"), "");
        assert!(search(&tree, &[]).0.is_empty(), "deeper than is searched");
    }
}

#[test]
fn what_only_looks_like_a_data_root_is_none() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/a/containers/readme/config.v2.json", "");
    tree.file("/b/containers", "");
    tree.file("/c/image/cat.jpeg", "");
    tree.file("/d/overlay2", "");
    tree.symlink("/e", "/docker");
    // A data root within a layer belongs to the container that ran it.
    tree.file("/f/overlay2/1/diff/var/volumes/metadata.db", "");
    assert!(search(&tree, &[]).0.is_empty());
}

#[test]
fn ids_are_unique_on_the_disk() {
    let mut tree = MemoryTree::new("disk");
    tree.file("/old/docker/image/overlay2/repositories.json", "");
    tree.file("/docker/image/overlay2/repositories.json", "");
    let (roots, _) = search(&tree, &["overlay2", "overlay2-3"]);
    let ids: Vec<&str> = roots.iter().map(|root| root.id.as_str()).collect();
    assert_eq!(ids, ["overlay2-2", "overlay2-4"]);
    assert_eq!(roots[0].path, "/docker");
}

#[test]
fn containerd_alone_and_containerd_without_images() {
    let mut tree = MemoryTree::new("disk");
    containerd(&mut tree, "/var/lib/containerd", "k8s.io");
    // dockerd's own, which only runs containers; a pulled image's manifest is cached there.
    tree.file("/docker/containerd/daemon/io.containerd.metadata.v1.bolt/meta.db", meta_db("moby", false));
    tree.file("/docker/containerd/daemon/io.containerd.content.v1.content/blobs/sha256/x", "");
    let (roots, findings) = search(&tree, &[]);
    let path = "/var/lib/containerd";
    assert_eq!(rows(&roots), [("overlayfs", StoreKind::Containerd, path, "overlayfs", Some("k8s.io"))]);
    assert_eq!((roots[0].docker.is_some(), containerd_path(&roots[0])), (false, Some(path)));
    assert!(findings.is_empty());
}

#[test]
fn a_broken_database_of_containerd_hides_nothing() {
    let mut tree = MemoryTree::new("disk");
    containerd(&mut tree, "/containerd", "moby");
    tree.file("/containerd/io.containerd.metadata.v1.bolt/meta.db", vec![0; 65536]);
    let (roots, findings) = search(&tree, &[]);
    assert_eq!(rows(&roots), [("overlayfs", StoreKind::Containerd, "/containerd", "overlayfs", None)]);
    assert_eq!(findings, ["containerd-database-unreadable"]);
}

#[test]
fn docker_over_containerd_is_one_store_with_its_containers() {
    for path in ["/docker/containerd/daemon", "/elsewhere"] {
        let mut builder = Builder::new();
        builder.remove("image");
        builder.remove("overlay2");
        builder
            .edit(&format!("containers/{}/config.v2.json", hex("web")), |config| config["Driver"] = "overlayfs".into());
        let mut tree = builder.tree();
        containerd(&mut tree, path, "moby");
        let (roots, _) = search(&tree, &[]);
        let docker = "/data/docker";
        assert_eq!(rows(&roots), [("overlayfs", StoreKind::DockerContainerd, docker, "overlayfs", Some("moby"))]);
        assert_eq!(containerd_path(&roots[0]), Some(path));
        let mut findings = Findings::new();
        let store = ClassicStore::open(Rc::new(tree), &roots[0], &Limits::default(), &mut findings);
        assert_eq!((store.containers()[0].store.as_str(), store.volumes().len()), ("overlayfs", 3));
        assert!(store.images().is_empty() && findings.list().is_empty(), "{:?}", findings.list());
        for error in [
            store.container_layers(&hex("web"), &mut findings).unwrap_err(),
            store.container_upper(&hex("web"), &mut findings).unwrap_err(),
        ] {
            assert!(matches!(&error.kind, ErrorKind::Unsupported(what) if what.contains("storage driver overlayfs")));
            findings.add_failure(&error);
        }
        assert_eq!(findings.list().iter().map(|found| found.code.name).collect::<Vec<_>>(), ["not-supported"]);
    }
}

#[test]
fn a_containerd_without_databases_is_one_store_of_its_docker() {
    let mut builder = Builder::new();
    builder.remove("image");
    builder.remove("overlay2");
    let mut tree = builder.tree();
    containerd(&mut tree, "/data/docker/containerd/daemon", "moby");
    tree.file("/data/docker/containerd/daemon/io.containerd.metadata.v1.bolt/meta.db", vec![0; 65536]);
    let (roots, _) = search(&tree, &[]);
    let docker = "/data/docker";
    assert_eq!(rows(&roots), [("overlayfs", StoreKind::DockerContainerd, docker, "overlayfs", Some("moby"))]);
}

#[test]
fn a_containerd_without_databases_serves_the_docker_whose_images_it_has() {
    let (mut tree, id, digits) = (MemoryTree::new("disk"), hex("web"), hex("manifest"));
    tree.file("/docker/image/overlay2/repositories.json", "{}");
    let config = format!(r#"{{"Driver":"overlayfs","ImageManifest":{{"digest":"sha256:{digits}"}}}}"#);
    tree.file(&format!("/docker/containers/{id}/config.v2.json"), config);
    // Packed layers begin as gzip does.
    let content = "/daemon/io.containerd.content.v1.content/blobs/sha256";
    tree.file(&format!("{content}/{}", hex("layer")), [0x1F, 0x8B, 8, 0, 0, 1]);
    tree.file("/daemon/io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs/x", "");
    let kinds = |roots: &[DataRoot]| -> Vec<StoreKind> { roots.iter().map(|root| root.kind).collect() };
    assert!(kinds(&search(&tree, &[]).0).contains(&StoreKind::Containerd));
    tree.file(&format!("{content}/{digits}"), "{}");
    assert_eq!(kinds(&search(&tree, &[]).0), [StoreKind::DockerClassic, StoreKind::DockerContainerd]);
}

#[test]
fn both_stores_of_one_docker_are_told_apart() {
    let mut builder = Builder::new();
    let other = hex("other");
    let config = format!(r#"{{"ID":"{other}","Name":"/other","Driver":"overlayfs","State":{{}}}}"#);
    builder.put(&format!("containers/{other}/config.v2.json"), config);
    let mut tree = builder.tree();
    containerd(&mut tree, "/data/desktop-containerd/daemon", "moby");
    let (roots, _) = search(&tree, &[]);
    let containerd = "/data/desktop-containerd/daemon";
    assert_eq!(
        rows(&roots),
        [
            ("overlay2", StoreKind::DockerClassic, "/data/docker", "overlay2", None),
            ("overlayfs", StoreKind::DockerContainerd, containerd, "overlayfs", Some("moby")),
        ]
    );
    let mut findings = Findings::new();
    let store = ClassicStore::open(Rc::new(tree), &roots[0], &Limits::default(), &mut findings);
    let stores: Vec<_> = store.containers().iter().map(|found| (found.name.as_str(), found.store.as_str())).collect();
    let mut wanted = [("web", "overlay2"), ("other", "overlayfs")];
    wanted.sort_by_key(|(name, _)| hex(name));
    assert_eq!(stores, wanted);
    assert!(findings.list().is_empty(), "{:?}", findings.list());
}

#[test]
fn two_graph_drivers_in_one_root_are_two_stores() {
    let mut builder = Builder::new();
    builder.put("image/aufs/repositories.json", r#"{"Repositories":{}}"#);
    builder.put("image/aufs/imagedb/content/sha256", "dir");
    let tree = Rc::new(builder.tree());
    let (roots, _) = search(&tree, &[]);
    assert_eq!(rows(&roots).iter().map(|row| row.0).collect::<Vec<_>>(), ["overlay2", "aufs"]);
    let mut findings = Findings::new();
    let counts = roots.iter().map(|root| {
        let store = ClassicStore::open(Rc::clone(&tree) as Rc<dyn FileTree>, root, &Limits::default(), &mut findings);
        (store.images().len(), store.containers().len(), store.volumes().len(), store.networks().len())
    });
    assert_eq!(counts.collect::<Vec<_>>(), [(4, 1, 3, 1), (0, 0, 0, 0)]);
}

#[test]
fn the_search_costs_a_bounded_number_of_directories() {
    let mut tree = MemoryTree::new("disk");
    for number in 0..MAX_DIRECTORIES {
        tree.directory(&format!("/{number}"));
    }
    tree.file("/a/docker/image/overlay2/repositories.json", "");
    let (roots, findings) = search(&tree, &[]);
    assert!(roots.is_empty());
    assert_eq!(findings, ["store-search-ended"]);
}

#[test]
fn a_directory_within_itself_ends_and_a_cancelled_search_too() {
    let mut tree = MemoryTree::new("disk");
    let a = tree.directory("/a");
    tree.hard_link(a, "a", a);
    assert!(search(&tree, &[]).0.is_empty());
    let cancel = CancelToken::default();
    cancel.cancel();
    assert!(find_roots(&tree, &[], &Limits::default(), &cancel, &mut Findings::new()).unwrap_err().is_cancelled());
}
