//! Everything that a report on a disk tells, collected; and the files that go beside it in one zip.

use std::rc::Rc;

use careen_archive::write::{Export, Format, OnDamage, Selection};
use careen_evidence::{FileTree, Findings, MemoryTree, Place, ReadError, kept};
use careen_model::{EventKind, ImagePackages, Language, Stage};
use careen_report::{DiskReport, Exported, ReportFile, ReportFormat};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::list::hex;
use crate::{Observer, Session, TimelineQuery};

/// What a report is to tell.
#[derive(Clone, Debug, Default)]
pub struct ReportQuery {
    /// Leave out what needs a walk through files: sizes, packages, space, logs, and damage that only a walk meets.
    pub is_quick: bool,
    /// When it is made, in seconds since 1970 (UTC).
    pub made: i64,
    /// Manifests of exports: the file name and the bytes of each.
    pub exported: Vec<(String, Vec<u8>)>,
}

impl Session {
    /// Collects a report. What cannot be read is a finding of the session, and told in the report. An error only when
    /// cancelled, or when a manifest is none.
    pub fn disk_report(&mut self, query: &ReportQuery, observer: Observer<'_>) -> Result<DiskReport, ReadError> {
        let exported = query.exported.iter().map(|(name, bytes)| {
            Exported::read(name, bytes, hex(&Sha256::digest(bytes))).map_err(|reason| {
                ReadError::corrupt(&Place::new(name), format_args!("no manifest of an export: {reason}"))
            })
        });
        let exported = exported.collect::<Result<Vec<_>, _>>()?;
        let mut kinds = Vec::new();
        let (mut packages, mut space) = (None, None);
        if query.is_quick {
            kinds = vec![EventKind::Filesystem, EventKind::Image, EventKind::Container, EventKind::Volume];
        } else {
            self.measure_volumes(observer)?;
            self.check_files(observer)?;
            packages = Some(careen_report::compare(&self.all_packages(observer)?));
            space = Some(self.space(observer)?);
        }
        let mut findings = Findings::new();
        let events = self.timeline(&TimelineQuery { kinds, of: Vec::new() }, observer, &mut findings)?;
        self.absorb(findings);
        let made = jiff::Timestamp::from_second(query.made).map_or_else(|_| "?".to_owned(), |time| time.to_string());
        let (name, survey) = (self.place.to_string(), self.survey());
        Ok(DiskReport { name, made, is_quick: query.is_quick, survey, packages, space, events, exported })
    }

    /// The files of a report: itself in both forms, and what it tells as JSON and CSV.
    pub fn report_files(
        &mut self,
        report: &DiskReport,
        language: Language,
        observer: Observer<'_>,
    ) -> Result<Vec<ReportFile>, ReadError> {
        let mut files = vec![
            ReportFile { name: "report.html".to_owned(), bytes: report.write(ReportFormat::Html, language) },
            ReportFile { name: "report.md".to_owned(), bytes: report.write(ReportFormat::Markdown, language) },
            json("survey.json", &report.survey),
            json("doctor.json", &careen_report::doctor(&report.survey)),
            json("timeline.json", &report.events),
        ];
        files.extend(report.space.iter().map(|space| json("space.json", space)));
        if !report.is_quick {
            let packages = self.all_packages(observer)?;
            let licensed = self.all_licensed(observer)?;
            let created = |id: &str| self.images().find(|image| image.id == id)?.created.clone();
            files.push(json("packages.json", &careen_report::package_rows(&packages)));
            files.extend(careen_report::package_files(&packages));
            files.extend(careen_report::sbom_files(&licensed, &created, env!("CARGO_PKG_VERSION")));
        }
        Ok(files)
    }

    /// Files as one zip, to be pulled piece by piece.
    pub fn zip_of(&self, files: Vec<ReportFile>) -> Result<Export, ReadError> {
        let mut tree = MemoryTree::new("report");
        for file in files {
            tree.file(&format!("/{}", file.name), file.bytes);
        }
        let tree: Rc<dyn FileTree> = Rc::new(tree);
        let selection = Selection { start: tree.root(), tree, name: Vec::new(), label: "report".to_owned() };
        let options = self.options();
        Export::new(Format::Zip, vec![selection], OnDamage::Stop, &options.limits, &options.cancel)
    }

    /// The packages of every image that is compared; one that cannot be read is a finding.
    fn all_packages(&mut self, observer: Observer<'_>) -> Result<Vec<ImagePackages>, ReadError> {
        let (mut all, mut findings) = (Vec::new(), Findings::new());
        for scope in self.package_scopes(false, false) {
            observer(self.progress(Stage::Packages, &scope.to_string(), 0, None));
            let packages = self.packages_of(&scope, observer);
            all.extend(kept(packages, &mut findings)?.map(|packages| (*packages).clone()));
        }
        self.absorb(findings);
        Ok(all)
    }

    /// The same with their licences; one that cannot be read was told already.
    fn all_licensed(&mut self, observer: Observer<'_>) -> Result<Vec<ImagePackages>, ReadError> {
        let mut all = Vec::new();
        for scope in self.package_scopes(false, false) {
            all.extend(kept(self.packages_with_licenses(&scope, observer), &mut Findings::new())?);
        }
        Ok(all)
    }
}

fn json(name: &str, value: &impl Serialize) -> ReportFile {
    // Plain data always can be.
    let mut bytes = serde_json::to_vec_pretty(value).unwrap_or_default();
    bytes.push(b'\n');
    ReportFile { name: name.to_owned(), bytes }
}
