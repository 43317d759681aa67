//! Instructions of a Dockerfile, and how each is written.

use super::words::{Escape, breaks_a_line, json};

/// An instruction, with every value as it took effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instruction {
    /// A line for a shell.
    Run {
        /// Words of the shell.
        shell: Vec<String>,
        /// What it is told.
        line: String,
    },
    /// A program and its arguments.
    RunWords(Vec<String>),
    /// COPY or ADD.
    Copy(Copy),
    /// Variables: names and values.
    Env(Vec<(String, String)>),
    /// Labels: names and values.
    Label(Vec<(String, String)>),
    /// Arguments of the build: names, and values where there are any.
    Arg(Vec<(String, Option<String>)>),
    /// Ports.
    Expose(Vec<String>),
    /// Paths of volumes.
    Volume(Vec<String>),
    /// Who runs what follows.
    User(String),
    /// A directory.
    Workdir(String),
    /// What every container runs.
    Entrypoint(Command),
    /// What a container runs, or gives to its entrypoint.
    Cmd(Command),
    /// Words of a shell.
    Shell(Vec<String>),
    /// A health check.
    Healthcheck(Health),
    /// A signal.
    StopSignal(String),
    /// An instruction for images built upon this one.
    OnBuild(String),
    /// A name.
    Maintainer(String),
    /// Files that no instruction brought: an import, a commit, another tool.
    Layer,
    /// A remark of another tool, without files.
    Remark,
}

/// COPY or ADD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copy {
    /// ADD.
    pub is_add: bool,
    /// `--chown=1:1` and the like, as far as the history has them.
    pub flags: Vec<String>,
    /// Their names; empty where the history has digests in their place.
    pub sources: Vec<String>,
    /// A single file, by the history.
    pub is_file: bool,
    /// As it was written.
    pub destination: String,
    /// From the root.
    pub path: String,
}

/// What CMD and ENTRYPOINT take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Program and arguments.
    pub words: Vec<String>,
    /// Its last word is a line for the shell that the others are.
    pub is_line: bool,
}

/// A health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// `NONE`, `CMD` and words, `CMD-SHELL` and a line.
    pub test: Vec<String>,
    /// Options: name and value.
    pub options: Vec<(String, String)>,
}

/// Why an instruction cannot be written.
pub type Reason = String;

impl Instruction {
    /// Its first word.
    pub fn keyword(&self) -> &'static str {
        match self {
            Instruction::Run { .. } | Instruction::RunWords(_) => "RUN",
            Instruction::Copy(copy) if copy.is_add => "ADD",
            Instruction::Copy(_) => "COPY",
            Instruction::Env(_) => "ENV",
            Instruction::Label(_) => "LABEL",
            Instruction::Arg(_) => "ARG",
            Instruction::Expose(_) => "EXPOSE",
            Instruction::Volume(_) => "VOLUME",
            Instruction::User(_) => "USER",
            Instruction::Workdir(_) => "WORKDIR",
            Instruction::Entrypoint(_) => "ENTRYPOINT",
            Instruction::Cmd(_) => "CMD",
            Instruction::Shell(_) => "SHELL",
            Instruction::Healthcheck(_) => "HEALTHCHECK",
            Instruction::StopSignal(_) => "STOPSIGNAL",
            Instruction::OnBuild(_) => "ONBUILD",
            Instruction::Maintainer(_) => "MAINTAINER",
            Instruction::Layer | Instruction::Remark => "",
        }
    }

    /// It as it stands in a Dockerfile, without the sources of COPY, `shell` being the shell at this place.
    pub fn text(&self, escape: Escape, shell: &[String]) -> Result<String, Reason> {
        let keyword = self.keyword();
        let rest = match self {
            Instruction::Run { shell, line } => return Ok(run(shell, line, escape)),
            Instruction::RunWords(words) | Instruction::Shell(words) => json(words),
            Instruction::Env(pairs) | Instruction::Label(pairs) => {
                let words =
                    pairs.iter().map(|(name, value)| pair(name, value, escape)).collect::<Result<Vec<_>, _>>()?;
                words.join(" ")
            }
            Instruction::Arg(all) => {
                let words = all.iter().map(|(name, value)| match value {
                    Some(value) => pair(name, value, escape),
                    None => name_of(name, escape),
                });
                words.collect::<Result<Vec<_>, _>>()?.join(" ")
            }
            Instruction::Expose(ports) => {
                let words = ports.iter().map(|port| escape.word(port).ok_or_else(|| line_breaks("a port")));
                words.collect::<Result<Vec<_>, _>>()?.join(" ")
            }
            Instruction::Volume(paths) => escape.list(paths),
            Instruction::User(text)
            | Instruction::Workdir(text)
            | Instruction::StopSignal(text)
            | Instruction::Maintainer(text) => escape.rest(text).ok_or_else(|| line_breaks("its value"))?,
            Instruction::Entrypoint(command) | Instruction::Cmd(command) => command.text(escape),
            Instruction::Healthcheck(health) => health.text(escape, shell)?,
            Instruction::OnBuild(trigger) => {
                if trigger.contains(breaks_a_line) || trigger.ends_with(escape.0) || trigger.contains("<<") {
                    return Err(line_breaks("the trigger"));
                }
                trigger.trim().to_owned()
            }
            Instruction::Copy(_) | Instruction::Layer | Instruction::Remark => {
                return Err("it is files".to_owned());
            }
        };
        Ok(format!("{keyword} {rest}"))
    }
}

impl Command {
    /// A command as the configuration has it, `shell` being the shell at this place.
    pub fn of(words: Vec<String>, shell: &[String]) -> Command {
        let is_line = words.split_last().is_some_and(|(_, before)| before == shell);
        Command { words, is_line }
    }

    fn text(&self, escape: Escape) -> String {
        let line = self.words.last().filter(|line| self.is_line && escape.is_line(line) && line.trim() == *line);
        line.cloned().unwrap_or_else(|| json(&self.words))
    }
}

impl Health {
    fn text(&self, escape: Escape, shell: &[String]) -> Result<String, Reason> {
        let (kind, words) = self.test.split_first().ok_or("it has no test")?;
        let mut parts: Vec<String> = Vec::new();
        for (name, value) in &self.options {
            if !value.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '.' || letter == 'µ') {
                return Err("one of its times is none".to_owned());
            }
            parts.push(format!("--{name}={value}"));
        }
        match (kind.as_str(), words) {
            ("NONE", _) => return Ok("NONE".to_owned()),
            ("CMD-SHELL", [line]) if escape.is_line(line) && line.trim() == line => {
                parts.extend(["CMD".into(), line.clone()])
            }
            ("CMD-SHELL", [line]) => {
                let words: Vec<String> = shell.iter().chain([line]).cloned().collect();
                parts.extend(["CMD".to_owned(), json(&words)]);
            }
            ("CMD", words) => parts.extend(["CMD".to_owned(), json(words)]),
            _ => return Err(format!("a test of the kind {kind} is not known")),
        }
        Ok(parts.join(" "))
    }
}

/// RUN and a line of a shell: as it is, as a here-document, or as the shell and its argument.
fn run(shell: &[String], line: &str, escape: Escape) -> String {
    if escape.is_line(line) {
        return format!("RUN {}", line.trim());
    }
    let is_plain =
        !line.contains(|letter| letter != '\n' && breaks_a_line(letter)) && !line.trim_start().starts_with("#!");
    if is_plain && line.contains('\n') {
        if ends_its_documents(line) && !line.starts_with(['[', '-', '\n', ' ', '\t', '#']) {
            return format!("RUN {}", line.trim_end_matches('\n'));
        }
        let mut end = "EOF".to_owned();
        while line.lines().any(|own| own == end) {
            end.push('_');
        }
        let body = line.strip_suffix('\n').unwrap_or(line);
        return format!("RUN <<{end}\n{body}\n{end}");
    }
    let words: Vec<String> = shell.iter().cloned().chain([line.to_owned()]).collect();
    format!("RUN {}", json(&words))
}

/// Whether the first line begins here-documents that all the lines after it are, in their order, so that the builder reads
/// the whole as it was written.
fn ends_its_documents(text: &str) -> bool {
    let mut lines = text.trim_end_matches('\n').lines();
    let first = lines.next().unwrap_or_default();
    if first.contains(['\'', '"', '`', '\\']) {
        return false;
    }
    let mut names = Vec::new();
    for word in first.split_ascii_whitespace().filter(|word| word.contains("<<")) {
        let rest = word.trim_start_matches(|letter: char| letter.is_ascii_digit()).strip_prefix("<<");
        let Some(name) =
            rest.filter(|name| !name.is_empty() && name.chars().all(|it| it.is_ascii_alphanumeric() || it == '_'))
        else {
            return false;
        };
        names.push(name);
    }
    let mut names = names.into_iter();
    let mut name = names.next();
    for line in lines {
        match name {
            Some(end) if line == end => name = names.next(),
            Some(_) => {}
            None => return false,
        }
    }
    name.is_none() && names.next().is_none() && first.contains("<<")
}

/// `name=value` of ENV, LABEL and ARG.
fn pair(name: &str, value: &str, escape: Escape) -> Result<String, Reason> {
    let value = escape.word(value).ok_or_else(|| line_breaks(&format!("the value of {name}")))?;
    Ok(format!("{}={value}", name_of(name, escape)?))
}

fn name_of(name: &str, escape: Escape) -> Result<String, Reason> {
    if name.is_empty() || name.contains('=') {
        return Err("it has a name that no instruction can have".to_owned());
    }
    escape.word(name).ok_or_else(|| line_breaks("a name"))
}

fn line_breaks(of: &str) -> Reason {
    format!("{of} has line breaks, which no Dockerfile can hold there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell() -> Vec<String> {
        vec!["/bin/sh".to_owned(), "-c".to_owned()]
    }

    fn text(instruction: &Instruction) -> Result<String, Reason> {
        instruction.text(Escape::USUAL, &shell())
    }

    fn run_of(line: &str) -> String {
        text(&Instruction::Run { shell: shell(), line: line.to_owned() }).unwrap()
    }

    #[test]
    fn lines_for_a_shell_are_written_so_that_it_gets_them_as_they_were() {
        for (line, written) in [
            ("echo $A && [ -f x ] # y", "RUN echo $A && [ -f x ] # y"),
            ("[ -f x ] || exit", r#"RUN ["/bin/sh", "-c", "[ -f x ] || exit"]"#),
            ("--help", r#"RUN ["/bin/sh", "-c", "--help"]"#),
            ("echo a\\", r#"RUN ["/bin/sh", "-c", "echo a\\"]"#),
            ("cat <<< x", r#"RUN ["/bin/sh", "-c", "cat \u003c\u003c\u003c x"]"#),
            ("echo a\necho b\n", "RUN <<EOF\necho a\necho b\nEOF"),
            ("FROM x\nEOF\nRUN y", "RUN <<EOF_\nFROM x\nEOF\nRUN y\nEOF_"),
            ("cat <<A > /x\nhello\nA", "RUN cat <<A > /x\nhello\nA"),
            ("cat <<A > /x\nhello\nA\nrm /x", "RUN <<EOF\ncat <<A > /x\nhello\nA\nrm /x\nEOF"),
            ("cat <<'A'\nhello\nA", "RUN <<EOF\ncat <<'A'\nhello\nA\nEOF"),
            ("#!/bin/x\ny", r##"RUN ["/bin/sh", "-c", "#!/bin/x\ny"]"##),
            ("a\rFROM x", r#"RUN ["/bin/sh", "-c", "a\rFROM x"]"#),
            ("", r#"RUN ["/bin/sh", "-c", ""]"#),
        ] {
            assert_eq!(run_of(line), written, "{line:?}");
        }
    }

    #[test]
    fn values_cannot_leave_their_instruction() {
        let pairs = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        for (instruction, written) in [
            (Instruction::Env(pairs("A", "b\nFROM x")), None),
            (Instruction::Env(pairs("A B", "c")), Some("ENV \"A B\"=c")),
            (Instruction::Label(pairs("a=b", "c")), None),
            (Instruction::Label(pairs("a", "$(x) \\")), Some(r#"LABEL a="\$(x) \\""#)),
            (Instruction::User("root\nRUN x".into()), None),
            (Instruction::Workdir("/a$b".into()), Some(r#"WORKDIR "/a\$b""#)),
            (Instruction::StopSignal("SIGINT".into()), Some("STOPSIGNAL SIGINT")),
            (Instruction::Expose(vec!["80/tcp 81".into()]), Some("EXPOSE \"80/tcp 81\"")),
            (Instruction::Volume(vec!["/a\nb".into()]), Some(r#"VOLUME ["/a\nb"]"#)),
            (Instruction::OnBuild("RUN x\nUSER y".into()), None),
            (Instruction::OnBuild("RUN x \\".into()), None),
            (Instruction::Arg(vec![("A".into(), None), ("B".into(), Some("c d".into()))]), Some("ARG A B=\"c d\"")),
        ] {
            assert_eq!(text(&instruction).ok().as_deref(), written, "{instruction:?}");
        }
    }

    #[test]
    fn commands_and_checks_keep_their_form() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let command = |list: &[&str]| Instruction::Cmd(Command::of(words(list), &shell()));
        assert_eq!(text(&command(&["/bin/sh", "-c", "a | b"])).unwrap(), "CMD a | b");
        assert_eq!(text(&command(&["/bin/sh", "-c", "a\nb"])).unwrap(), r#"CMD ["/bin/sh", "-c", "a\nb"]"#);
        assert_eq!(text(&command(&["a", "b c"])).unwrap(), r#"CMD ["a", "b c"]"#);
        assert_eq!(text(&command(&[])).unwrap(), "CMD []");
        let health = |test: &[&str], time: &str| {
            Instruction::Healthcheck(Health { test: words(test), options: vec![("interval".into(), time.into())] })
        };
        assert_eq!(text(&health(&["CMD-SHELL", "a"], "3s")).unwrap(), "HEALTHCHECK --interval=3s CMD a");
        assert_eq!(
            text(&health(&["CMD-SHELL", "a\nb"], "3s")).unwrap(),
            r#"HEALTHCHECK --interval=3s CMD ["/bin/sh", "-c", "a\nb"]"#
        );
        assert_eq!(text(&health(&["NONE"], "3s")).unwrap(), "HEALTHCHECK NONE");
        assert!(text(&health(&["CMD", "a"], "3s\nUSER x")).is_err() && text(&health(&[], "")).is_err());
    }
}
