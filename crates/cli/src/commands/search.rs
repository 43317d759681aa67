//! What is on a disk by name, or by text in files.

use careen_evidence::Findings;
use careen_model::{Hit, HitKind};
use careen_survey::SearchQuery;

use super::{Answer, Failure, complain, told_of_part};
use crate::input::Input;
use crate::output::{Output, one_line};
use crate::progress::Reporter;

/// `careen search`: hits as they are found; with `--json` one list.
pub(super) fn search(input: Input<'_>, query: &SearchQuery, out: &mut Output, json: bool) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    let mut search = session.search(query)?;
    let mut findings = Findings::new();
    let mut hits = Vec::new();
    loop {
        let goes_on = search.next(&mut session, &mut hits, &mut findings)?;
        if !json {
            for hit in hits.drain(..) {
                out.line(&line(&hit))?;
            }
        }
        reporter.show(&search.progress(&session));
        if !goes_on {
            break;
        }
    }
    drop(reporter);
    if json {
        out.json(&hits, false)?;
    }
    if search.has_more() {
        complain(&format!("there are more than {} hits; --limit shows more, --of narrows them down", query.limit));
    }
    Ok(told_of_part(&session, &findings))
}

/// A hit on one line.
fn line(hit: &Hit) -> String {
    let mut text = format!("{:9} ", hit.kind.word());
    match (&hit.scope, &hit.path) {
        (Some(scope), Some(path)) => text.push_str(&format!("{scope}  {path}")),
        (scope, path) => text.push_str(scope.as_ref().or(path.as_ref()).unwrap_or(&hit.name)),
    }
    match hit.kind {
        HitKind::Image | HitKind::Finding => text.push_str(&format!("  {}", hit.name)),
        HitKind::Package => {
            let ecosystem = hit.ecosystem.map_or("", |ecosystem| ecosystem.name());
            let version = hit.version.as_deref().unwrap_or_default();
            text.push_str(&format!("  {ecosystem} {} {version}", hit.name));
        }
        _ => {}
    }
    if let Some(line) = hit.line {
        text.push_str(&format!(":{line}"));
    }
    if let Some(excerpt) = &hit.excerpt {
        text.push_str(&format!(": {excerpt}"));
    }
    if hit.binary {
        text.push_str(": binary file");
    }
    if hit.more {
        text.push_str("  (there is more in this file)");
    }
    if !hit.also_in.is_empty() {
        text.push_str(&format!("  (and {} more)", hit.also_in.len()));
    }
    one_line(&text)
}
