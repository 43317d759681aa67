//! `careen packages --out` against what dpkg, pip and conda said of the same trees.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use careen_tests::listing::short;
use careen_tests::{Disk, Outcome, careen, compare};
use serde_json::Value;

use crate::records::{Truth, good_codes};

/// A row of a CSV file, by column.
type Row = BTreeMap<String, String>;

/// A set of rows to compare.
type Rows = BTreeSet<Vec<String>>;

/// The files that any disk gives, and their columns; a matrix has a column for each image besides.
const FILES: &[(&str, &str)] = &[
    ("packages_by_image.csv", "image,image_id,ecosystem,package,version,purl,layer,found_at"),
    ("per_image_unique_packages.csv", "image,ecosystem,package,version"),
    ("version_drift.csv", "ecosystem,package,lowest,highest,versions,images"),
    ("standard_set.csv", "ecosystem,package,chosen version,reason"),
    ("common_packages.csv", "ecosystem,package,same_version"),
];

/// The files of each ecosystem.
const ECOSYSTEM_FILES: &[(&str, &str)] = &[
    ("apt", "image,image_id,package,version,architecture,source,source_version,status,layer,found_at"),
    ("conda", "image,image_id,package,version,build,channel,environment,layer,found_at"),
    ("pip", "image,image_id,package,version,environment,installer,editable,layer,found_at"),
];

/// The packages of every image.
pub fn of_images(disk: &Disk, truth: &Truth) -> Outcome {
    let out = write(disk, truth, &[])?;
    for (file, columns) in FILES {
        has_form(&out.join(file), columns)?;
    }
    for (ecosystem, columns) in ECOSYSTEM_FILES {
        let file = out.join(format!("{ecosystem}_packages_by_image.csv"));
        if file.exists() {
            has_form(&file, columns)?;
            has_form(&out.join(format!("{ecosystem}_matrix.csv")), "package")?;
        }
    }
    let ours = Ours::read(&out)?;
    let mut wrong = Vec::new();
    for id in truth.listed_image_ids() {
        let image = truth.images.iter().find(|image| image["Id"] == *id).cloned().unwrap_or_default();
        let said = truth.packages(short(&id)).unwrap_or_default();
        wrong.extend(same_packages(&label(&image), &id, &said, &ours).err());
    }
    compare::verdict(&wrong)
}

/// The packages of every container.
pub fn of_containers(disk: &Disk, truth: &Truth) -> Outcome {
    let ours = Ours::read(&write(disk, truth, &["--containers"])?)?;
    let mut wrong = Vec::new();
    for container in &truth.containers {
        let (id, name) = (container["Id"].as_str().unwrap_or_default(), container["Name"].as_str().unwrap_or_default());
        let said = truth.packages(&format!("c-{}", short(id))).unwrap_or_default();
        wrong.extend(same_packages(&format!("container:{}", name.trim_start_matches('/')), id, &said, &ours).err());
    }
    compare::verdict(&wrong)
}

/// The matrix of each ecosystem, worked out anew from the lists that the tools gave.
pub fn matrices(disk: &Disk, truth: &Truth) -> Outcome {
    let out = write(disk, truth, &[])?;
    let ours = Ours::read(&out)?;
    for (ecosystem, _) in ECOSYSTEM_FILES {
        // By column, by package, the versions.
        let mut columns: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
        for id in truth.listed_image_ids() {
            let image = truth.images.iter().find(|image| image["Id"] == *id).cloned().unwrap_or_default();
            let said = truth.packages(short(&id)).unwrap_or_default();
            if let Some(packages) = packages_in(ecosystem, &said, &ours, &id) {
                let column = columns.entry(label(&image)).or_default();
                for (name, version) in packages {
                    column.entry(name).or_default().insert(version);
                }
            }
        }
        let file = out.join(format!("{ecosystem}_matrix.csv"));
        if columns.is_empty() {
            if file.exists() {
                return Err(format!("no image has {ecosystem}, but there is {}", file.display()));
            }
            continue;
        }
        let mut said = vec![std::iter::once("package".to_owned()).chain(columns.keys().cloned()).collect::<Vec<_>>()];
        let names: BTreeSet<&String> = columns.values().flat_map(BTreeMap::keys).collect();
        for name in names {
            let cells = columns.values().map(|column| {
                let versions = column.get(name).into_iter().flatten().map(String::as_str);
                versions.collect::<Vec<_>>().join(" | ")
            });
            said.push(std::iter::once(name.clone()).chain(cells).collect());
        }
        let got =
            table(&file)?.into_iter().map(|row| row.into_iter().map(|cell| in_byte_order(&cell)).collect::<Vec<_>>());
        let mut got: Vec<Vec<String>> = got.collect();
        if !truth.whole {
            keep_columns(&mut got, said.first().map_or(&[], Vec::as_slice));
        }
        if let Some(line) = (0..said.len().max(got.len())).find(|line| said.get(*line) != got.get(*line)) {
            return Err(format!(
                "{ecosystem}_matrix.csv, line {}\nsaid: {:?}\nours: {:?}",
                line + 1,
                said.get(line),
                got.get(line)
            ));
        }
    }
    Ok(())
}

/// Leaves out the columns of images that nothing is said about, and the rows that are empty then.
fn keep_columns(table: &mut Vec<Vec<String>>, columns: &[String]) {
    let head = table.first().cloned().unwrap_or_default();
    let kept: Vec<bool> = head.iter().map(|column| columns.contains(column)).collect();
    for row in &mut *table {
        let mut at = 0;
        row.retain(|_| {
            at += 1;
            kept.get(at - 1) == Some(&true)
        });
    }
    table.retain(|row| row.iter().skip(1).any(|cell| !cell.is_empty()));
}

/// A cell may hold several versions in the order of their ecosystem.
fn in_byte_order(cell: &str) -> String {
    let mut versions: Vec<&str> = cell.split(" | ").collect();
    versions.sort_unstable();
    versions.join(" | ")
}

/// Names and versions that count in a matrix; `None` when the image does not have the ecosystem.
fn packages_in(ecosystem: &str, said: &Value, ours: &Ours, id: &str) -> Option<Vec<(String, String)>> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    match ecosystem {
        "apt" => {
            let status_d = ours.rows("apt", id).filter(|row| row["found_at"].contains("/status.d/"));
            let status_d =
                said.get("dpkg_status_d").map(|_| status_d.map(|row| (row["package"].clone(), row["version"].clone())));
            let dpkg = said["dpkg"].as_array().map(|list| {
                let installed = list.iter().filter(|package| text(package, "status").ends_with(" ok installed"));
                installed.map(|package| (text(package, "name"), text(package, "version")))
            });
            if dpkg.is_none() && status_d.is_none() {
                return None;
            }
            Some(dpkg.into_iter().flatten().chain(status_d.into_iter().flatten()).collect())
        }
        // By directory; one without packages is a database too.
        _ => {
            let directories = said[ecosystem].as_object().filter(|directories| !directories.is_empty())?;
            let packages = directories.values().flat_map(|list| list.as_array().cloned().unwrap_or_default());
            let name = |package: &Value| {
                if ecosystem == "pip" { pep_503(&text(package, "name")) } else { text(package, "name") }
            };
            Some(packages.map(|package| (name(&package), text(&package, "version"))).collect())
        }
    }
}

/// PEP 503: runs of `-`, `_` and `.` are one `-`, letters are small.
fn pep_503(name: &str) -> String {
    let parts = name.split(['-', '_', '.']).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

/// Compares the packages of one tree.
fn same_packages(label: &str, id: &str, said: &Value, ours: &Ours) -> Outcome {
    let of = |row: &Row, columns: &[&str]| columns.iter().map(|column| row[*column].clone()).collect::<Vec<_>>();
    let fields = |value: &Value, keys: &[&str]| {
        keys.iter().map(|key| value[*key].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    if let Some(row) = ours.all_rows(id).find(|row| row["image"] != label) {
        return Err(format!("{id} is called {}, expected {label}", row["image"]));
    }

    let (in_status_d, in_status): (Vec<&Row>, Vec<&Row>) =
        ours.rows("apt", id).partition(|row| row["found_at"].contains("/status.d/"));
    let dpkg = said["dpkg"].as_array().into_iter().flatten();
    let dpkg: Rows = dpkg
        .map(|package| fields(package, &["name", "version", "arch", "status", "source", "source_version"]))
        .collect();
    // dpkg-query leaves out what is not installed and has nothing left behind.
    let in_status = in_status.into_iter().filter(|row| !row["status"].ends_with(" not-installed"));
    let columns = ["package", "version", "architecture", "status", "source", "source_version"];
    compare::sets(&format!("{label}: dpkg"), &dpkg, &in_status.map(|row| of(row, &columns)).collect())?;

    let files = said["dpkg_status_d"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let files: Rows = files
        .filter(|name| !name.ends_with(".md5sums"))
        .map(|name| vec![format!("/var/lib/dpkg/status.d/{name}")])
        .collect();
    compare::sets(
        &format!("{label}: status.d"),
        &files,
        &in_status_d.iter().map(|row| vec![row["found_at"].clone()]).collect(),
    )?;

    let mut pip = Rows::new();
    let mut unknown_to_pip = BTreeSet::new();
    for (directory, list) in said["pip"].as_object().into_iter().flatten() {
        let Some(list) = list.as_array() else {
            unknown_to_pip.insert(directory.clone());
            continue;
        };
        pip.extend(
            list.iter().map(|package| [vec![directory.clone()], fields(package, &["name", "version"])].concat()),
        );
    }
    let own =
        ours.rows("pip", id).map(|row| vec![site(&row["found_at"]), row["package"].clone(), row["version"].clone()]);
    let own: Rows = own.filter(|row| !unknown_to_pip.contains(&row[0])).collect();
    compare::sets(&format!("{label}: pip"), &pip, &own)?;

    let mut conda = Rows::new();
    for (environment, list) in said["conda"].as_object().into_iter().flatten() {
        for package in list.as_array().into_iter().flatten() {
            conda.insert(
                [vec![environment.clone()], fields(package, &["name", "version", "build", "channel"])].concat(),
            );
        }
    }
    let columns = ["environment", "package", "version", "build", "channel"];
    compare::sets(&format!("{label}: conda"), &conda, &ours.rows("conda", id).map(|row| of(row, &columns)).collect())
}

/// The directory that pip would call the path of a distribution with this metadata.
fn site(found_at: &str) -> String {
    let parts: Vec<&str> = found_at.split('/').collect();
    let own = parts.iter().rposition(|part| part.ends_with(".dist-info") || part.ends_with(".egg-info"));
    parts[..own.unwrap_or(parts.len() - 1)].join("/")
}

/// What an image's row is called.
fn label(image: &Value) -> String {
    let tags = image["RepoTags"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut names: Vec<&str> = tags.filter(|name| !name.contains('@')).collect();
    names.sort_unstable();
    names.first().map_or_else(|| short(image["Id"].as_str().unwrap_or_default()).to_owned(), |name| (*name).to_owned())
}

/// The by-image files of a disk.
struct Ours {
    rows: Vec<(&'static str, Vec<Row>)>,
}

impl Ours {
    fn read(out: &Path) -> Result<Ours, String> {
        let mut rows = Vec::new();
        for (ecosystem, _) in ECOSYSTEM_FILES {
            let file = out.join(format!("{ecosystem}_packages_by_image.csv"));
            if !file.exists() {
                continue;
            }
            let table = table(&file)?;
            let Some((head, lines)) = table.split_first() else { return Err(format!("{}: empty", file.display())) };
            let named = lines.iter().map(|line| head.iter().cloned().zip(line.iter().cloned()).collect()).collect();
            rows.push((*ecosystem, named));
        }
        Ok(Ours { rows })
    }

    fn rows<'a>(&'a self, ecosystem: &'a str, id: &'a str) -> impl Iterator<Item = &'a Row> {
        let all = self.rows.iter().filter(move |(name, _)| *name == ecosystem).flat_map(|(_, rows)| rows);
        all.filter(move |row| row["image_id"] == id)
    }

    fn all_rows<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows.iter().flat_map(|(_, rows)| rows).filter(move |row| row["image_id"] == id)
    }
}

/// Writes the package files of a disk into a fresh folder.
fn write(disk: &Disk, truth: &Truth, options: &[&str]) -> Result<PathBuf, String> {
    let name =
        format!("packages-{}-{}-{:?}", disk.name.replace('/', "-"), options.concat(), std::thread::current().id());
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name.replace(['(', ')'], ""));
    if out.exists() {
        std::fs::remove_dir_all(&out).map_err(|error| format!("{}: {error}", out.display()))?;
    }
    let (file, folder) = (disk.file.to_string_lossy(), out.to_string_lossy());
    let arguments = ["packages", &file, "--out", &folder].into_iter().chain(options.iter().copied());
    careen(arguments).expect(&good_codes(truth))?;
    Ok(out)
}

/// The cells of a CSV file, without the apostrophes that keep spreadsheets from computing.
fn table(file: &Path) -> Result<Vec<Vec<String>>, String> {
    let shown = |error: csv::Error| format!("{}: {error}", file.display());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_path(file).map_err(shown)?;
    let records = reader.records().collect::<Result<Vec<_>, _>>().map_err(shown)?;
    Ok(records.iter().map(|record| record.iter().map(|cell| unguarded(cell).to_owned()).collect()).collect())
}

fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => rest,
        _ => cell,
    }
}

/// The form that every file has: no mark at its start, this header, lines that end with CR LF, rows in byte order, none
/// twice.
fn has_form(file: &Path, columns: &str) -> Outcome {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
    let header = text.split("\r\n").next().unwrap_or_default();
    if header != columns && !header.starts_with(&format!("{columns},")) {
        return Err(format!("{name}: its header is {header:?}, expected {columns:?}"));
    }
    if !text.ends_with("\r\n") || text.replace("\r\n", "").contains(['\n', '\r']) {
        return Err(format!("{name}: a line does not end with CR LF"));
    }
    let rows = table(file)?;
    match rows.windows(2).skip(1).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => Err(format!("{name}: {:?} stands before {:?}", pair[0], pair[1])),
        None => Ok(()),
    }
}
