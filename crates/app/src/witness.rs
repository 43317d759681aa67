//! What was chosen, read again by a second reader in a worker of its own.
//!
//! That reader may end in a panic, which ends the worker: then it is told that it failed there, and the next thing gets a
//! new worker.

use careen_model::CrossCheck;
use careen_protocol::{Failure, FailureKind, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::{Engine, Side, unexpected};
use crate::state::Item;

/// Something that is read twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What people call it.
    pub label: String,
    /// Scope as the command line writes it.
    pub scope: String,
    /// Only what lies at these paths of it.
    pub paths: Vec<Vec<u8>>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// What people call what was read.
    pub label: String,
    /// What both gave, or why there is no answer.
    pub result: Result<CrossCheck, Failure>,
}

/// How far it has come.
#[derive(Clone, Copy)]
pub struct Witness {
    side: StoredValue<Side, LocalStorage>,
    /// What is being read, and how many things are behind it; `None` when nothing is.
    pub now: RwSignal<Option<(String, usize)>>,
    /// What came of those that were read.
    pub outcomes: RwSignal<Vec<Outcome>>,
    /// Whether it was stopped before all was read.
    pub was_stopped: RwSignal<bool>,
    /// Counts beginnings, so that one that was stopped does not go on.
    round: StoredValue<u32>,
}

impl Witness {
    /// One that has read nothing yet.
    pub fn new(engine: Engine) -> Witness {
        Witness {
            side: StoredValue::new_local(Side::new(engine)),
            now: RwSignal::new(None),
            outcomes: RwSignal::new(Vec::new()),
            was_stopped: RwSignal::new(false),
            round: StoredValue::new(0),
        }
    }

    /// Files compared of what is being read, and the one that is read now.
    pub fn files(&self) -> (u64, String) {
        let progress = self.side.with_value(|side| side.progress).get();
        progress.map_or_else(Default::default, |progress| (progress.done, progress.subject))
    }

    /// Begins anew with these.
    pub fn begin(self, parts: Vec<Part>) {
        self.forget();
        let round = self.round.get_value();
        let side = self.side.get_value();
        spawn_local(async move {
            let count = parts.len();
            for (at, Part { label, scope, paths }) in parts.into_iter().enumerate() {
                self.now.set(Some((label.clone(), count - at - 1)));
                let answer = side.ask(Request::CrossCheck { scope, paths }).await;
                if self.round.get_value() != round {
                    return;
                }
                let result = match answer.map(|answer| answer.reply) {
                    Ok(Reply::CrossChecked(check)) => Ok(*check),
                    Ok(other) => Err(unexpected(&other)),
                    Err(failure) => Err(failure),
                };
                let is_lost = side.is_lost();
                self.outcomes.update(|outcomes| outcomes.push(Outcome { label, result }));
                if is_lost {
                    break;
                }
            }
            self.now.set(None);
            side.end();
        });
    }

    /// Stops; what is known stays.
    pub fn stop(self) {
        self.round.update_value(|round| *round = round.wrapping_add(1));
        self.was_stopped.set(self.now.get_untracked().is_some());
        self.now.set(None);
        self.side.with_value(Side::end);
    }

    /// Stops, and forgets what is known.
    pub fn forget(self) {
        self.stop();
        self.outcomes.set(Vec::new());
        self.was_stopped.set(false);
    }
}

impl Outcome {
    /// Whether the second reader ended by itself.
    pub fn has_crashed(&self) -> bool {
        self.result.as_ref().is_err_and(|failure| failure.kind == FailureKind::WorkerGone)
    }
}

/// What was chosen, each scope once: all of it, or what lies at some paths of it.
pub fn parts(items: &[Item]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for item in items {
        match (parts.iter_mut().find(|part| part.scope == item.scope), &item.path) {
            (None, path) => parts.push(Part {
                label: item.label.clone(),
                scope: item.scope.clone(),
                paths: path.iter().cloned().collect(),
            }),
            // All of it is there already.
            (Some(part), _) if part.paths.is_empty() => {}
            (Some(part), None) => (part.label, part.paths) = (item.label.clone(), Vec::new()),
            (Some(part), Some(path)) => {
                part.label = format!("{}, {}", part.label, item.label);
                part.paths.push(path.clone());
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_is_read_once() {
        let path = |scope: &str, path: &str| Item::of_path(scope, path.as_bytes().to_vec(), None);
        let all = |scope: &str| Item::of_scope(scope, scope, None);
        let items =
            [path("volume:a", "/x"), all("image:i"), path("volume:a", "/y"), path("image:i", "/etc"), all("volume:b")];
        let told = |items: &[Item]| {
            let parts = parts(items).into_iter();
            parts.map(|part| (part.scope, part.label, part.paths.len())).collect::<Vec<_>>()
        };
        let expected = [("volume:a", "/x, /y", 2), ("image:i", "image:i", 0), ("volume:b", "volume:b", 0)];
        let expected = expected.map(|(scope, label, count)| (scope.to_owned(), label.to_owned(), count));
        assert_eq!(told(&items), expected);
        assert_eq!(told(&[path("volume:a", "/x"), all("volume:a")])[0].2, 0);
    }
}
