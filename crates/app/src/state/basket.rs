//! What was chosen to be taken out, from whatever page, until it is saved or let go.

use careen_protocol::{ArchiveKind, ExportOf, KitOf, OnDamage, RebuildOf, ReportOf};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is smaller is not looked at more closely.
const LITTLE: u64 = 1 << 20;

/// How much something will weigh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// Not looked at yet.
    #[default]
    Unknown,
    /// Bytes, each file once, with the holes of sparse files; to be looked at more closely.
    AtMost(u64),
    /// Bytes, each file once.
    Known(u64),
    /// It cannot be told.
    Untold,
}

impl Weight {
    /// The bytes, if they are known.
    pub fn bytes(self) -> Option<u64> {
        match self {
            Weight::Known(bytes) | Weight::AtMost(bytes) => Some(bytes),
            Weight::Unknown | Weight::Untold => None,
        }
    }

    /// Whether it is still to be found out.
    pub fn is_open(self) -> bool {
        matches!(self, Weight::Unknown | Weight::AtMost(_))
    }
}

/// Something that was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Scope as the command line writes it.
    pub scope: String,
    /// Only what lies at this path of it.
    pub path: Option<Vec<u8>>,
    /// What people call it.
    pub label: String,
    /// Name of the file without its ending, where it has one of its own.
    pub stem: Option<String>,
    /// The kind of archive it goes into.
    pub kind: ArchiveKind,
    /// How much it will weigh.
    pub weight: Weight,
}

impl Item {
    /// All of a scope, in the kind of archive that fits it best.
    pub fn of_scope(scope: impl Into<String>, label: impl Into<String>, weight: Option<u64>) -> Item {
        let scope = scope.into();
        let kind = kinds(&scope, false).first().copied().unwrap_or(ArchiveKind::Tar);
        // Where there is little, holes matter little; layers are told without holes.
        let is_close = |bytes: &u64| *bytes < LITTLE || kind.is_of_images();
        let weight = match weight {
            Some(bytes) if is_close(&bytes) => Weight::Known(bytes),
            Some(bytes) => Weight::AtMost(bytes),
            None => Weight::Unknown,
        };
        Item { scope, path: None, label: label.into(), stem: None, kind, weight }
    }

    /// A file, or a directory with all below it.
    pub fn of_path(scope: impl Into<String>, path: Vec<u8>, weight: Option<u64>) -> Item {
        let label = String::from_utf8_lossy(&path).into_owned();
        Item { path: Some(path), kind: ArchiveKind::Tar, ..Item::of_scope(scope, label, weight) }
    }

    /// The word before the name in its scope.
    pub fn what(&self) -> &str {
        self.scope.split(':').next().unwrap_or_default()
    }

    fn is(&self, scope: &str, path: Option<&[u8]>) -> bool {
        self.scope == scope && self.path.as_deref() == path
    }

    /// What is asked of the worker for it.
    pub fn export(&self) -> ExportOf {
        ExportOf {
            scopes: vec![self.scope.clone()],
            paths: self.path.iter().cloned().collect(),
            kind: self.kind,
            on_damage: OnDamage::default(),
        }
    }
}

/// The kinds of archive a scope can be put in, the best first.
pub fn kinds(scope: &str, is_path: bool) -> &'static [ArchiveKind] {
    const FILES: &[ArchiveKind] = &[ArchiveKind::Tar, ArchiveKind::TarGz, ArchiveKind::Zip];
    const PACKED: &[ArchiveKind] = &[ArchiveKind::TarGz, ArchiveKind::Tar];
    const IMAGES: &[ArchiveKind] =
        &[ArchiveKind::Docker, ArchiveKind::Oci, ArchiveKind::Tar, ArchiveKind::TarGz, ArchiveKind::Zip];
    match scope.split(':').next() {
        _ if is_path => FILES,
        Some("image" | "container") => IMAGES,
        Some("store") => PACKED,
        _ => FILES,
    }
}

/// What was chosen, in the order of choosing.
#[derive(Clone, Copy)]
pub struct Basket {
    /// The things.
    pub items: RwSignal<Vec<Item>>,
    /// Whether images go into one archive, in which shared layers stand once.
    pub together: RwSignal<bool>,
    /// What is done about a file that cannot be read whole.
    pub on_damage: RwSignal<OnDamage>,
}

impl Basket {
    /// An empty one.
    pub fn new() -> Basket {
        Basket {
            items: RwSignal::new(Vec::new()),
            together: RwSignal::new(true),
            on_damage: RwSignal::new(OnDamage::default()),
        }
    }

    /// Whether something is in it.
    pub fn has(&self, scope: &str, path: Option<&[u8]>) -> bool {
        self.items.with(|items| items.iter().any(|item| item.is(scope, path)))
    }

    /// Puts something in, or takes it out.
    pub fn set(&self, item: Item, is_in: bool) {
        self.items.update(|items| {
            let known = items.iter().position(|known| known.is(&item.scope, item.path.as_deref()));
            match (known, is_in) {
                (None, true) => items.push(item),
                (Some(at), false) => drop(items.remove(at)),
                _ => {}
            }
        });
    }

    /// Changes something that is in it.
    pub fn change(&self, scope: &str, path: Option<&[u8]>, change: impl FnOnce(&mut Item)) {
        self.items.update(|items| {
            if let Some(item) = items.iter_mut().find(|item| item.is(scope, path)) {
                change(item);
            }
        });
    }

    /// The files that come of it.
    pub fn plans(&self) -> Vec<Plan> {
        let (on_damage, together) = (self.on_damage.get(), self.together.get());
        self.items.with(|items| plans(items, on_damage, together))
    }
}

/// What is saved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// An archive.
    Archive(ExportOf),
    /// A folder with archives and scripts.
    Kit(KitOf),
    /// A zip of what makes images again.
    Rebuild(RebuildOf),
    /// A zip of a report on the disk.
    Report(ReportOf),
}

/// A file that is to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What people call what is in it.
    pub labels: Vec<String>,
    /// What is in it.
    pub of: Content,
    /// Bytes before any packing.
    pub weight: Option<u64>,
}

/// The files that come of these things: images and containers of one kind of archive together if wanted, paths of one
/// scope together, everything else by itself. No two have the same name.
pub fn plans(items: &[Item], on_damage: OnDamage, together: bool) -> Vec<Plan> {
    let mut groups: Vec<Group> = Vec::new();
    for item in items {
        let joins = |group: &&mut Group| {
            group.is_open
                && group.of.kind == item.kind
                && match &item.path {
                    None => item.kind.is_of_images() && group.of.paths.is_empty(),
                    Some(_) => group.of.scopes[0] == item.scope && !group.of.paths.is_empty(),
                }
        };
        if let Some(group) = groups.iter_mut().find(joins) {
            match &item.path {
                None => group.of.scopes.push(item.scope.clone()),
                Some(path) => group.of.paths.push(path.clone()),
            }
            group.labels.push(item.label.clone());
            group.weight = group.weight.zip(item.weight.bytes()).map(|(sum, bytes)| sum.saturating_add(bytes));
            continue;
        }
        groups.push(Group {
            stem: item.stem.as_deref().map(file_name),
            labels: vec![item.label.clone()],
            of: ExportOf { on_damage, ..item.export() },
            weight: item.weight.bytes(),
            is_open: item.path.is_some() || (together && item.kind.is_of_images()),
        });
    }
    let mut plans: Vec<Plan> = Vec::new();
    for group in groups {
        // The name of a backup of a data root ends as it does wherever it is described.
        let ending = match (&group.stem, group.of.kind) {
            (Some(_), ArchiveKind::TarGz) => ".tgz",
            (_, kind) => kind.ending(),
        };
        let stem = group.stem.clone().unwrap_or_else(|| stem(&group));
        let mut name = format!("{stem}{ending}");
        let mut number = 1;
        while plans.iter().any(|other| other.name.eq_ignore_ascii_case(&name)) {
            number += 1;
            name = format!("{stem}-{number}{ending}");
        }
        let Group { labels, of, weight, .. } = group;
        plans.push(Plan { name, labels, of: Content::Archive(of), weight });
    }
    plans
}

/// A file of which more things may become part.
struct Group {
    stem: Option<String>,
    labels: Vec<String>,
    of: ExportOf,
    weight: Option<u64>,
    is_open: bool,
}

/// The name of a file without its ending.
fn stem(group: &Group) -> String {
    let scope = &group.of.scopes[0];
    let what = scope.split(':').next().unwrap_or_default();
    let label = &group.labels[0];
    match (group.of.scopes.len(), group.of.paths.len()) {
        (1, 0) if what == "fs" || what == "host" => file_name(&scope.replace(':', "-")),
        (1, 0) => file_name(&format!("{what}-{label}")),
        (1, 1) => file_name(label.trim_end_matches('/').rsplit('/').next().unwrap_or_default()),
        (1, _) => "files".to_owned(),
        _ => "images".to_owned(),
    }
}

/// A text as a file can be called on every system.
pub fn file_name(text: &str) -> String {
    const LONGEST: usize = 100;
    let is_bad = |letter: char| letter.is_control() || "/\\:*?\"<>|\u{fffd}".contains(letter);
    let plain: String = text.chars().map(|letter| if is_bad(letter) { '_' } else { letter }).take(LONGEST).collect();
    let plain = plain.trim_matches([' ', '.']);
    let first = plain.split('.').next().unwrap_or_default().to_ascii_uppercase();
    let is_device = matches!(first.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || (first.len() == 4 && (first.starts_with("COM") || first.starts_with("LPT")));
    match plain {
        "" => "files".to_owned(),
        plain if is_device => format!("_{plain}"),
        plain => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_stand_in_one_archive_and_volumes_each_in_their_own() {
        let items = [
            Item::of_scope("image:sha256:a", "nginx:1", Some(5)),
            Item::of_scope("volume:data", "data", Some(7)),
            Item::of_scope("container:c", "web", None),
            Item::of_path("volume:data", b"/a/x.log".to_vec(), Some(1)),
            Item::of_path("volume:data", b"/a/y.log".to_vec(), Some(2)),
            Item::of_path("volume:other", b"/nul".to_vec(), Some(1)),
        ];
        let told = |together: bool| {
            let plans = plans(&items, OnDamage::Stop, together);
            let counted = plans.into_iter().map(|plan| match plan.of {
                Content::Archive(of) => (plan.name, of.scopes.len(), of.paths.len(), plan.weight),
                Content::Kit(_) | Content::Rebuild(_) | Content::Report(_) => (plan.name, 0, 0, plan.weight),
            });
            counted.collect()
        };
        let together: Vec<(String, usize, usize, Option<u64>)> = told(true);
        let expected = [
            ("images.tar", 2, 0, None),
            ("volume-data.tar", 1, 0, Some(7)),
            ("files.tar", 1, 2, Some(3)),
            ("_nul.tar", 1, 1, Some(1)),
        ];
        assert_eq!(together, expected.map(|(name, scopes, paths, weight)| (name.to_owned(), scopes, paths, weight)));
        let apart: Vec<(String, usize, usize, Option<u64>)> = told(false);
        assert_eq!(apart[0].0, "image-nginx_1.tar");
        assert_eq!(apart[2].0, "container-web.tar");
    }

    #[test]
    fn two_files_never_have_one_name() {
        let items = [Item::of_scope("volume:a:b", "a:b", None), Item::of_scope("volume:A_b", "A_b", None)];
        let names: Vec<String> = plans(&items, OnDamage::Skip, true).into_iter().map(|plan| plan.name).collect();
        assert_eq!(names, ["volume-a_b.tar", "volume-A_b-2.tar"]);
    }
}
