//! Everything about one disk in one document, for a lab book or an incident file: what is wrong, what was found, which
//! packages, what fills it, when it was used, what was taken out.
//!
//! The time it was made comes in as text: same input, same bytes.

mod contents;
mod exported;
mod packages;
mod wrong;

use careen_model::{Comparison, Event, Language, Severity, Space, Survey};

pub use exported::Exported;

use crate::document::{Block, Column, Table, html, markdown, size};

/// What a report is of.
pub struct DiskReport {
    /// What the disk is called: its file name.
    pub name: String,
    /// When the report is made: RFC 3339, UTC.
    pub made: String,
    /// Whether walks through files were left out.
    pub is_quick: bool,
    /// The overview.
    pub survey: Survey,
    /// The packages, compared; `None` when they were not looked at.
    pub packages: Option<Comparison>,
    /// What fills the disk; `None` when it was not counted.
    pub space: Option<Space>,
    /// What happened, the oldest first.
    pub events: Vec<Event>,
    /// What was exported of the disk.
    pub exported: Vec<Exported>,
}

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportFormat {
    /// One HTML file that needs nothing else.
    Html,
    /// Markdown with tables.
    Markdown,
}

impl DiskReport {
    /// The file.
    pub fn write(&self, format: ReportFormat, language: Language) -> Vec<u8> {
        let words = Words(language);
        let title = format!("{}: {}", words.say("Report on a Docker disk", "Docker 디스크 보고서"), self.name);
        let mut blocks = Vec::new();
        self.put_disk(words, &mut blocks);
        wrong::put(self, words, &mut blocks);
        contents::put(self, words, &mut blocks);
        self.put_space(words, &mut blocks);
        self.put_events(words, &mut blocks);
        packages::put(self, words, &mut blocks);
        exported::put(self, words, &mut blocks);
        match format {
            ReportFormat::Html => html(language, &title, &blocks).into_bytes(),
            ReportFormat::Markdown => markdown(&title, &blocks).into_bytes(),
        }
    }

    fn put_disk(&self, words: Words, blocks: &mut Vec<Block>) {
        let disk = &self.survey.disk;
        let mut facts = vec![
            (words.say("Disk", "디스크"), self.name.clone()),
            (words.say("Format", "형식"), disk.format.clone()),
            (words.say("Size of the file", "파일 크기"), words.bytes(disk.file_size)),
            (words.say("Size of the disk", "디스크 크기"), words.bytes(disk.virtual_size)),
        ];
        if let Some(id) = &disk.virtual_disk_id {
            facts.push((words.say("Id of the disk", "디스크 ID"), id.clone()));
        }
        if let Some(snapshot) = &disk.snapshot {
            facts.push((words.say("Snapshot that was read", "읽은 스냅숏"), snapshot.clone()));
        }
        if let Some(host) = &self.survey.host {
            let engine = host.engine.iter().map(|it| format!("{} {}", it.package, it.version));
            let parts: Vec<String> =
                host.name.iter().cloned().chain(host.hostname.iter().cloned()).chain(engine).collect();
            facts.push((words.say("System around it", "디스크 안의 운영체제"), parts.join(", ")));
        }
        facts.push((words.say("Report made", "보고서 작성"), self.made.clone()));
        facts.push((words.say("Made with", "작성 도구"), format!("Careen {}", self.survey.careen)));
        blocks.push(Block::Facts(facts));
        let read_only = words.say(
            "The disk was opened for reading alone; nothing on it was changed. What is unknown is shown as ?.",
            "디스크는 읽기 전용으로 열었으며 아무것도 변경하지 않았습니다. 알 수 없는 값은 ?로 표시합니다.",
        );
        blocks.push(Block::Text(read_only.to_owned()));
        if self.is_quick {
            let quick = words.say(
                "This is a quick report: files were not walked, so sizes of volumes, packages and space are not in it, and \
                 damage that only a walk meets is not told.",
                "빠른 보고서입니다. 파일을 순회하지 않았으므로 볼륨 크기, 패키지, 공간 사용량이 없으며 순회해야 드러나는 손상도 빠져 있습니다.",
            );
            blocks.push(Block::Text(quick.to_owned()));
        }
    }

    fn put_space(&self, words: Words, blocks: &mut Vec<Block>) {
        /// Areas are listed to this depth: filesystem, store, kind, and each of that kind.
        const DEPTH: u8 = 3;
        let Some(space) = &self.space else { return };
        blocks.push(words.heading(2, "What fills the disk", "디스크 공간 사용"));
        let head = [
            (words.say("What", "항목"), Column::Words),
            (words.say("Name", "이름"), Column::Code),
            (words.say("Size", "크기"), Column::Number),
            (words.say("Objects", "개체 수"), Column::Number),
        ];
        let mut table = words.table(head);
        let mut ahead: Vec<(u8, &careen_model::Area)> =
            space.filesystems.iter().rev().map(|filesystem| (0, &filesystem.area)).collect();
        while let Some((depth, area)) = ahead.pop() {
            let kind = format!("{}{}", "\u{2003}".repeat(usize::from(depth)), words.word(area.kind));
            table.push([kind, area.name.clone(), size(area.bytes), area.files.to_string()]);
            if depth < DEPTH {
                ahead.extend(area.areas.iter().rev().map(|below| (depth.saturating_add(1), below)));
            }
        }
        blocks.push(Block::Table(table));
        if !space.prune.is_empty() {
            blocks.push(words.heading(3, "What cleaning up would free", "정리하면 확보되는 공간"));
            let head =
                [(words.say("Command", "명령"), Column::Code), (words.say("Would free", "확보 공간"), Column::Number)];
            let mut table = words.table(head);
            for prune in &space.prune {
                table.push([prune.command.clone(), size(prune.total)]);
            }
            blocks.push(Block::Table(table));
        }
        if let Some(found) = &space.compaction {
            let text = match words.0 {
                Language::English => format!("Compacting the file would give back {}.", size(found.bytes)),
                Language::Korean => format!("파일을 압축하면 {}를 돌려받습니다.", size(found.bytes)),
            };
            blocks.push(Block::Text(text));
        }
    }

    /// The first and the last event of each kind.
    fn put_events(&self, words: Words, blocks: &mut Vec<Block>) {
        if self.events.is_empty() {
            return;
        }
        blocks.push(words.heading(2, "First and last events", "처음과 마지막 사건"));
        let head = [
            (words.say("Of", "대상"), Column::Words),
            (words.say("Time (UTC)", "시각 (UTC)"), Column::Number),
            (words.say("What happened", "사건"), Column::Words),
            (words.say("Where", "위치"), Column::Code),
            (words.say("Detail", "내용"), Column::Words),
        ];
        let mut table = words.table(head);
        for kind in careen_model::EventKind::ALL {
            let mut of_kind = self.events.iter().filter(|event| event.kind == kind);
            let first = of_kind.next();
            for event in first.into_iter().chain(of_kind.next_back()) {
                table.push([
                    words.word(kind),
                    words.time(Some(&event.time)),
                    words.word(event.what),
                    event.scope.clone(),
                    event.detail.clone().unwrap_or_default(),
                ]);
            }
        }
        blocks.push(Block::Table(table));
    }
}

/// The words of one language.
#[derive(Clone, Copy)]
struct Words(Language);

impl Words {
    fn say(self, english: &'static str, korean: &'static str) -> &'static str {
        match self.0 {
            Language::English => english,
            Language::Korean => korean,
        }
    }

    fn heading(self, level: u8, english: &'static str, korean: &'static str) -> Block {
        Block::Heading(level, self.say(english, korean).to_owned())
    }

    fn table(self, head: impl IntoIterator<Item = (impl Into<String>, Column)>) -> Table {
        Table::new(self.0, head)
    }

    /// A size, exact behind.
    fn bytes(self, bytes: Option<u64>) -> String {
        bytes.map_or_else(
            || "?".to_owned(),
            |bytes| format!("{} ({bytes} {})", size(bytes), self.say("bytes", "바이트")),
        )
    }

    fn severity(self, severity: Severity) -> &'static str {
        match severity {
            Severity::Note => self.say("note", "참고"),
            Severity::Damage => self.say("damage", "손상"),
            Severity::Loss => self.say("loss", "손실"),
        }
    }

    /// A time to the second: `2024-05-05T10:00:00Z`.
    fn time(self, time: Option<&String>) -> String {
        match time.map(|time| (time, time.split_once('.'))) {
            None => "?".to_owned(),
            Some((_, Some((seconds, _)))) => format!("{seconds}Z"),
            Some((time, None)) => time.clone(),
        }
    }

    /// The word that JSON has for a value, in this language.
    fn word(self, value: impl serde::Serialize) -> String {
        let word = serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
        let word = word.unwrap_or_default();
        match self.0 {
            Language::English => word.replace('-', " "),
            Language::Korean => {
                KOREAN.iter().find(|(own, _)| *own == word).map_or(word, |(_, korean)| (*korean).to_owned())
            }
        }
    }
}

/// Words of JSON in Korean.
const KOREAN: &[(&str, &str)] = &[
    ("filesystem", "파일 시스템"),
    ("store", "저장소"),
    ("images", "이미지"),
    ("image", "이미지"),
    ("shared-layers", "공유 레이어"),
    ("layer", "레이어"),
    ("containers", "컨테이너"),
    ("container", "컨테이너"),
    ("logs", "로그"),
    ("log", "로그"),
    ("volumes", "볼륨"),
    ("volume", "볼륨"),
    ("build-cache", "빌드 캐시"),
    ("content", "콘텐츠"),
    ("snapshots", "스냅숏"),
    ("snapshot", "스냅숏"),
    ("orphan-layers", "주인 없는 레이어"),
    ("orphan-layer", "주인 없는 레이어"),
    ("records", "기록"),
    ("other-files", "그 밖의 파일"),
    ("directory", "디렉터리"),
    ("nameless", "이름 없는 파일"),
    ("overhead", "파일 시스템 자체"),
    ("superblocks", "슈퍼블록"),
    ("bitmaps", "비트맵"),
    ("inode-tables", "inode 테이블"),
    ("journal", "저널"),
    ("reserved", "예약 영역"),
    ("health", "상태 검사"),
    ("package", "패키지"),
    ("file", "파일"),
    ("created", "생성"),
    ("tagged", "이름 지정"),
    ("started", "시작"),
    ("ended", "종료"),
    ("healthy", "정상"),
    ("unhealthy", "비정상"),
    ("first-line", "첫 기록"),
    ("last-line", "마지막 기록"),
    ("command", "명령"),
    ("installed", "설치"),
    ("upgraded", "업그레이드"),
    ("removed", "제거"),
    ("mounted", "마운트"),
    ("written", "쓰기"),
    ("running", "실행 중"),
    ("paused", "일시 정지"),
    ("exited", "종료됨"),
    ("dead", "중단됨"),
    ("restarting", "다시 시작 중"),
    ("whole", "온전함"),
    ("damaged", "손상됨"),
    ("incomplete", "불완전"),
    ("clean", "정상"),
    ("needs-recovery", "복구 필요"),
    ("errors", "오류 기록됨"),
    ("possible", "가능성 있음"),
    ("likely", "가능성 높음"),
    ("certain", "확실"),
    ("docker-classic", "Docker 기본 저장소"),
    ("docker-containerd", "Docker의 containerd 저장소"),
    ("broken-chain", "레이어 연결 끊김"),
    ("config-invalid", "설정 손상"),
    ("other-store", "다른 저장소에 있음"),
    ("no-name-in-database", "데이터베이스에 이름 없음"),
];

#[cfg(test)]
mod tests;
