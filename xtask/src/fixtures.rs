//! `cargo xtask fixtures DIR…`: the packages we find in the test data of other projects, beside those that their own tests
//! expect.
//!
//! DIRs are git copies of syft, fanal (Trivy's catalogers), osv-scalibr and go-rpmdb, read by `git show`; nothing of them
//! is built or kept. Which file is which database, and where in a project's tests its packages stand, is in
//! `fixtures.tsv`. A difference that is known has its reason there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The rows: project, ecosystem, files and where they are put (`from>to`, several with `;`), test file, text before the
/// expected packages, text after them, which quoted words of a line are name and version (`1,3`, `0,1-2`; else the
/// fields `Name` and `Version`), the reason of a known difference.
const ROWS: &str = include_str!("fixtures.tsv");
/// A file by which each project is known.
const PROJECTS: [(&str, &str); 4] = [
    ("syft", "syft/pkg/cataloger"),
    ("fanal", "analyzer/pkg"),
    ("osv-scalibr", "extractor/filesystem"),
    ("go-rpmdb", "pkg/rpmdb.go"),
];
/// Names that are printed of each difference.
const SHOWN: usize = 5;

type Packages = BTreeSet<(String, String)>;

/// Runs the task.
pub fn run(folders: &[String]) -> Result<(), String> {
    if folders.is_empty() {
        return Err("fixtures: expected git directories of syft, fanal, osv-scalibr or go-rpmdb".to_owned());
    }
    let projects: Vec<(&str, &str)> =
        folders.iter().filter_map(|folder| Some((project_of(folder)?, &**folder))).collect();
    let careen = careen_tests::binary();
    let tree = careen_tests::target().join("fixtures");
    let (mut same, mut missing, mut extra, mut unexplained, mut absent) = (0, 0, 0, 0, 0);
    println!("{:11} {:9} {:>5} {:>7} {:>5}", "PROJECT", "ECOSYSTEM", "SAME", "MISSING", "EXTRA");
    for line in ROWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let row: Vec<&str> = line.split('\t').collect();
        let [project, ecosystem, files, test, from, until, words, reason] = row[..] else {
            return Err(format!("fixtures.tsv: not eight columns: {line}"));
        };
        let Some((_, folder)) = projects.iter().find(|(name, _)| *name == project) else { continue };
        let Some(wanted) =
            show(folder, test).and_then(|text| expected(&String::from_utf8_lossy(&text), from, until, words))
        else {
            return Err(format!("{project}: {test}: there is no {from:?} in it"));
        };
        if !lay(folder, files, &tree)? {
            println!("{project:11} {ecosystem:9} {files}: its files are not in this copy");
            absent += 1;
            continue;
        }
        let found = found(careen, &tree, ecosystem)?;
        let lacks: Vec<_> = wanted.difference(&found).collect();
        let more: Vec<_> = found.difference(&wanted).collect();
        let both = wanted.intersection(&found).count();
        println!("{project:11} {ecosystem:9} {both:5} {:7} {:5}  {files}", lacks.len(), more.len());
        for (what, list) in [("missing", &lacks), ("extra", &more)] {
            for (name, version) in list.iter().take(SHOWN) {
                println!("    {what} {name} {version}");
            }
        }
        let is_same = lacks.is_empty() && more.is_empty();
        if !is_same && !reason.is_empty() {
            println!("    {reason}");
        }
        (same, missing, extra) = (same + both, missing + lacks.len(), extra + more.len());
        unexplained += if reason.is_empty() { lacks.len() } else { 0 };
    }
    println!(
        "in all: {same} same, {missing} missing, {extra} extra; {unexplained} missing without a reason, {absent} rows without files"
    );
    if unexplained > 0 { Err(format!("{unexplained} packages are missing")) } else { Ok(()) }
}

fn project_of(folder: &str) -> Option<&'static str> {
    let has = |path: &str| git(folder, &["cat-file", "-e", &format!("HEAD:{path}")]).is_some();
    PROJECTS.into_iter().find(|(_, path)| has(path)).map(|(name, _)| name)
}

fn git(folder: &str, words: &[&str]) -> Option<Vec<u8>> {
    let mut asked = Command::new("git");
    let output = asked.arg("-C").arg(folder).args(words).output().ok()?;
    output.status.success().then_some(output.stdout)
}

fn show(folder: &str, path: &str) -> Option<Vec<u8>> {
    git(folder, &["show", &format!("HEAD:{path}")])
}

/// Puts files of a project into an empty tree; whether they are all there.
fn lay(folder: &str, files: &str, tree: &Path) -> Result<bool, String> {
    let _ = fs::remove_dir_all(tree);
    for file in files.split(';') {
        let (from, to) = file.split_once('>').ok_or_else(|| format!("{file}: expected from>to"))?;
        let list = git(folder, &["ls-tree", "-r", "--name-only", "HEAD", from]).unwrap_or_default();
        let list = String::from_utf8_lossy(&list).into_owned();
        for path in list.lines() {
            let Some(bytes) = show(folder, path) else { return Ok(false) };
            // Never with a slash at its start: joined, that would leave the tree.
            let below = format!("{to}{}", path.strip_prefix(from).unwrap_or_default());
            let target: PathBuf = tree.join(below.trim_start_matches('/'));
            let above = target.parent().unwrap_or(tree);
            let written =
                fs::create_dir_all(above).and_then(|()| fs::write(&target, bytes)).and_then(|()| run_by_all(&target));
            written.map_err(|error| format!("{}: {error}", target.display()))?;
        }
        if list.is_empty() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Programs are looked into where they may be run.
fn run_by_all(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

/// The packages that stand in a test between two texts; `None` when the first is not there.
fn expected(test: &str, from: &str, until: &str, words: &str) -> Option<Packages> {
    let (_, text) = test.split_once(from)?;
    let before = |text: &'_ str, end: &str| text.split_once(end).map_or(text.len(), |(text, _)| text.len());
    let end = before(text, "\nfunc ").min(if until.is_empty() { text.len() } else { before(text, until) });
    let text = &text[..end];
    let mut all = Packages::new();
    let mut name = None;
    for line in text.lines() {
        let quoted: Vec<&str> = line.split(['"', '`']).skip(1).step_by(2).collect();
        if let Some((of_name, of_version)) = words.split_once(',') {
            let at = |number: &str| quoted.get(number.parse::<usize>().ok()?).map(|word| (*word).to_owned());
            let version: Option<Vec<String>> = of_version.split('-').map(at).collect();
            all.extend(at(of_name).zip(version.map(|parts| parts.join("-"))));
            continue;
        }
        let mut rest = line;
        // Several fields may stand on one line.
        while let Some((before, after)) = rest.split_once(':') {
            let field = before.rsplit([' ', '\t', '{', ',']).next().unwrap_or_default();
            rest = after;
            let value = after.trim_start().strip_prefix(['"', '`']).and_then(|value| value.split(['"', '`']).next());
            match (field, value) {
                ("Name", Some(value)) => name = Some(value.to_owned()),
                ("Version", Some(value)) => all.extend(name.take().map(|name| (name, value.to_owned()))),
                _ => {}
            }
        }
    }
    Some(all)
}

/// The packages that we find there.
fn found(careen: &Path, tree: &Path, ecosystem: &str) -> Result<Packages, String> {
    let mut asked = Command::new(careen);
    let output = asked.arg("packages").arg(tree).args(["--of", "fs", "--json"]).output();
    let output = output.map_err(|error| format!("{}: {error}", careen.display()))?;
    let rows: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| format!("careen packages: {}", String::from_utf8_lossy(&output.stderr)))?;
    let text = |row: &serde_json::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let of_ecosystem = rows.as_array().into_iter().flatten().filter(|row| row["ecosystem"] == ecosystem);
    let name = |row: &serde_json::Value| match text(row, "purl").strip_prefix("pkg:maven/") {
        // Other tools put the group before the name.
        Some(url) => url.split('@').next().unwrap_or_default().replacen('/', ":", 1),
        None => text(row, "package"),
    };
    Ok(of_ecosystem.map(|row| (name(row), text(row, "version"))).collect())
}
