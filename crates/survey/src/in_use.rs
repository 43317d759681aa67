//! What stores of one Docker mean for one another.
//!
//! A switch from graph drivers to containerd, or from one graph driver to another, hides what lies in the store before; it
//! deletes nothing (Docker manual, `engine/storage/containerd.md`). Which one the engine would show stands in settings
//! outside the disk: the store that was used last tells.

use std::rc::Rc;

use careen_archive::open_layer;
use careen_evidence::{ByteSource, FileTree, Findings, Place, ReadError, Window, codes};
use careen_model::{BuildRecord, Container};
use careen_store::{ContainerdStore, LayerFiles};
use jiff::Timestamp;

use crate::Options;
use crate::image_store::ImageStore;
use crate::names::sentence;
use crate::session::{OpenStore, Session};

/// Bytes of a packed layer that are compared with directories.
const HEAD: u64 = 256 << 10;

impl Session {
    /// Tells containerd's stores of Docker's containers in them, and hides what the engine would not show.
    pub(crate) fn relate_stores(&mut self) -> Result<(), ReadError> {
        let containers: Vec<Container> =
            self.stores.iter().flat_map(|open| open.classic.containers()).cloned().collect();
        let builds: Vec<BuildRecord> = self.stores.iter().flat_map(|open| open.classic.builds()).cloned().collect();
        for open in &mut self.stores {
            let Some(containerd) = &mut open.containerd else { continue };
            let own: Vec<&Container> = containers.iter().filter(|it| it.store == open.store.id).collect();
            // A copy of the files has other inodes and times.
            if self.filesystems.get(open.filesystem).is_some_and(|filesystem| filesystem.ext4().is_some()) {
                recognize_layers(containerd, &open.tree, &self.options)?;
                containerd.assign_directories(&own, &mut self.findings);
            }
            if open.of_docker.contains(&open.store.id) {
                containerd.learn(&own, &builds, &mut self.findings);
            }
            containerd.tell_lost(&mut self.findings);
        }
        for at in 0..self.stores.len() {
            let Some(open) = self.stores.get(at) else { break };
            // Told once, with the first store of a Docker.
            if open.of_docker.first() == Some(&open.store.id) && open.of_docker.len() > 1 {
                let ids = open.of_docker.clone();
                self.hide_unused(&ids, &containers);
            }
        }
        Ok(())
    }

    /// Hides the images of all these stores but the one used last.
    fn hide_unused(&mut self, ids: &[String], containers: &[Container]) {
        let used = |open: &OpenStore| last_used(open, containers);
        let all = self.stores.iter().filter(|open| ids.contains(&open.store.id));
        // Of those used at the same time, the first: the engine prefers it too.
        let Some(last) = all.rev().max_by_key(|open| used(open)).map(|open| open.store.id.clone()) else { return };
        let mut place = self.place.clone();
        for open in self.stores.iter_mut().filter(|open| ids.contains(&open.store.id)) {
            if open.store.id == last {
                place = place.then(&open.store.path);
                continue;
            }
            open.classic.hide();
            if let Some(containerd) = &mut open.containerd {
                containerd.hide();
            }
        }
        let others: Vec<String> = ids.iter().filter(|id| **id != last).cloned().collect();
        let values: [(&str, &dyn std::fmt::Display); 2] = [("id", &last), ("others", &sentence(&others))];
        self.findings.add(&codes::survey::STORE_IN_USE, &place, &values);
    }
}

/// Shows a store the beginnings of packed layers whose directories it does not know, because the database of its snapshots
/// is lost: those tell them apart, and reading no more keeps the opening of a disk quick. An error only when cancelled.
fn recognize_layers(store: &mut ContainerdStore, tree: &Rc<dyn FileTree>, options: &Options) -> Result<(), ReadError> {
    for (chain, files) in store.unplaced_layers() {
        options.cancel.check()?;
        let LayerFiles::Blob { node, digest } = files else { continue };
        // What is wrong with a blob is told where it is read.
        let mut untold = Findings::new();
        let Ok(blob) = tree.open(node, &mut untold) else { continue };
        let place = Place::new(digest);
        let length = blob.len().min(HEAD);
        let is_all = length == blob.len();
        let head: Rc<dyn ByteSource> = Rc::new(Window::new(blob, place.clone(), 0, length));
        match open_layer(head, &place, &options.limits, &options.cancel, &mut untold) {
            Ok(packed) => store.recognize_layer(&chain, &packed, is_all),
            Err(error) if error.is_cancelled() => return Err(error),
            Err(_) => {}
        }
    }
    Ok(())
}

/// When something was last done with a store: the newest time of its containers and of the names of its images.
fn last_used(open: &OpenStore, containers: &[Container]) -> Option<Timestamp> {
    let own = containers.iter().filter(|container| container.store == open.store.id);
    let of_containers = own.flat_map(|it| [&it.created, &it.started, &it.finished]).flatten().map(String::as_str);
    let of_images: Vec<&str> = match open.images() {
        ImageStore::Classic(store) => store.last_tagged().collect(),
        ImageStore::Containerd(store) => store.last_tagged().collect(),
    };
    of_containers.chain(of_images).filter_map(|time| time.parse().ok()).max()
}
