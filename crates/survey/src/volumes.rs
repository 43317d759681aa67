//! How much lies in each volume.

use std::collections::BTreeSet;

use careen_evidence::{Kind, ReadError, Visit, walk};
use careen_model::Stage;

use crate::{Observer, Session};

/// Objects walked between two reports of progress.
const REPORT_EVERY: u64 = 4096;

impl Session {
    /// Volumes whose size is still unknown, as positions in `survey().volumes`.
    pub fn unmeasured_volumes(&self) -> Vec<usize> {
        let unknown = self.volumes.iter().enumerate().filter(|(_, open)| open.volume.size.is_none());
        unknown.map(|(index, _)| index).collect()
    }

    /// Walks every volume whose size is unknown. A volume that cannot be walked is a finding; its size stays unknown.
    pub fn measure_volumes(&mut self, observer: Observer<'_>) -> Result<(), ReadError> {
        for index in self.unmeasured_volumes() {
            match self.measure_volume(index, observer) {
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => self.note_failure(&error),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Walks the volume at this position of `survey().volumes` and fills in its size (sum of st_size, each inode once)
    /// and the number of objects below its root. What cannot be read is a finding and does not count.
    pub fn measure_volume(&mut self, index: usize, observer: Observer<'_>) -> Result<(), ReadError> {
        let Some(open) = self.volumes.get(index) else { return Ok(()) };
        let name = open.volume.name.clone();
        let total = Some(self.volumes.len() as u64);
        let report = |done: u64| self.progress(Stage::Volumes, &name, done, total);
        observer(report(index as u64));

        let mut findings = careen_evidence::Findings::new();
        let tree = self.volume_tree(open)?;
        let mut seen = BTreeSet::new();
        let (mut size, mut files, mut met) = (0_u64, 0_u64, 0_u64);
        let options = self.options();
        walk(&*tree, &options.limits, &options.cancel, &mut findings, &mut |object, _| {
            met = met.saturating_add(1);
            if met.is_multiple_of(REPORT_EVERY) {
                observer(report(index as u64));
            }
            if object.node != tree.root() {
                files = files.saturating_add(1);
            }
            let counts = object.stat.kind != Kind::Directory;
            if counts && (object.stat.nlink < 2 || seen.insert(object.stat.inode)) {
                size = size.saturating_add(object.stat.size);
            }
            Ok(Visit::Enter)
        })?;
        self.absorb(findings);
        if let Some(open) = self.volumes.get_mut(index) {
            open.volume.size = Some(size);
            open.volume.files = Some(files);
        }
        Ok(())
    }
}
