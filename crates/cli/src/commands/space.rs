//! What fills a disk.

use careen_model::{Area, Space};

use super::{Answer, Ask, Failure, complain, opened, told};
use crate::arguments::Disks;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// `careen space`.
pub(super) fn space(disks: &Disks, out: &mut Output, ask: Ask<'_>) -> Result<Answer, Failure> {
    let mut all = Answer::Whole;
    for disk in &disks.disks {
        let mut reporter = Reporter::new();
        let found = opened(disk, ask).and_then(|mut session| {
            let space = session.space(&mut |progress| reporter.show(&progress))?;
            Ok((session, space))
        });
        drop(reporter);
        match found {
            Ok((session, space)) => {
                all = all.max(told(session.findings()));
                if ask.json {
                    out.json(&space, disks.disks.len() > 1)?;
                } else {
                    out.bytes(text(&space).as_bytes())?;
                }
            }
            Err(error) if disks.disks.len() == 1 => return Err(error.into()),
            // One disk that cannot be read says nothing about the others.
            Err(error) => {
                complain(&error.to_string());
                all = Answer::InPart;
            }
        }
    }
    Ok(all)
}

/// Areas as an indented list, then what could be had back.
fn text(space: &Space) -> String {
    let mut lines = Vec::new();
    for filesystem in &space.filesystems {
        add(&filesystem.area, 0, &mut lines);
    }
    lines.push(String::new());
    for prune in &space.prune {
        lines.push(format!("{:>10}  {}", tables::size(prune.total), prune.command));
    }
    if let Some(found) = &space.compaction {
        let (free, stored) = (found.free, found.stored);
        lines.push(format!("{:>10}  compacting the file ({free} of {stored} blocks)", tables::size(found.bytes)));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Depth to which areas are listed: the filesystem, its stores, their kinds, and what these are called.
const DEPTH: usize = 4;

fn add(area: &Area, depth: usize, lines: &mut Vec<String>) {
    let kind = tables::word(area.kind).replace('-', " ");
    let name = if area.name.is_empty() { String::new() } else { format!(" {}", crate::output::one_line(&area.name)) };
    lines.push(format!("{:>10}  {}{kind}{name}", tables::size(area.bytes), "  ".repeat(depth)));
    if depth.saturating_add(1) < DEPTH {
        for part in &area.areas {
            add(part, depth.saturating_add(1), lines);
        }
    }
}
