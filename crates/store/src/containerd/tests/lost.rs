//! Directories of snapshots whose database is lost.

use careen_evidence::NodeId;
use careen_model::Timestamp;

use super::*;

const SNAPSHOTS: &str = "/containerd/io.containerd.snapshotter.v1.overlayfs/snapshots";
/// When the container's record says that it was made: 2023-05-05T10:00:00Z.
const MADE: i64 = 1_683_280_800;

/// The store of [`Builder`] without its snapshots' database, as the kernel and Docker leave it: layers as they were
/// unpacked, a directory of Docker's over the upper one, and a container's over that.
struct Lost {
    builder: Builder,
    tree: MemoryTree,
    id: String,
}

fn born(tree: &mut MemoryTree, path: &str, milliseconds: i64) {
    let node = tree.node(path);
    let nanoseconds = u32::try_from(milliseconds.rem_euclid(1000)).unwrap() * 1_000_000;
    let time = Timestamp { seconds: MADE + milliseconds.div_euclid(1000), nanoseconds };
    tree.stat_mut(node, |stat| stat.crtime = Some(time));
}

/// `struct ovl_fb` with a handle of ext4: version 0, magic, length 29, flags 0, type 1, UUID, inode, generation.
fn origin(tree: &mut MemoryTree, path: &str, below: &str) {
    let inode = tree.stat(tree.node(below), &mut Findings::new()).unwrap().inode;
    let inode = u32::try_from(inode).unwrap().to_le_bytes();
    let handle = [&[0, 0xFB, 29, 0, 1][..], &[7; 16], &inode, &[9; 4]].concat();
    let node = tree.node(path);
    tree.xattr(node, "trusted.overlay.origin", handle);
}

/// What Docker puts beneath a container, over the layer in `below`.
fn init(tree: &mut MemoryTree, number: u64, below: u64, milliseconds: i64) {
    for file in [".dockerenv", "etc/hosts", "etc/hostname", "etc/resolv.conf", "dev/console"] {
        tree.file(&format!("{SNAPSHOTS}/{number}/fs/{file}"), "");
    }
    born(tree, &format!("{SNAPSHOTS}/{number}"), milliseconds);
    origin(tree, &format!("{SNAPSHOTS}/{number}/fs/etc"), &format!("{SNAPSHOTS}/{below}/fs/etc"));
}

fn file(tree: &mut MemoryTree, path: &str, content: &str) -> NodeId {
    let node = tree.file(path, content);
    tree.stat_mut(node, |stat| stat.mtime = Timestamp { seconds: 77, nanoseconds: 0 });
    node
}

/// The files of the lower and of the upper layer, at `root`.
fn layer(tree: &mut MemoryTree, root: &str, number: u64) {
    file(tree, &format!("{root}/etc/os"), &"x".repeat(usize::try_from(number).unwrap()));
}

impl Lost {
    fn new() -> Lost {
        let mut builder = Builder::new();
        builder.snapshots.clear();
        builder.directories.clear();
        let mut tree = builder.tree();
        for number in [1, 2] {
            layer(&mut tree, &format!("{SNAPSHOTS}/{number}/fs"), number);
            born(&mut tree, &format!("{SNAPSHOTS}/{number}"), -60_000);
        }
        init(&mut tree, 3, 2, 20);
        tree.file(&format!("{SNAPSHOTS}/4/fs/state"), "changed");
        born(&mut tree, &format!("{SNAPSHOTS}/4"), 30);
        Lost { builder, tree, id: "c".repeat(64) }
    }

    fn container(&self) -> Container {
        let made = Some("2023-05-05T10:00:00Z".into());
        Container { id: self.id.clone(), created: made, ..container("shop:1", &self.builder.manifest) }
    }

    /// The store, when these containers are known.
    fn assign(self, containers: &[Container]) -> Opened {
        let (tree, mut findings) = (Rc::new(self.tree), Findings::new());
        let roots = roots(&tree, &mut findings);
        let shared = Rc::clone(&tree) as Rc<dyn FileTree>;
        let mut store = ContainerdStore::open(shared, &roots[0], &Limits::default(), &mut findings).unwrap();
        let sought: Vec<String> = store.unplaced_layers().into_iter().map(|(chain, _)| chain).collect();
        assert_eq!(sought.len(), 2);
        for (chain, number) in self.builder.chain.iter().zip([1, 2]) {
            let mut packed = MemoryTree::new("packed");
            layer(&mut packed, "", number);
            store.recognize_layer(chain, &packed, true);
        }
        store.assign_directories(&containers.iter().collect::<Vec<_>>(), &mut findings);
        store.tell_lost(&mut findings);
        Opened { tree, store, findings }
    }
}

fn assigned(opened: &mut Opened, id: &str) -> Vec<String> {
    let stack = opened.store.container_layers(id, &mut opened.findings).unwrap_or_default();
    stack.iter().map(|layer| opened.shown(&layer.files)).collect()
}

#[test]
fn a_container_has_its_directory_again_by_its_image_and_time() {
    let lost = Lost::new();
    let (container, id) = (lost.container(), lost.id.clone());
    let mut opened = lost.assign(&[container]);
    let codes = ["containerd-database-unreadable", "layers-recognized", "container-layer-derived"];
    assert_eq!(opened.codes(), codes);
    let told = &opened.findings.list()[2].values;
    assert_eq!((told["directory"].as_str(), told["delay"].as_str()), ("4", "30"));
    assert_eq!(assigned(&mut opened, &id), ["4/fs", "3/fs", "blob", "blob"]);
    let numbers: Vec<_> = opened.store.layers().iter().filter_map(|layer| layer.cache_id.clone()).collect();
    assert_eq!((numbers.len(), numbers.contains(&"1".into())), (2, true));
}

#[test]
fn without_evidence_a_directory_is_nobodys() {
    let nobodys = |lost: Lost, containers: &[Container]| {
        let id = lost.id.clone();
        let mut opened = lost.assign(containers);
        assert_eq!(opened.codes(), ["containerd-database-unreadable", "layers-recognized", "snapshots-unassigned"]);
        assert_eq!(assigned(&mut opened, &id), [""; 0]);
    };
    // Made at another time.
    let lost = Lost::new();
    let late = Container { created: Some("2023-05-05T10:00:03Z".into()), ..lost.container() };
    nobodys(lost, &[late]);
    // Its image is not known.
    let lost = Lost::new();
    let other = Container { image_id: Some("sha256:0".into()), ..lost.container() };
    nobodys(lost, &[other]);
    // It stands on a layer that the overlay would not have copied from: the upper one has the same directory.
    let mut lost = Lost::new();
    let container = lost.container();
    origin(&mut lost.tree, &format!("{SNAPSHOTS}/3/fs/etc"), &format!("{SNAPSHOTS}/1/fs/etc"));
    nobodys(lost, &[container]);
    // Nothing tells on what it stands.
    let mut lost = Lost::new();
    let container = lost.container();
    let node = lost.tree.node(&format!("{SNAPSHOTS}/3/fs/etc"));
    lost.tree.xattr(node, "trusted.overlay.origin", "");
    nobodys(lost, &[container]);
    // Another container of the same image was made at the same time.
    let lost = Lost::new();
    let twin = Container { id: "d".repeat(64), ..lost.container() };
    let container = lost.container();
    nobodys(lost, &[container, twin]);
    // The copy of a file that was copied up is another directory's too: a second one with the same time.
    let mut lost = Lost::new();
    let container = lost.container();
    init(&mut lost.tree, 5, 2, 25);
    lost.tree.file(&format!("{SNAPSHOTS}/6/fs/state"), "changed");
    born(&mut lost.tree, &format!("{SNAPSHOTS}/6"), 35);
    nobodys(lost, &[container]);
}

#[test]
fn two_containers_made_one_after_the_other_have_each_their_own() {
    let mut lost = Lost::new();
    let container = lost.container();
    let later = Container { id: "d".repeat(64), created: Some("2023-05-05T10:00:00.3Z".into()), ..lost.container() };
    init(&mut lost.tree, 5, 2, 310);
    lost.tree.file(&format!("{SNAPSHOTS}/6/fs/state"), "changed");
    born(&mut lost.tree, &format!("{SNAPSHOTS}/6"), 320);
    let mut opened = lost.assign(&[container, later]);
    assert_eq!(assigned(&mut opened, &"c".repeat(64))[..2], ["4/fs", "3/fs"]);
    let of_later: Vec<_> =
        opened.findings.list().iter().filter(|it| it.code.name == "container-layer-derived").collect();
    assert_eq!((of_later.len(), of_later[1].values["directory"].as_str()), (2, "6"));
}

#[test]
fn a_directory_is_a_layer_only_when_everything_in_it_is() {
    let is_layer = |change: &dyn Fn(&mut MemoryTree)| {
        let mut lost = Lost::new();
        change(&mut lost.tree);
        let container = lost.container();
        !lost
            .assign(&[container])
            .findings
            .list()
            .iter()
            .any(|it| it.values.get("directories").is_some_and(|all| all.starts_with("1")))
    };
    let os = format!("{SNAPSHOTS}/1/fs/etc/os");
    assert!(is_layer(&|_| {}));
    let put = |path: &str, content: &str| {
        let (path, content) = (path.to_owned(), content.to_owned());
        move |tree: &mut MemoryTree| {
            tree.file(&path, &content);
        }
    };
    assert!(!is_layer(&put(&format!("{SNAPSHOTS}/1/fs/etc/more"), "")));
    assert!(!is_layer(&put(&os, "x")), "another time");
    let longer = |tree: &mut MemoryTree| {
        file(tree, &os, "longer");
    };
    assert!(!is_layer(&longer));
    let mode = |tree: &mut MemoryTree| {
        let node = tree.node(&os);
        tree.stat_mut(node, |stat| stat.mode = 0o600);
    };
    assert!(!is_layer(&mode));
    let marked = |tree: &mut MemoryTree| {
        let node = tree.node(&os);
        tree.xattr(node, "trusted.overlay.origin", [0]);
    };
    assert!(!is_layer(&marked));
}

#[test]
fn unpacked_layers_say_for_which_image_they_were_unpacked() {
    let labelled = |name: &str| {
        let mut builder = Builder::new();
        builder.metadata.clear();
        let key = format!("moby/79/{}", builder.chain[0]);
        let (reference, manifest) = (name.to_owned(), builder.manifest.clone());
        for (label, value) in [("cri.image-ref", reference), ("cri.manifest-digest", manifest)] {
            let label = format!("containerd.io/snapshot/{label}");
            put(&mut builder.snapshots, &["v1", "snapshots", &key, "labels", &label], text(&value));
        }
        let mut opened = builder.open();
        opened.store.tell_lost(&mut opened.findings);
        let image = opened.store.images()[0].clone();
        assert_eq!(opened.codes(), ["containerd-database-unreadable", "image-name-derived"]);
        assert_eq!(image.hidden, Some(Hidden::NoNameInDatabase), "what is derived is told apart");
        (image.names, image.digests, builder.manifest)
    };
    let (names, digests, id) = labelled("docker.io/library/shop:1");
    assert_eq!((names, digests), (vec!["shop:1".into()], vec![format!("shop@{id}")]));
    let pulled = "registry.example/shop@sha256:00";
    assert_eq!(labelled(pulled).1, [pulled]);
    assert!(labelled(pulled).0.is_empty());
}
