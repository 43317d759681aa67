//! What differs between two parts of a disk.

use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;

use careen_evidence::Findings;
use careen_model::Differences;
use careen_survey::Scope;

use super::{Answer, Failure, told_of_part};
use crate::input::Input;
use crate::output::{Output, one_line};
use crate::progress::Reporter;

/// Two scopes, when these are two and no files of such names are there.
pub(super) fn scopes(arguments: &[OsString]) -> Option<(Scope, Scope)> {
    let scope = |argument: &OsString| argument.to_str().filter(|_| !Path::new(argument).exists())?.parse().ok();
    match arguments {
        [first, second] => Some((scope(first)?, scope(second)?)),
        _ => None,
    }
}

/// `careen compare DISK SCOPE SCOPE`.
pub(super) fn compare(
    input: Input<'_>,
    first: &Scope,
    second: &Scope,
    out: &mut Output,
    json: bool,
) -> Result<Answer, Failure> {
    let mut reporter = Reporter::new();
    let mut session = input.open(&mut reporter)?;
    let mut findings = Findings::new();
    let difference = session.compare_scopes(first, second, &mut |progress| reporter.show(&progress), &mut findings)?;
    drop(reporter);
    if json {
        out.json(&difference, false)?;
    } else {
        out.bytes(text(&difference).as_bytes())?;
    }
    Ok(told_of_part(&session, &findings))
}

/// One part after another, each a list. `-` and `+` stand before what one of both has alone.
fn text(difference: &Differences) -> String {
    let mut text = format!("- {}\n+ {}\n", one_line(&difference.first), one_line(&difference.second));
    let mut part = |title: &str, lines: Vec<String>| {
        let _ = write!(text, "\n{title}{}\n", if lines.is_empty() { ": the same" } else { ":" });
        for line in lines {
            let _ = writeln!(text, "  {}", one_line(&line));
        }
    };
    let packages = difference.packages.iter().map(|it| {
        let name = format!("{} {}", it.ecosystem.name(), it.package);
        versus(&name, it.first.as_deref(), it.second.as_deref())
    });
    part("packages", packages.collect());
    let settings = difference.configuration.iter();
    let settings = settings.map(|it| versus(&it.setting, it.first.as_deref(), it.second.as_deref()));
    part("configuration", settings.collect());
    let files = difference.files.iter().map(|it| {
        let what: Vec<&str> = it.what.iter().map(|aspect| aspect.word()).collect();
        let what = if what.is_empty() { String::new() } else { format!(" ({})", what.join(", ")) };
        format!("{} {}{what}", it.kind.letter(), it.path)
    });
    part("files", files.collect());
    text
}

fn versus(name: &str, first: Option<&str>, second: Option<&str>) -> String {
    match (first, second) {
        (Some(first), Some(second)) => format!("{name}: {first} → {second}"),
        (Some(first), None) => format!("- {name}: {first}"),
        (None, second) => format!("+ {name}: {}", second.unwrap_or_default()),
    }
}
