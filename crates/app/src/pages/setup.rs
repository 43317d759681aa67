//! How a container was set up, and the command line that would run it again.

use std::sync::Arc;

use careen_model::{ContainerDetails, EnvironmentVariable, Health, Mount};
use careen_protocol::{Reply, Request};
use leptos::prelude::*;

use crate::app::context;
use crate::components::{CopyButton, Facts, FailureBox, fact};
use crate::engine::unexpected;
use crate::format;
use crate::messages::{containers, general};
use crate::state::Route;

/// What a secret is shown as until it is asked for.
const HIDDEN: &str = "••••••••";

/// The set-up of the container with this id.
#[component]
pub fn Setup(id: String) -> impl IntoView {
    let context = context();
    let details = LocalResource::new(move || {
        let (engine, id) = (context.engine(), id.clone());
        async move {
            match engine.ask(Request::Container { id }).await?.reply {
                Reply::Container(details) => Ok(details.map(|details| Arc::new(*details))),
                other => Err(unexpected(&other)),
            }
        }
    });
    move || match details.get() {
        None => view! { <p class="muted">{general::LOADING.get()}</p> }.into_any(),
        Some(Err(failure)) => view! { <FailureBox failure=failure /> }.into_any(),
        Some(Ok(None)) => view! { <p class="muted">{containers::SETUP_LOST.get()}</p> }.into_any(),
        Some(Ok(Some(details))) => view! { <Known details=details /> }.into_any(),
    }
}

#[component]
fn Known(details: Arc<ContainerDetails>) -> impl IntoView {
    let list = |title: &'static str, lines: Vec<String>| {
        (!lines.is_empty()).then(|| {
            let lines = lines.into_iter().map(|line| view! { <li class="mono">{line}</li> }).collect_view();
            view! { <h3>{title}</h3> <ul class="plain">{lines}</ul> }
        })
    };
    let ports = details.ports.iter().map(|port| {
        let address = if port.host_ip.is_empty() { "0.0.0.0" } else { &port.host_ip };
        let host = if port.host_port.is_empty() { "*" } else { &port.host_port };
        format!("{address}:{host} → {}", port.container_port)
    });
    let ports: Vec<String> = ports.chain(details.exposed_ports.iter().cloned()).collect();
    let networks = details.networks.iter().map(|network| {
        let addresses = [&network.ip_address, &network.ipv6_address, &network.mac_address];
        let known: Vec<&str> = addresses.into_iter().flatten().map(String::as_str).collect();
        format!("{} {}", network.network, known.join(" "))
    });
    let pairs = |map: &std::collections::BTreeMap<String, String>| -> Vec<String> {
        map.iter().map(|(key, value)| format!("{key}={value}")).collect()
    };
    let policy = match (details.restart_policy.name.as_str(), details.restart_policy.maximum_retries) {
        ("", _) => "no".to_owned(),
        (name, 0) => name.to_owned(),
        (name, most) => format!("{name}:{most}"),
    };
    let log = details.log.driver.clone().unwrap_or_else(|| format::UNKNOWN.to_owned());
    let networks: Vec<String> = networks.collect();
    let run = details.run.join("\n");
    let files = details.files.clone().into_iter().map(|(name, content)| {
        view! { <details class="inspect"><summary>{name}</summary> <pre tabindex="0">{content}</pre></details> }
    });
    let facts = vec![
        Some((containers::RESTARTS.get(), format!("{policy} ({})", details.restart_count))),
        details.oom_killed.then(|| (containers::OOM.get(), general::YES.get().to_owned())),
        Some((containers::LOG_KEPT.get(), format!("{log}, {}", format::size(details.log.size)))),
        Some((containers::HOSTNAME.get(), details.hostname.clone())),
        (!details.user.is_empty()).then(|| (containers::USER.get(), details.user.clone())),
        (!details.working_dir.is_empty()).then(|| (containers::WORKING_DIR.get(), details.working_dir.clone())),
    ];
    let error = details.error.clone();
    let (mounts, variables) = (details.mounts.clone(), details.environment.clone());
    let checks = details.health.clone();
    let lists = [
        list(containers::LIMITS.get(), limits(&details)),
        list(containers::PRIVILEGES.get(), details.privileges.clone()),
    ];
    let (labels, checkpoints) = (pairs(&details.labels), details.checkpoints.clone());
    view! {
        {error.map(|error| view! { <h3>{containers::ERROR.get()}</h3> <p class="mono">{error}</p> })}
        <Facts>{facts.into_iter().flatten().map(|(name, value)| fact(name, value)).collect_view()}</Facts>
        <Mounts mounts=mounts />
        {list(containers::PORTS.get(), ports)}
        {list(containers::NETWORKS_TITLE.get(), networks)}
        {checks.map(|health| view! { <Checks health=health /> })}
        {lists.into_iter().collect_view()}
        <Environment variables=variables />
        {list(containers::LABELS.get(), labels)}
        {list(containers::CHECKPOINTS.get(), checkpoints)}
        <h3>{containers::RUN_AGAIN.get()} " " <CopyButton text=run.clone() /></h3>
        <pre class="preview" tabindex="0" data-testid="run-again">{run}</pre>
        {files.collect_view()}
    }
}

fn limits(details: &ContainerDetails) -> Vec<String> {
    let limits = &details.limits;
    let bytes = |name: &str, value: Option<u64>| value.map(|value| format!("{name}: {}", format::size(value)));
    let all = [
        bytes("memory", limits.memory),
        limits.cpus.map(|cpus| format!("cpus: {cpus}")),
        limits.cpu_shares.map(|shares| format!("cpu-shares: {shares}")),
        limits.cpuset.as_ref().map(|set| format!("cpuset: {set}")),
        limits.pids.map(|count| format!("pids: {count}")),
        bytes("shm", limits.shm_size),
    ];
    all.into_iter().flatten().collect()
}

#[component]
fn Mounts(mounts: Vec<Mount>) -> impl IntoView {
    let mount = |mount: Mount| {
        let from = match (mount.kind.as_str(), mount.name, mount.source) {
            ("volume", Some(name), _) => {
                let shown = format::short_id(&name);
                view! { <a class="link" href=Route::Volumes(Some(name.clone())).href() title=name>{shown}</a> }
                    .into_any()
            }
            (kind, _, source) => format!("{kind} {}", source.unwrap_or_default()).into_any(),
        };
        let only_read =
            (!mount.writable).then(|| view! { " " <span class="muted">{containers::READ_ONLY.get()}</span> });
        view! { <li class="mono">{mount.destination} " ← " {from} {only_read}</li> }
    };
    (!mounts.is_empty()).then(|| {
        view! { <h3>{containers::MOUNTS.get()}</h3> <ul class="plain">{mounts.into_iter().map(mount).collect_view()}</ul> }
    })
}

/// The environment; values that look like secrets are shown when asked for.
#[component]
fn Environment(variables: Vec<EnvironmentVariable>) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let has_secrets = variables.iter().any(|variable| variable.secret);
    let line = move |variable: EnvironmentVariable| {
        let EnvironmentVariable { name, value, secret } = variable;
        let shown = move || if secret && !is_open.get() { HIDDEN.to_owned() } else { value.clone() };
        view! { <li class="mono">{name} "=" {shown}</li> }
    };
    (!variables.is_empty()).then(|| {
        let words = move || if is_open.get() { containers::HIDE_SECRETS.get() } else { containers::SHOW_SECRETS.get() };
        view! {
            <h3>{containers::ENVIRONMENT.get()}</h3>
            {has_secrets.then(|| view! {
                <p><button type="button" class="button" aria-pressed=move || is_open.get().to_string()
                    on:click=move |_| is_open.update(|open| *open = !*open)>{words}</button></p>
            })}
            <ul class="plain">{variables.into_iter().map(line).collect_view()}</ul>
        }
    })
}

#[component]
fn Checks(health: Health) -> impl IntoView {
    let status = health.status.clone().unwrap_or_else(|| format::UNKNOWN.to_owned());
    let result = |run: careen_model::HealthResult| {
        let time = run.end.as_deref().and_then(format::milliseconds).map(format::time);
        view! { <li class="mono">{time} " " {format!("({}) ", run.exit_code)} {run.output.trim().to_owned()}</li> }
    };
    view! {
        <h3>{containers::HEALTH.get()}</h3>
        <p><span class="mono">{health.test.join(" ")}</span> " · " {status}</p>
        <ul class="plain">{health.log.into_iter().map(result).collect_view()}</ul>
    }
}
