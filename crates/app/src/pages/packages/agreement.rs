//! How versions stand beside each other: which one the others are held against, and which are older or newer than it.
//!
//! The worker orders versions by the rules of their ecosystem; what differs comes with that order, so nothing is ordered
//! here.

use std::collections::{BTreeMap, HashMap};

use careen_model::{Comparison, Ecosystem};

use crate::components::table::{Agreement, Cell};

/// Between several versions in one cell.
pub const SEPARATOR: &str = " | ";

/// The order of the versions of packages that differ, lowest first: where each stands in the list of drift.
pub type Orders = HashMap<(Ecosystem, String), usize>;

/// Where the orders of all packages that differ stand.
pub fn orders(compared: &Comparison) -> Orders {
    compared.drift.iter().enumerate().map(|(at, drift)| ((drift.ecosystem, drift.package.clone()), at)).collect()
}

/// The versions of a package, lowest first; none when it does not differ.
pub fn order<'a>(compared: &'a Comparison, orders: &Orders, ecosystem: Ecosystem, package: &str) -> &'a [String] {
    let at = orders.get(&(ecosystem, package.to_owned()));
    at.and_then(|at| compared.drift.get(*at)).map_or(&[], |drift| &drift.versions)
}

/// What the cells of a row are held against: the cell of the yardstick, or the one that most have, of equally many the
/// first in the row.
pub fn reference(versions: &[String], yardstick: Option<usize>) -> &str {
    if let Some(at) = yardstick {
        return versions.get(at).map_or("", String::as_str);
    }
    let mut votes = BTreeMap::<&str, usize>::new();
    for version in versions.iter().filter(|version| !version.is_empty()) {
        *votes.entry(version).or_default() += 1;
    }
    let most = votes.values().copied().max().unwrap_or(0);
    versions.iter().find(|version| votes.get(version.as_str()) == Some(&most)).map_or("", String::as_str)
}

/// How a cell stands to the one it is held against. `order` has the versions of the row, lowest first.
pub fn agreement(version: &str, reference: &str, order: &[String], has_yardstick: bool) -> Agreement {
    match (version.is_empty(), reference.is_empty()) {
        (true, false) if has_yardstick => return Agreement::Missing,
        (true, _) => return Agreement::Absent,
        (false, true) => return Agreement::Extra,
        _ if version == reference => return Agreement::Same,
        _ => {}
    }
    let rank = |cell: &str| {
        let highest = cell.rsplit(SEPARATOR).next().unwrap_or(cell);
        order.iter().position(|known| known == highest)
    };
    match (rank(version), rank(reference)) {
        (Some(own), Some(other)) if own < other => Agreement::Older(level(other - own)),
        (Some(own), Some(other)) if own > other => Agreement::Newer(level(own - other)),
        _ => Agreement::Other,
    }
}

/// Versions between two, as a shade.
fn level(steps: usize) -> u8 {
    steps.min(3) as u8
}

/// Versions side by side, each with how it stands to the one that most have.
pub fn version_cells(versions: &[String], order: &[String]) -> Vec<Cell> {
    let reference = reference(versions, None);
    let cell = |version: &String| Cell::Version(version.clone(), agreement(version, reference, order, false));
    versions.iter().map(cell).collect()
}

/// Whether a cell has another version than the one it is held against; absence is no difference.
pub fn differs(versions: &[String], reference: &str) -> bool {
    !reference.is_empty() && versions.iter().any(|version| !version.is_empty() && version != reference)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(versions: &[&str]) -> Vec<String> {
        versions.iter().map(|version| (*version).to_owned()).collect()
    }

    #[test]
    fn the_minority_is_older_or_newer_and_absence_is_no_difference() {
        let versions = texts(&["1.9", "1.10", "", "1.9", "1.2 | 1.9"]);
        let order = texts(&["1.2", "1.9", "1.10"]);
        let marks: Vec<Agreement> = version_cells(&versions, &order)
            .into_iter()
            .map(|cell| match cell {
                Cell::Version(_, agreement) => agreement,
                other => panic!("{other:?}"),
            })
            .collect();
        use Agreement::{Absent, Newer, Other, Same};
        assert_eq!(marks, [Same, Newer(1), Absent, Same, Other]);
        assert!(differs(&versions, "1.9"));
        assert!(!differs(&texts(&["1", "", "1"]), "1"));
        assert!(!differs(&texts(&["1", "", "1"]), ""));
    }

    #[test]
    fn a_yardstick_is_what_the_others_lack_or_have_more_of() {
        let versions = texts(&["2", "", "9"]);
        let order = texts(&["2", "3", "5", "7", "8", "9"]);
        let against = |at: usize| {
            let reference = reference(&versions, Some(at));
            versions.iter().map(|version| agreement(version, reference, &order, true)).collect::<Vec<_>>()
        };
        assert_eq!(against(0), [Agreement::Same, Agreement::Missing, Agreement::Newer(3)]);
        assert_eq!(against(1), [Agreement::Extra, Agreement::Absent, Agreement::Extra]);
        assert_eq!(against(2), [Agreement::Older(3), Agreement::Missing, Agreement::Same]);
    }
}
