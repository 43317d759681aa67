//! The metadata files of a distribution: core metadata (headers as in a mail), `INSTALLER`, `direct_url.json`, `.egg-link`.

use careen_model::Declared;
use serde::Deserialize;

/// Name and version of a distribution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `Name`, empty without one.
    pub name: String,
    /// `Version`, empty without one.
    pub version: String,
}

impl Identity {
    /// Both fields from core metadata; of a repeated field the first counts, as in Python's own parser. `is_complete`
    /// is false when the headers go on beyond these bytes and something is still missing.
    pub fn parse(bytes: &[u8]) -> (Self, bool) {
        let mut identity = Identity::default();
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after.strip_prefix(b"\n").unwrap_or(after);
            if !identity.add(line.strip_suffix(b"\r").unwrap_or(line)) || identity.is_whole() {
                return (identity, true);
            }
        }
        identity.add(rest);
        let is_whole = identity.is_whole();
        (identity, is_whole)
    }

    /// Whether neither field is missing.
    pub fn is_whole(&self) -> bool {
        !self.name.is_empty() && !self.version.is_empty()
    }

    /// Takes a header line; false at the end of the headers.
    fn add(&mut self, line: &[u8]) -> bool {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return true;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let (name, value) = line.split_at(colon);
        let slot = match name.trim_ascii_end() {
            name if name.eq_ignore_ascii_case(b"Name") => &mut self.name,
            name if name.eq_ignore_ascii_case(b"Version") => &mut self.version,
            _ => return true,
        };
        if slot.is_empty() {
            let value = value.strip_prefix(b":").unwrap_or(value).trim_ascii();
            *slot = String::from_utf8_lossy(value).into_owned();
        }
        true
    }

    /// From the name of a record, `name-version.dist-info`, `name-version-py3.11.egg-info`, `name-version-py3.11.egg`.
    /// A wheel writes hyphens within name and version as underscores.
    pub fn from_record_name(record: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(record).ok()?;
        let stem = [".dist-info", ".egg-info", ".egg"].iter().find_map(|suffix| text.strip_suffix(suffix))?;
        let mut parts = stem.split('-');
        let identity = Identity { name: parts.next()?.to_owned(), version: parts.next()?.to_owned() };
        identity.is_whole().then_some(identity)
    }
}

/// What core metadata declare in these bytes, their beginning: `License-Expression`, else a short `License`, else what the
/// classifiers say; `Author`; `Requires-Python`; the names in `Requires-Dist` that are needed without an extra.
pub fn declared(bytes: &[u8]) -> Declared {
    let text = String::from_utf8_lossy(bytes);
    let mut declared = Declared::default();
    let (mut license, mut classified) = (String::new(), String::new());
    for line in text.lines().take_while(|line| !line.is_empty()).filter(|line| !line.starts_with([' ', '\t'])) {
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "license-expression" => value.clone_into(&mut declared.license),
            // Some put the whole text of the license here.
            "license" if value != "UNKNOWN" && value.len() <= LONGEST_NAMES => value.clone_into(&mut license),
            "classifier" => {
                if let Some(last) = value.strip_prefix("License ::").and_then(|rest| rest.rsplit("::").next()) {
                    last.trim().clone_into(&mut classified);
                }
            }
            "requires-python" if value.len() <= LONGEST_NAMES => value.clone_into(&mut declared.python),
            "author" if value != "UNKNOWN" => value.clone_into(&mut declared.supplier),
            "requires-dist" if !value.contains("extra ==") => {
                let name = value.split([' ', '(', ';', '<', '>', '=', '!', '~', '[', '@']).next().unwrap_or(value);
                declared.requires.push(name.to_owned());
            }
            _ => {}
        }
    }
    let said = [std::mem::take(&mut declared.license), license, classified];
    declared.license = said.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
    declared
}

/// Longer ones are the text of a license and not its name, or no versions that anything could need.
const LONGEST_NAMES: usize = 120;

/// What `INSTALLER` says: its first line.
pub fn installer(bytes: &[u8]) -> String {
    let line = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    String::from_utf8_lossy(line.trim_ascii()).into_owned()
}

/// Whether `direct_url.json` (PEP 610) tells of an editable installation.
pub fn is_editable(bytes: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct DirectUrl {
        #[serde(default)]
        dir_info: Option<DirInfo>,
    }
    #[derive(Deserialize)]
    struct DirInfo {
        #[serde(default)]
        editable: bool,
    }
    let url: Result<DirectUrl, _> = serde_json::from_slice(bytes);
    url.is_ok_and(|url| url.dir_info.is_some_and(|info| info.editable))
}

/// The directory an `.egg-link` leads to: its first line that is not empty.
pub fn link_target(bytes: &[u8]) -> Option<&[u8]> {
    bytes.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).find(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> (String, String, bool) {
        let (identity, is_complete) = Identity::parse(text.as_bytes());
        (identity.name, identity.version, is_complete)
    }

    #[test]
    fn the_first_name_and_version_of_the_headers_count() {
        let text =
            "Metadata-Version: 2.1\r\nNAME: Six\r\nSummary: x\r\n Version: 9\r\nVersion: 1.16.0\r\nVersion: 2\r\n";
        assert_eq!(parse(text), ("Six".into(), "1.16.0".into(), true));
    }

    #[test]
    fn licenses_authors_and_needs_are_declared() {
        let text = "Name: a\nLicense: MIT\nAuthor: x\nClassifier: License :: OSI Approved :: BSD License\n\
            Requires-Dist: six>=1.5\nRequires-Dist: b (<2) ; python_version < \"3\"\nRequires-Dist: c ; extra == 'd'\nRequires-Python: >=3.9\n\nLicense: other\n";
        let found = declared(text.as_bytes());
        assert_eq!((found.license.as_str(), found.supplier.as_str()), ("MIT", "x"));
        assert_eq!((found.requires, found.python.as_str()), (vec!["six".to_owned(), "b".to_owned()], ">=3.9"));
        assert_eq!(
            declared(b"License: UNKNOWN\nClassifier: License :: OSI Approved :: BSD License\n").license,
            "BSD License"
        );
        assert_eq!(declared(b"License: MIT\nLicense-Expression: MIT OR ISC\n").license, "MIT OR ISC");
    }

    #[test]
    fn the_text_after_the_headers_is_no_field() {
        assert_eq!(parse("Name: a\n\nVersion: 1\n"), ("a".into(), String::new(), true));
        assert_eq!(parse("Name: a\nno header\nVersion: 1\n"), ("a".into(), String::new(), true));
    }

    #[test]
    fn headers_that_go_on_are_not_complete() {
        assert_eq!(parse("Name: a\nSummary: x"), ("a".into(), String::new(), false));
        assert_eq!(parse("Name: a\nVersion: 1"), ("a".into(), "1".into(), true));
    }

    #[test]
    fn the_name_of_a_record_tells_name_and_version() {
        let parse = |name: &str| Identity::from_record_name(name.as_bytes()).map(|id| (id.name, id.version));
        assert_eq!(parse("ruamel.yaml-0.17.dist-info"), Some(("ruamel.yaml".into(), "0.17".into())));
        assert_eq!(parse("a_b-1.0b2-py3.11.egg-info"), Some(("a_b".into(), "1.0b2".into())));
        assert_eq!(parse("a.egg-info"), None);
    }

    #[test]
    fn only_a_direct_url_that_says_so_is_editable() {
        assert!(is_editable(br#"{"url": "file:///src", "dir_info": {"editable": true}}"#));
        assert!(!is_editable(br#"{"url": "file:///src", "dir_info": {}}"#));
        assert!(!is_editable(br#"{"url": "https://x", "archive_info": {}}"#));
        assert!(!is_editable(b"{"));
        assert!(!is_editable("[".repeat(100_000).as_bytes()));
    }
}
