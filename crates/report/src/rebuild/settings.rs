//! What a configuration is after some instructions, and which instructions would bring one to another.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::history::{absolute, check_of, entries, list};
use super::instruction::{Command, Health, Instruction};

/// What builders set by themselves where an image has none.
const USUAL_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The part of a configuration that instructions set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    user: String,
    directory: String,
    entrypoint: Vec<String>,
    cmd: Vec<String>,
    volumes: BTreeSet<String>,
    ports: BTreeSet<String>,
    stop_signal: String,
    shell: Vec<String>,
    health: Option<Health>,
    triggers: Vec<String>,
    maintainer: String,
    /// CMD was given since the base image: ENTRYPOINT takes that of the base away, and not this one.
    has_own_cmd: bool,
}

impl Settings {
    /// Those of a configuration.
    pub fn of(config: &Value) -> Settings {
        let own = config.get("config").unwrap_or(&Value::Null);
        let text = |key: &str| own.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let pairs = |all: Vec<String>| -> BTreeMap<String, String> {
            all.iter().filter_map(|it| it.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
        };
        let labels =
            entries(own, "Labels").filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())));
        Settings {
            environment: pairs(list(own, "Env")),
            labels: labels.collect(),
            user: text("User"),
            directory: text("WorkingDir"),
            entrypoint: list(own, "Entrypoint"),
            cmd: list(own, "Cmd"),
            volumes: entries(own, "Volumes").map(|(path, _)| path.clone()).collect(),
            ports: entries(own, "ExposedPorts").map(|(port, _)| port.clone()).collect(),
            stop_signal: text("StopSignal"),
            shell: list(own, "Shell"),
            health: own.get("Healthcheck").filter(|check| check.is_object()).map(|check| check_of(check).0),
            triggers: list(own, "OnBuild"),
            maintainer: config.get("author").and_then(Value::as_str).unwrap_or_default().to_owned(),
            has_own_cmd: false,
        }
    }

    /// Those that an image built upon this one begins with.
    pub fn beneath(mut self) -> Settings {
        self.triggers.clear();
        self.has_own_cmd = false;
        self.maintainer.clear();
        self
    }

    /// What an instruction sets.
    pub fn apply(&mut self, instruction: &Instruction) {
        match instruction {
            Instruction::Env(pairs) => self.environment.extend(pairs.iter().cloned()),
            Instruction::Label(pairs) => self.labels.extend(pairs.iter().cloned()),
            Instruction::Expose(ports) => {
                self.ports.extend(ports.iter().map(|port| match port.contains('/') {
                    true => port.clone(),
                    false => format!("{port}/tcp"),
                }));
            }
            Instruction::Volume(paths) => self.volumes.extend(paths.iter().cloned()),
            Instruction::User(user) => self.user.clone_from(user),
            Instruction::Workdir(path) => {
                let from = if self.directory.is_empty() { "/" } else { &self.directory };
                self.directory = absolute(from, path);
            }
            Instruction::Entrypoint(command) => {
                self.entrypoint.clone_from(&command.words);
                if !self.has_own_cmd {
                    self.cmd.clear();
                }
            }
            Instruction::Cmd(command) => {
                self.cmd.clone_from(&command.words);
                self.has_own_cmd = true;
            }
            Instruction::Shell(words) => self.shell.clone_from(words),
            Instruction::Healthcheck(health) => self.health = Some(health.clone()),
            Instruction::StopSignal(signal) => self.stop_signal.clone_from(signal),
            Instruction::OnBuild(trigger) => self.triggers.push(trigger.clone()),
            Instruction::Maintainer(name) => self.maintainer.clone_from(name),
            Instruction::Run { .. }
            | Instruction::RunWords(_)
            | Instruction::Copy(_)
            | Instruction::Arg(_)
            | Instruction::Layer
            | Instruction::Remark => {}
        }
    }

    /// Instructions that bring these settings to `wanted`, and what none can bring there, in words.
    pub fn towards(&self, wanted: &Settings, usual_shell: &[String]) -> (Vec<Instruction>, Vec<String>) {
        let (mut all, mut cannot) = (Vec::new(), Vec::new());
        let more = |from: &BTreeMap<String, String>, to: &BTreeMap<String, String>| -> Vec<(String, String)> {
            let other = to.iter().filter(|(name, value)| from.get(*name) != Some(value));
            other.map(|(name, value)| (name.clone(), value.clone())).collect()
        };
        let mut environment = more(&self.environment, &wanted.environment);
        environment
            .retain(|(name, value)| !(name == "PATH" && value == USUAL_PATH && !self.environment.contains_key(name)));
        let labels = more(&self.labels, &wanted.labels);
        for (what, from, to) in
            [("variable", &self.environment, &wanted.environment), ("label", &self.labels, &wanted.labels)]
        {
            let gone = from.keys().filter(|name| !to.contains_key(*name));
            cannot
                .extend(gone.map(|name| format!("the image has no {what} {name}, and no instruction takes one away")));
        }
        // One line each: a value that cannot be written takes none of the others with it.
        all.extend(environment.into_iter().map(|pair| Instruction::Env(vec![pair])));
        all.extend(labels.into_iter().map(|pair| Instruction::Label(vec![pair])));
        if self.shell != wanted.shell && !wanted.shell.is_empty() {
            all.push(Instruction::Shell(wanted.shell.clone()));
        }
        let volumes: Vec<String> = wanted.volumes.difference(&self.volumes).cloned().collect();
        if !volumes.is_empty() {
            all.push(Instruction::Volume(volumes));
        }
        let ports: Vec<String> = wanted.ports.difference(&self.ports).cloned().collect();
        if !ports.is_empty() {
            all.push(Instruction::Expose(ports));
        }
        for (what, from, to) in [("volume", &self.volumes, &wanted.volumes), ("port", &self.ports, &wanted.ports)] {
            let gone = from.difference(to);
            cannot
                .extend(gone.map(|name| format!("the image has no {what} {name}, and no instruction takes one away")));
        }
        if self.directory != wanted.directory && !(self.directory.is_empty() && wanted.directory == "/") {
            let path = if wanted.directory.is_empty() { "/" } else { &wanted.directory };
            all.push(Instruction::Workdir(path.to_owned()));
        }
        if self.user != wanted.user {
            let user = if wanted.user.is_empty() { "root" } else { &wanted.user };
            all.push(Instruction::User(user.to_owned()));
        }
        if self.stop_signal != wanted.stop_signal && !wanted.stop_signal.is_empty() {
            all.push(Instruction::StopSignal(wanted.stop_signal.clone()));
        }
        match &wanted.health {
            health if *health == self.health => {}
            Some(health) => all.push(Instruction::Healthcheck(health.clone())),
            None => cannot.push("the image has no health check, and no instruction takes one away".to_owned()),
        }
        let triggers = wanted.triggers.strip_prefix(self.triggers.as_slice()).unwrap_or(&wanted.triggers);
        all.extend(triggers.iter().cloned().map(Instruction::OnBuild));
        let shell = if wanted.shell.is_empty() { usual_shell } else { &wanted.shell };
        let is_reset = self.entrypoint != wanted.entrypoint;
        if is_reset {
            all.push(Instruction::Entrypoint(Command::of(wanted.entrypoint.clone(), shell)));
        }
        // ENTRYPOINT takes the CMD of a base image away.
        let cmd = if is_reset && !self.has_own_cmd { &[][..] } else { self.cmd.as_slice() };
        if cmd != wanted.cmd {
            all.push(Instruction::Cmd(Command::of(wanted.cmd.clone(), shell)));
        }
        if self.maintainer != wanted.maintainer && !wanted.maintainer.is_empty() {
            all.push(Instruction::Maintainer(wanted.maintainer.clone()));
        }
        (all, cannot)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::history::usual_shell;
    use super::super::words::Escape;
    use super::*;

    #[test]
    fn what_no_step_told_is_brought_in_by_the_configuration() {
        let base = json!({ "config": { "Env": ["PATH=/bin", "A=1"], "Cmd": ["sh"], "OnBuild": ["RUN x"], "Labels": { "l": "1" } } });
        let image = json!({ "author": "me", "config": {
            "Env": ["PATH=/bin", "A=2"], "Cmd": ["x"], "Entrypoint": ["/bin/sh", "-c", "y"], "User": "u", "WorkingDir": "/w",
            "Volumes": { "/v": {} }, "ExposedPorts": { "1/tcp": {} }, "StopSignal": "SIGINT",
            "Healthcheck": { "Test": ["NONE"] },
        }});
        let shell = usual_shell(false);
        let (all, cannot) = Settings::of(&base).beneath().towards(&Settings::of(&image), &shell);
        let lines: Vec<String> = all.iter().map(|it| it.text(Escape::USUAL, &shell).unwrap()).collect();
        assert_eq!(
            lines,
            [
                "ENV A=2",
                "VOLUME [\"/v\"]",
                "EXPOSE 1/tcp",
                "WORKDIR /w",
                "USER u",
                "STOPSIGNAL SIGINT",
                "HEALTHCHECK NONE",
                "ENTRYPOINT y",
                "CMD [\"x\"]",
                "MAINTAINER me",
            ]
        );
        assert_eq!(cannot, ["the image has no label l, and no instruction takes one away"]);
    }

    #[test]
    fn steps_that_tell_all_leave_nothing() {
        let image = json!({ "config": { "Env": [format!("PATH={USUAL_PATH}"), "A=1"], "WorkingDir": "/a/b", "Cmd": ["c"],
            "Entrypoint": ["e"], "ExposedPorts": { "80/tcp": {} } } });
        let mut settings = Settings::default();
        let command = |word: &str| Command { words: vec![word.to_owned()], is_line: false };
        for instruction in [
            Instruction::Env(vec![("A".into(), "1".into())]),
            Instruction::Workdir("/a".into()),
            Instruction::Workdir("b".into()),
            Instruction::Cmd(command("c")),
            Instruction::Entrypoint(command("e")),
            Instruction::Expose(vec!["80".into()]),
        ] {
            settings.apply(&instruction);
        }
        assert_eq!(settings.towards(&Settings::of(&image), &usual_shell(false)), (Vec::new(), Vec::new()));
    }
}
