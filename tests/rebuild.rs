//! Dockerfiles rebuilt from images, against those that the images were built from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use careen_tests::{Disk, Known, careen, disks, of_corpus};
use serde_json::Value;

/// What builders put in front of their own, in images that have none.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Disks, each with the folders of Dockerfiles that were built on it.
fn with_dockerfiles() -> Vec<(Disk, Vec<PathBuf>)> {
    let mut all = Vec::new();
    for name in ["tiny", "real", "modern", "both"] {
        if let Ok((file, folder)) = of_corpus(name) {
            let folders = [folder.clone(), folder.join("classic"), folder.join("store")];
            all.push((
                Disk { name: name.to_owned(), file, known: Known::Docker { folder, whole: true } },
                folders.to_vec(),
            ));
        }
    }
    if all.is_empty() {
        let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
        let Known::Docker { folder, .. } = &disk.known else { panic!("tests/cases/tiny has no truth") };
        all.push((disk.clone(), vec![folder.clone()]));
    }
    for (_, folders) in &mut all {
        folders.iter_mut().for_each(|folder| folder.push("dockerfiles"));
        folders.retain(|folder| folder.is_dir());
    }
    all
}

/// Rebuilds all of a disk.
fn rebuilt(disk: &Disk) -> (PathBuf, Value) {
    let folder = careen_tests::target().join("corpus/rebuild").join(disk.name.replace('/', "-"));
    let _ = fs::remove_dir_all(&folder);
    let words = ["rebuild".as_ref(), disk.file.as_os_str(), "--json".as_ref(), "--out".as_ref(), folder.as_os_str()];
    let told = careen(words).expect(&[0]).unwrap().json().unwrap();
    (folder, told)
}

/// Instructions of the last stage of a Dockerfile: the first word, and the rest with its values as they take effect.
fn instructions(text: &str) -> Vec<(String, Vec<String>)> {
    let text: String = text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect();
    let text = text.replace("\\\n", " ");
    let all = text.lines().filter_map(|line| line.split_once(' ')).map(|(keyword, rest)| {
        let rest = rest.trim();
        let list = || serde_json::from_str::<Vec<String>>(rest).unwrap_or_else(|_| vec![rest.to_owned()]);
        let values = match keyword {
            "ENV" | "LABEL" => words(&rest.replace("$PATH", PATH)),
            "EXPOSE" => {
                let mut ports: Vec<String> =
                    rest.split(' ').map(|port| port.trim_end_matches("/tcp").to_owned()).collect();
                ports.sort();
                ports
            }
            "COPY" | "ADD" => {
                // Where it came from is what no history tells.
                let all = words(rest);
                let flags = all.iter().filter(|word| word.starts_with("--") && !word.starts_with("--from"));
                flags.chain(all.last()).cloned().collect()
            }
            _ => list(),
        };
        (keyword.to_owned(), values)
    });
    let all: Vec<_> = all.collect();
    let last = all.iter().rposition(|(keyword, _)| keyword == "FROM").unwrap();
    all[last..].to_vec()
}

/// Words without the quotes around their parts.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut is_open) = (Vec::new(), String::new(), None, false);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (letter, quote) {
            ('\\', None | Some('"')) => word.extend(letters.next()),
            ('"' | '\'', None) => (quote, is_open) = (Some(letter), true),
            (letter, Some(end)) if letter == end => quote = None,
            (' ', None) => {
                if is_open || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                is_open = false;
            }
            (letter, _) => word.push(letter),
        }
    }
    if is_open || !word.is_empty() {
        words.push(word);
    }
    words
}

/// The name of an image as the folder of Dockerfiles has it.
fn as_file(name: &str) -> String {
    name.chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '_' }).collect()
}

/// The rebuilt Dockerfile of each image, by its id.
fn dockerfiles(folder: &Path, told: &Value) -> BTreeMap<String, String> {
    let all = told["files"].as_array().unwrap().iter().filter(|file| file["kind"] == "dockerfile");
    all.map(|file| {
        let text = fs::read_to_string(folder.join(file["path"].as_str().unwrap())).unwrap();
        (file["of"].as_str().unwrap().trim_start_matches("image:").to_owned(), text)
    })
    .collect()
}

#[test]
fn a_rebuilt_dockerfile_says_what_the_original_said() {
    let mut compared = 0;
    for (disk, folders) in with_dockerfiles() {
        let (folder, told) = rebuilt(&disk);
        let all = dockerfiles(&folder, &told);
        let images = careen(["images", &*disk.file.to_string_lossy(), "--json"]).expect(&[0]).unwrap().json().unwrap();
        let named = |wanted: &str| {
            let texts = |image: &Value, key: &str| -> Vec<String> {
                image[key].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
            };
            images.as_array().unwrap().iter().find(|image| {
                let digests =
                    texts(image, "digests").into_iter().map(|it| it.split('@').next().unwrap().to_owned() + ":x");
                texts(image, "names").into_iter().chain(digests).any(|name| name == wanted || as_file(&name) == wanted)
            })
        };
        for file in folders.iter().flat_map(|folder| fs::read_dir(folder).unwrap()) {
            let file = file.unwrap().path();
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let original = instructions(&fs::read_to_string(&file).unwrap());
            let image = named(&name).unwrap_or_else(|| panic!("{}: no image {name}", disk.name));
            let own_text = &all[image["id"].as_str().unwrap()];
            let mut own = instructions(own_text);
            // What stands beneath both may be told of either: the lines of a base are put in its place.
            let wanted_base = original[0].1[0].as_str();
            while own[0].1[0] != wanted_base {
                let base = own[0].1[0].clone();
                let is_other_name =
                    named(&base).is_some_and(|base| named(wanted_base).is_some_and(|it| it["id"] == base["id"]));
                if is_other_name {
                    own[0] = original[0].clone();
                    break;
                }
                let base = named(&base).unwrap_or_else(|| panic!("{name}: FROM {base}, expected {wanted_base}"));
                let mut beneath = instructions(&all[base["id"].as_str().unwrap()]);
                beneath.extend(own.drain(1..));
                own = beneath;
            }
            assert_eq!(own, original, "{} {name}:\n{own_text}", disk.name);
            compared += original.len();
        }
    }
    assert!(compared > 60, "{compared}");
}

#[test]
fn what_a_step_copied_lies_beside_its_dockerfile() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let (folder, told) = rebuilt_once(disk);
    let mut compared = 0;
    for (id, text) in dockerfiles(&folder, &told) {
        let row = told["files"]
            .as_array()
            .unwrap()
            .iter()
            .find(|file| file["of"] == format!("image:{id}") && file["kind"] == "dockerfile");
        let own = folder.join(row.unwrap()["path"].as_str().unwrap()).parent().unwrap().to_owned();
        for line in text.lines().filter(|line| line.starts_with("COPY ") || line.starts_with("ADD ")) {
            let all = words(line);
            let source = own.join(&all[all.len() - 2]);
            assert!(source.exists(), "{line}");
            let target = all[all.len() - 1].as_str();
            if source.is_file() && target.ends_with("run.sh") {
                let scope = format!("image:{id}");
                let words = ["cat", &disk.file.to_string_lossy(), "--of", &scope, target].map(str::to_owned);
                assert_eq!(fs::read(&source).unwrap(), careen(words).expect(&[0]).unwrap().stdout, "{line}");
                compared += 1;
            }
        }
    }
    assert!(compared > 0);
    // The same disk gives the same bytes.
    let before = fs::read(folder.join("rebuild.json")).unwrap();
    assert_eq!(before, fs::read(rebuilt_once(disk).0.join("rebuild.json")).unwrap());
}

/// As [`rebuilt`], in a folder of its own.
fn rebuilt_once(disk: &Disk) -> (PathBuf, Value) {
    let disk = Disk { name: format!("{}-sources", disk.name), ..disk.clone() };
    rebuilt(&disk)
}
