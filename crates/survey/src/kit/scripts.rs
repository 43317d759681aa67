//! The scripts of a kit. Every name in them comes from the disk, so each is one quoted word whatever is in it.

use careen_model::{KitContents, KitVolume, Network};

/// The image with nothing in it that volumes are filled through.
pub(super) const HELPER: &str = "careen/kit-helper:1";

/// What is the same in every kit.
const SHELL: &str = concat!(include_str!("about.sh"), include_str!("engine.sh"), include_str!("restore.sh"));
const POWERSHELL: &str = include_str!("restore.ps1");

/// A script for POSIX shells.
pub(super) fn shell(kit: &KitContents) -> String {
    let mut lines = vec![SHELL.to_owned(), format!("HELPER={}\n", in_shell(HELPER))];
    lines.extend(kit.images_file.iter().map(|file| format!("load {}\n", in_shell(file))));
    for network in &kit.networks {
        lines.push(call("network", &[&network.name], &of_network(network)));
    }
    for volume in &kit.volumes {
        let file = volume.file.as_deref().filter(|_| volume.is_filled).unwrap_or_default();
        lines.push(call("volume", &[file, &volume.name], &of_volume(volume)));
    }
    if kit.images_file.is_some() {
        lines.push("\"$DOCKER\" rmi \"$HELPER\" >/dev/null 2>&1\n".to_owned());
    }
    lines.push(
        "if [ \"$failed\" -gt 0 ]; then\n  say \"restore.sh: $failed of the steps failed\" >&2\n  exit 1\nfi\n"
            .to_owned(),
    );
    lines.push("say 'Everything in this kit is in place'\n".to_owned());
    lines.concat()
}

/// A script for PowerShell, with the mark that lets its older versions know UTF-8.
pub(super) fn powershell(kit: &KitContents) -> String {
    let mut lines =
        vec!["\u{FEFF}".to_owned(), POWERSHELL.to_owned(), format!("$helper = {}\n", in_powershell(HELPER))];
    lines.extend(kit.images_file.iter().map(|file| format!("Load {}\n", in_powershell(file))));
    let array = |words: &[String]| words.iter().map(|word| in_powershell(word)).collect::<Vec<_>>().join(", ");
    for network in &kit.networks {
        lines.push(format!("Network {} @({})\n", in_powershell(&network.name), array(&of_network(network))));
    }
    for volume in &kit.volumes {
        let file = volume.file.as_deref().filter(|_| volume.is_filled).unwrap_or_default();
        let options = array(&of_volume(volume));
        lines.push(format!("Volume {} {} @({options})\n", in_powershell(file), in_powershell(&volume.name)));
    }
    if kit.images_file.is_some() {
        lines.push("[void] (Docker @('rmi', $helper))\n".to_owned());
    }
    lines.push(
        "if ($script:failed) { [Console]::Error.WriteLine(\"restore.ps1: $script:failed of the steps failed\"); exit 1 }\n".to_owned(),
    );
    lines.push("Write-Output 'Everything in this kit is in place'\n".to_owned());
    lines.concat().replace('\n', "\r\n")
}

/// Options of `docker volume create`.
pub(crate) fn of_volume(volume: &KitVolume) -> Vec<String> {
    let driver = volume.driver.iter().map(|driver| format!("--driver={driver}"));
    let labels = volume.labels.iter().map(|(key, value)| format!("--label={key}={value}"));
    let options = volume.options.iter().map(|(key, value)| format!("--opt={key}={value}"));
    driver.chain(labels).chain(options).collect()
}

/// Options of `docker network create`.
pub(crate) fn of_network(network: &Network) -> Vec<String> {
    let mut words = vec![format!("--driver={}", network.driver)];
    words.extend(network.labels.iter().map(|(key, value)| format!("--label={key}={value}")));
    words.extend(network.options.iter().map(|(key, value)| format!("--opt={key}={value}")));
    for (is_set, word) in
        [(network.internal, "--internal"), (network.attachable, "--attachable"), (network.ipv6, "--ipv6")]
    {
        words.extend(is_set.then(|| word.to_owned()));
    }
    for subnet in &network.subnets {
        words.push(format!("--subnet={}", subnet.subnet));
        words.extend(subnet.gateway.iter().map(|gateway| format!("--gateway={gateway}")));
        words.extend(subnet.ip_range.iter().map(|range| format!("--ip-range={range}")));
    }
    words
}

/// A line that calls a function with these words.
pub(crate) fn call(function: &str, words: &[&str], more: &[String]) -> String {
    let words = words.iter().map(|word| in_shell(word)).chain(more.iter().map(|word| in_shell(word)));
    format!("{function} {}\n", words.collect::<Vec<_>>().join(" "))
}

/// A text as one word of a shell (POSIX, 2.2.2): between single quotes nothing but these means anything. No argument of
/// a program can hold a zero byte.
fn in_shell(text: &str) -> String {
    format!("'{}'", text.replace('\0', "").replace('\'', "'\\''"))
}

/// A text as one word of PowerShell (`about_Quoting_Rules`), which takes four letters of Unicode for the quote as well.
fn in_powershell(text: &str) -> String {
    let mut word = String::from("'");
    for letter in text.chars().filter(|letter| *letter != '\0') {
        word.push(letter);
        if matches!(letter, '\'' | '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}') {
            word.push(letter);
        }
    }
    word.push('\'');
    word
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use careen_model::KitVolume;

    use super::*;

    const HOSTILE: [&str; 10] = [
        "$(touch pwned)",
        "`touch pwned`",
        "it's; touch pwned #",
        "\"; touch pwned; \"",
        "line\nfeed\n",
        "-rf",
        "--label=x",
        "* ? ~ \\",
        "\u{2019}; touch pwned; \u{2018}",
        "",
    ];

    fn volume(name: &str) -> KitVolume {
        KitVolume {
            name: name.to_owned(),
            driver: Some(name.to_owned()),
            labels: [(name.to_owned(), name.to_owned())].into(),
            options: [(name.to_owned(), name.to_owned())].into(),
            file: None,
            is_filled: true,
        }
    }

    /// The calls of a script, run by a real shell with functions that print their words, each ended by `|`.
    #[test]
    fn names_are_words_to_a_shell_whatever_is_in_them() {
        for name in HOSTILE {
            let volume = volume(name);
            let line = call("volume", &["", &volume.name], &of_volume(&volume));
            let script = format!("volume() {{ printf '%s|' \"$@\"; }}\n{line}");
            let output = Command::new("sh").arg("-c").arg(script).env_clear().output().unwrap();
            let expected = format!("|{name}|--driver={name}|--label={name}={name}|--opt={name}={name}|");
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{name:?}");
            assert!(output.stderr.is_empty());
        }
    }

    #[test]
    fn names_are_words_to_powershell() {
        for name in HOSTILE {
            let word = in_powershell(name);
            let inner = word.strip_prefix('\'').unwrap().strip_suffix('\'').unwrap();
            // Each quote stands twice, so none of them ends the word.
            let is_quote = |letter: &char| "'\u{2018}\u{2019}\u{201A}\u{201B}".contains(*letter);
            let quotes = inner.chars().filter(is_quote).count();
            assert_eq!(quotes, 2 * name.chars().filter(is_quote).count(), "{name:?}");
            let mut letters = inner.chars();
            let mut read = String::new();
            while let Some(letter) = letters.next() {
                if is_quote(&letter) {
                    assert_eq!(letters.next(), Some(letter));
                }
                read.push(letter);
            }
            assert_eq!(read, name);
        }
        assert_eq!(in_powershell("a\0b"), "'ab'");
    }

    #[test]
    fn the_script_is_one_that_shells_take() {
        let kit = KitContents {
            images_file: Some("images.tar".into()),
            volumes: HOSTILE.iter().map(|name| volume(name)).collect(),
            ..KitContents::default()
        };
        let output = Command::new("sh").arg("-nc").arg(shell(&kit)).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
