//! CycloneDX 1.6, JSON (ECMA-424).

use careen_model::{Ecosystem, Package};
use serde::Serialize;

use super::terms::Term;
use super::{Subject, TOOL, digest};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Bom<'a> {
    bom_format: &'static str,
    spec_version: &'static str,
    version: u32,
    metadata: Metadata<'a>,
    components: Vec<Component<'a>>,
    dependencies: Vec<Dependency>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    timestamp: &'a str,
    tools: Tools<'a>,
    component: Component<'a>,
}

#[derive(Serialize)]
struct Tools<'a> {
    components: [Component<'a>; 1],
}

#[derive(Default, Serialize)]
struct Component<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref", skip_serializing_if = "String::is_empty")]
    reference: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    supplier: Option<Named<'a>>,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    version: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "str::is_empty")]
    purl: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    components: Vec<Component<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    properties: Vec<Property<'a>>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

#[derive(Serialize)]
struct Hash<'a> {
    alg: &'static str,
    content: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum License {
    Expression(String),
    License(Declared),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Declared {
    Id(String),
    Name(String),
}

#[derive(Serialize)]
struct Property<'a> {
    name: &'static str,
    value: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    depends_on: Vec<String>,
}

/// The document of one image, or of a disk with several, each of which is a component then.
pub fn document(name: &str, subjects: &[Subject<'_>], version: &str) -> Vec<u8> {
    let tool = Component { kind: "application", name: TOOL, version, ..Component::default() };
    let timestamp = subjects.iter().map(|subject| subject.time.as_str()).max().unwrap_or_default();
    let mut dependencies = Vec::new();
    let mut images = Vec::new();
    for (number, subject) in subjects.iter().enumerate() {
        let references: Vec<String> = (0..subject.packages.len()).map(|at| format!("{number}-{at}")).collect();
        let all = subject.packages.iter().zip(&references);
        let packages: Vec<Component<'_>> =
            all.map(|(package, reference)| component(package, reference.clone())).collect();
        dependencies.push(Dependency { reference: format!("image-{number}"), depends_on: references.clone() });
        for (reference, needed) in references.iter().zip(&subject.requires) {
            let depends_on = needed.iter().filter_map(|at| references.get(*at).cloned()).collect();
            dependencies.push(Dependency { reference: reference.clone(), depends_on });
        }
        images.push(Component {
            kind: "container",
            reference: format!("image-{number}"),
            name: &subject.image.image,
            version: &subject.image.image_id,
            components: packages,
            ..Component::default()
        });
    }
    let (component, components) = match <[Component<'_>; 1]>::try_from(images) {
        // What is described stands in the metadata, what it is made of in the list.
        Ok([mut image]) => {
            let components = std::mem::take(&mut image.components);
            (image, components)
        }
        Err(images) => {
            let disk = Component { kind: "data", reference: "disk".to_owned(), name, ..Component::default() };
            (disk, images)
        }
    };
    let bom = Bom {
        bom_format: "CycloneDX",
        spec_version: "1.6",
        version: 1,
        metadata: Metadata { timestamp, tools: Tools { components: [tool] }, component },
        components,
        dependencies,
    };
    // Plain data with text for keys always becomes JSON.
    serde_json::to_vec_pretty(&bom).unwrap_or_default()
}

fn component(package: &Package, reference: String) -> Component<'_> {
    let kind = match package.ecosystem() {
        Ecosystem::Os if package.value("kind") == "release" => "operating-system",
        Ecosystem::Tools => "application",
        _ => "library",
    };
    let hash = digest(package).and_then(|(kind, content)| {
        let alg = match kind {
            "md5" => "MD5",
            "sha1" => "SHA-1",
            "sha256" => "SHA-256",
            "sha384" => "SHA-384",
            "sha512" => "SHA-512",
            _ => return None,
        };
        Some(Hash { alg, content })
    });
    let declared = &package.declared;
    let requested = declared.requested.map(|requested| if requested { "yes" } else { "no" });
    let properties = [
        ("careen:ecosystem", Some(package.ecosystem().name())),
        ("careen:found_at", Some(package.found_at.as_str())),
        ("careen:layer", package.layer.as_deref()),
        ("careen:requested", requested),
    ];
    Component {
        kind,
        reference,
        supplier: Some(declared.supplier.as_str()).filter(|name| !name.is_empty()).map(|name| Named { name }),
        name: &package.name,
        version: &package.version,
        hashes: hash.into_iter().collect(),
        licenses: Term::of(package).map_or_else(Vec::new, licenses),
        purl: &package.purl,
        components: Vec::new(),
        properties: properties.into_iter().filter_map(|(name, value)| Some(Property { name, value: value? })).collect(),
    }
}

/// One expression, or a list of identifiers and names: what is no expression can stand in none.
fn licenses(declared: Term) -> Vec<License> {
    match declared {
        Term::Known(text) if !text.contains([' ', '(']) => vec![License::License(Declared::Id(text.into_owned()))],
        declared if declared.is_known() => vec![License::Expression(declared.words())],
        declared => {
            let each = |term: Term| match term {
                Term::Known(id) => License::License(Declared::Id(id.into_owned())),
                other => License::License(Declared::Name(other.words())),
            };
            declared.parts().into_iter().map(each).collect()
        }
    }
}
