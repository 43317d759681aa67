//! What fills a disk.

use careen_model::{Area, Space};
use careen_survey::Session;

use super::{Answer, Ask, Failure, try_each};
use crate::arguments::Disks;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// `careen space`.
pub(super) fn space(disks: &Disks, out: &mut Output, ask: Ask<'_>) -> Result<Answer, Failure> {
    let counted = |session: &mut Session| {
        let mut reporter = Reporter::new();
        session.space(&mut |progress| reporter.show(&progress))
    };
    try_each(disks, out, ask, counted, text)
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
