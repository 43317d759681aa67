//! Taking things out: an archive that the page pulls chunk by chunk, so that whoever writes it sets the pace.

use std::str::FromStr;

use careen_evidence::{ErrorKind, Findings, Place, ReadError};
use careen_protocol::{ArchiveKind, ExportEnd, ExportOf, ExportStep, OnDamage, Reply, RequestId};
use careen_survey::{ArchiveFormat, Chunk, Export, ExportFormat, ExportRequest, ImageFormat, Scope};

use crate::session::OpenDisk;
use crate::{post, work};

/// An archive under way.
pub struct Exporting {
    export: Export,
    chunk: Chunk,
    /// What its trees had to tell.
    findings: Findings,
}

/// A request as the survey takes it.
fn request(of: ExportOf) -> Result<ExportRequest, ReadError> {
    Ok(ExportRequest {
        scopes: of.scopes.iter().map(|scope| Scope::from_str(scope)).collect::<Result<_, _>>()?,
        paths: of.paths,
        format: match of.kind {
            ArchiveKind::Tar => ExportFormat::Files(ArchiveFormat::Tar),
            ArchiveKind::TarGz => ExportFormat::Files(ArchiveFormat::TarGz),
            ArchiveKind::Docker => ExportFormat::Images(ImageFormat::Docker),
            ArchiveKind::Oci => ExportFormat::Images(ImageFormat::Oci),
        },
        on_damage: match of.on_damage {
            OnDamage::Stop => careen_survey::OnDamage::Stop,
            OnDamage::Skip => careen_survey::OnDamage::Skip,
            OnDamage::Gaps => careen_survey::OnDamage::Gaps,
        },
    })
}

/// Begins an archive. Nothing of its content is read yet.
pub fn begin(disk: &mut OpenDisk, of: ExportOf) -> Result<Reply, ReadError> {
    disk.exporting = None;
    let mut findings = Findings::new();
    let export = disk.session.export(&request(of)?, &mut findings)?;
    disk.exporting = Some(Exporting { export, chunk: Chunk::default(), findings });
    Ok(Reply::Begun)
}

/// Answers with the next bytes.
pub fn next(disk: &mut OpenDisk, id: RequestId) -> Result<(), ReadError> {
    let Some(mut exporting) = disk.exporting.take() else {
        let what = "no archive is under way".to_owned();
        return Err(ReadError::new(ErrorKind::Unsupported(what), Place::default()));
    };
    let Exporting { export, chunk, findings } = &mut exporting;
    let goes_on = export.next(chunk)?;
    // Files that cannot be read are left out or kept with gaps. When it is the disk that cannot be read any more, all
    // that follows would be: that is no archive.
    if disk.lost.get() {
        let what = "the disk file changed or is in use by another program, so the browser refuses to read it";
        return Err(ReadError::io(&Place::default(), what));
    }
    let end = (!goes_on).then(|| {
        let summary = export.summary();
        let mut all = std::mem::take(findings);
        all.absorb(export.findings().clone());
        Box::new(ExportEnd {
            sha256: export.sha256(),
            entries: summary.entries,
            missing: summary.missing,
            with_gaps: summary.with_gaps,
            not_held: summary.not_held,
            findings: all.to_vec(),
        })
    });
    let step = ExportStep {
        written: export.written(),
        unpacked: export.unpacked(),
        bytes_read: disk.session.bytes_read(),
        end,
    };
    post::chunk(id, step, &chunk.archive, &chunk.manifest);
    if goes_on {
        disk.exporting = Some(exporting);
    }
    Ok(())
}

/// How much an archive will hold.
pub fn weigh(disk: &OpenDisk, of: ExportOf) -> Result<Reply, ReadError> {
    let weight = disk.session.weigh(&request(of)?)?;
    Ok(Reply::Weight { entries: weight.entries, bytes: weight.bytes })
}

/// Whether layers can be given as the very bytes they were packed as.
pub fn verify(disk: &mut OpenDisk, scopes: &[String]) -> Result<Reply, ReadError> {
    let scopes = scopes.iter().map(|scope| Scope::from_str(scope)).collect::<Result<Vec<_>, _>>()?;
    let mut findings = Findings::new();
    let verified = disk.session.verify(&scopes, &mut work::tell_progress(), &mut findings)?;
    if disk.lost.get() {
        return Err(ReadError::io(&Place::default(), "the disk file changed or is in use by another program"));
    }
    Ok(Reply::Verified(verified))
}
