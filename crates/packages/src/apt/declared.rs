//! What packages of dpkg declare, and which of them apt installed only because others need them
//! (`/var/lib/apt/extended_states`, apt-mark(8)).

use std::collections::BTreeSet;

use careen_evidence::{FileTree, Findings, Limits};
use careen_model::{Declared, Details, Ecosystem, Package};

use super::stanza::{Field, Stanza, Stanzas};
use crate::draft::record;

const EXTENDED_STATES: &[u8] = b"/var/lib/apt/extended_states";
const LARGEST: u64 = 64 << 20;

/// What a stanza declares. dpkg's database keeps no licenses (see [`super::copyright`]).
pub fn of(stanza: &Stanza<'_>) -> Declared {
    let fields = [stanza.pre_depends, stanza.depends].into_iter().flatten();
    let mut requires: Vec<String> = fields.flat_map(|field| names(&String::from_utf8_lossy(field.value))).collect();
    requires.sort();
    requires.dedup();
    Declared { supplier: text(stanza.maintainer), requires, ..Declared::default() }
}

fn text(field: Option<Field<'_>>) -> String {
    field.map_or_else(String::new, |field| String::from_utf8_lossy(field.value).into_owned())
}

/// The names in `libc6 (>= 2.34), debconf:any | cdebconf`, of alternatives the first.
fn names(depends: &str) -> Vec<String> {
    let all = depends.split(',').map(|one| one.split(['|', '(', ':', '[']).next().unwrap_or(one).trim());
    all.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// Notes whether a person asked for each package. Without the file it is not known.
pub fn note_requested(tree: &dyn FileTree, packages: &mut [Package], limits: &Limits, findings: &mut Findings) {
    let Ok(Some(node)) = crate::resolve(tree, EXTENDED_STATES, findings) else { return };
    let Some(bytes) = record(tree, Ecosystem::Apt, EXTENDED_STATES, node, LARGEST, limits, findings) else { return };
    let automatic: BTreeSet<(String, String)> = Stanzas::new(&bytes)
        .filter(|stanza| stanza.automatic.is_some_and(|field| field.value == b"1"))
        .map(|stanza| (text(stanza.package), text(stanza.architecture)))
        .collect();
    for package in packages {
        if let Details::Apt { architecture, .. } = &package.details {
            // Packages of all architectures are noted with the machine's own.
            let is_automatic = if architecture == "all" {
                automatic.iter().any(|(name, _)| *name == package.name)
            } else {
                automatic.contains(&(package.name.clone(), architecture.clone()))
            };
            package.declared.requested = Some(!is_automatic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_alternatives_the_first_is_needed() {
        assert_eq!(names("libc6 (>= 2.34), debconf:any | cdebconf , perl"), ["libc6", "debconf", "perl"]);
        assert_eq!(names(""), Vec::<String>::new());
    }
}
