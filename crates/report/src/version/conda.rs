//! conda's versions: the rules in the docstring of `VersionOrder`, conda/models/version.py.

use std::cmp::Ordering;

/// A version taken apart: epoch and components, then those of the local version.
#[derive(Clone, Debug)]
pub struct Version {
    main: Vec<Component>,
    local: Vec<Component>,
}

/// Numbers and strings in turn, a number first.
type Component = Vec<Part>;

/// In ascending order of what different kinds mean.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Lower case but for `DEV`, which so comes before `_` and all letters.
    Text(String),
    /// Number of digits without leading zeros, and those digits.
    Number(usize, String),
    /// `post`.
    Infinity,
}

/// What a missing part counts as, so that `1.1` equals `1.1.0`.
const FILL: Part = Part::Number(0, String::new());

impl Version {
    /// `None` for what conda calls an invalid version.
    pub fn parse(text: &str) -> Option<Self> {
        let mut version = text.trim().to_ascii_lowercase();
        if !is_allowed(&version) && !version.contains('_') {
            version = version.replace('-', "_");
        }
        if !is_allowed(&version) {
            return None;
        }
        let (epoch, rest) = version.split_once('!').unwrap_or(("0", &version));
        if rest.contains('!') || epoch.is_empty() || !epoch.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let (main, local) = match rest.split_once('+') {
            Some((main, local)) if !local.contains('+') => (main, Some(local)),
            Some(_) => return None,
            None => (rest, None),
        };
        let mut components = vec![component(epoch)?];
        components.extend(split(main)?);
        let local = match local {
            Some(local) => local.split(['.', '_']).map(component).collect::<Option<_>>()?,
            None => Vec::new(),
        };
        Some(Version { main: components, local })
    }
}

fn is_allowed(version: &str) -> bool {
    !version.is_empty()
        && version.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"*.+!_".contains(&byte))
}

/// Components stand between dots and underscores; an underscore at the very end belongs to the last component, the
/// way openssl's versions are told from their letters.
fn split(main: &str) -> Option<Vec<Component>> {
    let Some(body) = main.strip_suffix('_') else { return main.split(['.', '_']).map(component).collect() };
    let mut pieces: Vec<String> = body.split(['.', '_']).map(str::to_owned).collect();
    pieces.last_mut()?.push('_');
    pieces.iter().map(|piece| component(piece)).collect()
}

/// Runs of digits, of `*` and of anything else.
fn component(text: &str) -> Option<Component> {
    let kind = |c: char| (c.is_ascii_digit(), c == '*');
    let first = text.chars().next()?;
    let mut parts = if first.is_ascii_digit() { Vec::new() } else { vec![FILL] };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| kind(c) != kind(first)).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(end)?;
        rest = after;
        parts.push(match run {
            "post" => Part::Infinity,
            "dev" => Part::Text("DEV".to_owned()),
            _ if first.is_ascii_digit() => {
                let digits = run.trim_start_matches('0');
                Part::Number(digits.len(), digits.to_owned())
            }
            _ => Part::Text(run.to_owned()),
        });
    }
    Some(parts)
}

fn compare(a: &[Component], b: &[Component]) -> Ordering {
    let empty = Component::new();
    (0..a.len().max(b.len()))
        .map(|at| {
            let (a, b) = (a.get(at).unwrap_or(&empty), b.get(at).unwrap_or(&empty));
            let parts = 0..a.len().max(b.len());
            parts.map(|at| a.get(at).unwrap_or(&FILL).cmp(b.get(at).unwrap_or(&FILL))).find(|order| order.is_ne())
        })
        .find_map(|order| order)
        .unwrap_or(Ordering::Equal)
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.main, &other.main).then_with(|| compare(&self.local, &other.local))
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks that the versions come in this order; those of one group are equal.
    fn in_order(groups: &[&[&str]]) {
        let all: Vec<(usize, &str)> =
            groups.iter().enumerate().flat_map(|(at, group)| group.iter().map(move |text| (at, *text))).collect();
        for (a_at, a) in &all {
            for (b_at, b) in &all {
                assert_eq!(Version::parse(a).unwrap().cmp(&Version::parse(b).unwrap()), a_at.cmp(b_at), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_order_of_the_docstring() {
        in_order(&[
            &["0.4", "0.4.0"],
            &["0.4.1.rc", "0.4.1.RC"],
            &["0.4.1"],
            &["0.5a1"],
            &["0.5b3"],
            &["0.5C1"],
            &["0.5"],
            &["0.9.6"],
            &["0.960923"],
            &["1.0"],
            &["1.1dev1"],
            &["1.1_"],
            &["1.1a1"],
            &["1.1.0dev1", "1.1.dev1"],
            &["1.1.a1"],
            &["1.1.0rc1"],
            &["1.1.0", "1.1"],
            &["1.1.0post1", "1.1.post1"],
            &["1.1post1"],
            &["1996.07.12"],
            &["1!0.4.1"],
            &["1!3.1.1.6"],
            &["2!0.4.1"],
        ]);
    }

    #[test]
    fn openssl_as_conda_works_around_it() {
        in_order(&[
            &["1.0.1dev"],
            &["1.0.1_"],
            &["1.0.1a"],
            &["1.0.1b"],
            &["1.0.1r"],
            &["1.0.1rc"],
            &["1.0.1rc1"],
            &["1.0.1s"],
            &["1.0.1"],
            &["1.0.1post.a"],
            &["1.0.1post.za"],
            &["1.0.2"],
        ]);
    }

    #[test]
    fn local_versions_and_dashes() {
        in_order(&[
            &["1.0", "1.0+0"],
            &["1.0+1"],
            &["1.0-1", "1.0_1"],
            &["1.99999999999999999999"],
            &["1.100000000000000000000"],
        ]);
    }

    #[test]
    fn what_conda_calls_invalid() {
        for text in
            ["", "5.5++", "5.5..mw", "5.5.mw.", "1.0-1_2", "a b", "!1", "a!1", "1!2!3", "1+2+3", "+1", "1+", "é"]
        {
            assert!(Version::parse(text).is_none(), "{text:?}");
        }
    }
}
