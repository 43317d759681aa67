//! What is on a disk by a name, or by text in files.
//!
//! A search is pulled, unit by unit, so that whoever asks can listen between two of them, show what was found so far, and
//! stop. First come records (images, containers, volumes, networks), findings and packages, then files: of each layer of
//! the images once, whatever number of images has it, of what containers changed, of volumes, and of each filesystem all
//! the rest. Files within packed files are not looked into.

mod pattern;
mod text;
mod units;

use std::collections::HashSet;
use std::rc::Rc;

use careen_evidence::{FileTree, Findings, Kind, NodeId, ReadError, Stat, Step, Walk, kept, lookup_path};
use careen_model::{Hit, HitKind, Image, Language, Progress, Stage};
use careen_report::visible;
use careen_store::MergedTree;

use self::pattern::Pattern;
use self::text::{Needle, TextSearch};
use self::units::{InImage, Unit};
use crate::list::hex;
use crate::{Scope, Session};

/// Objects that one unit of work goes through.
const OBJECTS: u64 = 4096;
/// Reads of content that one unit of work makes, of 1 MiB at most each; most files are small.
const READS: u32 = 64;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct SearchQuery {
    /// Text in names in any case; with `*`, `?` or `[` a glob; with a slash over paths. With `content` text in files.
    pub pattern: String,
    /// Where; everywhere when `None`.
    pub of: Option<Scope>,
    /// Look for the text in files, in place of names.
    pub content: bool,
    /// How many hits are wanted at most.
    pub limit: u64,
}

/// A search that goes on when it is asked to.
pub struct Search {
    pattern: Pattern,
    needle: Option<Needle>,
    limit: u64,
    found: u64,
    has_more: bool,
    /// What is still to be searched, the next one last.
    units: Vec<Unit>,
    now: Option<Files>,
    subject: String,
    visited: u64,
}

/// A tree whose files are being gone through.
struct Files {
    scope: Scope,
    tree: Rc<dyn FileTree>,
    walk: Walk,
    /// Directories that are searched as something else.
    elsewhere: Rc<HashSet<NodeId>>,
    layer: Option<LayerOf>,
    /// The file whose content is being read, and its path.
    open: Option<(Vec<u8>, TextSearch)>,
}

/// A layer, and the images that have it.
struct LayerOf {
    chain_id: String,
    has_named_whiteouts: bool,
    images: Vec<InImage>,
    /// Their trees, once one was needed.
    trees: Option<Vec<(String, Rc<MergedTree>, usize)>>,
}

impl Session {
    /// Begins a search; nothing is read yet. An error when the pattern is empty, or when what is named is not there.
    pub fn search(&self, query: &SearchQuery) -> Result<Search, ReadError> {
        let needle = if query.content { Needle::new(&query.pattern) } else { None };
        if query.pattern.is_empty() {
            let what = "an empty pattern, expected what is to be looked for";
            return Err(ReadError::unsupported(&self.place, what));
        }
        let mut units = match &query.of {
            Some(scope) => self.units_of(scope, query.content)?,
            None => self.all_units(query.content),
        };
        units.reverse();
        Ok(Search {
            pattern: Pattern::new(&query.pattern),
            needle,
            limit: query.limit,
            found: 0,
            has_more: false,
            units,
            now: None,
            subject: String::new(),
            visited: 0,
        })
    }

    /// The scope that means an image whatever else has its name.
    pub(crate) fn scope_of_image(&self, image: &Image) -> Scope {
        let label = image.label();
        let is_meant = self.find_image(&label).is_ok_and(|found| found.item.id == image.id);
        Scope::Image(if is_meant { label } else { image.id.clone() })
    }
}

impl Search {
    /// Goes on with the next unit of work, and adds what it finds; whether there is more to do. What cannot be read is a
    /// finding. An error only when cancelled.
    pub fn next(
        &mut self,
        session: &mut Session,
        hits: &mut Vec<Hit>,
        findings: &mut Findings,
    ) -> Result<bool, ReadError> {
        session.options().cancel.check()?;
        let before = hits.len();
        let goes_on = match self.now.take() {
            Some(files) => {
                self.now = self.files(files, session, hits, findings)?;
                self.now.is_some() || !self.units.is_empty()
            }
            None => match self.units.pop() {
                None => false,
                Some(unit) => {
                    self.begin(unit, session, hits, findings)?;
                    true
                }
            },
        };
        let left = usize::try_from(self.limit.saturating_sub(self.found)).unwrap_or(usize::MAX);
        if hits.len().saturating_sub(before) > left {
            hits.truncate(before.saturating_add(left));
            self.has_more = true;
        }
        self.found = self.found.saturating_add(hits.len().saturating_sub(before) as u64);
        Ok(goes_on && !self.has_more)
    }

    /// How far it has come.
    pub fn progress(&self, session: &Session) -> Progress {
        session.progress(Stage::Files, &self.subject, self.visited, None)
    }

    /// Whether it ended since as many hits were found as were wanted, and there was at least one more.
    pub fn has_more(&self) -> bool {
        self.has_more
    }

    fn begin(
        &mut self,
        unit: Unit,
        session: &mut Session,
        hits: &mut Vec<Hit>,
        findings: &mut Findings,
    ) -> Result<(), ReadError> {
        match unit {
            Unit::Records => self.records(session, hits),
            Unit::Packages(scope) => {
                self.subject = scope.to_string();
                // Progress within is told by nobody: the next unit tells its own.
                let packages = kept(session.packages_of(&scope, &mut |_| {}), findings)?;
                let shown = match &scope {
                    Scope::Image(id) => session.find_image(id).map(|it| session.scope_of_image(it.item)),
                    Scope::Container(id) => session.find_container(id).map(|it| Scope::Container(it.item.name.clone())),
                    other => Ok(other.clone()),
                };
                let shown = shown.unwrap_or(scope).to_string();
                for package in packages.iter().flat_map(|of| &of.packages) {
                    if self.pattern.fits_name(&package.name) {
                        hits.push(Hit {
                            path: Some(package.found_at.clone()),
                            ecosystem: Some(package.ecosystem()),
                            version: Some(package.version.clone()),
                            ..Hit::new(HitKind::Package, Some(shown.clone()), package.name.clone())
                        });
                    }
                }
            }
            Unit::Files { scope, from, elsewhere, layer } => {
                self.subject = scope.to_string();
                let Some(tree) = kept(session.tree(&from, findings), findings)? else { return Ok(()) };
                let walk = Walk::new(tree.root(), &session.options().limits);
                let layer = layer.map(|(has_named_whiteouts, images)| LayerOf {
                    chain_id: if let Scope::Layer(id) = &from { id.clone() } else { String::new() },
                    has_named_whiteouts,
                    images,
                    trees: None,
                });
                self.now = Some(Files { scope, tree, walk, elsewhere, layer, open: None });
            }
        }
        Ok(())
    }

    /// Images, containers, volumes, networks and findings.
    fn records(&self, session: &Session, hits: &mut Vec<Hit>) {
        let survey = session.survey();
        let wanted = |name: &str, id: &str| self.pattern.fits_name(name) || self.pattern.fits_id(id);
        for image in &survey.images {
            let mut names = image.names.iter().chain(&image.digests);
            let by_name = names.find(|name| self.pattern.fits_name(name)).cloned();
            let by_id = || self.pattern.fits_id(&image.id).then(|| image.label());
            if let Some(name) = by_name.or_else(by_id) {
                let scope = Some(session.scope_of_image(image).to_string());
                hits.push(Hit { path: Some("/".to_owned()), ..Hit::new(HitKind::Image, scope, name) });
            }
        }
        for container in survey.containers.iter().filter(|it| wanted(&it.name, &it.id)) {
            let named = session.find_container(&container.name).is_ok_and(|found| found.item.id == container.id);
            let scope = Scope::Container(if named { container.name.clone() } else { container.id.clone() });
            let hit = Hit::new(HitKind::Container, Some(scope.to_string()), container.name.clone());
            hits.push(Hit { path: Some("/".to_owned()), ..hit });
        }
        for volume in survey.volumes.iter().filter(|it| self.pattern.fits_name(&it.name)) {
            let scope = Scope::Volume(volume.name.clone()).to_string();
            let hit = Hit::new(HitKind::Volume, Some(scope), volume.name.clone());
            hits.push(Hit { path: Some("/".to_owned()), ..hit });
        }
        for network in survey.networks.iter().filter(|it| wanted(&it.name, &it.id)) {
            hits.push(Hit::new(HitKind::Network, None, network.name.clone()));
        }
        for finding in &survey.findings {
            let message = finding.message(Language::English);
            let texts = [finding.code.name, finding.place.as_str(), &message];
            if texts.into_iter().any(|text| self.pattern.fits_name(text)) {
                let hit = Hit::new(HitKind::Finding, None, finding.code.name.to_owned());
                hits.push(Hit { path: Some(finding.place.to_string()), excerpt: Some(visible(&message)), ..hit });
            }
        }
    }

    /// Some more files of a tree, which is given back unless it is done.
    fn files(
        &mut self,
        mut files: Files,
        session: &Session,
        hits: &mut Vec<Hit>,
        findings: &mut Findings,
    ) -> Result<Option<Files>, ReadError> {
        let cancel = session.options().cancel.clone();
        let (mut objects, mut steps) = (0, 0);
        while objects < OBJECTS && steps < READS {
            if let Some((path, mut text)) = files.open.take() {
                steps = steps.saturating_add(1);
                let mut found = Vec::new();
                let goes_on = match &self.needle {
                    Some(needle) => kept(text.step(needle, &mut found), findings)?.unwrap_or(false),
                    None => false,
                };
                for one in found {
                    let hit = self.hit(&mut files, &path, Kind::File, session, findings)?;
                    hits.push(Hit {
                        kind: HitKind::Text,
                        binary: one.line.is_none(),
                        line: one.line,
                        offset: Some(one.offset),
                        excerpt: one.line.map(|_| one.excerpt),
                        more: one.has_more,
                        ..hit
                    });
                }
                if goes_on {
                    files.open = Some((path, text));
                }
                continue;
            }
            let (path, node, stat) = match files.walk.step(&*files.tree, &cancel, findings) {
                Ok(None) => return Ok(None),
                Err(error) if error.is_cancelled() => return Err(error),
                Err(error) => {
                    findings.add_failure(&error);
                    return Ok(None);
                }
                Ok(Some(Step::Missed { error, .. })) => {
                    findings.add_failure(&error);
                    continue;
                }
                Ok(Some(Step::Met(met))) => (met.path.to_vec(), met.node, met.stat),
            };
            objects = objects.saturating_add(1);
            self.visited = self.visited.saturating_add(1);
            if files.elsewhere.contains(&node) && path != b"/" {
                files.walk.skip();
                continue;
            }
            if path == b"/" || is_whiteout(&files, &path, &stat) {
                continue;
            }
            if self.needle.is_none() {
                if self.pattern.fits_path(&path) {
                    let hit = self.hit(&mut files, &path, stat.kind, session, findings)?;
                    hits.push(hit);
                }
            } else if stat.kind == Kind::File
                && stat.size > 0
                && let Some(content) = kept(files.tree.open(node, findings), findings)?
            {
                files.open = Some((path, TextSearch::new(content)));
            }
        }
        Ok(Some(files))
    }

    fn hit(
        &self,
        files: &mut Files,
        path: &[u8],
        kind: Kind,
        session: &Session,
        findings: &mut Findings,
    ) -> Result<Hit, ReadError> {
        let shown = String::from_utf8_lossy(path).into_owned();
        let name = shown.rsplit('/').next().unwrap_or_default().to_owned();
        let mut hit = Hit::new(HitKind::File, Some(files.scope.to_string()), name);
        hit.path_hex = std::str::from_utf8(path).is_err().then(|| hex(path));
        hit.path = Some(shown);
        hit.file_type = Some(kind);
        if let Some(layer) = &mut files.layer {
            hit.layer = Some(layer.chain_id.clone());
            let mut images = layer.shown_in(path, session, findings)?.into_iter();
            if let Some(first) = images.next() {
                hit.scope = Some(first);
            }
            hit.also_in = images.collect();
        }
        Ok(hit)
    }
}

impl LayerOf {
    /// The images in which what stands at this path comes from this layer.
    fn shown_in(&mut self, path: &[u8], session: &Session, findings: &mut Findings) -> Result<Vec<String>, ReadError> {
        if self.trees.is_none() {
            let mut trees = Vec::new();
            for image in &self.images {
                let tree = session.find_image(&image.id).and_then(|found| session.image_tree(&found, findings));
                // What is wrong with an image is told where it is looked into.
                let Some((tree, _)) = kept(tree, &mut Findings::new())? else { continue };
                let missing = image.layers.saturating_sub(tree.layer_count());
                if let Some(at) = image.at.checked_sub(missing) {
                    trees.push((image.scope.to_string(), Rc::new(tree), at));
                }
            }
            self.trees = Some(trees);
        }
        let mut shown = Vec::new();
        for (scope, tree, at) in self.trees.iter().flatten() {
            let node = kept(lookup_path(&**tree, path, &mut Findings::new()), findings)?.flatten();
            if node.and_then(|node| tree.origin(node)).is_some_and(|(layer, _)| layer == *at) {
                shown.push(scope.clone());
            }
        }
        Ok(shown)
    }
}

/// Whether an object of a layer only says that something beneath is gone.
fn is_whiteout(files: &Files, path: &[u8], stat: &Stat) -> bool {
    let is_device = stat.kind == Kind::CharDevice && stat.rdev == (0, 0);
    let is_named = || {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        files.layer.as_ref().is_some_and(|layer| layer.has_named_whiteouts) && name.starts_with(b".wh.")
    };
    match (&files.layer, &files.scope) {
        (Some(_), _) | (None, Scope::Changes(_) | Scope::Layer(_)) => is_device || is_named(),
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests;
