//! Dockerfiles rebuilt from images, against those that the images were built from.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use careen_tests::{Disk, Known, careen, disks, engine::Engine, of_corpus};
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

/// Paths of what was rebuilt of one kind.
fn of_kind<'a>(told: &'a Value, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = told["files"].as_array().unwrap().iter().filter(move |file| file["kind"] == kind);
    all.map(|file| (file["of"].as_str().unwrap(), file["path"].as_str().unwrap()))
}

#[test]
fn containers_come_with_what_runs_them() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let disk = Disk { name: format!("{}-containers", disk.name), ..disk.clone() };
    let (folder, told) = rebuilt(&disk);
    let containers =
        careen(["containers", &*disk.file.to_string_lossy(), "--json"]).expect(&[0]).unwrap().json().unwrap();
    let containers = containers.as_array().unwrap();
    let scripts: Vec<_> = of_kind(&told, "run").chain(of_kind(&told, "script")).collect();
    assert_eq!(scripts.len(), containers.len() + 1);
    for (_, script) in &scripts {
        let checked = Command::new("sh").arg("-n").arg(folder.join(script)).output().unwrap();
        assert!(checked.status.success(), "{script}: {}", String::from_utf8_lossy(&checked.stderr));
    }
    for container in containers {
        let (id, name) = (container["id"].as_str().unwrap(), container["name"].as_str().unwrap());
        let run = scripts.iter().find(|(of, _)| *of == format!("container:{id}")).unwrap().1;
        let run = fs::read_to_string(folder.join(run)).unwrap();
        let line = container["details"]["run"][0].as_str().unwrap();
        assert!(run.contains(line), "{name}");
        // A project has one file for all of its containers.
        let project = container["compose"]["project"].as_str();
        let of = project.map_or_else(|| format!("container:{id}"), |project| format!("project:{project}"));
        let compose = of_kind(&told, "compose").find(|(own, _)| *own == of).unwrap().1;
        let compose = fs::read_to_string(folder.join(compose)).unwrap();
        assert!(compose.contains(&format!("container_name: \"{name}\"\n")), "{name}: {compose}");
    }
}

#[test]
fn packages_are_pinned_in_the_versions_of_the_image() {
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let disk = Disk { name: format!("{}-pins", disk.name), ..disk.clone() };
    let (folder, told) = rebuilt(&disk);
    let packages = careen(["packages", &*disk.file.to_string_lossy(), "--json"]).expect(&[0]).unwrap().json().unwrap();
    let mut compared = (0, 0, 0);
    for (of, _) in of_kind(&told, "dockerfile") {
        let id = of.trim_start_matches("image:");
        let text = |kind: &str| -> String {
            let all = of_kind(&told, kind).filter(|(own, path)| *own == of && !path.contains(".standard"));
            all.map(|(_, path)| fs::read_to_string(folder.join(path)).unwrap()).collect()
        };
        let (pinned, requirements, environments) = (text("pinned"), text("requirements"), text("environment"));
        for package in packages.as_array().unwrap().iter().filter(|package| package["image_id"] == id) {
            let field = |name: &str| package[name].as_str().unwrap();
            let (name, version) = (field("package"), field("version"));
            match field("ecosystem") {
                "pip"
                    if !field("found_at").starts_with("/usr/lib/python3/")
                        && requirements.contains(&format!("{name}==")) =>
                {
                    compared.0 += 1;
                    assert!(
                        requirements.contains(&format!("{name}=={version}\n")),
                        "{of} {name} {version}:\n{requirements}"
                    );
                }
                "conda" => {
                    compared.1 += 1;
                    assert!(environments.contains(&format!("- {name}={version}=")), "{of} {name} {version}");
                }
                "apt" if pinned.contains(&format!(" {name}=")) => compared.2 += 1,
                _ => {}
            }
        }
    }
    assert!(compared.0 > 5 && compared.1 > 5 && compared.2 > 20, "{compared:?}");
}

/// What the engine puts into every container, and what it makes of links that it breaks.
const OF_THE_ENGINE: [&str; 13] = [
    "/",
    "/.dockerenv",
    "/dev",
    "/dev/console",
    "/dev/pts",
    "/dev/shm",
    "/etc",
    "/etc/hostname",
    "/etc/hosts",
    "/etc/mtab",
    "/etc/resolv.conf",
    "/proc",
    "/sys",
];

/// Every object below a scope: by its path what a build has to bring back.
fn objects(words: &[&str]) -> BTreeMap<String, String> {
    let lines = careen(words).expect(&[0]).unwrap().json_lines().unwrap();
    let shown = |line: &Value| {
        let fields = ["type", "mode", "uid", "gid", "sha256", "link"].map(|field| line[field].to_string());
        fields.join(" ")
    };
    let all = lines.iter().map(|line| (line["path"].as_str().unwrap().to_owned(), shown(line)));
    all.filter(|(path, _)| !OF_THE_ENGINE.contains(&path.as_str())).collect()
}

#[test]
fn an_engine_builds_the_same_images_from_them() {
    let Some(engine) = Engine::start("rebuild") else { return };
    let disk = disks().get("cases/tiny").expect("tests/cases/tiny unpacks");
    let disk = Disk { name: format!("{}-engine", disk.name), ..disk.clone() };
    let file = disk.file.to_string_lossy().into_owned();
    let (folder, told) = rebuilt(&disk);
    // In this order, since one is built upon another.
    for name in ["base:1.0", "committed:deru", "recon0:2.0"] {
        let name = format!("gaga/{name}");
        let scope = format!("image:{name}");
        let wanted = &careen(["inspect", &file, &scope]).expect(&[0]).unwrap().json().unwrap()[0];
        let of = format!("image:{}", wanted["Id"].as_str().unwrap());
        let dockerfile = folder.join(of_kind(&told, "dockerfile").find(|(own, _)| *own == of).unwrap().1);
        let context = dockerfile.parent().unwrap().to_string_lossy().into_owned();
        // What the head of the file says.
        let text = fs::read_to_string(&dockerfile).unwrap();
        let arguments: Vec<&str> = match text.contains("--build-arg BUILD_ID=1101") {
            true => vec!["--build-arg", "BUILD_ID=1101"],
            false => Vec::new(),
        };
        let mut build = Command::new("docker");
        // The builder that is part of every engine.
        build.env("DOCKER_HOST", engine.host()).env("DOCKER_BUILDKIT", "0");
        build.args(["build", "--network", "none", "--tag", &name]).args(arguments).arg(&context);
        let output = build.output().unwrap();
        assert!(output.status.success(), "{name}: {}\n{text}", String::from_utf8_lossy(&output.stderr));
        let built: Value = serde_json::from_str(&engine.ask(["image", "inspect", &name]).unwrap()).unwrap();
        for key in ["Env", "Cmd", "Entrypoint", "Labels", "User", "WorkingDir", "Volumes", "ExposedPorts", "OnBuild"] {
            let (one, two) = (&built[0]["Config"][key], &wanted["Config"][key]);
            assert!(one == two || (one.is_null() && two == &Value::from("")), "{name} {key}: {one}, expected {two}");
        }
        let container = engine.ask(["create", "--network", "none", &name, "/x"]).unwrap().trim().to_owned();
        let archive = folder.join("built.tar").to_string_lossy().into_owned();
        engine.ask(["export", "-o", &archive, &container]).unwrap();
        let built = objects(&["ls", &archive, "-R", "--hash", "--json"]);
        assert_eq!(built, objects(&["ls", &file, "--of", &scope, "-R", "--hash", "--json"]), "{name}");
    }
}
