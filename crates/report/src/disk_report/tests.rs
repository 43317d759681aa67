use careen_model::{
    Ecosystem, EventKind, Finding, Happening, ImageState, Matrix, MatrixRow, Network, Place, Volume, codes,
};

use super::*;

const HOSTILE: &str = "a<script>alert(1)</script>\n# b | `c` \u{1b}[2J";

fn report() -> DiskReport {
    let image = careen_model::Image {
        id: "sha256:0123456789abcdef".into(),
        store: "overlay2".into(),
        kind: careen_model::ImageKind::Tagged,
        names: vec![HOSTILE.into()],
        digests: Vec::new(),
        created: None,
        architecture: None,
        os: None,
        size: Some(1_500_000),
        layers: Vec::new(),
        state: ImageState::Whole,
        hidden: None,
        config_digest: None,
        registry: None,
    };
    let volume = Volume {
        name: HOSTILE.into(),
        driver: None,
        labels: None,
        options: Default::default(),
        anonymous: false,
        size: None,
        files: None,
        path: String::new(),
        used_by: vec![HOSTILE.into()],
        mounts: Vec::new(),
        holds: Vec::new(),
    };
    let network = Network {
        id: "n".into(),
        name: HOSTILE.into(),
        driver: HOSTILE.into(),
        scope: "local".into(),
        labels: Default::default(),
        created: None,
        internal: false,
        attachable: false,
        ingress: false,
        ipv6: false,
        subnets: Vec::new(),
        options: Default::default(),
        containers: Vec::new(),
    };
    let reason = [("reason".to_owned(), HOSTILE.to_owned())];
    let survey = Survey {
        careen: "0.1.0".into(),
        images: vec![image],
        volumes: vec![volume],
        networks: vec![network],
        findings: vec![Finding {
            code: &codes::general::READ_FAILED,
            place: Place::new(HOSTILE),
            values: reason.into(),
        }],
        ..Survey::default()
    };
    let matrix = Matrix {
        ecosystem: Ecosystem::Apt,
        images: vec![HOSTILE.into()],
        rows: vec![MatrixRow { package: HOSTILE.into(), source: String::new(), versions: vec!["1:2-3".into()] }],
    };
    let event = Event {
        time: "2024-05-05T10:00:00Z".into(),
        kind: EventKind::Log,
        scope: HOSTILE.into(),
        what: Happening::LastLine,
        detail: Some(HOSTILE.into()),
    };
    let manifest = br#"{"careen":"0.1.0","format":"tar","scopes":["volume:</h3><script>"],"entries":[
        {"name":"a","type":"f","sha256":"aa"},{"name":"b","missing":"gone<script>"}],
        "summary":{"entries":1,"bytes":3},"archive":{"size":10240,"sha256":"ff00"}}"#;
    DiskReport {
        name: HOSTILE.into(),
        made: "2026-01-02T03:04:05Z".into(),
        is_quick: false,
        survey,
        packages: Some(Comparison { images: vec![HOSTILE.into()], matrices: vec![matrix], ..Comparison::default() }),
        space: Some(Space::default()),
        events: vec![event],
        exported: vec![Exported::read("<script>.tar.manifest.json", manifest, "ee".into()).unwrap()],
    }
}

fn text(format: ReportFormat, language: Language) -> String {
    String::from_utf8(report().write(format, language)).unwrap()
}

/// Whether every element that is opened is closed, in order.
fn is_balanced(page: &str) -> bool {
    let mut open: Vec<&str> = Vec::new();
    for tag in page.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(tag, _)| tag)) {
        let name = tag.split([' ', '\n']).next().unwrap();
        match name.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None if name.starts_with('!') || name == "meta" => {}
            None => open.push(name),
        }
    }
    open.is_empty()
}

#[test]
fn the_page_is_well_formed_whatever_the_disk_calls_its_things() {
    for language in [Language::English, Language::Korean] {
        let page = text(ReportFormat::Html, language);
        assert!(is_balanced(&page));
        assert!(!page.contains("<script") && !page.contains('\u{1b}') && !page.contains("http-equiv=\"refresh"));
        for wanted in ["sha256:0123456789abcdef", "1:2-3", "ff00", "2026-01-02T03:04:05Z", "Careen 0.1.0", "1.5 MB"] {
            assert!(page.contains(wanted), "{wanted}");
        }
        // In findings, images, volumes, networks, packages and events.
        assert!(page.matches("a&lt;script&gt;alert(1)").count() > 8);
    }
}

#[test]
fn markdown_holds_the_same_and_no_markup_of_the_disk() {
    let told = text(ReportFormat::Markdown, Language::English);
    assert!(!told.contains("\n# b") && !told.contains('\u{1b}'), "{told}");
    for wanted in ["## What is wrong", "## What was found", "### Images", "ff00", "1:2-3"] {
        assert!(told.contains(wanted), "{wanted}");
    }
    assert!(text(ReportFormat::Markdown, Language::Korean).contains("## 무엇이 잘못되었나"));
}

#[test]
fn the_same_report_has_the_same_bytes() {
    assert_eq!(text(ReportFormat::Html, Language::Korean), text(ReportFormat::Html, Language::Korean));
}

#[test]
fn what_was_not_looked_at_is_not_shown_as_nothing() {
    let quick = DiskReport { is_quick: true, packages: None, space: None, ..report() };
    let page = String::from_utf8(quick.write(ReportFormat::Html, Language::English)).unwrap();
    assert!(page.contains("quick report") && !page.contains("What fills the disk") && !page.contains("Matrix"));
}

#[test]
fn what_is_no_manifest_is_refused() {
    for bytes in [&b"{"[..], b"[]", b"{\"format\":\"tar\"}"] {
        assert!(Exported::read("x", bytes, String::new()).is_err());
    }
}
