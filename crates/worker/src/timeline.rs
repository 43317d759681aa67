//! Answers about what happened, and when.

use std::str::FromStr;

use careen_evidence::{Findings, ReadError};
use careen_model::{Event, EventKind};
use careen_protocol::{Reply, Rows};
use careen_survey::{Scope, TimelineQuery};

use crate::session::OpenDisk;
use crate::work;

/// The events of a scope, the oldest first.
pub struct Timeline {
    scope: Option<String>,
    events: Vec<Event>,
}

/// A stretch of the timeline.
pub fn rows(
    disk: &mut OpenDisk,
    kind: Option<EventKind>,
    scope: Option<String>,
    descending: bool,
    filter: &str,
    from: u64,
    count: u64,
) -> Result<Reply, ReadError> {
    if disk.timeline.as_ref().is_none_or(|known| known.scope != scope) {
        let of = scope.as_deref().map(Scope::from_str).transpose()?;
        let query = TimelineQuery { kinds: Vec::new(), of: of.into_iter().collect() };
        let mut findings = Findings::new();
        let events = disk.session.timeline(&query, &mut work::tell_progress(), &mut findings);
        disk.session.absorb(findings);
        disk.timeline = Some(Timeline { scope, events: events? });
    }
    let all = disk.timeline.as_ref().map_or(&[][..], |timeline| timeline.events.as_slice());
    let filter = filter.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&filter);
    let is_wanted = |event: &&Event| {
        kind.is_none_or(|kind| kind == event.kind)
            && (filter.is_empty()
                || holds(&event.scope)
                || holds(&event.time)
                || event.detail.as_deref().is_some_and(holds))
    };
    let mut wanted: Vec<&Event> = all.iter().filter(is_wanted).collect();
    if descending {
        wanted.reverse();
    }
    let total = wanted.len() as u64;
    let skipped = usize::try_from(from).unwrap_or(usize::MAX);
    let taken = usize::try_from(count).unwrap_or(usize::MAX);
    let rows = wanted.into_iter().skip(skipped).take(taken).cloned().collect();
    Ok(Reply::Rows { total, from, rows: Rows::Events(rows) })
}
