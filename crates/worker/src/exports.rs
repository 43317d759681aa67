//! Taking things out: an archive that the page pulls chunk by chunk, so that whoever writes it sets the pace. It is packed
//! by another worker (see [`crate::packing`]).

use std::str::FromStr;

use careen_evidence::{ErrorKind, Findings, Place, ReadError};
use careen_protocol::{
    ExportEnd, ExportOf, ExportStep, KitFile, KitFileState, KitOf, KitStep, OnDamage, RebuildOf, Reply, ReportOf,
    RequestId,
};
use careen_survey::{
    Chunk, Export, ExportRequest, KitPiece, KitRequest, PieceState, RebuildRequest, ReportQuery, Scope,
};

use crate::session::OpenDisk;
use crate::{packing, post, work};

/// Bytes after which an answer is sent.
const ENOUGH: usize = 1 << 20;
/// Milliseconds after which it is sent in any case: a message and a write cost more than many small files do, but
/// progress is to be seen, and stopping to be heard.
const PATIENCE: f64 = 40.0;

/// An archive under way.
pub struct Exporting {
    export: Export,
    chunk: Chunk,
    /// Bytes of the archive and of its manifest that are sent together.
    sent: Chunk,
    /// What its trees had to tell.
    findings: Findings,
}

/// A request as the survey takes it.
fn request(of: ExportOf) -> Result<ExportRequest, ReadError> {
    Ok(ExportRequest {
        scopes: of.scopes.iter().map(|scope| Scope::from_str(scope)).collect::<Result<_, _>>()?,
        paths: of.paths,
        format: packing::format(of.kind),
        on_damage: on_damage(of.on_damage),
        ..ExportRequest::default()
    })
}

fn on_damage(wanted: OnDamage) -> careen_survey::OnDamage {
    match wanted {
        OnDamage::Stop => careen_survey::OnDamage::Stop,
        OnDamage::Skip => careen_survey::OnDamage::Skip,
        OnDamage::Gaps => careen_survey::OnDamage::Gaps,
    }
}

/// Begins an archive. Nothing of its content is read yet.
pub fn begin(disk: &mut OpenDisk, of: ExportOf) -> Result<Reply, ReadError> {
    disk.exporting = None;
    let mut findings = Findings::new();
    let export = disk.session.export(&request(of)?, &mut findings)?.without_packing();
    disk.exporting = Some(Exporting { export, chunk: Chunk::default(), sent: Chunk::default(), findings });
    Ok(Reply::Begun)
}

/// Begins a zip of what makes these images and containers again.
pub fn begin_rebuild(disk: &mut OpenDisk, of: RebuildOf) -> Result<Reply, ReadError> {
    disk.exporting = None;
    let scopes = of.scopes.iter().map(|scope| Scope::from_str(scope)).collect::<Result<_, _>>()?;
    // A zip is unpacked on any system.
    let request = RebuildRequest { scopes, with_sources: true, for_windows: true };
    let export = disk.session.rebuild_zip(&request, &mut work::tell_progress())?.without_packing();
    still_there(disk)?;
    disk.exporting =
        Some(Exporting { export, chunk: Chunk::default(), sent: Chunk::default(), findings: Findings::new() });
    Ok(Reply::Begun)
}

/// Begins a zip of a report with all tables.
pub fn begin_report(disk: &mut OpenDisk, of: ReportOf) -> Result<Reply, ReadError> {
    disk.exporting = None;
    let query = ReportQuery { made: of.made, ..ReportQuery::default() };
    let report = disk.session.disk_report(&query, &mut work::tell_progress())?;
    let files = disk.session.report_files(&report, of.language, &mut work::tell_progress())?;
    let export = disk.session.zip_of(files)?.without_packing();
    still_there(disk)?;
    disk.exporting =
        Some(Exporting { export, chunk: Chunk::default(), sent: Chunk::default(), findings: Findings::new() });
    Ok(Reply::Begun)
}

/// Answers with the next bytes.
pub fn next(disk: &mut OpenDisk, id: RequestId) -> Result<(), ReadError> {
    let mut exporting = disk.exporting.take().ok_or_else(nothing_under_way)?;
    let Exporting { export, chunk, sent, .. } = &mut exporting;
    sent.archive.clear();
    sent.manifest.clear();
    let begun = js_sys::Date::now();
    let goes_on = loop {
        let goes_on = export.next(chunk)?;
        join(&mut sent.archive, &mut chunk.archive);
        join(&mut sent.manifest, &mut chunk.manifest);
        let is_enough = sent.archive.len() >= ENOUGH || js_sys::Date::now() - begun >= PATIENCE;
        if !goes_on || is_enough {
            break goes_on;
        }
    };
    still_there(disk)?;
    let step = ExportStep { unpacked: export.unpacked(), bytes_read: disk.session.bytes_read(), is_last: !goes_on };
    post::pieces(id, Reply::Exported(step), &[&sent.archive, &sent.manifest]);
    disk.exporting = Some(exporting);
    Ok(())
}

/// Answers with the end of the manifest, once all bytes of the archive were packed.
pub fn end(disk: &mut OpenDisk, id: RequestId, written: u64, sha256: String) -> Result<(), ReadError> {
    let Exporting { export, mut findings, .. } = disk.exporting.take().ok_or_else(nothing_under_way)?;
    let manifest = Export::end_of_manifest(written, &sha256);
    findings.absorb(export.findings().clone());
    let summary = export.summary();
    let end = ExportEnd {
        sha256,
        entries: summary.entries,
        missing: summary.missing,
        with_gaps: summary.with_gaps,
        not_held: summary.not_held,
        findings: findings.to_vec(),
    };
    post::pieces(id, Reply::ExportEnded(Box::new(end)), &[manifest.as_bytes()]);
    Ok(())
}

fn nothing_under_way() -> ReadError {
    ReadError::new(ErrorKind::Unsupported("no archive is under way".to_owned()), Place::default())
}

/// How much an archive will hold.
pub fn weigh(disk: &OpenDisk, of: ExportOf) -> Result<Reply, ReadError> {
    // Whatever is wrong is told by the export itself.
    let weight = disk.session.weight(&request(of)?, &mut work::tell_progress(), &mut Findings::new())?;
    still_there(disk)?;
    Ok(Reply::Weight(weight))
}

/// What no registry has.
pub fn only_here(disk: &OpenDisk) -> Result<Reply, ReadError> {
    let here = disk.session.only_here(&mut work::tell_progress(), &mut Findings::new())?;
    still_there(disk)?;
    Ok(Reply::OnlyHere(Box::new(here)))
}

/// Begins a kit. Nothing large is read yet.
pub fn begin_kit(disk: &mut OpenDisk, of: KitOf) -> Result<Reply, ReadError> {
    disk.kit = None;
    let KitOf { volumes, images, containers, on_damage: wanted } = of;
    let request = KitRequest { volumes, images, containers, on_damage: on_damage(wanted) };
    disk.kit = Some(disk.session.kit(&request)?);
    Ok(Reply::Begun)
}

/// Answers with the next bytes of the kit.
pub fn next_of_kit(disk: &mut OpenDisk, id: RequestId) -> Result<(), ReadError> {
    let Some(mut kit) = disk.kit.take() else {
        let what = "no kit is under way".to_owned();
        return Err(ReadError::new(ErrorKind::Unsupported(what), Place::default()));
    };
    let (mut pieces, mut more): (Vec<KitPiece>, _) = (Vec::new(), Vec::new());
    let begun = js_sys::Date::now();
    let goes_on = loop {
        let goes_on = kit.next(&mut more)?;
        for mut piece in more.drain(..) {
            match pieces.iter_mut().find(|known| known.file == piece.file) {
                Some(known) => {
                    join(&mut known.bytes, &mut piece.bytes);
                    known.state = piece.state;
                }
                None => pieces.push(piece),
            }
        }
        let bytes: usize = pieces.iter().map(|piece| piece.bytes.len()).sum();
        if !goes_on || bytes >= ENOUGH || js_sys::Date::now() - begun >= PATIENCE {
            break goes_on;
        }
    };
    still_there(disk)?;
    let file = |piece: &KitPiece| KitFile {
        path: piece.file.clone(),
        state: match piece.state {
            PieceState::GoesOn => KitFileState::GoesOn,
            PieceState::Complete => KitFileState::Complete,
            PieceState::Dropped => KitFileState::Dropped,
        },
    };
    let step = KitStep {
        files: pieces.iter().map(file).collect(),
        written: kit.written(),
        bytes_read: disk.session.bytes_read(),
        end: (!goes_on).then(|| kit.findings().to_vec()),
    };
    post::pieces(id, Reply::Kit(step), &pieces.iter().map(|piece| piece.bytes.as_slice()).collect::<Vec<_>>());
    if goes_on {
        disk.kit = Some(kit);
    }
    Ok(())
}

/// Puts `more` behind `bytes`; without copying where there are none yet.
fn join(bytes: &mut Vec<u8>, more: &mut Vec<u8>) {
    if bytes.is_empty() {
        std::mem::swap(bytes, more);
    } else {
        bytes.append(more);
    }
}

/// An error when the browser does not let the disk be read any more. Files that cannot be read are left out or kept with
/// gaps; when it is the whole disk, all that follows would be, and that is no archive.
fn still_there(disk: &OpenDisk) -> Result<(), ReadError> {
    if disk.lost.get() {
        let what = "the disk file changed or is in use by another program, so the browser refuses to read it";
        return Err(ReadError::io(&Place::default(), what));
    }
    Ok(())
}

/// Whether layers can be given as the very bytes they were packed as.
pub fn verify(disk: &mut OpenDisk, scopes: &[String]) -> Result<Reply, ReadError> {
    let scopes = scopes.iter().map(|scope| Scope::from_str(scope)).collect::<Result<Vec<_>, _>>()?;
    let mut findings = Findings::new();
    let verified = disk.session.verify(&scopes, &mut work::tell_progress(), &mut findings)?;
    still_there(disk)?;
    Ok(Reply::Verified(verified))
}

/// What two readers give of the same files. The second one may panic, which ends this worker.
pub fn cross_check(disk: &OpenDisk, scope: &str, paths: Vec<Vec<u8>>) -> Result<Reply, ReadError> {
    let request = ExportRequest { scopes: vec![Scope::from_str(scope)?], paths, ..ExportRequest::default() };
    let check = disk.session.cross_check(&request, &mut work::tell_progress(), &mut Findings::new())?;
    still_there(disk)?;
    Ok(Reply::CrossChecked(Box::new(check)))
}
