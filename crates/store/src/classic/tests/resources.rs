//! Volumes and networks in full, build cache, builds, plugins and swarm.

use careen_model::{BuildCacheRecord, HeldDatabase};
use serde_json::json;

use super::super::testing::{DataRoot, chain, database, digest, hex};
use super::{Opened, damaged, overwrite};
use crate::bbolt::testing::{Node, PAGE, file, leaf, set_freelist};

fn value(text: impl ToString) -> Node {
    Node::Value(text.to_string().into_bytes())
}

#[test]
fn volumes_tell_who_mounts_them_where() {
    let opened = damaged(|root| {
        root.edit(&format!("containers/{}/config.v2.json", hex("web")), |config| {
            config["MountPoints"]["/anon"] = json!({"Type": "volume", "Name": hex("anonymous"), "RW": false});
        });
    });
    let volume = |name: &str| opened.store.volumes().iter().find(|volume| volume.name == name).unwrap().clone();
    let [mount] = &volume("data").mounts[..] else { panic!() };
    assert_eq!((mount.container.as_str(), mount.path.as_str(), mount.read_only), ("web", "/data", false));
    let [mount] = &volume(&hex("anonymous")).mounts[..] else { panic!() };
    assert_eq!((mount.image.as_deref(), mount.read_only), (Some("localhost:5000/x:1"), true));
    assert_eq!((volume("nfs").mounts.len(), volume("nfs").used_by.len()), (0, 0));
}

/// The databases that a volume with these files holds.
fn held(files: &[(&str, &[u8])]) -> Vec<HeldDatabase> {
    let opened = damaged(|root| {
        root.remove("volumes/data/_data");
        for (path, content) in files {
            root.put(&format!("volumes/data/_data/{path}"), content);
        }
    });
    opened.store.volumes().iter().find(|volume| volume.name == "data").unwrap().holds.clone()
}

#[test]
fn databases_are_told_by_their_files() {
    let mut ibd = vec![0; 16];
    ibd[8..12].copy_from_slice(&80_033_u32.to_be_bytes());
    let mut sqlite = b"SQLite format 3\0".to_vec();
    sqlite.resize(100, 0);
    sqlite[96..].copy_from_slice(&3_041_002_u32.to_be_bytes());
    let redis = b"REDIS0011\xfa\x09redis-ver\x057.2.4\xfa\x0aredis-bits\xc0\x40";
    type Files<'f> = &'f [(&'f str, &'f [u8])];
    let cases: [(Files<'_>, &str, Option<&str>, &str, &str); 12] = [
        (&[("PG_VERSION", b"15\n"), ("global/pg_control", b"")], "postgresql", Some("15"), "", "PG_VERSION"),
        (
            &[("18/docker/PG_VERSION", b"18"), ("18/docker/global/x", b"")],
            "postgresql",
            Some("18"),
            "18/docker",
            "18/docker/PG_VERSION",
        ),
        (&[("ibdata1", b""), ("mysql_upgrade_info", b"8.0.33\n")], "mysql", Some("8.0.33"), "", "mysql_upgrade_info"),
        (
            &[("ibdata1", b""), ("mysql_upgrade_info", b"10.6.12-MariaDB")],
            "mariadb",
            Some("10.6.12"),
            "",
            "mysql_upgrade_info",
        ),
        (&[("ibdata1", b""), ("aria_log_control", b"")], "mariadb", None, "", "aria_log_control"),
        (&[("ibdata1", b""), ("mysql.ibd", &ibd)], "mysql", Some("8.0.33"), "", "mysql.ibd"),
        (&[("app/state.db", &sqlite)], "sqlite", Some("3.41.2"), "app/state.db", "app/state.db"),
        (&[("storage.bson", b""), ("WiredTiger", b"WiredTiger")], "mongodb", None, "", "storage.bson"),
        (&[("dump.rdb", redis)], "redis", Some("7.2.4"), "", "dump.rdb"),
        (&[("appendonlydir/x", b"")], "redis", None, "", "appendonlydir"),
        (&[("member/snap/db", b"")], "etcd", None, "", "member/snap"),
        (&[("node.lock", b""), ("indices/x", b"")], "elasticsearch", None, "", "node.lock"),
    ];
    for (files, engine, version, path, told_by) in cases {
        let [found] = &held(files)[..] else { panic!("{engine}: {:?}", held(files)) };
        assert_eq!((found.engine.as_str(), found.version.as_deref()), (engine, version));
        assert_eq!((found.path.as_str(), found.told_by.as_str()), (path, told_by));
    }
    // Names alone make no database.
    assert!(held(&[("PG_VERSION", b"15"), ("dump.rdb", b"nothing"), ("x.db", b"SQLite"), ("y", b"")]).is_empty());
    let advice = |version: &[u8]| held(&[("PG_VERSION", version), ("global/x", b"")])[0].advice.clone();
    assert!(advice(b"15").contains("postgresql 15 ") && advice(b"9.6").contains("postgresql 9.6 "));
}

#[test]
fn networks_are_told_in_full() {
    let id = hex("network");
    let network = json!({
        "id": id, "name": "shop", "networkType": "bridge", "scope": "local", "created": "2024-05-08T00:00:00Z",
        "internal": true, "attachable": true, "ingress": false, "enableIPv6": true,
        "generic": {"com.docker.network.generic": {"com.docker.network.bridge.name": "br0"}},
        // What stands in a list is JSON as a text, and so is what stands in that.
        "ipamV4Config": r#"[{"PreferredPool":"172.24.0.0/16","SubPool":"172.24.1.0/24"}]"#,
        "ipamV4Info": r#"[{"IPAMData":"{\"Gateway\":\"172.24.0.1/16\",\"Pool\":\"172.24.0.0/16\"}"}]"#,
        "ipamV6Info": r#"[{"IPAMData":"{\"Pool\":\"fd00::/64\"}"}, {"IPAMData": "broken"}]"#,
    });
    let opened = damaged(|root| {
        let bytes = [7_u64.to_le_bytes().to_vec(), network.to_string().into_bytes()].concat();
        let key = format!("docker/network/v1.0/network/{id}/");
        root.put("network/files/local-kv.db", database("libnetwork", &[(&key, Node::Value(bytes))]));
        root.edit(&format!("containers/{}/config.v2.json", hex("web")), |config| {
            config["NetworkSettings"]["Networks"]["shop"] = json!({"NetworkID": id, "IPAddress": "172.24.1.7"});
        });
    });
    let [network] = opened.store.networks() else { panic!("{:?}", opened.codes()) };
    assert_eq!((network.internal, network.attachable, network.ingress, network.ipv6), (true, true, false, true));
    assert_eq!(network.created.as_deref(), Some("2024-05-08T00:00:00Z"));
    assert_eq!(network.options["com.docker.network.bridge.name"], "br0");
    let subnets: Vec<_> =
        network.subnets.iter().map(|it| (it.subnet.as_str(), it.gateway.as_deref(), it.ip_range.as_deref())).collect();
    assert_eq!(subnets, [("172.24.0.0/16", Some("172.24.0.1"), Some("172.24.1.0/24")), ("fd00::/64", None, None)]);
    let [member] = &network.containers[..] else { panic!() };
    assert_eq!(
        (member.container.as_str(), member.ipv4.as_deref(), member.ipv6.as_deref()),
        ("web", Some("172.24.1.7"), None)
    );
}

/// Breaks the page with the bucket of a database, so that the leaf with its rows is lost.
fn without_bucket(root: &mut DataRoot, path: &str, has_free_list: bool) {
    let mut bytes = root.objects[path].clone();
    bytes[2 * PAGE + 8] = 0x40;
    if has_free_list {
        // An empty free list on a page of its own: what no tree leads to is lost for certain.
        let page = bytes.len() / PAGE;
        bytes.resize((page + 1) * PAGE, 0);
        bytes[page * PAGE..page * PAGE + 8].copy_from_slice(&(page as u64).to_le_bytes());
        bytes[page * PAGE + 8] = 0x10;
        for meta in [0, 1] {
            bytes[meta * PAGE + 16 + 40] += 1; // pgid: first page that was never used
            set_freelist(&mut bytes, meta, page as u64);
        }
    }
    root.put(path, bytes);
}

#[test]
fn rows_that_a_broken_database_has_lost_are_found() {
    let labels = |opened: &Opened| {
        let data = opened.store.volumes().iter().find(|volume| volume.name == "data").unwrap();
        data.labels.as_ref().map(|labels| labels["keep"].clone())
    };
    let opened = damaged(|root| without_bucket(root, "volumes/metadata.db", false));
    let codes = opened.codes();
    assert_eq!(labels(&opened).as_deref(), Some("yes"));
    assert!(codes.contains(&"volume-rows-found") && codes.contains(&"bolt-keys-uncertain"), "{codes:?}");
    let opened = damaged(|root| {
        let bytes = &root.objects["volumes/metadata.db"];
        let broken = [vec![0; 2 * PAGE], bytes[2 * PAGE..].to_vec()].concat();
        root.put("volumes/metadata.db", broken);
    });
    assert_eq!(labels(&opened).as_deref(), Some("yes"));
    assert!(opened.codes().contains(&"bolt-meta-lost") && opened.codes().contains(&"volume-database-unreadable"));
    // Two readings of one volume: neither is used.
    let opened = damaged(|root| {
        without_bucket(root, "volumes/metadata.db", false);
        let mut bytes = root.objects["volumes/metadata.db"].clone();
        bytes.resize(5 * PAGE, 0);
        leaf(&mut bytes, 4, &[("data", value(json!({"Name": "data", "Driver": "local", "Labels": {"keep": "no"}})))]);
        for meta in [0, 1] {
            bytes[meta * PAGE + 16 + 40] += 1;
            set_freelist(&mut bytes, meta, u64::MAX);
        }
        root.put("volumes/metadata.db", bytes);
    });
    assert_eq!(labels(&opened), None);
}

#[test]
fn networks_that_a_broken_database_has_lost_need_a_witness() {
    let path = "network/files/local-kv.db";
    let opened = damaged(|root| without_bucket(root, path, true));
    assert_eq!((opened.store.networks().len(), opened.codes().contains(&"networks-found")), (1, true));
    let opened = damaged(|root| without_bucket(root, path, false));
    assert_eq!((opened.store.networks().len(), opened.codes().contains(&"networks-found")), (0, false));
    let opened = damaged(|root| {
        without_bucket(root, path, false);
        root.edit(&format!("containers/{}/config.v2.json", hex("web")), |config| {
            config["NetworkSettings"]["Networks"]["shop_default"] = json!({"NetworkID": hex("network")});
        });
    });
    assert_eq!((opened.store.networks().len(), opened.codes().contains(&"networks-found")), (1, true));
}

/// A database of BuildKit with these records, each `key=value` with the value as JSON.
fn metadata(records: &[(&'static str, &[(&'static str, &str)])]) -> Vec<u8> {
    let mut bytes = file(4);
    leaf(&mut bytes, 2, &[("_main", Node::Paged(3))]);
    let rows: Vec<(&str, Node)> = records
        .iter()
        .map(|(id, fields)| {
            let mut fields: Vec<_> = fields
                .iter()
                .map(|(key, text)| {
                    let text = if text.is_empty() { String::new() } else { format!("{{\"value\":{text}}}") };
                    (*key, text.into_bytes())
                })
                .collect();
            fields.sort();
            (*id, Node::Inline(fields))
        })
        .collect();
    leaf(&mut bytes, 3, &rows);
    bytes
}

#[test]
fn the_build_cache_is_listed_as_the_engine_lists_it() {
    let mut snapshots = file(3);
    let rows = [
        ("layer", Node::Inline(vec![("chainid", chain("base").into_bytes())])),
        ("mount", Node::Inline(vec![("committed", b"mount-dir".to_vec())])),
    ];
    leaf(&mut snapshots, 2, &rows);
    let opened = damaged(|root| {
        root.put("buildkit/snapshots.db", &snapshots);
        root.put(
            "buildkit/metadata_v2.db",
            metadata(&[
                ("blob", &[("cache.blobonly", "true"), ("snapshot.size", "-1")]),
                ("deleted", &[("cache.deleted", "true")]),
                ("double", &[("cache.equalMutable", "\"writable\""), ("snapshot.size", "12")]),
                (
                    "layer",
                    &[
                        ("cache.equalMutable", ""),
                        ("cache.parent", "\"blob\""),
                        ("cache.usageCount", "3"),
                        ("snapshot.committed", "true"),
                        ("cache.description", "\"RUN x\""),
                    ],
                ),
                ("mount", &[("cache.createdAt", "1700000000000000001"), ("cache.mergeParents", r#"["blob","layer"]"#)]),
                ("writable", &[("cache.recordType", "\"source.local\"")]),
            ]),
        );
        root.put(
            "buildkit/containerd-overlayfs/metadata_v2.db",
            metadata(&[("other", &[("cache.chainID", "\"sha256:1\"")])]),
        );
    });
    assert_eq!(opened.codes(), [""; 0]);
    let mut records = opened.store.build_cache().to_vec();
    let sizes = |records: &[BuildCacheRecord]| -> Vec<(String, Option<u64>, bool)> {
        records.iter().map(|record| (record.id.clone(), record.size, record.shared)).collect()
    };
    crate::complete_build_cache(
        &mut records,
        &|store, known| store == "overlay2" && known == chain("base"),
        &|known| (known == chain("base")).then_some(100),
    );
    let expected = [
        ("blob", Some(0), true),
        ("layer", Some(100), true),
        ("mount", None, false),
        ("other", None, false),
        ("writable", Some(12), false),
    ];
    assert_eq!(sizes(&records), expected.map(|(id, size, shared)| (id.to_owned(), size, shared)));
    let [blob, layer, mount, _, writable] = &records[..] else { panic!() };
    assert_eq!((layer.usage_count, layer.mutable, layer.description.as_deref()), (3, false, Some("RUN x")));
    assert_eq!(
        (mount.cache_id.as_deref(), mount.created.as_deref()),
        (Some("mount-dir"), Some("2023-11-14T22:13:20.000000001Z"))
    );
    assert_eq!((mount.parents.len(), blob.cache_id.as_deref(), layer.cache_id.as_deref()), (2, None, None));
    assert_eq!(
        (writable.kind.as_str(), writable.mutable, writable.cache_id.as_deref()),
        ("source.local", true, Some("writable"))
    );
}

#[test]
fn a_broken_value_of_the_build_cache_costs_itself_only() {
    let opened = damaged(|root| {
        let records: &[(&str, &[(&str, &str)])] = &[("a", &[("cache.description", "\"x"), ("snapshot.size", "5")])];
        root.put("buildkit/metadata_v2.db", metadata(records));
    });
    assert_eq!(opened.codes(), ["build-cache-record-broken"]);
    assert_eq!(opened.store.build_cache()[0].size, Some(5));
    let opened = damaged(|root| root.put("buildkit/metadata_v2.db", "no database"));
    assert_eq!((opened.codes(), opened.store.build_cache().len()), (vec!["build-cache-unreadable"], 0));
}

/// A field of a message: number, then bytes with their length.
pub(super) fn bytes_field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

#[test]
fn builds_are_remembered() {
    let pair = |key: &[u8], value: &[u8]| [bytes_field(1, key), bytes_field(2, value)].concat();
    let descriptor = [bytes_field(1, b"type"), bytes_field(2, digest("manifest").as_bytes()), vec![0x18, 7]].concat();
    let message = [
        bytes_field(1, b"one"),
        bytes_field(2, b"dockerfile.v0"),
        bytes_field(3, &pair(b"target", b"app")),
        bytes_field(4, &[bytes_field(1, b"image"), bytes_field(2, &pair(b"name", b"x:1,x:2"))].concat()),
        bytes_field(5, &[vec![8, 2], bytes_field(2, b"exit code: 1")].concat()),
        // 1700000000 seconds, 5 nanoseconds.
        bytes_field(6, &[0x08, 0x80, 0xe2, 0xcf, 0xaa, 0x06, 0x10, 0x05]),
        bytes_field(9, &pair(b"containerimage.config.digest", digest("config").as_bytes())),
        bytes_field(9, &pair(b"containerimage.config", b"{}")),
        // A result of one platform: number 0, a descriptor.
        bytes_field(10, &bytes_field(3, &[vec![8, 0], bytes_field(2, &descriptor)].concat())),
        vec![14 << 3, 1, 15 << 3, 3, 0x80, 0x01, 8, 0x88, 0x01, 7], // pinned, cached, total, completed
    ]
    .concat();
    let opened = damaged(|root| {
        let rows = [("one", Node::Value(message.clone())), ("two", Node::Value(message))];
        root.put("buildkit/history_c8d.db", database("_records", &rows));
    });
    assert_eq!(opened.codes(), ["build-record-broken"]);
    let mut made = [digest("config"), digest("manifest")];
    made.sort();
    assert_eq!(opened.store.builds()[0].images, made);
    let [build] = opened.store.builds() else { panic!() };
    assert_eq!((build.id.as_str(), build.frontend.as_deref(), build.pinned), ("one", Some("dockerfile.v0"), true));
    assert_eq!(
        (build.options["target"].as_str(), &build.names[..]),
        ("app", &["x:1".to_owned(), "x:2".to_owned()][..])
    );
    assert_eq!(
        (build.error.as_deref(), build.started.as_deref()),
        (Some("exit code: 1"), Some("2023-11-14T22:13:20.000000005Z"))
    );
    assert_eq!((build.steps.total, build.steps.completed, build.steps.cached), (8, 7, 3));
    let opened = damaged(|root| root.put("buildkit/history.db", ""));
    assert_eq!(opened.codes(), ["builds-unreadable"]);
}

#[test]
fn plugins_and_the_swarm_are_named() {
    let plugin = json!({"plugin": {"Name": "vieux/sshfs:latest", "Enabled": true, "PluginReference": "docker.io/vieux/sshfs:latest",
        "Config": {"Description": "sshFS", "Interface": {"Types": ["docker.volumedriver/1.0"]}}}, "Rootfs": "/x"});
    let opened = damaged(|root| {
        root.put(&format!("plugins/{}/config.json", hex("plugin")), plugin.to_string());
        root.put("plugins/storage/x", "");
        root.put(
            "swarm/docker-state.json",
            r#"{"ListenAddr":"0.0.0.0:2377","AdvertiseAddr":"192.0.2.1:2377","RemoteAddr":""}"#,
        );
        root.put("swarm/state.json", r#"[{"node_id":"n1","addr":"192.0.2.1:2377"},{"x":1}]"#);
        root.put("swarm/raft/wal", "dir");
        root.put("swarm/certificates/swarm-node.crt", "x");
    });
    assert_eq!(opened.codes(), [""; 0]);
    let [plugin] = opened.store.plugins() else { panic!() };
    assert_eq!(
        (plugin.name.as_deref(), plugin.enabled, plugin.provides.len()),
        (Some("vieux/sshfs:latest"), Some(true), 1)
    );
    let swarm = opened.store.swarm().unwrap();
    assert_eq!((swarm.is_manager, swarm.has_certificate, swarm.managers.len()), (true, true, 1));
    assert_eq!((swarm.advertise_address.as_deref(), swarm.remote_address.as_deref()), (Some("192.0.2.1:2377"), None));
    let opened = damaged(|root| {
        root.put(&format!("plugins/{}/config.json", hex("plugin")), "");
        root.put("swarm/raft/wal", "dir");
    });
    assert_eq!(opened.codes(), ["plugin-record-broken", "swarm-state-broken"]);
    assert_eq!((opened.store.plugins()[0].name.as_deref(), opened.store.swarm().is_some()), (None, true));
    assert!(damaged(|root| root.put("swarm", "dir")).store.swarm().is_none());
}

#[test]
fn volumes_are_listed_without_their_database() {
    for database in [None, Some(vec![0; 65536])] {
        let opened = damaged(|root| match database {
            Some(bytes) => root.put("volumes/metadata.db", bytes),
            None => root.remove("volumes/metadata.db"),
        });
        assert_eq!(opened.codes(), ["volume-database-unreadable"]);
        let nfs = opened.store.volumes().iter().find(|volume| volume.name == "nfs").unwrap();
        assert_eq!((nfs.labels.as_ref(), nfs.options["o"].as_str()), (None, "addr=192.0.2.7"));
        assert!(opened.store.volumes().iter().any(|volume| volume.anonymous));
    }
}

#[test]
fn rows_and_directories_of_volumes_that_lack_each_other_are_told() {
    let opened = damaged(|root| root.remove("volumes/data"));
    assert_eq!(opened.codes(), ["volume-directory-missing"]);
    let opened = damaged(|root| {
        overwrite(root, "volumes/metadata.db", r#""Driver":"local","Labels":{"keep""#, r#""Driver":"cloud"#);
        root.remove("volumes/data");
    });
    assert_eq!(opened.codes(), ["volume-of-plugin"]);
    let opened = damaged(|root| root.put("volumes/nfs/opts.json", ""));
    assert_eq!(opened.codes(), Vec::<&str>::new(), "the database tells the options");
    let opened = damaged(|root| {
        root.put("volumes/nfs/opts.json", "");
        root.put("volumes/metadata.db", "");
    });
    assert_eq!(opened.codes(), ["volume-database-unreadable", "volume-options-broken"]);
}

#[test]
fn labels_are_unknown_where_the_database_has_lost_a_page() {
    // The leaf with all rows.
    let mut bytes = DataRoot::new().objects["volumes/metadata.db"].clone();
    bytes[3 * 4096 + 8] = 0x40;
    let opened = damaged(|root| root.put("volumes/metadata.db", bytes));
    assert_eq!(opened.codes(), ["bolt-page-type"]);
    assert!(opened.store.volumes().iter().all(|volume| volume.labels.is_none()));
    // A database that is whole and does not name a volume has no labels for it.
    let opened = damaged(|root| root.put("volumes/new/_data", "dir"));
    let new = opened.store.volumes().iter().find(|volume| volume.name == "new").unwrap();
    assert_eq!(new.labels.as_ref().map(|labels| labels.len()), Some(0));
}

#[test]
fn a_broken_row_costs_its_own_volume_or_network_only() {
    let opened = damaged(|root| overwrite(root, "volumes/metadata.db", r#"{"Driver":"local","Labels":{"keep""#, "!"));
    assert_eq!(opened.codes(), ["volume-record-broken"]);
    let labels = |name: &str| &opened.store.volumes().iter().find(|volume| volume.name == name).unwrap().labels;
    assert_eq!((opened.store.volumes().len(), labels("data").is_none(), labels("nfs").is_some()), (3, true, true));
    let opened = damaged(|root| overwrite(root, "network/files/local-kv.db", r#"{"id""#, "!"));
    assert_eq!(opened.codes(), ["network-record-broken"]);
    let opened = damaged(|root| root.put("network/files/local-kv.db", vec![0; 8192]));
    assert_eq!(opened.codes(), ["network-database-unreadable"]);
    let opened = damaged(|root| {
        root.remove("network/files/local-kv.db");
        root.put("network/files/x", "");
    });
    assert_eq!(opened.codes(), ["network-database-unreadable"]);
}
