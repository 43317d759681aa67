//! Looking for files, and the pieces of longer work.

use careen_model::Hit;
use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FindOf {
    /// Text in names, in any case; with `*`, `?` or `[` a glob; with a slash over paths.
    pub text: String,
    /// Look for the text in files, in place of names.
    pub in_content: bool,
    /// Where, as the command line writes it; everywhere when `None`.
    pub scope: Option<String>,
}

/// What a search found in a short while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindStep {
    /// Files and text in files.
    pub hits: Vec<Hit>,
    /// Objects looked at since the search began.
    pub looked_at: u64,
    /// What is being looked through, as the command line writes it.
    pub subject: String,
    /// Whether there is more to look through.
    pub goes_on: bool,
    /// Whether it ended at the most hits that are shown.
    pub has_more: bool,
}

/// A piece of longer work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Measuring the volume of this name.
    Volume(String),
    /// Collecting the packages of this scope, as the command line writes it.
    Packages(String),
    /// Opening every file once.
    Check,
}
