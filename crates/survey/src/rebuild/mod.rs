//! The way back: Dockerfiles, pins, compose files and command lines from what is on the disk, with the files that they copy.
//!
//! A rebuild is a folder. `images/NAME/` has a Dockerfile and beside it `context/` with the files of its steps. Texts are
//! made by `report`; here is gathered what they are made of. Files are handed out piece by piece, as of a kit. Names of
//! files are made here, or are names of the disk that every system takes and that hold no slash: none leads out.

mod containers;
mod pins;
mod script;
mod sources;
mod stream;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use careen_archive::write::Export;
use careen_evidence::{Findings, ReadError};
use careen_model::{ImageKind, ImagePackages, NotRebuilt, Rebuilt, RebuiltFile, RebuiltKind, Stage};
use careen_report::rebuild::{self as report, Chosen, Configured, Recipe};

use self::containers::make_runnable;
use self::script::Image;
use self::sources::StepPlace;
use self::stream::{Content, Planned};
use crate::kit::unique;
use crate::{Observer, Scope, Session};

pub use self::stream::Rebuild;

/// Permissions of a text.
const TEXT: u16 = 0o644;

/// What is to be rebuilt.
#[derive(Clone, Debug)]
pub struct RebuildRequest {
    /// Images and containers; all of them when there are none.
    pub scopes: Vec<Scope>,
    /// Whether the files that Dockerfiles copy are taken out too.
    pub with_sources: bool,
    /// Whether these files get names that Windows takes as well; those with others stay in archives.
    pub for_windows: bool,
}

/// The files that are going to be written.
struct Plan {
    rebuilt: Rebuilt,
    ahead: VecDeque<Planned>,
    findings: Findings,
    /// Names of folders that are taken, by the folder above.
    taken: BTreeMap<&'static str, BTreeSet<String>>,
}

impl Plan {
    /// A folder for something of this name.
    fn folder(&mut self, above: &'static str, name: &str) -> String {
        format!("{above}/{}", unique(name, self.taken.entry(above).or_default()))
    }

    fn text(&mut self, path: String, kind: RebuiltKind, of: &str, reason: &str, text: String, guesses: Vec<String>) {
        let content = Content::Bytes(text.into_bytes());
        self.put(path, kind, of, reason, content, guesses);
    }

    fn put(&mut self, path: String, kind: RebuiltKind, of: &str, reason: &str, content: Content, guesses: Vec<String>) {
        let row = self.rebuilt.files.len();
        let (of, reason) = (of.to_owned(), reason.to_owned());
        self.rebuilt.files.push(RebuiltFile { path: path.clone(), kind, of, reason, guesses, size: None });
        self.ahead.push_back(Planned { row: Some(row), path, mode: TEXT, content });
    }

    fn left_out(&mut self, of: &str, reason: &str) {
        self.rebuilt.left_out.push(NotRebuilt { of: of.to_owned(), reason: reason.to_owned() });
    }
}

impl Session {
    /// Begins to rebuild; of files that are copied nothing is read yet but their names. What cannot be rebuilt is told in
    /// the list and left out; an error when a scope is none that can be rebuilt, or is not there, or when cancelled.
    pub fn rebuild(&mut self, request: &RebuildRequest, observer: Observer<'_>) -> Result<Rebuild, ReadError> {
        let mut plan = Plan {
            rebuilt: Rebuilt {
                careen: env!("CARGO_PKG_VERSION").to_owned(),
                disk: self.place.to_string(),
                ..Rebuilt::default()
            },
            ahead: VecDeque::new(),
            findings: Findings::new(),
            taken: BTreeMap::new(),
        };
        let images = self.images_to_rebuild(request)?;
        let containers = self.containers_to_rebuild(&request.scopes)?;
        let chosen = if images.is_empty() { Chosen::new() } else { self.chosen(&mut plan, observer)? };
        let mut built = Vec::new();
        for (done, id) in images.iter().enumerate() {
            let total = u64::try_from(images.len()).ok();
            observer(self.progress(Stage::Files, id, u64::try_from(done).unwrap_or(0), total));
            self.options.cancel.check()?;
            let packages = self.packages_to_rebuild(id, &mut plan, observer)?;
            built.extend(self.rebuild_image(id, request, packages.as_deref().zip(Some(&chosen)), &mut plan)?);
        }
        // What others are built upon comes first.
        built.sort_by_key(|(layers, _)| *layers);
        let built: Vec<Image> = built.into_iter().map(|(_, image)| image).collect();
        self.rebuild_containers(&containers, &built, request.scopes.is_empty(), &mut plan)?;
        plan.ahead.iter_mut().for_each(make_runnable);
        Ok(Rebuild::new(plan.rebuilt, plan.ahead, plan.findings, self.options()))
    }

    /// The same as a zip. What is wrong is told by its findings.
    pub fn rebuild_zip(&mut self, request: &RebuildRequest, observer: Observer<'_>) -> Result<Export, ReadError> {
        let rebuild = self.rebuild(request, observer)?;
        let scopes: Vec<String> = request.scopes.iter().map(ToString::to_string).collect();
        Ok(Export::of_pieces(Box::new(rebuild), &scopes))
    }

    /// Ids of the images that are meant, each once.
    fn images_to_rebuild(&self, request: &RebuildRequest) -> Result<Vec<String>, ReadError> {
        let mut images: Vec<String> = Vec::new();
        for scope in &request.scopes {
            match scope {
                Scope::Image(name) => images.push(self.find_image(name)?.item.id.clone()),
                Scope::Container(name) => drop(self.find_container(name)?),
                other => {
                    let what = format_args!("rebuild of {other}, expected image:NAME or container:NAME");
                    return Err(ReadError::unsupported(&self.place, what));
                }
            }
        }
        if request.scopes.is_empty() {
            images.extend(self.images().filter(|it| it.kind != ImageKind::Intermediate).map(|it| it.id.clone()));
        }
        let mut met = BTreeSet::new();
        images.retain(|id| met.insert(id.clone()));
        Ok(images)
    }

    /// The versions that are chosen for all images of the disk.
    fn chosen(&mut self, plan: &mut Plan, observer: Observer<'_>) -> Result<Chosen, ReadError> {
        let mut all = Vec::new();
        for scope in self.package_scopes(false, false) {
            let Scope::Image(id) = scope else { continue };
            all.extend(self.packages_to_rebuild(&id, plan, observer)?.map(|packages| (*packages).clone()));
        }
        Ok(report::chosen(&careen_report::compare(&all)))
    }

    /// Writes what makes an image again; how many steps it has and what it is called, where it can be built by name.
    fn rebuild_image(
        &self,
        id: &str,
        request: &RebuildRequest,
        packages: Option<(&ImagePackages, &Chosen)>,
        plan: &mut Plan,
    ) -> Result<Option<(usize, Image)>, ReadError> {
        let of = format!("image:{id}");
        let found = match self.find_image(id) {
            Ok(found) => found,
            Err(error) => {
                plan.left_out(&of, &error.to_string());
                return Ok(None);
            }
        };
        let image = found.item;
        let Some(config) = found.store.image_config(&image.id) else {
            plan.left_out(&of, "its configuration cannot be read");
            return Ok(None);
        };
        let folder = plan.folder("images", &self.column_label(image));
        let steps = report::steps(config, image.layers.len());
        let base = report::base(Configured { image, config }, self.configured_images());
        let own = base.map_or(0, |base| base.steps);
        let mut sources = BTreeMap::new();
        for (at, step) in steps.iter().enumerate().skip(own).filter(|(_, step)| step.brings_files()) {
            let Some(layer) = step.layer else { continue };
            let number = at.saturating_add(1);
            if !request.with_sources {
                let why = "they were not asked for".to_owned();
                sources.insert(at, report::Source::Missing { why });
                continue;
            }
            let place = StepPlace { layer, number, for_windows: request.for_windows };
            let (source, content) = self.source_of_step(&found, step, &place, &mut plan.findings)?;
            let path = match &source {
                report::Source::Files { path, .. } | report::Source::Archive { path, .. } => Some(path),
                report::Source::Missing { .. } => None,
            };
            if let Some((path, content)) = path.zip(content) {
                let reason = format!("step {number}, {}", step.instruction.keyword());
                plan.put(
                    format!("{folder}/{path}"),
                    RebuiltKind::Source,
                    &of,
                    reason.trim_end_matches([',', ' ']),
                    content,
                    Vec::new(),
                );
            }
            sources.insert(at, source);
        }
        let recipe = Recipe { image, config, steps: &steps, base, sources: &sources };
        let file = report::dockerfile(&recipe);
        let reason = "the history and the configuration of the image";
        plan.text(format!("{folder}/Dockerfile"), RebuiltKind::Dockerfile, &of, reason, file.text, file.guesses);
        if let Some((packages, chosen)) = packages {
            self.pin(&found, &recipe, packages, chosen, &folder, plan)?;
        }
        let name = report::reference(image).filter(|name| !name.contains('@'));
        Ok(name.map(|name| (steps.len(), Image { name: name.to_owned(), folder })))
    }

    /// Every image whose configuration is known.
    fn configured_images(&self) -> impl Iterator<Item = Configured<'_>> {
        self.stores.iter().flat_map(|open| {
            let store = open.images();
            store
                .images()
                .iter()
                .filter_map(move |image| Some(Configured { image, config: store.image_config(&image.id)? }))
        })
    }
}
