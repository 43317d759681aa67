//! Text in one file, looked for as it streams by.
//!
//! Letters of ASCII fit in upper and lower case, all other bytes as they are. A line is told once, whatever it holds. A
//! file with a zero byte among its first 32 KiB is binary, as grep(1) takes it, and told once. Holes are passed over.

use std::rc::Rc;

use careen_evidence::{ByteSource, ReadError};
use careen_report::visible;

/// Bytes read at a time: what one step does.
const STEP: u64 = 1 << 20;
/// First bytes that tell a binary file.
const TELLING: usize = 32 << 10;
/// Bytes of a line that are shown before and after the text.
const BEFORE: usize = 60;
const AFTER: usize = 120;
/// Lines that are told of one file.
const MOST_LINES: u64 = 100;

/// Text that is looked for.
pub(super) struct Needle {
    /// In lower case.
    bytes: Vec<u8>,
    /// How far to go on by the byte under the end of the text (Horspool, 1980).
    skip: [usize; 256],
}

impl Needle {
    /// `None` of nothing, which is everywhere.
    pub(super) fn new(text: &str) -> Option<Needle> {
        let bytes = text.as_bytes().to_ascii_lowercase();
        let last = bytes.len().checked_sub(1)?;
        let mut skip = [bytes.len(); 256];
        for (at, byte) in bytes.iter().enumerate().take(last) {
            for byte in [byte.to_ascii_lowercase(), byte.to_ascii_uppercase()] {
                if let Some(skip) = skip.get_mut(usize::from(byte)) {
                    *skip = last.saturating_sub(at);
                }
            }
        }
        Some(Needle { bytes, skip })
    }

    /// Where it begins in these bytes, at `from` or behind.
    fn find(&self, bytes: &[u8], from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let window = bytes.get(at..at.checked_add(self.bytes.len())?)?;
            if window.eq_ignore_ascii_case(&self.bytes) {
                return Some(at);
            }
            let last = window.last().map_or(0, |byte| usize::from(*byte));
            at = at.checked_add(self.skip.get(last).copied().unwrap_or(1))?;
        }
    }
}

/// A line that holds the text, or a binary file that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// `None` in a binary file.
    pub(super) line: Option<u64>,
    pub(super) offset: u64,
    /// Empty in a binary file.
    pub(super) excerpt: String,
    /// Whether there is more of it in the file than is told.
    pub(super) has_more: bool,
}

/// A file that is being looked through.
pub(super) struct TextSearch {
    source: Rc<dyn ByteSource>,
    /// Bytes at hand, and where the first of them lies in the file.
    bytes: Vec<u8>,
    start: u64,
    /// How many of them are done with: looked at, and their line ends counted.
    done: usize,
    /// Ends of lines before them.
    lines: u64,
    /// Whether the line that goes on there was told already.
    is_told: bool,
    is_binary: bool,
    told: u64,
}

impl TextSearch {
    pub(super) fn new(source: Rc<dyn ByteSource>) -> TextSearch {
        let (is_told, is_binary) = (false, false);
        TextSearch { source, bytes: Vec::new(), start: 0, done: 0, lines: 0, is_told, is_binary, told: 0 }
    }

    /// Looks through the next part; whether there is more to look through.
    pub(super) fn step(&mut self, needle: &Needle, found: &mut Vec<Found>) -> Result<bool, ReadError> {
        let end = self.start.saturating_add(self.bytes.len() as u64);
        let Some(data) = self.source.data_from(end) else {
            self.look(needle, true, found);
            return Ok(false);
        };
        if data.start > end {
            // Before a hole nothing is waited for.
            if !self.look(needle, true, found) {
                return Ok(false);
            }
            (self.bytes, self.start, self.done) = (Vec::new(), data.start, 0);
        }
        let position = data.start.max(end);
        let stop = data.end.min(position.saturating_add(STEP)).min(self.source.len());
        if stop <= position {
            return Ok(false);
        }
        let held = self.bytes.len();
        let count = usize::try_from(stop.saturating_sub(position)).unwrap_or(0);
        self.bytes.resize(held.saturating_add(count), 0);
        self.source.read_exact_at(position, self.bytes.get_mut(held..).unwrap_or_default())?;
        if position == 0 {
            self.is_binary = self.bytes.iter().take(TELLING).any(|byte| *byte == 0);
        }
        let is_last = stop >= self.source.len();
        let goes_on = self.look(needle, is_last, found) && !is_last;
        if goes_on {
            self.forget();
        }
        Ok(goes_on)
    }

    /// Looks at the bytes at hand, but for the last ones unless nothing follows: a hit there shows what comes after it.
    /// Whether it is worth going on.
    fn look(&mut self, needle: &Needle, is_last: bool, found: &mut Vec<Found>) -> bool {
        let kept = if is_last { 0 } else { needle.bytes.len().saturating_add(AFTER) };
        let until = self.bytes.len().saturating_sub(kept);
        while self.done < until {
            if self.is_told {
                let rest = self.bytes.get(self.done..until).unwrap_or_default();
                let Some(end) = rest.iter().position(|byte| *byte == b'\n') else { break };
                self.pass(self.done.saturating_add(end).saturating_add(1));
                self.is_told = false;
            }
            let Some(at) = needle.find(&self.bytes, self.done).filter(|at| *at < until) else { break };
            self.pass(at);
            if self.told >= MOST_LINES {
                if let Some(last) = found.last_mut() {
                    last.has_more = true;
                }
                return false;
            }
            let offset = self.start.saturating_add(at as u64);
            self.told = self.told.saturating_add(1);
            if self.is_binary {
                found.push(Found { line: None, offset, excerpt: String::new(), has_more: false });
                return false;
            }
            let excerpt = excerpt(&self.bytes, at, needle.bytes.len());
            let line = Some(self.lines.saturating_add(1));
            found.push(Found { line, offset, excerpt, has_more: false });
            self.is_told = true;
        }
        self.pass(until);
        true
    }

    /// Counts the ends of lines up to a place at hand.
    fn pass(&mut self, to: usize) {
        let passed = self.bytes.get(self.done..to).unwrap_or_default();
        let ends = passed.iter().filter(|byte| **byte == b'\n').count();
        self.lines = self.lines.saturating_add(ends as u64);
        self.done = self.done.max(to);
    }

    /// Lets go of what no excerpt can need any more.
    fn forget(&mut self) {
        let drop = self.done.saturating_sub(BEFORE);
        self.bytes.drain(..drop.min(self.bytes.len()));
        self.start = self.start.saturating_add(drop as u64);
        self.done = self.done.saturating_sub(drop);
    }
}

/// What stands on the line around a text.
fn excerpt(bytes: &[u8], at: usize, length: usize) -> String {
    let end = at.saturating_add(length);
    let before = bytes.get(at.saturating_sub(BEFORE)..at).unwrap_or_default();
    let line = before.iter().rposition(|byte| *byte == b'\n');
    let is_cut_before = line.is_none() && at > BEFORE;
    let before = before.get(line.map_or(0, |end| end.saturating_add(1))..).unwrap_or_default();
    let after = bytes.get(end..bytes.len().min(end.saturating_add(AFTER))).unwrap_or_default();
    let line = after.iter().position(|byte| *byte == b'\n');
    let is_cut_after = line.is_none() && bytes.len() > end.saturating_add(AFTER);
    let after = after.get(..line.unwrap_or(after.len())).unwrap_or_default();
    let after = after.strip_suffix(b"\r").unwrap_or(after);
    // A letter that the cut went through is left out.
    let is_inner = |byte: &&u8| **byte & 0xC0 == 0x80;
    let skipped = if is_cut_before { before.iter().take(3).take_while(is_inner).count() } else { 0 };
    let before = String::from_utf8_lossy(before.get(skipped..).unwrap_or_default());
    let mut after = String::from_utf8_lossy(after);
    if is_cut_after {
        after = after.trim_end_matches('\u{fffd}').to_owned().into();
    }
    let middle = String::from_utf8_lossy(bytes.get(at..end).unwrap_or_default());
    let (first, last) = (if is_cut_before { "…" } else { "" }, if is_cut_after { "…" } else { "" });
    visible(&format!("{first}{before}{middle}{after}{last}"))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use std::ops::Range;

    use super::*;

    fn search(source: impl ByteSource + 'static, text: &str) -> Vec<Found> {
        let (needle, mut found) = (Needle::new(text).unwrap(), Vec::new());
        let mut search = TextSearch::new(Rc::new(source));
        while search.step(&needle, &mut found).unwrap() {}
        found
    }

    fn places(found: &[Found]) -> Vec<(u64, u64)> {
        found.iter().map(|it| (it.line.unwrap(), it.offset)).collect()
    }

    #[test]
    fn lines_are_told_once_with_their_numbers() {
        let found = search(b"one\nTwo two two\r\n\nxtwo".to_vec(), "tWo");
        assert_eq!(places(&found), [(2, 4), (4, 19)]);
        assert_eq!(found[0].excerpt, "Two two two");
        assert_eq!(search(b"aab".to_vec(), "ab").len(), 1);
        assert!(search(b"one".to_vec(), "ones").is_empty() && search(Vec::new(), "x").is_empty());
        assert!(Needle::new("").is_none());
    }

    #[test]
    fn text_across_the_parts_that_are_read_is_found() {
        let step = usize::try_from(STEP).unwrap();
        for at in [step - 3, step - AFTER - 5, step, 2 * step - 1] {
            let mut bytes = vec![b'\n'; 2 * step + 500];
            bytes[at..at + 6].copy_from_slice(b"needle");
            assert_eq!(places(&search(bytes, "Needle")), [(at as u64 + 1, at as u64)], "{at}");
        }
        // One line over several parts is told once.
        let mut bytes = b"ab".repeat(step * 2);
        bytes.extend(b"\nab");
        assert_eq!(places(&search(bytes, "ab")), [(1, 0), (2, 4 * step as u64 + 1)]);
    }

    #[test]
    fn a_binary_file_is_told_once_and_many_lines_are_cut() {
        let found = search(b"\x7fELF\0x needle needle".to_vec(), "needle");
        assert_eq!(found, [Found { line: None, offset: 7, excerpt: String::new(), has_more: false }]);
        let found = search(b"x\n".repeat(1000), "x");
        assert_eq!((found.len() as u64, found.last().unwrap().has_more), (MOST_LINES, true));
        assert!(!search(b"x\n".repeat(100), "x").last().unwrap().has_more);
    }

    #[test]
    fn what_is_shown_is_one_line_without_control_characters() {
        let found = search(b"\x1b[31mre\td \xff\xe2\x80\xaex\n".to_vec(), "re");
        assert_eq!(found[0].excerpt, "␛[31mre␉d \u{fffd}\u{fffd}x");
        let long = format!("{}needle{}", "가".repeat(100), "나".repeat(100));
        let found = search(long.into_bytes(), "needle");
        let shown = &found[0].excerpt;
        assert!(shown.starts_with("…가") && shown.ends_with("나…") && !shown.contains('\u{fffd}'), "{shown}");
    }

    /// 1 TiB of which only some bytes are there.
    struct Holes(Vec<(u64, &'static [u8])>);

    impl ByteSource for Holes {
        fn len(&self) -> u64 {
            1 << 40
        }

        fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> Result<(), ReadError> {
            buffer.fill(0);
            for (at, bytes) in &self.0 {
                for (position, byte) in (*at..).zip(*bytes) {
                    if let Some(place) =
                        position.checked_sub(offset).and_then(|at| buffer.get_mut(usize::try_from(at).unwrap()))
                    {
                        *place = *byte;
                    }
                }
            }
            Ok(())
        }

        fn data_from(&self, offset: u64) -> Option<Range<u64>> {
            let ends = self.0.iter().map(|(at, bytes)| *at..*at + bytes.len() as u64);
            ends.into_iter().find(|it| it.end > offset).map(|it| it.start.max(offset)..it.end)
        }
    }

    #[test]
    fn holes_are_passed_over() {
        let disk = Holes(vec![(0, b"a\nneedle"), (1 << 39, b"x\nneedle\n")]);
        assert_eq!(places(&search(disk, "needle")), [(2, 2), (3, (1 << 39) + 2)]);
    }
}
