//! The search for files: asked of the worker step by step, kept while the person looks at a hit and comes back.

use std::sync::Arc;

use careen_model::Hit;
use careen_protocol::{Failure, FindOf, FindStep, Reply, Request};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::engine::{Engine, unexpected};

/// How far the search has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Finding {
    /// Nothing was asked.
    #[default]
    Idle,
    /// Under way; what is being looked through.
    Looking(String),
    /// Everything was looked through, or as much as gives the most hits that are shown.
    Done {
        /// Whether there are more hits.
        has_more: bool,
    },
    /// The person stopped it.
    Stopped,
    /// It could not go on.
    Failed(Failure),
}

/// The search.
#[derive(Clone, Copy)]
pub struct Finder {
    /// What is looked for.
    pub of: RwSignal<FindOf>,
    /// What was found so far.
    pub hits: RwSignal<Arc<Vec<Hit>>>,
    /// How far it has come.
    pub finding: RwSignal<Finding>,
    /// Objects looked at.
    pub looked_at: RwSignal<u64>,
    /// Counts searches, so that an answer to an earlier one is not taken for one to this.
    turn: StoredValue<u32>,
}

impl Finder {
    /// Nothing looked for.
    pub fn new() -> Finder {
        Finder {
            of: RwSignal::new(FindOf::default()),
            hits: RwSignal::new(Arc::default()),
            finding: RwSignal::new(Finding::Idle),
            looked_at: RwSignal::new(0),
            turn: StoredValue::new(0),
        }
    }

    /// Looks for this, unless it is being looked for or was found.
    pub fn begin(&self, engine: Engine, of: FindOf) {
        let is_known = matches!(self.finding.get_untracked(), Finding::Looking(_) | Finding::Done { .. });
        if is_known && self.of.get_untracked() == of {
            return;
        }
        self.forget();
        if of.text.is_empty() {
            return;
        }
        let (finder, turn) = (*self, self.turn.get_value());
        finder.of.set(of.clone());
        finder.finding.set(Finding::Looking(String::new()));
        spawn_local(async move {
            if let Err(failure) = finder.look(engine, of, turn).await
                && finder.turn.get_value() == turn
            {
                finder.finding.set(Finding::Failed(failure));
            }
        });
    }

    async fn look(self, engine: Engine, of: FindOf, turn: u32) -> Result<(), Failure> {
        engine.ask(Request::Find(of)).await?;
        while self.turn.get_value() == turn {
            let FindStep { hits, looked_at, subject, goes_on, has_more } =
                match engine.ask(Request::FindNext).await?.reply {
                    Reply::Found(step) => step,
                    other => return Err(unexpected(&other)),
                };
            if self.turn.get_value() != turn {
                return Ok(());
            }
            if !hits.is_empty() {
                self.hits.update(|all| Arc::make_mut(all).extend(hits));
            }
            self.looked_at.set(looked_at);
            if !goes_on {
                self.finding.set(Finding::Done { has_more });
                return Ok(());
            }
            self.finding.set(Finding::Looking(subject));
        }
        Ok(())
    }

    /// Stops; what was found stays.
    pub fn stop(&self) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.finding.set(Finding::Stopped);
    }

    /// Stops, and forgets everything.
    pub fn forget(&self) {
        self.turn.update_value(|turn| *turn = turn.wrapping_add(1));
        self.hits.set(Arc::default());
        self.looked_at.set(0);
        self.finding.set(Finding::Idle);
    }
}
