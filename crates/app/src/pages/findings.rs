//! What is wrong or odd: the causes, and every finding, worst first.

use std::sync::Arc;

use careen_model::{Finding, Severity};
use leptos::prelude::*;

use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, SeverityMark, Split};
use crate::format;
use crate::messages::{self, findings};
use crate::pages::causes::{Causes, Check};
use crate::state::{Phase, Route};

/// The page.
#[component]
pub fn Findings() -> impl IntoView {
    let context = context();
    let told = context.told;
    let state = TableState::new();
    let columns = Arc::new(vec![
        Column::text(findings::SEVERITY.get(), 7.0, 0.0),
        Column::text(findings::WHAT.get(), 20.0, 4.0),
        Column::text(findings::PLACE.get(), 14.0, 3.0),
        Column::text(findings::CODE.get(), 12.0, 0.0),
    ]);
    let severity = Memo::new(move |_| match context.route.get() {
        Route::Findings(severity) => severity,
        _ => None,
    });
    let shown = Memo::new(move |_| {
        let wanted = severity.get();
        let all = told.findings().into_iter();
        Arc::new(all.filter(|it| wanted.is_none_or(|wanted| wanted == it.code.severity)).collect::<Vec<_>>())
    });
    let rows = Memo::new(move |_| Arc::new(shown.get().iter().map(row).collect::<Vec<_>>()));
    let rows = Rows::local(rows.into(), state);
    let selected = RwSignal::new(None::<String>);
    let chosen = Memo::new(move |_| {
        let wanted = selected.get()?;
        shown.get().iter().find(|finding| key(finding) == wanted).cloned()
    });
    let empty = if told.phase.get_untracked() == Phase::Reading { &findings::NONE_YET } else { &findings::NONE };
    view! {
        <div class="page page--list">
            <h1>{findings::TITLE.get()}</h1>
            <Causes />
            <Check />
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|finding| view! { <FindingDetail finding=finding selected=selected /> })
            >
                <Table
                    test_id="table-findings"
                    columns=columns
                    rows=rows
                    state=state
                    selected=selected
                    on_select=Callback::new(move |row: Row| selected.set(Some(row.id)))
                    empty=empty.get()
                    tools=move || view! { <Choice severity=severity /> }
                />
            </Split>
        </div>
    }
}

/// All, or one severity.
#[component]
fn Choice(severity: Memo<Option<Severity>>) -> impl IntoView {
    let told = context().told;
    let choice = move |wanted: Option<Severity>| {
        let count = move || match wanted {
            Some(wanted) => told.count(wanted),
            None => told.survey().findings.len(),
        };
        let name = wanted.map_or_else(|| findings::EVERY_WEIGHT.get(), crate::components::severity_name);
        view! {
            <a class="tab" href=Route::Findings(wanted).href() aria-current=move || (severity.get() == wanted).then_some("true")>
                {name} " " <span class="muted">{move || format::number(count() as u64)}</span>
            </a>
        }
    };
    view! {
        <div class="tabs tabs--small">
            {choice(None)} {choice(Some(Severity::Loss))} {choice(Some(Severity::Damage))} {choice(Some(Severity::Note))}
        </div>
    }
}

/// A finding is one code at one place.
fn key(finding: &Finding) -> String {
    format!("{} {}", finding.code.name, finding.place)
}

fn row(finding: &Finding) -> Row {
    Row::new(
        key(finding),
        vec![
            Cell::Severity(finding.code.severity),
            Cell::Text(finding.message(messages::language())),
            Cell::Mono(finding.place.to_string()),
            Cell::Mono(finding.code.name.to_owned()),
        ],
    )
}

#[component]
fn FindingDetail(finding: Finding, selected: RwSignal<Option<String>>) -> impl IntoView {
    let language = messages::language();
    let explain = match finding.code.severity {
        Severity::Loss => findings::EXPLAIN_LOSS.get(),
        Severity::Damage => findings::EXPLAIN_DAMAGE.get(),
        Severity::Note => findings::EXPLAIN_NOTE.get(),
    };
    let steps: Vec<String> = finding.place.as_str().split(" › ").map(str::to_owned).collect();
    view! {
        <Detail title=finding.code.name close=Callback::new(move |()| selected.set(None))>
            <p><SeverityMark severity=finding.code.severity /></p>
            <p class="prose">{finding.message(language)}</p>
            <h3>{findings::ADVICE.get()}</h3>
            <p class="prose">{finding.advice(language)}</p>
            <h3>{findings::PLACE.get()}</h3>
            <ol class="trail mono">{steps.into_iter().map(|step| view! { <li>{step}</li> }).collect_view()}</ol>
            <p class="muted prose">{explain}</p>
        </Detail>
    }
}
