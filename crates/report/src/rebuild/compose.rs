//! `compose.yaml` from the command lines of containers.
//!
//! The options are those that [`crate::run_commands`] writes; what each is called in a compose file says the Compose
//! Specification ("Services top-level elements"). Every text is quoted as JSON, which YAML reads the same, and has its `$`
//! doubled, since compose would replace variables.

use std::collections::{BTreeMap, BTreeSet};

use careen_model::{Network, Volume};
use serde_json::{Map, Value, json};

use super::words::on_one_line;
use super::yaml::yaml;

/// Labels that compose gives by itself.
const OF_COMPOSE: &str = "com.docker.compose.";

/// A container as a service.
pub struct Service {
    /// Its name in the file.
    pub name: String,
    /// Words of the command lines that run it and connect it to further networks.
    pub commands: Vec<Vec<String>>,
}

/// A compose file.
pub struct ComposeFile {
    /// Its text.
    pub text: String,
    /// What it cannot say.
    pub guesses: Vec<String>,
}

/// The compose file of a project, or of a container alone when `project` is `None`. Volumes and networks that the project
/// made are described; others are to be there already.
pub fn compose(project: Option<&str>, services: &[Service], volumes: &[&Volume], networks: &[&Network]) -> ComposeFile {
    let mut guesses = Vec::new();
    let (mut all, mut used_volumes, mut used_networks) = (Map::new(), BTreeSet::new(), BTreeSet::new());
    for service in services {
        let mut writer =
            Writer { fields: Map::new(), volumes: BTreeSet::new(), networks: BTreeSet::new(), guesses: Vec::new() };
        for (at, words) in service.commands.iter().enumerate() {
            if at == 0 { writer.run(words) } else { writer.connect(words) }
        }
        used_volumes.append(&mut writer.volumes);
        used_networks.append(&mut writer.networks);
        guesses.extend(writer.guesses.into_iter().map(|guess| format!("{}: {guess}", service.name)));
        let (plain, mut name, mut number) = (plain_name(&service.name), plain_name(&service.name), 1_u64);
        while all.contains_key(&name) {
            number = number.saturating_add(1);
            name = format!("{plain}-{number}");
        }
        all.insert(name, Value::Object(writer.fields));
    }
    let is_own = |labels: Option<&BTreeMap<String, String>>| {
        project.is_some()
            && labels.and_then(|labels| labels.get(&format!("{OF_COMPOSE}project"))).map(String::as_str) == project
    };
    let texts = |map: &BTreeMap<String, String>| -> Value {
        let kept = map.iter().filter(|(name, _)| !name.starts_with(OF_COMPOSE));
        kept.map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect::<Map<_, _>>().into()
    };
    let described = used_volumes.into_iter().map(|name| {
        let volume = volumes.iter().find(|volume| volume.name == name && is_own(volume.labels.as_ref()));
        let fields = match volume {
            Some(volume) => json!({
                "name": name, "driver": volume.driver, "driver_opts": texts(&volume.options),
                "labels": volume.labels.as_ref().map(texts),
            }),
            None => json!({ "name": name, "external": true }),
        };
        (name, without_empty(fields))
    });
    let volumes: Map<String, Value> = described.collect();
    let described = used_networks.into_iter().map(|name| {
        let network = networks.iter().find(|network| network.name == name && is_own(Some(&network.labels)));
        let fields = match network {
            Some(network) => {
                let subnets = network.subnets.iter().map(|subnet| {
                    without_empty(
                        json!({ "subnet": subnet.subnet, "gateway": subnet.gateway, "ip_range": subnet.ip_range }),
                    )
                });
                json!({
                    "name": name, "driver": network.driver, "driver_opts": texts(&network.options),
                    "internal": network.internal.then_some(true), "attachable": network.attachable.then_some(true),
                    "enable_ipv6": network.ipv6.then_some(true), "labels": texts(&network.labels),
                    "ipam": without_empty(json!({ "config": subnets.collect::<Vec<_>>() })),
                })
            }
            None => json!({ "name": name, "external": true }),
        };
        (name, without_empty(fields))
    });
    let networks: Map<String, Value> = described.collect();
    let whole =
        json!({ "name": project.map(plain_project), "services": all, "volumes": volumes, "networks": networks });
    let mut text = "# Rebuilt by careen from the engine's records of containers.\n\
        # It has the values of their variables, secrets too. Volumes and networks that are external have to be there first.\n"
        .to_owned();
    for guess in &mut guesses {
        *guess = on_one_line(guess);
        text.push_str(&format!("# guess: {guess}\n"));
    }
    yaml(&without_empty(whole), 0, &mut text);
    ComposeFile { text, guesses }
}

struct Writer {
    fields: Map<String, Value>,
    volumes: BTreeSet<String>,
    networks: BTreeSet<String>,
    guesses: Vec<String>,
}

impl Writer {
    fn run(&mut self, words: &[String]) {
        let mut rest = words.iter().skip(2);
        let mut network = None;
        let mut own = Map::new();
        while let Some(word) = rest.next() {
            if !word.starts_with('-') {
                self.put("image", word);
                let command: Vec<&String> = rest.by_ref().collect();
                if !command.is_empty() {
                    self.fields.insert("command".into(), json!(command));
                }
                break;
            }
            if self.flag(word) {
                continue;
            }
            let value = rest.next().map(String::as_str).unwrap_or_default();
            match word.as_str() {
                "--network" => network = Some(value.to_owned()),
                "--network-alias" => push(&mut own, "aliases", value),
                "--ip" => drop(own.insert("ipv4_address".into(), json!(value))),
                "--ip6" => drop(own.insert("ipv6_address".into(), json!(value))),
                _ => self.option(word, value),
            }
        }
        match network {
            Some(mode) if ["host", "none"].contains(&mode.as_str()) || mode.starts_with("container:") => {
                self.put("network_mode", &mode);
            }
            Some(name) => self.network(&name, own),
            // Compose would make a network of its own.
            None => self.put("network_mode", "bridge"),
        }
    }

    /// `docker network connect [--alias A] [--ip X] NETWORK CONTAINER`.
    fn connect(&mut self, words: &[String]) {
        let mut own = Map::new();
        let mut rest = words.iter().skip(3);
        while let Some(word) = rest.next() {
            match word.as_str() {
                "--alias" => push(&mut own, "aliases", rest.next().map_or("", String::as_str)),
                "--ip" => drop(own.insert("ipv4_address".into(), json!(rest.next()))),
                "--ip6" => drop(own.insert("ipv6_address".into(), json!(rest.next()))),
                name => {
                    if self.fields.remove("network_mode").is_some() {
                        self.guesses.push(
                            "it was on the usual bridge too, which a compose file cannot join to others".to_owned(),
                        );
                    }
                    return self.network(name, own);
                }
            }
        }
    }

    fn network(&mut self, name: &str, own: Map<String, Value>) {
        self.networks.insert(name.to_owned());
        if let Some(all) = object(&mut self.fields, "networks") {
            all.insert(name.to_owned(), Value::Object(own));
        }
    }

    fn put(&mut self, key: &str, value: &str) {
        self.fields.insert(key.to_owned(), json!(value));
    }

    /// Whether it is an option without a value.
    fn flag(&mut self, word: &str) -> bool {
        let key = match word {
            "-d" => return true,
            "--rm" | "-P" => {
                self.guesses.push(format!("{word} has no place in a compose file"));
                return true;
            }
            "--no-healthcheck" => {
                self.fields.insert("healthcheck".into(), json!({ "disable": true }));
                return true;
            }
            "-i" => "stdin_open",
            "-t" => "tty",
            "--read-only" => "read_only",
            "--privileged" => "privileged",
            "--init" => "init",
            "--oom-kill-disable" => "oom_kill_disable",
            _ => return false,
        };
        self.fields.insert(key.to_owned(), json!(true));
        true
    }

    fn option(&mut self, word: &str, value: &str) {
        const TEXTS: [(&str, &str); 28] = [
            ("--name", "container_name"),
            ("--hostname", "hostname"),
            ("--domainname", "domainname"),
            ("--user", "user"),
            ("--workdir", "working_dir"),
            ("--stop-signal", "stop_signal"),
            ("--memory", "mem_limit"),
            ("--memory-reservation", "mem_reservation"),
            ("--memory-swap", "memswap_limit"),
            ("--cpus", "cpus"),
            ("--cpu-shares", "cpu_shares"),
            ("--cpu-period", "cpu_period"),
            ("--cpu-quota", "cpu_quota"),
            ("--cpuset-cpus", "cpuset"),
            ("--pids-limit", "pids_limit"),
            ("--oom-score-adj", "oom_score_adj"),
            ("--shm-size", "shm_size"),
            ("--restart", "restart"),
            ("--ipc", "ipc"),
            ("--pid", "pid"),
            ("--uts", "uts"),
            ("--userns", "userns_mode"),
            ("--runtime", "runtime"),
            ("--cgroup-parent", "cgroup_parent"),
            ("--isolation", "isolation"),
            ("--platform", "platform"),
            ("--mac-address", "mac_address"),
            ("--pull", "pull_policy"),
        ];
        const LISTS: [(&str, &str); 17] = [
            ("-e", "environment"),
            ("--tmpfs", "tmpfs"),
            ("--device", "devices"),
            ("-p", "ports"),
            ("--expose", "expose"),
            ("--dns", "dns"),
            ("--dns-search", "dns_search"),
            ("--dns-option", "dns_opt"),
            ("--add-host", "extra_hosts"),
            ("--link", "external_links"),
            ("--cap-add", "cap_add"),
            ("--cap-drop", "cap_drop"),
            ("--group-add", "group_add"),
            ("--security-opt", "security_opt"),
            ("--sysctl", "sysctls"),
            ("--annotation", "annotations"),
            ("--device-cgroup-rule", "device_cgroup_rules"),
        ];
        // Numbers are no texts there.
        const NUMBERS: [&str; 6] = ["cpu_shares", "cpu_period", "cpu_quota", "pids_limit", "oom_score_adj", "cpus"];
        if let Some((_, key)) = TEXTS.iter().find(|(option, _)| *option == word) {
            let number = value.parse::<f64>().ok().filter(|_| NUMBERS.contains(key));
            match (number, value.parse::<i64>()) {
                (Some(_), Ok(whole)) => drop(self.fields.insert((*key).to_owned(), json!(whole))),
                (Some(number), Err(_)) => drop(self.fields.insert((*key).to_owned(), json!(number))),
                _ => self.put(key, value),
            }
            return;
        }
        if let Some((_, key)) = LISTS.iter().find(|(option, _)| *option == word) {
            return push(&mut self.fields, key, value);
        }
        match word {
            "--label" if value.starts_with(OF_COMPOSE) => {}
            "--label" => push(&mut self.fields, "labels", value),
            "--stop-timeout" => self.put("stop_grace_period", &format!("{value}s")),
            "--volumes-from" => push(&mut self.fields, "volumes_from", &format!("container:{value}")),
            "-v" => {
                let source = value.split_once(':').map(|(source, _)| source);
                if let Some(name) =
                    source.filter(|source| !source.starts_with(['/', '.', '~']) && !source.contains('\\'))
                {
                    self.volumes.insert(name.to_owned());
                }
                push(&mut self.fields, "volumes", value);
            }
            "--mount" => self.mount(value),
            "--ulimit" => {
                let (name, limits) = value.split_once('=').unwrap_or((value, ""));
                let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
                let number = |text: &str| text.parse::<i64>().ok();
                if let Some(all) = object(&mut self.fields, "ulimits") {
                    all.insert(name.to_owned(), json!({ "soft": number(soft), "hard": number(hard) }));
                }
            }
            "--log-driver" => {
                if let Some(all) = object(&mut self.fields, "logging") {
                    all.insert("driver".into(), json!(value));
                }
            }
            "--log-opt" => {
                let options = object(&mut self.fields, "logging").and_then(|all| object(all, "options"));
                if let (Some(options), Some((name, value))) = (options, value.split_once('=')) {
                    options.insert(name.to_owned(), json!(value));
                }
            }
            "--storage-opt" => {
                if let (Some(all), Some((name, value))) =
                    (object(&mut self.fields, "storage_opt"), value.split_once('='))
                {
                    all.insert(name.to_owned(), json!(value));
                }
            }
            "--blkio-weight" => {
                self.fields.insert("blkio_config".into(), json!({ "weight": value.parse::<u64>().ok() }));
            }
            "--gpus" => {
                let count = value.parse::<u64>().map_or_else(|_| json!("all"), |count| json!(count));
                let ids = value.trim_matches('"').strip_prefix("device=").map(|ids| ids.split(',').collect::<Vec<_>>());
                let device = match ids {
                    Some(ids) => json!({ "capabilities": ["gpu"], "device_ids": ids }),
                    None => json!({ "capabilities": ["gpu"], "count": count }),
                };
                self.fields
                    .insert("deploy".into(), json!({ "resources": { "reservations": { "devices": [device] } } }));
            }
            "--entrypoint" => {
                let words: &[&str] = if value.is_empty() { &[] } else { &[value] };
                self.fields.insert("entrypoint".into(), json!(words));
            }
            "--health-cmd" => self.check("test", json!(["CMD-SHELL", value])),
            "--health-interval" => self.check("interval", json!(value)),
            "--health-timeout" => self.check("timeout", json!(value)),
            "--health-start-period" => self.check("start_period", json!(value)),
            "--health-retries" => self.check("retries", json!(value.parse::<u64>().ok())),
            _ => self.guesses.push(format!("{word} {value} has no place in a compose file")),
        }
    }

    fn check(&mut self, key: &str, value: Value) {
        if let Some(all) = object(&mut self.fields, "healthcheck") {
            all.insert(key.to_owned(), value);
        }
    }

    /// `type=volume,source=a,destination=/b,readonly`.
    fn mount(&mut self, text: &str) {
        let mut fields = Map::new();
        let mut more: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for field in csv(text) {
            let (name, value) = field.split_once('=').unwrap_or((&field, ""));
            match name {
                "type" | "source" => drop(fields.insert(name.to_owned(), json!(value))),
                "destination" => drop(fields.insert("target".into(), json!(value))),
                "readonly" => drop(fields.insert("read_only".into(), json!(true))),
                "tmpfs-size" => {
                    drop(more.entry("tmpfs").or_default().insert("size".into(), json!(value.parse::<u64>().ok())))
                }
                "tmpfs-mode" => {
                    let mode = u32::from_str_radix(value, 8).ok();
                    more.entry("tmpfs").or_default().insert("mode".into(), json!(mode));
                }
                "bind-propagation" => drop(more.entry("bind").or_default().insert("propagation".into(), json!(value))),
                "volume-nocopy" => drop(more.entry("volume").or_default().insert("nocopy".into(), json!(true))),
                "volume-subpath" => drop(more.entry("volume").or_default().insert("subpath".into(), json!(value))),
                _ => self.guesses.push(format!("the option {name} of a mount has no place in a compose file")),
            }
        }
        fields.extend(more.into_iter().map(|(name, own)| (name.to_owned(), Value::Object(own))));
        if let (Some("volume"), Some(name)) =
            (fields.get("type").and_then(Value::as_str), fields.get("source").and_then(Value::as_str))
        {
            self.volumes.insert(name.to_owned());
        }
        if let Some(all) = self.fields.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
            all.push(Value::Object(fields));
        }
    }
}

/// Fields of the comma-separated list that `--mount` takes.
fn csv(text: &str) -> Vec<String> {
    let (mut fields, mut field, mut is_quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => fields.push(std::mem::take(&mut field)),
            letter => field.push(letter),
        }
    }
    fields.push(field);
    fields
}

fn push(fields: &mut Map<String, Value>, key: &str, value: &str) {
    if let Some(all) = fields.entry(key).or_insert_with(|| json!([])).as_array_mut() {
        all.push(json!(value));
    }
}

fn object<'m>(fields: &'m mut Map<String, Value>, key: &str) -> Option<&'m mut Map<String, Value>> {
    fields.entry(key).or_insert_with(|| json!({})).as_object_mut()
}

/// Without what is null, and without empty maps at the top.
fn without_empty(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_nothing = |value: &Value| value.is_null() || value.as_object().is_some_and(Map::is_empty);
            Value::Object(fields.into_iter().filter(|(_, value)| !is_nothing(value)).collect())
        }
        other => other,
    }
}

/// A name of a service: letters, digits and single signs.
fn plain_name(name: &str) -> String {
    let letters = name.chars().map(|it| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' });
    let plain: String = letters.skip_while(|it| !it.is_ascii_alphanumeric()).collect();
    if plain.is_empty() { "service".to_owned() } else { plain }
}

/// A name of a project: small letters, digits, `-` and `_`.
fn plain_project(name: &str) -> String {
    let letters = name
        .to_ascii_lowercase()
        .chars()
        .map(|it| if it.is_ascii_alphanumeric() || "_-".contains(it) { it } else { '-' })
        .collect::<String>();
    let plain = letters.trim_start_matches(['-', '_']).to_owned();
    if plain.is_empty() { "project".to_owned() } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<String> {
        ["docker", "run"].iter().chain(line).map(|word| (*word).to_owned()).collect()
    }

    fn text(line: &[&str]) -> String {
        let service = Service { name: "a b".into(), commands: vec![words(line)] };
        compose(None, &[service], &[], &[]).text
    }

    #[test]
    fn options_become_fields() {
        let text = text(&[
            "-d",
            "-t",
            "--name",
            "w",
            "-e",
            "A=$b",
            "-v",
            "data:/d:ro",
            "-v",
            "/srv:/s",
            "--mount",
            "type=volume,\"source=x,y\",destination=/m,readonly",
            "-p",
            "80:80",
            "--network",
            "front",
            "--network-alias",
            "www",
            "--cpus",
            "1.5",
            "--pids-limit",
            "9",
            "--memory",
            "64m",
            "--ulimit",
            "nofile=1:2",
            "--log-driver",
            "local",
            "--log-opt",
            "max-size=1k",
            "--health-cmd",
            "x",
            "--health-retries",
            "2",
            "--entrypoint",
            "",
            "--label",
            "com.docker.compose.project=p",
            "--cpuset-mems",
            "0",
            "image:1",
            "-n",
            "it's",
        ]);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(
            lines,
            [
                "# guess: a b: --cpuset-mems 0 has no place in a compose file",
                "networks:",
                "  front:",
                "    external: true",
                "    name: \"front\"",
                "services:",
                "  \"a-b\":",
                "    command:",
                "      - \"-n\"",
                "      - \"it's\"",
                "    container_name: \"w\"",
                "    cpus: 1.5",
                "    entrypoint: []",
                "    environment:",
                "      - \"A=$$b\"",
                "    healthcheck:",
                "      retries: 2",
                "      test:",
                "        - \"CMD-SHELL\"",
                "        - \"x\"",
                "    image: \"image:1\"",
                "    logging:",
                "      driver: \"local\"",
                "      options:",
                "        \"max-size\": \"1k\"",
                "    mem_limit: \"64m\"",
                "    networks:",
                "      front:",
                "        aliases:",
                "          - \"www\"",
                "    pids_limit: 9",
                "    ports:",
                "      - \"80:80\"",
                "    tty: true",
                "    ulimits:",
                "      nofile:",
                "        hard: 2",
                "        soft: 1",
                "    volumes:",
                "      - \"data:/d:ro\"",
                "      - \"/srv:/s\"",
                "      -",
                "        read_only: true",
                "        source: \"x,y\"",
                "        target: \"/m\"",
                "        type: \"volume\"",
                "volumes:",
                "  data:",
                "    external: true",
                "    name: \"data\"",
                "  \"x,y\":",
                "    external: true",
                "    name: \"x,y\"",
            ]
        );
    }

    #[test]
    fn texts_of_the_disk_stay_texts() {
        let text = text(&["--cpuset-mems", "0\nservices: {}", "--network", "n\nx", "i\nprivileged: true"]);
        assert!(
            text.lines().all(|line| !line.starts_with("services: {}") && line.trim() != "privileged: true"),
            "{text}"
        );
        assert_eq!((plain_name("../é x"), plain_project("-_A.b")), ("x".into(), "a-b".into()));
    }

    #[test]
    fn what_a_project_made_is_described() {
        let label = |name: &str| [(format!("{OF_COMPOSE}project"), name.to_owned())].into();
        let volume = Volume {
            name: "p_data".into(),
            driver: Some("local".into()),
            labels: Some(label("p")),
            options: [("o".into(), "x".into())].into(),
            anonymous: false,
            size: None,
            files: None,
            path: String::new(),
            used_by: Vec::new(),
            mounts: Vec::new(),
            holds: Vec::new(),
        };
        let service = Service { name: "s".into(), commands: vec![words(&["-v", "p_data:/d", "i"])] };
        let text = compose(Some("p"), &[service], &[&volume], &[]).text;
        assert!(
            text.contains("name: \"p\"\n")
                && text.contains(
                    "  p_data:\n    driver: \"local\"\n    driver_opts:\n      o: \"x\"\n    name: \"p_data\"\n"
                ),
            "{text}"
        );
        assert!(text.contains("network_mode: \"bridge\""));
    }
}
