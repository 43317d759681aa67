//! What a containerd's database names besides images.

use super::*;

/// Go's `time.Time.MarshalBinary`: version 1, seconds since the year 1, nanoseconds, no zone (-1).
fn moment(seconds: i64) -> Entry {
    let seconds = (seconds + 62_135_596_800).to_be_bytes();
    Entry::Value([&[1][..], &seconds, &[0; 4], &[0xFF; 2]].concat())
}

#[test]
fn blobs_are_listed_with_what_refers_to_them() {
    let mut builder = Builder::new();
    let (config, manifest) = (builder.config.clone(), builder.manifest.clone());
    put(&mut builder.metadata, &["v1", "moby", "leases", "build", "content", &config], Entry::Value(vec![]));
    put(&mut builder.metadata, &["v1", "moby", "leases", "build", "createdat"], moment(10));
    put(&mut builder.metadata, &["v1", "moby", "leases", "build", "snapshots", "overlayfs", "key"], text("x"));
    builder.blobs.remove(&config);
    let mut opened = builder.open();
    let contents = opened.store.contents(&mut opened.findings);
    assert_eq!((contents.path.as_str(), contents.database), (ROOT, careen_model::DatabaseState::Whole));
    let blob = |digest: &str| contents.content.iter().find(|blob| blob.digest == digest).unwrap();
    // A varint of two is the count one.
    assert_eq!((blob(&config).size, blob(&config).recorded_size, blob(&config).recorded), (None, Some(1), true));
    assert_eq!(blob(&config).referred_by, [format!("blob:{manifest}"), "lease:build".into()]);
    assert_eq!(blob(&manifest).referred_by, ["image:shop:1"]);
    let lease = &contents.leases[0];
    assert_eq!((lease.created.as_deref(), lease.content.as_slice()), (Some("1970-01-01T00:00:10Z"), &[config][..]));
    assert_eq!(lease.snapshots, ["overlayfs/key"]);
    let rows: Vec<_> = contents.snapshots.iter().map(|row| (row.kind.as_deref(), row.number)).collect();
    assert_eq!(rows.iter().filter(|row| row.0 == Some("committed")).count(), 3);
    assert!(rows.contains(&(Some("active"), Some(4))));
    let space = &contents.namespaces[0];
    assert_eq!((space.images, space.content, space.snapshots, space.leases), (1, 4, 4, 1));
}

#[test]
fn sandboxes_lie_in_either_of_two_places() {
    let mut builder = Builder::new();
    put(&mut builder.metadata, &["v1", "moby", "sandboxes", "one", "sandboxer"], text("shim"));
    put(&mut builder.metadata, &["moby", "sandboxes", "two", "runtime", "name"], text("runc"));
    let mut opened = builder.open();
    let sandboxes = opened.store.contents(&mut opened.findings).sandboxes;
    let shown: Vec<_> =
        sandboxes.iter().map(|it| (it.id.as_str(), it.sandboxer.as_deref(), it.runtime.as_deref())).collect();
    assert_eq!(shown, [("one", Some("shim"), None), ("two", None, Some("runc"))]);
}

#[test]
fn a_download_that_was_not_finished_is_shown_as_far_as_it_came() {
    let mut builder = Builder::new();
    for (name, value) in [("ref", "backend-1"), ("expected", "sha256:00")] {
        put(&mut builder.metadata, &["v1", "moby", "content", "ingests", "layer", name], text(value));
    }
    put(&mut builder.metadata, &["v1", "moby", "content", "ingests", "gone", "ref"], text("backend-2"));
    let mut tree = builder.tree();
    let directory = format!("{ROOT}/{CONTENT}/ingest/ab12");
    tree.file(&format!("{directory}/data"), "12345");
    tree.file(&format!("{directory}/ref"), "backend-1");
    tree.file(&format!("{directory}/total"), "900");
    let Entry::Value(time) = moment(60) else { panic!() };
    tree.file(&format!("{directory}/startedat"), time);
    let (tree, mut findings) = (Rc::new(tree), Findings::new());
    let roots = roots(&tree, &mut findings);
    let shared = Rc::clone(&tree) as Rc<dyn FileTree>;
    let store = ContainerdStore::open(shared, &roots[0], &Limits::default(), &mut findings).unwrap();
    let ingests = store.contents(&mut findings).ingests;
    let [gone, layer] = ingests.as_slice() else { panic!("{ingests:?}") };
    assert_eq!((gone.reference.as_str(), gone.size), ("gone", None));
    assert_eq!((layer.reference.as_str(), layer.size, layer.total), ("layer", Some(5), Some(900)));
    assert_eq!(layer.expected.as_deref(), Some("sha256:00"));
    assert_eq!((layer.started.as_deref(), layer.updated.as_deref()), (Some("1970-01-01T00:01:00Z"), None));
}

#[test]
fn what_nothing_keeps_would_be_cleaned() {
    let mut builder = Builder::new();
    // As the unpacker labels a configuration.
    let (config, top) = (builder.config.clone(), builder.chain[1].clone());
    let label = "containerd.io/gc.ref.snapshot.overlayfs";
    put(&mut builder.metadata, &["v1", "moby", "content", "blob", &config, "labels", label], text(&top));
    let id = "c".repeat(64);
    put(&mut builder.metadata, &["v1", "moby", "leases", &id, "snapshots", "overlayfs", &id], text("x"));
    for (name, parent) in
        [(id.clone(), format!("{id}-init")), (format!("{id}-init"), top.clone()), (top, builder.chain[0].clone())]
    {
        put(&mut builder.metadata, &["v1", "moby", "snapshots", "overlayfs", &name, "parent"], text(&parent));
    }
    let all: u64 = builder.blobs.values().map(|bytes| (bytes.len() as u64).div_ceil(8) * 8).sum();
    let mut opened = builder.open();
    let mut cleaned = |image: bool, lease: bool| {
        let found = opened.store.cleaned(&|_| image, &|_| lease, 8, &mut opened.findings);
        let mut numbers: Vec<u64> = found.snapshots.into_iter().map(|(number, _)| number).collect();
        numbers.sort_unstable();
        (found.blobs, numbers)
    };
    assert_eq!(cleaned(true, true), (0, vec![]));
    // What the container stands on stays, its packed form does not.
    assert_eq!(cleaned(false, true), (all, vec![]));
    assert_eq!(cleaned(true, false), (0, vec![3, 4]));
    assert_eq!(cleaned(false, false), (all, vec![1, 2, 3, 4]));
}
