//! The report on a disk: well formed, with everything in it that the lists name.

use std::path::PathBuf;
use std::process::Command;

use careen_tests::{Disk, careen, disks, target};
use serde_json::Value;

fn disk() -> &'static Disk {
    disks().get("cases/tiny").expect("tests/cases/tiny unpacks")
}

fn folder() -> PathBuf {
    let folder = target().join("corpus/report");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn write(name: &str, options: &[&str]) -> Vec<u8> {
    let (file, out) = (disk().file.to_string_lossy(), folder().join(name));
    let to = out.to_string_lossy();
    let words = [&["report", &*file, "-o", &*to], options].concat();
    careen(words).expect(&[0]).unwrap();
    std::fs::read(&out).unwrap()
}

fn list(command: &str) -> Vec<Value> {
    let file = disk().file.to_string_lossy();
    careen([command, &*file, "--json"]).expect(&[0]).unwrap().json().unwrap().as_array().unwrap().clone()
}

/// Text as it stands in a page.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Checks that elements are closed in order, and returns their names.
fn elements(page: &str) -> Vec<&str> {
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for tag in page.split('<').skip(1).map(|rest| rest.split_once('>').expect("a tag ends").0) {
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if name.starts_with('!') || name == "meta" => {}
            None => {
                open.push(name);
                all.push(name);
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    all
}

#[test]
fn a_page_names_everything_on_the_disk() {
    let archive = folder().join("taken.tar").to_string_lossy().into_owned();
    let file = disk().file.to_string_lossy();
    let volumes = list("volumes");
    let volume = format!("volume:{}", volumes[0]["name"].as_str().unwrap());
    let exported = careen(["export", &*file, &volume, "-o", &archive, "--json"]).expect(&[0]).unwrap().json().unwrap();
    let page = write("all.html", &["--exported", &format!("{archive}.manifest.json")]);
    let page = String::from_utf8(page).unwrap();
    let elements = elements(&page);
    let allowed = "html head title style body h1 h2 h3 p pre div table thead tbody tr th td span";
    assert!(elements.iter().all(|name| allowed.split(' ').any(|known| known == *name)), "{elements:?}");
    for image in list("images").iter().filter(|image| image["kind"] != "intermediate") {
        assert!(page.contains(image["id"].as_str().unwrap()), "{image}");
        for name in image["names"].as_array().unwrap() {
            assert!(page.contains(&escaped(name.as_str().unwrap())), "{name}");
        }
    }
    for thing in volumes.iter().chain(&list("containers")).chain(&list("networks")) {
        assert!(page.contains(&escaped(thing["name"].as_str().unwrap())), "{thing}");
    }
    // Every version that a matrix has.
    let packages = folder().join("matrices").to_string_lossy().into_owned();
    careen(["packages", &*file, "--out", &packages]).expect(&[0]).unwrap();
    for ecosystem in ["apt", "pip", "conda"] {
        let mut matrix = csv::Reader::from_path(format!("{packages}/{ecosystem}_matrix.csv")).unwrap();
        for row in matrix.records() {
            let row = row.unwrap();
            assert!(row.iter().all(|cell| page.contains(&escaped(cell.trim_start_matches('\'')))), "{row:?}");
        }
    }
    assert!(page.contains(exported["sha256"].as_str().unwrap()), "{exported}");
    for outside in ["<script", "src=", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

#[test]
fn markdown_in_korean_and_a_quick_one() {
    let text = String::from_utf8(write("all.md", &["--lang", "ko"])).unwrap();
    for wanted in ["## 무엇이 잘못되었나", "## 무엇이 있나", "### 볼륨", "## 패키지"] {
        assert!(text.contains(wanted), "{wanted}");
    }
    for volume in list("volumes") {
        assert!(text.contains(volume["name"].as_str().unwrap()), "{volume}");
    }
    let quick = String::from_utf8(write("quick.md", &["--quick"])).unwrap();
    assert!(quick.contains("quick report") && !quick.contains("## Packages"));
}

#[test]
fn a_zip_has_all_tables() {
    let zip = folder().join("all.zip");
    write("all.zip", &[]);
    let packages = folder().join("packages");
    let file = disk().file.to_string_lossy();
    careen(["packages", &*file, "--out", &*packages.to_string_lossy()]).expect(&[0]).unwrap();
    let script = "import sys, zipfile, os, json\n\
                  z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None\n\
                  names = set(z.namelist())\n\
                  for top in ['report.html', 'report.md', 'survey.json', 'doctor.json', 'timeline.json', 'space.json', 'packages.json']:\n\
                  \x20   assert top in names, top\n\
                  for n in names:\n\
                  \x20   if n.endswith('.json'): json.loads(z.read(n))\n\
                  for base, _, files in os.walk(sys.argv[2]):\n\
                  \x20   for f in files:\n\
                  \x20       path = os.path.join(base, f)\n\
                  \x20       assert z.read(os.path.relpath(path, sys.argv[2])) == open(path, 'rb').read(), path\n";
    let unpacked = Command::new("python3").args(["-c", script]).arg(&zip).arg(&packages).output().unwrap();
    assert!(unpacked.status.success(), "{}", String::from_utf8_lossy(&unpacked.stderr));
}

#[test]
fn what_cannot_be_written_is_refused() {
    let file = disk().file.to_string_lossy();
    assert_eq!(careen(["report", &*file, "-o", "report.pdf"]).code, 1);
    assert_eq!(careen(["report", &*file, "-o", &*file]).code, 1);
    let other = folder().join("other.json");
    std::fs::write(&other, "{}").unwrap();
    let out = folder().join("refused.html");
    let words = ["report", &*file, "-o", &*out.to_string_lossy(), "--exported", &*other.to_string_lossy()];
    let answer = careen(words);
    assert!(
        answer.code == 1 && answer.stderr.contains("no manifest of an export") && !out.exists(),
        "{}",
        answer.stderr
    );
}
