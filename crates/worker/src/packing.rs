//! Packing and digesting archives that another worker reads off the disk, so that neither waits for the other.

use careen_protocol::{ArchiveKind, PackStep, Reply, RequestId};
use careen_survey::{ArchiveFormat, ExportFormat, ImageFormat, Packing};

use crate::post;

/// An archive's kind as the survey takes it.
pub fn format(kind: ArchiveKind) -> ExportFormat {
    match kind {
        ArchiveKind::Tar => ExportFormat::Files(ArchiveFormat::Tar),
        ArchiveKind::TarGz => ExportFormat::Files(ArchiveFormat::TarGz),
        ArchiveKind::Zip => ExportFormat::Files(ArchiveFormat::Zip),
        ArchiveKind::Docker => ExportFormat::Images(ImageFormat::Docker),
        ArchiveKind::Oci => ExportFormat::Images(ImageFormat::Oci),
    }
}

/// Begins to pack an archive.
pub fn begin(kind: ArchiveKind) -> Packing {
    match format(kind) {
        ExportFormat::Files(format) => Packing::of_files(format),
        ExportFormat::Images(_) => Packing::of_images(),
    }
}

/// Answers with what these bytes become.
pub fn pack(packing: &mut Packing, id: RequestId, mut bytes: Vec<u8>, is_last: bool) {
    packing.pack(&mut bytes, is_last);
    let step = PackStep { written: packing.written(), sha256: is_last.then(|| packing.sha256()) };
    post::pieces(id, Reply::Packed(step), &[&bytes]);
}
