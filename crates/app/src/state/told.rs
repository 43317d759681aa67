//! What the worker has told of the disk: the one store the pages read from, filled by one function.

use std::sync::Arc;

use careen_model::{Comparison, Doctor, Finding, Progress, Severity, Survey};
use careen_protocol::{Event, Failure, MeasuredVolume, Part, SeveralDisks};
use leptos::prelude::*;

/// The file that was picked.
#[derive(Clone, Debug, PartialEq)]
pub struct Picked {
    /// File name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Names of the files it was made upon.
    pub below: Vec<String>,
}

impl Picked {
    /// One file.
    pub fn new(file: &web_sys::File) -> Picked {
        Picked { name: file.name(), size: file.size() as u64, below: Vec::new() }
    }

    /// A folder with these files.
    pub fn folder(name: &str, files: &[web_sys::File]) -> Picked {
        Picked { name: name.to_owned(), ..Picked::together(files) }
    }

    /// Files of which nobody knows yet which is the disk.
    pub fn together(files: &[web_sys::File]) -> Picked {
        let names: Vec<String> = files.iter().map(web_sys::File::name).collect();
        let size = files.iter().map(|file| file.size() as u64).sum();
        Picked { name: names.join(", "), size, below: Vec::new() }
    }
}

/// How far reading has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// Nothing was opened.
    #[default]
    Idle,
    /// Being read.
    Reading,
    /// Everything was read.
    Complete,
    /// There are several disks among the files, to choose from.
    Choosing,
    /// It could not be opened.
    Failed(Failure),
    /// The person stopped it.
    Cancelled,
}

/// Something that happened to the worker and has to be said.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// It had to be ended because it did not hear.
    Restarted,
    /// It ended by itself; with what it said.
    Died(String),
    /// It ended at these pieces of work, and went on without them.
    Skipped(Vec<Part>),
    /// Files of these names are no disk and were left out.
    Unused(Vec<String>),
    /// Page and worker are from different builds.
    BuildsDiffer,
}

/// Everything the worker told, field by field.
#[derive(Clone, Copy)]
pub struct Told {
    /// The file.
    pub picked: RwSignal<Option<Picked>>,
    /// How far reading has come.
    pub phase: RwSignal<Phase>,
    /// The disks that were picked together, side by side; stays when one of them is opened.
    pub several: RwSignal<Option<Arc<SeveralDisks>>>,
    /// Latest report of progress.
    pub progress: RwSignal<Option<Progress>>,
    /// What is on the disk.
    pub survey: RwSignal<Option<Arc<Survey>>>,
    /// What is most likely wrong with it.
    pub doctor: RwSignal<Option<Arc<Doctor>>>,
    /// Whether every file was opened once.
    pub checked: RwSignal<bool>,
    /// Images whose packages are known, and images in all.
    pub collected: RwSignal<(u32, u32)>,
    /// Packages compared, once all are known.
    pub comparison: RwSignal<Option<Arc<Comparison>>>,
    /// The file has to be picked again.
    pub lost: RwSignal<bool>,
    /// Something to be said about the worker.
    pub notice: RwSignal<Option<Notice>>,
}

impl Told {
    /// Nothing told.
    pub fn new() -> Told {
        Told {
            picked: RwSignal::new(None),
            phase: RwSignal::new(Phase::Idle),
            several: RwSignal::new(None),
            progress: RwSignal::new(None),
            survey: RwSignal::new(None),
            doctor: RwSignal::new(None),
            checked: RwSignal::new(false),
            collected: RwSignal::new((0, 0)),
            comparison: RwSignal::new(None),
            lost: RwSignal::new(false),
            notice: RwSignal::new(None),
        }
    }

    /// A new file is being opened: everything about the old one is forgotten.
    pub fn begin(&self, picked: Picked) {
        self.survey.set(None);
        self.doctor.set(None);
        self.checked.set(false);
        self.comparison.set(None);
        self.collected.set((0, 0));
        self.progress.set(None);
        self.lost.set(false);
        self.notice.set(None);
        self.picked.set(Some(picked));
        self.phase.set(Phase::Reading);
    }

    /// Takes in what the worker says unasked.
    pub fn hear(&self, event: Event) {
        match event {
            // Answers go to the one who asked.
            Event::Ready { .. } | Event::Reply(_) | Event::Failed(_) | Event::Doing(_) => {}
            Event::Progress(progress) => self.progress.set(Some(progress)),
            Event::Volumes(measured) => self.change_survey(|survey| {
                for MeasuredVolume { index, size, files } in measured {
                    if let Some(volume) = survey.volumes.get_mut(index as usize) {
                        (volume.size, volume.files) = (size, files);
                    }
                }
            }),
            Event::Findings(findings) => self.change_survey(|survey| survey.findings = findings),
            Event::Checked => self.checked.set(true),
            Event::Doctor(doctor) => self.doctor.set(Some(Arc::new(doctor))),
            Event::Collected { done, total } => self.collected.set((done, total)),
            Event::Compared(comparison) => self.comparison.set(Some(Arc::new(comparison))),
            Event::Complete(disk) => {
                self.change_survey(|survey| survey.disk = disk);
                self.phase.set(Phase::Complete);
            }
            Event::Cancelled => self.phase.set(Phase::Cancelled),
            Event::FileLost => {
                self.lost.set(true);
                self.phase.update(|phase| {
                    if *phase == Phase::Reading {
                        *phase = Phase::Cancelled;
                    }
                });
            }
        }
    }

    /// What is on the disk; empty before it is known.
    pub fn survey(&self) -> Arc<Survey> {
        self.survey.get().unwrap_or_default()
    }

    /// The findings, worst first.
    pub fn findings(&self) -> Vec<Finding> {
        let mut findings = self.survey().findings.clone();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.code.severity));
        findings
    }

    /// How many findings there are of this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.survey().findings.iter().filter(|finding| finding.code.severity == severity).count()
    }

    fn change_survey(&self, change: impl FnOnce(&mut Survey)) {
        self.survey.update(|survey| {
            if let Some(survey) = survey {
                change(Arc::make_mut(survey));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use careen_model::{DiskSummary, Volume};

    use super::*;

    fn told() -> Told {
        let told = Told::new();
        told.begin(Picked { name: "disk.vhdx".into(), size: 1, below: Vec::new() });
        let volume = Volume {
            name: "v".into(),
            driver: None,
            labels: None,
            options: Default::default(),
            anonymous: false,
            size: None,
            files: None,
            path: String::new(),
            used_by: Vec::new(),
            mounts: Vec::new(),
            holds: Vec::new(),
        };
        told.survey.set(Some(Arc::new(Survey { volumes: vec![volume], ..Survey::default() })));
        told
    }

    #[test]
    fn sizes_fill_in_behind_the_overview() {
        let told = told();
        told.hear(Event::Volumes(vec![
            MeasuredVolume { index: 0, size: Some(5), files: Some(2) },
            MeasuredVolume { index: 9, size: Some(7), files: None },
        ]));
        assert_eq!(told.survey().volumes[0].size, Some(5));
        told.hear(Event::Complete(DiskSummary { bytes_read: 3, ..DiskSummary::default() }));
        assert_eq!((told.phase.get(), told.survey().disk.bytes_read), (Phase::Complete, 3));
    }

    #[test]
    fn a_diagnosis_is_of_the_disk_that_is_open() {
        let told = told();
        told.hear(Event::Doctor(Doctor::default()));
        assert!(told.doctor.get().is_some());
        told.begin(Picked { name: "other.vhdx".into(), size: 2, below: Vec::new() });
        assert!(told.doctor.get().is_none());
    }

    #[test]
    fn a_lost_file_ends_reading_but_keeps_what_is_known() {
        let told = told();
        told.hear(Event::FileLost);
        assert_eq!((told.phase.get(), told.lost.get()), (Phase::Cancelled, true));
        assert!(told.survey.get().is_some());
        told.begin(Picked { name: "disk.vhdx".into(), size: 2, below: Vec::new() });
        assert!(told.survey.get().is_none() && !told.lost.get());
    }
}
