//! A zip file that is written as it is asked for.
//!
//! Every entry is packed with deflate and its sizes stand behind it, so that nothing has to be gone back to; zip64 where a
//! file, the number of entries or the whole asks for it. Names are made such as every system takes. What a zip cannot hold
//! is listed in a text file within, and so is the manifest; both are kept packed until the end, or until they are large:
//! then they are written in parts (`.001`, `.002` …, to be put behind one another).

mod directory;
mod kept;
mod names;
mod packing;
mod pieces;
mod records;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation)]
mod tests;

use std::fmt::Write;
use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, Kind, Limits, ReadError, Xattrs, codes::export as codes};
use careen_model::Timestamp;

use self::directory::Directory;
use self::kept::{Complete, Kept};
use self::names::{Named, Names};
use self::packing::{Packing, Zeros};
pub(crate) use self::pieces::PiecesStream;
pub use self::pieces::{Piece, PieceState, Pieces};
use self::records::{DEFLATED, Record, STORED};
use crate::write::content::{Content, Holes, STEP, Seen, hex};
use crate::write::gzip::Deflate;
use crate::write::manifest::{Report, Told};
use crate::write::objects::{First, Links, Next, Object, Objects};
use crate::write::{OnDamage, Selection};

/// What is in the zip besides what was asked for.
const MANIFEST: &str = "careen-manifest.json";
const NOT_HELD: &str = "careen-not-in-this-zip.txt";
/// Packed bytes of either that are kept.
const PART: usize = 16 << 20;
/// Most parts of either, since their names are taken from the start.
const MOST_PARTS: u32 = 999;
/// Bytes of a name; the field has 16 bits, and a directory's name gets a slash.
const LONGEST_PATH: usize = 65_000;

const HEADING: &str = "\
What is on the disk but not in this zip, since a zip has no room for it. A tar archive holds all of it.
Each line: what it is, the name in the zip, and what is missing.

이 zip 형식에는 담을 수 없어 빠진 항목입니다. tar 아카이브에는 모두 담을 수 있습니다.
각 줄은 종류, zip 안의 이름, 빠진 내용의 순서입니다.

";

/// The entries of a zip file and its end.
pub(crate) struct ZipStream {
    objects: Objects,
    on_damage: OnDamage,
    links: Links,
    names: Names,
    zeros: Zeros,
    /// The packer that the file before used.
    deflate: Option<Deflate>,
    /// Bytes put out.
    offset: u64,
    directory: Directory,
    not_held: Side,
    manifest: Side,
    /// How much of the manifest's text that was not yet handed out is in `manifest`.
    text_from: Option<usize>,
    phase: Phase,
    state: State,
}

/// A text that is written beside the objects.
struct Side {
    kept: Kept,
    parts: u32,
}

/// What entries are written of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Objects,
    NotHeld,
    Manifest,
    Directory,
}

enum State {
    /// Between two entries.
    Next,
    /// A file is looked through before anything is written of it.
    Checking(Box<File>, u64),
    Content(Box<File>, Box<Packing>),
    Side {
        packed: Vec<u8>,
        at: usize,
    },
    Directory,
    Done,
}

/// A file that is written.
struct File {
    object: Object,
    named: Named,
    source: Rc<dyn ByteSource>,
    without: Option<String>,
    offset: u64,
}

impl ZipStream {
    pub(crate) fn new(
        selections: Vec<Selection>,
        on_damage: OnDamage,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> ZipStream {
        let part = |name: &str, number: u32| format!("{name}.{number:03}");
        let parts = (1..=MOST_PARTS).flat_map(|number| [part(MANIFEST, number), part(NOT_HELD, number)]);
        let reserved: Vec<String> = [MANIFEST.to_owned(), NOT_HELD.to_owned()].into_iter().chain(parts).collect();
        let reserved: Vec<&str> = reserved.iter().map(String::as_str).collect();
        let names = Names::new(&reserved, selections.iter().map(|selection| selection.name.as_slice()));
        ZipStream {
            objects: Objects::new(selections, limits, cancel),
            on_damage,
            links: Links::default(),
            names,
            zeros: Zeros::default(),
            deflate: None,
            offset: 0,
            directory: Directory::new(),
            not_held: Side { kept: Kept::new(), parts: 0 },
            manifest: Side { kept: Kept::new(), parts: 0 },
            text_from: None,
            phase: Phase::Objects,
            state: State::Next,
        }
    }

    /// Puts the next bytes behind `out`, some MiB at the most; `false` when there are none any more. The list of entries
    /// in the manifest is ended here, since the zip holds it.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        // What was there before the first step is its beginning.
        self.text_from = Some(self.text_from.map_or(0, |_| report.text.len()));
        let start = out.len();
        let goes_on = self.advance(out, report)?;
        self.offset = self.offset.saturating_add(out.len().saturating_sub(start) as u64);
        self.keep_text(report);
        Ok(goes_on)
    }

    /// Keeps what was added to the manifest.
    fn keep_text(&mut self, report: &Report) {
        if self.phase != Phase::Directory {
            self.manifest.kept.add(report.text.get(self.text_from.unwrap_or(0)..).unwrap_or_default());
        }
        self.text_from = Some(report.text.len());
    }

    fn advance(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        match std::mem::replace(&mut self.state, State::Next) {
            State::Next => return self.next(out, report),
            State::Checking(file, position) => self.check(file, position, out, report)?,
            State::Content(file, mut packing) => {
                if packing.step(&mut self.zeros, out)? {
                    self.state = State::Content(file, packing);
                } else {
                    self.end_file(&file, *packing, out, report);
                }
            }
            State::Side { packed, at } => {
                let end = at.saturating_add(usize::try_from(STEP).unwrap_or(0)).min(packed.len());
                out.extend_from_slice(packed.get(at..end).unwrap_or_default());
                if end < packed.len() {
                    self.state = State::Side { packed, at: end };
                }
            }
            State::Directory => {
                let goes_on = self.directory.step(self.offset, out);
                self.state = if goes_on { State::Directory } else { State::Done };
                return Ok(goes_on);
            }
            State::Done => return Ok(false),
        }
        Ok(true)
    }

    /// Begins with what comes next.
    fn next(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        let is_full = |side: &Side| side.kept.length() >= PART && side.parts < MOST_PARTS;
        if is_full(&self.not_held) {
            self.put_side(NOT_HELD, false, out, report);
            return Ok(true);
        }
        if is_full(&self.manifest) {
            self.put_side(MANIFEST, false, out, report);
            return Ok(true);
        }
        match self.phase {
            Phase::Objects => match self.objects.next(&mut report.findings)? {
                None => self.phase = Phase::NotHeld,
                Some(Next::Missed { name, error }) => report.leave_out(&name, None, None, error, self.on_damage)?,
                Some(Next::Object(object)) => self.begin(object, out, report)?,
            },
            Phase::NotHeld => {
                self.phase = Phase::Manifest;
                if !self.not_held.kept.is_empty() {
                    self.put_side(NOT_HELD, true, out, report);
                }
            }
            Phase::Manifest => {
                report.end_entries("");
                self.keep_text(report);
                self.manifest.kept.add(Report::end(None).as_bytes());
                self.phase = Phase::Directory;
                self.put_side(MANIFEST, true, out, report);
            }
            Phase::Directory => self.state = State::Directory,
        }
        Ok(true)
    }

    /// Leaves out an object that cannot be read, unless that ends everything.
    fn leave_out_object(&mut self, object: &Object, error: ReadError, report: &mut Report) -> Result<(), ReadError> {
        let kind = object.stat.kind;
        self.links.note(object, First::Missing(error.to_string()));
        report.leave_out(
            &object.name,
            Some(kind),
            (kind == Kind::File).then_some(object.stat.size),
            error,
            self.on_damage,
        )
    }

    /// Writes an object, or begins with it.
    fn begin(&mut self, object: Object, out: &mut Vec<u8>, report: &mut Report) -> Result<(), ReadError> {
        let kind = object.stat.kind;
        let named = self.names.of(&object.name, kind == Kind::Directory);
        let path = named.path.as_str();
        if path.len() > LONGEST_PATH {
            let reason = "its path is longer than a zip can hold";
            report.not_held(&object.name, kind, &object.tree.place(object.node), reason);
            return Ok(());
        }
        if let Some(what) = not_in_zip(&object) {
            self.list(what.0, path, &what.1);
            let reason = format!("a zip holds files, directories and symbolic links, this is a {}", what.0);
            report.not_held(&object.name, kind, &object.tree.place(object.node), &reason);
            return Ok(());
        }
        let mut without = Vec::new();
        match self.links.first(&object) {
            Some(First::Name(first)) => {
                let first = shown(&String::from_utf8_lossy(&first));
                self.list("hard link", path, &format!("the same file as {first}"));
                without.push(format!("it is the same file as {first}, a hard link"));
            }
            Some(First::Missing(reason)) => {
                let error = ReadError::corrupt(&object.tree.place(object.node), reason);
                return report.leave_out(&object.name, Some(kind), None, error, self.on_damage);
            }
            None => {}
        }
        match object.tree.xattrs(object.node, &mut report.findings) {
            Ok(xattrs) if xattrs.is_empty() => {}
            Ok(xattrs) => {
                self.list("attributes", path, &attributes(&xattrs));
                without.push(format!("{} extended attributes", xattrs.len()));
            }
            Err(error) if error.is_cancelled() || self.on_damage == OnDamage::Stop => return Err(error),
            Err(error) => {
                report.tell(&codes::EXPORT_WITHOUT_ATTRIBUTES, &object.name, &error.place, &error.reason());
                without.push(format!("extended attributes: {error}"));
            }
        }
        if (object.stat.uid, object.stat.gid) != (0, 0) {
            self.list("owner", path, &format!("{}:{}", object.stat.uid, object.stat.gid));
        }
        if named.is_changed {
            self.list("name", path, &shown(&String::from_utf8_lossy(&object.name)));
            let name = String::from_utf8_lossy(&object.name);
            let values: [(&str, &dyn std::fmt::Display); 2] = [("name", &name), ("new", &path)];
            report.findings.add(&codes::EXPORT_RENAMED, &object.tree.place(object.node), &values);
        }
        let without = (!without.is_empty()).then(|| without.join("; "));
        match kind {
            Kind::File => {
                let source = match object.tree.open(object.node, &mut report.findings) {
                    Ok(source) => source,
                    Err(error) => return self.leave_out_object(&object, error, report),
                };
                let file = Box::new(File { object, named, source, without, offset: 0 });
                match self.on_damage {
                    OnDamage::Skip => self.state = State::Checking(file, 0),
                    on_damage => self.put_file(file, on_damage, out),
                }
            }
            Kind::Symlink => {
                let target = match object.tree.link_target(object.node, &mut report.findings) {
                    Ok(target) => target,
                    Err(error) => return self.leave_out_object(&object, error, report),
                };
                self.put_whole(&object, path, &target, out);
                self.links.note(&object, First::Name(object.name.clone()));
                tell(&object, &named, &Told { without, ..Told::default() }, report);
            }
            // The top of the archive has no entry.
            _ if path.is_empty() => {}
            _ => {
                self.put_whole(&object, &format!("{path}/"), b"", out);
                tell(&object, &named, &Told { without, ..Told::default() }, report);
            }
        }
        Ok(())
    }

    /// Adds a line to the list of what is not in the zip. Of the top the name is `.`.
    fn list(&mut self, what: &str, path: &str, value: &str) {
        if self.not_held.kept.is_empty() && self.not_held.parts == 0 {
            self.not_held.kept.add(HEADING.as_bytes());
        }
        let path = if path.is_empty() { "." } else { path };
        self.not_held.kept.add(format!("{what}\t{}\t{value}\n", shown(path)).as_bytes());
    }

    /// Reads on in a file before anything is written of it, since what was written cannot be taken back.
    fn check(
        &mut self,
        file: Box<File>,
        position: u64,
        out: &mut Vec<u8>,
        report: &mut Report,
    ) -> Result<(), ReadError> {
        let length = file.source.len();
        let Some(stretch) = file.source.data_from(position).filter(|stretch| stretch.start < length) else {
            // Read twice: should it fail now, the gap is told.
            self.put_file(file, OnDamage::Gaps, out);
            return Ok(());
        };
        let end = stretch.end.min(length).min(stretch.start.saturating_add(STEP));
        let mut buf = vec![0; usize::try_from(end.saturating_sub(stretch.start)).unwrap_or(0)];
        match file.source.read_exact_at(stretch.start, &mut buf) {
            Ok(()) => {
                self.state = State::Checking(file, end);
                Ok(())
            }
            Err(error) => self.leave_out_object(&file.object, error, report),
        }
    }

    /// Writes the header of a file; its content follows in the next steps.
    fn put_file(&mut self, mut file: Box<File>, on_damage: OnDamage, out: &mut Vec<u8>) {
        file.offset = self.offset;
        self.links.note(&file.object, First::Name(file.object.name.clone()));
        let size = file.source.len();
        Record { size, offset: file.offset, ..record(&file.object, &file.named.path) }.put_local(out);
        let place = file.object.tree.place(file.object.node);
        let content = Content::new(Rc::clone(&file.source), place, Holes::LeftOut, on_damage);
        let deflate = self.deflate.take().unwrap_or_else(Deflate::new);
        self.state = State::Content(file, Box::new(Packing::new(content, deflate)));
    }

    fn end_file(&mut self, file: &File, packing: Packing, out: &mut Vec<u8>, report: &mut Report) {
        let packed = packing.finish();
        let own = record(&file.object, &file.named.path);
        let own = Record { offset: file.offset, crc: packed.crc, packed: packed.packed, size: packed.size, ..own };
        own.put_descriptor(out);
        self.directory.note(&own);
        self.deflate = Some(packed.deflate);
        let seen = packed.content.finish();
        report.gaps(&file.object.name, &file.object.tree.place(file.object.node), &seen.gaps);
        let without = file.without.clone();
        let told = Told { size: Some(packed.size), seen: Some(&seen), without, ..Told::default() };
        tell(&file.object, &file.named, &told, report);
    }

    /// Writes an entry whose content is at hand.
    fn put_whole(&mut self, object: &Object, name: &str, content: &[u8], out: &mut Vec<u8>) {
        let mut sum = flate2::Crc::new();
        sum.update(content);
        let size = content.len() as u64;
        let own = Record {
            method: STORED,
            offset: self.offset,
            crc: sum.sum(),
            packed: size,
            size,
            has_descriptor: false,
            may_be_large: false,
            ..record(object, name)
        };
        own.put_local(out);
        out.extend_from_slice(content);
        self.directory.note(&own);
    }

    /// Writes what was kept of a text: all of it, or a part.
    fn put_side(&mut self, name: &str, is_last: bool, out: &mut Vec<u8>, report: &mut Report) {
        let side = if name == MANIFEST { &mut self.manifest } else { &mut self.not_held };
        let Complete { crc, sha256, size, packed } = side.kept.take();
        side.parts = side.parts.saturating_add(1);
        let name = if is_last && side.parts == 1 { name.to_owned() } else { format!("{name}.{:03}", side.parts) };
        let own = Record {
            name: name.as_bytes(),
            method: DEFLATED,
            mode: 0o100_644,
            uid: 0,
            gid: 0,
            mtime: Timestamp::default(),
            offset: self.offset,
            crc,
            packed: packed.len() as u64,
            size,
            has_descriptor: false,
            may_be_large: false,
        };
        own.put_local(out);
        self.directory.note(&own);
        // The manifest cannot tell of itself.
        if !name.starts_with(MANIFEST) {
            let seen = Seen { sha256, is_of_all: true, gaps: Vec::new() };
            report.row(name.as_bytes(), Kind::File, &Told { size: Some(size), seen: Some(&seen), ..Told::default() });
        }
        self.state = State::Side { packed, at: 0 };
    }
}

/// What is known of an object's entry before its content.
fn record<'a>(object: &Object, name: &'a str) -> Record<'a> {
    let kind: u32 = match object.stat.kind {
        Kind::Directory => 0o040_000,
        Kind::Symlink => 0o120_000,
        _ => 0o100_000,
    };
    Record {
        name: name.as_bytes(),
        method: DEFLATED,
        mode: kind | u32::from(object.stat.mode & 0o7777),
        uid: object.stat.uid,
        gid: object.stat.gid,
        mtime: object.stat.mtime,
        offset: 0,
        crc: 0,
        packed: 0,
        size: 0,
        has_descriptor: true,
        may_be_large: false,
    }
}

/// Adds the row of an object, which tells of a name that is not the one on the disk.
fn tell(object: &Object, named: &Named, told: &Told<'_>, report: &mut Report) {
    let is_other = named.path.as_bytes() != object.name.as_slice();
    let told = Told { renamed_from: is_other.then_some(object.name.as_slice()), ..told.clone() };
    report.row(named.path.as_bytes(), object.stat.kind, &told);
}

/// What an object is that a zip has no entry for, and what else is known of it.
fn not_in_zip(object: &Object) -> Option<(&'static str, String)> {
    let stat = &object.stat;
    let what = match stat.kind {
        Kind::CharDevice => "character device",
        Kind::BlockDevice => "block device",
        Kind::Fifo => "FIFO",
        Kind::Socket => "socket",
        _ => return None,
    };
    let mut value = format!("mode {:04o} owner {}:{}", stat.mode, stat.uid, stat.gid);
    if matches!(stat.kind, Kind::CharDevice | Kind::BlockDevice) {
        // Writing to a string cannot fail.
        let _ = write!(value, " number {}:{}", stat.rdev.0, stat.rdev.1);
    }
    Some((what, value))
}

/// Extended attributes in one line, their values in hexadecimal.
fn attributes(xattrs: &Xattrs) -> String {
    let all = xattrs.iter().map(|(name, value)| format!("{}={}", shown(&String::from_utf8_lossy(name)), hex(value)));
    all.collect::<Vec<_>>().join(" ")
}

/// A text in one line.
fn shown(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { letter.escape_default().to_string() } else { letter.into() })
        .collect()
}
