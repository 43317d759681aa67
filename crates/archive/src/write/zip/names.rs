//! Names that every system can unpack.
//!
//! Microsoft, "Naming Files, Paths, and Namespaces": letters that may not be in a name, names of devices, dots and spaces at
//! the end; and two names that differ only in upper and lower case are one. Names are UTF-8. A name is changed as little as
//! possible, and never into one that another object has.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// Bytes of a name.
const LONGEST: usize = 255;
/// Bytes left for a name's end when it is cut.
const CUT: usize = 230;

/// The names of a directory of the archive that are taken.
#[derive(Default)]
struct Directory {
    /// Its path in the archive.
    safe: String,
    /// Of each name what is the same in upper and lower case, by its hash: should two hashes be the same, a name is
    /// changed that need not be.
    taken: HashSet<u64>,
    /// By that hash of a name that was wanted again the number that is tried next.
    next: HashMap<u64, u64>,
}

/// The names of an archive, which are given out in the order of walks.
pub(super) struct Names {
    /// Directories that are there from the start, by their path on the disk: the selections and what leads to them.
    fixed: BTreeMap<Vec<u8>, Directory>,
    /// Directories on the way to the object asked for last.
    open: Vec<(Vec<u8>, Directory)>,
}

/// A path in the archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) path: String,
    /// Whether the last name of it is not the one it has on the disk.
    pub(super) is_changed: bool,
}

impl Names {
    /// The names `reserved` at the top of the archive are given to none; `selected` are the paths of selections.
    pub(super) fn new<'a>(reserved: &[&str], selected: impl Iterator<Item = &'a [u8]>) -> Names {
        let mut top = Directory::default();
        top.taken.extend(reserved.iter().map(|name| hash(name)));
        let mut names = Names { fixed: [(Vec::new(), top)].into(), open: Vec::new() };
        for path in selected {
            for end in ends(path) {
                let path = path.get(..end).unwrap_or_default();
                if !names.fixed.contains_key(path) {
                    let safe = names.of(path, false).path;
                    names.fixed.insert(path.to_vec(), Directory { safe, ..Directory::default() });
                }
            }
        }
        names
    }

    /// The path in the archive for one on the disk.
    pub(super) fn of(&mut self, path: &[u8], is_directory: bool) -> Named {
        let (above, own) = match path.iter().rposition(|byte| *byte == b'/') {
            Some(at) => (path.get(..at).unwrap_or_default(), path.get(at.saturating_add(1)..).unwrap_or_default()),
            None => (&b""[..], path),
        };
        if let Some(fixed) = self.fixed.get(path) {
            let is_changed = !ends_with(&fixed.safe, own);
            return Named { path: fixed.safe.clone(), is_changed };
        }
        while self.open.last().is_some_and(|(open, _)| open != above) {
            self.open.pop();
        }
        if self.open.is_empty() && !self.fixed.contains_key(above) {
            // What leads there is no object of the archive.
            self.of(above, true);
        }
        let directory = match self.open.last_mut() {
            Some((_, directory)) => Some(directory),
            None => self.fixed.get_mut(above),
        };
        let Some(directory) = directory else {
            return Named { path: String::new(), is_changed: true };
        };
        let name = directory.give(own);
        let is_changed = name.as_bytes() != own;
        let safe = if directory.safe.is_empty() { name } else { format!("{}/{name}", directory.safe) };
        if is_directory {
            self.open.push((path.to_vec(), Directory { safe: safe.clone(), ..Directory::default() }));
        }
        Named { path: safe, is_changed }
    }
}

impl Directory {
    /// A name that is free, as near to this one as may be.
    fn give(&mut self, own: &[u8]) -> String {
        let name = safe(own);
        let wanted = hash(&name);
        if self.taken.insert(wanted) {
            return name;
        }
        let (stem, ending) = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() && ending.len() <= 16 => (stem, format!(".{ending}")),
            _ => (name.as_str(), String::new()),
        };
        let stem = cut(stem, CUT.saturating_sub(ending.len()));
        let next = self.next.entry(wanted).or_insert(2);
        loop {
            let other = format!("{stem}~{next}{ending}");
            *next = next.saturating_add(1);
            if self.taken.insert(hash(&other)) {
                return other;
            }
        }
    }
}

/// Where each of the directories on the way to a path ends, and the path itself.
fn ends(path: &[u8]) -> impl Iterator<Item = usize> + '_ {
    let slashes = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    slashes.chain((!path.is_empty()).then_some(path.len()))
}

fn ends_with(path: &str, name: &[u8]) -> bool {
    path.as_bytes().rsplit(|byte| *byte == b'/').next() == Some(name)
}

/// A name that Windows takes.
fn safe(own: &[u8]) -> String {
    let text = String::from_utf8_lossy(own);
    let is_bad =
        |letter: char| letter.is_control() || matches!(letter, '<' | '>' | ':' | '"' | '/' | '\\' | '|' | '?' | '*');
    let mut name: String = text.chars().map(|letter| if is_bad(letter) { '_' } else { letter }).collect();
    let kept = name.trim_end_matches(['.', ' ']).len();
    let ending: String = name.get(kept..).unwrap_or_default().chars().map(|_| '_').collect();
    name.truncate(kept);
    name.push_str(&ending);
    if is_device(&name) {
        name.insert(0, '_');
    }
    match cut(&name, if name.len() > LONGEST { CUT } else { LONGEST }) {
        Cow::Borrowed(_) => name,
        Cow::Owned(shorter) => shorter,
    }
}

/// Whether Windows takes a name for that of a device, whatever follows a dot in it.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end_matches(' ').to_uppercase();
    let is_number = |digit: &str| {
        let mut letters = digit.chars();
        matches!((letters.next(), letters.next()), (Some('0'..='9' | '\u{B9}' | '\u{B2}' | '\u{B3}'), None))
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$")
        || stem.strip_prefix("COM").or(stem.strip_prefix("LPT")).is_some_and(is_number)
}

/// The beginning of a name, of so many bytes at the most.
fn cut(name: &str, most: usize) -> Cow<'_, str> {
    if name.len() <= most {
        return Cow::Borrowed(name);
    }
    let end = (0..=most).rev().find(|end| name.is_char_boundary(*end)).unwrap_or(0);
    Cow::Owned(name.get(..end).unwrap_or_default().to_owned())
}

/// What two names have in common that differ in upper and lower case alone.
fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for letter in name.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase) {
        letter.hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation)]
mod tests {
    use super::*;

    #[test]
    fn names_that_windows_keeps_to_itself_are_changed() {
        for (own, name) in [
            ("plain.txt", "plain.txt"),
            ("con", "_con"),
            ("NUL.tar.gz", "_NUL.tar.gz"),
            ("com1", "_com1"),
            ("LPT\u{B9}.x", "_LPT\u{B9}.x"),
            ("com10", "com10"),
            ("console", "console"),
            ("a:b?c", "a_b_c"),
            ("a\\..\\b", "a_.._b"),
            ("dots..", "dots__"),
            ("space ", "space_"),
            ("con .txt", "_con .txt"),
            ("new\nline", "new_line"),
            ("한글", "한글"),
        ] {
            assert_eq!(safe(own.as_bytes()), name);
        }
        assert_eq!(safe(b"a\xFFb"), "a\u{FFFD}b");
        // 255 bytes that are no UTF-8 would take 765.
        assert_eq!(safe(&[0xFF; 255]).len(), 228);
    }

    #[test]
    fn no_two_objects_have_one_name() {
        let mut names = Names::new(&["manifest"], [&b"top/x"[..]].into_iter());
        let asked = [
            ("Manifest", false, "Manifest~2", true),
            ("a", true, "a", false),
            ("a/README.md", false, "a/README.md", false),
            ("a/Readme.md", true, "a/Readme~2.md", true),
            ("a/Readme.md/f", false, "a/Readme~2.md/f", false),
            ("a/readme.md", false, "a/readme~3.md", true),
            ("a/x:y", false, "a/x_y", true),
            ("a/x_y", false, "a/x_y~2", true),
            ("A", true, "A~2", true),
            ("A/README.md", false, "A~2/README.md", false),
            ("top/x", true, "top/x", false),
            ("top/x/CON", false, "top/x/_CON", true),
            ("top/X", false, "top/X~2", true),
            // Nothing led there before.
            ("late/er", false, "late/er", false),
        ];
        for (own, is_directory, path, is_changed) in asked {
            assert_eq!(names.of(own.as_bytes(), is_directory), Named { path: path.into(), is_changed }, "{own}");
        }
    }

    /// With a search from the start for each, this test would not end.
    #[test]
    fn many_names_that_become_one_are_told_apart() {
        let mut names = Names::new(&[], std::iter::empty());
        let mut seen = HashSet::new();
        for number in 0..200_000_u32 {
            // Each is another sequence of four bytes that are not in UTF-8.
            let own = [0x80 | number as u8 & 0x7F, 0x80 | (number >> 7) as u8 & 0x7F, 0x80 | (number >> 14) as u8];
            assert!(seen.insert(names.of(&own, false).path));
        }
    }
}
