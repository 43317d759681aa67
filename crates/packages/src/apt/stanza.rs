//! Stanzas of fields, deb822(5): `Name: value` lines, lines that begin with a space or tab belong to the field above,
//! an empty line ends the stanza.
//!
//! Kept are the fields that tell a package; the others are only checked for their form. Line ends may be `\r\n`, the
//! last line may lack its end. A line that is no field, or that holds a zero byte, breaks its stanza and no other: what
//! follows it may belong to another package, so that taking single fields from such a stanza could mix two of them.

/// A field's value and line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Line of the file, from 1.
    pub line: u64,
    /// The value on the field's own line, without white space around it.
    pub value: &'a [u8],
}

/// One stanza. Of a repeated field the last value is kept, as apt does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stanza<'a> {
    /// First line, from 1.
    pub line: u64,
    /// `Package`.
    pub package: Option<Field<'a>>,
    /// `Version`.
    pub version: Option<Field<'a>>,
    /// `Architecture`.
    pub architecture: Option<Field<'a>>,
    /// `Source`.
    pub source: Option<Field<'a>>,
    /// `Status`.
    pub status: Option<Field<'a>>,
    /// `Maintainer`.
    pub maintainer: Option<Field<'a>>,
    /// `Depends`.
    pub depends: Option<Field<'a>>,
    /// `Pre-Depends`.
    pub pre_depends: Option<Field<'a>>,
    /// `Auto-Installed`, in apt's `extended_states`.
    pub automatic: Option<Field<'a>>,
    /// First field that stands a second time: its line and name.
    pub repeated: Option<(u64, &'a [u8])>,
    /// First line that cannot be read, and what is wrong with it.
    pub broken: Option<(u64, &'static str)>,
    /// The empty line that should end it is missing: the next `Package` stands right after its last field.
    pub is_joined: bool,
    /// The file ends within its last line.
    pub is_cut: bool,
    names: Vec<&'a [u8]>,
}

/// Field names looked at when repeated ones are searched; a stanza of dpkg has at most some forty.
const NAMES_COMPARED: usize = 64;

impl<'a> Stanza<'a> {
    fn add(&mut self, line: u64, text: &'a [u8]) {
        if text.contains(&0) {
            return self.break_at(line, "the line holds zero bytes, which no text does");
        }
        if text.starts_with(b" ") || text.starts_with(b"\t") {
            if self.names.is_empty() && self.broken.is_none() {
                self.break_at(line, "the line continues a field, but no field stands before it");
            }
            return;
        }
        let Some((name, value)) = field(text) else {
            return self.break_at(line, "the line is neither a field nor the continuation of one");
        };
        if self.names.len() < NAMES_COMPARED {
            if self.repeated.is_none() && self.names.iter().any(|earlier| earlier.eq_ignore_ascii_case(name)) {
                self.repeated = Some((line, name));
            }
            self.names.push(name);
        }
        let slots: [(&[u8], &mut Option<Field<'a>>); 9] = [
            (b"Package", &mut self.package),
            (b"Version", &mut self.version),
            (b"Architecture", &mut self.architecture),
            (b"Source", &mut self.source),
            (b"Status", &mut self.status),
            (b"Maintainer", &mut self.maintainer),
            (b"Depends", &mut self.depends),
            (b"Pre-Depends", &mut self.pre_depends),
            (b"Auto-Installed", &mut self.automatic),
        ];
        if let Some((_, slot)) = slots.into_iter().find(|(wanted, _)| wanted.eq_ignore_ascii_case(name)) {
            *slot = Some(Field { line, value });
        }
    }

    fn break_at(&mut self, line: u64, reason: &'static str) {
        self.broken.get_or_insert((line, reason));
    }

    /// Whether a line that begins a package must belong to the next stanza: this one is complete or lost already.
    /// dpkg writes `Package` first.
    fn ends_before(&self, text: &[u8]) -> bool {
        self.package.is_some()
            && (self.version.is_some() || self.broken.is_some())
            && field(text).is_some_and(|(name, _)| name.eq_ignore_ascii_case(b"Package"))
    }
}

/// Name and value of a field's line.
fn field(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|byte| *byte == b':')?;
    let (name, rest) = text.split_at(colon);
    let name = name.trim_ascii_end();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic) && !name.starts_with(b"-");
    is_name.then(|| (name, rest.strip_prefix(b":").unwrap_or(rest).trim_ascii()))
}

/// The stanzas of a file, in order. Each line is looked at once.
pub struct Stanzas<'a> {
    rest: &'a [u8],
    line: u64,
}

impl<'a> Stanzas<'a> {
    /// The stanzas of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Stanzas { rest: bytes, line: 1 }
    }
}

impl<'a> Iterator for Stanzas<'a> {
    type Item = Stanza<'a>;

    fn next(&mut self) -> Option<Stanza<'a>> {
        let mut stanza = Stanza::default();
        while !self.rest.is_empty() {
            let end = self.rest.iter().position(|byte| *byte == b'\n');
            let (text, after) = match end.and_then(|end| self.rest.split_at_checked(end)) {
                Some((text, after)) => (text, after.strip_prefix(b"\n").unwrap_or(after)),
                None => (self.rest, b"".as_slice()),
            };
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            if stanza.ends_before(text) {
                stanza.is_joined = true;
                break;
            }
            let line = self.line;
            self.line = line.saturating_add(1);
            self.rest = after;
            if !text.is_empty() {
                if stanza.line == 0 {
                    stanza.line = line;
                }
                stanza.is_cut = end.is_none();
                stanza.add(line, text);
            } else if stanza.line > 0 {
                break;
            }
        }
        (stanza.line > 0).then_some(stanza)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stanzas(text: &str) -> Vec<Stanza<'_>> {
        Stanzas::new(text.as_bytes()).collect()
    }

    fn value(field: Option<Field<'_>>) -> &str {
        std::str::from_utf8(field.unwrap().value).unwrap()
    }

    #[test]
    fn names_are_found_in_any_case_and_values_lose_the_space_around_them() {
        let found = stanzas("package :  a \nVERSION:\t1:2-3\n\n");
        assert_eq!((value(found[0].package), value(found[0].version)), ("a", "1:2-3"));
    }

    #[test]
    fn a_continuation_line_is_never_a_field() {
        let found = stanzas("Package: a\nDescription: x\n Version: 9\n .\n\tPackage: b\nVersion: 1\n");
        assert_eq!((found.len(), value(found[0].version)), (1, "1"));
    }

    #[test]
    fn empty_lines_before_between_and_after_make_no_stanza() {
        let found = stanzas("\n\nPackage: a\n\n\nPackage: b\n\n\n");
        assert_eq!(found.iter().map(|stanza| stanza.line).collect::<Vec<_>>(), [3, 6]);
        assert_eq!(stanzas("\n\n"), []);
    }

    #[test]
    fn line_ends_of_windows_end_stanzas_too() {
        let found = stanzas("Package: a\r\nVersion: 1\r\n\r\nPackage: b\r\n");
        assert_eq!((found.len(), value(found[0].version), value(found[1].package)), (2, "1", "b"));
    }

    #[test]
    fn of_a_repeated_field_the_last_value_counts_and_the_line_is_told() {
        let found = stanzas("Package: a\nVersion: 1\nversion: 2\n");
        assert_eq!((value(found[0].version), found[0].repeated), ("2", Some((3, b"version".as_slice()))));
    }

    #[test]
    fn a_line_without_a_colon_breaks_its_stanza_alone() {
        let found = stanzas("Package: a\nnonsense\nVersion: 1\n\nPackage: b\nVersion: 2\n");
        assert_eq!(found[0].broken.unwrap().0, 2);
        assert_eq!((found[1].broken, value(found[1].package)), (None, "b"));
    }

    #[test]
    fn a_stanza_that_begins_with_a_continuation_is_broken() {
        assert_eq!(stanzas(" text\nPackage: a\n")[0].broken.unwrap().0, 1);
    }

    #[test]
    fn zero_bytes_break_the_stanza_even_within_a_value() {
        assert_eq!(stanzas("Package: a\nDescription: x\0\0Version: 2\n")[0].broken.unwrap().0, 2);
    }

    #[test]
    fn a_missing_empty_line_does_not_mix_two_packages() {
        let found = stanzas("Package: a\nVersion: 1\nPackage: b\nVersion: 2\n");
        assert_eq!(found.len(), 2);
        assert!(found[0].is_joined && !found[1].is_joined);
        assert_eq!((value(found[1].package), found[1].line), ("b", 3));
    }

    #[test]
    fn a_package_after_zeroed_bytes_is_read_again() {
        let found = stanzas("Package: a\nVers\0\0\0\nPackage: b\nVersion: 2\n\n");
        assert_eq!((found.len(), value(found[1].package)), (2, "b"));
    }

    #[test]
    fn a_last_line_without_end_is_read_and_told() {
        let found = stanzas("Package: a\n\nPackage: b\nVersion: 2");
        assert_eq!((found[0].is_cut, found[1].is_cut, value(found[1].version)), (false, true, "2"));
    }
}
