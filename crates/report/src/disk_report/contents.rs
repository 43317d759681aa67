//! What was found: partitions, filesystems, data roots, images, containers, volumes, networks.

use careen_model::{Image, ImageKind, RegistryState, Volume};

use super::{DiskReport, Words};
use crate::document::{Block, Column, size};
use crate::labels;

use Column::{Code, Number, Words as Text};

pub(super) fn put(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    let survey = &report.survey;
    blocks.push(words.heading(2, "What was found", "무엇이 있나"));
    let images: Vec<Image> =
        survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate).cloned().collect();
    let counts = [
        (words.say("Images", "이미지"), images.len()),
        (words.say("Containers", "컨테이너"), survey.containers.len()),
        (words.say("Volumes", "볼륨"), survey.volumes.len()),
        (words.say("Networks", "네트워크"), survey.networks.len()),
    ];
    blocks.push(Block::Facts(counts.into_iter().map(|(name, count)| (name, count.to_string())).collect()));
    put_filesystems(report, words, blocks);
    put_images(&images, words, blocks);
    put_containers(report, words, blocks);
    put_volumes(&survey.volumes, words, blocks);
    if !survey.networks.is_empty() {
        blocks.push(words.heading(3, "Networks", "네트워크"));
        let mut table = words.table([
            (words.say("Name", "이름"), Code),
            (words.say("Driver", "드라이버"), Text),
            (words.say("Addresses", "주소"), Code),
            (words.say("Containers", "컨테이너"), Code),
        ]);
        for network in &survey.networks {
            let subnets: Vec<&str> = network.subnets.iter().map(|it| it.subnet.as_str()).collect();
            let members: Vec<&str> = network.containers.iter().map(|it| it.container.as_str()).collect();
            table.push([network.name.clone(), network.driver.clone(), subnets.join(", "), members.join(", ")]);
        }
        blocks.push(Block::Table(table));
    }
}

fn known<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "?".to_owned(), |value| value.to_string())
}

fn put_filesystems(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    let survey = &report.survey;
    if !survey.filesystems.is_empty() {
        blocks.push(words.heading(3, "Filesystems", "파일 시스템"));
        let mut table = words.table([
            ("fs", Code),
            (words.say("Type", "종류"), Text),
            (words.say("State", "상태"), Text),
            (words.say("Size", "크기"), Number),
            (words.say("In use", "사용 중"), Number),
            (words.say("Last written (UTC)", "마지막 쓰기 (UTC)"), Number),
            ("UUID", Code),
        ]);
        for filesystem in &survey.filesystems {
            table.push([
                format!("fs:{}", filesystem.id),
                filesystem.kind.clone(),
                words.word(filesystem.state),
                known(filesystem.size.map(size)),
                known(filesystem.used.map(size)),
                words.time(filesystem.last_written.as_ref()),
                known(filesystem.uuid.as_ref()),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    if !survey.stores.is_empty() {
        blocks.push(words.heading(3, "Data roots", "데이터 루트"));
        let mut table = words.table([
            (words.say("Store", "저장소"), Code),
            (words.say("Kind", "종류"), Text),
            (words.say("Driver", "드라이버"), Text),
            (words.say("Path", "경로"), Code),
        ]);
        for store in &survey.stores {
            table.push([store.id.clone(), words.word(store.kind), store.driver.clone(), store.path.clone()]);
        }
        blocks.push(Block::Table(table));
    }
}

fn put_images(images: &[Image], words: Words, blocks: &mut Vec<Block>) {
    if images.is_empty() {
        return;
    }
    blocks.push(words.heading(3, "Images", "이미지"));
    let mut table = words.table([
        (words.say("Name", "이름"), Code),
        ("ID", Code),
        (words.say("State", "상태"), Text),
        (words.say("Created (UTC)", "생성 (UTC)"), Number),
        (words.say("Size", "크기"), Number),
        (words.say("Layers", "레이어"), Number),
        (words.say("Registry", "레지스트리"), Text),
    ]);
    for (image, label) in images.iter().zip(labels(images)) {
        let names = if image.names.len() > 1 { image.names.join(", ") } else { label };
        let mut state = words.word(image.state);
        if let Some(hidden) = image.hidden {
            let hides = words.say("hidden by the engine", "엔진이 숨김");
            state = format!("{state}, {hides}: {}", words.word(hidden));
        }
        table.push([
            names,
            image.id.clone(),
            state,
            words.time(image.created.as_ref()),
            known(image.size.map(size)),
            image.layers.len().to_string(),
            known(image.registry.as_ref().map(|registry| registry_word(registry.state, words))),
        ]);
    }
    blocks.push(Block::Table(table));
}

fn registry_word(state: RegistryState, words: Words) -> &'static str {
    match state {
        RegistryState::Known => words.say("known to one", "있음"),
        RegistryState::Layers => words.say("some layers known to one", "레이어 일부만 있음"),
        RegistryState::LocalOnly => words.say("on this disk only", "이 디스크에만 있음"),
    }
}

fn put_containers(report: &DiskReport, words: Words, blocks: &mut Vec<Block>) {
    let containers = &report.survey.containers;
    if containers.is_empty() {
        return;
    }
    blocks.push(words.heading(3, "Containers", "컨테이너"));
    let mut table = words.table([
        (words.say("Name", "이름"), Code),
        ("ID", Code),
        (words.say("Image", "이미지"), Code),
        (words.say("State on disk", "디스크에 기록된 상태"), Text),
        (words.say("Started (UTC)", "시작 (UTC)"), Number),
        (words.say("Ended (UTC)", "종료 (UTC)"), Number),
        (words.say("Project", "프로젝트"), Code),
    ]);
    for container in containers {
        let code = container.exit_code.filter(|code| *code != 0).map_or(String::new(), |code| format!(" ({code})"));
        table.push([
            container.name.clone(),
            container.id.chars().take(12).collect(),
            known(container.image.as_ref().or(container.image_id.as_ref())),
            format!("{}{code}", container.state.map_or_else(|| "?".to_owned(), |state| words.word(state))),
            container.started.as_ref().map_or(String::new(), |time| words.time(Some(time))),
            container.finished.as_ref().map_or(String::new(), |time| words.time(Some(time))),
            container.compose.as_ref().map_or(String::new(), |compose| compose.project.clone()),
        ]);
    }
    blocks.push(Block::Table(table));
}

fn put_volumes(volumes: &[Volume], words: Words, blocks: &mut Vec<Block>) {
    if volumes.is_empty() {
        return;
    }
    blocks.push(words.heading(3, "Volumes", "볼륨"));
    let mut table = words.table([
        (words.say("Name", "이름"), Code),
        (words.say("Size", "크기"), Number),
        (words.say("Objects", "개체 수"), Number),
        (words.say("Mounted by", "사용한 컨테이너"), Code),
        (words.say("Holds", "내용"), Text),
    ]);
    for volume in volumes {
        let mut users: Vec<&str> = volume.mounts.iter().map(|mount| mount.container.as_str()).collect();
        if users.is_empty() {
            users = volume.used_by.iter().map(String::as_str).collect();
        }
        let held = volume.holds.iter().map(|it| format!("{} {}", it.engine, it.version.as_deref().unwrap_or_default()));
        table.push([
            volume.name.clone(),
            known(volume.size.map(size)),
            known(volume.files),
            users.join(", "),
            held.collect::<Vec<_>>().join(", ").trim().to_owned(),
        ]);
    }
    blocks.push(Block::Table(table));
}
