//! Disk files that were cut into pieces of one size: `disk.000 disk.001 …` or `.001 .002 …` as imaging tools write
//! them, `disk.aa disk.ab …` as `split` does.
//!
//! The first piece stands for all; the others are told by their names. Two or more digits from 0 or 1 on, or two or
//! more small letters from `aa` on, make the end of a name. Pieces but the last are of one size, and one that begins as a
//! disk file of its own is none.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Place, ReadError};
use careen_model::codes::disk as codes;

use crate::beside::{Beside, NamedFile, last_part, needs_parts};
use crate::detect;
use crate::joined::Joined;

/// The name of a piece: what all of them share, then a number written in this many places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Name<'a> {
    stem: &'a str,
    /// Digits, or else letters.
    is_decimal: bool,
    places: usize,
    number: u64,
}

impl<'a> Name<'a> {
    fn parse(name: &'a str) -> Option<Self> {
        let name = last_part(name);
        let tail = |is: fn(&u8) -> bool| name.bytes().rev().take_while(is).count();
        let (is_decimal, places) = match (tail(u8::is_ascii_digit), tail(u8::is_ascii_lowercase)) {
            (0, letters) => (false, letters),
            (digits, _) => (true, digits),
        };
        let (stem, end) = name.split_at_checked(name.len().saturating_sub(places))?;
        // A whole extension, so that no other name is taken for a number: `disk2`, `data`.
        if !(2..=6).contains(&places) || !stem.ends_with('.') || stem.len() < 2 {
            return None;
        }
        let (base, zero) = if is_decimal { (10, b'0') } else { (26, b'a') };
        let digit = |sum: u64, byte: u8| sum.saturating_mul(base).saturating_add(u64::from(byte.saturating_sub(zero)));
        Some(Name { stem, is_decimal, places, number: end.bytes().fold(0, digit) })
    }

    /// Whether a disk can begin with the piece of this name.
    fn is_first(self) -> bool {
        self.number == 0 || (self.is_decimal && self.number == 1)
    }

    fn is_beside(self, other: Name<'_>) -> bool {
        (self.stem, self.is_decimal, self.places) == (other.stem, other.is_decimal, other.places)
            && other.number > self.number
    }

    fn text(self, number: u64) -> String {
        if self.is_decimal {
            return format!("{}{number:0places$}", self.stem, places = self.places);
        }
        let (mut rest, mut letters) = (number, Vec::new());
        for _ in 0..self.places {
            letters.insert(0, char::from(b'a'.saturating_add(u8::try_from(rest % 26).unwrap_or(0))));
            rest /= 26;
        }
        format!("{}{}", self.stem, letters.into_iter().collect::<String>())
    }
}

/// Whether the file called `other` is, by its name, a later piece of the disk that begins in the file called `first`.
pub fn is_later_piece(first: &str, other: &str) -> bool {
    match (Name::parse(first), Name::parse(other)) {
        (Some(first), Some(other)) => first.is_first() && first.is_beside(other),
        _ => false,
    }
}

/// The whole file, when `first` is the first piece of one. Its other pieces are taken out of the files at hand; an error
/// of kind `NeedsFile` names those that are missing in between.
pub(crate) fn join(
    first: NamedFile,
    beside: &mut Beside,
    place: &Place,
    findings: &mut Findings,
) -> Result<Rc<dyn ByteSource>, ReadError> {
    let Some(name) = Name::parse(&first.name).filter(|name| name.is_first()) else { return Ok(first.source) };
    let mut pieces = BTreeMap::new();
    while let Some(piece) = beside.take(|file| {
        Name::parse(&file.name).is_some_and(|other| name.is_beside(other) && !pieces.contains_key(&other.number))
    }) {
        if let Some(found) = Name::parse(&piece.name) {
            pieces.insert(found.number, piece.clone());
        }
    }
    let length = first.source.len();
    let shorter = pieces.iter().rev().skip(1).any(|(_, piece)| piece.source.len() != length);
    let longer = pieces.values().any(|piece| piece.source.len() > length || piece.source.is_empty());
    if pieces.is_empty() || shorter || longer || pieces.values().any(|piece| detect::is_disk_file(&*piece.source)) {
        beside.files.extend(pieces.into_values());
        return Ok(first.source);
    }
    let last = pieces.keys().last().copied().unwrap_or(0);
    // The count of what is missing is bounded by what six places can number; what is told is bounded here.
    let missing: Vec<String> = (name.number.saturating_add(1)..last)
        .filter(|number| !pieces.contains_key(number))
        .take(1000)
        .map(|number| name.text(number))
        .collect();
    if !missing.is_empty() {
        return Err(needs_parts(place, "pieces of this split disk are missing", missing));
    }
    let count = pieces.len().saturating_add(1);
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("count", &count), ("first", &name.text(name.number)), ("last", &name.text(last))];
    findings.add(&codes::DISK_IN_PIECES, place, &values);
    let mut joined = Joined::new(place);
    joined.push(first.source)?;
    for piece in pieces.into_values() {
        joined.push(piece.source)?;
    }
    Ok(Rc::new(joined))
}

#[cfg(test)]
mod tests {
    use careen_evidence::ErrorKind;

    use super::*;

    fn file(name: &str, bytes: &[u8]) -> NamedFile {
        NamedFile { name: name.to_owned(), source: Rc::new(bytes.to_vec()) }
    }

    fn joined(first: NamedFile, others: Vec<NamedFile>) -> Result<Vec<u8>, ReadError> {
        let source = join(first, &mut Beside::new(&others), &Place::new("disk"), &mut Findings::new())?;
        let mut bytes = vec![0; usize::try_from(source.len()).unwrap()];
        source.read_exact_at(0, &mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn names_of_pieces_are_told_from_others() {
        for (first, other, is) in [
            ("disk.000", "disk.001", true),
            ("disk.001", "disk.002", true),
            ("disk.raw.aa", "disk.raw.ab", true),
            ("disk.raw.aaa", "disk.raw.abc", true),
            ("disk.00", "disk.10", true),
            ("/x/disk.000", "disk.001", true),
            ("disk.001", "disk.000", false),
            ("disk.002", "disk.003", false),
            ("disk.000", "disk.0001", false),
            ("disk.000", "other.001", false),
            ("disk.raw", "disk.rax", false),
            ("disk0", "disk1", false),
            (".000", ".001", false),
            ("디스크.000", "디스크.001", true),
            ("디스크", "디스크", false),
        ] {
            assert_eq!(is_later_piece(first, other), is, "{first} {other}");
        }
        let name = Name::parse("disk.aaa").unwrap();
        assert_eq!(
            (name.text(0), name.text(27), name.text(26 * 26)),
            ("disk.aaa".into(), "disk.abb".into(), "disk.baa".into())
        );
        assert_eq!(Name::parse("disk.001").unwrap().text(12), "disk.012");
    }

    #[test]
    fn pieces_are_joined_in_the_order_of_their_names() {
        let others = vec![file("d.002", &[5]), file("x", &[9]), file("d.001", &[3, 4])];
        assert_eq!(joined(file("d.000", &[1, 2]), others.clone()).unwrap(), [1, 2, 3, 4, 5]);
        assert_eq!(joined(file("other.000", &[1, 2]), others).unwrap(), [1, 2]);
    }

    #[test]
    fn a_missing_piece_is_named() {
        let error = joined(file("d.aa", &[1, 2]), vec![file("d.ad", &[3]), file("d.ab", &[3, 4])]).unwrap_err();
        let ErrorKind::NeedsFile(needs) = error.kind else { panic!("{error}") };
        assert!(needs.is_part);
        assert_eq!(needs.names, ["d.ac"]);
    }

    #[test]
    fn files_that_only_look_like_pieces_stay_apart() {
        for other in [&b"vhdxfile"[..], b"longer than the first", b""] {
            assert_eq!(joined(file("d.000", b"vhdxfile"), vec![file("d.001", other)]).unwrap(), b"vhdxfile");
        }
        let others = vec![file("d.001", &[1]), file("d.002", &[1, 2])];
        assert_eq!(joined(file("d.000", &[1, 2]), others).unwrap(), [1, 2]);
    }
}
