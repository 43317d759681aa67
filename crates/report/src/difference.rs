//! What differs between two sets of packages and between two configurations.

use std::collections::BTreeMap;

use careen_model::{Ecosystem, ImagePackages, PackageDifference, SettingDifference};
use serde_json::Value;

use crate::comparison::compare;

/// Parts of what `docker inspect` says that a person has chosen: the others are names, times and places.
const CHOSEN: [&str; 4] = ["Config", "HostConfig", "Architecture", "Os"];
/// Deepest level that is taken apart; what lies deeper is compared whole.
const DEEPEST: usize = 8;

/// Packages that are not in both at the same version, by ecosystem and name.
pub fn package_differences(first: &ImagePackages, second: &ImagePackages) -> Vec<PackageDifference> {
    // Labels of their own: both may be the same image of two stores.
    let named = |of: &ImagePackages, name: &str| ImagePackages { image: name.to_owned(), ..of.clone() };
    let comparison = compare(&[named(first, "1"), named(second, "2")]);
    let mut all = Vec::new();
    for matrix in &comparison.matrices {
        let column = |name: &str| matrix.images.iter().position(|image| image == name);
        let (one, two) = (column("1"), column("2"));
        let cell = |versions: &[String], column: Option<usize>| {
            column.and_then(|column| versions.get(column)).filter(|version| !version.is_empty()).cloned()
        };
        let ecosystem: Ecosystem = matrix.ecosystem;
        all.extend(matrix.rows.iter().filter_map(|row| {
            let (first, second) = (cell(&row.versions, one), cell(&row.versions, two));
            (first != second).then(|| PackageDifference { ecosystem, package: row.package.clone(), first, second })
        }));
    }
    all
}

/// Settings that are not the same in both, by name. The values are what `docker inspect` says of each.
pub fn setting_differences(first: &Value, second: &Value) -> Vec<SettingDifference> {
    let (first, mut second) = (settings(first), settings(second));
    let mut all = BTreeMap::new();
    for (name, value) in first {
        let other = second.remove(&name);
        if other.as_ref() != Some(&value) {
            all.insert(name, (Some(value), other));
        }
    }
    all.extend(second.into_iter().map(|(name, value)| (name, (None, Some(value)))));
    all.into_iter().map(|(setting, (first, second))| SettingDifference { setting, first, second }).collect()
}

/// Each setting by its name; what is empty is not set.
fn settings(document: &Value) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for part in CHOSEN {
        collect(part.to_owned(), document.get(part).unwrap_or(&Value::Null), 0, &mut all);
    }
    all
}

fn collect(name: String, value: &Value, level: usize, all: &mut BTreeMap<String, String>) {
    match value {
        Value::Null => {}
        Value::Object(fields) if level < DEEPEST => {
            for (key, value) in fields {
                collect(format!("{name}.{key}"), value, level.saturating_add(1), all);
            }
        }
        Value::Array(items) if name == "Config.Env" => {
            for item in items.iter().filter_map(Value::as_str) {
                let (variable, value) = item.split_once('=').unwrap_or((item, ""));
                all.insert(format!("{name}.{variable}"), value.to_owned());
            }
        }
        Value::Array(items) if items.is_empty() => {}
        Value::Object(fields) if fields.is_empty() => {}
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => drop(all.insert(name, text.clone())),
        other => drop(all.insert(name, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_compared_by_name() {
        let first = json!({"Id": "a", "Config": {"Env": ["PATH=/bin", "A=1"], "Cmd": ["sh"], "User": "", "Labels": {"x.y": "1"}}});
        let second =
            json!({"Id": "b", "Config": {"Env": ["A=2", "PATH=/bin"], "Cmd": ["sh"], "Labels": {}}, "Os": "linux"});
        let shown: Vec<_> = setting_differences(&first, &second)
            .into_iter()
            .map(|difference| (difference.setting, difference.first, difference.second))
            .collect();
        let expected = [
            ("Config.Env.A".to_owned(), Some("1".to_owned()), Some("2".to_owned())),
            ("Config.Labels.x.y".to_owned(), Some("1".to_owned()), None),
            ("Os".to_owned(), None, Some("linux".to_owned())),
        ];
        assert_eq!(shown, expected);
    }
}
