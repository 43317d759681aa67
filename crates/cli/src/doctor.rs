//! What `careen doctor` says, as text: the cause and one next step in the first line, then everything behind it.

use careen_model::{Cause, Diagnosis, Doctor, Finding, Language};

use crate::output::one_line;
use crate::tables;

/// The doctor's answer.
pub fn text(doctor: &Doctor) -> String {
    let mut text = String::new();
    if let Some(Diagnosis { cause, .. }) = doctor.diagnoses.first() {
        text.push_str(&format!("{}. {}\n", cause.title(ENGLISH), cause.next(ENGLISH)));
    }
    let contents = doctor.contents;
    let parts = [
        counted(contents.volumes, "volume", "volumes"),
        counted(contents.images, "image", "images"),
        counted(contents.containers, "container", "containers"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if !parts.is_empty() {
        text.push_str(&format!("Listed on this disk: {}.\n", parts.join(", ")));
    }
    for (number, diagnosis) in (1..).zip(&doctor.diagnoses) {
        text.push_str(&format!("\n{number}. {}", described(doctor, diagnosis)));
    }
    let remarks: String = doctor.remarks().map(told).collect();
    if !remarks.is_empty() {
        text.push_str(&format!("\nRemarks\n{remarks}"));
    }
    text
}

const ENGLISH: Language = Language::English;

fn counted(n: u64, one: &str, many: &str) -> Option<String> {
    (n > 0).then(|| format!("{n} {}", if n == 1 { one } else { many }))
}

fn described(doctor: &Doctor, diagnosis: &Diagnosis) -> String {
    let Diagnosis { cause, sureness, .. } = diagnosis;
    let mut text = format!("{} [{}] ({})\n", cause.title(ENGLISH), cause.name, tables::word(sureness));
    text.push_str(&format!("   {}\n", cause.explanation(ENGLISH)));
    text.push_str(&format!("   Next: {}\n", cause.next(ENGLISH)));
    text.push_str(&errors(cause));
    text.extend(doctor.findings_of(diagnosis).map(told));
    text
}

/// What a person may have seen on the screen.
fn errors(cause: &Cause) -> String {
    cause.errors.iter().map(|it| format!("   {} says: {}\n      {}\n", it.said_by, it.text, it.source)).collect()
}

fn told(finding: &Finding) -> String {
    format!("   {}\n      {}\n", tables::finding(finding), one_line(&finding.advice(ENGLISH)))
}

#[cfg(test)]
mod tests {
    use careen_model::{Contents, Place, Sureness, causes, codes};

    use super::*;

    #[test]
    fn the_first_line_has_the_cause_and_the_next_step() {
        let reason = [("reason".to_owned(), "torn\u{1b}[2J".to_owned())];
        let doctor = Doctor {
            diagnoses: vec![Diagnosis { cause: &causes::CUT, sureness: Sureness::Certain, findings: vec![0] }],
            contents: Contents { volumes: 1, images: 2, containers: 0 },
            findings: vec![
                Finding { code: &codes::general::READ_FAILED, place: Place::new("a\nb"), values: reason.into() },
                Finding { code: &codes::survey::NO_STORE, place: Place::new("disk"), values: Default::default() },
            ],
        };
        let text = text(&doctor);
        let first = text.lines().next().unwrap();
        assert!(first.starts_with(causes::CUT.title) && first.ends_with(causes::CUT.next), "{first}");
        assert!(text.contains("\nListed on this disk: 1 volume, 2 images.\n"), "{text}");
        assert!(text.contains("(certain)") && text.contains(causes::CUT.errors[0].source), "{text}");
        // A name on the disk can neither break the line nor steer the terminal.
        assert!(text.contains("loss [read-failed] a\u{fffd}b: ") && !text.contains('\u{1b}'), "{text}");
        let (_, remarks) = text.split_once("\nRemarks\n").unwrap();
        assert!(remarks.contains("[no-store]") && !remarks.contains("[read-failed]"), "{remarks}");
    }
}
