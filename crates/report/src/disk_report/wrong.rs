//! What is wrong, and why Docker does not start.

use careen_model::{Diagnosis, Finding, Language};

use super::{DiskReport, Words};
use crate::doctor;
use crate::document::Block;

pub(super) fn put(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    let language = words.0;
    let doctor = doctor(&report.survey);
    blocks.push(words.heading(2, "What is wrong", "무엇이 잘못되었나"));
    if let Some(Diagnosis { cause, .. }) = doctor.diagnoses.first() {
        blocks.push(Block::Strong(format!("{}. {}", cause.title(language), cause.next(language))));
    }
    for (number, diagnosis) in (1..).zip(&doctor.diagnoses) {
        let Diagnosis { cause, sureness, .. } = diagnosis;
        let heading = format!("{number}. {} ({})", cause.title(language), words.word(sureness));
        blocks.push(Block::Heading(3, heading));
        blocks.push(Block::Text(cause.explanation(language).to_owned()));
        let next = words.say("Next:", "다음 단계:");
        blocks.push(Block::Text(format!("{next} {}", cause.next(language))));
        for error in cause.errors {
            let said = match language {
                Language::English => format!("{} is known to say for it ({}):", error.said_by, error.source),
                Language::Korean => format!("이때 {}가 출력하는 메시지 ({}):", error.said_by, error.source),
            };
            blocks.push(Block::Text(said));
            blocks.push(Block::Quote(error.text.to_owned()));
        }
        blocks.extend(doctor.findings_of(diagnosis).map(|finding| told(finding, words)));
    }
    let mut remarks = doctor.remarks().peekable();
    if remarks.peek().is_some() {
        blocks.push(words.heading(3, "Remarks", "참고 사항"));
        blocks.extend(remarks.map(|finding| told(finding, words)));
    }
}

fn told(finding: &Finding, words: Words) -> Block {
    Block::Finding {
        severity: finding.code.severity,
        word: words.severity(finding.code.severity),
        place: format!("{} [{}]", finding.place, finding.code.name),
        message: finding.message(words.0),
        advice: finding.advice(words.0),
    }
}
