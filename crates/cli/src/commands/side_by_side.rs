//! Several disks, to tell which one is the one that is looked for.

use std::path::{Path, PathBuf};

use careen_model::Survey;
use careen_survey::report;

use super::{Answer, Ask, Failure, complain, opened, told};
use crate::output::Output;
use crate::tables;

/// What tells the disks from one another, alone.
pub fn compare(disks: &[PathBuf], out: &mut Output, ask: Ask<'_>) -> Result<Answer, Failure> {
    let (surveys, answer) = collect(disks, ask)?;
    let found = report::side_by_side(&surveys);
    if ask.json {
        out.json(&found, false)?;
    } else {
        out.bytes(tables::side_by_side(&found).as_bytes())?;
    }
    Ok(answer)
}

/// The same, and behind it the overview of each disk under its name.
pub fn surveys(disks: &[PathBuf], out: &mut Output, ask: Ask<'_>) -> Result<Answer, Failure> {
    let (surveys, answer) = collect(disks, ask)?;
    out.bytes(tables::side_by_side(&report::side_by_side(&surveys)).as_bytes())?;
    for (name, survey) in &surveys {
        out.bytes(b"\n")?;
        out.line(&format!("== {}", crate::output::one_line(name)))?;
        out.bytes(tables::survey(survey).as_bytes())?;
    }
    Ok(answer)
}

/// The overview of each disk that can be read; one disk is open at a time.
fn collect(disks: &[PathBuf], ask: Ask<'_>) -> Result<(Vec<(String, Survey)>, Answer), Failure> {
    let (mut surveys, mut answer) = (Vec::new(), Answer::Whole);
    for (disk, name) in disks.iter().zip(names(disks)) {
        match opened(disk, ask) {
            Ok(session) => {
                answer = answer.max(told(session.findings()));
                surveys.push((name, session.survey()));
            }
            // One disk that cannot be read says nothing about the others.
            Err(error) => {
                complain(&error.to_string());
                answer = Answer::InPart;
            }
        }
    }
    Ok((surveys, answer))
}

/// The disks' file names, or their paths where one name stands for several.
fn names(disks: &[PathBuf]) -> Vec<String> {
    let of = |disk: &Path| disk.file_name().unwrap_or(disk.as_os_str()).to_string_lossy().into_owned();
    let short: Vec<String> = disks.iter().map(|disk| of(disk)).collect();
    let is_alone = |name: &String| short.iter().filter(|other| *other == name).count() == 1;
    short
        .iter()
        .zip(disks)
        .map(|(name, disk)| if is_alone(name) { name.clone() } else { disk.display().to_string() })
        .collect()
}
