//! Programs as files: the sections of an ELF file (System V ABI, "Object Files"), of 32 or 64 bits, in either byte order;
//! and of programs of Windows and macOS, which lie in images too, to be handed out or built for.
//!
//! Only the header, the table of sections with their names, and the sections asked for are read. Not handled: programs
//! whose section table was cut away or packed (UPX).

mod mach_o;
mod pe;

use std::rc::Rc;

use careen_evidence::{ByteSource, Fields, FileTree, Findings, Limits, NodeId, Place, ReadError, read_vec};
use careen_model::Package;

use crate::Cataloger;
use crate::draft::failed;

/// What one cataloger finds in one program: its [`Cataloger::catalog`], where it looks into programs alone.
pub fn catalog(
    cataloger: &dyn Cataloger,
    tree: &dyn FileTree,
    path: &[u8],
    node: NodeId,
    limits: &Limits,
    findings: &mut Findings,
) -> Vec<Package> {
    let read = Executable::open(tree, node, limits, findings)
        .and_then(|executable| executable.map_or(Ok(Vec::new()), |executable| cataloger.inspect(&executable, path)));
    read.unwrap_or_else(|error| {
        failed(tree, cataloger.ecosystem(), path, node, &error, findings);
        Vec::new()
    })
}

/// A section.
#[derive(Clone, Debug)]
struct Section {
    name: Vec<u8>,
    address: u64,
    offset: u64,
    size: u64,
    /// Whether its bytes are in the file.
    has_bytes: bool,
    /// Data that the program may write, where the format tells it of sections.
    is_writable_data: bool,
}

/// A program.
pub struct Executable {
    source: Rc<dyn ByteSource>,
    /// Where it lies, for messages.
    pub place: Place,
    limits: Limits,
    sections: Vec<Section>,
    is_big_endian: bool,
}

/// A section without bytes in the file.
const NO_BITS: u32 = 8;

/// Names of sections usually stand right before the table of sections; with so many bytes more one read serves both.
const NAMES_BEFORE: u64 = 1 << 10;

/// Longest table of sections, longest names: far more than a linker writes.
const LARGEST_TABLE: u64 = 1 << 20;

impl Executable {
    /// The file, if it is one; `None` for a file of another kind and for one without sections.
    pub fn open(
        tree: &dyn FileTree,
        node: NodeId,
        limits: &Limits,
        findings: &mut Findings,
    ) -> Result<Option<Self>, ReadError> {
        let source = tree.open(node, findings)?;
        Self::parse(source, tree.place(node), limits)
    }

    fn parse(source: Rc<dyn ByteSource>, place: Place, limits: &Limits) -> Result<Option<Self>, ReadError> {
        let mut header = [0; 64];
        if source.len() < header.len() as u64 {
            return Ok(None);
        }
        source.read_exact_at(0, &mut header)?;
        let made = |sections, is_big_endian| Executable {
            source: Rc::clone(&source),
            place: place.clone(),
            limits: *limits,
            sections,
            is_big_endian,
        };
        if header.starts_with(b"MZ") {
            let sections = pe::sections(&*source, &place, limits, &header)?;
            return Ok(sections.map(|sections| made(sections, false)));
        }
        if !header.starts_with(b"\x7fELF") {
            let Some((start, header)) = mach_o::first(&*source, &place, limits, &header)? else { return Ok(None) };
            let found = mach_o::sections(&*source, &place, limits, start, &header)?;
            return Ok(found.map(|(sections, is_big_endian)| made(sections, is_big_endian)));
        }
        let raw = Fields::new("elf header", &place, &header);
        let (is_64, is_big_endian) = (raw.u8(4)? == 2, raw.u8(5)? == 2);
        let elf = Number { fields: raw, is_64, is_big_endian };
        let (table, size, count, names) = if is_64 {
            (elf.word(0x28)?, elf.half(0x3a)?, elf.half(0x3c)?, elf.half(0x3e)?)
        } else {
            (elf.word(0x20)?, elf.half(0x2e)?, elf.half(0x30)?, elf.half(0x32)?)
        };
        let length = u64::from(size).saturating_mul(u64::from(count));
        let expected = if is_64 { 64 } else { 40 };
        if size < expected || length == 0 || table.checked_add(length).is_none_or(|end| end > source.len()) {
            return Ok(None);
        }
        let start = table.saturating_sub(NAMES_BEFORE);
        let end = table.saturating_add(length);
        let around = read_vec(&*source, &place, start, end.saturating_sub(start), &of(limits))?;
        let at = usize::try_from(table.saturating_sub(start)).unwrap_or(usize::MAX);
        let headers = around.get(at..).unwrap_or_default();
        let mut offsets = Vec::new();
        let mut sections = Vec::new();
        for entry in headers.chunks_exact(usize::from(size)) {
            let entry = Number { fields: Fields::new("elf section header", &place, entry), is_64, is_big_endian };
            let [address, offset, size] = if is_64 { [16, 24, 32] } else { [12, 16, 20] };
            offsets.push(entry.int(0)?);
            sections.push(Section {
                name: Vec::new(),
                address: entry.word(address)?,
                offset: entry.word(offset)?,
                size: entry.word(size)?,
                has_bytes: entry.int(4)? != NO_BITS,
                is_writable_data: false,
            });
        }
        let Some(names) = sections.get(usize::from(names)) else { return Ok(None) };
        let held = names.offset.checked_sub(start).and_then(|from| {
            let from = usize::try_from(from).ok()?;
            around.get(from..from.checked_add(usize::try_from(names.size).ok()?)?)
        });
        let names = match held {
            Some(held) => held.to_vec(),
            None => read_vec(&*source, &place, names.offset, names.size, &of(limits))?,
        };
        for (section, offset) in sections.iter_mut().zip(offsets) {
            let name = names.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
            section.name = name.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        }
        Ok(Some(Executable { source, place, limits: *limits, sections, is_big_endian }))
    }

    /// Whether there is a section of this name.
    pub fn has(&self, name: &[u8]) -> bool {
        self.sections.iter().any(|section| section.name == name)
    }

    /// The bytes of a section, at most `most` of them from its start; `None` when there is no such section.
    pub fn section(&self, name: &[u8], most: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let Some(section) = self.sections.iter().find(|section| section.name == name && section.has_bytes) else {
            return Ok(None);
        };
        read_vec(&*self.source, &self.place, section.offset, section.size.min(most), &self.limits).map(Some)
    }

    /// The start of the first section with data that the program may write, at most `most` bytes; `None` when there is
    /// none, or where the format does not tell it of sections.
    pub fn writable_data(&self, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
        let mut all = self.sections.iter();
        let Some(section) = all.find(|it| it.is_writable_data && it.has_bytes && it.size > 0) else { return Ok(None) };
        read_vec(&*self.source, &self.place, section.offset, section.size.min(most), &self.limits).map(Some)
    }

    /// Bytes at an address of the running program, at most `most`.
    pub fn at_address(&self, address: u64, length: u64, most: u64) -> Result<Vec<u8>, ReadError> {
        let held = self.sections.iter().filter(|section| section.has_bytes && section.address > 0).find_map(|it| {
            let from = address.checked_sub(it.address).filter(|from| *from < it.size)?;
            Some((it.offset.checked_add(from)?, it.size.saturating_sub(from)))
        });
        match held {
            Some((offset, room)) if length <= room && length <= most => {
                read_vec(&*self.source, &self.place, offset, length, &self.limits)
            }
            _ => Err(ReadError::corrupt(&self.place, format_args!("{length} bytes at {address:#x} are in no section"))),
        }
    }

    /// Whether numbers have their highest byte first.
    pub fn is_big_endian(&self) -> bool {
        self.is_big_endian
    }
}

fn of(limits: &Limits) -> Limits {
    Limits { bytes: limits.bytes.min(LARGEST_TABLE), ..*limits }
}

/// Fields in the file's own width and byte order.
struct Number<'a> {
    fields: Fields<'a>,
    is_64: bool,
    is_big_endian: bool,
}

impl Number<'_> {
    fn half(&self, offset: usize) -> Result<u16, ReadError> {
        if self.is_big_endian { self.fields.u16_be(offset) } else { self.fields.u16_le(offset) }
    }

    fn int(&self, offset: usize) -> Result<u32, ReadError> {
        if self.is_big_endian { self.fields.u32_be(offset) } else { self.fields.u32_le(offset) }
    }

    /// An address or offset.
    fn word(&self, offset: usize) -> Result<u64, ReadError> {
        match (self.is_64, self.is_big_endian) {
            (true, true) => self.fields.u64_be(offset),
            (true, false) => self.fields.u64_le(offset),
            (false, _) => self.int(offset).map(u64::from),
        }
    }
}
