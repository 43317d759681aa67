//! What a store holds half, holds on to, or tells of by other records than its own; and what registries know of it.

use careen_model::{Hidden, ImageKind, ImageState, LayerState, RegistryState};
use serde_json::json;

use super::super::testing::{DataRoot, chain, database, digest, hex, record};
use super::resources::bytes_field;
use super::{damaged, image, layer, stack};
use crate::bbolt::testing::Node;

/// The image id of the container `web`.
fn image_of_web() -> String {
    let root = DataRoot::new();
    let config = &root.objects[&format!("containers/{}/config.v2.json", hex("web"))];
    serde_json::from_slice::<serde_json::Value>(config).unwrap()["Image"].as_str().unwrap().to_owned()
}

fn content(id: &str) -> String {
    format!("image/overlay2/imagedb/content/sha256/{}", &id[7..])
}

#[test]
fn an_image_without_its_record_has_the_layers_of_its_container() {
    let id = image_of_web();
    for damage in [None, Some("")] {
        let mut opened = damaged(|root| match damage {
            Some(bytes) => root.put(&content(&id), bytes),
            None => root.remove(&content(&id)),
        });
        assert!(opened.codes().contains(&"image-derived"), "{:?}", opened.codes());
        let found = image(&opened, "localhost:5000/x:1");
        assert_eq!((found.id.as_str(), found.layers.len(), found.size), (id.as_str(), 3, Some(300)));
        assert_ne!(found.state, ImageState::Whole);
        assert_eq!((found.hidden, found.created.as_ref()), (Some(Hidden::ConfigInvalid), None));
        let directories =
            ["cache-top", "cache-app", "cache-base"].map(|it| opened.node(&format!("overlay2/{it}/diff")));
        assert_eq!(stack(&mut opened, "localhost:5000/x:1").unwrap(), directories);
    }
}

#[test]
fn without_any_record_of_images_those_of_containers_are_listed_with_their_names() {
    let opened = damaged(|root| {
        root.remove("image/overlay2/imagedb/content");
        root.put("image/overlay2/repositories.json", "");
    });
    let [found] = opened.store.images() else { panic!("{:?}", opened.store.images()) };
    assert_eq!((&found.names[..], found.kind), (&["localhost:5000/x:1".to_owned()][..], ImageKind::Tagged));
    let codes = opened.codes();
    assert!(codes.contains(&"image-derived") && codes.contains(&"image-name-derived"), "{codes:?}");
}

#[test]
fn without_records_of_images_and_containers_the_stacks_of_layers_are_listed() {
    let mut opened = damaged(|root| {
        root.remove("image/overlay2/imagedb/content");
        root.remove("image/overlay2/repositories.json");
        root.remove(&format!("containers/{}", hex("web")));
        root.remove(&format!("image/overlay2/layerdb/mounts/{}", hex("web")));
    });
    let codes = opened.codes();
    assert!(codes.contains(&"images-by-layers") && !codes.contains(&"layers-unused"), "{codes:?}");
    let [found] = opened.store.images() else { panic!("{:?}", opened.store.images()) };
    assert_eq!((found.id.clone(), found.layers.len(), found.config_digest.as_ref()), (chain("top"), 3, None));
    assert_eq!((found.state, found.size), (ImageState::Incomplete, Some(300)));
    let layers = opened.store.image_layers(&chain("top"), &mut opened.findings).unwrap();
    assert_eq!(layers.len(), 3);
}

#[test]
fn a_name_is_taken_from_a_container_only_where_names_are_lost() {
    let opened = damaged(|root| root.put("image/overlay2/repositories.json", ""));
    assert!(image(&opened, "localhost:5000/x:1").hidden.is_none());
    assert!(opened.codes().contains(&"image-name-derived"));
    // The engine knows no such name any more: it was moved to another image or removed.
    let opened = damaged(|root| {
        root.edit("image/overlay2/repositories.json", |names| names["Repositories"]["localhost:5000/x"] = json!({}));
    });
    assert_eq!(opened.codes(), [""; 0]);
    assert!(image(&opened, "x").names.is_empty());
}

#[test]
fn builds_and_labels_tell_of_an_image_that_lost_its_name() {
    let id = image_of_web();
    let pair = |key: &[u8], value: &[u8]| [bytes_field(1, key), bytes_field(2, value)].concat();
    let build = |id: &str, name: &str, seconds: u8, made: &str| {
        let message = [
            bytes_field(1, id.as_bytes()),
            bytes_field(7, &[8, seconds]),
            bytes_field(9, &pair(b"containerimage.config.digest", made.as_bytes())),
            bytes_field(9, &pair(b"image.name", name.as_bytes())),
        ];
        Node::Value(message.concat())
    };
    let opened = damaged(|root| {
        root.put("image/overlay2/repositories.json", "");
        root.remove(&format!("containers/{}", hex("web")));
        // An older build of the same name made something else.
        let rows =
            [("1", build("1", "docker.io/me/x:1", 1, &digest("older"))), ("2", build("2", "docker.io/me/x:1", 2, &id))];
        root.put("buildkit/history.db", database("_records", &rows));
    });
    assert_eq!(image(&opened, "me/x:1").id, id);
    assert!(opened.codes().contains(&"image-name-derived"), "{:?}", opened.codes());

    let opened = damaged(|root| {
        root.put("image/overlay2/repositories.json", "");
        root.remove(&format!("containers/{}", hex("web")));
        let source = json!([{"Digest": digest("blob"), "SourceRepository": "docker.io/library/base", "HMAC": ""}]);
        let file = format!("image/overlay2/distribution/v2metadata-by-diffid/sha256/{}", &digest("base")[7..]);
        root.put(&file, source.to_string());
    });
    let traces = opened.findings.list().iter().find(|finding| finding.code.name == "image-name-traces").unwrap();
    assert!(traces.message(careen_model::Language::English).contains("layers of base"), "{traces:?}");
}

#[test]
fn an_image_that_was_removed_is_not_brought_back() {
    let id = image_of_web();
    let opened = damaged(|root| {
        root.remove(&content(&id));
        root.edit("image/overlay2/repositories.json", |names| names["Repositories"]["localhost:5000/x"] = json!({}));
    });
    assert_eq!(opened.codes(), ["container-image-gone"]);
    assert!(opened.store.images().iter().all(|image| image.id != id));
}

#[test]
fn half_removed_and_half_made_layers_are_used_where_they_prove_themselves() {
    let half = format!("{}-1234-removing", record("top"));
    let opened = damaged(|root| {
        for file in ["diff", "parent", "cache-id", "size"] {
            let bytes = root.objects[&format!("{}/{file}", record("top"))].clone();
            root.put(&format!("{half}/{file}"), bytes);
        }
        root.remove(&record("top"));
    });
    assert_eq!(opened.codes(), ["layer-half-removed"]);
    assert_eq!(layer(&opened, "top").state, LayerState::Damaged);
    let found = image(&opened, "localhost:5000/x:1");
    assert_eq!((found.state, found.hidden), (ImageState::Damaged, Some(Hidden::BrokenChain)));
    // With a record of its own the layer needs no other one.
    let opened = damaged(|root| root.put(&format!("{half}/diff"), digest("top")));
    assert_eq!(opened.codes(), ["store-leftover"]);

    let tmp = "image/overlay2/layerdb/tmp/write-set-77";
    let opened = damaged(|root| {
        root.put(&format!("{tmp}/diff"), digest("new"));
        root.put(&format!("{tmp}/parent"), chain("base"));
        root.put(&format!("{tmp}/cache-id"), "cache-new");
        root.put(&format!("{tmp}/size"), "7");
        root.put("overlay2/cache-new/diff", "dir");
        root.put("overlay2/cache-new/link", "NEWAAAAAAAAAAAAAAAAAAAAAAA");
        root.put("overlay2/cache-new/lower", "l/BASEAAAAAAAAAAAAAAAAAAAAAA");
        root.put("overlay2/l/NEWAAAAAAAAAAAAAAAAAAAAAAA", "->../cache-new/diff");
    });
    assert_eq!(opened.codes(), ["layer-half-made", "layers-unused"]);
    assert_eq!(opened.store.layers().len(), 4);
    // Without its files there is nothing to use.
    let opened = damaged(|root| {
        root.put(&format!("{tmp}/diff"), digest("new"));
        root.put(&format!("{tmp}/cache-id"), "cache-new");
    });
    assert_eq!(opened.codes(), ["store-leftover"]);
}

#[test]
fn layers_that_nothing_uses_are_counted() {
    let opened = damaged(|root| {
        let id = image_of_web();
        root.remove(&content(&id));
        root.edit("image/overlay2/repositories.json", |names| names["Repositories"]["localhost:5000/x"] = json!({}));
        root.remove(&format!("containers/{}", hex("web")));
        root.remove(&format!("image/overlay2/layerdb/mounts/{}", hex("web")));
    });
    let [finding] = opened.findings.list() else { panic!("{:?}", opened.codes()) };
    assert_eq!((finding.code.name, finding.values["count"].as_str()), ("layers-unused", "1"));
    assert_eq!(finding.values["size"], "100");
}

#[test]
fn drivers_that_keep_layers_elsewhere_are_named() {
    for (driver, directories) in
        [("zfs", "zfs/"), ("devicemapper", "devicemapper/mnt/"), ("btrfs", "btrfs/subvolumes/")]
    {
        let opened = damaged(|root| {
            for (path, content) in std::mem::take(&mut root.objects) {
                let path = path.replace("image/overlay2", &format!("image/{driver}"));
                root.objects.insert(path.replace("overlay2/cache-", &format!("{directories}cache-")), content);
            }
            root.remove("overlay2");
            root.remove(&format!("containers/{}", hex("web")));
            root.remove(&format!("image/{driver}/layerdb/mounts/{}", hex("web")));
        });
        assert_eq!((opened.store.store().driver.as_str(), opened.codes()), (driver, vec!["driver-elsewhere"]));
        assert_eq!(opened.store.images().len(), 4);
    }
}

#[test]
fn images_tell_what_registries_know_of_them() {
    let sources = |name: &str| {
        let hex = &digest(name)[7..];
        format!("image/overlay2/distribution/v2metadata-by-diffid/sha256/{hex}")
    };
    let opened = damaged(|root| {
        root.put(
            &sources("base"),
            r#"[{"Digest":"sha256:1","SourceRepository":"docker.io/library/debian","HMAC":""}]"#,
        );
        root.put(&sources("app"), "broken");
    });
    let registry = |name: &str| image(&opened, name).registry.clone().unwrap();
    // A repository digest names it.
    assert_eq!(
        (registry("alpine:3").state, registry("alpine:3").repositories),
        (RegistryState::Known, vec!["alpine".into(), "debian".into()])
    );
    // Its lowest layer came from a registry.
    assert_eq!((registry("localhost:5000/x:1").state, registry("x").repositories.len()), (RegistryState::Layers, 1));
    let opened = damaged(|root| root.put(&sources("other"), "[]"));
    assert_eq!(image(&opened, "x").registry.as_ref().unwrap().state, RegistryState::LocalOnly);
    // Nothing tells: the directory is not there, or the names are lost.
    assert_eq!(image(&damaged(|_| {}), "x").registry, None);
    let opened = damaged(|root| {
        root.put(&sources("other"), "[]");
        root.put("image/overlay2/repositories.json", "");
    });
    assert_eq!(image(&opened, "x").registry, None);
}
