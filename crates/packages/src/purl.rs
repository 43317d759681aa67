//! Package URLs (package-url specification 1.0, `pkg:type/namespace/name@version?qualifiers`).

use std::fmt::Write;

/// A package URL. Empty parts and qualifiers with an empty value are left out; qualifiers must come sorted by key.
pub fn purl(kind: &str, namespace: &str, name: &str, version: &str, qualifiers: &[(&str, &str)]) -> String {
    let mut url = format!("pkg:{kind}/");
    if !namespace.is_empty() {
        for segment in namespace.split('/').filter(|segment| !segment.is_empty()) {
            encode(segment, &mut url);
            url.push('/');
        }
    }
    encode(name, &mut url);
    if !version.is_empty() {
        url.push('@');
        encode(version, &mut url);
    }
    let mut mark = '?';
    for (key, value) in qualifiers.iter().filter(|(_, value)| !value.is_empty()) {
        url.push(mark);
        mark = '&';
        url.push_str(key);
        url.push('=');
        encode(value, &mut url);
    }
    url
}

/// Percent-encodes all but letters, digits, `.`, `-`, `_`, `~` and the colon ("Character encoding").
fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'-' | b'_' | b'~' | b':' => url.push(char::from(byte)),
            // Writing to a string cannot fail.
            _ => drop(write!(url, "%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_own_examples_come_out() {
        assert_eq!(
            purl("deb", "debian", "curl", "7.50.3-1", &[("arch", "i386"), ("distro", "jessie")]),
            "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie"
        );
        assert_eq!(purl("pypi", "", "django", "1.11.1", &[]), "pkg:pypi/django@1.11.1");
        assert_eq!(
            purl("conda", "", "absl-py", "0.4.1", &[("build", "py36h06a4308_0"), ("channel", "main"), ("type", "")]),
            "pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&channel=main"
        );
    }

    #[test]
    fn each_segment_of_a_namespace_is_encoded_by_itself() {
        let url = purl("golang", "github.com/go-yaml", "yaml", "v2.0.0", &[]);
        assert_eq!(url, "pkg:golang/github.com/go-yaml/yaml@v2.0.0");
        assert_eq!(purl("npm", "@angular", "core", "1", &[]), "pkg:npm/%40angular/core@1");
    }

    #[test]
    fn what_could_be_mistaken_for_a_separator_is_encoded() {
        assert_eq!(purl("deb", "", "g++", "2:1.0+b1/ä", &[]), "pkg:deb/g%2B%2B@2:1.0%2Bb1%2F%C3%A4");
    }
}
