//! A move kit: many files in a folder of their own.

use std::collections::BTreeMap;

use careen_protocol::{ExportEnd, KitFileState, Reply, Request};
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::job::Meter;
use super::{Exporter, Job, Why};
use crate::engine::{Beside, unexpected};
use crate::saving::{Sink, Target, Trouble, new_folder, subfolder};

/// What small files are to the browser.
const KIND: &str = "application/octet-stream";

impl Exporter {
    /// Writes a kit into a new folder within the one that was chosen.
    pub(super) async fn save_kit(&self, job: &Job, parent: &JsValue) -> Result<Box<ExportEnd>, Why> {
        let (folder, name) = new_folder(parent, &job.name).await.map_err(Why::Write)?;
        self.rename(job, &name);
        let mut open: BTreeMap<String, Sink> = BTreeMap::new();
        let mut meter = Meter::new(job.id);
        let mut complete = 0_u64;
        let mut next = self.side.ask_later(Request::KitNext, &Beside::Nothing);
        loop {
            let answer = self.answer(next).await?;
            let Reply::Kit(step) = answer.reply else { return Err(Why::Read(unexpected(&answer.reply))) };
            // Asked for while these are written.
            next = self.side.ask_later(Request::KitNext, &Beside::Nothing);
            let mut length = 0;
            for (file, bytes) in step.files.iter().zip(&answer.pieces) {
                length += bytes.length();
                let sink = match open.remove(&file.path) {
                    Some(sink) => sink,
                    None => self.open_in_kit(&folder, &file.path).await?,
                };
                sink.write(bytes).await.map_err(Why::Write)?;
                match file.state {
                    KitFileState::GoesOn => drop(open.insert(file.path.clone(), sink)),
                    KitFileState::Complete => {
                        sink.close().await.map_err(Why::Write)?;
                        complete = complete.saturating_add(1);
                    }
                    KitFileState::Dropped => sink.abort(),
                }
            }
            let amounts = [step.written, step.written, step.bytes_read];
            if let Some(now) = meter.step(length, amounts, step.end.is_some()) {
                self.now.set(Some(now));
            }
            if let Some(findings) = step.end {
                return Ok(Box::new(ExportEnd { entries: complete, findings, ..ExportEnd::default() }));
            }
        }
    }

    /// Begins a file of the kit.
    async fn open_in_kit(&self, folder: &JsValue, path: &str) -> Result<Sink, Why> {
        let mut folder = folder.clone();
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        for step in above.split('/').filter(|step| !step.is_empty()) {
            folder = subfolder(&folder, step).await.map_err(Why::Write)?;
        }
        let (sink, given) = Sink::open(&Target::Folder(folder), name, KIND).await.map_err(Why::Write)?;
        self.hold(&sink)?;
        // In a folder that was made for it nothing has the name of a file of the kit.
        if given == name { Ok(sink) } else { Err(Why::Write(Trouble::Other(path.to_owned()))) }
    }
}
