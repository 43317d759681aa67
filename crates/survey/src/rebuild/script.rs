//! The script that makes everything of a rebuild again.

use careen_model::{KitVolume, Network};

use crate::kit::scripts::{call, of_network, of_volume};

/// What is the same in every one; the words to an engine are those of a kit.
const HEAD: &str = concat!(include_str!("about.sh"), include_str!("../kit/engine.sh"), include_str!("restore.sh"));

/// An image with a Dockerfile.
pub(super) struct Image {
    /// What to call it.
    pub(super) name: String,
    /// Its folder.
    pub(super) folder: String,
}

/// A container and its command lines.
pub(super) struct Made {
    pub(super) name: String,
    pub(super) commands: Vec<Vec<String>>,
    pub(super) is_running: bool,
}

/// A script for POSIX shells. Every name is one word in single quotes.
pub(super) fn text(images: &[Image], networks: &[&Network], volumes: &[KitVolume], containers: &[Made]) -> String {
    let mut text = HEAD.to_owned();
    for image in images {
        text.push_str(&call("image", &[&image.name, &image.folder], &[]));
    }
    for network in networks {
        text.push_str(&call("network", &[&network.name], &of_network(network)));
    }
    for volume in volumes {
        text.push_str(&call("volume", &[&volume.name], &of_volume(volume)));
    }
    for container in containers {
        let mut commands = container.commands.iter();
        // `docker run -d …` without starting it: what stands behind `docker run`, and no `-d`.
        let first = commands.next().map(|words| words.iter().skip(2).enumerate()).into_iter().flatten();
        let words: Vec<String> =
            first.filter(|(at, word)| !(*at == 0 && *word == "-d")).map(|(_, word)| word.clone()).collect();
        let start = if container.is_running { "start" } else { "" };
        text.push_str(&call("container", &[&container.name, start], &words));
        for command in commands {
            text.push_str(&call("connect", &[], command.get(3..).unwrap_or_default()));
        }
    }
    text.push_str("[ \"$failed\" -eq 0 ] || {\n  say \"restore.sh: $failed of the steps failed\" >&2\n  exit 1\n}\n");
    text
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn names_of_the_disk_are_words_of_the_script() {
        let evil = "$(touch pwned)'; touch pwned #\n`touch pwned`";
        let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
        let containers = [Made {
            name: evil.to_owned(),
            commands: vec![
                words(&["docker", "run", "-d", "-e", evil, evil, "-d"]),
                words(&["docker", "network", "connect", "--alias", evil, evil, evil]),
            ],
            is_running: true,
        }];
        let images = [Image { name: evil.to_owned(), folder: "images/x".to_owned() }];
        let text = text(&images, &[], &[], &containers);
        let checked = Command::new("sh").arg("-nc").arg(&text).output().unwrap();
        assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
        // The calls alone, with functions that print their words.
        let calls = text.strip_prefix(HEAD).unwrap().split("[ \"$failed\"").next().unwrap();
        let functions = "for f in image container connect; do eval \"$f() { printf '%s|' $f \\\"\\$@\\\"; }\"; done\n";
        let output = Command::new("sh")
            .arg("-c")
            .arg(format!("{functions}{calls}"))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .output()
            .unwrap();
        let expected = format!(
            "image|{evil}|images/x|container|{evil}|start|-e|{evil}|{evil}|-d|connect|--alias|{evil}|{evil}|{evil}|"
        );
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
    }
}
