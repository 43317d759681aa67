use careen_model::{Image, ImageKind, ImageState, LayerOfImage, LayerState};
use serde_json::{Value, json};

use super::*;

pub(super) fn image(name: &str, layers: &[&str]) -> Image {
    let layer = |id: &&str| LayerOfImage {
        diff_id: (*id).to_owned(),
        chain_id: (*id).to_owned(),
        size: None,
        state: LayerState::Whole,
    };
    Image {
        id: format!("sha256:{name}"),
        store: "0".into(),
        kind: ImageKind::Tagged,
        names: vec![name.to_owned()],
        digests: Vec::new(),
        created: None,
        architecture: None,
        os: Some("linux".into()),
        size: None,
        layers: layers.iter().map(layer).collect(),
        state: ImageState::Whole,
        hidden: None,
        config_digest: None,
        registry: None,
    }
}

fn history(entries: &[(&str, &str, bool)], config: Value) -> Value {
    let entries = entries.iter().map(|(by, comment, is_empty)| {
        json!({ "created_by": by, "comment": comment, "empty_layer": is_empty, "created": "2024-01-01T00:00:00Z" })
    });
    json!({ "config": config, "history": entries.collect::<Vec<_>>(), "os": "linux" })
}

/// The lines of a Dockerfile without its head; `sources` by step.
fn written(config: &Value, base: Option<Base<'_>>, sources: &[(usize, Source)]) -> Vec<String> {
    let image = image("own:1", &["a", "b", "c", "d", "e", "f"]);
    let steps = steps(config, 6);
    let sources = sources.iter().cloned().collect();
    let file = dockerfile(&Recipe { image: &image, config, steps: &steps, base, sources: &sources });
    let lines = file.text.lines().skip_while(|line| !line.is_empty()).filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

fn instructions(config: &Value, sources: &[(usize, Source)]) -> Vec<String> {
    let lines = written(config, None, sources).into_iter();
    lines.filter(|line| !line.starts_with('#')).skip(1).collect()
}

fn files(path: &str) -> Source {
    Source::Files { path: path.to_owned(), owner: None }
}

#[test]
fn the_classic_builder_s_history_is_read_back() {
    let sum = "0".repeat(64);
    let config = history(
        &[
            ("", "imported root file system", false),
            ("/bin/sh -c #(nop)  LABEL maintainer=a@b org.x=2.0", "", true),
            ("/bin/sh -c #(nop)  ARG ID=none", "", true),
            ("|1 ID=11 01 /bin/sh -c echo \"v1 $ID\" > /x", "", false),
            (&format!("/bin/sh -c #(nop) COPY --chown=1000:1000file:{sum} in /opt/run.sh "), "", false),
            (&format!("/bin/sh -c #(nop) ADD file:{sum} in /data/ "), "", false),
            ("/bin/sh -ec #(nop)  SHELL [/bin/sh -ec]", "", true),
            ("/bin/sh -ec #(nop)  ENV V=2.1 beta Q=its \"q\" E=", "", true),
            ("/bin/sh -ec #(nop) WORKDIR /with space", "", true),
            ("/bin/sh -ec #(nop)  VOLUME [/a b /c]", "", true),
            ("/bin/sh -ec #(nop)  EXPOSE 5353/udp 8080", "", true),
            (
                "/bin/sh -ec #(nop)  HEALTHCHECK &{[\"CMD-SHELL\" \"test -f /ok || exit 1\"] \"3s\" \"0s\" \"1s\" '\\x02'}",
                "",
                true,
            ),
            ("/bin/sh -ec #(nop)  ONBUILD RUN echo on", "", true),
            ("/bin/sh -ec #(nop)  ENTRYPOINT [\"/bin/sh\" \"-ec\" \"a b\"]", "", true),
            ("/bin/sh -ec #(nop)  CMD [\"--help\" \"two words\"]", "", true),
            ("apt-get update", "", false),
        ],
        json!({
            "Env": ["V=2.1 beta", "Q=its \"q\"", "E="], "Labels": { "maintainer": "a@b", "org.x": "2.0" },
            "Shell": ["/bin/sh", "-ec"], "Volumes": { "/a b": {}, "/c": {} }, "WorkingDir": "/with space",
            "Entrypoint": ["/bin/sh", "-ec", "a b"], "Cmd": ["--help", "two words"], "OnBuild": ["RUN echo on"],
            "ExposedPorts": { "5353/udp": {}, "8080/tcp": {} },
            "Healthcheck": { "Test": ["CMD-SHELL", "test -f /ok || exit 1"], "Interval": 3_000_000_000_u64, "StartPeriod": 1_000_000_000, "Retries": 2 },
        }),
    );
    let archive = |path: &str, at: &str| Source::Archive {
        path: path.to_owned(),
        at: at.to_owned(),
        removed: Vec::new(),
        why: String::new(),
    };
    let sources =
        [(0, archive("context/0.tar", "/")), (4, files("context/4/run.sh")), (5, archive("context/5.tar", "/data"))];
    let expected = [
        "ADD context/0.tar /",
        "LABEL maintainer=a@b org.x=2.0",
        "ARG ID=none",
        "RUN echo \"v1 $ID\" > /x",
        "COPY --chown=1000:1000 context/4/run.sh /opt/run.sh",
        "ADD context/5.tar /data/",
        "SHELL [\"/bin/sh\", \"-ec\"]",
        "ENV V=\"2.1 beta\" Q=\"its \\\"q\\\"\" E=\"\"",
        "WORKDIR /with space",
        "VOLUME [\"/a b\", \"/c\"]",
        "EXPOSE 5353/udp 8080",
        "HEALTHCHECK --interval=3s --start-period=1s --retries=2 CMD test -f /ok || exit 1",
        "ONBUILD RUN echo on",
        "ENTRYPOINT a b",
        "CMD [\"--help\", \"two words\"]",
        "RUN [\"apt-get\", \"update\"]",
    ];
    assert_eq!(instructions(&config, &sources), expected);
    let told = steps(&config, 6);
    assert_eq!(told[3].arguments, [("ID".to_owned(), "11 01".to_owned())]);
    assert_eq!(told.last().unwrap().guesses.len(), 1);
}

#[test]
fn what_buildkit_writes_is_read_back() {
    let buildkit = "buildkit.dockerfile.v0";
    let config = history(
        &[
            ("COPY layer0 / # buildkit", buildkit, false),
            ("ARG WHO=me", buildkit, true),
            ("RUN |1 WHO=me /bin/sh -c echo \"hello $WHO\" # buildkit", buildkit, false),
            ("RUN /bin/sh -c set -e\necho a\n # buildkit", buildkit, false),
            ("RUN apt-get update # buildkit", buildkit, false),
            ("COPY --chown=app --chmod=755 /out a.txt /bk/ # buildkit", buildkit, false),
            ("EXPOSE map[80/tcp:{}]", buildkit, true),
            (
                "HEALTHCHECK &{Test:[CMD-SHELL curl -f x || exit 1] Interval:30s Timeout:3s StartPeriod:0s StartInterval:0s Retries:3}",
                buildkit,
                true,
            ),
            ("HEALTHCHECK NONE", buildkit, true),
            ("CMD [\"cat\" \"/x\"]", buildkit, true),
        ],
        json!({ "Cmd": ["cat", "/x"], "ExposedPorts": { "80/tcp": {} }, "Healthcheck": { "Test": ["NONE"] } }),
    );
    let sources = [(0, files("context/0/")), (5, files("context/5/"))];
    let expected = [
        "COPY context/0/ /",
        "ARG WHO=me",
        "RUN echo \"hello $WHO\"",
        "RUN <<EOF",
        "set -e",
        "echo a",
        "EOF",
        "RUN [\"apt-get\", \"update\"]",
        "COPY --chown=app --chmod=755 context/5/ /bk/",
        "EXPOSE 80/tcp",
        "HEALTHCHECK --interval=30s --timeout=3s --retries=3 CMD curl -f x || exit 1",
        "HEALTHCHECK NONE",
        "CMD [\"cat\", \"/x\"]",
    ];
    assert_eq!(instructions(&config, &sources), expected);
    let guesses = written(&config, None, &sources).into_iter().filter(|line| line.starts_with("# guess: "));
    let guesses: Vec<String> = guesses.collect();
    assert!(guesses.iter().any(|guess| guess.contains("COPY --from")), "{guesses:?}");
}

#[test]
fn a_commit_and_an_import_become_archives() {
    let config = history(
        &[
            ("", "Imported from -", false),
            ("RUN pip install x", "", false),
            ("bazel build ...", "", false),
            ("sh -c echo x", "", false),
        ],
        json!({ "Cmd": ["sh", "-c", "echo x"], "Env": ["A=1"] }),
    );
    let removed = vec!["/etc/a b".to_owned(), "/x\nRUN y".to_owned()];
    let archive = Source::Archive { path: "context/3.tar".into(), at: "/".into(), removed, why: "w".into() };
    let lines = written(&config, None, &[(3, archive), (0, Source::Missing { why: "gone".into() })]);
    let expected = [
        "# guess: the files of this layer are not here: gone",
        "RUN pip install x",
        "# A layer that no instruction made; the history says of it: bazel build ...",
        "# A layer that no instruction made; the history says of it: sh -c echo x",
        "# w",
        "RUN [\"rm\", \"-rf\", \"--\", \"/etc/a b\", \"/x\\nRUN y\"]",
        "ADD context/3.tar /",
    ];
    assert_eq!(lines[3..10], expected);
    assert_eq!(lines[lines.len() - 2..], ["ENV A=1", "CMD [\"sh\", \"-c\", \"echo x\"]"]);
}

#[test]
fn nothing_of_the_disk_becomes_a_line_of_its_own() {
    let evil = "x\nRUN evil\n# escape=`\n";
    let config = history(
        &[
            (evil, "", false),
            (&format!("/bin/sh -c #(nop)  USER {evil}"), evil, true),
            (&format!("/bin/sh -c #(nop)  LABEL a={evil}"), "", true),
            (&format!("/bin/sh -c #(nop)  ONBUILD {evil}"), "", true),
            (&format!("ADD https://{evil} /a"), "buildkit", false),
            (&format!("COPY a {evil}"), "buildkit", false),
            (&format!("HEALTHCHECK &{{Test:[CMD-SHELL {evil}] Interval:{evil}}}"), "", true),
            (&format!("VOLUME [{evil}]"), "", true),
            (&format!("EXPOSE {evil}"), "", true),
            (&format!("STOPSIGNAL {evil}"), "", true),
            (&format!("CMD {evil}"), "", true),
            (&format!("MAINTAINER {evil}"), "", true),
        ],
        json!({ "Env": [format!("A={evil}")], "User": evil, "Labels": { evil: evil }, "Cmd": [evil], "Entrypoint": [evil],
            "Healthcheck": { "Test": ["CMD-SHELL", evil] }, "WorkingDir": evil, "StopSignal": evil, "Volumes": { evil: {} },
            "ExposedPorts": { evil: {} }, "Shell": [evil], "OnBuild": [evil] }),
    );
    let mut evil_image = image("own:1", &["a", "b", "c"]);
    evil_image.names = vec![evil.to_owned()];
    evil_image.created = Some(evil.to_owned());
    let steps = steps(&config, 3);
    let source = Source::Missing { why: evil.to_owned() };
    let sources = (0..3).map(|at| (at, source.clone())).collect();
    let file =
        dockerfile(&Recipe { image: &evil_image, config: &config, steps: &steps, base: None, sources: &sources });
    for line in file.text.lines() {
        assert!(!line.starts_with("RUN evil") && line != "# escape=`", "{line}");
    }
    assert!(file.text.starts_with("# Rebuilt by careen"));
}

#[test]
fn a_base_is_the_named_image_with_the_longest_chain() {
    let entry = |by: &'static str| (by, "", by.starts_with('E'));
    let none = || json!({ "OnBuild": ["RUN t"] });
    let own = history(&["a", "ENV A=1", "b", "RUN t", "ENV C=3"].map(entry), json!({}));
    let short = history(&["a"].map(entry), none());
    let long = history(&["a", "ENV A=1", "b"].map(entry), none());
    let other = history(&["a", "ENV B=2", "b"].map(entry), none());
    let images =
        [image("own", &["1", "2", "3"]), image("short", &["1"]), image("long", &["1", "2"]), image("x", &["1", "2"])];
    let mut all = vec![
        Configured { image: &images[1], config: &short },
        Configured { image: &images[3], config: &other },
        Configured { image: &images[2], config: &long },
        Configured { image: &images[0], config: &own },
    ];
    let me = Configured { image: &images[0], config: &own };
    let found = base(me, all.iter().copied()).unwrap();
    assert_eq!((found.of.image.names[0].as_str(), found.steps), ("long", 3));
    let steps = steps(&own, 3);
    let sources = std::collections::BTreeMap::new();
    let file =
        dockerfile(&Recipe { image: &images[0], config: &own, steps: &steps, base: Some(found), sources: &sources });
    let lines: Vec<&str> = file.text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(lines, ["FROM long", "ENV C=3"], "the trigger runs by itself");
    all.truncate(2);
    assert_eq!(base(me, all.iter().copied()).unwrap().of.image.names[0], "short");
    assert!(base(me, [me]).is_none());
}

#[test]
fn lines_that_are_too_long_go_on_in_the_next() {
    let long = "word ".repeat(30_000);
    let config = history(&[(&format!("/bin/sh -c echo {long}end"), "", false)], json!({}));
    let lines = instructions(&config, &[]);
    assert!(lines.len() > 2 && lines.iter().all(|line| line.len() < 65_535));
    let joined: String = lines.iter().map(|line| line.strip_suffix('\\').unwrap_or(line)).collect();
    assert_eq!(joined, format!("RUN echo {long}end"));
}

#[test]
fn windows_images_escape_as_their_paths_need_it() {
    let mut config = history(&[("cmd /S /C #(nop)  ENV P=C:\\a b", "", true)], json!({ "Env": ["P=C:\\a b"] }));
    config["os"] = json!("windows");
    let mut image = image("w", &[]);
    image.os = Some("windows".into());
    let steps = steps(&config, 0);
    let sources = std::collections::BTreeMap::new();
    let file = dockerfile(&Recipe { image: &image, config: &config, steps: &steps, base: None, sources: &sources });
    assert!(file.text.starts_with("# escape=`\n") && file.text.ends_with("\nENV P=\"C:\\a b\"\n"), "{}", file.text);
}
