//! Layers against their digests, and files against a second reader.

use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use careen_evidence::Findings;
use careen_model::{CrossCheck, NotCompared, Verified};
use careen_survey::{ExportRequest, Scope, Session};

use super::{Answer, Failure, told_of_part};
use crate::input::Input;
use crate::output::Output;
use crate::progress::Reporter;
use crate::tables;

/// `careen verify`.
pub(super) fn verify(
    input: Input<'_>,
    scopes: &[Scope],
    cross_checks: bool,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let session = input.open(&mut reporter)?;
    session.require_store()?;
    let mut findings = Findings::new();
    let has_layers = |scope: &&Scope| matches!(scope, Scope::Image(_) | Scope::Container(_) | Scope::Layer(_));
    // With a second reader, anything that has files may be asked for; without one, what has no layers is refused.
    let of_layers: Vec<Scope> = scopes.iter().filter(|scope| !cross_checks || has_layers(scope)).cloned().collect();
    let mut verified = match scopes.is_empty() || !of_layers.is_empty() {
        true => session.verify(&of_layers, &mut |progress| reporter.show(&progress), &mut findings)?,
        false => Verified::default(),
    };
    if cross_checks {
        verified.cross_check = Some(cross_check(&session, scopes, &mut reporter, &mut findings)?);
    }
    drop(reporter);
    if json {
        out.json(&verified, false)?;
    } else {
        if !verified.layers.is_empty() {
            out.bytes(tables::verified(&verified).as_bytes())?;
        }
        if let Some(check) = &verified.cross_check {
            out.bytes(tables::cross_check(check).as_bytes())?;
        }
    }
    Ok(told_of_part(&session, &findings))
}

/// The other reader may end in a panic on what it does not expect; that is its answer then.
fn cross_check(
    session: &Session,
    scopes: &[Scope],
    reporter: &mut Reporter,
    findings: &mut Findings,
) -> Result<CrossCheck, Failure> {
    let stores = session.survey().stores;
    let stores: Vec<Scope> = stores.into_iter().map(|store| Scope::Store(store.id)).collect();
    let mut whole = CrossCheck::default();
    for scope in if scopes.is_empty() { &stores } else { scopes } {
        let request = ExportRequest { scopes: vec![scope.clone()], ..ExportRequest::default() };
        let hook = take_hook();
        set_hook(Box::new(|_| {}));
        let asked = catch_unwind(AssertUnwindSafe(|| {
            session.cross_check(&request, &mut |progress| reporter.show(&progress), findings)
        }));
        set_hook(hook);
        match asked {
            Ok(check) => whole.add(check?),
            Err(_) => whole.not_compared.push(NotCompared {
                what: scope.to_string(),
                reason: "the other reader stopped with an error of its own (a panic)".to_owned(),
            }),
        }
    }
    Ok(whole)
}
