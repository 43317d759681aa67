//! The collector of findings, passed to every reader so that none forgets it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use careen_model::{Code, Finding, Place, codes};

use crate::{ErrorKind, ReadError};

/// How many findings of one code are kept one by one. A disk that was overwritten yields millions of the same kind.
const KEPT_PER_CODE: usize = 500;

/// Findings in the order they were met, each place once per code, bounded per code.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    list: Vec<Finding>,
    seen: BTreeSet<(&'static str, Place)>,
    omitted: BTreeMap<&'static str, u64>,
    count_by_code: BTreeMap<&'static str, usize>,
}

impl Findings {
    /// An empty collector.
    pub fn new() -> Self {
        Findings::default()
    }

    /// Adds a finding; the values fill the `{gaps}` of the code's sentences. The same code at the same place counts once.
    pub fn add(&mut self, code: &'static Code, place: &Place, values: &[(&str, &dyn Display)]) {
        let values = values.iter().map(|(name, value)| ((*name).to_owned(), value.to_string())).collect();
        self.push(Finding { code, place: place.clone(), values });
    }

    /// Adds what an error says, as `code`, whose sentences have the gap `{reason}`. The place is the error's own.
    /// A cancellation is no finding and is left out.
    pub fn add_error(&mut self, code: &'static Code, error: &ReadError) {
        if !error.is_cancelled() {
            self.add(code, &error.place, &[("reason", &error.reason())]);
        }
    }

    /// Adds an error that has no code of its own.
    pub fn add_failure(&mut self, error: &ReadError) {
        let code = match error.kind {
            ErrorKind::OverLimit(_) => &codes::general::LIMIT_REACHED,
            ErrorKind::Unsupported(_) => &codes::general::NOT_SUPPORTED,
            ErrorKind::Corrupt(_) => &codes::general::STRUCTURE_DAMAGED,
            _ => &codes::general::READ_FAILED,
        };
        self.add_error(code, error);
    }

    /// Moves the findings of another collector into this one.
    pub fn absorb(&mut self, other: Findings) {
        for finding in other.list {
            self.push(finding);
        }
        for (code, count) in other.omitted {
            let omitted = self.omitted.entry(code).or_default();
            *omitted = omitted.saturating_add(count);
        }
    }

    /// Lets go of the findings of a code.
    pub fn forget(&mut self, code: &Code) {
        self.list.retain(|finding| finding.code.name != code.name);
        self.seen.retain(|(name, _)| *name != code.name);
        self.omitted.remove(code.name);
        self.count_by_code.remove(code.name);
    }

    /// The findings kept so far, in the order they were met.
    pub fn list(&self) -> &[Finding] {
        &self.list
    }

    /// Everything, with one closing note for each code of which some were left out.
    pub fn to_vec(&self) -> Vec<Finding> {
        let notes = self.omitted.iter().map(|(kind, count)| Finding {
            code: &codes::general::FINDINGS_OMITTED,
            place: Place::default(),
            values: [("kind".to_owned(), (*kind).to_owned()), ("count".to_owned(), count.to_string())].into(),
        });
        self.list.iter().cloned().chain(notes).collect()
    }

    fn push(&mut self, finding: Finding) {
        let code = finding.code.name;
        let kept = self.count_by_code.entry(code).or_default();
        if *kept >= KEPT_PER_CODE {
            let omitted = self.omitted.entry(code).or_default();
            *omitted = omitted.saturating_add(1);
        } else if self.seen.insert((code, finding.place.clone())) {
            *kept = kept.saturating_add(1);
            self.list.push(finding);
        }
    }
}

/// The answer; a finding in its place where it could not be given. A cancellation is passed on.
pub fn kept<T>(answer: Result<T, ReadError>, findings: &mut Findings) -> Result<Option<T>, ReadError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_cancelled() => Err(error),
        Err(error) => {
            findings.add_failure(&error);
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_code_at_the_same_place_counts_once() {
        let mut findings = Findings::new();
        for _ in 0..3 {
            findings.add(&codes::general::READ_FAILED, &Place::new("a"), &[("reason", &"x")]);
        }
        assert_eq!(findings.to_vec().len(), 1);
    }

    #[test]
    fn what_is_not_handled_is_not_told_as_a_failing_drive() {
        let place = Place::new("a");
        let mut findings = Findings::new();
        findings.add_failure(&ReadError::unsupported(&place, "x"));
        findings.add_failure(&ReadError::over_limit(&place, "x"));
        findings.add_failure(&ReadError::corrupt(&place, "x"));
        findings.add_failure(&ReadError::io(&place, "x"));
        findings.add_failure(&ReadError::new(ErrorKind::Cancelled, place));
        let codes: Vec<_> = findings.list().iter().map(|finding| finding.code.name).collect();
        assert_eq!(codes, ["not-supported", "limit-reached", "structure-damaged", "read-failed"]);
    }

    #[test]
    fn what_is_forgotten_is_gone_and_may_come_again() {
        let mut findings = Findings::new();
        findings.add(&codes::general::READ_FAILED, &Place::new("a"), &[("reason", &"x")]);
        findings.add(&codes::general::LIMIT_REACHED, &Place::new("a"), &[("reason", &"x")]);
        findings.forget(&codes::general::READ_FAILED);
        assert_eq!(findings.list().len(), 1);
        findings.add(&codes::general::READ_FAILED, &Place::new("a"), &[("reason", &"x")]);
        assert_eq!(findings.list().len(), 2);
    }

    #[test]
    fn a_flood_of_one_code_is_counted_not_kept() {
        let mut findings = Findings::new();
        for i in 0..KEPT_PER_CODE + 7 {
            findings.add(&codes::general::READ_FAILED, &Place::new(i.to_string()), &[("reason", &"x")]);
        }
        let all = findings.to_vec();
        assert_eq!(all.len(), KEPT_PER_CODE + 1);
        assert_eq!(all.last().unwrap().values["count"], "7");
    }
}
