//! References of images, as Docker shortens them (distribution/reference, `helpers.go` and `normalize.go`).

use crate::digest::is_digest;

/// Docker's names for an image that has none, and those by which Kubernetes finds an image by its id.
fn is_no_name(reference: &str) -> bool {
    reference.starts_with("moby-dangling@") || is_digest(reference)
}

/// The names of one image.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// `alpine:3`, in byte order.
    pub tags: Vec<String>,
    /// `alpine@sha256:…`, in byte order.
    pub digests: Vec<String>,
    /// As they were found.
    pub references: Vec<String>,
}

impl Names {
    /// Sorts references of an image with this digest. A reference without digest gives one with it too.
    pub fn of<'n>(references: impl Iterator<Item = &'n str>, digest: &str) -> Names {
        let mut names = Names::default();
        for reference in references.filter(|reference| !is_no_name(reference)) {
            names.references.push(reference.to_owned());
            let shown = familiar(reference);
            if reference.contains('@') {
                names.digests.push(shown);
            } else {
                names.digests.push(format!("{}@{digest}", repository(&shown)));
                names.tags.push(shown);
            }
        }
        for list in [&mut names.tags, &mut names.digests] {
            list.sort();
            list.dedup();
        }
        names
    }
}

/// A reference without what Docker leaves out: `docker.io/` and `library/`.
pub(super) fn familiar(reference: &str) -> String {
    let Some(rest) = reference.strip_prefix("docker.io/") else { return reference.to_owned() };
    let official = rest.strip_prefix("library/").filter(|rest| !rest.contains('/'));
    official.unwrap_or(rest).to_owned()
}

/// A reference without its tag.
pub(super) fn repository(reference: &str) -> &str {
    let name = reference.rfind('/').map_or(0, |slash| slash.saturating_add(1));
    let last = reference.get(name..).unwrap_or_default();
    let length = last.find(':').map_or(reference.len(), |colon| name.saturating_add(colon));
    reference.get(..length).unwrap_or(reference)
}
