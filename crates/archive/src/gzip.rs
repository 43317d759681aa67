//! Files packed with gzip, read anywhere.
//!
//! RFC 1952, sections 2.2 and 2.3: members one after another, each with a header, a DEFLATE stream and, behind it, the
//! CRC-32 and the length (modulo 2^32) of what it holds. A DEFLATE stream can only be read from its start. So on the one
//! pass from start to end the state of the inflater is kept now and then, and later reads start from the nearest one.
//!
//! Promised: memory is bounded (at most [`MAX_POINTS`] states of 43 KiB; when there are more, every other one is let go:
//! up to 64 GiB of output two lie at most 64 MiB apart, up to 128 GiB twice as far, and so on). The state of the inflater
//! cannot be taken apart, so that it cannot be kept in fewer bytes.
//! What stands before a cut or damaged place is read. Not handled: what stands behind such a place within its member.

use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Place, ReadError, codes};
use crc::{CRC_32_ISO_HDLC, Crc, Digest, Table};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use crate::anywhere::{Cursor, Mark, Marks, Unpacked};
use crate::stream::Forward;

/// What a member begins with: ID1, ID2 and the only compression method there is.
pub(crate) const MAGIC: &[u8] = &[0x1F, 0x8B, 8];

/// States kept.
const MAX_POINTS: usize = 1024;
/// Bytes of output between two states at first; doubled whenever there are too many.
const FIRST_SPACING: u64 = 1 << 20;
/// Bytes of the file read at a time.
const INPUT: u64 = 256 << 10;
/// Bytes inflated at a time when they are only passed over.
const SCRATCH: usize = 64 << 10;

static CRC: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// What comes next in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Phase {
    /// The header of a member, or the end.
    Header,
    Deflate,
    Trailer,
    End(End),
}

/// How the file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum End {
    /// Behind a whole member.
    Whole,
    /// Behind a whole member; what follows is none.
    Trailing,
    /// Within a member.
    Cut,
    /// What follows cannot be inflated, for this reason.
    Damaged(String),
    /// What follows cannot be read.
    Failed(ReadError),
}

/// An inflater at work.
pub(crate) struct Inflater {
    source: Rc<dyn ByteSource>,
    /// Bytes read of the file, the first of which stands at `input_start`; those before `used` are done with.
    input: Vec<u8>,
    input_start: u64,
    used: usize,
    phase: Phase,
    state: Box<InflateState>,
    /// Bytes given out so far.
    output: u64,
    /// Of the member at hand, while everything is read in order: sum and count of its bytes.
    sum: Option<(Digest<'static, u32, Table<16>>, u32)>,
    /// Places of members whose sum or length is wrong.
    wrong: Vec<u64>,
}

/// Where reading can start.
pub(crate) struct Point {
    output: u64,
    input: u64,
    phase: Phase,
    state: Box<InflateState>,
}

impl Inflater {
    fn new(source: Rc<dyn ByteSource>) -> Self {
        let state = InflateState::new_boxed(DataFormat::Raw);
        let start = Point { output: 0, input: 0, phase: Phase::Header, state };
        Inflater { sum: Some((CRC.digest(), 0)), ..Inflater::at(source, &start) }
    }

    fn at(source: Rc<dyn ByteSource>, point: &Point) -> Self {
        Inflater {
            source,
            input: Vec::new(),
            input_start: point.input,
            used: 0,
            phase: point.phase.clone(),
            state: point.state.clone(),
            output: point.output,
            sum: None,
            wrong: Vec::new(),
        }
    }

    /// Position in the file of the next byte.
    fn position(&self) -> u64 {
        self.input_start.saturating_add(self.used as u64)
    }

    fn point(&self) -> Point {
        Point { output: self.output, input: self.position(), phase: self.phase.clone(), state: self.state.clone() }
    }

    /// Has at least one byte ready; false at the end of the file.
    fn ready(&mut self) -> Result<bool, ReadError> {
        if self.used < self.input.len() {
            return Ok(true);
        }
        self.input_start = self.position();
        let count = self.source.len().saturating_sub(self.input_start).min(INPUT);
        (self.used, self.input) = (0, vec![0; usize::try_from(count).unwrap_or(0)]);
        self.source.read_exact_at(self.input_start, &mut self.input).inspect_err(|_| self.input.clear())?;
        Ok(count > 0)
    }

    /// The next byte; `None` at the end of the file.
    fn byte(&mut self) -> Result<Option<u8>, ReadError> {
        let byte = if self.ready()? { self.input.get(self.used).copied() } else { None };
        self.used = self.used.saturating_add(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// Fills `buf` as far as there is something; what ended it before is in `phase`.
    fn read(&mut self, buf: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            let step = match self.phase {
                Phase::Header => self.header(),
                Phase::Deflate => self.deflate(rest).map(|count| filled = filled.saturating_add(count)),
                Phase::Trailer => self.trailer(),
                Phase::End(_) => break,
            };
            if let Err(error) = step {
                self.phase = Phase::End(End::Failed(error));
            }
        }
        filled
    }

    /// RFC 1952, section 2.3.
    fn header(&mut self) -> Result<(), ReadError> {
        let is_first = self.output == 0 && self.position() == 0;
        let mut fixed = [0; 10];
        for (at, field) in fixed.iter_mut().enumerate() {
            match self.byte()? {
                Some(byte) => *field = byte,
                None => {
                    self.phase = Phase::End(if at == 0 && !is_first { End::Whole } else { End::Cut });
                    return Ok(());
                }
            }
            // Tapes are filled up with zeros, and some writers leave other things behind the last member.
            if at < MAGIC.len() && MAGIC.get(at) != Some(field) {
                let is_filling = *field == 0 && at == 0;
                self.phase = Phase::End(if is_filling { End::Whole } else { End::Trailing });
                return Ok(());
            }
        }
        let [_, _, _, flg, ..] = fixed;
        let mut bytes_to_skip = 0_u32;
        if flg & 0x04 != 0 {
            // XLEN, then so many bytes.
            let (low, high) = (self.byte()?.unwrap_or(0), self.byte()?.unwrap_or(0));
            bytes_to_skip = u32::from(u16::from_le_bytes([low, high]));
        }
        for _ in 0..bytes_to_skip {
            self.byte()?;
        }
        // FNAME and FCOMMENT end with a zero.
        for flag in [0x08, 0x10] {
            while flg & flag != 0 && self.byte()?.is_some_and(|byte| byte != 0) {}
        }
        if flg & 0x02 != 0 {
            self.byte()?;
            self.byte()?;
        }
        self.state.reset(DataFormat::Raw);
        if let Some(sum) = &mut self.sum {
            *sum = (CRC.digest(), 0);
        }
        self.phase = Phase::Deflate;
        Ok(())
    }

    fn deflate(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        let has_input = self.ready()?;
        let result = inflate(&mut self.state, self.input.get(self.used..).unwrap_or_default(), buf, MZFlush::None);
        self.used = self.used.saturating_add(result.bytes_consumed);
        let written = buf.get(..result.bytes_written).unwrap_or_default();
        self.output = self.output.saturating_add(written.len() as u64);
        if let Some((digest, length)) = &mut self.sum {
            digest.update(written);
            *length = length.wrapping_add(u32::try_from(written.len()).unwrap_or(0));
        }
        match result.status {
            Ok(MZStatus::StreamEnd) => self.phase = Phase::Trailer,
            Ok(_) if has_input || !written.is_empty() => {}
            Ok(_) => self.phase = Phase::End(End::Cut),
            Err(_) if !has_input => self.phase = Phase::End(End::Cut),
            Err(_) => {
                let at = self.position();
                self.phase = Phase::End(End::Damaged(format!("the bytes before {at:#x} cannot be inflated")));
            }
        }
        Ok(written.len())
    }

    /// CRC32 and ISIZE.
    fn trailer(&mut self) -> Result<(), ReadError> {
        let at = self.position();
        let mut fields = [0; 8];
        for field in &mut fields {
            match self.byte()? {
                Some(byte) => *field = byte,
                None => {
                    self.phase = Phase::End(End::Cut);
                    return Ok(());
                }
            }
        }
        let [a, b, c, d, e, f, g, h] = fields;
        let (crc32, isize) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if let Some((digest, length)) = self.sum.take() {
            if digest.finalize() != crc32 || length != isize {
                self.wrong.push(at);
            }
            self.sum = Some((CRC.digest(), 0));
        }
        self.phase = Phase::Header;
        Ok(())
    }

    /// Goes on to this position of the output, or to the end.
    fn pass_over(&mut self, position: u64, mut met: impl FnMut(&Inflater)) {
        let mut scratch = vec![0; SCRATCH];
        while self.output < position {
            let left = usize::try_from(position.saturating_sub(self.output)).unwrap_or(usize::MAX);
            let piece = scratch.get_mut(..left.min(SCRATCH)).unwrap_or_default();
            if self.read(piece) == 0 {
                break;
            }
            met(self);
        }
    }
}

/// Keeps the state of an inflater when it is time to.
fn note(marks: &mut Marks<Point>, inflater: &Inflater) {
    if marks.is_due(inflater.output) && !matches!(inflater.phase, Phase::End(_)) {
        marks.push(inflater.point());
    }
}

/// The pass over a packed file from start to end.
pub(crate) struct Packed {
    inflater: Inflater,
    marks: Marks<Point>,
    place: Place,
}

impl Packed {
    pub(crate) fn new(source: Rc<dyn ByteSource>, place: &Place) -> Self {
        let inflater = Inflater::new(source);
        let mut marks = Marks::new(FIRST_SPACING, MAX_POINTS);
        marks.push(inflater.point());
        Packed { inflater, marks, place: place.clone() }
    }

    /// Ends the pass, which has come to the end of the file: what it found, and the bytes for reading anywhere.
    pub(crate) fn finish(self, findings: &mut Findings) -> Unpacked<Inflater> {
        let Packed { inflater, marks, place } = self;
        for at in &inflater.wrong {
            findings.add(&codes::archive::GZIP_SUM, &place.then(format_args!("offset {at:#x}")), &[]);
        }
        let at = inflater.position();
        let here = place.then(format_args!("offset {at:#x}"));
        match &inflater.phase {
            Phase::End(End::Trailing) => findings.add(&codes::archive::GZIP_TRAILING, &here, &[]),
            Phase::End(End::Cut) => findings.add(&codes::archive::GZIP_CUT, &here, &[]),
            Phase::End(End::Damaged(reason)) => {
                findings.add(&codes::archive::GZIP_DAMAGED, &here, &[("reason", reason)]);
            }
            Phase::End(End::Failed(error)) => findings.add_failure(error),
            _ => {}
        }
        Unpacked::new(inflater.source, place, inflater.output, marks)
    }
}

impl Forward for Packed {
    fn position(&self) -> u64 {
        self.inflater.output
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        let count = self.inflater.read(buf);
        note(&mut self.marks, &self.inflater);
        match &self.inflater.phase {
            Phase::End(End::Failed(error)) if error.is_cancelled() => Err(error.clone()),
            _ => Ok(count),
        }
    }

    fn advance(&mut self, position: u64) -> Result<(), ReadError> {
        let marks = &mut self.marks;
        self.inflater.pass_over(position, |inflater| note(marks, inflater));
        Ok(())
    }

    fn progress(&self) -> (u64, u64) {
        (self.inflater.position(), self.inflater.source.len())
    }
}

impl Cursor for Inflater {
    type Mark = Point;
    const KEPT: usize = 4;

    fn at(source: Rc<dyn ByteSource>, mark: &Point) -> Self {
        Inflater::at(source, mark)
    }

    fn output(&self) -> u64 {
        self.output
    }

    fn go_to(&mut self, position: u64) {
        self.pass_over(position, |_| {});
    }

    fn fill(&mut self, buf: &mut [u8]) -> usize {
        self.read(buf)
    }

    fn failure(self) -> Option<ReadError> {
        match self.phase {
            Phase::End(End::Failed(error)) => Some(error),
            _ => None,
        }
    }
}

impl Mark for Point {
    fn output(&self) -> u64 {
        self.output
    }
}

/// The first bytes that a packed file holds, as many as `buf` takes; their number is returned.
pub(crate) fn first_bytes(source: Rc<dyn ByteSource>, buf: &mut [u8]) -> usize {
    Inflater::new(source).read(buf)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use careen_evidence::{Counted, Counts};
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    /// Bytes that can be packed to about a half, and of which no stretch is like another.
    fn bytes(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 & 0x0F
        };
        (0..length).map(|_| next()).collect()
    }

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn unpack(packed: Vec<u8>) -> (Unpacked<Inflater>, Vec<&'static str>) {
        let mut findings = Findings::new();
        let mut stream = Packed::new(Rc::new(packed), &Place::new("gz"));
        stream.advance(u64::MAX).unwrap();
        let unpacked = stream.finish(&mut findings);
        let codes = findings.list().iter().map(|finding| finding.code.name).collect();
        (unpacked, codes)
    }

    fn all(unpacked: &Unpacked<Inflater>) -> Vec<u8> {
        let mut buf = vec![0; usize::try_from(unpacked.len()).unwrap()];
        unpacked.read_exact_at(0, &mut buf).unwrap();
        buf
    }

    #[test]
    fn any_stretch_is_read_from_the_state_before_it() {
        let plain = bytes(9 << 20);
        let (unpacked, codes) = unpack([pack(&plain[..5 << 20]), pack(&plain[5 << 20..])].concat());
        assert_eq!(codes, [""; 0]);
        assert_eq!(unpacked.len(), 9 << 20);
        assert!(unpacked.marks.len() >= 8, "{}", unpacked.marks.len());
        for offset in [8 << 20, 3 << 20, (5 << 20) - 1000, 0, (9 << 20) - 2000, 1_234_567, 1_236_567] {
            let mut buf = [0; 2000];
            unpacked.read_exact_at(offset, &mut buf).unwrap();
            let at = usize::try_from(offset).unwrap();
            assert!(buf == plain[at..at + 2000], "{offset}");
        }
        assert!(unpacked.cursors.borrow().len() <= Inflater::KEPT);
        assert!(unpacked.read_exact_at(9 << 20, &mut [0]).is_err());
    }

    #[test]
    fn a_read_starts_at_the_nearest_state_and_not_at_the_start() {
        let (unpacked, _) = unpack(pack(&bytes(9 << 20)));
        let cursor = unpacked.cursor(8 << 20).unwrap();
        assert!(cursor.output > 6 << 20, "{}", cursor.output);
    }

    #[test]
    fn a_second_read_takes_little_of_the_file() {
        // 40 MiB, read once from start to end; then the last bytes of it, and a stretch in the middle.
        let plain = bytes(40 << 20);
        let counts = Counts::default();
        let packed = Rc::new(Counted::new(Rc::new(pack(&plain)), counts.clone()));
        let whole = packed.len();
        let mut stream = Packed::new(packed, &Place::new("gz"));
        stream.advance(u64::MAX).unwrap();
        let unpacked = stream.finish(&mut Findings::new());
        assert_eq!(counts.bytes(), whole);
        for offset in [(40 << 20) - 1000, 20 << 20] {
            let before = counts.bytes();
            let mut buf = [0; 1000];
            unpacked.read_exact_at(offset, &mut buf).unwrap();
            let at = usize::try_from(offset).unwrap();
            assert!(buf == plain[at..at + 1000]);
            // From the state before it: a mebibyte of output at most, and what is read ahead.
            let read = counts.bytes() - before;
            assert!(read <= FIRST_SPACING + INPUT, "{read} of {whole} bytes");
        }
    }

    #[test]
    fn states_are_thinned_out_when_there_are_many() {
        let inflater = Inflater::new(Rc::new(Vec::new()));
        let mut marks = Marks::new(1, MAX_POINTS);
        marks.push(inflater.point());
        for output in 0..3 * MAX_POINTS as u64 {
            note(&mut marks, &Inflater { output, ..Inflater::at(Rc::new(Vec::new()), &inflater.point()) });
        }
        assert!(marks.list.len() <= MAX_POINTS && marks.list.len() > MAX_POINTS / 2);
        assert!(marks.list.is_sorted_by_key(|point| point.output));
        assert_eq!((marks.list[0].output, marks.spacing), (0, 4));
    }

    #[test]
    fn every_optional_field_of_a_header_is_passed_over() {
        let packed = pack(b"content");
        // FLG: FHCRC, FEXTRA, FNAME, FCOMMENT.
        let mut with_fields = vec![0x1F, 0x8B, 8, 0x1E, 0, 0, 0, 0, 0, 3];
        with_fields.extend_from_slice(b"\x03\x00abcname\0comment\0\x12\x34");
        with_fields.extend_from_slice(&packed[10..]);
        let (unpacked, codes) = unpack(with_fields);
        assert_eq!((all(&unpacked), codes), (b"content".to_vec(), vec![]));
    }

    #[test]
    fn what_stands_before_a_cut_is_read() {
        let plain = bytes(100_000);
        let mut packed = pack(&plain);
        packed.truncate(packed.len() / 2);
        let (unpacked, codes) = unpack(packed);
        assert_eq!(codes, ["gzip-cut"]);
        assert!(unpacked.len() > 30_000 && plain.starts_with(&all(&unpacked)));
    }

    #[test]
    fn damage_ends_it_and_a_wrong_sum_does_not() {
        let plain = bytes(1 << 20);
        let mut packed = pack(&plain);
        let at = packed.len() - 8;
        packed[at] ^= 1;
        let (unpacked, codes) = unpack(packed.clone());
        assert_eq!(codes, ["gzip-sum"]);
        assert!(all(&unpacked) == plain);
        // A block of the kind that does not exist.
        packed.truncate(10);
        packed.extend_from_slice(&[0xFF; 100]);
        assert_eq!(unpack(packed).1, ["gzip-damaged"]);
    }

    #[test]
    fn zeros_behind_the_last_member_are_nothing_and_other_bytes_are_told() {
        let mut packed = pack(b"a");
        packed.extend_from_slice(&[0; 100]);
        assert_eq!(unpack(packed.clone()).1, [""; 0]);
        packed.truncate(packed.len() - 100);
        packed.extend_from_slice(b"more");
        let (unpacked, codes) = unpack(packed);
        assert_eq!((all(&unpacked), codes), (b"a".to_vec(), vec!["gzip-trailing"]));
    }
}
