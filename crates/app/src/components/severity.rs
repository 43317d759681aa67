//! How much a finding matters: a word and a shape beside the color.

use careen_model::Severity;
use leptos::prelude::*;

use super::{Icon, icon};
use crate::messages::general;
use crate::state::severity_word;

/// The word for a severity.
pub fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => general::NOTE.get(),
        Severity::Damage => general::DAMAGE.get(),
        Severity::Loss => general::LOSS.get(),
    }
}

/// Shape and word.
#[component]
pub fn SeverityMark(severity: Severity) -> impl IntoView {
    let shape = match severity {
        Severity::Note => Icon::Note,
        Severity::Damage => Icon::Damage,
        Severity::Loss => Icon::Loss,
    };
    let class = format!("severity severity--{}", severity_word(severity));
    view! { <span class=class>{icon(shape)} {severity_name(severity)}</span> }
}
