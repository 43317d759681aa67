//! How containers were set up, from the engine's records of them.

use std::collections::BTreeMap;

use careen_evidence::{FileTree, Findings, Kind, Limits, NodeId, ReadError, read_file};
use careen_model::{
    ComposeProject, Container, ContainerDetails, DetailedContainer, Endpoint, EnvironmentVariable, Health,
    HealthResult, LogSettings, Mount, PublishedPort, ResourceLimits, RestartPolicy,
};
use serde_json::{Map, Value};

use crate::Session;
use crate::trees::Found;

/// Files that the engine mounts into a container.
const MOUNTED_FILES: [&str; 3] = ["hostname", "hosts", "resolv.conf"];
/// Longest of these that is read.
const MAX_MOUNTED_FILE: u64 = 64 << 10;
/// Labels by which compose knows its own.
const PROJECT: &str = "com.docker.compose.project";

impl Session {
    /// Every container with its set-up.
    pub fn detailed_containers(&self, findings: &mut Findings) -> Vec<DetailedContainer> {
        let all: Vec<&Container> = self.containers().collect();
        all.into_iter()
            .map(|container| DetailedContainer {
                details: self.container_details(&container.id, findings).ok().flatten(),
                container: container.clone(),
            })
            .collect()
    }

    /// How the container with this name or id was set up; `None` when its configuration cannot be read.
    pub fn container_details(
        &self,
        name: &str,
        findings: &mut Findings,
    ) -> Result<Option<ContainerDetails>, ReadError> {
        let found = self.find_container(name)?;
        let id = &found.item.id;
        let Some(record) = found.store.container_config(id) else { return Ok(None) };
        let host = found.store.container_host_config(id);
        let mut details = of_records(record, host.unwrap_or(&Value::Null));
        for mount in details.mounts.iter_mut().filter(|mount| mount.source.is_none()) {
            mount.source =
                mount.name.as_ref().and_then(|volume| self.recorded_path(found.open, volume).map(str::to_owned));
        }
        details.run = self.run_lines(&found);
        if let Some(directory) = found.store.container_directory(id) {
            add_files(&*found.open.tree, directory, id, &mut details, &self.options.limits, findings);
        }
        Ok(Some(details))
    }

    /// The command lines that would run a container again.
    fn run_lines(&self, found: &Found<'_, Container>) -> Vec<String> {
        self.run_words(found).iter().map(|words| careen_report::shell_line(words)).collect()
    }

    /// The words of these lines; none when its configuration cannot be read.
    pub(crate) fn run_words(&self, found: &Found<'_, Container>) -> Vec<Vec<String>> {
        let Some(record) = found.store.container_config(&found.item.id) else { return Vec::new() };
        let host = found.store.container_host_config(&found.item.id);
        let image = found.item.image_id.as_ref().and_then(|image| self.find_image(image).ok());
        let config = image.as_ref().and_then(|image| image.store.image_config(&image.item.id));
        careen_report::run_commands(&found.item.id, record, host, config)
    }

    /// What compose made, project by project.
    pub fn compose_projects(&self) -> Vec<ComposeProject> {
        let mut projects: BTreeMap<String, ComposeProject> = BTreeMap::new();
        for container in self.containers() {
            let Some(compose) = &container.compose else { continue };
            let project = entry(&mut projects, &compose.project);
            let service = compose.service.clone().unwrap_or_default();
            project.services.entry(service).or_default().push(container.id.clone());
            let record = self.find_container(&container.id).ok();
            let record = record.and_then(|found| found.store.container_config(&container.id));
            let labels = record.and_then(|record| record.get("Config")?.get("Labels"));
            let label = |key: &str| labels.and_then(|labels| text(labels, &format!("{PROJECT}.{key}")));
            project.working_dir = project.working_dir.take().or_else(|| label("working_dir"));
            for file in label("config_files").iter().flat_map(|files| files.split(',')) {
                if !project.config_files.iter().any(|known| known == file) {
                    project.config_files.push(file.to_owned());
                }
            }
        }
        for open in &self.volumes {
            if let Some(project) = open.volume.labels.as_ref().and_then(|labels| labels.get(PROJECT)) {
                entry(&mut projects, project).volumes.push(open.volume.name.clone());
            }
        }
        for network in self.networks() {
            if let Some(project) = network.labels.get(PROJECT) {
                entry(&mut projects, project).networks.push(network.name.clone());
            }
        }
        projects.into_values().collect()
    }
}

fn entry<'p>(projects: &'p mut BTreeMap<String, ComposeProject>, name: &str) -> &'p mut ComposeProject {
    projects.entry(name.to_owned()).or_insert_with(|| ComposeProject {
        name: name.to_owned(),
        working_dir: None,
        config_files: Vec::new(),
        services: BTreeMap::new(),
        volumes: Vec::new(),
        networks: Vec::new(),
    })
}

/// What lies beside a container's configuration.
fn add_files(
    tree: &dyn FileTree,
    directory: NodeId,
    id: &str,
    details: &mut ContainerDetails,
    limits: &Limits,
    findings: &mut Findings,
) {
    let Ok(entries) = tree.list(directory, findings).inspect_err(|error| findings.add_failure(error)) else { return };
    let log = format!("{id}-json.log").into_bytes();
    for entry in entries {
        let Ok(name) = std::str::from_utf8(&entry.name) else { continue };
        if MOUNTED_FILES.contains(&name) {
            let limits = Limits { bytes: limits.bytes.min(MAX_MOUNTED_FILE), ..*limits };
            match read_file(tree, entry.node, &limits, findings) {
                Ok(bytes) => {
                    details.files.insert(name.to_owned(), String::from_utf8_lossy(&bytes).into_owned());
                }
                Err(error) => findings.add_failure(&error),
            }
        } else if name == "checkpoints" {
            let checkpoints = tree.list(entry.node, findings).unwrap_or_default();
            details.checkpoints =
                checkpoints.iter().map(|entry| String::from_utf8_lossy(&entry.name).into_owned()).collect();
        } else if entry.name.starts_with(&log) || name.starts_with("container-cached.log") {
            details.log.size = details.log.size.saturating_add(size(tree, entry.node, findings));
        } else if name == "local-logs" {
            for file in tree.list(entry.node, findings).unwrap_or_default() {
                details.log.size = details.log.size.saturating_add(size(tree, file.node, findings));
            }
        }
    }
}

fn size(tree: &dyn FileTree, node: NodeId, findings: &mut Findings) -> u64 {
    match tree.stat(node, findings) {
        Ok(stat) if stat.kind == Kind::File => stat.size,
        Ok(_) => 0,
        Err(error) => {
            findings.add_failure(&error);
            0
        }
    }
}

/// What `config.v2.json` and `hostconfig.json` say (moby `daemon/container/container.go`, `api/types/container`).
fn of_records(record: &Value, host: &Value) -> ContainerDetails {
    let nothing = Value::Null;
    let under = |key: &str| record.get(key).unwrap_or(&nothing);
    let (config, state, settings) = (under("Config"), under("State"), under("NetworkSettings"));
    let ports = published(host, settings);
    let restart = host.get("RestartPolicy").unwrap_or(&nothing);
    ContainerDetails {
        hostname: text(config, "Hostname").unwrap_or_default(),
        user: text(config, "User").unwrap_or_default(),
        working_dir: text(config, "WorkingDir").unwrap_or_default(),
        entrypoint: list(config, "Entrypoint"),
        cmd: list(config, "Cmd"),
        tty: is(config, "Tty"),
        environment: list(config, "Env").iter().map(|variable| environment(variable)).collect(),
        labels: texts(config, "Labels"),
        mounts: mounts(record, host),
        exposed_ports: entries(config, "ExposedPorts")
            .map(|(port, _)| port.clone())
            .filter(|port| !ports.iter().any(|published| published.container_port == *port))
            .collect(),
        ports,
        network_mode: text(host, "NetworkMode").unwrap_or_default(),
        networks: entries(settings, "Networks").map(|(name, endpoint)| network(name, endpoint)).collect(),
        health: health(config, state),
        restart_policy: RestartPolicy {
            name: text(restart, "Name").unwrap_or_else(|| "no".to_owned()),
            maximum_retries: number(restart, "MaximumRetryCount").unwrap_or(0),
        },
        restart_count: number(record, "RestartCount").unwrap_or(0),
        limits: limits(host),
        privileges: privileges(host),
        log: LogSettings {
            driver: host.get("LogConfig").and_then(|log| text(log, "Type")),
            options: host.get("LogConfig").map(|log| texts(log, "Config")).unwrap_or_default(),
            size: 0,
        },
        error: text(state, "Error"),
        oom_killed: is(state, "OOMKilled"),
        ..ContainerDetails::default()
    }
}

fn environment(variable: &str) -> EnvironmentVariable {
    let (name, value) = variable.split_once('=').unwrap_or((variable, ""));
    EnvironmentVariable { name: name.to_owned(), value: value.to_owned(), secret: is_secret(name, value) }
}

/// Whether a variable looks like a password, a key or the like.
fn is_secret(name: &str, value: &str) -> bool {
    /// What a secret's name holds.
    const HELD: [&str; 9] = [
        "PASSWORD",
        "PASSWD",
        "PASSPHRASE",
        "SECRET",
        "TOKEN",
        "APIKEY",
        "CREDENTIAL",
        "PRIVATEKEY",
        "CONNECTIONSTRING",
    ];
    /// Words of a secret's name.
    const WORDS: [&str; 10] = ["PASS", "PWD", "KEY", "AUTH", "DSN", "SALT", "COOKIE", "PRIVATE", "CERT", "PIN"];
    /// How keys of well-known services and formats begin.
    const BEGINNINGS: [&str; 10] =
        ["ghp_", "gho_", "github_pat_", "glpat-", "AKIA", "ASIA", "xoxb-", "xoxp-", "eyJhbGciOi", "-----BEGIN "];
    if value.is_empty() {
        return false;
    }
    let upper = name.to_ascii_uppercase();
    // The path of a file with a secret in it, as official images take it; the shell's own directory.
    if upper.ends_with("_FILE") || upper.ends_with("_PATH") || ["PWD", "OLDPWD"].contains(&upper.as_str()) {
        return false;
    }
    let words: Vec<&str> = upper.split(|letter: char| !letter.is_ascii_alphanumeric()).collect();
    // A URL with a password in it.
    let has_password = value.split_once("://").is_some_and(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.split_once(':').is_some_and(|(_, it)| !it.is_empty()))
    });
    has_password
        || HELD.iter().any(|held| words.concat().contains(held))
        || words.iter().any(|word| WORDS.contains(word))
        || BEGINNINGS.iter().any(|beginning| value.starts_with(beginning))
}

fn mounts(record: &Value, host: &Value) -> Vec<Mount> {
    let of = |key: &str, mount: &Value| text(mount, key);
    let mut mounts: Vec<Mount> = entries(record, "MountPoints")
        .map(|(path, mount)| Mount {
            kind: of("Type", mount).unwrap_or_else(|| "bind".to_owned()),
            name: of("Name", mount),
            source: of("Source", mount),
            destination: of("Destination", mount).unwrap_or_else(|| path.clone()),
            writable: is(mount, "RW"),
            driver: of("Driver", mount),
        })
        .collect();
    mounts.extend(entries(host, "Tmpfs").map(|(path, options)| Mount {
        kind: "tmpfs".to_owned(),
        name: None,
        source: None,
        destination: path.clone(),
        writable: options.as_str().is_none_or(|options| !options.split(',').any(|option| option == "ro")),
        driver: None,
    }));
    mounts.sort_by(|a, b| a.destination.cmp(&b.destination));
    mounts
}

/// Ports that were published: those that were in use when the engine last wrote, else those that were asked for.
fn published(host: &Value, settings: &Value) -> Vec<PublishedPort> {
    let read = |object: &Value, key: &str| -> Vec<PublishedPort> {
        let bound = entries(object, key).flat_map(|(port, hosts)| {
            hosts.as_array().into_iter().flatten().map(|host| PublishedPort {
                container_port: port.clone(),
                host_ip: text(host, "HostIp").unwrap_or_default(),
                host_port: text(host, "HostPort").unwrap_or_default(),
            })
        });
        bound.collect()
    };
    let in_use = read(settings, "Ports");
    if in_use.is_empty() { read(host, "PortBindings") } else { in_use }
}

fn network(name: &str, endpoint: &Value) -> Endpoint {
    let address = |key: &str, length: &str| {
        text(endpoint, key).map(|address| match number(endpoint, length) {
            Some(length) if length > 0 => format!("{address}/{length}"),
            _ => address,
        })
    };
    Endpoint {
        network: name.to_owned(),
        network_id: text(endpoint, "NetworkID"),
        ip_address: address("IPAddress", "IPPrefixLen"),
        ipv6_address: address("GlobalIPv6Address", "GlobalIPv6PrefixLen"),
        gateway: text(endpoint, "Gateway"),
        mac_address: text(endpoint, "MacAddress"),
        aliases: list(endpoint, "Aliases"),
    }
}

fn health(config: &Value, state: &Value) -> Option<Health> {
    let check = config.get("Healthcheck").filter(|check| !check.is_null());
    let said = state.get("Health").filter(|health| !health.is_null());
    if check.is_none() && said.is_none() {
        return None;
    }
    let said = said.unwrap_or(&Value::Null);
    let log = said.get("Log").and_then(Value::as_array).into_iter().flatten().map(|result| HealthResult {
        start: text(result, "Start"),
        end: text(result, "End"),
        exit_code: result.get("ExitCode").and_then(Value::as_i64).unwrap_or(0),
        output: text(result, "Output").unwrap_or_default(),
    });
    Some(Health {
        status: text(said, "Status"),
        failing_streak: number(said, "FailingStreak").unwrap_or(0),
        test: check.map(|check| list(check, "Test")).unwrap_or_default(),
        log: log.collect(),
    })
}

fn limits(host: &Value) -> ResourceLimits {
    let some = |key: &str| number(host, key).filter(|value| *value > 0);
    let nano =
        some("NanoCpus").and_then(|nano| u32::try_from(nano / 1_000_000).ok()).map(|milli| f64::from(milli) / 1e3);
    let quota = some("CpuQuota").zip(some("CpuPeriod")).and_then(|(quota, period)| {
        Some(f64::from(u32::try_from(quota).ok()?) / f64::from(u32::try_from(period).ok()?))
    });
    ResourceLimits {
        memory: some("Memory"),
        memory_swap: host.get("MemorySwap").and_then(Value::as_i64).filter(|swap| *swap != 0),
        cpus: nano.or(quota),
        cpu_shares: some("CpuShares"),
        cpuset: text(host, "CpusetCpus"),
        pids: some("PidsLimit"),
        shm_size: some("ShmSize"),
    }
}

fn privileges(host: &Value) -> Vec<String> {
    let mut all = Vec::new();
    for (word, key) in [("privileged", "Privileged"), ("read-only", "ReadonlyRootfs")] {
        all.extend(is(host, key).then(|| word.to_owned()));
    }
    all.extend(list(host, "CapAdd").into_iter().map(|capability| format!("+{capability}")));
    all.extend(list(host, "CapDrop").into_iter().map(|capability| format!("-{capability}")));
    all.extend(list(host, "SecurityOpt"));
    all
}

fn text(object: &Value, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn is(object: &Value, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool) == Some(true)
}

fn number(object: &Value, key: &str) -> Option<u64> {
    object.get(key).and_then(Value::as_u64)
}

fn list(object: &Value, key: &str) -> Vec<String> {
    match object.get(key) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn texts(object: &Value, key: &str) -> BTreeMap<String, String> {
    let all = entries(object, key).filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
    all.collect()
}

fn entries<'v>(object: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    object.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_told_from_other_values() {
        for secret in [
            "API_TOKEN=x",
            "MYSQL_ROOT_PASSWORD=x",
            "db-pass=x",
            "AWS_SECRET_ACCESS_KEY=x",
            "SSH_KEY=x",
            "DATABASE_URL=postgres://user:hunter2@db/app",
            "ANYTHING=ghp_abc",
            "StripeApiKey=x",
        ] {
            assert!(environment(secret).secret, "{secret}");
        }
        for plain in [
            "PATH=/bin",
            "PWD=/root",
            "POSTGRES_PASSWORD_FILE=/run/secrets/x",
            "KEYBOARD=us",
            "MONKEY=1",
            "COMPASS=north",
            "PASSWORD=",
            "URL=https://example.org/a:b@c",
            "GPG_KEYS_PATH=/x",
        ] {
            assert!(!environment(plain).secret, "{plain}");
        }
    }

    #[test]
    fn ports_in_use_come_before_those_asked_for() {
        let host = json!({ "PortBindings": { "80/tcp": [{ "HostIp": "", "HostPort": "" }] } });
        let settings = json!({ "Ports": { "80/tcp": [{ "HostIp": "0.0.0.0", "HostPort": "49153" }], "90/tcp": null } });
        assert_eq!(published(&host, &settings)[0].host_port, "49153");
        assert_eq!(published(&host, &json!({ "Ports": {} }))[0].host_port, "");
    }

    #[test]
    fn a_record_is_read_as_far_as_it_makes_sense() {
        let record = json!({
            "Config": { "Env": ["A=1", 3], "Healthcheck": { "Test": ["NONE"] }, "ExposedPorts": { "1/tcp": {} } },
            "MountPoints": { "/b": { "Type": "volume", "Name": "v", "RW": true }, "/c": 5 },
            "NetworkSettings": { "Networks": { "n": { "IPAddress": "10.0.0.2", "IPPrefixLen": 16 }, "none": null } },
            "State": { "Health": { "Log": [{ "ExitCode": 1 }], "Status": "unhealthy" } },
        });
        let host = json!({ "Tmpfs": { "/a": "ro,size=1k" }, "NanoCpus": 1_500_000_000, "CapAdd": ["NET_ADMIN"] });
        let details = of_records(&record, &host);
        assert_eq!(details.environment.len(), 1);
        let mounts: Vec<_> =
            details.mounts.iter().map(|it| (it.destination.as_str(), it.kind.as_str(), it.writable)).collect();
        assert_eq!(mounts, [("/a", "tmpfs", false), ("/b", "volume", true), ("/c", "bind", false)]);
        assert_eq!(details.networks[0].ip_address.as_deref(), Some("10.0.0.2/16"));
        assert_eq!((details.limits.cpus, details.privileges.as_slice()), (Some(1.5), &["+NET_ADMIN".to_owned()][..]));
        let health = details.health.unwrap();
        assert_eq!(
            (health.status.as_deref(), health.test, health.log.len()),
            (Some("unhealthy"), vec!["NONE".to_owned()], 1)
        );
        assert_eq!(details.exposed_ports, ["1/tcp"]);
        assert_eq!(of_records(&Value::Null, &Value::Null).restart_policy.name, "no");
    }
}
