//! The versions of one file: which layer of an image or a container brought, changed or removed it.

use careen_evidence::{ErrorKind, FileTree, Findings, ReadError, resolve_path};
use careen_model::{FileVersion, Image};

use crate::layers::{Copy, copies_through_links};
use crate::list::{ListOptions, entry, not_there};
use crate::{Scope, Session};

impl Session {
    /// What stood at `path` (from the root) in the layers of an image or a container, the lowest first: one version for
    /// each layer that made a difference. A symbolic link has versions of its own; links on the way are followed. An
    /// error for other scopes, and where nothing ever stood.
    pub fn versions(&self, scope: &Scope, path: &[u8], findings: &mut Findings) -> Result<Vec<FileVersion>, ReadError> {
        let (tree, diff_ids, image) = match scope {
            Scope::Image(name) => {
                let found = self.find_image(name)?;
                let (tree, diff_ids) = self.image_tree(&found, findings)?;
                (tree, diff_ids, Some(found.item))
            }
            Scope::Container(name) => {
                let found = self.find_container(name)?;
                let (tree, diff_ids) = self.container_tree(&found, findings)?;
                let image = self.images().find(|image| Some(&image.id) == found.item.image_id.as_ref());
                (tree, diff_ids, image)
            }
            other => {
                let text = format!("versions in {other}, expected image: or container:");
                return Err(ReadError::new(ErrorKind::Unsupported(text), self.place.clone()));
            }
        };
        let own: Vec<Copy> = tree.history(path, findings)?.into_iter().map(Copy::from).collect();
        let stands = own.last().is_some_and(|copy| copy.node.is_some());
        let copies = if !stands && resolve_path(&tree, path, findings)?.is_some() {
            copies_through_links(&tree, path, self.options(), findings)?
        } else {
            own
        };
        if copies.is_empty() {
            return Err(not_there(&tree, path));
        }
        // Without a history the layers are told all the same.
        let steps = image.and_then(|image| self.history(&image.id).ok()).unwrap_or_default();
        let options = ListOptions::default();
        let mut versions = Vec::new();
        for copy in copies {
            self.options().cancel.check()?;
            let view = tree.view_up_to(copy.from);
            let entry = match copy.node {
                Some(node) => Some(entry(&*view, node, path, view.stat(node, findings)?, options, findings)),
                None => None,
            };
            let diff_id = diff_ids.get(copy.from).cloned().flatten();
            let step = steps.iter().find(|step| diff_id.is_some() && step.layer == diff_id);
            versions.push(FileVersion {
                layer: count(copy.from.saturating_add(1)),
                layers: count(tree.layer_count()),
                chain_id: image.and_then(|image| chain_id(image, copy.from, diff_id.as_deref())),
                created_by: step.map(|step| step.created_by.clone()).filter(|by| !by.is_empty()),
                diff_id,
                entry,
            });
        }
        Ok(versions)
    }
}

/// The chain id of a layer of an image: of the one at this place, where that is the layer that is meant.
fn chain_id(image: &Image, from: usize, diff_id: Option<&str>) -> Option<String> {
    let at = |layer: &&careen_model::LayerOfImage| Some(layer.diff_id.as_str()) == diff_id;
    let layer = image.layers.get(from).filter(at).or_else(|| image.layers.iter().find(at))?;
    Some(layer.chain_id.clone())
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
