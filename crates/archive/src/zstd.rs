//! Files packed with zstd, read anywhere.
//!
//! RFC 8878, sections 3.1.1 and 3.1.2: frames one after another, some of them to be skipped. A frame can only be read from
//! its start, so later reads start there, or where one of the last reads ended. Layers that are packed for lazy pulling
//! (`zstd:chunked`) have a frame for each file.
//!
//! Promised: memory is bounded by the largest window the decoder allows (100 MiB) and the cursors kept. What stands before a
//! cut or damaged place is read.
//!
//! Not handled: dictionaries, which layers are not packed with.

use std::io::{self, Read};
use std::rc::Rc;

use careen_evidence::{ByteSource, Findings, Place, ReadError, codes};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::anywhere::{Cursor, Mark, Marks, Unpacked};
use crate::stream::Forward;

/// What a frame begins with, as it stands in the file.
pub(crate) const MAGIC: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
/// The same of a frame to be skipped, without the lowest four bits.
const SKIPPABLE: u32 = 0x184D_2A50;

/// Whether a file that begins with these bytes begins with a frame to be skipped.
pub(crate) fn is_skippable(magic: [u8; 4]) -> bool {
    u32::from_le_bytes(magic) & !0xF == SKIPPABLE
}

/// Frames whose starts are kept.
const MAX_POINTS: usize = 4096;
/// Bytes of output between two starts that are kept, at first; doubled whenever there are too many.
const FIRST_SPACING: u64 = 256 << 10;
/// Bytes of the file read at a time.
const INPUT: u64 = 256 << 10;
/// Bytes unpacked at a time when they are only passed over.
const SCRATCH: usize = 128 << 10;

/// The file, read forward.
struct Input {
    source: Rc<dyn ByteSource>,
    bytes: Vec<u8>,
    start: u64,
    used: usize,
    /// Why a read failed.
    failure: Option<ReadError>,
}

impl Input {
    fn position(&self) -> u64 {
        self.start.saturating_add(self.used as u64)
    }

    /// Goes on behind `count` bytes.
    fn skip(&mut self, count: u64) {
        (self.start, self.used) = (self.position().saturating_add(count), 0);
        self.bytes.clear();
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if self.used >= self.bytes.len() {
            self.skip(0);
            let count = self.source.len().saturating_sub(self.start).min(INPUT);
            self.bytes.resize(usize::try_from(count).unwrap_or(0), 0);
            if let Err(error) = self.source.read_exact_at(self.start, &mut self.bytes) {
                self.bytes.clear();
                self.failure = Some(error);
                return Err(io::Error::other("the file cannot be read"));
            }
        }
        let ready = self.bytes.get(self.used..).unwrap_or_default();
        let count = ready.len().min(buf.len());
        if let (Some(from), Some(to)) = (ready.get(..count), buf.get_mut(..count)) {
            to.copy_from_slice(from);
        }
        self.used = self.used.saturating_add(count);
        Ok(count)
    }
}

/// How the file ended.
#[derive(Clone, Debug)]
enum End {
    /// Behind a whole frame.
    Whole,
    /// What follows cannot be unpacked, for this reason.
    Damaged(String),
    /// What follows cannot be read.
    Failed(ReadError),
}

/// A decoder at work.
pub(crate) struct Decoder {
    input: Input,
    frame: Box<FrameDecoder>,
    is_in_frame: bool,
    /// Bytes given out so far.
    output: u64,
    end: Option<End>,
}

/// Where a frame starts.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    output: u64,
    input: u64,
}

impl Decoder {
    fn at(source: Rc<dyn ByteSource>, point: Point) -> Decoder {
        let input = Input { source, bytes: Vec::new(), start: point.input, used: 0, failure: None };
        Decoder { input, frame: Box::new(FrameDecoder::new()), is_in_frame: false, output: point.output, end: None }
    }

    /// Fills `buf` as far as there is something; what ended it before is in `end`. `begins` is told of each frame.
    fn read(&mut self, buf: &mut [u8], begins: &mut dyn FnMut(Point)) -> usize {
        let mut filled = 0_usize;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            if self.end.is_some() {
                break;
            }
            let step = if self.is_in_frame { self.within(rest) } else { self.begin(begins).map(|()| 0) };
            match step {
                Ok(count) => {
                    filled = filled.saturating_add(count);
                    self.output = self.output.saturating_add(count as u64);
                }
                Err(reason) => {
                    let failure = self.input.failure.take();
                    self.end = Some(failure.map_or(End::Damaged(reason), End::Failed));
                }
            }
        }
        filled
    }

    /// Begins the next frame, passing over those to be skipped.
    fn begin(&mut self, begins: &mut dyn FnMut(Point)) -> Result<(), String> {
        let start = self.input.position();
        if start >= self.input.source.len() {
            self.end = Some(End::Whole);
            return Ok(());
        }
        let mut head = [0; 8];
        let left = usize::try_from(self.input.source.len().saturating_sub(start)).unwrap_or(usize::MAX);
        let head = head.get_mut(..left.min(8)).unwrap_or_default();
        self.input.source.read_exact_at(start, head).map_err(|error| {
            self.input.failure = Some(error);
            String::new()
        })?;
        let word = |at: usize| -> Option<u32> { Some(u32::from_le_bytes(*head.get(at..)?.first_chunk()?)) };
        match (word(0), word(4)) {
            (Some(magic), Some(length)) if magic & !0xF == SKIPPABLE => {
                self.input.skip(u64::from(length).saturating_add(8));
                Ok(())
            }
            _ => {
                begins(Point { output: self.output, input: start });
                self.frame.reset(&mut self.input).map_err(|error| error.to_string())?;
                self.is_in_frame = true;
                Ok(())
            }
        }
    }

    /// Bytes of the frame at hand.
    fn within(&mut self, buf: &mut [u8]) -> Result<usize, String> {
        if self.frame.can_collect() == 0 {
            if self.frame.is_finished() {
                self.is_in_frame = false;
                return Ok(0);
            }
            let strategy = BlockDecodingStrategy::UptoBytes(buf.len().min(SCRATCH));
            self.frame.decode_blocks(&mut self.input, strategy).map_err(|error| error.to_string())?;
        }
        self.frame.read(buf).map_err(|error| error.to_string())
    }

    /// Goes on to `position`, or to the end if that comes first.
    fn pass_over(&mut self, position: u64, begins: &mut dyn FnMut(Point)) {
        let mut scratch = vec![0; SCRATCH];
        while self.output < position && self.end.is_none() {
            let left = usize::try_from(position.saturating_sub(self.output)).unwrap_or(SCRATCH).min(SCRATCH);
            self.read(scratch.get_mut(..left).unwrap_or_default(), begins);
        }
    }
}

/// The one pass over a packed file.
pub(crate) struct Packed {
    decoder: Decoder,
    marks: Marks<Point>,
    place: Place,
}

/// Keeps the start of a frame when it is far enough from the last one.
fn note(marks: &mut Marks<Point>, point: Point) {
    if marks.is_due(point.output) {
        marks.push(point);
    }
}

impl Packed {
    pub(crate) fn new(source: Rc<dyn ByteSource>, place: &Place) -> Self {
        let decoder = Decoder::at(source, Point { output: 0, input: 0 });
        Packed { decoder, marks: Marks::new(FIRST_SPACING, MAX_POINTS), place: place.clone() }
    }

    /// Ends the pass, which has come to the end of the file: what it found, and the bytes for reading anywhere.
    pub(crate) fn finish(self, findings: &mut Findings) -> Unpacked<Decoder> {
        let Packed { decoder, marks, place } = self;
        let at = decoder.input.position();
        let here = place.then(format_args!("offset {at:#x}"));
        match &decoder.end {
            Some(End::Damaged(reason)) => findings.add(&codes::archive::ZSTD_DAMAGED, &here, &[("reason", reason)]),
            Some(End::Failed(error)) => findings.add_failure(error),
            Some(End::Whole) | None => {}
        }
        Unpacked::new(decoder.input.source, place, decoder.output, marks)
    }
}

impl Forward for Packed {
    fn position(&self) -> u64 {
        self.decoder.output
    }

    fn read(&mut self, buf: &mut [u8]) -> Result<usize, ReadError> {
        let marks = &mut self.marks;
        let count = self.decoder.read(buf, &mut |point| note(marks, point));
        match &self.decoder.end {
            Some(End::Failed(error)) if error.is_cancelled() => Err(error.clone()),
            _ => Ok(count),
        }
    }

    fn advance(&mut self, position: u64) -> Result<(), ReadError> {
        let marks = &mut self.marks;
        self.decoder.pass_over(position, &mut |point| note(marks, point));
        Ok(())
    }

    fn progress(&self) -> (u64, u64) {
        (self.decoder.input.position(), self.decoder.input.source.len())
    }
}

impl Cursor for Decoder {
    type Mark = Point;
    const KEPT: usize = 2;

    fn at(source: Rc<dyn ByteSource>, mark: &Point) -> Self {
        Decoder::at(source, *mark)
    }

    fn output(&self) -> u64 {
        self.output
    }

    fn go_to(&mut self, position: u64) {
        self.pass_over(position, &mut |_| {});
    }

    fn fill(&mut self, buf: &mut [u8]) -> usize {
        self.read(buf, &mut |_| {})
    }

    fn failure(self) -> Option<ReadError> {
        match self.end {
            Some(End::Failed(error)) => Some(error),
            _ => None,
        }
    }
}

impl Mark for Point {
    fn output(&self) -> u64 {
        self.output
    }
}

#[cfg(test)]
mod tests {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};

    use super::*;

    fn bytes(length: usize) -> Vec<u8> {
        let mut state = 1_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8 & 0x0F
        };
        (0..length).map(|_| next()).collect()
    }

    fn pack(bytes: &[u8]) -> Vec<u8> {
        compress_to_vec(bytes, CompressionLevel::Fastest)
    }

    fn unpack(packed: Vec<u8>) -> (Unpacked<Decoder>, Vec<&'static str>) {
        let mut findings = Findings::new();
        let mut stream = Packed::new(Rc::new(packed), &Place::new("zst"));
        stream.advance(u64::MAX).unwrap();
        let unpacked = stream.finish(&mut findings);
        (unpacked, findings.list().iter().map(|finding| finding.code.name).collect())
    }

    #[test]
    fn any_stretch_is_read_from_the_frame_before_it() {
        let plain = bytes(3 << 20);
        // A frame to be skipped between the two.
        let between = [&[0x5A, 0x2A, 0x4D, 0x18, 3, 0, 0, 0][..], b"any"].concat();
        let (unpacked, codes) = unpack([pack(&plain[..2 << 20]), between, pack(&plain[2 << 20..])].concat());
        assert_eq!((unpacked.len(), codes), (3 << 20, vec![]));
        assert_eq!(unpacked.marks.len(), 2);
        for offset in [3 * (1 << 20) - 2000, 5, (2 << 20) - 1000, 1_234_567, 1_236_567, 0] {
            let mut buf = [0; 2000];
            unpacked.read_exact_at(offset, &mut buf).unwrap();
            let at = usize::try_from(offset).unwrap();
            assert!(buf == plain[at..at + 2000], "{offset}");
        }
        assert!(unpacked.read_exact_at(3 << 20, &mut [0]).is_err());
    }

    #[test]
    fn what_stands_before_a_cut_is_read() {
        let plain = bytes(1 << 20);
        let mut packed = pack(&plain);
        packed.truncate(packed.len() / 2);
        let (unpacked, codes) = unpack(packed);
        assert_eq!(codes, ["zstd-damaged"]);
        let mut all = vec![0; usize::try_from(unpacked.len()).unwrap()];
        unpacked.read_exact_at(0, &mut all).unwrap();
        assert!(plain.starts_with(&all));
    }

    #[test]
    fn what_is_no_frame_ends_it() {
        assert_eq!(unpack(b"something else".to_vec()).1, ["zstd-damaged"]);
        assert_eq!(unpack([pack(b"a"), b"x".to_vec()].concat()).1, ["zstd-damaged"]);
        assert_eq!(unpack(Vec::new()).1, [""; 0]);
    }

    #[test]
    fn many_frames_keep_few_starts() {
        let mut marks = Marks::new(1, MAX_POINTS);
        for output in 0..3 * MAX_POINTS as u64 {
            note(&mut marks, Point { output, input: output });
        }
        assert!(marks.list.len() <= MAX_POINTS && marks.list[0].output == 0);
        assert!(marks.list.is_sorted_by_key(|point| point.output));
    }
}
