//! What a package declares as its licence, taken apart as far as its meaning is certain.
//!
//! Of dpkg's packages each line holds, and is read as the first line of a `License` field of Debian's "Machine-readable
//! debian/copyright file" format 1.0: names (7.1), `or`, `and` and commas (7.2). Its standard names "must not be used to
//! refer to any other licenses", so they are the SPDX identifiers of [`standard`]; every other name means something in its
//! own file alone and stays a name. (So does `MIT`: "there are many versions of the MIT license", says 7.1.)

use std::borrow::Cow;

use careen_model::{Ecosystem, Package};

use super::license::is_expression;

/// Where the texts of common licences lie.
const COMMON: &str = "/usr/share/common-licenses/";

/// A declared licence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// An SPDX identifier, or an expression of such.
    Known(Cow<'static, str>),
    /// What SPDX has no identifier for, in its own words.
    Named(String),
    /// All of them hold.
    All(Vec<Term>),
    /// One of them may be chosen.
    Any(Vec<Term>),
}

impl Term {
    /// What a package declares; `None` when nothing.
    pub fn of(package: &Package) -> Option<Term> {
        let text = package.declared.license.as_str();
        if package.ecosystem() != Ecosystem::Apt {
            let whole = |text: &str| match is_expression(text) {
                true => Term::Known(text.to_owned().into()),
                false => Term::Named(text.to_owned()),
            };
            return Some(text).filter(|text| !text.is_empty()).map(whole);
        }
        let mut lines: Vec<Term> = Vec::new();
        for term in text.lines().map(line).flat_map(Term::parts) {
            if !lines.contains(&term) {
                lines.push(term);
            }
        }
        joined(lines, Term::All)
    }

    /// The terms that all hold.
    pub fn parts(self) -> Vec<Term> {
        match self {
            Term::All(terms) => terms,
            other => vec![other],
        }
    }

    /// Whether every licence of it has an SPDX identifier.
    pub fn is_known(&self) -> bool {
        match self {
            Term::Known(_) => true,
            Term::Named(_) => false,
            Term::All(terms) | Term::Any(terms) => terms.iter().all(Term::is_known),
        }
    }

    /// As an expression (SPDX 2.3, annex D), in which `name` stands for what has no identifier.
    pub fn expression(&self, name: &mut dyn FnMut(&str) -> String) -> String {
        self.written(name, true)
    }

    /// In words, which are no expression where something has no identifier.
    pub fn words(&self) -> String {
        self.written(&mut str::to_owned, true)
    }

    fn written(&self, name: &mut dyn FnMut(&str) -> String, is_top: bool) -> String {
        let (terms, between) = match self {
            Term::Known(text) => return text.to_string(),
            Term::Named(text) => return name(text),
            Term::All(terms) => (terms, " AND "),
            Term::Any(terms) => (terms, " OR "),
        };
        let text = terms.iter().map(|term| term.written(name, false)).collect::<Vec<_>>().join(between);
        if is_top { text } else { format!("({text})") }
    }
}

/// One term of these, or all of them.
fn joined(mut terms: Vec<Term>, of: fn(Vec<Term>) -> Term) -> Option<Term> {
    match terms.len() {
        0 | 1 => terms.pop(),
        _ => Some(of(terms)),
    }
}

/// One line of what is declared.
fn line(text: &str) -> Term {
    let named = || Term::Named(text.to_owned());
    if let Some(name) = text.strip_prefix(COMMON) {
        // A text that stands for itself. That it is the GPL of version 2 does not tell whether later ones may be taken.
        return match name {
            "Apache-2.0" | "CC0-1.0" | "MPL-1.1" | "MPL-2.0" => Term::Known(name.to_owned().into()),
            _ => named(),
        };
    }
    expression(text).unwrap_or_else(named)
}

/// `A or B and C`, in which `and` goes first, and `A or B, and C`, in which what stands behind a comma goes last.
fn expression(text: &str) -> Option<Term> {
    let spaced = text.replace(',', " , ");
    let words: Vec<&str> = spaced.split_ascii_whitespace().collect();
    let (mut sides, mut outer) = (Vec::new(), None);
    for (at, side) in words.split(|word| *word == ",").enumerate() {
        let side = match side.split_first() {
            Some((operator, rest)) if at > 0 && is_operator(operator) => {
                let is_and = operator.eq_ignore_ascii_case("and");
                if *outer.get_or_insert(is_and) != is_and {
                    return None;
                }
                rest
            }
            _ if at > 0 => return None,
            _ => side,
        };
        sides.push(without_comma(side)?);
    }
    joined(sides, if outer == Some(true) { Term::All } else { Term::Any })
}

fn without_comma(words: &[&str]) -> Option<Term> {
    let is = |wanted: &'static str| move |word: &&str| word.eq_ignore_ascii_case(wanted);
    let any = words.split(is("or")).map(|all| {
        let all = all.split(is("and")).map(single).collect::<Option<Vec<Term>>>()?;
        joined(all, Term::All)
    });
    joined(any.collect::<Option<Vec<Term>>>()?, Term::Any)
}

/// A name, or one with an exception: `GPL-2+ with OpenSSL exception`. None of those is the same in SPDX for certain.
fn single(words: &[&str]) -> Option<Term> {
    match words {
        [name] => Some(standard(name).map_or_else(|| Term::Named((*name).to_owned()), Term::Known)),
        [_, with, .., last] if *with == "with" && matches!(*last, "exception" | "exceptions") => {
            Some(Term::Named(words.join(" ")))
        }
        _ => None,
    }
}

fn is_operator(word: &str) -> bool {
    word.eq_ignore_ascii_case("and") || word.eq_ignore_ascii_case("or")
}

/// Standard names (7.1) whose family has one version, and what they are in SPDX.
const SINGLE: &[(&str, &str)] = &[
    ("bsd-2-clause", "BSD-2-Clause"),
    ("bsd-3-clause", "BSD-3-Clause"),
    ("bsd-4-clause", "BSD-4-Clause"),
    ("cc0", "CC0-1.0"),
    ("expat", "MIT"),
    ("isc", "ISC"),
    ("zlib", "Zlib"),
];

/// Families of standard names, their versions without zeros at the end, and what they are in SPDX.
const VERSIONED: &[(&str, &str, &str)] = &[
    ("apache", "1", "Apache-1.0"),
    ("apache", "2", "Apache-2.0"),
    ("artistic", "2", "Artistic-2.0"),
    ("cc-by", "1", "CC-BY-1.0"),
    ("cc-by", "2", "CC-BY-2.0"),
    ("cc-by", "2.5", "CC-BY-2.5"),
    ("cc-by", "3", "CC-BY-3.0"),
    ("cc-by-nc", "1", "CC-BY-NC-1.0"),
    ("cc-by-nc", "2", "CC-BY-NC-2.0"),
    ("cc-by-nc", "2.5", "CC-BY-NC-2.5"),
    ("cc-by-nc", "3", "CC-BY-NC-3.0"),
    ("cc-by-nc-nd", "1", "CC-BY-NC-ND-1.0"),
    ("cc-by-nc-nd", "2", "CC-BY-NC-ND-2.0"),
    ("cc-by-nc-nd", "2.5", "CC-BY-NC-ND-2.5"),
    ("cc-by-nc-nd", "3", "CC-BY-NC-ND-3.0"),
    ("cc-by-nc-sa", "1", "CC-BY-NC-SA-1.0"),
    ("cc-by-nc-sa", "2", "CC-BY-NC-SA-2.0"),
    ("cc-by-nc-sa", "2.5", "CC-BY-NC-SA-2.5"),
    ("cc-by-nc-sa", "3", "CC-BY-NC-SA-3.0"),
    ("cc-by-nd", "1", "CC-BY-ND-1.0"),
    ("cc-by-nd", "2", "CC-BY-ND-2.0"),
    ("cc-by-nd", "2.5", "CC-BY-ND-2.5"),
    ("cc-by-nd", "3", "CC-BY-ND-3.0"),
    ("cc-by-sa", "1", "CC-BY-SA-1.0"),
    ("cc-by-sa", "2", "CC-BY-SA-2.0"),
    ("cc-by-sa", "2.5", "CC-BY-SA-2.5"),
    ("cc-by-sa", "3", "CC-BY-SA-3.0"),
    ("cc0", "1", "CC0-1.0"),
    ("cddl", "1", "CDDL-1.0"),
    ("cpl", "1", "CPL-1.0"),
    ("efl", "1", "EFL-1.0"),
    ("efl", "2", "EFL-2.0"),
    ("lppl", "1", "LPPL-1.0"),
    ("lppl", "1.1", "LPPL-1.1"),
    ("lppl", "1.2", "LPPL-1.2"),
    ("lppl", "1.3c", "LPPL-1.3c"),
    ("mpl", "1.1", "MPL-1.1"),
    ("mpl", "2", "MPL-2.0"),
    ("qpl", "1", "QPL-1.0"),
    ("zope", "1.1", "ZPL-1.1"),
    ("zope", "2", "ZPL-2.0"),
    ("zope", "2.1", "ZPL-2.1"),
];

/// Families of GNU, which SPDX tells apart by whether later versions may be taken.
const GNU: &[(&str, &str, &str)] = &[
    ("gfdl", "1.1", "GFDL-1.1"),
    ("gfdl", "1.2", "GFDL-1.2"),
    ("gfdl", "1.3", "GFDL-1.3"),
    ("gfdl-niv", "1.1", "GFDL-1.1-no-invariants"),
    ("gfdl-niv", "1.2", "GFDL-1.2-no-invariants"),
    ("gfdl-niv", "1.3", "GFDL-1.3-no-invariants"),
    ("gpl", "1", "GPL-1.0"),
    ("gpl", "2", "GPL-2.0"),
    ("gpl", "3", "GPL-3.0"),
    ("lgpl", "2", "LGPL-2.0"),
    ("lgpl", "2.1", "LGPL-2.1"),
    ("lgpl", "3", "LGPL-3.0"),
];

/// The SPDX identifier of a standard name, where it is the same licence for certain. (One without a version would be the
/// oldest by the letter of 7.1, which those who write `GPL` seldom mean.)
fn standard(name: &str) -> Option<Cow<'static, str>> {
    let name = name.to_ascii_lowercase();
    if let Some((_, id)) = SINGLE.iter().find(|(known, _)| *known == name) {
        return Some(Cow::Borrowed(id));
    }
    let (name, or_later) = match name.strip_suffix('+') {
        Some(name) => (name, true),
        None => (name.as_str(), false),
    };
    let (family, version) = name.rsplit_once('-')?;
    let mut version = version;
    while let Some(shorter) = version.strip_suffix(".0") {
        version = shorter;
    }
    let find = |all: &'static [(&str, &str, &'static str)]| {
        all.iter().find(|(known, its, _)| *known == family && *its == version).map(|(_, _, id)| *id)
    };
    if let Some(id) = find(GNU) {
        return Some(format!("{id}-{}", if or_later { "or-later" } else { "only" }).into());
    }
    find(VERSIONED).filter(|_| !or_later).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spdx(text: &str) -> String {
        line(text).expression(&mut |name| format!("<{name}>"))
    }

    #[test]
    fn standard_names_are_identifiers_and_others_stay_names() {
        for (text, expected) in [
            ("Expat", "MIT"),
            ("EXPAT", "MIT"),
            ("MIT", "<MIT>"),
            ("GPL-2+", "GPL-2.0-or-later"),
            ("GPL-2.0+", "GPL-2.0-or-later"),
            ("GPL-2", "GPL-2.0-only"),
            ("GPL", "<GPL>"),
            ("LGPL-2.1", "LGPL-2.1-only"),
            ("GFDL-NIV-1.3+", "GFDL-1.3-no-invariants-or-later"),
            ("Apache-2", "Apache-2.0"),
            ("Apache-2.0+", "<Apache-2.0+>"),
            ("BSD-3-Clause", "BSD-3-Clause"),
            ("BSD-3-clause~Google", "<BSD-3-clause~Google>"),
            ("public-domain", "<public-domain>"),
            ("/usr/share/common-licenses/GPL-2", "</usr/share/common-licenses/GPL-2>"),
            ("/usr/share/common-licenses/Apache-2.0", "Apache-2.0"),
        ] {
            assert_eq!(spdx(text), expected, "{text}");
        }
    }

    #[test]
    fn a_comma_turns_the_order_of_and_and_or() {
        for (text, expected) in [
            ("Expat or ISC and Zlib", "MIT OR (ISC AND Zlib)"),
            ("Expat or ISC, and Zlib", "(MIT OR ISC) AND Zlib"),
            ("GPL-1+ or Artistic", "GPL-1.0-or-later OR <Artistic>"),
            ("GPL-2+ with OpenSSL exception and ISC", "<GPL-2+ with OpenSSL exception> AND ISC"),
            // What follows no rule is left as it is.
            ("Expat, ISC", "<Expat, ISC>"),
            ("Expat or", "<Expat or>"),
            ("Expat or ISC, and Zlib, or X", "<Expat or ISC, and Zlib, or X>"),
            ("see the file LICENSE", "<see the file LICENSE>"),
            (",", "<,>"),
        ] {
            assert_eq!(spdx(text), expected, "{text}");
        }
    }

    /// The list of identifiers that CycloneDX takes, which is that of SPDX.
    #[test]
    fn every_identifier_is_one_of_spdx() {
        let list = include_str!("../../../../tests/sbom/spdx.SNAPSHOT.schema.json");
        let known = |id: &str| list.contains(&format!("\"{id}\""));
        for (_, id) in SINGLE {
            assert!(known(id), "{id}");
        }
        for (family, version, id) in VERSIONED {
            assert!(known(id), "{id}");
            assert_eq!(standard(&format!("{family}-{version}.0")).as_deref(), Some(*id));
        }
        for (_, _, id) in GNU {
            assert!(known(&format!("{id}-only")) && known(&format!("{id}-or-later")), "{id}");
        }
        assert!(!known("nonsense"));
    }
}
