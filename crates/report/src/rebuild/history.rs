//! The steps of an image's history, read back into instructions.
//!
//! What builders write there: the classic one `/bin/sh -c #(nop) ENV A=b` and `|1 ARG=x /bin/sh -c command` (moby
//! `builder/dockerfile/dispatchers.go`, `internals.go`), BuildKit `ENV A=b`, `RUN |1 ARG=x /bin/sh -c command # buildkit`
//! (buildkit `frontend/dockerfile/dockerfile2llb/convert.go`), others the instruction itself; a commit the command that the
//! container ran. Values are printed without quotes: the configuration tells where those end that it still has.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::instruction::{Command, Copy, Health, Instruction};
use super::pairs::{declarations, pairs, unquoted};
use super::words::{go_word, go_words};

/// What BuildKit puts behind the steps that have a layer.
const OF_BUILDKIT: &str = " # buildkit";
/// The mark of the classic builder for a step that ran nothing.
const RAN_NOTHING: &str = " #(nop) ";
/// Digits of a digest in hexadecimal.
const DIGITS: usize = 64;

/// Instructions as they begin a step.
const KEYWORDS: [&str; 17] = [
    "ADD",
    "ARG",
    "CMD",
    "COPY",
    "ENTRYPOINT",
    "ENV",
    "EXPOSE",
    "HEALTHCHECK",
    "LABEL",
    "MAINTAINER",
    "ONBUILD",
    "RUN",
    "SHELL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
];

/// A step of a history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it was.
    pub instruction: Instruction,
    /// Position of its layer in the image; `None` when it has none.
    pub layer: Option<usize>,
    /// As the history has it.
    pub text: String,
    /// The builder's remark.
    pub comment: String,
    /// The shell in force.
    pub shell: Vec<String>,
    /// Arguments of the build that it ran with: names and values.
    pub arguments: Vec<(String, String)>,
    /// What had to be guessed.
    pub guesses: Vec<String>,
}

impl Step {
    /// Whether the files of its layer have to be laid beside the Dockerfile.
    pub fn brings_files(&self) -> bool {
        matches!(self.instruction, Instruction::Copy(_) | Instruction::Layer)
    }
}

/// The steps of an image with this configuration and so many layers, the oldest first. Layers that the history does not
/// speak of are steps at the end.
pub fn steps(config: &Value, layers: usize) -> Vec<Step> {
    let nothing = Value::Null;
    let history = config.get("history").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let last_health = history.iter().rposition(|entry| text(entry, "created_by").contains("HEALTHCHECK"));
    let is_windows = config.get("os").and_then(Value::as_str) == Some("windows");
    let own = config.get("config").unwrap_or(&nothing);
    let mut reader = Reader {
        known: own,
        shell: usual_shell(is_windows),
        directory: "/".to_owned(),
        is_of_classic: history.iter().map(|entry| text(entry, "created_by")).any(is_classic),
    };
    let (mut steps, mut layer) = (Vec::new(), 0_usize);
    for (at, entry) in history.iter().enumerate() {
        let has_layer = entry.get("empty_layer").and_then(Value::as_bool) != Some(true) && layer < layers;
        let place = Place {
            is_last: at.saturating_add(1) == history.len(),
            is_last_check: Some(at) == last_health,
            has_layer,
            comment: text(entry, "comment"),
        };
        let mut step = reader.step(text(entry, "created_by"), &place);
        if has_layer {
            step.layer = Some(layer);
            layer = layer.saturating_add(1);
        }
        steps.push(step);
    }
    for layer in layer..layers {
        let mut step = reader.finished(Instruction::Layer, "", "");
        step.layer = Some(layer);
        step.guesses.push("the history does not speak of this layer".to_owned());
        steps.push(step);
    }
    steps
}

/// Whether the classic builder wrote this, or one that writes the same.
fn is_classic(by: &str) -> bool {
    by.contains(RAN_NOTHING) || by.starts_with("/bin/sh -c ") || by.starts_with('|')
}

/// The shell of images that name none.
pub fn usual_shell(is_windows: bool) -> Vec<String> {
    let words: &[&str] = if is_windows { &["cmd", "/S", "/C"] } else { &["/bin/sh", "-c"] };
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A path from the root, as the builder joins it with the directory it is in.
pub fn absolute(directory: &str, path: &str) -> String {
    let from = if path.starts_with('/') { "" } else { directory };
    let mut names: Vec<&str> = Vec::new();
    for name in from.split('/').chain(path.split('/')) {
        match name {
            "" | "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    format!("/{}", names.join("/"))
}

/// Where in a history a step stands.
struct Place<'a> {
    is_last: bool,
    is_last_check: bool,
    has_layer: bool,
    comment: &'a str,
}

struct Reader<'a> {
    /// `config` of the configuration.
    known: &'a Value,
    shell: Vec<String>,
    directory: String,
    is_of_classic: bool,
}

impl Reader<'_> {
    fn step(&mut self, by: &str, place: &Place<'_>) -> Step {
        let comment = place.comment;
        let is_of_buildkit = comment.starts_with("buildkit") || by.ends_with(OF_BUILDKIT);
        let plain = by.strip_suffix(OF_BUILDKIT).unwrap_or(by);
        if let Some((keyword, rest)) = plain.split_once(' ').filter(|(word, _)| KEYWORDS.contains(word)) {
            if keyword == "RUN" && !is_of_buildkit {
                let shell = self.shell.clone();
                return self.finished(Instruction::Run { shell, line: rest.to_owned() }, by, comment);
            }
            return match keyword {
                "RUN" => self.run(rest, by, comment),
                _ => self.of_keyword(keyword, rest, by, place),
            };
        }
        // SHELL is told with the shell that it sets.
        let is_told_by_it = |(before, rest): &(&str, &str)| rest.trim() == format!("SHELL [{before}]");
        let nothing_ran = by.split_once(RAN_NOTHING).filter(|all| self.is_shell(all.0) || is_told_by_it(all));
        if let Some((_, rest)) = nothing_ran {
            let (keyword, rest) = rest.trim_start().split_once(' ').unwrap_or((rest.trim_start(), ""));
            if KEYWORDS.contains(&keyword) {
                return self.of_keyword(keyword, rest, by, place);
            }
        }
        // A commit has a person's remark, and the command of its container in place of a builder's.
        let is_remark = !comment.is_empty() && !comment.starts_with("FROM ");
        let is_commit = is_remark || (place.is_last && list(self.known, "Cmd").join(" ") == by);
        let runs = self.after_shell(by).is_some() || by.starts_with('|');
        if runs && !is_commit {
            return self.run(by, by, comment);
        }
        if by.is_empty() || is_commit || !self.is_of_classic || by.starts_with('#') {
            let what = if place.has_layer { Instruction::Layer } else { Instruction::Remark };
            return self.finished(what, by, comment);
        }
        self.run(by, by, comment)
    }

    fn finished(&self, instruction: Instruction, by: &str, comment: &str) -> Step {
        Step {
            instruction,
            layer: None,
            text: by.to_owned(),
            comment: comment.to_owned(),
            shell: self.shell.clone(),
            arguments: Vec::new(),
            guesses: Vec::new(),
        }
    }

    /// Whether this is what the shell in force prints as.
    fn is_shell(&self, text: &str) -> bool {
        text == self.shell.join(" ") || text == "/bin/sh -c" || text == "cmd /S /C" || text.starts_with("powershell")
    }

    /// What follows the shell in force.
    fn after_shell<'t>(&self, text: &'t str) -> Option<(&'t str, Vec<String>)> {
        let usual = [self.shell.clone(), usual_shell(false), usual_shell(true)];
        usual
            .into_iter()
            .find_map(|shell| Some((text.strip_prefix(shell.join(" ").as_str())?.strip_prefix(' ')?, shell)))
    }

    /// A command that ran, with the arguments of the build before it: `|2 A=b C=d /bin/sh -c command`.
    fn run(&self, rest: &str, by: &str, comment: &str) -> Step {
        let (mut arguments, mut command) = (Vec::new(), rest);
        if let Some((count, after)) = rest.strip_prefix('|').and_then(|rest| rest.split_once(' '))
            && let Ok(count) = count.parse::<usize>()
        {
            let shell = format!(" {} ", self.shell.join(" "));
            let at = after
                .match_indices(shell.as_str())
                .map(|(at, _)| at)
                .find(|at| after.get(..*at).is_some_and(|text| pairs(text, &BTreeMap::new()).0.len() == count));
            let (text, rest) = match at.and_then(|at| after.split_at_checked(at)) {
                Some((text, rest)) => (text, rest.trim_start_matches(' ')),
                // A command without a shell: no value has a space, as far as can be told.
                None => {
                    let end = after.match_indices(' ').map(|(at, _)| at).nth(count.saturating_sub(1));
                    after.split_at_checked(end.unwrap_or(after.len())).unwrap_or((after, ""))
                }
            };
            arguments = pairs(text, &BTreeMap::new()).0;
            command = rest.trim_start_matches(' ');
        }
        let mut guesses = Vec::new();
        let instruction = match self.after_shell(command) {
            Some((line, shell)) => Instruction::Run { shell, line: line.to_owned() },
            None => {
                if command.contains(' ') {
                    guesses.push("the words of this command are told apart by their spaces".to_owned());
                }
                Instruction::RunWords(command.split(' ').map(str::to_owned).collect())
            }
        };
        Step { arguments, guesses, ..self.finished(instruction, by, comment) }
    }

    fn of_keyword(&mut self, keyword: &str, rest: &str, by: &str, place: &Place<'_>) -> Step {
        let mut is_sure = true;
        let value = rest.trim_start();
        let instruction = match keyword {
            "ENV" | "LABEL" => {
                let known = if keyword == "ENV" { self.environment() } else { self.labels() };
                let (found, sure) = pairs(value, &known);
                is_sure = sure;
                if keyword == "ENV" { Instruction::Env(found) } else { Instruction::Label(found) }
            }
            "ARG" => {
                let (found, sure) = declarations(value);
                is_sure = sure;
                Instruction::Arg(found)
            }
            "CMD" | "ENTRYPOINT" => {
                let command = match go_words(value) {
                    Some(words) => Command::of(words, &self.shell),
                    None => Command { words: [self.shell.as_slice(), &[value.to_owned()]].concat(), is_line: true },
                };
                if keyword == "CMD" { Instruction::Cmd(command) } else { Instruction::Entrypoint(command) }
            }
            "EXPOSE" => Instruction::Expose(ports(value)),
            "VOLUME" => {
                let known: Vec<&str> = entries(self.known, "Volumes").map(|(path, _)| path.as_str()).collect();
                let (words, sure) = go_words(value).map_or_else(|| unquoted(value, &known), |words| (words, true));
                is_sure = sure;
                Instruction::Volume(words)
            }
            "SHELL" => {
                let known = list(self.known, "Shell");
                let shown = value.trim().trim_start_matches('[').trim_end_matches(']');
                let words = match go_words(value) {
                    Some(words) => words,
                    None if known.join(" ") == shown => known,
                    None => {
                        is_sure = false;
                        unquoted(value, &[]).0
                    }
                };
                self.shell.clone_from(&words);
                Instruction::Shell(words)
            }
            "HEALTHCHECK" => {
                let known = self.known.get("Healthcheck").filter(|check| place.is_last_check && check.is_object());
                match known.map(check_of).or_else(|| check_as_printed(value)) {
                    Some((health, sure)) => {
                        is_sure = sure;
                        Instruction::Healthcheck(health)
                    }
                    None => Instruction::Remark,
                }
            }
            "COPY" | "ADD" => Instruction::Copy(self.copy(keyword == "ADD", value)),
            "USER" => Instruction::User(value.to_owned()),
            "WORKDIR" => {
                self.directory = absolute(&self.directory, value);
                Instruction::Workdir(value.to_owned())
            }
            "STOPSIGNAL" => Instruction::StopSignal(value.to_owned()),
            "ONBUILD" => Instruction::OnBuild(value.to_owned()),
            _ => Instruction::Maintainer(value.to_owned()),
        };
        let mut step = self.finished(instruction, by, place.comment);
        if !is_sure {
            step.guesses.push(format!("where each value of this {keyword} ends is not told by the history"));
        }
        step
    }

    /// COPY and ADD: of the classic builder `--chown=1:1 file:DIGEST in DESTINATION `, its older versions without the space
    /// between; of others the words themselves.
    fn copy(&self, is_add: bool, text: &str) -> Copy {
        let (mut flags, sources, destination, is_file) = match digest(text) {
            Some((before, kind, destination)) => (before, Vec::new(), destination, kind == "file"),
            None => {
                let text = text.trim_end();
                let flags = text.split(' ').take_while(|word| word.starts_with("--")).count();
                let mut words = text.split(' ').skip(flags);
                let before = text.split(' ').take(flags).collect::<Vec<_>>().join(" ");
                let all: Vec<&str> = words.by_ref().collect();
                match text.split_once(" in ").filter(|_| text.contains("://") && self.is_of_classic) {
                    Some((source, destination)) => (before, vec![source.to_owned()], destination.to_owned(), true),
                    None => {
                        let (destination, sources) = all.split_last().unwrap_or((&"", &[]));
                        let sources = sources.iter().map(|source| (*source).to_owned()).collect();
                        (before, sources, (*destination).to_owned(), false)
                    }
                }
            }
        };
        flags = flags.trim().to_owned();
        let path = absolute(&self.directory, &destination);
        let flags = flags.split(' ').filter(|flag| !flag.is_empty()).map(str::to_owned).collect();
        Copy { is_add, flags, sources, is_file, destination, path }
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let all = list(self.known, "Env");
        all.iter().filter_map(|it| it.split_once('=')).map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn labels(&self) -> BTreeMap<String, String> {
        let all = entries(self.known, "Labels");
        all.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
    }
}

/// What stands before `file:DIGEST in`, `dir:` or `multi:`, which of them it is, and what stands behind.
fn digest(text: &str) -> Option<(String, &str, String)> {
    let (at, kind) = ["file:", "dir:", "multi:"].into_iter().find_map(|kind| {
        let mut all = text.match_indices(kind).map(|(at, _)| at);
        all.find_map(|at| {
            let after = text.get(at.checked_add(kind.len())?..)?;
            let digits = after.get(..DIGITS)?;
            let is_digest = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            (is_digest && after.get(DIGITS..)?.starts_with(" in ")).then_some((at, kind))
        })
    })?;
    let after = text.get(at.checked_add(kind.len())?.checked_add(DIGITS)?..)?.strip_prefix(" in ")?;
    let destination = after.strip_suffix(' ').unwrap_or(after);
    Some((text.get(..at)?.to_owned(), kind.trim_end_matches(':'), destination.to_owned()))
}

/// Ports: `8080 5353/udp`, `map[80/tcp:{}]`, `[80/tcp]`.
fn ports(text: &str) -> Vec<String> {
    let text = text.trim().strip_prefix("map").unwrap_or(text.trim());
    let text = text.trim_start_matches('[').trim_end_matches(']');
    text.split_ascii_whitespace().map(|port| port.trim_end_matches(":{}").to_owned()).collect()
}

/// A health check of a configuration.
pub fn check_of(check: &Value) -> (Health, bool) {
    let mut options = Vec::new();
    for (name, key) in [
        ("interval", "Interval"),
        ("timeout", "Timeout"),
        ("start-period", "StartPeriod"),
        ("start-interval", "StartInterval"),
    ] {
        let time = check.get(key).and_then(Value::as_u64).filter(|time| *time != 0);
        options.extend(time.map(|time| (name.to_owned(), format!("{}s", crate::run_command::billionths(time)))));
    }
    let retries = check.get("Retries").and_then(Value::as_u64).filter(|retries| *retries != 0);
    options.extend(retries.map(|retries| ("retries".to_owned(), retries.to_string())));
    (Health { test: list(check, "Test"), options }, true)
}

/// A health check as Go prints it: with `%q` `&{["CMD-SHELL" "x"] "3s" "2s" "1s" '\x02'}`, where newer builders have a time
/// more, or with `%+v` `&{Test:[CMD-SHELL x] Interval:3s …}`, where words are told apart by their spaces.
fn check_as_printed(text: &str) -> Option<(Health, bool)> {
    let inner = text.trim().strip_prefix("&{")?.strip_suffix('}')?;
    let put = |name: &str, value: &str, options: &mut Vec<(String, String)>| {
        if !matches!(value, "0s" | "0" | "") {
            options.push((name.to_owned(), value.to_owned()));
        }
    };
    let mut options = Vec::new();
    if let Some(rest) = inner.strip_prefix("Test:[") {
        let (test, rest) = rest.split_once("] Interval:")?;
        for field in format!("Interval:{rest}").split(' ') {
            let (name, value) = field.split_once(':')?;
            let name = match name {
                "Interval" => "interval",
                "Timeout" => "timeout",
                "StartPeriod" => "start-period",
                "StartInterval" => "start-interval",
                "Retries" => "retries",
                _ => return None,
            };
            put(name, value, &mut options);
        }
        let test = match test.split_once(' ') {
            Some(("CMD-SHELL", line)) => vec!["CMD-SHELL".to_owned(), line.to_owned()],
            _ => test.split(' ').map(str::to_owned).collect(),
        };
        let is_sure = test.first().is_some_and(|kind| kind == "CMD-SHELL") || test.len() < 3;
        return Some((Health { test, options }, is_sure));
    }
    let end = inner.rfind(']')?;
    let test = go_words(inner.get(..=end)?)?;
    let mut rest = inner.get(end.saturating_add(1)..)?.trim_start();
    let mut names = ["interval", "timeout", "start-period", "start-interval"].into_iter();
    while let Some((value, after)) = go_word(rest) {
        put(names.next()?, &value, &mut options);
        rest = after.trim_start();
    }
    let retries = rest.strip_prefix('\'')?.strip_suffix('\'')?;
    // A number that Go took for a letter.
    let (retries, _) = go_word(&format!("\"{retries}\"")).map(|(text, _)| (text, ()))?;
    let number = retries.chars().next().map_or(0, u32::from);
    put("retries", &number.to_string(), &mut options);
    Some((Health { test, options }, true))
}

fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

pub fn list(object: &Value, key: &str) -> Vec<String> {
    let all = object.get(key).and_then(Value::as_array).into_iter().flatten();
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

pub fn entries<'v>(object: &'v Value, key: &str) -> impl Iterator<Item = (&'v String, &'v Value)> + use<'v> {
    object.get(key).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}
