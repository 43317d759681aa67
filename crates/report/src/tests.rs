//! Three images made by hand, and the files that come of them.

use careen_model::{Declared, Details, Ecosystem, ImagePackages, Package};

use crate::*;

fn apt(name: &str, version: &str, status: &str) -> Package {
    let details = Details::Apt {
        architecture: "amd64".into(),
        source: name.into(),
        source_version: version.into(),
        status: status.into(),
    };
    package(name, version, "/var/lib/dpkg/status", Some("sha256:1"), details)
}

fn pip(name: &str, version: &str, environment: &str) -> Package {
    let details = Details::Pip { environment: environment.into(), installer: "pip".into(), editable: name == "own" };
    package(name, version, &format!("{environment}/METADATA"), None, details)
}

fn package(name: &str, version: &str, found_at: &str, layer: Option<&str>, details: Details) -> Package {
    Package {
        name: name.into(),
        version: version.into(),
        purl: format!("pkg:x/{name}@{version}"),
        found_at: found_at.into(),
        layer: layer.map(Into::into),
        declared: Declared::default(),
        details,
    }
}

fn image(label: &str, ecosystems: &[Ecosystem], packages: Vec<Package>) -> ImagePackages {
    ImagePackages {
        image: label.into(),
        image_id: format!("sha256:{label}"),
        ecosystems: ecosystems.to_vec(),
        packages,
    }
}

const INSTALLED: &str = "install ok installed";

fn images() -> Vec<ImagePackages> {
    vec![
        image(
            "b:1",
            &[Ecosystem::Apt, Ecosystem::Pip],
            vec![
                apt("bash", "5.2-1", INSTALLED),
                apt("zlib", "1:1.9", INSTALLED),
                pip("Six_x", "1.9", "/usr"),
                pip("six.x", "1.10", "/opt/venv"),
                pip("six-x", "1.9", "/home/u/.local"),
                pip("own", "0.1", "/usr"),
            ],
        ),
        image(
            "a:1",
            &[Ecosystem::Apt],
            vec![
                apt("bash", "5.2-1", "hold ok installed"),
                apt("zlib", "1:1.10", INSTALLED),
                apt("@odd", "=1+1", INSTALLED),
                apt("gone", "1", "deinstall ok config-files"),
                apt("half", "1", "install ok unpacked"),
                apt("never", "", "unknown ok not-installed"),
            ],
        ),
        image("c:1", &[Ecosystem::Pip], vec![pip("six-x", "1.10", "/usr")]),
        image("d:empty", &[], vec![]),
    ]
}

/// The text of one file.
fn file(name: &str) -> String {
    let files = package_files(&images());
    let found = files.iter().find(|file| file.name == name).unwrap();
    String::from_utf8(found.bytes.clone()).unwrap()
}

fn lines(rows: &[&str]) -> String {
    rows.iter().map(|row| format!("{row}\r\n")).collect()
}

#[test]
fn the_files_of_every_ecosystem_that_was_found_and_the_five_that_are_always_written() {
    let names = |images: &[ImagePackages]| package_files(images).into_iter().map(|file| file.name).collect::<Vec<_>>();
    let always = [
        "common_packages.csv",
        "packages_by_image.csv",
        "per_image_unique_packages.csv",
        "standard_set.csv",
        "version_drift.csv",
    ];
    let mut expected: Vec<&str> = always.to_vec();
    expected.extend(["apt_matrix.csv", "apt_packages_by_image.csv", "pip_matrix.csv", "pip_packages_by_image.csv"]);
    expected.sort_unstable();
    assert_eq!(names(&images()), expected);
    assert_eq!(package_file_names(&images()), expected);
    for file in package_files(&images()) {
        assert_eq!(package_file(&images(), &file.name), Some(file.bytes), "{}", file.name);
    }
    assert_eq!(package_file(&images(), "rpm_matrix.csv"), None);
    assert_eq!(names(&[]), always);
    let empty_database = [image("a", &[Ecosystem::Conda], vec![])];
    assert!(names(&empty_database).contains(&"conda_matrix.csv".to_owned()));
}

#[test]
fn by_image_all_states_stand_and_names_stay_as_written() {
    assert_eq!(
        file("apt_packages_by_image.csv"),
        lines(&[
            "image,image_id,package,version,architecture,source,source_version,status,layer,found_at",
            "a:1,sha256:a:1,'@odd,'=1+1,amd64,'@odd,'=1+1,install ok installed,sha256:1,/var/lib/dpkg/status",
            "a:1,sha256:a:1,bash,5.2-1,amd64,bash,5.2-1,hold ok installed,sha256:1,/var/lib/dpkg/status",
            "a:1,sha256:a:1,gone,1,amd64,gone,1,deinstall ok config-files,sha256:1,/var/lib/dpkg/status",
            "a:1,sha256:a:1,half,1,amd64,half,1,install ok unpacked,sha256:1,/var/lib/dpkg/status",
            "a:1,sha256:a:1,never,,amd64,never,,unknown ok not-installed,sha256:1,/var/lib/dpkg/status",
            "a:1,sha256:a:1,zlib,1:1.10,amd64,zlib,1:1.10,install ok installed,sha256:1,/var/lib/dpkg/status",
            "b:1,sha256:b:1,bash,5.2-1,amd64,bash,5.2-1,install ok installed,sha256:1,/var/lib/dpkg/status",
            "b:1,sha256:b:1,zlib,1:1.9,amd64,zlib,1:1.9,install ok installed,sha256:1,/var/lib/dpkg/status",
        ])
    );
    assert_eq!(
        file("pip_packages_by_image.csv"),
        lines(&[
            "image,image_id,package,version,environment,installer,editable,layer,found_at",
            "b:1,sha256:b:1,Six_x,1.9,/usr,pip,no,,/usr/METADATA",
            "b:1,sha256:b:1,own,0.1,/usr,pip,yes,,/usr/METADATA",
            "b:1,sha256:b:1,six-x,1.9,/home/u/.local,pip,no,,/home/u/.local/METADATA",
            "b:1,sha256:b:1,six.x,1.10,/opt/venv,pip,no,,/opt/venv/METADATA",
            "c:1,sha256:c:1,six-x,1.10,/usr,pip,no,,/usr/METADATA",
        ])
    );
}

#[test]
fn a_conda_row_has_build_and_channel() {
    let (build, channel, environment) = ("py_0".into(), "forge".into(), "/opt/conda".into());
    let details = Details::Conda { build, channel, environment };
    let images = [image("a", &[Ecosystem::Conda], vec![package("x", "1", "/m/x.json", None, details)])];
    let files = package_files(&images);
    let file = files.iter().find(|file| file.name == "conda_packages_by_image.csv").unwrap();
    let expected = lines(&[
        "image,image_id,package,version,build,channel,environment,layer,found_at",
        "a,sha256:a,x,1,py_0,forge,/opt/conda,,/m/x.json",
    ]);
    assert_eq!(String::from_utf8_lossy(&file.bytes), expected);
}

#[test]
fn everything_stands_in_one_file_and_the_same_rows_are_the_json() {
    let text = file("packages_by_image.csv");
    assert!(text.starts_with("image,image_id,ecosystem,package,version,purl,layer,found_at\r\n"));
    assert_eq!(text.lines().count(), 1 + 13);
    let rows = package_rows(&images());
    let first = serde_json::to_value(&rows[0]).unwrap();
    let expected = serde_json::json!({
        "image": "a:1", "image_id": "sha256:a:1", "ecosystem": "apt", "package": "@odd", "version": "=1+1",
        "purl": "pkg:x/@odd@=1+1", "layer": "sha256:1", "found_at": "/var/lib/dpkg/status"
    });
    assert_eq!(first, expected);
    assert_eq!(rows.last().map(|row| (row.image.as_str(), row.layer.as_deref())), Some(("c:1", None)));
}

#[test]
fn a_matrix_has_what_is_installed_in_the_images_that_have_the_ecosystem() {
    let expected = lines(&["package,a:1,b:1", "'@odd,'=1+1,", "bash,5.2-1,5.2-1", "zlib,1:1.10,1:1.9"]);
    assert_eq!(file("apt_matrix.csv"), expected);
    assert_eq!(file("pip_matrix.csv"), lines(&["package,b:1,c:1", "own,0.1,", "six-x,1.9 | 1.10,1.10"]));
}

#[test]
fn common_is_what_every_image_with_the_ecosystem_has() {
    assert_eq!(
        file("common_packages.csv"),
        lines(&[
            "ecosystem,package,same_version,a:1,b:1,c:1,d:empty",
            "apt,bash,yes,5.2-1,5.2-1,,",
            "apt,zlib,no,1:1.10,1:1.9,,",
            "pip,six-x,no,,1.9 | 1.10,1.10,",
        ])
    );
    // An image with an empty database has nothing, so nothing is common.
    let mut with_empty = images();
    with_empty.push(image("e:1", &[Ecosystem::Apt], vec![]));
    assert!(compare(&with_empty).common.iter().all(|row| row.ecosystem == Ecosystem::Pip));
}

#[test]
fn unique_is_what_one_image_alone_has() {
    let expected = lines(&["image,ecosystem,package,version", "a:1,apt,'@odd,'=1+1", "b:1,pip,own,0.1"]);
    assert_eq!(file("per_image_unique_packages.csv"), expected);
}

#[test]
fn drift_is_ordered_by_the_ecosystems_own_rules() {
    assert_eq!(
        file("version_drift.csv"),
        lines(&[
            "ecosystem,package,lowest,highest,versions,images",
            "apt,zlib,1:1.9,1:1.10,1:1.9 | 1:1.10,a:1 | b:1",
            "pip,six-x,1.9,1.10,1.9 | 1.10,b:1 | c:1",
        ])
    );
}

#[test]
fn one_version_for_all_is_the_highest_in_use() {
    assert_eq!(
        file("standard_set.csv"),
        lines(&[
            "ecosystem,package,chosen version,reason",
            "apt,'@odd,'=1+1,only one image has it",
            "apt,bash,5.2-1,the same version in every image that has it",
            "apt,zlib,1:1.10,the highest version in use",
            "pip,own,0.1,only one image has it",
            "pip,six-x,1.10,the highest version in use",
        ])
    );
    // A version that cannot be ordered is not taken for the highest.
    let odd = |version: &str| image(version, &[Ecosystem::Pip], vec![pip("p", version, "/usr")]);
    let comparison = compare(&[odd("1.0"), odd("unknown")]);
    assert_eq!((comparison.drift[0].highest.as_str(), comparison.standard[0].version.as_str()), ("unknown", "1.0"));
}

#[test]
fn one_version_for_several_systems_is_one_that_all_of_them_have() {
    let on = |label: &str, release: &str, versions: &[(&str, &str)]| {
        let details = Details::Other { of: Ecosystem::Os, values: vec!["release".into()] };
        let mut packages = vec![package("debian", release, "/etc/os-release", None, details)];
        packages.extend(versions.iter().map(|(name, version)| apt(name, version, INSTALLED)));
        packages.extend(versions.iter().map(|(name, version)| pip(name, version, "/usr")));
        image(label, &[Ecosystem::Apt, Ecosystem::Pip], packages)
    };
    let images = [
        on("a", "11", &[("curl", "1"), ("zlib", "1"), ("same", "3")]),
        on("b", "12", &[("curl", "1"), ("zlib", "2"), ("same", "3")]),
        on("c", "12", &[("curl", "2")]),
    ];
    let comparison = compare(&images);
    let of = |ecosystem: Ecosystem| {
        let rows = comparison.standard.iter().filter(move |row| row.ecosystem == ecosystem);
        rows.map(|row| (row.package.as_str(), row.version.as_str(), row.reason)).collect::<Vec<_>>()
    };
    use careen_model::StandardReason::{Highest, HighestOfAll, NoneOfAll, Same};
    assert_eq!(of(Ecosystem::Apt), [("curl", "1", HighestOfAll), ("same", "3", Same), ("zlib", "2", NoneOfAll)]);
    assert_eq!(of(Ecosystem::Pip), [("curl", "2", Highest), ("same", "3", Same), ("zlib", "2", Highest)]);
    assert_eq!(comparison.matrices[0].rows[0].source, "curl");
}

#[test]
fn one_version_for_all_runs_on_the_python_of_all() {
    let python = |name: &str, version: &str, python: &str, of: &str| {
        let mut package = pip(name, version, "/opt/conda");
        package.found_at = format!("/opt/conda/lib/python{of}/site-packages/{name}.dist-info/METADATA");
        package.declared.python = python.into();
        package
    };
    let interpreter = |version: &str| {
        let details = Details::Conda { build: "0".into(), channel: "c".into(), environment: "/opt/conda".into() };
        package("python", version, "/opt/conda/conda-meta/python.json", None, details)
    };
    let images = [
        image(
            "old",
            &[Ecosystem::Pip, Ecosystem::Conda],
            vec![
                interpreter("3.8.10"),
                python("numpy", "1.24.4", ">=3.8", "3.8"),
                python("click", "8.1.7", ">=3.7", "3.8"),
                python("fine", "1.0", ">=3.8.11", "3.8"),
                python("free", "1.0", "", "3.8"),
            ],
        ),
        image(
            "new",
            &[Ecosystem::Pip],
            vec![
                python("numpy", "2.1.0", ">=3.10", "3.12"),
                python("click", "8.1.8", ">=3.7", "3.12"),
                python("fine", "2.0", ">=3.9", "3.12"),
                python("free", "2.0", "no set", "3.12"),
                python("alone", "1.0", ">=4", "3.12"),
            ],
        ),
    ];
    let comparison = compare(&images);
    let rows = comparison.standard.iter().filter(|row| row.ecosystem == Ecosystem::Pip);
    let found: Vec<_> = rows.map(|row| (row.package.as_str(), row.version.as_str(), row.reason)).collect();
    use careen_model::StandardReason::{Highest, HighestForPython, NoneForPython, Only};
    assert_eq!(
        found,
        [
            ("alone", "1.0", Only),
            ("click", "8.1.8", Highest),
            ("fine", "2.0", NoneForPython),
            ("free", "2.0", Highest),
            ("numpy", "1.24.4", HighestForPython),
        ]
    );
}

#[test]
fn the_same_image_twice_counts_once_and_the_order_given_does_not_matter() {
    let mut shuffled = images();
    shuffled.reverse();
    shuffled.extend(images());
    assert_eq!(package_files(&shuffled), package_files(&images()));
    assert_eq!(compare(&shuffled), compare(&images()));
}
