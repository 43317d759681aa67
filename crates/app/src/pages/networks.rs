//! Networks.

use std::sync::Arc;

use careen_model::Network;
use leptos::prelude::*;

use crate::app::context;
use crate::components::table::{Cell, Column, Row, Rows, Table, TableState};
use crate::components::{Detail, Facts, Split, fact};
use crate::format;
use crate::messages::containers as networks;
use crate::state::Route;

/// The page.
#[component]
pub fn Networks() -> impl IntoView {
    let context = context();
    let state = TableState::sorted_by(0);
    let columns = Arc::new(vec![
        Column::text(networks::NAME.get(), 12.0, 2.0).pinned(),
        Column::text(networks::DRIVER.get(), 8.0, 1.0),
        Column::text(networks::SUBNET.get(), 10.0, 1.0),
        Column::number(networks::MEMBERS.get(), 7.0),
        Column::text(networks::LABELS.get(), 12.0, 3.0),
        Column::text(networks::ID.get(), 9.0, 0.0),
    ]);
    let rows = Memo::new(move |_| Arc::new(context.told.survey().networks.iter().map(row).collect::<Vec<_>>()));
    let rows = Rows::local(rows.into(), state);
    let selected = Signal::derive(move || match context.route.get() {
        Route::Networks(id) => id,
        _ => None,
    });
    let chosen = Memo::new(move |_| {
        let id = selected.get()?;
        context.told.survey().networks.iter().find(|network| network.id == id).cloned()
    });
    view! {
        <div class="page page--list">
            <h1>{networks::NETWORKS_TITLE.get()}</h1>
            <Split
                open=Signal::derive(move || chosen.with(Option::is_some))
                detail=move || chosen.get().map(|network| view! { <NetworkDetail network=network /> })
            >
                <Table
                    test_id="table-networks"
                    columns=columns
                    rows=rows
                    state=state
                    selected=selected
                    on_select=Callback::new(move |row: Row| context.replace(Route::Networks(Some(row.key))))
                />
            </Split>
        </div>
    }
}

fn labels(network: &Network) -> Vec<String> {
    network.labels.iter().map(|(key, value)| format!("{key}={value}")).collect()
}

fn subnets(network: &Network) -> Vec<String> {
    network.subnets.iter().map(|range| range.subnet.clone()).collect()
}

fn row(network: &Network) -> Row {
    Row::new(
        network.id.clone(),
        vec![
            Cell::Text(network.name.clone()),
            Cell::Text(network.driver.clone()),
            Cell::Mono(subnets(network).join(", ")),
            Cell::Count(Some(network.containers.len() as u64)),
            Cell::Text(labels(network).join(", ")),
            Cell::Id(network.id.clone()),
        ],
    )
}

#[component]
fn NetworkDetail(network: Network) -> impl IntoView {
    let context = context();
    let labels = labels(&network);
    let ranges = network.subnets.iter().map(|range| match &range.gateway {
        Some(gateway) => format!("{}, {} {gateway}", range.subnet, networks::GATEWAY.get()),
        None => range.subnet.clone(),
    });
    let ranges: Vec<String> = ranges.collect();
    let created = network.created.as_deref().and_then(format::milliseconds).map(format::time);
    let traits = [
        (network.internal, "internal"),
        (network.attachable, "attachable"),
        (network.ingress, "ingress"),
        (network.ipv6, "IPv6"),
    ];
    let traits: Vec<&str> = traits.into_iter().filter_map(|(is_so, word)| is_so.then_some(word)).collect();
    let options: Vec<String> = network.options.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let member = |member: &careen_model::NetworkMember| {
        let route = Route::Containers(Some(member.container_id.clone()));
        let addresses: Vec<&str> = [&member.ipv4, &member.ipv6].into_iter().flatten().map(String::as_str).collect();
        view! { <li><a class="link" href=route.href()>{member.container.clone()}</a> " " <span class="mono muted">{addresses.join(" ")}</span></li> }
    };
    let members = network.containers.iter().map(member).collect_view();
    let has_members = !network.containers.is_empty();
    view! {
        <Detail title=network.name.clone() close=Callback::new(move |()| context.replace(Route::Networks(None)))>
            <Facts>
                {fact(networks::DRIVER.get(), network.driver.clone())}
                {fact(networks::SCOPE.get(), network.scope.clone())}
                {created.map(|time| fact(networks::CREATED.get(), time))}
                {ranges.into_iter().map(|range| fact(networks::SUBNET.get(), range)).collect_view()}
                {(!traits.is_empty()).then(|| fact(networks::TRAITS.get(), traits.join(", ")))}
                {fact(networks::ID.get(), network.id.clone())}
            </Facts>
            {has_members.then(|| view! { <h3>{networks::TITLE.get()}</h3> <ul class="plain">{members}</ul> })}
            {(!options.is_empty()).then(|| view! {
                <h3>{networks::OPTIONS.get()}</h3>
                <ul class="plain">{options.into_iter().map(|option| view! { <li class="mono">{option}</li> }).collect_view()}</ul>
            })}
            {(!labels.is_empty()).then(|| view! {
                <h3>{networks::LABELS.get()}</h3>
                <ul class="plain">{labels.into_iter().map(|label| view! { <li class="mono">{label}</li> }).collect_view()}</ul>
            })}
        </Detail>
    }
}
