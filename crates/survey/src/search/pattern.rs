//! What is looked for among names.
//!
//! Plain text is found anywhere in a name, or in a path when it has a slash. With `*`, `?` or `[` it is a glob that the
//! whole name has to fit, or the path when it has a slash: `*` and `?` do not cross slashes there, `**` does, and a glob
//! that does not begin with a slash may begin at any directory. Letters fit in upper and lower case.

/// A pattern, read.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// In lower case.
    Text {
        text: String,
        is_path: bool,
    },
    Glob {
        parts: Vec<Part>,
        is_path: bool,
    },
}

/// A part of a glob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    One(char),
    /// `?`
    Any,
    /// `*`
    Run,
    /// `**`
    Path,
    /// `[a-z]`, `[!a-z]`
    Class {
        ranges: Vec<(char, char)>,
        is_not: bool,
    },
}

impl Pattern {
    pub(super) fn new(text: &str) -> Pattern {
        let text = text.to_lowercase();
        let is_path = text.contains('/');
        if !text.contains(['*', '?', '[']) {
            return Pattern::Text { text, is_path };
        }
        let mut parts = Vec::new();
        if is_path && !text.starts_with('/') {
            parts.extend([Part::Path, Part::One('/')]);
        }
        let letters: Vec<char> = text.chars().collect();
        let mut rest = letters.as_slice();
        while let [letter, after @ ..] = rest {
            rest = after;
            parts.push(match letter {
                '?' => Part::Any,
                '*' if after.first() == Some(&'*') => {
                    rest = after.get(1..).unwrap_or_default();
                    Part::Path
                }
                '*' => Part::Run,
                '[' => match class(after) {
                    Some((part, after)) => {
                        rest = after;
                        part
                    }
                    // Without its end it is a letter as any other.
                    None => Part::One('['),
                },
                letter => Part::One(*letter),
            });
        }
        Pattern::Glob { parts, is_path }
    }

    /// Whether an object at this path fits.
    pub(super) fn fits_path(&self, path: &[u8]) -> bool {
        let (Pattern::Text { is_path, .. } | Pattern::Glob { is_path, .. }) = self;
        let looked_at = if *is_path { path } else { path.rsplit(|byte| *byte == b'/').next().unwrap_or(path) };
        let text = String::from_utf8_lossy(looked_at);
        match self {
            Pattern::Text { text: wanted, .. } => contains(&text, wanted),
            Pattern::Glob { parts, .. } => fits(parts, &text, *is_path),
        }
    }

    /// Whether something with this name fits; a slash in it is a letter as any other.
    pub(super) fn fits_name(&self, name: &str) -> bool {
        match self {
            Pattern::Text { text, .. } => contains(name, text),
            Pattern::Glob { parts, is_path } => {
                // The `**/` was put before it for paths alone.
                let parts = match parts.as_slice() {
                    [Part::Path, Part::One('/'), rest @ ..] if *is_path => rest,
                    all => all,
                };
                fits(parts, name, false)
            }
        }
    }

    /// Whether something with this id is meant: by four of its first digits or more.
    pub(super) fn fits_id(&self, id: &str) -> bool {
        let Pattern::Text { text, .. } = self else { return false };
        let digits = text.strip_prefix("sha256:").unwrap_or(text);
        digits.len() >= 4 && id.strip_prefix("sha256:").unwrap_or(id).starts_with(digits)
    }
}

fn contains(text: &str, wanted: &str) -> bool {
    text.to_lowercase().contains(wanted)
}

/// What stands between brackets, and what follows.
fn class(letters: &[char]) -> Option<(Part, &[char])> {
    let (is_not, letters) = match letters {
        ['!' | '^', rest @ ..] => (true, rest),
        all => (false, all),
    };
    // A bracket right at the beginning is one of the letters.
    let end = letters.iter().skip(1).position(|letter| *letter == ']')?.checked_add(1)?;
    let (mut inside, rest) = (letters.get(..end)?, letters.get(end.checked_add(1)?..)?);
    let mut ranges = Vec::new();
    loop {
        inside = match inside {
            [] => break,
            [low, '-', high, rest @ ..] => {
                ranges.push((*low, *high));
                rest
            }
            [one, rest @ ..] => {
                ranges.push((*one, *one));
                rest
            }
        };
    }
    Some((Part::Class { ranges, is_not }, rest))
}

/// Whether the whole text fits. Every state a part can be in is kept at once, so that no pattern costs more than its
/// length times that of the text.
fn fits(parts: &[Part], text: &str, is_path: bool) -> bool {
    let mut before = vec![false; parts.len().saturating_add(1)];
    if let Some(first) = before.first_mut() {
        *first = true;
    }
    skip_runs(parts, &mut before);
    for letter in text.chars().flat_map(char::to_lowercase) {
        let mut after = vec![false; before.len()];
        let crosses = !is_path || letter != '/';
        for (at, (part, is_reached)) in
            parts.iter().zip(&before).enumerate().filter(|(_, (_, is_reached))| **is_reached)
        {
            let (stays, goes_on) = match part {
                Part::One(one) => (false, *one == letter),
                Part::Any => (false, crosses),
                Part::Run => (crosses, false),
                Part::Path => (true, false),
                Part::Class { ranges, is_not } => {
                    let is_in = ranges.iter().any(|(low, high)| (low..=high).contains(&&letter));
                    (false, crosses && is_in != *is_not)
                }
            };
            for (state, is_so) in [(at, stays), (at.saturating_add(1), goes_on)] {
                if let Some(state) = after.get_mut(state).filter(|_| is_so && *is_reached) {
                    *state = true;
                }
            }
        }
        skip_runs(parts, &mut after);
        before = after;
    }
    before.last() == Some(&true)
}

/// Runs may be empty.
fn skip_runs(parts: &[Part], states: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        let is_passed = matches!(part, Part::Run | Part::Path) && states.get(at) == Some(&true);
        if let Some(next) = states.get_mut(at.saturating_add(1)).filter(|_| is_passed) {
            *next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is_found(pattern: &str, yes: &[&str], no: &[&str]) {
        let pattern = Pattern::new(pattern);
        for path in yes {
            assert!(pattern.fits_path(path.as_bytes()), "{pattern:?} {path}");
        }
        for path in no {
            assert!(!pattern.fits_path(path.as_bytes()), "{pattern:?} {path}");
        }
    }

    #[test]
    fn plain_text_is_found_anywhere_in_the_name() {
        is_found("PassWd", &["/etc/passwd", "/x/passwd-"], &["/passwd.d/x", "/etc/pass"]);
        is_found("etc/pass", &["/etc/passwd", "/x/ETC/pass/y"], &["/etc/x/passwd"]);
        is_found("설정", &["/a/내설정.txt"], &["/설정/a"]);
    }

    #[test]
    fn a_glob_is_the_whole_name() {
        is_found("*.PY", &["/a/b.py", "/.py"], &["/a.pyc", "/a.py/b"]);
        is_found("a?c[0-9]*", &["/x/abc1", "/abc12x"], &["/abcx", "/ac1", "/xabc1"]);
        is_found("[!a-c]x", &["/dx", "/éx"], &["/ax", "/x"]);
        is_found("[]a]", &["/]", "/a"], &["/b"]);
        is_found("a[", &[], &["/a"]);
        is_found("*[", &["/a["], &["/a"]);
    }

    #[test]
    fn a_glob_with_a_slash_is_the_path() {
        is_found("/etc/*.conf", &["/etc/a.conf"], &["/etc/b/a.conf", "/x/etc/a.conf"]);
        is_found("etc/*.conf", &["/etc/a.conf", "/x/etc/a.conf"], &["/xetc/a.conf"]);
        is_found("/etc/**.conf", &["/etc/a.conf", "/etc/b/a.conf"], &["/a.conf"]);
        is_found("/a?b", &["/axb"], &["/a/b"]);
    }

    #[test]
    fn names_and_ids() {
        assert!(Pattern::new("ghcr.io/*").fits_name("ghcr.io/a/b:1"));
        assert!(!Pattern::new("ghcr.io/*").fits_name("x/ghcr.io/a"));
        assert!(Pattern::new("sha256:0AB1").fits_id("sha256:0ab1ff"));
        assert!(!Pattern::new("0ab").fits_id("0ab1ff") && !Pattern::new("ab1f").fits_id("0ab1ff"));
    }

    /// With the states of each star tried one after another this would not end.
    #[test]
    fn many_stars_cost_little() {
        let pattern = "a*".repeat(40) + "b";
        is_found(&pattern, &[], &[&format!("/{}", "a".repeat(4000))]);
    }
}
