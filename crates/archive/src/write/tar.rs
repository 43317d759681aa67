//! A tar archive that is written as it is asked for.

use std::collections::HashMap;
use std::rc::Rc;

use careen_evidence::{ByteSource, CancelToken, Kind, Limits, ReadError, Xattrs, codes::export as codes};

use crate::header::BLOCK;
use crate::write::content::{Content, Holes, Layout, STEP};
use crate::write::header::{self, Head, typeflag};
use crate::write::manifest::{Report, Told};
use crate::write::objects::{First, Links, Next, Object, Objects};
use crate::write::{OnDamage, Selection};

/// A file with no more data than this is read whole before its header is kept.
const HELD: u64 = STEP;

/// What the objects are written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As they are.
    Plain,
    /// As a layer of an image: what the overlay marks as deleted has a name that begins with `.wh.` (OCI image
    /// specification, "Layer changesets"), and nothing is sparse, since engines do not read that.
    Layer,
}

/// The entries of a tar archive, without its end.
pub(crate) struct TarStream {
    objects: Objects,
    on_damage: OnDamage,
    dialect: Dialect,
    links: Links,
    /// Files that are known to be bad, and why.
    bad: HashMap<Vec<u8>, String>,
    state: State,
}

enum State {
    /// Between two entries.
    Next,
    /// A large file is looked through before its header is written.
    Checking(Box<File>, u64),
    /// The map of a sparse file is being written, from here on in the file.
    Map(Box<File>, OnDamage, u64),
    /// The content of a file is being written.
    Content(Box<File>, Box<Content>),
}

/// A file whose header is known.
struct File {
    object: Object,
    source: Rc<dyn ByteSource>,
    layout: Layout,
    xattrs: Xattrs,
    without: Option<String>,
}

impl TarStream {
    pub(crate) fn new(
        selections: Vec<Selection>,
        on_damage: OnDamage,
        dialect: Dialect,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> TarStream {
        let objects = Objects::new(selections, limits, cancel);
        TarStream { objects, on_damage, dialect, links: Links::default(), bad: HashMap::new(), state: State::Next }
    }

    /// Leaves out the files with these names, for these reasons.
    pub(crate) fn leave_out_these(&mut self, names: impl Iterator<Item = (Vec<u8>, String)>) {
        self.bad.extend(names);
    }

    /// Puts the next bytes behind `out`, about 4 MiB at the most; `false` when there are none any more.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        match std::mem::replace(&mut self.state, State::Next) {
            State::Next => match self.objects.next(&mut report.findings)? {
                None => return Ok(false),
                Some(Next::Missed { name, error }) => report.leave_out(&name, None, None, error, self.on_damage)?,
                Some(Next::Object(object)) => self.begin(object, out, report)?,
            },
            State::Checking(file, position) => self.check(file, position, out, report)?,
            State::Map(file, on_damage, from) => self.put_map(file, on_damage, from, out),
            State::Content(file, mut content) => {
                if content.step(out)? {
                    self.state = State::Content(file, content);
                } else {
                    end_file(&file, *content, out, report);
                }
            }
        }
        Ok(true)
    }

    /// Leaves out an object that cannot be read, unless that ends everything. In a layer a whiteout takes its place, or what a layer below has
    /// under its name would be taken for it.
    fn leave_out_object(
        &mut self,
        object: &Object,
        error: ReadError,
        out: &mut Vec<u8>,
        report: &mut Report,
    ) -> Result<(), ReadError> {
        let (kind, size) = (object.stat.kind, (object.stat.kind == Kind::File).then_some(object.stat.size));
        self.links.note(object, First::Missing(error.to_string()));
        if self.dialect == Dialect::Layer && kind != Kind::Directory {
            put_whiteout(object, out);
        }
        report.leave_out(&object.name, Some(kind), size, error, self.on_damage)
    }

    /// Writes an object, or begins with it.
    fn begin(&mut self, object: Object, out: &mut Vec<u8>, report: &mut Report) -> Result<(), ReadError> {
        let kind = object.stat.kind;
        if typeflag(kind).is_none() {
            report.not_held(&object.name, kind, &object.tree.place(object.node), "a socket, which has no content");
            return Ok(());
        }
        match self.links.first(&object) {
            Some(First::Name(first)) => {
                let head = Head { kind: b'1', link: &first, size: 0, ..head(&object, &object.name, &NO_XATTRS) };
                header::put(&head, out);
                report.row(&object.name, kind, &Told { link_to: Some(&first), ..Told::default() });
                return Ok(());
            }
            Some(First::Missing(reason)) => {
                let error = ReadError::corrupt(&object.tree.place(object.node), reason);
                if self.dialect == Dialect::Layer {
                    put_whiteout(&object, out);
                }
                return report.leave_out(&object.name, Some(kind), None, error, self.on_damage);
            }
            None => {}
        }
        let (xattrs, without) = self.xattrs(&object, report)?;
        if self.dialect == Dialect::Layer {
            if let Some(what) = points_below(&object, &xattrs) {
                let error = ReadError::unsupported(&object.tree.place(object.node), what);
                if kind != Kind::Directory {
                    return self.leave_out_object(&object, error, out, report);
                }
                if self.on_damage == OnDamage::Stop {
                    return Err(error);
                }
                report.tell(&codes::EXPORT_LEFT_OUT, &object.name, &error.place, &error.reason());
            }
            if self.put_marks(&object, &xattrs, out) {
                return Ok(());
            }
        }
        let xattrs = if self.dialect == Dialect::Layer { without_marks(xattrs) } else { xattrs };
        if let Some(reason) = self.bad.get(&object.name).cloned() {
            let error = ReadError::corrupt(&object.tree.place(object.node), reason);
            return self.leave_out_object(&object, error, out, report);
        }
        if kind == Kind::File {
            let source = match object.tree.open(object.node, &mut report.findings) {
                Ok(source) => source,
                Err(error) => return self.leave_out_object(&object, error, out, report),
            };
            let layout = Layout::of(&*source);
            let file = Box::new(File { object, source, layout, xattrs, without });
            return match self.on_damage {
                OnDamage::Skip if file.layout.data > HELD => {
                    self.state = State::Checking(file, 0);
                    Ok(())
                }
                OnDamage::Skip => self.put_small(file, out, report),
                on_damage => {
                    self.put_file(file, on_damage, out);
                    Ok(())
                }
            };
        }
        let target = match kind {
            Kind::Symlink => match object.tree.link_target(object.node, &mut report.findings) {
                Ok(target) => target,
                Err(error) => return self.leave_out_object(&object, error, out, report),
            },
            _ => Vec::new(),
        };
        let name = if kind == Kind::Directory { directory_name(&object.name) } else { object.name.clone() };
        header::put(&Head { link: &target, size: 0, ..head(&object, &name, &xattrs) }, out);
        self.links.note(&object, First::Name(object.name.clone()));
        report.row(&object.name, kind, &Told { without, ..Told::default() });
        Ok(())
    }

    /// The extended attributes of an object. Where they cannot be read it goes without, and that is told.
    fn xattrs(&self, object: &Object, report: &mut Report) -> Result<(Xattrs, Option<String>), ReadError> {
        match object.tree.xattrs(object.node, &mut report.findings) {
            Ok(xattrs) => Ok((xattrs, None)),
            Err(error) if error.is_cancelled() || self.on_damage == OnDamage::Stop => Err(error),
            Err(error) => {
                report.tell(&codes::EXPORT_WITHOUT_ATTRIBUTES, &object.name, &error.place, &error.reason());
                Ok((Xattrs::new(), Some(format!("extended attributes: {error}"))))
            }
        }
    }

    /// Writes what a layer has for the marks of the overlay. Whether the object itself is such a mark.
    fn put_marks(&mut self, object: &Object, xattrs: &Xattrs, out: &mut Vec<u8>) -> bool {
        let mark = |name: &str| mark(xattrs, name);
        let is_device = object.stat.kind == Kind::CharDevice && object.stat.rdev == (0, 0);
        let is_file = object.stat.kind == Kind::File && object.stat.size == 0 && mark("whiteout").is_some();
        if is_device || is_file {
            put_whiteout(object, out);
            return true;
        }
        if object.stat.kind == Kind::Directory && mark("opaque") == Some(b"y") {
            let directory = directory_name(&object.name);
            header::put(&Head { size: 0, ..head(object, &directory, &without_marks(xattrs.clone())) }, out);
            let name = [directory.as_slice(), b".wh..wh..opq"].concat();
            header::put(&Head { kind: b'0', size: 0, mode: 0o644, ..head(object, &name, &NO_XATTRS) }, out);
            return true;
        }
        false
    }

    /// Reads on in a file before its header is written, since what was written cannot be taken back.
    fn check(
        &mut self,
        file: Box<File>,
        position: u64,
        out: &mut Vec<u8>,
        report: &mut Report,
    ) -> Result<(), ReadError> {
        let Some(stretch) = file.source.data_from(position).filter(|stretch| stretch.start < file.layout.size) else {
            // Read twice: should it fail now, the gap is told.
            self.put_file(file, OnDamage::Gaps, out);
            return Ok(());
        };
        let end = stretch.end.min(file.layout.size).min(stretch.start.saturating_add(STEP));
        let mut buf = vec![0; usize::try_from(end.saturating_sub(stretch.start)).unwrap_or(0)];
        match file.source.read_exact_at(stretch.start, &mut buf) {
            Ok(()) => {
                self.state = State::Checking(file, end);
                Ok(())
            }
            Err(error) => self.leave_out_object(&file.object, error, out, report),
        }
    }

    /// Writes a file whole, or nothing of it.
    fn put_small(&mut self, file: Box<File>, out: &mut Vec<u8>, report: &mut Report) -> Result<(), ReadError> {
        let start = out.len();
        self.put_file(file, OnDamage::Skip, out);
        let (file, mut content) = loop {
            match std::mem::replace(&mut self.state, State::Next) {
                // A file of so little data has a short map.
                State::Map(file, on_damage, from) => self.put_map(file, on_damage, from, out),
                State::Content(file, content) => break (file, content),
                _ => return Ok(()),
            }
        };
        // Data of one step at the most; what is left may be holes of any length.
        let mut data = 0;
        while data < file.layout.data {
            let before = out.len();
            match content.step(out) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    out.truncate(start);
                    return self.leave_out_object(&file.object, error, out, report);
                }
            }
            data = data.saturating_add(out.len().saturating_sub(before) as u64);
        }
        self.state = State::Content(file, content);
        Ok(())
    }

    /// Writes the header of a file; its content follows in the next steps.
    fn put_file(&mut self, file: Box<File>, on_damage: OnDamage, out: &mut Vec<u8>) {
        let File { object, layout, xattrs, .. } = &*file;
        self.links.note(object, First::Name(object.name.clone()));
        let is_sparse = layout.is_sparse() && self.dialect == Dialect::Plain;
        let mut head = head(object, &object.name, xattrs);
        if is_sparse {
            head.sparse = Some(layout.size);
            head.size = layout.map_length().saturating_add(layout.data);
            header::put(&head, out);
            self.state = State::Map(file, on_damage, 0);
        } else {
            head.size = layout.size;
            header::put(&head, out);
            self.put_content(file, Holes::Filled, on_damage);
        }
    }

    /// Writes a part of the map of a sparse file; its content follows.
    fn put_map(&mut self, file: Box<File>, on_damage: OnDamage, from: u64, out: &mut Vec<u8>) {
        match file.layout.put_map(&*file.source, from, out) {
            Some(next) => self.state = State::Map(file, on_damage, next),
            None => self.put_content(file, Holes::LeftOut, on_damage),
        }
    }

    fn put_content(&mut self, file: Box<File>, holes: Holes, on_damage: OnDamage) {
        let place = file.object.tree.place(file.object.node);
        let content = Content::new(Rc::clone(&file.source), place, holes, on_damage);
        self.state = State::Content(file, Box::new(content));
    }
}

/// Ends the content of a file, whose holes were left out when it has any and this is no layer.
fn end_file(file: &File, content: Content, out: &mut Vec<u8>, report: &mut Report) {
    let written = content.written();
    header::pad(out, written);
    let seen = content.finish();
    report.gaps(&file.object.name, &file.object.tree.place(file.object.node), &seen.gaps);
    let told =
        Told { size: Some(file.layout.size), seen: Some(&seen), without: file.without.clone(), ..Told::default() };
    report.row(&file.object.name, Kind::File, &told);
}

/// The header of an object but for what only some kinds have.
fn head<'a>(object: &Object, name: &'a [u8], xattrs: &'a Xattrs) -> Head<'a> {
    let stat = &object.stat;
    Head {
        name,
        kind: typeflag(stat.kind).unwrap_or(b'0'),
        mode: stat.mode,
        uid: stat.uid,
        gid: stat.gid,
        mtime: stat.mtime,
        size: stat.size,
        link: b"",
        device: stat.rdev,
        xattrs,
        sparse: None,
    }
}

/// The name of a directory; that of the top is `./`.
fn directory_name(name: &[u8]) -> Vec<u8> {
    if name.is_empty() { b"./".to_vec() } else { [name, b"/"].concat() }
}

/// The value of one of the overlay's marks.
fn mark<'a>(xattrs: &'a Xattrs, name: &str) -> Option<&'a [u8]> {
    let is_it = |own: &[u8]| {
        let own = own.strip_prefix(b"trusted.overlay.").or(own.strip_prefix(b"user.overlay."));
        own == Some(name.as_bytes())
    };
    xattrs.iter().find(|(own, _)| is_it(own)).map(|(_, value)| value.as_slice())
}

/// Why an object cannot stand in a layer by itself: part of it lies in the layers below, under another name or its own.
fn points_below(object: &Object, xattrs: &Xattrs) -> Option<&'static str> {
    match object.stat.kind {
        Kind::Directory if mark(xattrs, "redirect").is_some() => {
            Some("a directory that was renamed: what is in it lies in a layer below under its former name")
        }
        Kind::File if mark(xattrs, "metacopy").is_some() => Some("a file whose content lies in a layer below"),
        _ => None,
    }
}

/// Writes that a layer deletes the name of an object.
fn put_whiteout(object: &Object, out: &mut Vec<u8>) {
    let (above, last) = match object.name.iter().rposition(|byte| *byte == b'/') {
        Some(at) => object.name.split_at_checked(at.saturating_add(1)).unwrap_or_default(),
        None => (&b""[..], object.name.as_slice()),
    };
    let name = [above, b".wh.", last].concat();
    header::put(&Head { kind: b'0', size: 0, device: (0, 0), ..head(object, &name, &NO_XATTRS) }, out);
}

/// The attributes that are not the overlay's own.
fn without_marks(mut xattrs: Xattrs) -> Xattrs {
    xattrs.retain(|(name, _)| !name.starts_with(b"trusted.overlay.") && !name.starts_with(b"user.overlay."));
    xattrs
}

/// The attributes of an object that has none.
static NO_XATTRS: Xattrs = Vec::new();

/// What stands at the end of an archive.
pub(crate) const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];
