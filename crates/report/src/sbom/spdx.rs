//! SPDX 2.3, JSON (ISO/IEC 5962:2021 and its successor).

use std::collections::BTreeMap;

use careen_model::{Ecosystem, Package};
use serde::Serialize;

use super::terms::Term;
use super::{Subject, TOOL, digest};

const UNKNOWN: &str = "NOASSERTION";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    spdx_version: &'static str,
    data_license: &'static str,
    #[serde(rename = "SPDXID")]
    id: &'static str,
    name: String,
    document_namespace: String,
    creation_info: CreationInfo,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    has_extracted_licensing_infos: Vec<ExtractedLicense>,
    packages: Vec<SpdxPackage>,
    relationships: Vec<Relationship>,
}

#[derive(Serialize)]
struct CreationInfo {
    created: String,
    creators: [String; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExtractedLicense {
    license_id: String,
    extracted_text: String,
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SpdxPackage {
    name: String,
    #[serde(rename = "SPDXID")]
    id: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version_info: String,
    supplier: String,
    download_location: &'static str,
    files_analyzed: bool,
    license_concluded: &'static str,
    license_declared: String,
    copyright_text: &'static str,
    primary_package_purpose: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    checksums: Vec<Checksum>,
    #[serde(skip_serializing_if = "String::is_empty")]
    source_info: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    external_refs: Vec<ExternalReference>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Checksum {
    algorithm: String,
    checksum_value: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExternalReference {
    reference_category: &'static str,
    reference_type: &'static str,
    reference_locator: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Relationship {
    spdx_element_id: String,
    relationship_type: &'static str,
    related_spdx_element: String,
}

/// The document of one image, or of a disk with several.
pub fn document(name: &str, subjects: &[Subject<'_>], version: &str) -> Vec<u8> {
    let mut licenses = Licenses::default();
    let (mut packages, mut relationships) = (Vec::new(), Vec::new());
    let mut relate = |from: &str, kind: &'static str, to: &str| {
        relationships.push(Relationship {
            spdx_element_id: from.to_owned(),
            relationship_type: kind,
            related_spdx_element: to.to_owned(),
        });
    };
    for (number, subject) in subjects.iter().enumerate() {
        let image = format!("SPDXRef-Image-{number}");
        relate("SPDXRef-DOCUMENT", "DESCRIBES", &image);
        packages.push(SpdxPackage {
            name: subject.image.image.clone(),
            version_info: subject.image.image_id.clone(),
            primary_package_purpose: "CONTAINER",
            ..plain(image.clone())
        });
        let id = |at: usize| format!("SPDXRef-Package-{number}-{at}");
        for (at, (found, needed)) in subject.packages.iter().zip(&subject.requires).enumerate() {
            relate(&image, "CONTAINS", &id(at));
            for other in needed {
                relate(&id(at), "DEPENDS_ON", &id(*other));
            }
            packages.push(package(found, id(at), &mut licenses));
        }
    }
    let identity: Vec<&str> =
        subjects.iter().map(|subject| subject.image.image_id.trim_start_matches("sha256:")).collect();
    let document = Document {
        spdx_version: "SPDX-2.3",
        data_license: "CC0-1.0",
        id: "SPDXRef-DOCUMENT",
        name: name.to_owned(),
        // Of a reserved domain: it names the document and leads nowhere.
        document_namespace: format!("https://careen.example/spdx/{name}/{}", identity.join("-")),
        creation_info: CreationInfo {
            created: subjects.iter().map(|subject| subject.time.clone()).max().unwrap_or_default(),
            creators: [format!("Tool: {TOOL}-{version}")],
        },
        has_extracted_licensing_infos: licenses.extracted(),
        packages,
        relationships,
    };
    // Plain data with text for keys always becomes JSON.
    serde_json::to_vec_pretty(&document).unwrap_or_default()
}

/// A package of which nothing is known but its identity in the document.
fn plain(id: String) -> SpdxPackage {
    SpdxPackage {
        name: String::new(),
        id,
        version_info: String::new(),
        supplier: UNKNOWN.to_owned(),
        download_location: UNKNOWN,
        files_analyzed: false,
        license_concluded: UNKNOWN,
        license_declared: UNKNOWN.to_owned(),
        copyright_text: UNKNOWN,
        primary_package_purpose: "LIBRARY",
        checksums: Vec::new(),
        source_info: String::new(),
        external_refs: Vec::new(),
    }
}

fn package(package: &Package, id: String, licenses: &mut Licenses) -> SpdxPackage {
    let purpose = match package.ecosystem() {
        Ecosystem::Os if package.value("kind") == "release" => "OPERATING_SYSTEM",
        Ecosystem::Tools => "APPLICATION",
        _ => "LIBRARY",
    };
    let checksums = digest(package)
        .map(|(kind, digits)| Checksum { algorithm: kind.to_uppercase(), checksum_value: digits.to_owned() });
    let layer = package.layer.as_ref().map_or_else(String::new, |layer| format!(", layer {layer}"));
    SpdxPackage {
        name: package.name.clone(),
        version_info: package.version.clone(),
        supplier: supplier(&package.declared.supplier),
        license_declared: licenses.of(package),
        primary_package_purpose: purpose,
        checksums: checksums.into_iter().collect(),
        source_info: format!("{}, found at {}{layer}", package.ecosystem().name(), package.found_at),
        external_refs: vec![ExternalReference {
            reference_category: "PACKAGE-MANAGER",
            reference_type: "purl",
            reference_locator: package.purl.clone(),
        }],
        ..plain(id)
    }
}

/// `Organization: name (address)`. Brackets have a meaning there, so those of the name itself are left out.
fn supplier(text: &str) -> String {
    let (name, address) = text.split_once('<').unwrap_or((text, ""));
    let clean = |text: &str| text.replace(['(', ')', '<', '>', '\n', '\r'], " ").trim().to_owned();
    let (name, address) = (clean(name), clean(address));
    match (name.as_str(), address.as_str()) {
        ("", "") => UNKNOWN.to_owned(),
        ("", only) | (only, "") => format!("Organization: {only}"),
        (name, address) => format!("Organization: {name} ({address})"),
    }
}

/// Licences that have no known identifier: each text with an identifier of the document's own.
#[derive(Default)]
struct Licenses(BTreeMap<String, usize>);

impl Licenses {
    fn of(&mut self, package: &Package) -> String {
        let Some(declared) = Term::of(package) else { return UNKNOWN.to_owned() };
        declared.expression(&mut |name| {
            let next = self.0.len();
            let number = *self.0.entry(name.to_owned()).or_insert(next);
            format!("LicenseRef-{number}")
        })
    }

    fn extracted(&self) -> Vec<ExtractedLicense> {
        let all = self.0.iter().map(|(text, number)| ExtractedLicense {
            license_id: format!("LicenseRef-{number}"),
            extracted_text: text.clone(),
            name: text.clone(),
        });
        all.collect()
    }
}
