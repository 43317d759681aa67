//! Versions that the person chose for the standard set. They survive a reload and go with the tab.

use std::collections::BTreeMap;

use careen_model::Ecosystem;
use leptos::prelude::*;

/// Session storage key.
const KEY: &str = "careen.pins";

/// Between the parts of an entry, and between entries: no version and no name of a package has a control character.
const PART: char = '\u{1f}';
const ENTRY: char = '\u{1e}';

/// An ecosystem and the name of a package in the matrix.
pub type Of = (Ecosystem, String);

/// The pins.
#[derive(Clone, Copy)]
pub struct Pins {
    all: RwSignal<BTreeMap<Of, String>>,
}

impl Pins {
    /// What was pinned before a reload.
    pub fn load() -> Pins {
        let storage = window().session_storage().ok().flatten();
        let text = storage.and_then(|storage| storage.get_item(KEY).ok().flatten()).unwrap_or_default();
        Pins { all: RwSignal::new(read(&text)) }
    }

    /// The version that is pinned.
    pub fn get(&self, of: &Of) -> Option<String> {
        self.all.with(|all| all.get(of).cloned())
    }

    /// Every pin.
    pub fn all(&self) -> BTreeMap<Of, String> {
        self.all.get()
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.all.with(BTreeMap::len)
    }

    /// Pins a version, or lets it go.
    pub fn set(&self, of: &Of, version: Option<String>) {
        self.all.update(|all| match version {
            Some(version) => drop(all.insert(of.clone(), version)),
            None => drop(all.remove(of)),
        });
        self.keep();
    }

    /// Lets all go.
    pub fn clear(&self) {
        self.all.update(BTreeMap::clear);
        self.keep();
    }

    fn keep(&self) {
        // Without storage they last until the reload.
        if let Ok(Some(storage)) = window().session_storage() {
            let _ = storage.set_item(KEY, &self.all.with_untracked(write));
        }
    }
}

fn write(all: &BTreeMap<Of, String>) -> String {
    let is_plain = |text: &str| !text.contains([PART, ENTRY]);
    let entries = all.iter().filter(|((_, name), version)| is_plain(name) && is_plain(version));
    let entries = entries.map(|((of, name), version)| format!("{}{PART}{name}{PART}{version}", of.name()));
    entries.collect::<Vec<_>>().join(&ENTRY.to_string())
}

fn read(text: &str) -> BTreeMap<Of, String> {
    let entry = |entry: &str| {
        let mut parts = entry.split(PART);
        let (of, name, version) = (parts.next()?, parts.next()?, parts.next()?);
        let of = Ecosystem::ALL.into_iter().find(|known| known.name() == of)?;
        Some(((of, name.to_owned()), version.to_owned()))
    };
    text.split(ENTRY).filter_map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pins_survive_being_written() {
        let pins = BTreeMap::from([
            ((Ecosystem::Apt, "curl".to_owned()), "7.88.1-10+deb12u5".to_owned()),
            ((Ecosystem::Npm, "@a/b".to_owned()), "1 | 2".to_owned()),
        ]);
        assert_eq!(read(&write(&pins)), pins);
        assert!(read("").is_empty() && read("apt\u{1f}x").is_empty() && read("none\u{1f}x\u{1f}1").is_empty());
        let odd = BTreeMap::from([((Ecosystem::Apt, "a\u{1e}b".to_owned()), "1".to_owned())]);
        assert!(read(&write(&odd)).is_empty(), "an odd name spoils no other entry");
    }
}
