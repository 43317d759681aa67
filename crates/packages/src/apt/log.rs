//! What dpkg and apt noted of their work: `/var/log/dpkg.log` and `/var/log/apt/history.log`.
//!
//! dpkg writes one line an action (dpkg 1.22, `lib/dpkg/log.c` and `src/main/`): `DATE TIME install PACKAGE OLD NEW`, and
//! `upgrade`, `remove`, `purge` likewise; steps on the way (`status`, `configure`, …) are left out. apt writes stanzas
//! (apt 2.6, `apt-pkg/deb/dpkgpm.cc`) with `Start-Date` and `Commandline`. Neither tells its time zone.

use careen_model::Happening;

/// What was done to packages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Worked {
    /// `2024-05-05T10:00:00Z`: the time as it is written, taken as UTC.
    pub time: String,
    /// What was done.
    pub what: Happening,
    /// Package and versions, or the command.
    pub detail: String,
}

/// The actions of a `dpkg.log`, in its order. Lines that are none are left out.
pub fn dpkg_log(bytes: &[u8]) -> Vec<Worked> {
    lines(bytes).filter_map(|line| action(&line)).collect()
}

fn action(line: &str) -> Option<Worked> {
    let mut words = line.split(' ');
    let time = time(words.next()?, words.next()?)?;
    let (verb, package) = (words.next()?, words.next()?);
    let (old, new) = (words.next()?, words.next()?);
    let (what, detail) = match verb {
        "install" => (Happening::Installed, format!("{package} {new}")),
        "upgrade" => (Happening::Upgraded, format!("{package} {old} → {new}")),
        "remove" | "purge" => (Happening::Removed, format!("{package} {old}")),
        _ => return None,
    };
    Some(Worked { time, what, detail })
}

/// The commands of a `history.log`, in its order.
pub fn apt_history(bytes: &[u8]) -> Vec<Worked> {
    let (mut all, mut started) = (Vec::new(), None);
    for line in lines(bytes) {
        if line.is_empty() {
            started = None;
        } else if let Some(date) = line.strip_prefix("Start-Date:") {
            let mut words = date.split_whitespace();
            started = words.next().zip(words.next()).and_then(|(date, of_day)| time(date, of_day));
        } else if let Some((command, time)) = line.strip_prefix("Commandline:").zip(started.clone()) {
            all.push(Worked { time, what: Happening::Command, detail: command.trim().to_owned() });
        }
    }
    all
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = std::borrow::Cow<'_, str>> {
    bytes.split(|byte| *byte == b'\n').map(String::from_utf8_lossy)
}

/// A date and a time of day as RFC 3339; `None` when they are none.
fn time(date: &str, of_day: &str) -> Option<String> {
    let has_shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    (has_shape(date, "0000-00-00") && has_shape(of_day, "00:00:00")).then(|| format!("{date}T{of_day}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_told_and_steps_are_not() {
        let log = b"2024-05-05 10:00:00 startup archives unpack\n\
            2024-05-05 10:00:01 install libc6:amd64 <none> 2.36-9\n\
            2024-05-05 10:00:01 status half-installed libc6:amd64 2.36-9\n\
            2024-05-05 10:00:02 upgrade curl:amd64 7.88 7.89\n\
            2024-05-05 10:00:03 remove vim:amd64 9.0 <none>\n\
            yesterday 10:00:03 remove vim:amd64 9.0 <none>\n\
            2024-05-05 10:00:04 remove\n\
            \xff\xfe\n2024-05-05 10:0";
        let told: Vec<(Happening, String)> = dpkg_log(log).into_iter().map(|it| (it.what, it.detail)).collect();
        assert_eq!(
            told,
            [
                (Happening::Installed, "libc6:amd64 2.36-9".to_owned()),
                (Happening::Upgraded, "curl:amd64 7.88 → 7.89".to_owned()),
                (Happening::Removed, "vim:amd64 9.0".to_owned()),
            ]
        );
        assert_eq!(dpkg_log(log)[0].time, "2024-05-05T10:00:01Z");
    }

    #[test]
    fn commands_have_the_time_of_their_stanza() {
        let history = b"\nStart-Date: 2024-05-05  10:00:00\nCommandline: apt-get install -y curl\n\
            Install: curl:amd64 (7.88)\nEnd-Date: 2024-05-05  10:00:09\n\nCommandline: of no stanza\n\
            Start-Date: soon\nCommandline: without time\n";
        let wanted = Worked {
            time: "2024-05-05T10:00:00Z".into(),
            what: Happening::Command,
            detail: "apt-get install -y curl".into(),
        };
        assert_eq!(apt_history(history), [wanted]);
    }
}
