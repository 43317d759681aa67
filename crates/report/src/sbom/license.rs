//! Declared licences: which of them are expressions of SPDX identifiers, and what stands for the others.

/// The identifiers of the SPDX licence list that packages name most. Any other text stands as it is written.
const KNOWN: &[&str] = &[
    "0BSD",
    "AFL-2.1",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-1.1",
    "Apache-2.0",
    "Artistic-1.0",
    "Artistic-2.0",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-4-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDDL-1.0",
    "CDDL-1.1",
    "EPL-1.0",
    "EPL-2.0",
    "GFDL-1.3-or-later",
    "GPL-1.0-or-later",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "HPND",
    "ICU",
    "IJG",
    "ISC",
    "LGPL-2.0-only",
    "LGPL-2.0-or-later",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "Libpng",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "MS-PL",
    "NCSA",
    "OFL-1.1",
    "OpenSSL",
    "PSF-2.0",
    "PostgreSQL",
    "Python-2.0",
    "Ruby",
    "Sleepycat",
    "TCL",
    "UPL-1.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Vim",
    "W3C",
    "WTFPL",
    "X11",
    "ZPL-2.1",
    "Zlib",
    "bzip2-1.0.6",
    "curl",
];

/// Whether a text is one identifier.
fn is_identifier(text: &str) -> bool {
    KNOWN.contains(&text)
}

/// Whether a text is an expression of identifiers, `AND`, `OR` and brackets (SPDX 2.3, annex D).
pub fn is_expression(text: &str) -> bool {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let (mut depth, mut wants_name, mut words) = (0_u32, true, 0_u32);
    for word in spaced.split_ascii_whitespace() {
        words = words.saturating_add(1);
        match word {
            "(" if wants_name => depth = depth.saturating_add(1),
            ")" if !wants_name && depth > 0 => depth = depth.saturating_sub(1),
            "AND" | "OR" if !wants_name => wants_name = true,
            name if wants_name && is_identifier(name) => wants_name = false,
            _ => return false,
        }
    }
    words > 0 && depth == 0 && !wants_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_expressions_of_known_names_are_taken_for_such() {
        for text in ["MIT", "MIT OR Apache-2.0", "(MIT OR ISC) AND BSD-3-Clause"] {
            assert!(is_expression(text), "{text}");
        }
        for text in ["", "MIT OR", "OR MIT", "MIT ISC", "(MIT", "MIT)", "()", "GPLv2+ and MIT", "MIT/ISC"] {
            assert!(!is_expression(text), "{text}");
        }
    }
}
