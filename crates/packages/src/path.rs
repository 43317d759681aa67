//! Paths as bytes.

/// The last name of a path; empty for the root.
pub fn name(path: &[u8]) -> &[u8] {
    split(path).1
}

/// The directory a path lies in; empty for what lies in the root.
pub fn parent(path: &[u8]) -> &[u8] {
    split(path).0
}

/// Directory and name.
pub fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => {
            let (directory, name) = path.split_at(at);
            (directory, name.strip_prefix(b"/").unwrap_or(name))
        }
        None => (&[], path),
    }
}

/// Whether one of the names of a path is this one.
pub fn has(path: &[u8], name: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == name)
}

/// `directory/name`.
pub fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    [directory.strip_suffix(b"/").unwrap_or(directory), b"/", name].concat()
}

/// `target` as seen from `directory`, without `.`, `..` and doubled slashes.
pub fn normalize(directory: &[u8], target: &[u8]) -> Vec<u8> {
    let base = if target.starts_with(b"/") { &[] } else { directory };
    let mut names: Vec<&[u8]> = Vec::new();
    for part in [base, target].into_iter().flat_map(|path| path.split(|byte| *byte == b'/')) {
        match part {
            b"" | b"." => {}
            b".." => {
                names.pop();
            }
            _ => names.push(part),
        }
    }
    names.iter().flat_map(|name| [b"/".as_slice(), name]).flatten().copied().collect()
}

/// For people and for JSON: bytes that are not UTF-8 as U+FFFD; the root as `/`.
pub fn text(path: &[u8]) -> String {
    if path.is_empty() { "/".to_owned() } else { String::from_utf8_lossy(path).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_splits_at_its_last_slash() {
        assert_eq!(split(b"/usr/lib/a"), (b"/usr/lib".as_slice(), b"a".as_slice()));
        assert_eq!(split(b"/usr"), (b"".as_slice(), b"usr".as_slice()));
        assert_eq!(split(b"/"), (b"".as_slice(), b"".as_slice()));
    }

    #[test]
    fn a_relative_target_starts_at_the_directory_and_never_leaves_the_root() {
        assert_eq!(normalize(b"/a/b", b"../c/./d/"), b"/a/c/d");
        assert_eq!(normalize(b"/a/b", b"/x//y"), b"/x/y");
        assert_eq!(normalize(b"/a", b"../../../z"), b"/z");
    }
}
