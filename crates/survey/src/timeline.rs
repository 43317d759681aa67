//! What happened, and when: every time that records, logs and files tell, in one sorted list.

use std::collections::BTreeSet;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, Limits, ReadError, Visit, kept, read_file, resolve_path, walk};
use careen_model::{Container, Event, EventKind, Happening, Image, Stage, Timestamp};
use careen_packages::{Worked, apt_history, dpkg_log};
use jiff::Timestamp as Time;
use serde_json::Value;

use crate::logs::{LogFrom, LogQuery};
use crate::session::OpenFilesystem;
use crate::{Observer, Scope, Session};

/// Files with what dpkg and apt noted; older ones have a number behind, and `.gz` from the second on.
const PACKAGE_LOGS: [(&str, &str); 2] = [("/var/log", "dpkg.log"), ("/var/log/apt", "history.log")];
/// Longest package log that is read.
const LONGEST_LOG: u64 = 16 << 20;
/// Characters of a detail that comes from outside the records.
const LONGEST_DETAIL: usize = 200;

/// What of the timeline is wanted.
#[derive(Clone, Debug, Default)]
pub struct TimelineQuery {
    /// Only events of these kinds; empty for all. Files are told only where `of` names something.
    pub kinds: Vec<EventKind>,
    /// Only events of these images, containers, volumes and filesystems; empty for all.
    pub of: Vec<Scope>,
}

/// Events on their way into the list.
struct Collected<'a> {
    events: Vec<(Time, Event)>,
    kinds: &'a [EventKind],
    limit: u64,
    /// Events that went beyond the limit.
    left_out: u64,
}

impl Collected<'_> {
    fn wants(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Adds an event at a time as it is written; what is no time, or Docker's year 1, is none.
    fn add(&mut self, time: Option<&str>, kind: EventKind, scope: &Scope, what: Happening, detail: Option<String>) {
        let time = time.and_then(|time| time.parse::<Time>().ok()).filter(|time| time.as_second() > YEAR_1_ENDS);
        if let Some(time) = time {
            self.add_at(time, kind, scope, what, detail);
        }
    }

    fn add_at(&mut self, time: Time, kind: EventKind, scope: &Scope, what: Happening, detail: Option<String>) {
        if !self.wants(kind) {
            return;
        }
        if self.events.len() as u64 >= self.limit {
            self.left_out = self.left_out.saturating_add(1);
            return;
        }
        let event = Event { time: time.to_string(), kind, scope: scope.to_string(), what, detail };
        self.events.push((time, event));
    }
}

/// Docker's time for what never happened lies in the year 1.
const YEAR_1_ENDS: i64 = -62_100_000_000;

impl Session {
    /// The events, the oldest first. Times that logs of packages tell are taken as UTC. An error only when cancelled, or
    /// when `of` names something that is not there.
    pub fn timeline(
        &self,
        query: &TimelineQuery,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<Event>, ReadError> {
        let limit = self.options.limits.entries;
        let mut all = Collected { events: Vec::new(), kinds: &query.kinds, limit, left_out: 0 };
        let wanted = query.of.iter().map(|scope| self.meant(scope)).collect::<Result<Vec<_>, _>>()?;
        let is_wanted = |scope: &Scope| wanted.is_empty() || wanted.contains(scope);

        for filesystem in self.filesystems.iter().map(OpenFilesystem::summary) {
            let scope = Scope::Filesystem(Some(filesystem.id));
            if is_wanted(&scope) {
                let mounted = filesystem.last_mounted.as_deref();
                all.add(mounted, EventKind::Filesystem, &scope, Happening::Mounted, None);
                let written = filesystem.last_written.as_deref();
                all.add(written, EventKind::Filesystem, &scope, Happening::Written, None);
            }
        }
        // One package log that several images share is told once.
        let mut read = BTreeSet::new();
        for image in self.images() {
            if is_wanted(&Scope::Image(image.id.clone())) {
                observer(self.progress(Stage::Files, &image.label(), 0, None));
                self.events_of_image(image, &mut all, &mut read, findings)?;
            }
        }
        for container in self.containers() {
            if is_wanted(&Scope::Container(container.id.clone())) {
                observer(self.progress(Stage::Files, &container.name, 0, None));
                self.events_of_container(container, &mut all, &mut read, findings)?;
            }
        }
        for open in &self.volumes {
            let scope = Scope::Volume(open.volume.name.clone());
            if is_wanted(&scope) && all.wants(EventKind::Volume) {
                let root = self.volume_tree(open).and_then(|tree| tree.stat(tree.root(), findings));
                if let Some(stat) = kept(root, findings)? {
                    // A copy of files does not know when they were made.
                    let made = stat.crtime.and_then(time_of);
                    let add = |time| all.add_at(time, EventKind::Volume, &scope, Happening::Created, None);
                    made.into_iter().for_each(add);
                }
            }
        }
        if all.wants(EventKind::File) {
            for scope in &wanted {
                observer(self.progress(Stage::Files, &scope.to_string(), 0, None));
                self.events_of_files(scope, &mut all, findings)?;
            }
        }
        if all.left_out > 0 {
            let reason = format_args!("{} events more than {}", all.left_out, all.limit);
            findings.add_failure(&ReadError::over_limit(&self.place, reason));
        }
        all.events.sort();
        Ok(all.events.into_iter().map(|(_, event)| event).collect())
    }

    /// The thing a scope means, by its whole id.
    fn meant(&self, scope: &Scope) -> Result<Scope, ReadError> {
        Ok(match scope {
            Scope::Image(name) => Scope::Image(self.find_image(name)?.item.id.clone()),
            Scope::Container(name) | Scope::Changes(name) => {
                Scope::Container(self.find_container(name)?.item.id.clone())
            }
            Scope::Volume(name) => Scope::Volume(self.find_volume(name)?.volume.name.clone()),
            Scope::Filesystem(number) => Scope::Filesystem(Some(self.find_filesystem(*number, scope)?.id)),
            other => {
                let what = format_args!("timeline of {other}, expected image:, container:, volume: or fs:");
                return Err(ReadError::unsupported(&self.place, what));
            }
        })
    }

    fn events_of_image(
        &self,
        image: &Image,
        all: &mut Collected<'_>,
        read: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let scope = Scope::Image(image.label());
        all.add(image.created.as_deref(), EventKind::Image, &scope, Happening::Created, None);
        let Some(found) = kept(self.find_image(&image.id), findings)? else { return Ok(()) };
        let tagged = found.store.image_last_tagged(&image.id).map(str::to_owned);
        all.add(tagged.as_deref(), EventKind::Image, &scope, Happening::Tagged, None);
        if all.wants(EventKind::Package) {
            let tree = self.image_tree(&found, findings);
            if let Some((tree, _)) = kept(tree, findings)? {
                self.events_of_packages(&tree, &scope, all, read, findings)?;
            }
        }
        Ok(())
    }

    fn events_of_container(
        &self,
        container: &Container,
        all: &mut Collected<'_>,
        read: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let scope = Scope::Container(container.name.clone());
        all.add(container.created.as_deref(), EventKind::Container, &scope, Happening::Created, None);
        all.add(container.started.as_deref(), EventKind::Container, &scope, Happening::Started, None);
        let code = container.exit_code.map(|code| code.to_string());
        all.add(container.finished.as_deref(), EventKind::Container, &scope, Happening::Ended, code);
        let Some(found) = kept(self.find_container(&container.id), findings)? else { return Ok(()) };
        let config = found.store.container_config(&container.id);
        let checks = config.and_then(|config| config.pointer("/State/Health/Log")).and_then(Value::as_array);
        for check in checks.into_iter().flatten() {
            let passed = check.get("ExitCode").and_then(Value::as_i64) == Some(0);
            let what = if passed { Happening::Healthy } else { Happening::Unhealthy };
            let output = check.get("Output").and_then(Value::as_str).filter(|text| !text.is_empty());
            let time = check.get("End").and_then(Value::as_str);
            all.add(time, EventKind::Health, &scope, what, output.map(shortened));
        }
        if all.wants(EventKind::Log) {
            self.events_of_log(container, &scope, all, findings)?;
        }
        if all.wants(EventKind::Package) {
            let tree = self.container_tree(&found, findings);
            if let Some((tree, _)) = kept(tree, findings)? {
                self.events_of_packages(&tree, &scope, all, read, findings)?;
            }
        }
        Ok(())
    }

    fn events_of_log(
        &self,
        container: &Container,
        scope: &Scope,
        all: &mut Collected<'_>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        // A driver that keeps no log is no loss here.
        let log = match self.logs(&container.id, findings) {
            Ok(log) => log,
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => return Ok(()),
        };
        let ends = [(LogFrom::After(None), Happening::FirstLine), (LogFrom::Before(None), Happening::LastLine)];
        for (from, what) in ends {
            let page = log.page(from, 1, &LogQuery::default(), findings);
            let Some(page) = kept(page, findings)? else { continue };
            for line in page.lines {
                all.add(line.time.as_deref(), EventKind::Log, scope, what, Some(shortened(&line.line)));
            }
        }
        Ok(())
    }

    fn events_of_packages(
        &self,
        tree: &dyn FileTree,
        scope: &Scope,
        all: &mut Collected<'_>,
        read: &mut BTreeSet<String>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let limits = Limits { bytes: self.options.limits.bytes.min(LONGEST_LOG), ..self.options.limits };
        for (directory, name) in PACKAGE_LOGS {
            let Some(node) = kept(resolve_path(tree, directory.as_bytes(), findings), findings)?.flatten() else {
                continue;
            };
            let is_directory = tree.stat(node, findings).is_ok_and(|stat| stat.kind == Kind::Directory);
            let Some(entries) = is_directory.then(|| kept(tree.list(node, findings), findings)).transpose()?.flatten()
            else {
                continue;
            };
            for entry in entries.into_iter().filter(|entry| is_log(&entry.name, name)) {
                self.options.cancel.check()?;
                let place = tree.place(entry.node);
                if !read.insert(place.to_string()) {
                    continue;
                }
                let content = match entry.name.ends_with(b".gz") {
                    false => read_file(tree, entry.node, &limits, findings),
                    true => tree.open(entry.node, findings).and_then(|packed| {
                        let unpacked = careen_archive::unpack(packed, &place, findings)?;
                        careen_evidence::read_vec(&*unpacked, &place, 0, unpacked.len(), &limits)
                    }),
                };
                let Some(content) = kept(content, findings)? else { continue };
                let worked = if name == "dpkg.log" { dpkg_log(&content) } else { apt_history(&content) };
                for Worked { time, what, detail } in worked {
                    all.add(Some(&time), EventKind::Package, scope, what, Some(shortened(&detail)));
                }
            }
        }
        Ok(())
    }

    /// When each file was written last: of a container those it wrote itself.
    fn events_of_files(
        &self,
        scope: &Scope,
        all: &mut Collected<'_>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        let (named, tree) = match scope {
            Scope::Container(id) => {
                let name = self.find_container(id)?.item.name.clone();
                (Scope::Changes(name), self.tree(&Scope::Changes(id.clone()), findings))
            }
            Scope::Image(id) => (Scope::Image(self.find_image(id)?.item.label()), self.tree(scope, findings)),
            other => (other.clone(), self.tree(other, findings)),
        };
        let Some(tree): Option<Rc<dyn FileTree>> = kept(tree, findings)? else { return Ok(()) };
        let options = &self.options;
        let walked = walk(&*tree, &options.limits, &options.cancel, findings, &mut |met, _| {
            let is_content = matches!(met.stat.kind, Kind::File | Kind::Symlink);
            if let Some(time) = time_of(met.stat.mtime).filter(|_| is_content) {
                let path = String::from_utf8_lossy(met.path).into_owned();
                all.add_at(time, EventKind::File, &named, Happening::Written, Some(path));
            }
            Ok(Visit::Enter)
        });
        kept(walked, findings)?;
        Ok(())
    }
}

/// Whether a file is the log of this name, or one that was turned over: `dpkg.log`, `dpkg.log.1`, `dpkg.log.2.gz`.
fn is_log(file: &[u8], name: &str) -> bool {
    let Some(rest) = file.strip_prefix(name.as_bytes()) else { return false };
    let rest = rest.strip_suffix(b".gz").unwrap_or(rest);
    rest.is_empty() || rest.strip_prefix(b".").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}

fn time_of(time: Timestamp) -> Option<Time> {
    Time::new(time.seconds, i32::try_from(time.nanoseconds).ok()?).ok()
}

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_were_turned_over_are_logs() {
        for name in ["dpkg.log", "dpkg.log.1", "dpkg.log.12.gz"] {
            assert!(is_log(name.as_bytes(), "dpkg.log"), "{name}");
        }
        for name in ["dpkg.log.bak", "dpkg.logs", "xdpkg.log", "dpkg.log.1.xz"] {
            assert!(!is_log(name.as_bytes(), "dpkg.log"), "{name}");
        }
    }

    #[test]
    fn what_never_happened_is_no_event() {
        let mut all = Collected { events: Vec::new(), kinds: &[EventKind::Image], limit: 1, left_out: 0 };
        let scope = Scope::Host;
        let mut add = |time, kind| all.add(time, kind, &scope, Happening::Created, None);
        for time in [None, Some(""), Some("0001-01-01T00:00:00Z"), Some("soon")] {
            add(time, EventKind::Image);
        }
        add(Some("2024-05-05T10:00:00Z"), EventKind::Log);
        add(Some("2024-05-05T12:00:00+02:00"), EventKind::Image);
        add(Some("2024-05-05T10:00:00Z"), EventKind::Image);
        assert_eq!(
            all.events.iter().map(|(_, event)| event.time.as_str()).collect::<Vec<_>>(),
            ["2024-05-05T10:00:00Z"]
        );
        assert_eq!(all.left_out, 1);
    }

    #[test]
    fn long_details_end_in_an_ellipsis() {
        assert_eq!(shortened(" é\n"), "é");
        assert_eq!(shortened(&"é".repeat(300)).chars().count(), 201);
    }
}
