//! The overlay's own extended attributes on objects of a layer.
//!
//! Linux, Documentation/filesystems/overlayfs.rst: "whiteouts and opaque directories", "redirect_dir", "Metadata only
//! copy up", "userxattr" and "Nesting overlayfs mounts".

use careen_evidence::Xattrs;

/// Under which names the layers of a tree carry their marks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarkNames {
    /// `trusted.overlay.`: written by an engine that runs as root.
    Trusted,
    /// `user.overlay.`: written by a rootless engine (mount option `userxattr`).
    User,
    /// Either; where an object has the same mark under both, the trusted one counts. A rootless engine cannot write
    /// trusted names, so this differs from the kernel's view only for an overlay nested inside a layer.
    #[default]
    Both,
}

impl MarkNames {
    fn prefixes(self) -> &'static [&'static [u8]] {
        match self {
            MarkNames::Trusted => &[b"trusted.overlay."],
            MarkNames::User => &[b"user.overlay."],
            MarkNames::Both => &[b"trusted.overlay.", b"user.overlay."],
        }
    }

    /// The attributes a process inside the overlay sees: the overlay's own are hidden, and those of an overlay nested
    /// in it, kept as `trusted.overlay.overlay.…`, have their plain name again.
    pub(super) fn visible(self, xattrs: Xattrs) -> Xattrs {
        let show = |name: Vec<u8>| {
            for prefix in self.prefixes() {
                if let Some(own) = name.strip_prefix(*prefix) {
                    return own.strip_prefix(b"overlay.").map(|nested| [prefix, nested].concat());
                }
            }
            Some(name)
        };
        let mut seen: Xattrs =
            xattrs.into_iter().filter_map(|(name, value)| show(name).map(|name| (name, value))).collect();
        seen.sort();
        seen
    }

    /// The marks among these attributes.
    pub(super) fn read(self, xattrs: &Xattrs) -> Marks {
        let value = |mark: &[u8]| {
            self.prefixes().iter().find_map(|prefix| {
                let named = |name: &[u8]| name.strip_prefix(*prefix) == Some(mark);
                xattrs.iter().find(|(name, _)| named(name)).map(|(_, value)| value.as_slice())
            })
        };
        Marks {
            is_opaque: value(b"opaque") == Some(b"y"),
            is_whiteout: value(b"whiteout").is_some(),
            is_metacopy: value(b"metacopy").is_some(),
            redirect: value(b"redirect").map(Redirect::read),
        }
    }
}

/// What the overlay noted about one object of a layer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// On a directory: nothing from below is merged into it.
    pub(super) is_opaque: bool,
    /// On an empty regular file: it is a whiteout.
    pub(super) is_whiteout: bool,
    /// On a regular file: it has the metadata alone.
    pub(super) is_metacopy: bool,
    /// Where it stands in the layers below.
    pub(super) redirect: Option<Redirect>,
}

/// Where a renamed object stands in the layers below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// Another name in the same directory.
    Name(Vec<u8>),
    /// A path from the root of the overlay, starting with `/`.
    Path(Vec<u8>),
    /// No name and no path; the kernel refuses to look such an object up.
    Invalid(Vec<u8>),
}

impl Redirect {
    fn read(value: &[u8]) -> Redirect {
        // The kernel reads it as a C string.
        let value = value.split(|byte| *byte == 0).next().unwrap_or_default();
        let is_name = |name: &[u8]| !name.is_empty() && name != b"." && name != b"..";
        match value.strip_prefix(b"/") {
            Some(path) if path.split(|byte| *byte == b'/').all(is_name) => Redirect::Path(value.to_vec()),
            None if is_name(value) && !value.contains(&b'/') => Redirect::Name(value.to_vec()),
            _ => Redirect::Invalid(value.to_vec()),
        }
    }

    /// The bytes as they stand in the attribute.
    pub(super) fn target(&self) -> &[u8] {
        let (Redirect::Name(target) | Redirect::Path(target) | Redirect::Invalid(target)) = self;
        target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn xattrs(list: &[(&str, &str)]) -> Xattrs {
        list.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
    }

    #[test]
    fn own_attributes_are_hidden_and_nested_ones_are_unescaped() {
        let all = xattrs(&[
            ("security.capability", "c"),
            ("trusted.overlay.opaque", "y"),
            ("trusted.overlay.overlay.opaque", "x"),
            ("trusted.overlay.overlay.overlay.redirect", "r"),
            ("user.overlay.origin", ""),
        ]);
        let seen =
            [("security.capability", "c"), ("trusted.overlay.opaque", "x"), ("trusted.overlay.overlay.redirect", "r")];
        assert_eq!(MarkNames::Both.visible(all.clone()), xattrs(&seen));
        assert_eq!(
            MarkNames::Trusted.visible(all.clone()),
            xattrs(&[&seen[..], &[("user.overlay.origin", "")]].concat())
        );
        assert_eq!(MarkNames::User.visible(all.clone()), all[..4]);
    }

    #[test]
    fn marks_count_under_their_own_prefix_only() {
        let all =
            xattrs(&[("trusted.overlay.opaque", "n"), ("user.overlay.opaque", "y"), ("user.overlay.metacopy", "")]);
        assert_eq!(MarkNames::Trusted.read(&all), Marks::default());
        assert_eq!(MarkNames::User.read(&all), Marks { is_opaque: true, is_metacopy: true, ..Marks::default() });
        assert_eq!(MarkNames::Both.read(&all), Marks { is_metacopy: true, ..Marks::default() });
    }

    #[test]
    fn redirects_are_names_or_whole_paths() {
        for (value, read) in [
            (&b"a"[..], Redirect::Name(b"a".to_vec())),
            (b"/a/b\0junk", Redirect::Path(b"/a/b".to_vec())),
            (b"", Redirect::Invalid(Vec::new())),
            (b"..", Redirect::Invalid(b"..".to_vec())),
            (b"a/b", Redirect::Invalid(b"a/b".to_vec())),
            (b"/", Redirect::Invalid(b"/".to_vec())),
            (b"/a//b", Redirect::Invalid(b"/a//b".to_vec())),
            (b"/a/../b", Redirect::Invalid(b"/a/../b".to_vec())),
        ] {
            assert_eq!(Redirect::read(value), read);
        }
    }
}
