//! How an image came to be.

use serde::{Deserialize, Serialize};

/// One step of an image's history, newest first, with the keys of `docker history --no-trunc --human=false`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HistoryStep {
    /// Id of the image this step made, `<missing>` when no record of it is left.
    #[serde(rename = "ID")]
    pub id: String,
    /// When, in whole seconds.
    pub created_at: String,
    /// The same: with `--human=false` Docker prints it in both.
    pub created_since: String,
    /// The command that made it.
    pub created_by: String,
    /// Bytes its layer added, as Docker prints them: decimal, `0` for a step without layer. Empty when they are not
    /// known.
    pub size: String,
    /// Remark of the builder.
    pub comment: String,
    /// diffID of its layer; `None` for a step without layer. Not a key of Docker's.
    pub layer: Option<String>,
}
