//! What a containerd holds besides images, as `careen inspect DISK store:ID` shows it, against what `ctr` printed: blobs
//! with sizes and labels, leases, snapshots, containers; and what cleaning up would free of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use careen_tests::{careen, compare, of_corpus, root};
use serde_json::Value;

/// The disks with a containerd, and the folder with what `ctr` said.
const DISKS: [(&str, &str); 3] = [("modern", ""), ("both", "store"), ("store", "")];

/// A disk, the folder, and what the command shows of its containerd.
struct Asked {
    name: &'static str,
    file: PathBuf,
    folder: PathBuf,
    shown: Value,
}

fn asked() -> Vec<Asked> {
    let mut all = Vec::new();
    for (name, beneath) in DISKS {
        match of_corpus(name) {
            Err(reason) => println!("skipped: {name}: {reason}"),
            Ok((file, folder)) => {
                let answer = careen(["inspect", &*file.to_string_lossy(), "store:overlayfs", "--json"]);
                let shown = answer.expect(&[0]).unwrap().json().unwrap();
                let text = std::fs::read(root().join("docs/schemas/inspect-store.schema.json")).unwrap();
                let schema: Value = serde_json::from_slice(&text).unwrap();
                let validator = jsonschema::options().offline().build(&schema).unwrap();
                if let Err(error) = validator.validate(&shown) {
                    panic!("{name}: at {}: {error}", error.instance_path());
                }
                all.push(Asked { name, file, folder: folder.join(beneath), shown: shown[0]["containerd"].clone() });
            }
        }
    }
    all
}

fn list<'v>(value: &'v Value, field: &str) -> impl Iterator<Item = &'v Value> {
    value[field].as_array().unwrap().iter()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The rows of a table that `ctr` printed, without its head, by the columns' words.
fn table(folder: &Path, name: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(folder.join(name)).unwrap();
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect();
    text.lines().skip(1).map(words).collect()
}

/// Labels as `ctr` joins them; older ones in any order.
fn labels(value: &Value) -> String {
    let labels = value["labels"].as_object().unwrap().iter();
    let mut all: Vec<String> = labels.map(|(key, value)| format!("{key}={}", text(value))).collect();
    all.sort();
    if all.is_empty() { "-".to_owned() } else { all.join(",") }
}

fn sorted(labels: &str) -> String {
    let mut all: Vec<&str> = labels.split(',').collect();
    all.sort_unstable();
    all.join(",")
}

/// A length as `ctr` prints it (docker/go-units `HumanSize`): four digits and a unit of thousands.
fn human(size: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB"];
    #[allow(clippy::cast_precision_loss)]
    let (mut value, mut unit) = (size as f64, 0);
    while value >= 1000.0 {
        (value, unit) = (value / 1000.0, unit + 1);
    }
    // Go's %.4g.
    let digits = if value >= 1000.0 {
        0
    } else if value >= 100.0 {
        1
    } else if value >= 10.0 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{}", units[unit])
}

#[test]
fn blobs_are_those_that_ctr_lists() {
    for Asked { folder, shown, .. } in asked() {
        // DIGEST SIZE AGE LABELS: the age is of several words, so labels are the last one.
        let said: BTreeSet<Vec<String>> = table(&folder, "ctr-content.txt")
            .into_iter()
            .map(|row| vec![row[0].clone(), row[1].clone(), sorted(row.last().unwrap())])
            .collect();
        let recorded = list(&shown, "content").filter(|blob| blob["recorded"] == true);
        let ours = recorded.map(|blob| {
            assert_eq!(blob["size"], blob["recorded_size"], "{blob}");
            vec![text(&blob["digest"]), human(blob["size"].as_u64().unwrap()), sorted(&labels(blob))]
        });
        compare::sets("blob", &said, &ours.collect()).unwrap();
        assert!(said.len() > 100);
    }
}

#[test]
fn leases_containers_and_name_spaces_are_those_that_ctr_lists() {
    for Asked { folder, shown, .. } in asked() {
        let said = table(&folder, "ctr-leases.txt").into_iter().collect();
        let second = |time: &Value| format!("{}Z", text(time).split(['.', 'Z']).next().unwrap());
        let ours = list(&shown, "leases").map(|it| vec![text(&it["id"]), second(&it["created"]), labels(it)]);
        compare::sets("lease", &said, &ours.collect()).unwrap();
        let said = table(&folder, "ctr-containers.txt").into_iter().collect();
        let ours = list(&shown, "containers").map(|it| vec![text(&it["id"]), text(&it["image"]), text(&it["runtime"])]);
        compare::sets("container", &said, &ours.collect()).unwrap();
        let said = table(&folder, "ctr-namespaces.txt").into_iter().map(|row| vec![row[0].clone()]).collect();
        let ours = list(&shown, "namespaces").map(|it| vec![text(&it["name"])]);
        compare::sets("name space", &said, &ours.collect()).unwrap();
    }
}

#[test]
fn snapshots_are_those_that_ctr_tells_of() {
    for Asked { folder, shown, .. } in asked() {
        let said = compare::json(&folder.join("ctr-snapshots.json")).unwrap();
        let row = |key: &str, kind: &Value, parent: &Value, number: String| {
            vec![key.to_owned(), text(kind).to_lowercase(), text(parent), number]
        };
        let said = said.as_object().unwrap().iter().map(|(key, it)| {
            let directory = text(&it["dirs"][0]);
            // A view has no directory of its own to be mounted: what is told is that of the one beneath.
            let is_view = it["Kind"] == "View";
            let number = if is_view { "" } else { directory.rsplit('/').nth(1).unwrap() };
            row(key, &it["Kind"], &it["Parent"], number.to_owned())
        });
        let ours = list(&shown, "snapshots").map(|it| {
            let number = if it["kind"] == "view" { String::new() } else { it["number"].to_string() };
            row(it["key"].as_str().unwrap(), &it["kind"], &it["parent"], number)
        });
        compare::sets("snapshot", &said.collect(), &ours.collect()).unwrap();
    }
}

#[test]
fn a_container_of_containerd_alone_is_shown_as_containerd_has_it() {
    for Asked { file, folder, .. } in asked().into_iter().filter(|asked| asked.name == "store") {
        for row in table(&folder, "ctr-containers.txt") {
            let scope = format!("container:{}", row[0]);
            let answer = careen(["inspect", &file.to_string_lossy(), &scope, "--json"]).expect(&[0]).unwrap();
            let shown = answer.json().unwrap();
            assert_eq!((text(&shown[0]["ID"]), text(&shown[0]["Image"])), (row[0].clone(), row[1].clone()));
            assert!(shown[0]["Spec"]["process"]["args"].is_array());
        }
    }
}

#[test]
fn each_blob_has_the_digest_that_is_its_name() {
    for Asked { file, shown, .. } in asked().into_iter().take(1) {
        let answer = careen(["verify", &file.to_string_lossy(), "store:overlayfs", "--json"]).expect(&[0]).unwrap();
        let verified = answer.json().unwrap();
        let states: BTreeMap<String, String> =
            list(&verified, "blobs").map(|blob| (text(&blob["digest"]), text(&blob["state"]))).collect();
        assert_eq!(states.len(), list(&shown, "content").count());
        assert!(states.values().all(|state| state == "exact"), "{states:?}");
    }
}

/// What would be freed, worked out once more from what `ctr` printed: images that no running container was made from go,
/// and with them every blob that neither they nor a lease leads to.
#[test]
fn pruning_frees_the_blobs_that_nothing_is_left_to_lead_to() {
    for Asked { file, folder, shown, .. } in asked().into_iter().filter(|asked| asked.name != "store") {
        let running: BTreeSet<String> = compare::json(&folder.join("containers.inspect.json"))
            .unwrap()
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["State"]["Running"] == true || it["State"]["Paused"] == true)
            .map(|it| text(&it["Image"]))
            .collect();
        let references: BTreeMap<String, Vec<String>> = table(&folder, "ctr-content.txt")
            .into_iter()
            .map(|row| {
                let labels = row.last().unwrap().split(',');
                let named = labels.filter(|label| label.starts_with("containerd.io/gc.ref.content"));
                let named = named.filter_map(|label| label.split_once('=').map(|(_, digest)| digest.to_owned()));
                (row[0].clone(), named.collect())
            })
            .collect();
        let mut kept = BTreeSet::new();
        let mut next: Vec<String> = table(&folder, "ctr-images.txt")
            .into_iter()
            .map(|row| row[2].clone())
            .filter(|target| running.contains(target))
            .collect();
        // The builder's leases go with its cache; those of containers have no blobs.
        while let Some(digest) = next.pop() {
            if kept.insert(digest.clone()) {
                next.extend(references.get(&digest).into_iter().flatten().cloned());
            }
        }
        let block = 4096;
        let freed: u64 = list(&shown, "content")
            .filter(|blob| blob["recorded"] == true && !kept.contains(&text(&blob["digest"])))
            .map(|blob| blob["size"].as_u64().unwrap().div_ceil(block) * block)
            .sum();
        let space = careen(["space", &file.to_string_lossy(), "--json"]).expect(&[0, 3]).unwrap().json().unwrap();
        let all = list(&space, "prune").find(|prune| prune["command"] == "docker system prune -a").unwrap();
        // The builder's history, in a name space of its own, keeps some of them.
        let history = list(&shown, "namespaces").find(|space| space["name"] == "moby_history").unwrap();
        let most = history["content"].as_u64().unwrap() * block;
        let content = all["content"].as_u64().unwrap();
        assert!(content <= freed && freed - content <= most, "{content} of {freed}");
        assert!(freed > 1 << 20 && all["images"].as_u64().unwrap() > freed);
        let some = list(&space, "prune").find(|prune| prune["command"] == "docker system prune").unwrap();
        assert!(some["content"].as_u64().unwrap() < freed);
    }
}
