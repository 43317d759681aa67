//! What a selection weighs, before it is taken out.

use std::collections::{BTreeMap, HashSet};

use careen_evidence::{Findings, Kind, ReadError, Visit, kept, walk_from};
use careen_model::{Stage, Weight};

use crate::volumes::measure;
use crate::{ExportFormat, ExportRequest, Observer, Scope, Session};

/// Objects walked between two reports of progress.
const REPORT_EVERY: u64 = 4096;

impl Session {
    /// What an export of this request would hold: for files a walk without reading any content, for images what the
    /// records of their layers say, and for a container as an image a walk of its own layer.
    pub fn weight(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        match request.format {
            ExportFormat::Files(_) => self.weight_of_files(request, observer, findings),
            ExportFormat::Images(_) => self.weight_of_images(request, observer, findings),
        }
    }

    fn weight_of_files(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        let (options, mut weight) = (self.options(), Weight::default());
        for part in self.parts(request, findings)? {
            let subject = part.scope.to_string();
            let mut seen = HashSet::new();
            for (start, _) in part.objects {
                let (limits, cancel) = (&options.limits, &options.cancel);
                walk_from(&*part.tree, start, limits, cancel, findings, &mut |met, _| {
                    if weight.entries.is_multiple_of(REPORT_EVERY) {
                        observer(self.progress(Stage::Files, &subject, weight.entries, None));
                    }
                    weight.entries = weight.entries.saturating_add(1);
                    let is_new = met.stat.nlink < 2 || seen.insert(met.stat.inode);
                    if met.stat.kind == Kind::File && is_new {
                        weight.bytes = weight.bytes.saturating_add(met.stat.size);
                    }
                    Ok(Visit::Enter)
                })?;
            }
        }
        Ok(weight)
    }

    fn weight_of_images(
        &self,
        request: &ExportRequest,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Weight, ReadError> {
        let mut layers: BTreeMap<String, Option<u64>> = BTreeMap::new();
        for scope in self.image_scopes(request)? {
            let mut report = || observer(self.progress(Stage::Files, &scope.to_string(), 0, None));
            report();
            let image = match &scope {
                Scope::Container(name) => {
                    let container = self.find_container(name)?.item;
                    let upper = self.tree(&Scope::Changes(container.id.clone()), findings);
                    // Losses elsewhere say nothing of this tree.
                    let mut met = Findings::new();
                    let upper = match kept(upper, findings)? {
                        Some(tree) => measure(&*tree, self.options(), &mut report, &mut met)?,
                        None => None,
                    };
                    findings.absorb(met);
                    layers.insert(scope.to_string(), upper.map(|measured| measured.size));
                    self.find_image(container.image_id.as_deref().unwrap_or_default())?
                }
                Scope::Image(name) => self.find_image(name)?,
                // It is refused when the export begins.
                _ => continue,
            };
            layers.extend(image.item.layers.iter().map(|layer| (layer.diff_id.clone(), layer.size)));
        }
        let mut weight = Weight { entries: layers.len() as u64, ..Weight::default() };
        for size in layers.into_values() {
            weight.bytes = weight.bytes.saturating_add(size.unwrap_or(0));
            weight.without_size = weight.without_size.saturating_add(u64::from(size.is_none()));
        }
        Ok(weight)
    }
}
