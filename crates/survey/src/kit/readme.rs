//! What a kit says of itself in plain words.

use careen_evidence::Findings;
use careen_model::{KitContents, Language, Severity};

/// The README, in English and in Korean.
pub(super) fn text(kit: &KitContents, findings: &Findings) -> String {
    let mut text = [about(kit, Language::English), about(kit, Language::Korean)].join("\n\n");
    let told: Vec<_> =
        findings.to_vec().into_iter().filter(|finding| finding.code.severity != Severity::Note).collect();
    if !told.is_empty() {
        text.push_str("\n\nWhat is not whole, and what to do\n온전하지 않은 항목과 조치\n\n");
        for finding in told {
            for language in [Language::English, Language::Korean] {
                text.push_str(&format!("  {} {}\n", finding.message(language), finding.advice(language)));
            }
        }
    }
    text
}

fn about(kit: &KitContents, language: Language) -> String {
    let is_english = language == Language::English;
    let pick = |english: &str, korean: &str| if is_english { english } else { korean }.to_owned();
    let mut lines = vec![
        pick(
            &format!(
                "What Careen {} took from the disk {}, to be put into another Docker Engine.",
                kit.careen,
                one_line(&kit.disk)
            ),
            &format!(
                "Careen {}이(가) 디스크 {}에서 꺼낸 내용입니다. 다른 Docker Engine에 넣을 수 있습니다.",
                kit.careen,
                one_line(&kit.disk)
            ),
        ),
        String::new(),
        pick(
            "Run restore.sh (Linux, macOS, WSL: sh restore.sh) or restore.ps1 (Windows: powershell -ExecutionPolicy Bypass -File restore.ps1)\n\
             where a Docker Engine runs. It checks every file against SHA256SUMS first, then loads the images, makes the networks,\n\
             and makes and fills the volumes. What is there already is left as it is. Nothing is taken from a network.",
            "Docker Engine이 실행 중인 곳에서 restore.sh(Linux, macOS, WSL: sh restore.sh) 또는 restore.ps1(Windows: powershell\n\
             -ExecutionPolicy Bypass -File restore.ps1)를 실행하십시오. 먼저 모든 파일을 SHA256SUMS와 대조한 뒤 이미지를 불러오고\n\
             네트워크를 만들고 볼륨을 만들어 채웁니다. 이미 있는 것은 그대로 둡니다. 네트워크에서 받는 것은 없습니다.",
        ),
        String::new(),
    ];
    let heading = |lines: &mut Vec<String>, count: usize, english: &str, korean: &str| {
        lines.push(format!("{}: {count}", pick(english, korean)));
    };
    heading(&mut lines, kit.images.len(), "Images (images.tar)", "이미지(images.tar)");
    heading(
        &mut lines,
        kit.containers.len(),
        "Containers that changed their files, each as an image, else as an archive of its changes",
        "파일이 바뀐 컨테이너(각각 이미지로, 안 되면 변경된 파일의 아카이브로 저장)",
    );
    for container in &kit.containers {
        let image = container.image.as_deref().or(container.file.as_deref()).map(one_line);
        let image = image.unwrap_or_else(|| pick("(could not be read)", "(읽을 수 없음)"));
        lines.push(format!("  {} = {image}", one_line(&container.name)));
    }
    heading(&mut lines, kit.volumes.len(), "Volumes", "볼륨");
    for volume in &kit.volumes {
        let note = match (&volume.file, volume.is_filled) {
            (None, _) => pick(" (could not be read; it is made empty)", " (읽을 수 없어 빈 볼륨으로 만듭니다)"),
            (Some(_), false) => pick(
                " (its content lies elsewhere, as its driver or options say; it is made but not filled)",
                " (드라이버나 옵션에 따라 내용이 다른 곳에 있으므로 만들기만 하고 채우지 않습니다)",
            ),
            (Some(_), true) => String::new(),
        };
        lines.push(format!(
            "  {}{}{note}",
            one_line(&volume.name),
            volume.file.iter().map(|file| format!(" = {file}")).collect::<String>()
        ));
    }
    heading(&mut lines, kit.networks.len(), "Networks", "네트워크");
    lines.extend(kit.networks.iter().map(|network| format!("  {}", one_line(&network.name))));
    heading(&mut lines, kit.compose.len(), "Compose files", "Compose 파일");
    for file in &kit.compose {
        let where_to = file.file.clone().unwrap_or_else(|| pick("(not on this disk)", "(이 디스크에 없음)"));
        lines.push(format!("  {}: {} = {where_to}", one_line(&file.project), one_line(&file.source)));
    }
    lines.push(String::new());
    lines.push(pick(
        "A volume can be unpacked without Docker too: tar --xattrs --xattrs-include='*' --numeric-owner -xpf volumes/NAME.tar\n\
         (as root; the content is in the directory volume). Beside each archive lies a list of what is in it and what is missing.",
        "Docker 없이도 볼륨을 풀 수 있습니다: tar --xattrs --xattrs-include='*' --numeric-owner -xpf volumes/NAME.tar\n\
         (root로 실행하며 내용은 volume 디렉터리에 있습니다). 각 아카이브 옆의 목록에 들어 있는 항목과 빠진 항목이 있습니다.",
    ));
    lines.join("\n")
}

/// A name of the disk in one line.
fn one_line(name: &str) -> String {
    name.chars().map(|letter| if letter.is_control() { '\u{FFFD}' } else { letter }).collect()
}
