//! Looking for files by name or by text in them: a search that the page pulls, so that it can show what was found, be
//! stopped, and browse meanwhile.

use std::str::FromStr;

use careen_evidence::{ErrorKind, Findings, Place, ReadError};
use careen_model::{Hit, HitKind};
use careen_protocol::{FindOf, FindStep, Reply};
use careen_survey::{Scope, Search, SearchQuery};

use crate::session::OpenDisk;

/// Most hits given; whoever has more has to say more of what is looked for.
const MOST: u64 = 10_000;

/// Milliseconds after which an answer is sent.
const LONG_ENOUGH: f64 = 80.0;

/// A search that is under way.
pub struct Finding {
    search: Search,
}

/// Begins a search.
pub fn begin(disk: &mut OpenDisk, of: FindOf) -> Result<Reply, ReadError> {
    disk.finding = None;
    let query = SearchQuery {
        pattern: of.text,
        of: of.scope.as_deref().map(Scope::from_str).transpose()?,
        content: of.in_content,
        limit: MOST,
    };
    disk.finding = Some(Finding { search: disk.session.search(&query)? });
    Ok(Reply::Begun)
}

/// Goes on with it.
pub fn next(disk: &mut OpenDisk) -> Result<Reply, ReadError> {
    let Some(mut finding) = disk.finding.take() else {
        return Err(ReadError::new(ErrorKind::Unsupported("no search is under way".to_owned()), Place::default()));
    };
    let (mut hits, mut findings) = (Vec::new(), Findings::new());
    let begun = js_sys::Date::now();
    let goes_on = loop {
        match finding.search.next(&mut disk.session, &mut hits, &mut findings) {
            Ok(true) if js_sys::Date::now() - begun < LONG_ENOUGH => {}
            Ok(goes_on) => break goes_on,
            Err(error) => {
                disk.session.absorb(findings);
                return Err(error);
            }
        }
    };
    disk.session.absorb(findings);
    if disk.lost.get() {
        // What is missing then is not the disk's fault, and was not looked at.
        return Err(ReadError::io(&Place::default(), "the file can no longer be read"));
    }
    let progress = finding.search.progress(&disk.session);
    // Records and packages are found by the page at once.
    let is_file = |hit: &Hit| matches!(hit.kind, HitKind::File | HitKind::Text);
    hits.retain(is_file);
    let has_more = finding.search.has_more();
    if goes_on {
        disk.finding = Some(finding);
    }
    Ok(Reply::Found(FindStep { hits, looked_at: progress.done, subject: progress.subject, goes_on, has_more }))
}
