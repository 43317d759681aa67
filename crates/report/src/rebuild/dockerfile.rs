//! A Dockerfile from the steps of an image.

use std::collections::BTreeMap;

use careen_model::Image;
use serde_json::Value;

use super::base::{Base, reference, told_base};
use super::history::{Step, usual_shell};
use super::instruction::{Copy, Instruction};
use super::settings::Settings;
use super::words::{Escape, json, on_one_line};
use crate::run_command::shell_line;

/// Longest line that builders read (buildkit `parser.go`: 64 KiB), with some room.
const LONGEST_LINE: usize = 60_000;
/// Paths that one instruction removes.
const MOST_PATHS: usize = 200;

/// The files of a step, as they were laid beside the Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Files: the path of a file, or of a directory whose content is meant, which ends with a slash.
    Files {
        /// From the directory of the Dockerfile.
        path: String,
        /// Owner and group of all of them, where they are not root's.
        owner: Option<(u32, u32)>,
    },
    /// An archive, which ADD unpacks.
    Archive {
        /// From the directory of the Dockerfile.
        path: String,
        /// Where it unpacks.
        at: String,
        /// What the layer removed of those beneath.
        removed: Vec<String>,
        /// Why it is one.
        why: String,
    },
    /// They are not there.
    Missing {
        /// Why.
        why: String,
    },
}

/// What a Dockerfile is made of.
pub struct Recipe<'a> {
    /// The image.
    pub image: &'a Image,
    /// Its configuration.
    pub config: &'a Value,
    /// Its steps, those of its base too.
    pub steps: &'a [Step],
    /// What it was built upon.
    pub base: Option<Base<'a>>,
    /// Files of steps, by their position among the steps.
    pub sources: &'a BTreeMap<usize, Source>,
}

/// A Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    /// Its text.
    pub text: String,
    /// What of it was guessed or could not be written: its comments of that kind.
    pub guesses: Vec<String>,
}

impl Dockerfile {
    pub(super) fn comment(&mut self, text: &str) {
        self.text.push_str("# ");
        self.text.push_str(&on_one_line(text));
        self.text.push('\n');
    }

    pub(super) fn guess(&mut self, text: &str) {
        let text = on_one_line(text);
        self.comment(&format!("guess: {text}"));
        self.guesses.push(text);
    }

    /// An instruction; one that is too long for a line goes on in the next.
    pub(super) fn instruction(&mut self, text: &str, escape: Escape) {
        match folded(text, escape) {
            Some(lines) => {
                self.text.push_str(&lines);
                self.text.push('\n');
            }
            None => self.guess("an instruction is left out here, since it is too long for a line"),
        }
    }
}

/// The Dockerfile of an image, rebuilt from its history and its configuration.
pub fn dockerfile(recipe: &Recipe<'_>) -> Dockerfile {
    let is_windows = recipe.image.os.as_deref() == Some("windows");
    let escape = if is_windows { Escape::WINDOWS } else { Escape::USUAL };
    let mut file = Dockerfile::default();
    if is_windows {
        // A directive, which counts in the first lines alone.
        file.text.push_str("# escape=`\n");
    }
    head(recipe, &mut file);
    from(recipe, &mut file);
    let mut settings = recipe.base.map_or_else(Settings::default, |base| Settings::of(base.of.config).beneath());
    let own = recipe.base.map_or(0, |base| base.steps);
    let triggers = triggers(recipe);
    for (at, step) in recipe.steps.iter().enumerate().skip(own) {
        settings.apply(&step.instruction);
        if at < own.saturating_add(triggers) {
            file.comment(&format!("A trigger of the base image, which runs by itself: {}", step.text));
            continue;
        }
        write_step(at, step, recipe.sources.get(&at), escape, &mut file);
    }
    let usual = usual_shell(is_windows);
    let (more, cannot) = settings.towards(&Settings::of(recipe.config), &usual);
    if !more.is_empty() || !cannot.is_empty() {
        file.text.push('\n');
        file.comment("No step tells these; the configuration of the image has them:");
    }
    let shell = recipe.steps.last().map_or(usual, |step| step.shell.clone());
    for instruction in &more {
        match instruction.text(escape, &shell) {
            Ok(text) => file.instruction(&text, escape),
            Err(reason) => file.guess(&format!("{} is left out: {reason}", instruction.keyword())),
        }
    }
    for what in cannot {
        file.guess(&what);
    }
    file
}

fn head(recipe: &Recipe<'_>, file: &mut Dockerfile) {
    let image = recipe.image;
    file.comment(&format!("Rebuilt by careen from the history and the configuration of the image {}", image.label()));
    let made = image.created.as_deref().map_or(String::new(), |time| format!(", made {time}"));
    file.comment(&format!("({}{made}). In this directory:", image.id));
    let mut words = vec!["docker".to_owned(), "build".to_owned()];
    // The last value counts: it is the one in force when the build ended.
    let arguments: BTreeMap<&String, &String> =
        recipe.steps.iter().flat_map(|step| &step.arguments).map(|(name, value)| (name, value)).collect();
    let declared = |name: &String, value: &String| {
        let all = recipe.steps.iter().filter_map(|step| match &step.instruction {
            Instruction::Arg(all) => Some(all),
            _ => None,
        });
        all.flatten().any(|(own, usual)| own == name && usual.as_ref() == Some(value))
    };
    for (name, value) in arguments.into_iter().filter(|(name, value)| !declared(name, value)) {
        words.extend(["--build-arg".to_owned(), format!("{name}={value}")]);
    }
    if let Some(name) = reference(image).filter(|name| !name.contains('@')) {
        words.extend(["--tag".to_owned(), name.to_owned()]);
    }
    words.push(".".to_owned());
    file.comment(&format!("  {}", shell_line(&words)));
    file.comment(
        "What the disk does not say for sure stands behind \"guess\". No history tells comments, names of build",
    );
    file.comment(
        "stages and what was done in them, COPY --from and --link, RUN --mount, nor names of copied files that",
    );
    file.comment("the classic builder took; files that were copied lie in context/, by the number of their step.");
    file.text.push('\n');
}

/// FROM, and why.
fn from(recipe: &Recipe<'_>, file: &mut Dockerfile) {
    if let Some(base) = recipe.base {
        let name = reference(base.of.image).unwrap_or("scratch");
        let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let (layers, steps) = (count(base.of.image.layers.len(), "layer"), count(base.steps, "step"));
        file.guess(&format!(
            "of the named images on this disk {name} has the most in common with this one, {layers} and {steps}; both may as \
             well have begun with the same lines"
        ));
        let others: Vec<&str> = base.of.image.names.iter().map(String::as_str).filter(|other| *other != name).collect();
        if !others.is_empty() {
            file.guess(&format!("it may have been named otherwise: {}", others.join(", ")));
        }
        file.instruction(&format!("FROM {name}"), Escape::USUAL);
        return;
    }
    if let Some(name) = told_base(recipe.config) {
        file.guess(&format!(
            "the image says that it, or one beneath it, was built upon {name}, which is not on this disk"
        ));
    }
    let told = recipe.steps.iter().find_map(|step| step.comment.strip_prefix("FROM "));
    if let Some(name) = told {
        file.guess(&format!("the builder noted FROM {name}, which is not on this disk"));
    }
    file.comment("No named image of this disk lies beneath: everything is told from the first layer.");
    file.instruction("FROM scratch", Escape::USUAL);
}

/// How many steps after the base are its triggers: they run by themselves once more.
fn triggers(recipe: &Recipe<'_>) -> usize {
    let Some(base) = recipe.base else { return 0 };
    let all = base.of.config.get("config").map_or_else(Vec::new, |config| super::history::list(config, "OnBuild"));
    let steps = recipe.steps.iter().skip(base.steps);
    let is_theirs = steps.zip(&all).all(|(step, trigger)| {
        trigger.split(' ').next().is_some_and(|word| word.eq_ignore_ascii_case(step.instruction.keyword()))
    });
    if is_theirs { all.len() } else { 0 }
}

pub(super) fn write_step(at: usize, step: &Step, source: Option<&Source>, escape: Escape, file: &mut Dockerfile) {
    for guess in &step.guesses {
        file.guess(guess);
    }
    match &step.instruction {
        Instruction::Copy(copy) => write_copy(at, step, copy, source, escape, file),
        Instruction::Layer => {
            let by = if step.text.is_empty() { "nothing" } else { step.text.as_str() };
            let remark = if step.comment.is_empty() { String::new() } else { format!(" ({})", step.comment) };
            file.comment(&format!("A layer that no instruction made; the history says of it: {by}{remark}"));
            write_archive(source, escape, file);
        }
        Instruction::Remark => {
            if !step.text.is_empty() {
                file.comment(&format!("The history says: {}", step.text));
            }
        }
        instruction => match instruction.text(escape, &step.shell) {
            Ok(text) => {
                if text.contains('\n') {
                    file.comment("The old builder does not know here-documents: this needs BuildKit.");
                }
                file.instruction(&text, escape);
            }
            Err(reason) => {
                file.guess(&format!("a step is left out, since {reason}: {}", step.text));
            }
        },
    }
}

fn write_copy(at: usize, step: &Step, copy: &Copy, source: Option<&Source>, escape: Escape, file: &mut Dockerfile) {
    let keyword = step.instruction.keyword();
    let is_remote = |source: &String| source.contains("://") || source.starts_with("git@");
    if copy.is_add && copy.sources.iter().any(is_remote) {
        if let Some(Source::Files { path, .. } | Source::Archive { path, .. }) = source {
            file.comment(&format!("What the address gave when the image was built is {path}"));
        }
        let words: Vec<String> = copy.sources.iter().chain([&copy.destination]).cloned().collect();
        let flags = flags(&copy.flags).map_or(String::new(), |flags| format!("{flags} "));
        file.instruction(&format!("{keyword} {flags}{}", escape.list(&words)), escape);
        return;
    }
    let (path, flags_more) = match source {
        Some(Source::Files { path, owner }) => {
            let has_owner = copy.flags.iter().any(|flag| flag.starts_with("--chown"));
            let owner = owner.filter(|_| !has_owner).map(|(user, group)| format!("--chown={user}:{group}"));
            if let Some(owner) = &owner {
                file.guess(&format!("{owner}: the files belong to them, and the history does not say why"));
            }
            (path.clone(), owner)
        }
        Some(Source::Archive { path, at, why, .. }) if copy.is_add && *at == copy.path => {
            if !why.is_empty() {
                file.comment(why);
            }
            (path.clone(), None)
        }
        Some(Source::Archive { .. }) => {
            file.comment(&format!("The history says: {}", step.text));
            return write_archive(source, escape, file);
        }
        Some(Source::Missing { why }) => {
            file.guess(&format!("the files of this step are not here: {why}"));
            (format!("context/{}/", at.saturating_add(1)), None)
        }
        None => (format!("context/{}/", at.saturating_add(1)), None),
    };
    if copy.sources.iter().any(|source| source.starts_with('/')) && !copy.is_add {
        let sources = copy.sources.join(" ");
        file.guess(&format!("{sources} may have been in another stage (COPY --from), which no history tells"));
    }
    if copy.sources.len() > 1 || copy.sources.iter().any(|source| source.contains(['*', '?', '[', '<'])) {
        file.comment(&format!("The sources were {}", copy.sources.join(" ")));
    }
    let all: Vec<String> = copy.flags.iter().cloned().chain(flags_more).collect();
    match flags(&all) {
        Some(flags) => {
            let flags = if flags.is_empty() { flags } else { format!("{flags} ") };
            // A word with signs that mean something is written as a list.
            let is_plain = |text: &str| {
                !text.is_empty() && text.chars().all(|it| it.is_ascii_alphanumeric() || "_-./:@%+,=~".contains(it))
            };
            let words = match is_plain(&copy.destination) {
                true => format!("{path} {}", copy.destination),
                false => escape.list(&[path, copy.destination.clone()]),
            };
            file.instruction(&format!("{keyword} {flags}{words}"), escape);
        }
        None => file.guess(&format!("a step is left out, since its options cannot be written: {}", step.text)),
    }
}

/// Options of COPY; `None` when one has signs that mean something.
fn flags(all: &[String]) -> Option<String> {
    let is_plain = |flag: &String| flag.chars().all(|it| it.is_ascii_alphanumeric() || "_-./:@+,=".contains(it));
    all.iter().all(is_plain).then(|| all.join(" "))
}

/// A layer as an archive: what it removed, and what it brought.
fn write_archive(source: Option<&Source>, escape: Escape, file: &mut Dockerfile) {
    match source {
        Some(Source::Archive { path, at, removed, why }) => {
            if !why.is_empty() {
                file.comment(why);
            }
            for paths in removed.chunks(MOST_PATHS) {
                let words = ["rm", "-rf", "--"].into_iter().map(str::to_owned).chain(paths.iter().cloned());
                file.instruction(&format!("RUN {}", json(&words.collect::<Vec<_>>())), escape);
            }
            let words = [path.clone(), at.clone()];
            let is_plain = at.chars().all(|it| it.is_ascii_alphanumeric() || "_-./".contains(it));
            let words = if is_plain { words.join(" ") } else { escape.list(&words) };
            file.instruction(&format!("ADD {words}"), escape);
        }
        Some(Source::Missing { why }) => file.guess(&format!("the files of this layer are not here: {why}")),
        Some(Source::Files { path, .. }) => file.instruction(&format!("COPY {path} /"), escape),
        None => {}
    }
}

/// An instruction in lines that builders read; `None` when there is no place to part it.
fn folded(text: &str, escape: Escape) -> Option<String> {
    let mut lines = String::new();
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            lines.push('\n');
        }
        let mut rest = line;
        // A here-document has no such parts.
        while rest.len() > LONGEST_LINE {
            if number > 0 {
                return None;
            }
            let is_good = |at: usize| {
                let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
                !after.starts_with([' ', '\t', '#']) && !after.is_empty()
            };
            let at = rest
                .match_indices(' ')
                .map(|(at, _)| at)
                .take_while(|at| *at < LONGEST_LINE)
                .filter(|at| is_good(*at))
                .last()?;
            let (part, after) = rest.split_at_checked(at.saturating_add(1))?;
            lines.push_str(part);
            lines.push(escape.0);
            lines.push('\n');
            rest = after;
        }
        lines.push_str(rest);
    }
    Some(lines)
}
