//! Images as an archive that engines load.
//!
//! OCI image specification 1.1, `image-layout.md`, `manifest.md`, `config.md`; for the docker form besides moby
//! `daemon/internal/image/tarexport/save.go`: `manifest.json` and `repositories` beside the layout.
//!
//! First every layer is put together once without writing it, since its digest is its name and stands before it in the
//! archive; then it is written, and checked again. What was exact stays exact to the byte; a layer that cannot be is made
//! anew from its directory, and the configuration, and with it the image's id, is changed to fit.

use std::collections::BTreeMap;
use std::rc::Rc;

use careen_evidence::{CancelToken, Kind, Limits, Place, ReadError, codes::export as codes};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::write::content::{Seen, hex};
use crate::write::header;
use crate::write::image_documents::{
    MANIFEST, Outcome, configuration, docker_manifest, entries, tell_layer, tell_outcome,
};
use crate::write::image_source::{ImageSource, LayerSource};
use crate::write::manifest::{Report, Told, json as text_of};
use crate::write::packed_layer::{Assembled, BadFile, LayerForm, PackedLayer};
use crate::write::tar::{self, Dialect, TarStream};
use crate::write::{OnDamage, Selection};

/// A layer as it goes into the archive.
enum Planned {
    /// From this one of its forms; why it is not from its own store.
    Exact {
        length: u64,
        form: usize,
        reason: Option<String>,
        bad: Vec<BadFile>,
    },
    Made {
        digest: String,
        length: u64,
        reason: Option<String>,
        bad: Vec<BadFile>,
    },
    Missing {
        reason: String,
    },
}

/// What has one digest: number of the image, and position in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unit {
    Layer(usize, usize),
    Stored(usize, usize),
}

/// What a blob of the archive is read from.
enum Blob {
    Bytes(Vec<u8>),
    Layer(usize),
}

/// What was tried in vain for the layer that is looked at.
#[derive(Default)]
struct Tried {
    /// The form that is tried.
    form: usize,
    /// Why the first would not do, and what is bad in it.
    reason: Option<String>,
    bad: Vec<BadFile>,
}

/// An archive of images.
pub(crate) struct ImageStream {
    is_docker: bool,
    images: Vec<ImageSource>,
    /// Each layer and blob once.
    units: Vec<Unit>,
    planned: Vec<Planned>,
    tried: Tried,
    on_damage: OnDamage,
    limits: Limits,
    cancel: CancelToken,
    state: State,
    /// What is to be written, the last one first.
    members: Vec<(String, u64, Blob)>,
    told: Vec<Value>,
}

enum State {
    Planning(Option<Bytes>),
    Between,
    Writing { name: String, length: u64, layer: Bytes },
    Done,
}

/// The bytes of a layer.
enum Bytes {
    Packed(Box<PackedLayer>),
    Made { entries: Box<TarStream>, digest: Sha256, length: u64, reason: Option<String>, bad: Vec<BadFile> },
}

impl Bytes {
    /// Puts the next bytes behind `out`; `false` at the end.
    fn step(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        match self {
            Bytes::Packed(layer) => layer.step(out, &mut report.findings),
            Bytes::Made { entries, digest, length, .. } => {
                let start = out.len();
                report.has_rows = false;
                let goes_on = entries.step(out, report);
                report.has_rows = true;
                let goes_on = goes_on?;
                if !goes_on {
                    out.extend_from_slice(&tar::END);
                }
                let bytes = out.get(start..).unwrap_or_default();
                digest.update(bytes);
                *length = length.saturating_add(bytes.len() as u64);
                Ok(goes_on)
            }
        }
    }

    fn finish(self) -> Assembled {
        match self {
            Bytes::Packed(layer) => layer.finish(),
            Bytes::Made { digest, length, .. } => Assembled {
                digest: format!("sha256:{}", hex(&digest.finalize())),
                length,
                bad: Vec::new(),
                bad_count: 0,
            },
        }
    }
}

impl ImageStream {
    pub(crate) fn new(
        is_docker: bool,
        images: Vec<ImageSource>,
        on_damage: OnDamage,
        limits: &Limits,
        cancel: &CancelToken,
    ) -> ImageStream {
        let mut stream = ImageStream {
            is_docker,
            images,
            units: Vec::new(),
            planned: Vec::new(),
            tried: Tried::default(),
            on_damage,
            limits: *limits,
            cancel: cancel.clone(),
            state: State::Planning(None),
            members: Vec::new(),
            told: Vec::new(),
        };
        for at in 0..stream.images.len() {
            stream.add_units(at);
        }
        stream
    }

    /// Adds what has to be looked through for an image, unless another has it too.
    fn add_units(&mut self, at: usize) {
        let Some(image) = self.images.get(at) else { return };
        let added: Vec<Unit> = match &image.stored {
            Some(stored) => (0..stored.blobs.len()).map(|position| Unit::Stored(at, position)).collect(),
            None => (0..image.layers.len()).map(|position| Unit::Layer(at, position)).collect(),
        };
        for unit in added {
            if self.number(unit).is_none() {
                self.units.push(unit);
            }
        }
    }

    /// The digest that a unit has to have; `None` for a layer that was never packed.
    fn digest_of(&self, unit: Unit) -> Option<&String> {
        match unit {
            Unit::Layer(image, position) => self.images.get(image)?.layers.get(position)?.diff_id.as_ref(),
            Unit::Stored(image, position) => {
                self.images.get(image)?.stored.as_ref()?.blobs.get(position).map(|(digest, _)| digest)
            }
        }
    }

    /// Where a unit, or the same one of another image, stands among those that are looked through.
    fn number(&self, unit: Unit) -> Option<usize> {
        let digest = self.digest_of(unit);
        let is_stored = |unit: &Unit| matches!(unit, Unit::Stored(..));
        let is_it = |other: &Unit| {
            *other == unit
                || (digest.is_some() && is_stored(other) == is_stored(&unit) && self.digest_of(*other) == digest)
        };
        self.units.iter().position(is_it)
    }

    /// Turns images of which a blob is bad into ones that are put together. Whether there are any.
    fn give_up_stored(&mut self, report: &mut Report) -> bool {
        let mut bad = Vec::new();
        for (at, image) in self.images.iter().enumerate() {
            let count = image.stored.as_ref().map_or(0, |stored| stored.blobs.len());
            let first = (0..count).find_map(|position| {
                let number = self.number(Unit::Stored(at, position))?;
                match self.planned.get(number) {
                    Some(Planned::Missing { reason }) => Some(reason.clone()),
                    _ => None,
                }
            });
            if let Some(reason) = first {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("image", &image.id), ("reason", &reason)];
                report.findings.add(&codes::EXPORT_BLOB_BAD, &Place::new(&image.id), &values);
                bad.push(at);
            }
        }
        for at in &bad {
            if let Some(image) = self.images.get_mut(*at) {
                image.stored = None;
            }
            self.add_units(*at);
        }
        !bad.is_empty()
    }

    /// What the manifest tells of each image, as a field with a comma behind.
    pub(crate) fn told(&self) -> String {
        format!("\"images\":{},\n", text_of(&self.told))
    }

    /// Puts the next bytes behind `out`; `false` when there are none any more. While layers are looked through there are
    /// none yet.
    pub(crate) fn step(&mut self, out: &mut Vec<u8>, report: &mut Report) -> Result<bool, ReadError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Planning(bytes) => self.plan(bytes, report)?,
            State::Between => match self.members.pop() {
                None => return Ok(false),
                Some((name, length, blob)) => {
                    header::put_made(&name, length, out);
                    self.state = match blob {
                        Blob::Bytes(bytes) => {
                            out.extend_from_slice(&bytes);
                            header::pad(out, length);
                            tell(&name, length, &hex(&Sha256::digest(&bytes)), report);
                            State::Between
                        }
                        Blob::Layer(at) => {
                            let layer = self.bytes_again(at)?;
                            State::Writing { name, length, layer }
                        }
                    };
                }
            },
            State::Writing { name, length, mut layer } => {
                // The last step may give bytes too.
                if layer.step(out, report)? {
                    self.state = State::Writing { name, length, layer };
                } else {
                    let written = layer.finish();
                    if written.length != length || !name.ends_with(digits(&written.digest)) {
                        let what = "the layer is not the same when it is read again: the disk has changed";
                        return Err(ReadError::io(&Place::new(name), what));
                    }
                    header::pad(out, length);
                    tell(&name, length, digits(&written.digest), report);
                    self.state = State::Between;
                }
            }
            State::Done => return Ok(false),
        }
        Ok(true)
    }

    /// The layer of a unit; of a blob there is none.
    fn layer(&self, at: usize) -> Result<&LayerSource, ReadError> {
        let layer = match self.units.get(at) {
            Some(Unit::Layer(image, position)) => self.images.get(*image).and_then(|image| image.layers.get(*position)),
            _ => None,
        };
        layer.ok_or_else(|| ReadError::corrupt(&Place::default(), "no such layer"))
    }

    /// The bytes of a blob; `None` of a unit that is none.
    fn blob(&self, at: usize) -> Option<Bytes> {
        let Some(Unit::Stored(image, position)) = self.units.get(at) else { return None };
        let (_, source) = self.images.get(*image)?.stored.as_ref()?.blobs.get(*position)?;
        let form = LayerForm::Raw(Rc::clone(source));
        Some(Bytes::Packed(Box::new(PackedLayer::new(&form, &self.limits, &self.cancel))))
    }

    /// Looks on through the layers, each to find out its digest and length.
    fn plan(&mut self, bytes: Option<Bytes>, report: &mut Report) -> Result<(), ReadError> {
        self.cancel.check()?;
        let at = self.planned.len();
        if at >= self.units.len() {
            self.state = if self.give_up_stored(report) { State::Planning(None) } else { State::Between };
            return if matches!(self.state, State::Between) { self.lay_out(report) } else { Ok(()) };
        }
        let is_blob = matches!(self.units.get(at), Some(Unit::Stored(..)));
        let Some(mut bytes) = bytes else {
            if let Some(blob) = self.blob(at) {
                self.state = State::Planning(Some(blob));
                return Ok(());
            }
            return self.try_form(at, None);
        };
        // What is read only for its digest is let go of at once.
        let mut out = Vec::new();
        match bytes.step(&mut out, report) {
            Ok(true) => {
                self.state = State::Planning(Some(bytes));
                return Ok(());
            }
            Err(error) if error.is_cancelled() => return Err(error),
            Err(error) if is_blob => {
                self.planned.push(Planned::Missing { reason: error.to_string() });
                self.state = State::Planning(None);
                return Ok(());
            }
            Err(error) if matches!(bytes, Bytes::Packed(_)) => {
                return self.try_form(at, Some((error.to_string(), Vec::new())));
            }
            Err(error) => return Err(error),
            Ok(false) => {}
        }
        match bytes {
            Bytes::Packed(layer) if is_blob => {
                let Assembled { digest, length, .. } = layer.finish();
                let named = self.units.get(at).and_then(|unit| self.digest_of(*unit)).cloned().unwrap_or_default();
                let reason = format!("blob {named}: the digest of its bytes is {digest}");
                let is_right = digest == named;
                self.planned.push(match is_right {
                    true => Planned::Exact { length, form: 0, reason: None, bad: Vec::new() },
                    false => Planned::Missing { reason },
                });
            }
            Bytes::Packed(layer) => {
                let Assembled { digest, length, bad, bad_count } = layer.finish();
                let reason = match bad.first() {
                    None if Some(&digest) == self.layer(at)?.diff_id.as_ref() => {
                        let Tried { form, reason, bad } = std::mem::take(&mut self.tried);
                        self.planned.push(Planned::Exact { length, form, reason, bad });
                        self.state = State::Planning(None);
                        return Ok(());
                    }
                    None => format!("what is there of it has the digest {digest}"),
                    Some(first) => {
                        let path = String::from_utf8_lossy(&first.path);
                        let more = bad_count.saturating_sub(1);
                        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                        format!("{path}{more}: {}", first.reason)
                    }
                };
                return self.try_form(at, Some((reason, bad)));
            }
            Bytes::Made { reason, bad, digest, length, .. } => {
                let digest = format!("sha256:{}", hex(&digest.finalize()));
                self.planned.push(Planned::Made { digest, length, reason, bad });
            }
        }
        self.state = State::Planning(None);
        Ok(())
    }

    /// Begins with the next form of a layer, after the one before failed for this reason; when there is none any more,
    /// with making it anew.
    fn try_form(&mut self, at: usize, failed: Option<(String, Vec<BadFile>)>) -> Result<(), ReadError> {
        let mut tried = std::mem::take(&mut self.tried);
        let layer = self.layer(at)?;
        match failed {
            None => tried = Tried { reason: layer.without.clone(), ..Tried::default() },
            Some((reason, bad)) => {
                tried.form = tried.form.saturating_add(1);
                if tried.reason.is_none() {
                    (tried.reason, tried.bad) = (Some(reason), bad);
                }
            }
        }
        if let Some(form) = layer.forms.get(tried.form) {
            let packed = PackedLayer::new(form, &self.limits, &self.cancel);
            self.state = State::Planning(Some(Bytes::Packed(Box::new(packed))));
            self.tried = tried;
            return Ok(());
        }
        let reason = tried.reason.filter(|_| layer.diff_id.is_some());
        self.make_anew(at, reason, tried.bad)
    }

    /// Begins to make a layer anew, for this reason; none for a layer that was never packed.
    fn make_anew(&mut self, at: usize, reason: Option<String>, bad: Vec<BadFile>) -> Result<(), ReadError> {
        let layer = self.layer(at)?;
        if let (Some(reason), OnDamage::Stop) = (&reason, self.on_damage) {
            let what = format_args!("the layer cannot be given as it was packed: {reason}");
            return Err(ReadError::corrupt(&Place::new(&layer.name), what));
        }
        self.state = match self.made(layer, reason, bad) {
            Ok(made) => State::Planning(Some(made)),
            Err(reason) => {
                self.planned.push(Planned::Missing { reason });
                State::Planning(None)
            }
        };
        Ok(())
    }

    fn made(&self, layer: &LayerSource, reason: Option<String>, bad: Vec<BadFile>) -> Result<Bytes, String> {
        let (tree, start) = layer.tree.clone()?;
        let selection = Selection { tree, start, name: Vec::new(), label: layer.name.clone() };
        let mut entries = TarStream::new(vec![selection], self.on_damage, Dialect::Layer, &self.limits, &self.cancel);
        if self.on_damage == OnDamage::Skip {
            entries.leave_out_these(bad.iter().map(|bad| (bad.path.clone(), bad.reason.clone())));
        }
        Ok(Bytes::Made { entries: Box::new(entries), digest: Sha256::new(), length: 0, reason, bad })
    }

    /// The bytes of a layer for the second time.
    fn bytes_again(&self, at: usize) -> Result<Bytes, ReadError> {
        if let Some(blob) = self.blob(at) {
            return Ok(blob);
        }
        let layer = self.layer(at)?;
        let gone = |reason: String| ReadError::corrupt(&Place::new(&layer.name), reason);
        match self.planned.get(at) {
            Some(Planned::Exact { form, .. }) => match layer.forms.get(*form) {
                Some(form) => Ok(Bytes::Packed(Box::new(PackedLayer::new(form, &self.limits, &self.cancel)))),
                None => Err(gone("the layer is not there".to_owned())),
            },
            Some(Planned::Made { bad, reason, .. }) => self.made(layer, reason.clone(), bad.clone()).map_err(gone),
            _ => Err(gone("the layer is not there".to_owned())),
        }
    }

    /// What came of a layer, which stands there among the units.
    fn outcome<'a>(&'a self, layer: &LayerSource, at: usize) -> Outcome<'a> {
        let mut outcome =
            Outcome { found: Err("it was not looked at"), is_exact: false, reason: None, bad: &[], form: None };
        match self.planned.get(at) {
            Some(Planned::Exact { length, form, reason, bad }) => {
                outcome.found = Ok((layer.diff_id.clone().unwrap_or_default(), *length));
                (outcome.is_exact, outcome.reason, outcome.bad) = (true, reason.as_deref(), bad);
                // The same layer of another image may have been looked through in its place.
                outcome.form = self.layer(at).ok().and_then(|layer| layer.forms.get(*form));
            }
            Some(Planned::Made { digest, length, reason, bad }) => {
                outcome.found = Ok((digest.clone(), *length));
                (outcome.reason, outcome.bad) = (reason.as_deref(), bad);
            }
            Some(Planned::Missing { reason }) => outcome.found = Err(reason),
            None => {}
        }
        outcome
    }

    /// Decides what is written, once every layer is known.
    fn lay_out(&mut self, report: &mut Report) -> Result<(), ReadError> {
        let mut blobs: BTreeMap<String, (u64, Blob)> = BTreeMap::new();
        let (mut index, mut manifests, mut repositories) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut told = Vec::new();
        for (at, image) in self.images.iter().enumerate() {
            let place = Place::new(&image.id);
            if let Some(stored) = &image.stored {
                let layers = stored
                    .layers
                    .iter()
                    .map(|digest| json!({"name": digest, "diff_id": null, "written": digest, "state": "exact"}));
                let layers: Vec<Value> = layers.collect();
                told.push(json!({"id": image.id, "names": image.names, "written_id": image.id, "layers": layers}));
                for (position, (digest, source)) in stored.blobs.iter().enumerate() {
                    let number = self.number(Unit::Stored(at, position)).unwrap_or(usize::MAX);
                    blobs.insert(digest.clone(), (source.len(), Blob::Layer(number)));
                }
                if stored.has_zstd && self.is_docker {
                    report.findings.add(&codes::EXPORT_ZSTD, &place, &[("image", &image.id)]);
                }
                index.extend(entries(&stored.target, &image.names));
                manifests.push(docker_manifest(&stored.config, &image.names, &stored.layers));
                continue;
            }
            let (mut descriptors, mut diff_ids, mut layers, mut missing) = (Vec::new(), Vec::new(), Vec::new(), None);
            for (position, layer) in image.layers.iter().enumerate() {
                let number = self.number(Unit::Layer(at, position)).unwrap_or(usize::MAX);
                let outcome = self.outcome(layer, number);
                layers.push(tell_layer(layer, &outcome));
                tell_outcome(layer, &image.id, &outcome, self.on_damage, report);
                match outcome.found {
                    Ok((digest, length)) => {
                        descriptors.push(json!({
                            "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": length
                        }));
                        blobs.entry(digest.clone()).or_insert((length, Blob::Layer(number)));
                        diff_ids.push(digest);
                    }
                    Err(reason) => missing = missing.or(Some(format!("layer {}: {reason}", layer.name))),
                }
            }
            let config = match &missing {
                None => configuration(image, &diff_ids).map_err(|reason| format!("its configuration: {reason}")),
                Some(reason) => Err(reason.clone()),
            };
            let config = match config {
                Ok(config) => config,
                Err(reason) if self.on_damage == OnDamage::Stop => return Err(ReadError::corrupt(&place, reason)),
                Err(reason) => {
                    let values: [(&str, &dyn std::fmt::Display); 2] = [("image", &image.id), ("reason", &reason)];
                    report.findings.add(&codes::EXPORT_IMAGE_LEFT_OUT, &place, &values);
                    told.push(json!({
                        "id": image.id, "names": image.names, "written_id": null, "missing": reason, "layers": layers
                    }));
                    continue;
                }
            };
            let id = digest(&config);
            if id != image.id {
                let values: [(&str, &dyn std::fmt::Display); 2] = [("image", &image.id), ("id", &id)];
                report.findings.add(&codes::EXPORT_IMAGE_ID, &place, &values);
            }
            let manifest = text_of(&json!({
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": {
                    "mediaType": "application/vnd.oci.image.config.v1+json", "digest": id, "size": config.len()
                },
                "layers": descriptors,
            }));
            let (manifest_digest, size) = (digest(manifest.as_bytes()), manifest.len());
            let descriptor = json!({"mediaType": MANIFEST, "digest": manifest_digest, "size": size});
            index.extend(entries(&descriptor, &image.names));
            manifests.push(docker_manifest(&id, &image.names, &diff_ids));
            for name in &image.names {
                if let (Some((repository, tag)), Some(top)) = (name.rsplit_once(':'), diff_ids.last()) {
                    let tags: &mut BTreeMap<String, String> = repositories.entry(repository.to_owned()).or_default();
                    tags.insert(tag.to_owned(), digits(top).to_owned());
                }
            }
            told.push(json!({"id": image.id, "names": image.names, "written_id": id, "layers": layers}));
            blobs.insert(id, (config.len() as u64, Blob::Bytes(config)));
            blobs.insert(manifest_digest, (size as u64, Blob::Bytes(manifest.into_bytes())));
        }
        self.told = told;
        if index.is_empty() {
            let what = "none of the images can be given: a layer or the configuration of each is missing";
            return Err(ReadError::corrupt(&Place::default(), what));
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": index
        });
        let mut small = vec![("oci-layout", json!({"imageLayoutVersion": "1.0.0"})), ("index.json", index)];
        if self.is_docker {
            small.push(("manifest.json", Value::Array(manifests)));
            if !repositories.is_empty() {
                small.push(("repositories", json!(repositories)));
            }
        }
        let small = small.into_iter().map(|(name, value)| {
            let bytes = text_of(&value).into_bytes();
            (name.to_owned(), bytes.len() as u64, Blob::Bytes(bytes))
        });
        let blobs = blobs
            .into_iter()
            .map(|(digest, (length, blob))| (format!("blobs/sha256/{}", digits(&digest)), length, blob));
        self.members = small.chain(blobs).collect();
        self.members.reverse();
        Ok(())
    }
}

fn tell(name: &str, size: u64, sha256: &str, report: &mut Report) {
    let seen = Seen { sha256: sha256.to_owned(), is_of_all: true, gaps: Vec::new() };
    report.row(name.as_bytes(), Kind::File, &Told { size: Some(size), seen: Some(&seen), ..Told::default() });
}

fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// A digest without the name of its algorithm.
pub(crate) fn digits(digest: &str) -> &str {
    digest.strip_prefix("sha256:").unwrap_or(digest)
}
