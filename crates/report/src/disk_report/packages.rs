//! The packages of the images: how many, where versions drift apart, and the matrix.

use careen_model::Language;

use super::{DiskReport, Words};
use crate::comparison::SEPARATOR;
use crate::document::{Block, Column};

pub(super) fn put(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    let Some(packages) = report.packages.as_ref().filter(|packages| !packages.matrices.is_empty()) else { return };
    blocks.push(words.heading(2, "Packages", "패키지"));
    let head = [
        (words.say("Ecosystem", "생태계"), Column::Words),
        (words.say("Images that have it", "포함한 이미지"), Column::Number),
        (words.say("Packages", "패키지"), Column::Number),
        (words.say("In all of them", "모든 이미지에 공통"), Column::Number),
        (words.say("In one alone", "한 이미지에만"), Column::Number),
        (words.say("With different versions", "버전이 다름"), Column::Number),
    ];
    let mut table = words.table(head);
    for matrix in &packages.matrices {
        let of = matrix.ecosystem;
        table.push([
            of.name().to_owned(),
            matrix.images.len().to_string(),
            matrix.rows.len().to_string(),
            packages.common.iter().filter(|row| row.ecosystem == of).count().to_string(),
            packages.unique.iter().filter(|row| row.ecosystem == of).count().to_string(),
            packages.drift.iter().filter(|row| row.ecosystem == of).count().to_string(),
        ]);
    }
    blocks.push(Block::Table(table));

    blocks.push(words.heading(3, "Drift: one package, several versions", "드리프트: 버전이 여럿인 패키지"));
    let mut table = words.table([
        (words.say("Ecosystem", "생태계"), Column::Words),
        (words.say("Package", "패키지"), Column::Code),
        (words.say("Versions, lowest first", "버전 (낮은 순)"), Column::Code),
        (words.say("Images", "이미지"), Column::Code),
    ]);
    for drift in &packages.drift {
        let (versions, images) = (drift.versions.join(SEPARATOR), drift.images.join(SEPARATOR));
        table.push([drift.ecosystem.name().to_owned(), drift.package.clone(), versions, images]);
    }
    if table.is_empty() {
        let none = words.say("No package is there in more than one version.", "버전이 여럿인 패키지가 없습니다.");
        blocks.push(Block::Text(none.to_owned()));
    } else {
        blocks.push(Block::Table(table));
    }

    for matrix in &packages.matrices {
        let heading = match words.0 {
            Language::English => format!("Matrix: {}", matrix.ecosystem.name()),
            Language::Korean => format!("매트릭스: {}", matrix.ecosystem.name()),
        };
        blocks.push(Block::Heading(3, heading));
        let first = (words.say("Package", "패키지").to_owned(), Column::Code);
        let images = matrix.images.iter().map(|image| (image.clone(), Column::Code));
        let mut table = words.table([first].into_iter().chain(images));
        for row in &matrix.rows {
            table.push([&row.package].into_iter().chain(&row.versions));
        }
        blocks.push(Block::Table(table));
    }
}
