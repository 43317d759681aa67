//! The one pass over an archive that makes its tree.

use std::collections::BTreeSet;

use careen_evidence::{CancelToken, Findings, Kind, Limits, Place, ReadError, Xattrs, codes};
use careen_model::Timestamp;

use crate::extended::{Extended, decimal};
use crate::header::{self, BLOCK, Block, Header};
use crate::sparse::pieces;
use crate::stream::Forward;
use crate::tree::{ArchiveTree, Body, Meta, Refusal};

/// Longest extended header and longest name: attributes take at most 64 KiB each on Linux.
const MAX_EXTENDED: u64 = 16 << 20;
/// Blocks looked at between two reports of progress.
const REPORT_EVERY: u64 = 4096;
/// Bytes of content passed over between two reports of progress.
const STRIDE: u64 = 64 << 20;
/// Reads that may fail before the rest is given up.
const MAX_FAILURES: u32 = 64;

/// What the names in an archive mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Names {
    /// Paths.
    Plain,
    /// Paths of a layer of an image, in which `.wh.` marks what is deleted (OCI image-spec, layer.md, "Whiteouts").
    Layer,
}

/// What the pass is allowed, and who hears of it.
pub(crate) struct Pass<'a> {
    pub(crate) names: Names,
    pub(crate) limits: &'a Limits,
    pub(crate) cancel: &'a CancelToken,
    /// Hears how many bytes of the file are done, of how many.
    pub(crate) progress: &'a mut dyn FnMut(u64, u64),
}

/// What is seen of an archive besides its tree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Whether any object has an attribute of the overlay.
    pub(crate) overlay_marks: bool,
}

/// Reads all entries into the tree.
pub(crate) fn index(
    stream: &mut dyn Forward,
    tree: &mut ArchiveTree,
    place: &Place,
    pass: Pass<'_>,
    findings: &mut Findings,
) -> Result<Seen, ReadError> {
    let mut index = Index {
        stream,
        tree,
        place,
        pass,
        findings,
        global: Extended::default(),
        next: Extended::default(),
        lost: None,
        zeros: 0,
        failures: 0,
        is_cut: false,
        is_full: false,
        blocks: 0,
        last: String::new(),
        links: Vec::new(),
        told_kinds: BTreeSet::new(),
        seen: Seen::default(),
    };
    index.run()?;
    index.put_late_links();
    Ok(index.seen)
}

struct Index<'a, 'b> {
    stream: &'a mut dyn Forward,
    tree: &'a mut ArchiveTree,
    place: &'a Place,
    pass: Pass<'b>,
    findings: &'a mut Findings,
    /// What holds for all entries from here on.
    global: Extended,
    /// What holds for the next entry.
    next: Extended,
    /// Where no header was found where one should be, and why.
    lost: Option<(u64, String)>,
    /// Blocks of zeros since the last header.
    zeros: u64,
    failures: u32,
    /// The archive ends within an entry.
    is_cut: bool,
    is_full: bool,
    blocks: u64,
    /// Name of the last entry.
    last: String,
    /// Hard links met before what they lead to: path and target.
    links: Vec<(Vec<u8>, Vec<u8>)>,
    told_kinds: BTreeSet<u8>,
    seen: Seen,
}

impl Index<'_, '_> {
    fn run(&mut self) -> Result<(), ReadError> {
        while !self.is_full {
            let at = self.stream.position();
            let mut block = [0; BLOCK];
            match self.read(&mut block)? {
                Some(BLOCK) => {}
                Some(0) => break,
                // A part of a block is no end that a writer makes.
                Some(_) => {
                    if self.lost.is_none() && self.zeros == 0 {
                        self.tell_cut(at, "a header");
                    }
                    break;
                }
                None if self.failures >= MAX_FAILURES => break,
                None => {
                    self.lost.get_or_insert((at, "it cannot be read".to_owned()));
                    continue;
                }
            }
            match Block::read(&block) {
                Block::Zeros => self.zeros = self.zeros.saturating_add(1),
                Block::Other(reason) => {
                    self.next = Extended::default();
                    self.lost.get_or_insert((at, reason));
                }
                Block::Header(header) => {
                    self.tell_lost(at);
                    if self.zeros > 1 && !self.last.is_empty() {
                        let place = self.place.then(format_args!("offset {at:#x}"));
                        self.findings.add(&codes::archive::TAR_GOES_ON, &place, &[]);
                    }
                    self.zeros = 0;
                    self.entry(*header)?;
                }
            }
        }
        let end = self.stream.position();
        let is_junk_after_end = self.zeros > 1 && self.lost.is_some();
        if is_junk_after_end {
            let place = self.place.then(format_args!("offset {:#x}", self.lost.take().map_or(end, |(at, _)| at)));
            self.findings.add(&codes::archive::TAR_TRAILING, &place, &[]);
        }
        self.tell_lost(end);
        if self.zeros == 0 && !self.is_cut && !self.is_full {
            self.findings.add(&codes::archive::TAR_UNENDED, self.place, &[("name", &self.last)]);
        }
        Ok(())
    }

    /// Reads the next bytes: how many there were, `None` when they cannot be read.
    fn read(&mut self, buf: &mut [u8]) -> Result<Option<usize>, ReadError> {
        if self.blocks.is_multiple_of(REPORT_EVERY) {
            let (done, total) = self.stream.progress();
            (self.pass.progress)(done, total);
        }
        self.blocks = self.blocks.saturating_add(1);
        self.pass.cancel.check()?;
        match self.stream.read(buf) {
            Ok(count) => Ok(Some(count)),
            Err(error) if error.is_cancelled() => Err(error),
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                self.findings.add_failure(&error);
                Ok(None)
            }
        }
    }

    /// Goes to where the next header stands, with a look at the cancel token now and then.
    fn go_to(&mut self, position: u64) -> Result<(), ReadError> {
        loop {
            let before = self.stream.position();
            self.stream.advance(position.min(before.saturating_add(STRIDE)))?;
            let now = self.stream.position();
            if now >= position || now == before {
                return Ok(());
            }
            self.pass.cancel.check()?;
            let (done, total) = self.stream.progress();
            (self.pass.progress)(done, total);
        }
    }

    fn tell_lost(&mut self, found: u64) {
        if let Some((at, reason)) = self.lost.take() {
            let place = self.place.then(format_args!("offset {at:#x}"));
            let count = found.saturating_sub(at);
            self.findings.add(&codes::archive::TAR_HEADER_BAD, &place, &[("reason", &reason), ("count", &count)]);
        }
    }

    fn tell_cut(&mut self, at: u64, name: &str) {
        self.is_cut = true;
        let place = self.place.then(format_args!("offset {at:#x}"));
        self.findings.add(&codes::archive::TAR_CUT, &place, &[("name", &name)]);
    }

    fn leave_out(&mut self, name: &[u8], reason: &dyn std::fmt::Display) {
        let name = String::from_utf8_lossy(name);
        self.findings.add(&codes::archive::TAR_ENTRY_LEFT_OUT, &self.place.then(&name), &[("reason", reason)]);
    }

    /// Takes in a header and what belongs to it.
    fn entry(&mut self, header: Header) -> Result<(), ReadError> {
        match header.kind {
            b'x' | b'X' | b'g' | b'L' | b'K' => self.extended(&header),
            // The label of a tape, and the names of a directory as old incremental backups list them.
            b'V' | b'N' => {
                let end = self.end_of(header.size);
                self.go_to(end)
            }
            _ => self.object(header),
        }
    }

    /// Where the next header stands when so many bytes of content come first.
    fn end_of(&self, size: u64) -> u64 {
        let blocks = size.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
        self.stream.position().saturating_add(blocks)
    }

    /// A header that describes the next one.
    fn extended(&mut self, header: &Header) -> Result<(), ReadError> {
        let (at, end) = (self.stream.position(), self.end_of(header.size));
        if header.size > MAX_EXTENDED {
            let reason = format!("an extended header of {} bytes, the limit is {MAX_EXTENDED}", header.size);
            self.leave_out(&header.name, &reason);
            return self.go_to(end);
        }
        let mut content = vec![0; usize::try_from(header.size).unwrap_or(0)];
        match self.read(&mut content)? {
            Some(count) if count == content.len() => {}
            Some(_) => {
                self.tell_cut(at, "an extended header");
                return Ok(());
            }
            None => return self.go_to(end),
        }
        self.go_to(end)?;
        let text = || {
            let end = content.iter().position(|byte| *byte == 0).unwrap_or(content.len());
            content.get(..end).map(<[u8]>::to_vec)
        };
        let read = match header.kind {
            b'L' => {
                self.next.path = text();
                Ok(())
            }
            b'K' => {
                self.next.link = text();
                Ok(())
            }
            b'g' => self.global.read(&content),
            _ => self.next.read(&content),
        };
        if let Err(reason) = read {
            let place = self.place.then(format_args!("offset {at:#x}"));
            self.findings.add(&codes::archive::TAR_FIELD_BAD, &place, &[("reason", &reason)]);
        }
        Ok(())
    }

    /// An object of the tree.
    fn object(&mut self, mut header: Header) -> Result<(), ReadError> {
        let next = std::mem::take(&mut self.next);
        macro_rules! value {
            ($field:ident) => {
                next.$field.clone().or_else(|| self.global.$field.clone())
            };
        }
        let name =
            next.sparse.name.clone().or_else(|| value!(path)).unwrap_or_else(|| std::mem::take(&mut header.name));
        let link = value!(link).unwrap_or_else(|| std::mem::take(&mut header.link));
        let meta = Meta {
            kind: self.kind(&header, &name),
            mode: header.mode,
            uid: value!(uid).unwrap_or(header.uid),
            gid: value!(gid).unwrap_or(header.gid),
            mtime: value!(mtime).unwrap_or(Timestamp { seconds: header.mtime, nanoseconds: 0 }),
            device: (value!(major).unwrap_or(header.device.0), value!(minor).unwrap_or(header.device.1)),
        };
        let size = next.size.unwrap_or(header.size);
        let xattrs: Xattrs = next.xattrs.clone().into_iter().collect();
        self.seen.overlay_marks |=
            xattrs.iter().any(|(name, _)| name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay."));
        self.last = String::from_utf8_lossy(&name).into_owned();
        if let Some(field) = header.unreadable {
            let reason = format!("{field} in the header is no number");
            let place = self.place.then(&self.last);
            self.findings.add(&codes::archive::TAR_FIELD_BAD, &place, &[("reason", &reason)]);
        }
        match header.kind {
            b'1' => {
                self.put_link(name, link);
                Ok(())
            }
            b'M' => {
                let end = self.end_of(size);
                self.leave_out(&name, &"it goes on from another volume of the archive");
                self.go_to(end)
            }
            _ => {
                let body = match meta.kind {
                    Kind::File => self.content(&header, &next, size)?,
                    Kind::Directory => {
                        if header.kind == b'D' {
                            let end = self.end_of(size);
                            self.go_to(end)?;
                        }
                        Body::Directory(Default::default())
                    }
                    Kind::Symlink => Body::Symlink(link.into()),
                    _ => Body::Nothing,
                };
                self.put(&name, meta, body, xattrs);
                Ok(())
            }
        }
    }

    fn kind(&mut self, header: &Header, name: &[u8]) -> Kind {
        match header.kind {
            // The seventh edition's archives tell a directory by the slash behind its name.
            0 | b'0' | b'7' if name.ends_with(b"/") => Kind::Directory,
            0 | b'0' | b'7' | b'1' | b'S' | b'M' => Kind::File,
            b'2' => Kind::Symlink,
            b'3' => Kind::CharDevice,
            b'4' => Kind::BlockDevice,
            b'5' | b'D' => Kind::Directory,
            b'6' => Kind::Fifo,
            other => {
                // POSIX: an unknown kind is taken as a regular file.
                if self.told_kinds.insert(other) {
                    let kind = char::from(other).escape_default();
                    let place = self.place.then(String::from_utf8_lossy(name));
                    self.findings.add(&codes::archive::TAR_KIND_UNKNOWN, &place, &[("kind", &kind)]);
                }
                Kind::File
            }
        }
    }

    /// The content that follows the header of a regular file.
    fn content(&mut self, header: &Header, extended: &Extended, size: u64) -> Result<Body, ReadError> {
        let mut map = extended.sparse.pieces.clone();
        let mut real_size = extended.sparse.real_size;
        let mut reason = None;
        if let Some(old) = &header.sparse {
            real_size = Some(real_size.unwrap_or(old.real_size));
            map.clone_from(&old.pieces);
            let mut goes_on = old.is_extended;
            while goes_on {
                let mut block = [0; BLOCK];
                if self.read(&mut block)? != Some(BLOCK) || map.len() as u64 > self.pass.limits.entries {
                    reason = Some("its map cannot be read to the end".to_owned());
                    break;
                }
                let (more, another) = header::more_pieces(&block);
                map.extend(more);
                goes_on = another;
            }
        }
        let start = self.stream.position();
        let end = self.end_of(size);
        if extended.sparse.major == Some(1) {
            match self.map_before_data(size)? {
                Ok(found) => map = found,
                Err(what) => reason = Some(what),
            }
        }
        let position = self.stream.position();
        let stored = start.saturating_add(size).saturating_sub(position);
        self.go_to(end)?;
        if self.stream.position() < start.saturating_add(size) {
            let name = self.last.clone();
            self.tell_cut(start, &name);
        }
        let is_sparse = header.sparse.is_some() || extended.sparse.major.is_some() || !map.is_empty();
        Ok(match (real_size, reason) {
            (Some(size), Some(reason)) => self.unreadable(size, reason),
            (Some(size), None) if is_sparse => match pieces(&map, size, position, stored) {
                Ok(pieces) => Body::Sparse { size, pieces: pieces.into() },
                Err(reason) => self.unreadable(size, reason),
            },
            _ => Body::File { position: start, size },
        })
    }

    fn unreadable(&mut self, size: u64, reason: String) -> Body {
        let place = self.place.then(&self.last);
        self.findings.add(&codes::archive::TAR_SPARSE_BAD, &place, &[("reason", &reason)]);
        Body::Unreadable { size, reason: reason.into() }
    }

    /// The map of version 1.0, which stands in blocks before the data: a count, then offset and length of each piece, one
    /// number a line.
    #[allow(clippy::type_complexity)]
    fn map_before_data(&mut self, size: u64) -> Result<Result<Vec<Option<(u64, u64)>>, String>, ReadError> {
        let (mut line, mut numbers, mut wanted, mut taken) = (Vec::new(), Vec::new(), 1_u64, 0_u64);
        while (numbers.len() as u64) < wanted {
            let mut block = [0; BLOCK];
            taken = taken.saturating_add(BLOCK as u64);
            if taken > size.saturating_add(BLOCK as u64) || self.read(&mut block)? != Some(BLOCK) {
                return Ok(Err("its map ends before its last piece".to_owned()));
            }
            for byte in block {
                if (numbers.len() as u64) >= wanted {
                    break;
                }
                if byte != b'\n' {
                    line.push(byte);
                    if line.len() > 20 {
                        return Ok(Err("map of a sparse file: a line is no number".to_owned()));
                    }
                    continue;
                }
                let Some(number) = decimal(&line) else {
                    return Ok(Err("map of a sparse file: a line is no number".to_owned()));
                };
                if numbers.is_empty() {
                    wanted = number.saturating_mul(2).saturating_add(1);
                }
                numbers.push(number);
                line.clear();
            }
        }
        let pairs = numbers.get(1..).unwrap_or_default().chunks_exact(2);
        Ok(Ok(pairs.map(|pair| pair.first().copied().zip(pair.get(1).copied())).collect()))
    }

    /// Puts an object where its name says.
    fn put(&mut self, name: &[u8], mut meta: Meta, body: Body, mut xattrs: Xattrs) {
        let path = self.path(name);
        if self.pass.names == Names::Layer && meta.kind == Kind::Symlink {
            // Unpacked on Linux, a symbolic link has this mode whatever its entry says.
            meta.mode = 0o777;
        }
        let limits = self.pass.limits;
        let placed = match (self.pass.names, path.split_last()) {
            (Names::Layer, Some((last, above))) if path.iter().any(|name| name.starts_with(b".wh..wh.")) => {
                // Others of this beginning are what aufs kept for itself.
                if *last == b".wh..wh..opq" { self.tree.mark(above, OPAQUE.0, OPAQUE.1, limits).err() } else { None }
            }
            (Names::Layer, Some((last, above))) if last.starts_with(b".wh.") => {
                let path = [above, &[last.strip_prefix(b".wh.").unwrap_or(last)]].concat();
                let whiteout = Meta { kind: Kind::CharDevice, device: (0, 0), ..meta };
                self.tree.put(&path, whiteout, Body::Nothing, Xattrs::new(), limits).err()
            }
            (names, _) => {
                if names == Names::Layer && meta.kind == Kind::Directory {
                    // The mark may stand before the directory it belongs to.
                    let marks = self.tree.xattrs_at(&path).into_iter().flatten();
                    xattrs.extend(marks.filter(|(name, _)| name == OPAQUE.0).cloned());
                    xattrs.sort();
                }
                match self.tree.put(&path, meta, body, xattrs, limits) {
                    Ok(placed) => {
                        if placed.replaced_file {
                            let place = self.place.then(String::from_utf8_lossy(name));
                            self.findings.add(&codes::archive::TAR_NAME_BELOW_FILE, &place, &[]);
                        }
                        None
                    }
                    Err(refusal) => Some(refusal),
                }
            }
        };
        if let Some(refusal) = placed {
            self.refused(name, &refusal);
        }
    }

    fn put_link(&mut self, name: Vec<u8>, target: Vec<u8>) {
        let (path, to) = (self.path(&name), self.path(&target));
        match self.tree.link(&path, &to, self.pass.limits) {
            Ok(_) => {}
            Err(Refusal::NoTarget) if (self.links.len() as u64) < self.pass.limits.entries => {
                self.links.push((name, target));
            }
            Err(refusal) => self.refused(&name, &refusal),
        }
    }

    /// Puts the hard links whose target stood behind them.
    fn put_late_links(&mut self) {
        for (name, target) in std::mem::take(&mut self.links) {
            let (path, to) = (self.path(&name), self.path(&target));
            if let Err(refusal) = self.tree.link(&path, &to, self.pass.limits) {
                match refusal {
                    Refusal::NoTarget => {
                        let target = String::from_utf8_lossy(&target);
                        self.leave_out(&name, &format_args!("it is a hard link to {target}, which is not there"));
                    }
                    refusal => self.refused(&name, &refusal),
                }
            }
        }
    }

    fn refused(&mut self, name: &[u8], refusal: &Refusal) {
        let limits = self.pass.limits;
        let reason = match refusal {
            Refusal::Full => {
                self.is_full = true;
                format!("the archive holds more than {} entries", limits.entries)
            }
            Refusal::Deep => format!("directories nest deeper than {}", limits.depth),
            Refusal::NoTarget => "the target of a hard link is not there".to_owned(),
        };
        let place = self.place.then(String::from_utf8_lossy(name));
        self.findings.add_failure(&ReadError::over_limit(&place, reason));
    }

    /// The names of a path within the archive. As GNU tar does, everything up to the last `..` is left out.
    fn path<'n>(&mut self, name: &'n [u8]) -> Vec<&'n [u8]> {
        let names: Vec<&[u8]> = name.split(|byte| *byte == b'/').collect();
        let climbs = names.iter().rposition(|name| *name == b"..");
        if climbs.is_some() {
            let place = self.place.then(String::from_utf8_lossy(name));
            self.findings.add(&codes::archive::TAR_NAME_CLIMBS, &place, &[]);
        }
        let names = names.into_iter().skip(climbs.map_or(0, |at| at.saturating_add(1)));
        names.filter(|name| !name.is_empty() && *name != b"." && !name.contains(&0)).collect()
    }
}

/// How overlay2 marks a directory of which nothing shows through from below.
const OPAQUE: (&[u8], &[u8]) = (b"trusted.overlay.opaque", b"y");
