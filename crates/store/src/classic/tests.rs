#![allow(clippy::arithmetic_side_effects)]

mod derived;
mod left_out;
mod resources;

use careen_model::{ContainerState, Hidden, ImageKind, ImageState, LayerState};
use serde_json::json;

use super::testing::{DataRoot, Opened, chain, digest, hex, record};
use crate::digest::sha256;

/// A data root with one thing changed.
fn damaged(damage: impl FnOnce(&mut DataRoot)) -> Opened {
    let mut root = DataRoot::new();
    damage(&mut root);
    root.open()
}

/// The image of this name, or `step` and `dangling`.
fn image<'o>(opened: &'o Opened, name: &str) -> &'o careen_model::Image {
    let mut images = opened.store.images().iter();
    let image = images.find(|image| {
        let author = opened.store.image_config(&image.id).map(|config| config["author"] == name);
        author.unwrap_or(false) || image.names.iter().any(|known| known == name)
    });
    image.unwrap_or_else(|| panic!("image {name}"))
}

fn layer<'o>(opened: &'o Opened, name: &str) -> &'o careen_model::Layer {
    opened.store.layers().iter().find(|layer| layer.chain_id == chain(name)).unwrap()
}

/// Writes `new` over the place in a binary file where `old` stands.
fn overwrite(root: &mut DataRoot, path: &str, old: &str, new: &str) {
    let mut bytes = root.objects[path].clone();
    let at = bytes.windows(old.len()).position(|window| window == old.as_bytes()).unwrap();
    bytes[at..at + new.len()].copy_from_slice(new.as_bytes());
    root.put(path, bytes);
}

/// The directories of an image's layers.
fn stack(opened: &mut Opened, name: &str) -> Result<Vec<careen_evidence::NodeId>, String> {
    let id = image(opened, name).id.clone();
    opened.store.image_layers(&id, &mut opened.findings).map_err(|error| error.to_string())
}

#[test]
fn a_whole_store_has_no_findings() {
    let mut opened = DataRoot::new().open();
    assert_eq!(opened.codes(), Vec::<&str>::new());
    let x = image(&opened, "x");
    assert_eq!((x.names.as_slice(), x.kind), (["localhost:5000/x:1".to_owned()].as_slice(), ImageKind::Tagged));
    assert_eq!((x.state, x.hidden, x.size), (ImageState::Whole, None, Some(300)));
    assert_eq!(x.created.as_deref(), Some("2024-05-06T10:00:00Z"));
    assert_eq!(
        x.layers.iter().map(|layer| layer.chain_id.clone()).collect::<Vec<_>>(),
        ["base", "app", "top"].map(chain)
    );
    let alpine = image(&opened, "alpine");
    assert_eq!(alpine.names, ["alpine:3", "alpine:latest"]);
    assert_eq!(alpine.digests, [format!("alpine@{}", digest("manifest"))]);
    assert_eq!(alpine.created.as_deref(), Some("2024-05-05T10:00:00.5Z"));
    let step = image(&opened, "step");
    assert_eq!((step.kind, step.created.as_deref()), (ImageKind::Intermediate, None));
    assert_eq!(image(&opened, "dangling").kind, ImageKind::Dangling);
    assert_eq!(opened.store.image_parent(&x.id), Some(step.id.as_str()));
    assert_eq!(opened.store.image_last_tagged(&x.id), Some("2024-05-07T00:00:00Z"));
    assert_eq!(opened.store.image_directories(&alpine.id), ["/data/docker/overlay2/cache-base/diff"]);
    assert_eq!(layer(&opened, "app").images.len(), 2);
    assert_eq!(layer(&opened, "app").cache_id.as_deref(), Some("cache-app"));
    let wanted = ["cache-top", "cache-app", "cache-base"].map(|cache| opened.node(&format!("overlay2/{cache}/diff")));
    assert_eq!(stack(&mut opened, "x").unwrap(), wanted);
}

#[test]
fn containers_volumes_and_networks_are_told() {
    let mut opened = DataRoot::new().open();
    let [container] = opened.store.containers() else { panic!() };
    assert_eq!((container.name.as_str(), container.store.as_str()), ("web", "overlay2"));
    assert_eq!(container.state, Some(ContainerState::Running));
    assert_eq!((container.started.as_deref(), container.finished.as_deref()), (Some("2024-05-08T00:00:01Z"), None));
    assert_eq!(container.command, ["sh", "-c", "true"]);
    let compose = container.compose.as_ref().unwrap();
    assert_eq!((compose.project.as_str(), compose.service.as_deref()), ("shop", Some("web")));
    assert_eq!(container.image_id.as_deref(), Some(image(&opened, "x").id.as_str()));
    let wanted: Vec<_> = ["rw", "rw-init", "cache-top", "cache-app", "cache-base"]
        .map(|cache| opened.node(&format!("overlay2/{cache}/diff")))
        .into();
    assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap(), wanted);
    assert_eq!(opened.store.container_upper(&hex("web"), &mut opened.findings).unwrap(), wanted[0]);
    assert_eq!(opened.store.container_directories(&hex("web")).len(), 5);
    assert!(opened.store.container_host_config(&hex("web")).is_some());

    let volume = |name: &str| opened.store.volumes().iter().find(|volume| volume.name == name).unwrap();
    assert_eq!(volume("data").labels.as_ref().unwrap()["keep"], "yes");
    assert_eq!((volume("data").used_by.as_slice(), volume("data").anonymous), (["web".to_owned()].as_slice(), false));
    assert_eq!(volume("nfs").options["device"], ":/x");
    assert!(volume(&hex("anonymous")).anonymous);
    assert_eq!(volume("data").path, "/data/docker/volumes/data/_data");
    assert_eq!(opened.store.volume_directory("data"), Some(opened.node("volumes/data/_data")));

    let [network] = opened.store.networks() else { panic!() };
    assert_eq!(
        (network.name.as_str(), network.driver.as_str(), network.scope.as_str()),
        ("shop_default", "bridge", "local")
    );
    assert_eq!((network.id.as_str(), network.labels["a"].as_str()), (hex("network").as_str(), "b"));
}

#[test]
fn states_are_the_words_of_the_engine() {
    let states = [
        (json!({"Running": true, "Paused": true}), ContainerState::Paused),
        (json!({"Running": true, "Restarting": true}), ContainerState::Restarting),
        (json!({"Running": true}), ContainerState::Running),
        (json!({"Dead": true, "StartedAt": "2024-01-01T00:00:00Z"}), ContainerState::Dead),
        (json!({"RemovalInProgress": true}), ContainerState::Dead),
        (json!({"StartedAt": "0001-01-01T00:00:00Z"}), ContainerState::Created),
        (json!({"StartedAt": "2024-01-01T00:00:00Z"}), ContainerState::Exited),
    ];
    let path = format!("containers/{}/config.v2.json", hex("web"));
    for (state, wanted) in states {
        let opened = damaged(|root| root.edit(&path, |config| config["State"] = state));
        assert_eq!(opened.store.containers()[0].state, Some(wanted));
    }
}

#[test]
fn names_are_saved_from_a_cut_file_and_images_need_none() {
    let path = "image/overlay2/repositories.json";
    let opened = damaged(|root| root.put(path, ""));
    assert_eq!(opened.codes(), ["repositories-broken", "image-name-derived"]);
    assert!(image(&opened, "alpine").names.is_empty());
    let opened = damaged(|root| {
        let cut = root.objects[path].len() - 30;
        let whole = root.objects[path][..cut].to_vec();
        root.put(path, whole);
    });
    assert_eq!(opened.codes(), ["repositories-broken", "image-name-derived"]);
    assert_eq!(image(&opened, "alpine").names, ["alpine:3", "alpine:latest"]);
    let opened = damaged(|root| root.remove(path));
    assert_eq!(opened.codes(), ["repositories-broken", "image-name-derived"]);
}

#[test]
fn a_name_without_image_is_kept() {
    let lost = digest("lost");
    let opened = damaged(|root| {
        root.edit("image/overlay2/repositories.json", |names| names["Repositories"]["y"] = json!({"y:2": lost}));
    });
    assert_eq!(opened.codes(), ["image-record-missing"]);
    let y = image(&opened, "y:2");
    assert_eq!(
        (y.id.as_str(), y.state, y.hidden, y.size),
        (lost.as_str(), ImageState::Incomplete, Some(Hidden::ConfigInvalid), None)
    );
}

#[test]
fn a_configuration_is_checked_against_its_name() {
    let path = |opened: &Opened| format!("image/overlay2/imagedb/content/sha256/{}", &image(opened, "x").id[7..]);
    let path = path(&DataRoot::new().open());
    let opened = damaged(|root| root.edit(&path, |config| config["os"] = json!("plan9")));
    assert_eq!(opened.codes(), ["image-config-digest"]);
    let x = image(&opened, "x");
    assert_eq!((x.state, x.hidden, x.os.as_deref()), (ImageState::Damaged, Some(Hidden::ConfigInvalid), Some("plan9")));
    assert_eq!((x.layers.len(), x.names.len()), (3, 1));

    for broken in [r#"{"rootfs":"#, r#"{"os":"linux"}"#, "", "[]"] {
        let opened = damaged(|root| root.put(&path, broken));
        assert_eq!(opened.codes(), ["image-config-invalid", "image-derived"], "{broken}");
        let x = image(&opened, "localhost:5000/x:1");
        assert_eq!((x.state, x.hidden, x.os.as_ref()), (ImageState::Damaged, Some(Hidden::ConfigInvalid), None));
        // Without a container nothing tells its layers.
        let mut opened = damaged(|root| {
            root.put(&path, broken);
            root.remove(&format!("containers/{}", hex("web")));
        });
        let id = image(&opened, "localhost:5000/x:1").id.clone();
        assert!(opened.store.image_layers(&id, &mut opened.findings).unwrap_err().reason().contains("configuration"));
    }
}

#[test]
fn an_image_without_layers_is_whole_and_empty() {
    let config = r#"{"author":"scratch","rootfs":{"type":"layers"}}"#;
    let id = sha256(config.as_bytes());
    let mut opened = damaged(|root| root.put(&format!("image/overlay2/imagedb/content/sha256/{}", &id[7..]), config));
    assert_eq!(opened.codes(), Vec::<&str>::new());
    let scratch = image(&opened, "scratch");
    assert_eq!((scratch.state, scratch.hidden, scratch.size), (ImageState::Whole, None, Some(0)));
    assert!(stack(&mut opened, "scratch").unwrap().is_empty());
}

#[test]
fn what_lies_beneath_a_missing_layer_is_not_shown() {
    let mut opened = damaged(|root| root.remove(&record("app")));
    assert_eq!(opened.codes(), ["layer-record-missing"]);
    let x = image(&opened, "x");
    assert_eq!((x.state, x.hidden, x.size), (ImageState::Incomplete, Some(Hidden::BrokenChain), None));
    assert_eq!(
        x.layers.iter().map(|layer| layer.state).collect::<Vec<_>>(),
        [LayerState::Whole, LayerState::Missing, LayerState::Whole]
    );
    let top = opened.node("overlay2/cache-top/diff");
    assert_eq!(stack(&mut opened, "x").unwrap(), [top]);
    assert_eq!(opened.codes(), ["layer-record-missing", "layer-stack-cut"]);
    assert!(stack(&mut opened, "step").unwrap_err().contains("not there"));
    assert!(opened.store.layer_directory(&chain("app")).is_err());
    assert_eq!(opened.store.layer_directory(&chain("top")).unwrap(), top);
}

#[test]
fn a_missing_directory_is_a_missing_layer_the_engine_does_not_notice() {
    let opened = damaged(|root| root.remove("overlay2/cache-app"));
    assert_eq!(opened.codes(), ["layer-directory-missing"]);
    let x = image(&opened, "x");
    assert_eq!((x.state, x.hidden, x.size), (ImageState::Incomplete, None, Some(300)));
    assert_eq!(layer(&opened, "app").state, LayerState::Missing);
}

#[test]
fn a_lost_cache_id_is_found_by_the_layer_above() {
    let lose = |root: &mut DataRoot| root.put(&format!("{}/cache-id", record("app")), "");
    let mut opened = damaged(lose);
    assert_eq!(opened.codes(), ["layer-directory-found"]);
    assert_eq!(
        (layer(&opened, "app").state, layer(&opened, "app").cache_id.as_deref()),
        (LayerState::Damaged, Some("cache-app"))
    );
    assert_eq!(image(&opened, "x").hidden, Some(Hidden::BrokenChain));
    assert_eq!(stack(&mut opened, "x").unwrap().len(), 3);

    // Without the short names in `l`, the `link` file of the directory itself tells it.
    let opened = damaged(|root| {
        lose(root);
        root.remove("overlay2/l");
    });
    assert_eq!(opened.codes(), ["layer-directory-found", "overlay-short-names-missing"]);
    assert_eq!(layer(&opened, "app").cache_id.as_deref(), Some("cache-app"));

    // The topmost layer has none above but a container.
    let opened = damaged(|root| root.put(&format!("{}/cache-id", record("top")), "../../../etc"));
    assert_eq!(opened.codes(), ["layer-directory-found"]);
    assert_eq!(layer(&opened, "top").cache_id.as_deref(), Some("cache-top"));
}

#[test]
fn a_lost_cache_id_is_found_by_the_layer_beneath_if_only_one_directory_fits() {
    let lose = |root: &mut DataRoot| {
        root.put(&format!("{}/cache-id", record("top")), "");
        root.remove(&format!("containers/{}", hex("web")));
        root.remove(&format!("image/overlay2/layerdb/mounts/{}", hex("web")));
        root.remove("overlay2/rw");
        root.remove("overlay2/rw-init");
    };
    let opened = damaged(lose);
    assert_eq!(opened.codes(), ["layer-directory-found"]);
    assert_eq!(layer(&opened, "top").cache_id.as_deref(), Some("cache-top"));
    let opened = damaged(|root| {
        lose(root);
        for file in ["diff", "link", "lower"] {
            let same = root.objects[&format!("overlay2/cache-top/{file}")].clone();
            root.put(&format!("overlay2/other/{file}"), same);
        }
    });
    assert_eq!(opened.codes(), ["layer-directory-missing"]);
    assert_eq!(layer(&opened, "top").state, LayerState::Missing);
}

#[test]
fn diff_id_and_parent_are_proved_by_an_image() {
    for (file, content) in [("diff", None), ("diff", Some("nonsense")), ("parent", None), ("parent", Some("sha256:1"))]
    {
        let path = format!("{}/{file}", record("app"));
        let mut opened = damaged(|root| match content {
            Some(content) => root.put(&path, content),
            None => root.remove(&path),
        });
        assert_eq!(opened.codes(), ["layer-record-repaired"], "{path}");
        assert_eq!(layer(&opened, "app").diff_id, Some(digest("app")));
        assert_eq!(layer(&opened, "app").parent, Some(chain("base")));
        assert_eq!(stack(&mut opened, "x").unwrap().len(), 3);
    }
    let unknown = hex("unknown");
    let opened = damaged(|root| {
        root.put(&format!("image/overlay2/layerdb/sha256/{unknown}/diff"), digest("other"));
        root.put(&format!("image/overlay2/layerdb/sha256/{unknown}/cache-id"), "cache-base");
        root.put(&format!("image/overlay2/layerdb/sha256/{unknown}/size"), "1");
    });
    assert_eq!(opened.codes(), ["layer-record-broken", "layers-unused"]);
}

#[test]
fn an_unknown_size_is_not_a_size_of_nothing() {
    let opened = damaged(|root| root.put(&format!("{}/size", record("app")), "many"));
    assert_eq!(opened.codes(), ["layer-size-unknown"]);
    assert_eq!((image(&opened, "x").size, image(&opened, "x").hidden), (None, Some(Hidden::BrokenChain)));
    assert_eq!(image(&opened, "alpine").size, Some(100));
}

#[test]
fn broken_names_of_overlay2_are_told_and_not_needed() {
    type Damage = fn(&mut DataRoot);
    let cases: [(&str, Damage); 5] = [
        ("overlay-link-broken", |root| root.put("overlay2/cache-app/link", "")),
        ("overlay-lower-broken", |root| root.put("overlay2/cache-top/lower", "")),
        ("overlay-lower-broken", |root| root.remove("overlay2/cache-app/lower")),
        ("overlay-lower-broken", |root| root.put("overlay2/rw/lower", "l/ELSEWHEREAAAAAAAAAAAAAAAAA")),
        ("overlay-short-names-missing", |root| root.remove("overlay2/l/APPAAAAAAAAAAAAAAAAAAAAAAA")),
    ];
    for (code, damage) in cases {
        let mut opened = damaged(damage);
        assert_eq!(opened.codes(), [code]);
        assert_eq!(stack(&mut opened, "x").unwrap().len(), 3);
        assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap().len(), 5);
    }
}

#[test]
fn hand_made_copies_have_their_records_elsewhere() {
    let moved = damaged(|root| {
        for (path, content) in std::mem::take(&mut root.objects) {
            let path = path.replace("image/overlay2/layerdb", "overlay2/layerdb");
            let path = path.replace("image/overlay2/repositories.json", "repositories.json");
            root.objects.insert(path, content);
        }
    });
    assert_eq!(moved.codes(), Vec::<&str>::new());
    assert_eq!((moved.store.images().len(), moved.store.layers().len()), (4, 3));
    assert_eq!(image(&moved, "x").state, ImageState::Whole);
}

#[test]
fn a_store_without_image_records_still_has_its_containers() {
    let opened = damaged(|root| root.remove("image"));
    assert_eq!(opened.codes(), ["image-records-missing", "image-name-derived", "container-layer-lost"]);
    assert_eq!((opened.store.containers().len(), opened.store.volumes().len()), (1, 3));
}

#[test]
fn a_container_without_configuration_is_still_a_container() {
    let path = format!("containers/{}/config.v2.json", hex("web"));
    for broken in ["", "{", "\u{fffd}garbage"] {
        let mut opened = damaged(|root| root.put(&path, broken));
        assert_eq!(opened.codes(), ["container-config-lost"]);
        let container = &opened.store.containers()[0];
        assert_eq!((container.id.as_str(), container.state, container.exit_code), (hex("web").as_str(), None, None));
        assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap().len(), 5);
    }
    let opened = damaged(|root| root.remove(&path));
    // The directory itself no longer tells that this is a data root; the rest does.
    assert_eq!(opened.codes(), ["container-config-lost"]);
}

#[test]
fn a_copy_of_a_configuration_stands_in_for_it() {
    let directory = format!("containers/{}", hex("web"));
    let opened = damaged(|root| {
        let whole = root.objects[&format!("{directory}/config.v2.json")].clone();
        root.put(&format!("{directory}/.tmp-config.v2.json1"), "");
        root.put(&format!("{directory}/.tmp-config.v2.json2"), whole);
        root.put(&format!("{directory}/.tmp-config.v2.json3"), r#"{"ID":"another"}"#);
        root.put(&format!("{directory}/config.v2.json"), "");
    });
    assert_eq!(opened.codes(), ["container-config-copy"]);
    assert_eq!(opened.findings.list()[0].values["file"], ".tmp-config.v2.json2");
    assert_eq!(opened.store.containers()[0].name, "web");
}

#[test]
fn host_settings_may_be_missing_but_not_broken() {
    let path = format!("containers/{}/hostconfig.json", hex("web"));
    assert_eq!(damaged(|root| root.remove(&path)).codes(), Vec::<&str>::new());
    assert_eq!(damaged(|root| root.put(&path, "")).codes(), ["container-host-config-lost"]);
}

#[test]
fn the_layers_of_a_container_are_found_by_what_is_left_of_their_record() {
    let mounts = format!("image/overlay2/layerdb/mounts/{}", hex("web"));
    for file in ["mount-id", "init-id", "parent"] {
        let mut opened = damaged(|root| root.put(&format!("{mounts}/{file}"), ""));
        assert_eq!(opened.codes(), ["container-mount-broken"], "{file}");
        assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap().len(), 5, "{file}");
    }
    // Neither the record nor an image tells what lies beneath, but overlay2's own names do.
    let mut opened = damaged(|root| {
        root.put(&format!("{mounts}/parent"), "");
        root.edit(&format!("containers/{}/config.v2.json", hex("web")), |config| config["Image"] = json!(""));
    });
    assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap().len(), 5);
    let opened = damaged(|root| root.remove(&mounts));
    assert_eq!(opened.codes(), ["container-layer-lost"]);
    let opened = damaged(|root| root.remove("overlay2/rw"));
    assert_eq!(opened.codes(), ["container-layer-lost"]);
}

#[test]
fn a_container_over_a_missing_image_shows_its_own_files() {
    let mut opened = damaged(|root| root.remove("overlay2/cache-top"));
    let layers = opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap();
    assert_eq!(layers, [opened.node("overlay2/rw/diff"), opened.node("overlay2/rw-init/diff")]);
    assert_eq!(opened.codes(), ["layer-directory-missing", "container-image-lost"]);
}

#[test]
fn leftovers_are_named() {
    let opened = damaged(|root| {
        root.put(&format!("image/overlay2/layerdb/sha256/{}-123-removing/diff", hex("gone")), "");
        root.put("image/overlay2/layerdb/tmp/write-set-1/diff", "");
        root.put("image/overlay2/imagedb/content/sha256/.tmp-1", "");
        root.put("volumes/half/x", "");
        root.put("containers/short/config.v2.json", "");
        root.put(&format!("image/overlay2/layerdb/mounts/{}/mount-id", hex("gone")), "gone");
    });
    let mut codes = opened.codes();
    codes.sort_unstable();
    assert_eq!(
        codes,
        [
            "container-record-missing",
            "store-leftover",
            "store-leftover",
            "store-leftover",
            "store-leftover",
            "store-leftover"
        ]
    );
}

#[test]
fn other_drivers_are_listed_and_not_looked_into() {
    let mut opened = damaged(|root| {
        for (path, content) in std::mem::take(&mut root.objects) {
            let path =
                path.replace("image/overlay2", "image/btrfs").replace("overlay2/cache-", "btrfs/subvolumes/cache-");
            root.objects.insert(path, content);
        }
        root.remove("overlay2");
        root.remove(&format!("containers/{}", hex("web")));
        root.remove(&format!("image/btrfs/layerdb/mounts/{}", hex("web")));
    });
    assert_eq!(opened.codes(), ["driver-elsewhere"]);
    assert_eq!((opened.store.store().id.as_str(), image(&opened, "x").state), ("btrfs", ImageState::Whole));
    assert!(stack(&mut opened, "x").unwrap_err().contains("storage driver btrfs"));
}

/// The same data root by another driver; `directory` says where it puts the directory of a layer.
fn by_driver(driver: &str, directory: impl Fn(&str) -> String) -> Opened {
    damaged(|root| {
        let config = format!("containers/{}/config.v2.json", hex("web"));
        root.edit(&config, |config| config["Driver"] = json!(driver));
        for (path, content) in std::mem::take(&mut root.objects) {
            let path = path.replace("image/overlay2", &format!("image/{driver}"));
            match path.strip_prefix("overlay2/").map(|rest| rest.split_once('/').unwrap()) {
                None => root.put(&path, content),
                Some((cache_id, "diff")) => root.put(&directory(cache_id), content),
                Some(_) => {}
            }
        }
    })
}

#[test]
fn layers_of_aufs_are_stacked_and_have_marks_by_name() {
    let mut opened = by_driver("aufs", |cache_id| format!("aufs/diff/{cache_id}"));
    assert!(opened.codes().is_empty(), "{:?}", opened.codes());
    assert!(opened.store.has_named_whiteouts());
    let layers = ["cache-top", "cache-app", "cache-base"].map(|name| opened.node(&format!("aufs/diff/{name}")));
    assert_eq!(stack(&mut opened, "x").unwrap(), layers);
    let own = ["rw", "rw-init"].map(|name| opened.node(&format!("aufs/diff/{name}")));
    let container = opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap();
    assert_eq!(container, [&own[..], &layers[..]].concat());
}

#[test]
fn a_directory_that_has_everything_stands_alone() {
    let mut opened = by_driver("vfs", |cache_id| format!("vfs/dir/{cache_id}"));
    assert!(opened.codes().is_empty(), "{:?}", opened.codes());
    assert_eq!(stack(&mut opened, "x").unwrap(), [opened.node("vfs/dir/cache-top")]);
    let own = ["rw", "rw-init"].map(|name| opened.node(&format!("vfs/dir/{name}")));
    assert_eq!(opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap(), own[..1]);
    assert_eq!(opened.store.beneath_container(&hex("web"), &mut opened.findings).unwrap(), own[1..]);
    assert!(opened.store.is_whole_layer(&chain("top")) && !opened.store.has_named_whiteouts());
}

#[test]
fn overlay_of_old_has_images_whole_and_containers_above_them() {
    let mut opened = by_driver("overlay", |cache_id| match cache_id.strip_prefix("cache-") {
        Some(_) => format!("overlay/{cache_id}/root"),
        None => format!("overlay/{cache_id}/upper"),
    });
    assert!(opened.codes().is_empty(), "{:?}", opened.codes());
    let top = opened.node("overlay/cache-top/root");
    assert_eq!(stack(&mut opened, "x").unwrap(), [top]);
    let own = ["rw", "rw-init"].map(|name| opened.node(&format!("overlay/{name}/upper")));
    let container = opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap();
    assert_eq!(container, [own[0], own[1], top]);
}

#[test]
fn a_container_of_a_driver_that_is_not_read_has_lost_nothing() {
    let path = format!("containers/{}/config.v2.json", hex("web"));
    let mut opened = damaged(|root| root.edit(&path, |config| config["Driver"] = json!("btrfs")));
    assert_eq!(opened.codes(), ["not-supported"]);
    let error = opened.store.container_layers(&hex("web"), &mut opened.findings).unwrap_err();
    assert!(matches!(error.kind, careen_evidence::ErrorKind::Unsupported(_)), "{error}");
}

#[test]
fn hostile_names_and_shapes_lead_nowhere() {
    let mounts = format!("image/overlay2/layerdb/mounts/{}", hex("web"));
    let opened = damaged(|root| {
        root.put(&format!("{mounts}/mount-id"), "../../..");
        root.put(&format!("{mounts}/init-id"), "/");
        // Directories where files should be, and files where directories should be.
        root.remove(&format!("{}/diff", record("base")));
        root.put(&format!("{}/diff/x", record("base")), "");
        root.remove("overlay2/cache-top");
        root.put("overlay2/cache-top", "a file");
        root.edit("image/overlay2/repositories.json", |names| {
            names["Repositories"]["z"] = json!([1]);
            names["Repositories"]["alpine"]["alpine:4"] = json!({"deep": true});
        });
        root.edit(&format!("containers/{}/config.v2.json", hex("web")), |config| {
            *config = json!({"State": "running", "Args": "x", "Config": 3, "MountPoints": [1], "Name": 4});
        });
    });
    assert!(opened.codes().contains(&"container-layer-lost"));
    let container = &opened.store.containers()[0];
    assert_eq!((container.state, container.command.len(), container.name.as_str()), (None, 0, ""));
    assert_eq!(layer(&opened, "top").state, LayerState::Missing);
    assert_eq!(layer(&opened, "base").diff_id, Some(digest("base")));
}

#[test]
fn layers_that_are_their_own_parents_end() {
    let opened = damaged(|root| root.put(&format!("{}/parent", record("base")), chain("top")));
    assert_eq!(opened.codes(), ["layer-record-repaired"]);
    // Without an image that proves otherwise the circle stays, and is followed only so far.
    let mut opened = damaged(|root| {
        root.remove("image/overlay2/imagedb/content");
        root.put(&format!("{}/parent", record("base")), chain("top"));
    });
    let length = opened.store.layer_stack(&chain("top"), &mut opened.findings).unwrap().len();
    assert_eq!(length, 512);
    assert!(opened.codes().contains(&"layer-stack-cut"));
}

/// Looks at everything a store has.
fn look_at_everything(opened: &mut Opened) {
    let (store, findings) = (&opened.store, &mut opened.findings);
    for image in store.images() {
        let _ = (store.image_layers(&image.id, findings), store.image_directories(&image.id));
    }
    for layer in store.layers() {
        let _ = (store.layer_stack(&layer.chain_id, findings), store.layer_directory(&layer.chain_id));
    }
    for container in store.containers() {
        let _ = (store.container_layers(&container.id, findings), store.container_directories(&container.id));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(512))]

    /// Whatever is written over whichever records, the store opens, and what it lists is listed once.
    #[test]
    fn no_damage_stops_the_reader(
        damages in proptest::collection::vec((0..1000_usize, 0..6_u8, 0..100_000_usize, proptest::num::u8::ANY), 1..12),
    ) {
        let mut root = DataRoot::new();
        // What keeps the directory recognizable.
        root.put("image/overlay2/imagedb/x", "");
        for (object, damage, position, byte) in damages {
            let paths: Vec<String> = root.objects.keys().filter(|path| *path != "image/overlay2/imagedb/x").cloned().collect();
            let path = &paths[object % paths.len()];
            let mut content = root.objects[path].clone();
            let at = position % (content.len() + 1);
            match damage {
                0 => content.truncate(at),
                1 => content.insert(at, byte),
                2 => content = root.objects[&paths[position % paths.len()]].clone(),
                3 => content = b"dir".to_vec(),
                4 => content.splice(at.., [byte; 40]).for_each(drop),
                _ => if let Some(found) = content.get_mut(at) { *found = byte },
            }
            root.put(path, content);
        }
        let mut opened = root.open();
        look_at_everything(&mut opened);
        let ids: std::collections::BTreeSet<&str> = opened.store.images().iter().map(|image| image.id.as_str()).collect();
        proptest::prop_assert_eq!(ids.len(), opened.store.images().len());
    }
}
