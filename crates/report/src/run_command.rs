//! The command line that would make and start a container again, from the engine's records of it.
//!
//! The records are `config.v2.json`, `hostconfig.json` and the image's configuration, in which what the container only
//! took over is left out. Options are those of `docker run` (docker/cli `cli/command/container/opts.go`).

use serde_json::{Map, Value};

/// Shared memory a container has when none is asked for (moby `daemon/config`).
const USUAL_SHM: u64 = 64 << 20;

/// Words of the command lines: `docker run …`, then a `docker network connect …` for each further network. What cannot be
/// told, because a record is missing, is left out; without an image nothing counts as taken over from it.
pub fn run_commands(id: &str, config: &Value, host: Option<&Value>, image: Option<&Value>) -> Vec<Vec<String>> {
    let nothing = Value::Null;
    let container = Container {
        config: config.get("Config").unwrap_or(&nothing),
        host: host.unwrap_or(&nothing),
        image: image.and_then(|image| image.get("config")).unwrap_or(&nothing),
        record: config,
        id,
    };
    let mut words = Words(vec!["docker".into(), "run".into()]);
    container.of_process(&mut words);
    container.of_files(&mut words);
    container.of_network(&mut words);
    container.of_limits(&mut words);
    container.of_engine(&mut words);
    container.of_health(&mut words);
    container.of_command(&mut words);
    let mut commands = vec![words.0];
    commands.extend(container.further_networks());
    commands
}

/// Words as a POSIX shell reads them: quoted where they hold anything but plain letters (XCU 2.2.2).
pub fn shell_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=,@%+".contains(&byte);
    if !word.is_empty() && word.bytes().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A command line that grows.
struct Words(Vec<String>);

impl Words {
    fn flag(&mut self, name: &str, is_set: bool) {
        if is_set {
            self.0.push(name.to_owned());
        }
    }

    fn option(&mut self, name: &str, value: impl Into<String>) {
        self.0.extend([name.to_owned(), value.into()]);
    }

    fn options(&mut self, name: &str, values: impl IntoIterator<Item = String>) {
        for value in values {
            self.option(name, value);
        }
    }
}

struct Container<'a> {
    id: &'a str,
    record: &'a Value,
    config: &'a Value,
    host: &'a Value,
    image: &'a Value,
}

impl Container<'_> {
    fn of_process(&self, words: &mut Words) {
        words.flag("-d", !is(self.config, "AttachStdout") && !is(self.config, "AttachStderr"));
        words.flag("-i", is(self.config, "OpenStdin"));
        words.flag("-t", is(self.config, "Tty"));
        words.flag("--rm", is(self.host, "AutoRemove"));
        if let Some(name) = text(self.record, "Name") {
            words.option("--name", name.trim_start_matches('/'));
        }
        let hostname = text(self.config, "Hostname").unwrap_or_default();
        // The engine takes the beginning of the id, or of the machine's own name.
        if !hostname.is_empty() && !self.id.starts_with(hostname) && self.network_mode() != "host" {
            words.option("--hostname", hostname);
        }
        for (name, key) in [("--domainname", "Domainname"), ("--user", "User"), ("--workdir", "WorkingDir")] {
            if let Some(value) = text(self.config, key).filter(|value| Some(*value) != text(self.image, key)) {
                words.option(name, value);
            }
        }
        let of_image = list(self.image, "Env");
        words.options("-e", list(self.config, "Env").into_iter().filter(|own| !of_image.contains(own)));
        for (label, value) in entries(self.config, "Labels") {
            let value = value.as_str().unwrap_or_default();
            if self.image.get("Labels").and_then(|labels| labels.get(label)).and_then(Value::as_str) != Some(value) {
                words.option("--label", if value.is_empty() { label.clone() } else { format!("{label}={value}") });
            }
        }
        if let Some(signal) = text(self.config, "StopSignal").filter(|own| Some(*own) != text(self.image, "StopSignal"))
        {
            words.option("--stop-signal", signal);
        }
        if let Some(seconds) = self.config.get("StopTimeout").and_then(Value::as_i64) {
            words.option("--stop-timeout", seconds.to_string());
        }
    }

    fn of_files(&self, words: &mut Words) {
        words.options("-v", list(self.host, "Binds"));
        let is_bound = |path: &str| list(self.host, "Binds").iter().any(|bind| bind.split(':').nth(1) == Some(path));
        for (path, _) in entries(self.config, "Volumes") {
            let of_image = self.image.get("Volumes").and_then(|volumes| volumes.get(path)).is_some();
            if !of_image && !is_bound(path) {
                words.option("-v", path);
            }
        }
        let mounts = self.host.get("Mounts").and_then(Value::as_array).into_iter().flatten();
        words.options("--mount", mounts.map(mount));
        for (path, options) in entries(self.host, "Tmpfs") {
            let options = options.as_str().unwrap_or_default();
            words.option("--tmpfs", if options.is_empty() { path.clone() } else { format!("{path}:{options}") });
        }
        words.options("--volumes-from", list(self.host, "VolumesFrom"));
        words.flag("--read-only", is(self.host, "ReadonlyRootfs"));
        for device in self.host.get("Devices").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| text(device, key).unwrap_or_default();
            let inside = if part("PathInContainer").is_empty() { part("PathOnHost") } else { part("PathInContainer") };
            words.option("--device", format!("{}:{inside}:{}", part("PathOnHost"), part("CgroupPermissions")));
        }
    }

    fn of_network(&self, words: &mut Words) {
        words.flag("-P", is(self.host, "PublishAllPorts"));
        let bindings: Vec<_> = entries(self.host, "PortBindings").collect();
        for (port, hosts) in &bindings {
            let short = port.strip_suffix("/tcp").unwrap_or(port);
            for host in hosts.as_array().into_iter().flatten() {
                let (ip, number) =
                    (text(host, "HostIp").unwrap_or_default(), text(host, "HostPort").unwrap_or_default());
                let ip = if ip.contains(':') { format!("[{ip}]") } else { ip.to_owned() };
                words.option(
                    "-p",
                    match (ip.is_empty(), number.is_empty()) {
                        (true, true) => short.to_owned(),
                        (true, false) => format!("{number}:{short}"),
                        (false, _) => format!("{ip}:{number}:{short}"),
                    },
                );
            }
        }
        for (port, _) in entries(self.config, "ExposedPorts") {
            let of_image = self.image.get("ExposedPorts").and_then(|ports| ports.get(port)).is_some();
            if !of_image && !bindings.iter().any(|(bound, _)| *bound == port) {
                words.option("--expose", port);
            }
        }
        let mode = self.network_mode();
        if !["", "default", "bridge"].contains(&mode) {
            words.option("--network", mode);
        }
        if let Some(endpoint) = self.networks().find(|(name, _)| *name == mode).map(|(_, endpoint)| endpoint) {
            self.of_endpoint(endpoint, "--network-alias", words);
        }
        words.options("--dns", list(self.host, "Dns"));
        words.options("--dns-search", list(self.host, "DnsSearch"));
        words.options("--dns-option", list(self.host, "DnsOptions"));
        words.options("--add-host", list(self.host, "ExtraHosts"));
        words.options("--link", list(self.host, "Links").iter().map(|link| short_link(link)));
    }

    /// What a container asked of a network.
    fn of_endpoint(&self, endpoint: &Value, alias: &str, words: &mut Words) {
        let known = [self.id.get(..12).unwrap_or_default(), text(self.record, "Name").unwrap_or_default()];
        let is_own = |name: &String| known.iter().any(|own| own.trim_start_matches('/') == name);
        words.options(alias, list(endpoint, "Aliases").into_iter().filter(|name| !is_own(name)));
        let asked = endpoint.get("IPAMConfig").unwrap_or(&Value::Null);
        for (name, key) in [("--ip", "IPv4Address"), ("--ip6", "IPv6Address")] {
            if let Some(address) = text(asked, key) {
                words.option(name, address);
            }
        }
    }

    fn further_networks(&self) -> Vec<Vec<String>> {
        let name = text(self.record, "Name").unwrap_or(self.id).trim_start_matches('/');
        let mode = match self.network_mode() {
            "" | "default" => "bridge",
            mode => mode,
        };
        let further = self.networks().filter(|(network, _)| *network != mode);
        further
            .map(|(network, endpoint)| {
                let mut words = Words(["docker", "network", "connect"].map(str::to_owned).to_vec());
                self.of_endpoint(endpoint, "--alias", &mut words);
                words.0.extend([network.clone(), name.to_owned()]);
                words.0
            })
            .collect()
    }

    fn networks(&self) -> impl Iterator<Item = (&String, &Value)> {
        let settings = self.record.get("NetworkSettings").unwrap_or(&Value::Null);
        entries(settings, "Networks")
    }

    fn network_mode(&self) -> &str {
        text(self.host, "NetworkMode").unwrap_or_default()
    }

    fn of_limits(&self, words: &mut Words) {
        let memory = number(self.host, "Memory");
        let bytes = [("--memory", "Memory"), ("--memory-reservation", "MemoryReservation")];
        for (name, key) in bytes {
            if let Some(value) = number(self.host, key) {
                words.option(name, size(value));
            }
        }
        match self.host.get("MemorySwap").and_then(Value::as_i64) {
            Some(-1) => words.option("--memory-swap", "-1"),
            // Twice the memory is what the engine sets by itself.
            Some(swap) if swap > 0 && u64::try_from(swap).ok() != memory.and_then(|memory| memory.checked_mul(2)) => {
                words.option("--memory-swap", size(u64::try_from(swap).unwrap_or(0)));
            }
            _ => {}
        }
        if let Some(nanos) = number(self.host, "NanoCpus") {
            words.option("--cpus", billionths(nanos));
        }
        let numbers = [
            ("--cpu-shares", "CpuShares"),
            ("--cpu-period", "CpuPeriod"),
            ("--cpu-quota", "CpuQuota"),
            ("--pids-limit", "PidsLimit"),
            ("--blkio-weight", "BlkioWeight"),
            ("--oom-score-adj", "OomScoreAdj"),
        ];
        for (name, key) in numbers {
            if let Some(value) = self.host.get(key).and_then(Value::as_i64).filter(|value| *value != 0) {
                words.option(name, value.to_string());
            }
        }
        for (name, key) in [("--cpuset-cpus", "CpusetCpus"), ("--cpuset-mems", "CpusetMems")] {
            if let Some(value) = text(self.host, key) {
                words.option(name, value);
            }
        }
        if let Some(bytes) = number(self.host, "ShmSize").filter(|bytes| *bytes != USUAL_SHM) {
            words.option("--shm-size", size(bytes));
        }
        for limit in self.host.get("Ulimits").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| limit.get(key).and_then(Value::as_i64).unwrap_or(0);
            let name = text(limit, "Name").unwrap_or_default();
            words.option("--ulimit", format!("{name}={}:{}", part("Soft"), part("Hard")));
        }
        words.flag("--oom-kill-disable", is(self.host, "OomKillDisable"));
        for request in self.host.get("DeviceRequests").and_then(Value::as_array).into_iter().flatten() {
            let ids = list(request, "DeviceIDs");
            words.option(
                "--gpus",
                match request.get("Count").and_then(Value::as_i64) {
                    _ if !ids.is_empty() => format!("\"device={}\"", ids.join(",")),
                    Some(count) if count > 0 => count.to_string(),
                    _ => "all".to_owned(),
                },
            );
        }
    }

    fn of_engine(&self, words: &mut Words) {
        let policy = self.host.get("RestartPolicy").unwrap_or(&Value::Null);
        if let Some(name) = text(policy, "Name").filter(|name| *name != "no") {
            words.option(
                "--restart",
                match number(policy, "MaximumRetryCount") {
                    Some(count) => format!("{name}:{count}"),
                    None => name.to_owned(),
                },
            );
        }
        words.flag("--privileged", is(self.host, "Privileged"));
        words.flag("--init", is(self.host, "Init"));
        words.options("--cap-add", list(self.host, "CapAdd"));
        words.options("--cap-drop", list(self.host, "CapDrop"));
        words.options("--group-add", list(self.host, "GroupAdd"));
        words.options("--security-opt", list(self.host, "SecurityOpt"));
        for (key, value) in entries(self.host, "Sysctls") {
            words.option("--sysctl", format!("{key}={}", value.as_str().unwrap_or_default()));
        }
        let modes = [
            ("--ipc", "IpcMode", ["private", "shareable"]),
            ("--pid", "PidMode", ["", "private"]),
            ("--uts", "UTSMode", ["", "private"]),
            ("--userns", "UsernsMode", ["", "private"]),
            ("--runtime", "Runtime", ["runc", "io.containerd.runc.v2"]),
            ("--cgroup-parent", "CgroupParent", ["", ""]),
            ("--volume-driver", "VolumeDriver", ["", ""]),
        ];
        for (name, key, usual) in modes {
            if let Some(value) = text(self.host, key).filter(|value| !usual.contains(value)) {
                words.option(name, value);
            }
        }
        let log = self.host.get("LogConfig").unwrap_or(&Value::Null);
        let options: Vec<_> = entries(log, "Config").collect();
        // Without options it may be what the engine does anyhow.
        if let Some(driver) = text(log, "Type").filter(|driver| *driver != "json-file" || !options.is_empty()) {
            words.option("--log-driver", driver);
        }
        for (key, value) in options {
            words.option("--log-opt", format!("{key}={}", value.as_str().unwrap_or_default()));
        }
        for (key, value) in entries(self.host, "StorageOpt") {
            words.option("--storage-opt", format!("{key}={}", value.as_str().unwrap_or_default()));
        }
    }

    fn of_health(&self, words: &mut Words) {
        let Some(check) = self.config.get("Healthcheck").filter(|check| !check.is_null()) else { return };
        if self.image.get("Healthcheck") == Some(check) {
            return;
        }
        let test = list(check, "Test");
        match test.split_first() {
            Some((kind, _)) if kind == "NONE" => return words.flag("--no-healthcheck", true),
            Some((kind, rest)) if kind == "CMD-SHELL" => words.option("--health-cmd", rest.join(" ")),
            // The option knows lines of a shell only.
            Some((_, rest)) => words.option("--health-cmd", shell_line(rest)),
            None => {}
        }
        let times = [
            ("--health-interval", "Interval"),
            ("--health-timeout", "Timeout"),
            ("--health-start-period", "StartPeriod"),
        ];
        for (name, key) in times {
            if let Some(nanoseconds) = number(check, key) {
                words.option(name, format!("{}s", billionths(nanoseconds)));
            }
        }
        if let Some(retries) = number(check, "Retries") {
            words.option("--health-retries", retries.to_string());
        }
    }

    /// The image, and what is run of it.
    fn of_command(&self, words: &mut Words) {
        let (entrypoint, cmd) = (list(self.config, "Entrypoint"), list(self.config, "Cmd"));
        let is_own_entrypoint = entrypoint != list(self.image, "Entrypoint")
            // Without arguments of its own it would take those of the image.
            || (cmd.is_empty() && !list(self.image, "Cmd").is_empty());
        let mut arguments = Vec::new();
        if is_own_entrypoint {
            words.option("--entrypoint", entrypoint.first().cloned().unwrap_or_default());
            arguments.extend(entrypoint.into_iter().skip(1));
        }
        if is_own_entrypoint || cmd != list(self.image, "Cmd") {
            arguments.extend(cmd);
        }
        words.0.push(text(self.config, "Image").or(text(self.record, "Image")).unwrap_or("IMAGE").to_owned());
        words.0.extend(arguments);
    }
}

/// A mount as `--mount` takes it.
fn mount(mount: &Value) -> String {
    let mut parts = vec![format!("type={}", text(mount, "Type").unwrap_or("volume"))];
    for (name, key) in [("source", "Source"), ("destination", "Target")] {
        parts.extend(text(mount, key).map(|value| csv(&format!("{name}={value}"))));
    }
    if is(mount, "ReadOnly") {
        parts.push("readonly".to_owned());
    }
    if let Some(options) = mount.get("TmpfsOptions") {
        parts.extend(number(options, "SizeBytes").map(|bytes| format!("tmpfs-size={bytes}")));
        parts.extend(number(options, "Mode").map(|mode| format!("tmpfs-mode={mode:o}")));
    }
    if let Some(options) = mount.get("BindOptions") {
        parts.extend(text(options, "Propagation").map(|value| format!("bind-propagation={value}")));
    }
    if let Some(options) = mount.get("VolumeOptions") {
        parts.extend(is(options, "NoCopy").then(|| "volume-nocopy".to_owned()));
        parts.extend(text(options, "Subpath").map(|value| csv(&format!("volume-subpath={value}"))));
    }
    parts.join(",")
}

/// A field of the comma-separated list that `--mount` takes.
fn csv(field: &str) -> String {
    if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

/// `/db:/web/database` as it was given: `db:database`.
fn short_link(link: &str) -> String {
    match link.split_once(':') {
        Some((target, alias)) => {
            let alias = alias.rsplit('/').next().unwrap_or(alias);
            format!("{}:{alias}", target.trim_start_matches('/'))
        }
        None => link.to_owned(),
    }
}

/// Bytes in the largest unit that divides them.
fn size(bytes: u64) -> String {
    for (unit, shift) in [("g", 30), ("m", 20), ("k", 10)] {
        if bytes.trailing_zeros() >= shift {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    format!("{bytes}b")
}

/// A number of billionths as a decimal fraction.
pub(crate) fn billionths(number: u64) -> String {
    let (whole, rest) = (number / 1_000_000_000, number % 1_000_000_000);
    let text = format!("{whole}.{rest:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn text<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty())
}

fn is(object: &Value, key: &str) -> bool {
    object.get(key).and_then(Value::as_bool) == Some(true)
}

/// A number that is not 0.
fn number(object: &Value, key: &str) -> Option<u64> {
    object.get(key).and_then(Value::as_u64).filter(|number| *number != 0)
}

/// Texts; a text alone, as old engines wrote commands, is the only one.
fn list(object: &Value, key: &str) -> Vec<String> {
    match object.get(key) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

fn entries<'v>(object: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    object.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "a32a4f80f17f99aa756ba431155271dcd4e8c42d160bd549c0e1c0fac72c61b0";

    fn line(config: &Value, host: &Value, image: &Value) -> String {
        let commands = run_commands(ID, config, Some(host), Some(image));
        commands.iter().map(|words| shell_line(words)).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_the_image_gives_is_left_out() {
        let image = json!({ "config": {
            "Env": ["PATH=/bin"], "Cmd": ["run"], "Entrypoint": ["/start"], "User": "app", "WorkingDir": "/w",
            "Labels": { "a": "b" }, "Volumes": { "/data": {} }, "ExposedPorts": { "80/tcp": {} },
            "Healthcheck": { "Test": ["CMD", "x"] }, "StopSignal": "SIGINT",
        }});
        let config = json!({ "Name": "/web", "Config": {
            "Env": ["PATH=/bin"], "Cmd": ["run"], "Entrypoint": ["/start"], "User": "app", "WorkingDir": "/w",
            "Labels": { "a": "b" }, "Volumes": { "/data": {} }, "ExposedPorts": { "80/tcp": {} }, "Image": "web:1",
            "Healthcheck": { "Test": ["CMD", "x"] }, "StopSignal": "SIGINT", "Hostname": "a32a4f80f17f",
        }});
        assert_eq!(line(&config, &json!({ "NetworkMode": "default" }), &image), "docker run -d --name web web:1");
    }

    #[test]
    fn what_was_asked_for_is_told() {
        let config = json!({ "Name": "/w", "Config": {
            "AttachStdout": true, "Image": "i", "Hostname": "db1", "User": "999:999", "Cmd": ["-n", "it's"],
            "Entrypoint": ["/bin/cat", "-v"], "Env": ["A=b c"], "Labels": { "l": "", "k": "v" }, "Tty": true,
            "OpenStdin": true, "ExposedPorts": { "9/udp": {}, "80/tcp": {} }, "Volumes": { "/anon": {} },
            "Healthcheck": { "Test": ["CMD", "t", "a b"], "Interval": 1_500_000_000, "Retries": 2 },
        }});
        let host = json!({
            "Binds": ["v:/v:ro"], "Memory": 64 << 20, "MemorySwap": 128 << 20, "NanoCpus": 1_500_000_000,
            "RestartPolicy": { "Name": "on-failure", "MaximumRetryCount": 3 }, "ShmSize": 1 << 30,
            "PortBindings": { "80/tcp": [{ "HostIp": "::1", "HostPort": "8080" }], "53/udp": [{ "HostPort": "" }] },
            "Mounts": [{ "Type": "tmpfs", "Target": "/t", "TmpfsOptions": { "SizeBytes": 9 } }], "Tmpfs": { "/s": "" },
            "LogConfig": { "Type": "local", "Config": { "max-size": "1k" } }, "CapAdd": ["SYS_PTRACE"],
            "DeviceRequests": [{ "Count": -1 }], "IpcMode": "private", "Runtime": "runc", "NetworkMode": "n1",
        });
        let image = json!({ "config": { "Cmd": ["sh"] } });
        let expected = "docker run -i -t --name w --hostname db1 --user 999:999 -e 'A=b c' --label k=v --label l \
            -v v:/v:ro -v /anon --mount type=tmpfs,destination=/t,tmpfs-size=9 --tmpfs /s -p 53/udp -p '[::1]:8080:80' \
            --expose 9/udp --network n1 --memory 64m --cpus 1.5 --shm-size 1g --gpus all --restart on-failure:3 \
            --cap-add SYS_PTRACE --log-driver local --log-opt max-size=1k --health-cmd 't '\\''a b'\\''' \
            --health-interval 1.5s --health-retries 2 --entrypoint /bin/cat i -v -n 'it'\\''s'";
        assert_eq!(line(&config, &host, &image), expected);
    }

    #[test]
    fn further_networks_are_connected_afterwards() {
        let config = json!({ "Name": "/w", "Config": { "Image": "i" }, "NetworkSettings": { "Networks": {
            "front": { "Aliases": ["w", "www", "a32a4f80f17f"], "IPAMConfig": { "IPv4Address": "10.0.0.9" } },
            "back": { "Aliases": ["db"] },
        }}});
        let expected = "docker run -d --name w --network front --network-alias www --ip 10.0.0.9 i\n\
            docker network connect --alias db back w";
        assert_eq!(line(&config, &json!({ "NetworkMode": "front" }), &Value::Null), expected);
    }

    #[test]
    fn no_entrypoint_is_told_as_an_empty_one() {
        let config = json!({ "Config": { "Image": "i", "Cmd": ["x"] } });
        let image = json!({ "config": { "Entrypoint": ["/e"], "Cmd": ["x"] } });
        assert_eq!(line(&config, &Value::Null, &image), "docker run -d --entrypoint '' i x");
        let config = json!({ "Config": { "Image": "i", "Entrypoint": ["/e"] } });
        assert_eq!(line(&config, &Value::Null, &image), "docker run -d --entrypoint /e i");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, shown) in [("a-b_c./:=,@%+1", "a-b_c./:=,@%+1"), ("", "''"), ("$x", "'$x'"), ("a'b", r"'a'\''b'")] {
            assert_eq!(quoted(word), shown);
        }
        assert_eq!((size(3 << 20), size(1025)), ("3m".to_owned(), "1025b".to_owned()));
    }
}
