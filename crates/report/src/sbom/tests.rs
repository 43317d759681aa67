//! Two images made by hand, in both formats.

use careen_model::{Declared, Details, Ecosystem, ImagePackages, LOCKED, Package};
use serde_json::Value;

use super::*;

fn package(of: Ecosystem, name: &str, values: &[&str], declared: Declared) -> Package {
    Package {
        name: name.into(),
        version: "1.0".into(),
        purl: format!("pkg:x/{name}@1.0"),
        found_at: "/found".into(),
        layer: Some("sha256:1".into()),
        declared,
        details: Details::Other { of, values: values.iter().map(|value| (*value).to_owned()).collect() },
    }
}

fn image(name: &str, packages: Vec<Package>) -> ImagePackages {
    ImagePackages { image: name.into(), image_id: format!("sha256:{}", "a".repeat(64)), ecosystems: vec![], packages }
}

fn files(images: &[ImagePackages]) -> Vec<(String, Value)> {
    let created = |_: &str| Some("2024-05-06T07:08:09.123456789Z".to_owned());
    let files = sbom_files(images, &created, "1.2.3").into_iter();
    files.map(|file| (file.name, serde_json::from_slice(&file.bytes).unwrap())).collect()
}

fn one() -> ImagePackages {
    let declared = Declared {
        license: "GPLv2+ and MIT".into(),
        supplier: "A (x) <a@b>".into(),
        digest: format!("sha256:{}", "0".repeat(64)),
        requires: vec!["b".into(), "nothing".into()],
        requested: Some(true),
        ..Declared::default()
    };
    let b = Declared { license: "MIT".into(), digest: "sha256:zz".into(), ..Declared::default() };
    image(
        "ghcr.io/x/y:1",
        vec![
            package(Ecosystem::Npm, "a", &["installed", "/app"], declared),
            package(Ecosystem::Npm, "b", &["installed", "/app"], b.clone()),
            package(Ecosystem::Npm, "b", &["installed", "/other"], b),
            package(Ecosystem::Npm, "c", &[LOCKED, "/app"], Declared::default()),
        ],
    )
}

#[test]
fn cyclonedx_tells_packages_and_what_they_need() {
    let (name, bom) = files(&[one()]).remove(0);
    assert_eq!(name, "sbom/ghcr.io-x-y-1.cdx.json");
    assert_eq!(
        (bom["specVersion"].as_str(), bom["metadata"]["timestamp"].as_str()),
        (Some("1.6"), Some("2024-05-06T07:08:09Z"))
    );
    assert_eq!(bom["metadata"]["component"]["name"], "ghcr.io/x/y:1");
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len(), 3, "what is only locked is no component");
    assert_eq!(components[0]["licenses"][0]["license"]["name"], "GPLv2+ and MIT");
    assert_eq!(components[1]["licenses"][0]["license"]["id"], "MIT");
    assert_eq!(components[0]["hashes"][0]["alg"], "SHA-256");
    assert_eq!(components[1]["hashes"], Value::Null, "no digest is made up");
    // Of the two named b, the one of the same environment.
    let needs =
        bom["dependencies"].as_array().unwrap().iter().find(|it| it["ref"] == components[0]["bom-ref"]).unwrap();
    assert_eq!(needs["dependsOn"], serde_json::json!([components[1]["bom-ref"]]));
}

#[test]
fn spdx_tells_the_same() {
    let (name, document) = files(&[one()]).remove(1);
    assert_eq!(name, "sbom/ghcr.io-x-y-1.spdx.json");
    let packages = document["packages"].as_array().unwrap();
    assert_eq!(packages.len(), 4, "the image and its packages");
    assert_eq!(packages[1]["supplier"], "Organization: A  x (a@b)");
    assert_eq!(packages[1]["licenseDeclared"], "LicenseRef-0");
    assert_eq!(document["hasExtractedLicensingInfos"][0]["extractedText"], "GPLv2+ and MIT");
    let kinds = |kind: &str| {
        let all = document["relationships"].as_array().unwrap().iter();
        all.filter(|it| it["relationshipType"] == kind).count()
    };
    assert_eq!((kinds("DESCRIBES"), kinds("CONTAINS"), kinds("DEPENDS_ON")), (1, 3, 1));
}

/// In the JSON of SPDX 2.3 these words have underscores, in its text they have dashes.
#[test]
fn spdx_has_the_words_of_its_schema_for_what_packages_are_for() {
    let system = package(Ecosystem::Os, "debian", &["release"], Declared::default());
    let (_, document) = files(&[image("a", vec![system])]).remove(1);
    let packages = document["packages"].as_array().unwrap();
    let purposes: Vec<&str> = packages.iter().filter_map(|it| it["primaryPackagePurpose"].as_str()).collect();
    assert!(purposes.contains(&"OPERATING_SYSTEM"), "{purposes:?}");
    let known = [
        "OTHER",
        "INSTALL",
        "ARCHIVE",
        "FIRMWARE",
        "APPLICATION",
        "FRAMEWORK",
        "LIBRARY",
        "CONTAINER",
        "SOURCE",
        "DEVICE",
        "OPERATING_SYSTEM",
        "FILE",
    ];
    assert!(purposes.iter().all(|purpose| known.contains(purpose)), "{purposes:?}");
}

#[test]
fn a_disk_has_a_document_of_its_own_and_names_never_meet() {
    let names: Vec<String> =
        files(&[image("a/b", vec![]), image("a:b", vec![]), image("disk", vec![]), image("..", vec![])])
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| name.ends_with(".spdx.json"))
            .collect();
    assert_eq!(
        names,
        [
            "sbom/-aaaaaaaaaaaa.spdx.json",
            "sbom/a-b-aaaaaaaaaaaa.spdx.json",
            "sbom/a-b.spdx.json",
            "sbom/disk-aaaaaaaaaaaa.spdx.json",
            "sbom/disk.spdx.json",
        ]
    );
}

#[test]
fn the_same_images_make_the_same_bytes() {
    let no_time = |_: &str| None;
    let (first, again) = (sbom_files(&[one()], &no_time, "1"), sbom_files(&[one(), one()], &no_time, "1"));
    assert_eq!(first, again);
    // One by one they are the same.
    assert_eq!(sbom_names(&[one()]), first.iter().map(|file| file.name.clone()).collect::<Vec<_>>());
    for file in &first {
        assert_eq!(sbom_file(&[one()], &file.name, &no_time, "1").as_ref(), Some(&file.bytes), "{}", file.name);
    }
    assert_eq!(sbom_file(&[one()], "sbom/other.cdx.json", &no_time, "1"), None);
    assert!(String::from_utf8_lossy(&first[0].bytes).contains(NO_TIME));
}

#[test]
fn licences_of_dpkg_are_identifiers_where_their_names_are_standard() {
    let of = |license: &str| {
        let mut package =
            package(Ecosystem::Apt, "a", &[], Declared { license: license.into(), ..Declared::default() });
        package.details = Details::Apt {
            architecture: "all".into(),
            source: "a".into(),
            source_version: "1".into(),
            status: "install ok installed".into(),
        };
        let files = files(&[image("x", vec![package])]);
        (files[0].1["components"][0]["licenses"].clone(), files[1].1.clone())
    };
    let (parts, spdx) = of("GPL-2+\npublic-domain\nExpat or Artistic\nGPL-2.0+");
    assert_eq!(
        parts,
        serde_json::json!([
            {"license": {"id": "GPL-2.0-or-later"}},
            {"license": {"name": "public-domain"}},
            {"license": {"name": "MIT OR Artistic"}},
        ])
    );
    assert_eq!(spdx["packages"][1]["licenseDeclared"], "GPL-2.0-or-later AND LicenseRef-0 AND (MIT OR LicenseRef-1)");
    assert_eq!(spdx["hasExtractedLicensingInfos"].as_array().unwrap().len(), 2);
    let (parts, _) = of("GPL-1+ or Artistic-2.0\nISC");
    assert_eq!(parts, serde_json::json!([{"expression": "(GPL-1.0-or-later OR Artistic-2.0) AND ISC"}]));
    assert_eq!(of("LPPL-1.3c").0, serde_json::json!([{"license": {"id": "LPPL-1.3c"}}]));
    assert_eq!(of("MIT").0, serde_json::json!([{"license": {"name": "MIT"}}]), "of Debian it is a name of many");
    assert_eq!(of("").0, Value::Null);
}
