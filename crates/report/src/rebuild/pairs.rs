//! Lists that histories print without quotes: `ENV A=b c D=e`, `VOLUME [/a b /c]`. What the configuration still has of
//! them tells where each ends.

use std::collections::BTreeMap;

/// The pairs of ENV or LABEL. A value that the configuration has ends where it ends there; another one ends before what
/// looks like the next name. `false` when that had to be guessed.
pub fn pairs(text: &str, known: &BTreeMap<String, String>) -> (Vec<(String, String)>, bool) {
    let (mut found, mut is_sure, mut rest) = (Vec::new(), true, text);
    while !rest.is_empty() {
        let Some((name, value)) = rest.split_once('=') else {
            // The old form, `ENV name value`, is written with a sign of equality too: this is part of a value.
            match found.last_mut() {
                Some((_, value)) => *value = format!("{value} {rest}"),
                None => found.push((rest.to_owned(), String::new())),
            }
            return (found, false);
        };
        let as_known = known.get(name).and_then(|known| {
            let after = value.strip_prefix(known.as_str())?;
            (after.is_empty() || after.starts_with(' ')).then_some((known.as_str(), after))
        });
        let (value, after) = match as_known {
            Some(exact) => exact,
            None => {
                let end = next_name(value).unwrap_or(value.len());
                let (value, after) = value.split_at_checked(end).unwrap_or((value, ""));
                is_sure = is_sure && !value.contains(' ') && !value.contains('=');
                (value, after)
            }
        };
        found.push((name.to_owned(), value.to_owned()));
        rest = after.strip_prefix(' ').unwrap_or(after);
    }
    (found, is_sure)
}

/// Where a space stands before a name and a sign of equality.
fn next_name(text: &str) -> Option<usize> {
    text.match_indices(' ').map(|(at, _)| at).find(|at| {
        let after = text.get(at.saturating_add(1)..).unwrap_or_default();
        let name = after.split_once('=').map_or("", |(name, _)| name);
        is_name(name)
    })
}

/// Whether this could be the name of a variable or a label.
pub fn is_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.-/".contains(letter))
}

/// The declarations of ARG: `a=1 b c=2`. A word without a sign of equality belongs to the value before it.
pub fn declarations(text: &str) -> (Vec<(String, Option<String>)>, bool) {
    let mut all: Vec<(String, Option<String>)> = Vec::new();
    let mut is_sure = true;
    for word in text.split(' ') {
        match (word.split_once('='), all.last_mut()) {
            (Some((name, value)), _) if is_name(name) => all.push((name.to_owned(), Some(value.to_owned()))),
            (_, Some((_, Some(value)))) => {
                *value = format!("{value} {word}");
                is_sure = false;
            }
            _ => all.push((word.to_owned(), None)),
        }
    }
    (all, is_sure)
}

/// The words of a list that Go prints without quotes, `[/a b /c]`, where `known` has some of them; `false` when one with
/// a space could be two.
pub fn unquoted(text: &str, known: &[&str]) -> (Vec<String>, bool) {
    let inner = text.trim();
    let inner = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(inner);
    let (mut words, mut is_sure, mut rest) = (Vec::new(), true, inner);
    while !rest.is_empty() {
        let exact = known.iter().filter(|word| !word.is_empty()).filter_map(|word| {
            let after = rest.strip_prefix(word)?;
            (after.is_empty() || after.starts_with(' ')).then_some((*word, after))
        });
        let (word, after) = match exact.max_by_key(|(word, _)| word.len()) {
            Some(exact) => exact,
            None => {
                is_sure = false;
                rest.split_once(' ').unwrap_or((rest, ""))
            }
        };
        words.push(word.to_owned());
        rest = after.trim_start_matches(' ');
    }
    (words, is_sure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_tells_where_a_value_ends() {
        let known = [("V", "2.1 beta"), ("Q", "its \"q\" A=b"), ("E", "")];
        let known = known.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (found, is_sure) = pairs("V=2.1 beta Q=its \"q\" A=b E= X=y", &known);
        let found: Vec<_> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(
            (found, is_sure),
            (vec!["V=2.1 beta".into(), "Q=its \"q\" A=b".into(), "E=".into(), "X=y".into()], true)
        );
    }

    #[test]
    fn what_is_not_in_it_any_more_is_guessed() {
        let (found, is_sure) = pairs("O=-Xmx1g -Da=b L=c", &BTreeMap::new());
        let found: Vec<_> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!((found, is_sure), (vec!["O=-Xmx1g -Da=b".to_owned(), "L=c".into()], false));
        assert_eq!(pairs("nothing", &BTreeMap::new()), (vec![("nothing".into(), String::new())], false));
    }

    #[test]
    fn declarations_and_lists_are_taken_apart() {
        let (found, is_sure) = declarations("a=1 b=x y c");
        assert_eq!(found, [("a".into(), Some("1".into())), ("b".to_owned(), Some("x y c".to_owned()))]);
        assert!(!is_sure);
        assert_eq!(declarations("a b=").0, [("a".to_owned(), None), ("b".to_owned(), Some(String::new()))]);
        assert_eq!(unquoted("[/a b /a]", &["/a b", "/a"]), (vec!["/a b".to_owned(), "/a".to_owned()], true));
        assert_eq!(unquoted("[/bin/sh -c]", &[]), (vec!["/bin/sh".to_owned(), "-c".to_owned()], false));
    }
}
