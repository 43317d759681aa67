//! Values and records that are not read, and how that is told.

use careen_evidence::Limits;

use super::*;

#[test]
fn names_that_are_left_out_are_told() {
    let path = "image/overlay2/repositories.json";
    for broken in ["{}", r#"{"Repositories":[]}"#, r#"{"repositories":{}}"#] {
        let opened = damaged(|root| root.put(path, broken));
        assert_eq!(opened.codes(), ["repositories-broken", "image-name-derived"], "{broken}");
    }
    let opened = damaged(|root| {
        root.edit(path, |names| {
            names["Repositories"]["z"] = json!([1]);
            names["Repositories"]["alpine"]["alpine:4"] = json!({"deep": true});
            names["Repositories"]["alpine"]["alpine:5"] = json!("sha256:12");
        });
    });
    let told: Vec<_> = opened.findings.list().iter().map(|found| (found.code.name, &*found.values["value"])).collect();
    let code = "record-value-left-out";
    assert_eq!(told, [(code, r#"{"deep":true}"#), (code, r#""sha256:12""#), (code, "[1]")]);
    assert_eq!(image(&opened, "alpine").names, ["alpine:3", "alpine:latest"]);
}

#[test]
fn what_is_known_of_an_image_besides_is_told_when_it_is_left_out() {
    let metadata = |root: &DataRoot, name: &str| {
        root.objects.keys().find(|path| path.contains("/metadata/sha256/") && path.ends_with(name)).unwrap().clone()
    };
    for (name, content) in [("/parent", "sha256:12"), ("/parent", ""), ("/lastUpdated", "")] {
        let opened = damaged(|root| root.put(&metadata(root, name), content));
        assert_eq!(opened.codes(), ["record-value-left-out"], "{name}");
    }
}

#[test]
fn labels_that_are_no_texts_are_told() {
    let path = format!("containers/{}/config.v2.json", hex("web"));
    let opened = damaged(|root| root.edit(&path, |config| config["Config"]["Labels"]["number"] = json!(1)));
    assert_eq!(opened.codes(), ["record-value-left-out"]);
    assert_eq!(opened.store.containers()[0].compose.as_ref().unwrap().project, "shop");
    let opened = damaged(|root| root.edit(&path, |config| config["Config"]["Labels"] = json!(null)));
    assert_eq!(opened.codes(), Vec::<&str>::new());
    let keep = r#"{"keep":"yes"}"#;
    let opened = damaged(|root| overwrite(root, "volumes/metadata.db", keep, r#"{"keep":12345}"#));
    assert_eq!(opened.codes(), ["record-value-left-out"]);
    let opened = damaged(|root| overwrite(root, "network/files/local-kv.db", r#"{"a":"b"}"#, r#"{"a":100}"#));
    assert_eq!(opened.codes(), ["record-value-left-out"]);
}

#[test]
fn an_image_of_more_layers_than_any_is_not_believed() {
    let with = |count: usize| {
        let layers: Vec<String> = (0..count).map(|layer| digest(&layer.to_string())).collect();
        let config = json!({"author": "deep", "rootfs": {"type": "layers", "diff_ids": layers}}).to_string();
        let id = sha256(config.as_bytes());
        let opened = damaged(|root| root.put(&format!("image/overlay2/imagedb/content/sha256/{}", &id[7..]), config));
        let layers = opened.store.images().iter().find(|image| image.id == id).unwrap().layers.len();
        (layers, opened.codes())
    };
    assert_eq!(with(512), (512, vec!["layer-record-missing"]));
    assert_eq!(with(513), (0, vec!["image-config-invalid"]));
}

#[test]
fn records_stop_being_read_where_they_would_take_all_memory() {
    // 64 KiB for one file and so 256 KiB for all: a handful of containers of 20 KB each. Their arrays of zeros take
    // far more memory than bytes.
    let limits = Limits { bytes: 64 << 10, ..Limits::default() };
    let mut root = DataRoot::new();
    for number in 0..100 {
        let id = hex(&number.to_string());
        let config = json!({"ID": id, "Name": format!("/c{number}"), "Args": vec![0; 900]});
        root.put(&format!("containers/{id}/config.v2.json"), config.to_string());
    }
    let opened = root.open_with(&limits);
    assert_eq!(opened.store.containers().len(), 101);
    let read = opened.store.containers().iter().filter(|container| !container.name.is_empty()).count();
    assert_eq!(opened.store.images().iter().filter(|image| !image.layers.is_empty()).count(), 4);
    let left_out = opened.findings.list().iter().find(|found| found.code.name == "records-left-out").unwrap();
    let count: usize = left_out.values["count"].parse().unwrap();
    assert!((1..5).contains(&read) && count >= 101 - read, "{read} read, {count} left out");
    assert_eq!(opened.codes().iter().filter(|code| **code == "container-config-lost").count(), 101 - read);
    // The same with the limits of every day.
    assert!(root.open().store.containers().iter().all(|container| !container.name.is_empty()));
}

#[test]
fn words_as_long_as_files_are_not_kept() {
    let opened = damaged(|root| root.put(&format!("{}/cache-id", record("app")), "x".repeat(1000)));
    assert_eq!(opened.codes(), ["limit-reached", "layer-directory-found"]);
}
