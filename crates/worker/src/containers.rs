//! Answers about containers: what one printed, what it changed.

use careen_evidence::{Findings, Place, ReadError};
use careen_model::{Change, LogStream};
use careen_protocol::{ChangeColumn, LogFrom, Order, Reply, Rows};
use careen_survey::{LogQuery, Logs, change, log_stamp};

use crate::session::OpenDisk;

/// Most bytes of a whole log given at once: the page saves them from memory.
const WHOLE_LOG: usize = 256 << 20;

/// What was asked of containers last, so that paging does not begin anew.
#[derive(Default)]
pub struct Containers {
    log: Option<(String, Logs)>,
    changes: Option<(String, Vec<Change>)>,
}

/// How a container was set up.
pub fn details(disk: &mut OpenDisk, id: &str) -> Result<Reply, ReadError> {
    let mut findings = Findings::new();
    let details = disk.session.container_details(id, &mut findings);
    disk.session.absorb(findings);
    details.map(|details| Reply::Container(details.map(Box::new)))
}

/// A stretch of a log.
pub fn log(
    disk: &mut OpenDisk,
    container: &str,
    from: LogFrom,
    count: u32,
    stream: Option<LogStream>,
    search: String,
) -> Result<Reply, ReadError> {
    let mut findings = Findings::new();
    let query = LogQuery { stream, search: Some(search), ..LogQuery::default() };
    let from = match from {
        LogFrom::After(position) => careen_survey::LogFrom::After(position),
        LogFrom::Before(position) => careen_survey::LogFrom::Before(position),
    };
    let page =
        open(disk, container, &mut findings).and_then(|log| log.page(from, count as usize, &query, &mut findings));
    disk.session.absorb(findings);
    page.map(Reply::Log)
}

/// All that a container printed.
pub fn whole_log(disk: &mut OpenDisk, container: &str, timestamps: bool) -> Result<Vec<u8>, ReadError> {
    let mut findings = Findings::new();
    let mut bytes = Vec::new();
    let read = open(disk, container, &mut findings).and_then(|log| {
        log.each(&LogQuery::default(), None, &mut findings, &mut |record| {
            if timestamps {
                bytes.extend_from_slice(log_stamp(record).as_bytes());
                bytes.push(b' ');
            }
            bytes.extend_from_slice(&record.line);
            if bytes.len() > WHOLE_LOG {
                let what = format_args!("a log of more than {WHOLE_LOG} bytes; `careen logs` writes one of any size");
                return Err(ReadError::over_limit(&Place::new(container), what));
            }
            Ok(())
        })
    });
    disk.session.absorb(findings);
    read.map(|()| bytes)
}

/// A stretch of what a container changed.
pub fn changes(
    disk: &mut OpenDisk,
    container: &str,
    order: Order<ChangeColumn>,
    filter: &str,
    from: u64,
    count: u64,
) -> Result<Reply, ReadError> {
    if disk.containers.changes.as_ref().is_none_or(|(id, _)| id != container) {
        let mut findings = Findings::new();
        let mut all = Vec::new();
        let read = disk.session.changes(container, &mut findings, &mut |kind, path| {
            all.push(change(kind, path));
            Ok(())
        });
        disk.session.absorb(findings);
        read?;
        disk.containers.changes = Some((container.to_owned(), all));
    }
    let all = disk.containers.changes.as_ref().map_or(&[][..], |(_, all)| all.as_slice());
    let filter = filter.to_lowercase();
    let is_wanted = |change: &&Change| filter.is_empty() || change.path.to_lowercase().contains(&filter);
    let mut wanted: Vec<&Change> = all.iter().filter(is_wanted).collect();
    // They come sorted by path, and stay so among equals.
    if order.by == ChangeColumn::Kind {
        wanted.sort_by_key(|change| change.kind.letter());
    }
    if order.descending {
        wanted.reverse();
    }
    let total = wanted.len() as u64;
    let skipped = usize::try_from(from).unwrap_or(usize::MAX);
    let taken = usize::try_from(count).unwrap_or(usize::MAX);
    let rows = wanted.into_iter().skip(skipped).take(taken).cloned().collect();
    Ok(Reply::Rows { total, from, rows: Rows::Changes(rows) })
}

fn open<'d>(disk: &'d mut OpenDisk, container: &str, findings: &mut Findings) -> Result<&'d Logs, ReadError> {
    let OpenDisk { session, containers, .. } = disk;
    let kept = containers.log.take().filter(|(id, _)| id == container);
    let log = match kept {
        Some((_, log)) => log,
        None => session.logs(container, findings)?,
    };
    Ok(&containers.log.insert((container.to_owned(), log)).1)
}
