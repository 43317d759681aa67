//! Whether layers can be given as the very bytes they were packed as: each is put together and its digest taken, without
//! writing it.

use std::collections::BTreeMap;

use careen_archive::write::{Assembled, BadFile, LayerForm, LayerSource, assemble};
use careen_evidence::{Findings, ReadError, codes::export as codes};
use careen_model::{DamagedFile, Exactness, Image, Stage, Verified, VerifiedBlob, VerifiedImage, VerifiedLayer};

use crate::session::OpenStore;
use crate::{Observer, Scope, Session};

/// A layer to be looked at, of this store.
struct Asked<'a> {
    open: &'a OpenStore,
    diff_id: Option<&'a str>,
}

impl Session {
    /// Verifies the layers of these images, containers' images and layers, and the blobs of these stores; without scopes the
    /// layers of the whole disk. What is not exact is told in `findings` too. An error when cancelled, or for a scope that has no layers.
    pub fn verify(
        &self,
        scopes: &[Scope],
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Verified, ReadError> {
        let mut asked: BTreeMap<(&str, &str), Asked<'_>> = BTreeMap::new();
        let mut images: Vec<&Image> = Vec::new();
        let mut blobs = Vec::new();
        for open in self.stores.iter().filter(|_| scopes.is_empty()) {
            images.extend(open.images().images());
            for layer in open.images().layers() {
                let key = (layer.store.as_str(), layer.chain_id.as_str());
                asked.insert(key, Asked { open, diff_id: layer.diff_id.as_deref() });
            }
        }
        for scope in scopes {
            let found = match scope {
                Scope::Image(name) => self.find_image(name)?,
                Scope::Container(name) => {
                    let container = self.find_container(name)?.item;
                    self.find_image(container.image_id.as_deref().unwrap_or_default())?
                }
                Scope::Store(id) => {
                    blobs.extend(self.verify_blobs(self.find_store(id)?, observer, findings)?);
                    continue;
                }
                Scope::Layer(name) => {
                    let found = self.find_layer(name)?;
                    let key = (found.item.store.as_str(), found.item.chain_id.as_str());
                    asked.insert(key, Asked { open: found.open, diff_id: found.item.diff_id.as_deref() });
                    continue;
                }
                _ => {
                    let what = format_args!("{scope} has no layers, expected image:, container:, layer: or store:");
                    return Err(ReadError::unsupported(&self.place, what));
                }
            };
            images.push(found.item);
            for layer in &found.item.layers {
                let key = (found.item.store.as_str(), layer.chain_id.as_str());
                asked.insert(key, Asked { open: found.open, diff_id: Some(&layer.diff_id) });
            }
        }
        // Layers of images whose records are lost.
        for image in &images {
            let Some(open) = self.stores.iter().find(|open| open.store.id == image.store) else { continue };
            for layer in &image.layers {
                let key = (image.store.as_str(), layer.chain_id.as_str());
                asked.entry(key).or_insert(Asked { open, diff_id: Some(&layer.diff_id) });
            }
        }
        let total = asked.len() as u64;
        let mut layers = Vec::new();
        for (done, ((store, chain), layer)) in (0_u64..).zip(asked) {
            self.options().cancel.check()?;
            observer(self.progress(Stage::Files, chain, done, Some(total)));
            let source = self.layer_source(layer.open, chain, layer.diff_id, findings)?;
            let mut verified = self.verify_layer(&source, findings)?;
            store.clone_into(&mut verified.store);
            let is_user =
                |image: &&Image| image.store == store && image.layers.iter().any(|layer| layer.chain_id == chain);
            let users = layer.open.images().images().iter().filter(is_user);
            verified.images = users.map(|image| image.id.clone()).collect();
            layers.push(verified);
        }
        let state_of = |image: &Image| {
            let states = image.layers.iter().filter_map(|own| {
                let is_it = |layer: &&VerifiedLayer| layer.store == image.store && layer.chain_id == own.chain_id;
                layers.iter().find(is_it).map(|layer| layer.state)
            });
            states.max().unwrap_or(Exactness::Exact)
        };
        let images = images.into_iter().map(|image| VerifiedImage {
            id: image.id.clone(),
            store: image.store.clone(),
            kind: image.kind,
            names: image.names.clone(),
            state: state_of(image),
        });
        Ok(Verified { images: images.collect(), layers, blobs, cross_check: None })
    }

    /// Compares the bytes of each blob of a store with the digest that is its name.
    fn verify_blobs(
        &self,
        open: &OpenStore,
        observer: Observer<'_>,
        findings: &mut Findings,
    ) -> Result<Vec<VerifiedBlob>, ReadError> {
        let Some(store) = &open.containerd else {
            let what = format_args!("store:{} has no blobs, expected a store of containerd", open.store.id);
            return Err(ReadError::unsupported(&self.place, what));
        };
        let blobs = store.blobs_by_name();
        let total = blobs.len() as u64;
        let mut verified = Vec::new();
        for (done, (digest, node)) in (0_u64..).zip(blobs) {
            self.options().cancel.check()?;
            observer(self.progress(Stage::Files, &digest, done, Some(total)));
            let place = self.place.then(format_args!("store:{}", open.store.id)).then(&digest);
            let (state, size, reason) = match node {
                None => (Exactness::Missing, None, Some("the blob is not there".to_owned())),
                Some(node) => match store.digest_of(node, &self.options().cancel, findings) {
                    Ok((found, size)) if found == digest => (Exactness::Exact, Some(size), None),
                    Ok((found, size)) => (Exactness::Damaged, Some(size), Some(format!("its bytes give {found}"))),
                    Err(error) if error.is_cancelled() => return Err(error),
                    Err(error) => (Exactness::Damaged, None, Some(error.to_string())),
                },
            };
            let shown = reason.as_deref().unwrap_or_default();
            let values: [(&str, &dyn std::fmt::Display); 2] = [("blob", &digest), ("reason", &shown)];
            match state {
                Exactness::Exact => {}
                Exactness::Missing => findings.add(&codes::BLOB_GONE, &place, &values),
                _ => findings.add(&codes::BLOB_DAMAGED, &place, &values),
            }
            verified.push(VerifiedBlob { store: open.store.id.clone(), digest, state, size, reason });
        }
        Ok(verified)
    }

    fn verify_layer(&self, source: &LayerSource, findings: &mut Findings) -> Result<VerifiedLayer, ReadError> {
        let options = self.options();
        // Of the first form, unless another one is exact.
        let mut first = None;
        let mut copy = None;
        for form in &source.forms {
            let assembled = match assemble(form, &options.limits, &options.cancel, findings) {
                Err(error) if error.is_cancelled() => return Err(error),
                result => result.map_err(|error| error.to_string()),
            };
            let is_exact = matches!(&assembled, Ok(assembled)
                if assembled.bad_count == 0 && source.diff_id.as_ref() == Some(&assembled.digest));
            if first.is_some() || source.without.is_some() {
                if is_exact {
                    copy = assembled.ok().map(|assembled| (form, assembled.length));
                }
            } else {
                first = Some(assembled);
            }
            if is_exact {
                break;
            }
        }
        let assembled = first.unwrap_or_else(|| Err(source.without.clone().unwrap_or_default()));
        let is_record = matches!(source.forms.first(), Some(LayerForm::Record(_)));
        let (state, reason, assembled) = judge(source, assembled, is_record);
        let place = self.place.then(format_args!("layer:{}", source.name));
        let shown = reason.as_deref().unwrap_or_default();
        if let Some((form, length)) = copy {
            let copy = form.place();
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("layer", &source.name), ("reason", &shown), ("copy", &copy)];
            findings.add(&codes::LAYER_FROM_COPY, &place, &values);
            let reason = Some(format!("{shown}; the copy at {copy} is exact"));
            let bad = assembled.map(|assembled| assembled.bad).unwrap_or_default();
            return Ok(verified(source, Exactness::Exact, Some(length), reason, &bad));
        }
        match (state, assembled.as_ref().and_then(|assembled| Some((assembled, assembled.bad.first()?)))) {
            (Exactness::Exact, _) => {}
            (Exactness::Damaged, Some((assembled, first))) => {
                let values: [(&str, &dyn std::fmt::Display); 4] = [
                    ("layer", &source.name),
                    ("count", &assembled.bad_count),
                    ("path", &String::from_utf8_lossy(&first.path)),
                    ("reason", &first.reason),
                ];
                findings.add(&codes::LAYER_FILES_DAMAGED, &place, &values);
            }
            (Exactness::Rebuilt, _) => {
                findings.add(&codes::LAYER_NOT_EXACT, &place, &[("layer", &source.name), ("reason", &shown)]);
            }
            _ => findings.add(&codes::LAYER_GONE, &place, &[("layer", &source.name), ("reason", &shown)]),
        }
        let bad = assembled.as_ref().map(|assembled| assembled.bad.as_slice()).unwrap_or_default();
        let size = assembled.as_ref().filter(|_| state == Exactness::Exact).map(|assembled| assembled.length);
        Ok(verified(source, state, size, reason, bad))
    }
}

/// What is told of a layer; its store and images are left to the caller.
fn verified(
    source: &LayerSource,
    state: Exactness,
    size: Option<u64>,
    reason: Option<String>,
    bad: &[BadFile],
) -> VerifiedLayer {
    let files = bad
        .iter()
        .map(|bad| DamagedFile { path: String::from_utf8_lossy(&bad.path).into_owned(), reason: bad.reason.clone() });
    VerifiedLayer {
        store: String::new(),
        chain_id: source.name.clone(),
        diff_id: source.diff_id.clone(),
        state,
        size,
        reason,
        files: files.collect(),
        images: Vec::new(),
    }
}

/// What is to be said of a layer that was put together, or could not be.
fn judge(
    source: &LayerSource,
    assembled: Result<Assembled, String>,
    is_record: bool,
) -> (Exactness, Option<String>, Option<Assembled>) {
    let without = |reason: String| match &source.tree {
        Ok(_) => (Exactness::Rebuilt, Some(reason)),
        Err(gone) => (Exactness::Missing, Some(format!("{reason}; {gone}"))),
    };
    match assembled {
        Ok(assembled) if assembled.bad_count > 0 => {
            let reason = format!("{} files are not as they were", assembled.bad_count);
            (Exactness::Damaged, Some(reason), Some(assembled))
        }
        Ok(assembled) if source.diff_id.as_ref() == Some(&assembled.digest) => {
            (Exactness::Exact, None, Some(assembled))
        }
        Ok(assembled) => {
            let what = if is_record { "the record and the files" } else { "the blob" };
            let digest = &assembled.digest;
            let (state, reason) = without(match &source.diff_id {
                Some(diff_id) => format!("{what} give {digest}, expected {diff_id}"),
                None => format!("{what} give {digest}, and its diffID is not known"),
            });
            (state, reason, Some(assembled))
        }
        Err(reason) => {
            let (state, reason) = without(reason);
            (state, reason, None)
        }
    }
}
