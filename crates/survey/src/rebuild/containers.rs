//! Containers: command lines, compose files, and the script that makes everything again.

use std::collections::{BTreeMap, BTreeSet};

use careen_evidence::{Findings, ReadError};
use careen_model::{Container, ContainerState, KitContents, KitVolume, Network, RebuiltKind, Volume};
use careen_report::rebuild::{self as report, Service};

use super::Plan;
use super::script::{self, Image, Made};
use super::stream::{Content, Planned};
use crate::kit::is_made_by_people;
use crate::{Scope, Session};

impl Session {
    /// Ids of the containers that are meant, each once.
    pub(super) fn containers_to_rebuild(&self, scopes: &[Scope]) -> Result<Vec<String>, ReadError> {
        let mut ids = Vec::new();
        for scope in scopes {
            if let Scope::Container(name) = scope {
                ids.push(self.find_container(name)?.item.id.clone());
            }
        }
        if scopes.is_empty() {
            ids.extend(self.containers().map(|container| container.id.clone()));
        }
        let mut met = BTreeSet::new();
        ids.retain(|id| met.insert(id.clone()));
        Ok(ids)
    }

    /// Writes what makes these containers again. `images` are those with a Dockerfile: name and folder, each after what it
    /// is built upon.
    pub(super) fn rebuild_containers(
        &self,
        ids: &[String],
        images: &[Image],
        is_all: bool,
        plan: &mut Plan,
    ) -> Result<(), ReadError> {
        let volumes: Vec<&Volume> = self.volumes.iter().map(|open| &open.volume).collect();
        let networks: Vec<&Network> = self.networks().collect();
        let mut projects: BTreeMap<String, Vec<(Service, Container)>> = BTreeMap::new();
        let mut made = Vec::new();
        for id in ids {
            self.options.cancel.check()?;
            let of = format!("container:{id}");
            let Ok(found) = self.find_container(id) else { continue };
            let container = found.item.clone();
            let commands = self.run_words(&found);
            if commands.is_empty() {
                plan.left_out(&of, "its configuration cannot be read");
                continue;
            }
            let name = if container.name.is_empty() { id.clone() } else { container.name.clone() };
            let folder = plan.folder("containers", &name);
            let text = report::run_script(&name, &commands);
            let reason = "the engine's records of the container";
            plan.text(format!("{folder}/run.sh"), RebuiltKind::Run, &of, reason, text, Vec::new());
            let service = |name: &str| Service { name: name.to_owned(), commands: commands.clone() };
            let project = container.compose.clone();
            if let Some(compose) = project {
                let own = compose.service.unwrap_or_else(|| name.clone());
                projects.entry(compose.project).or_default().push((service(&own), container.clone()));
            } else {
                let file = report::compose(None, &[service(&name)], &volumes, &networks);
                plan.text(format!("{folder}/compose.yaml"), RebuiltKind::Compose, &of, reason, file.text, file.guesses);
            }
            let is_running = matches!(container.state, Some(ContainerState::Running | ContainerState::Paused));
            made.push(Made { name, commands, is_running });
        }
        let folders: BTreeMap<String, String> =
            projects.keys().map(|project| (project.clone(), plan.folder("projects", project))).collect();
        for (project, services) in projects {
            let services: Vec<Service> = services.into_iter().map(|(service, _)| service).collect();
            let file = report::compose(Some(&project), &services, &volumes, &networks);
            let folder = folders.get(&project).cloned().unwrap_or_default();
            let (of, reason) = (format!("project:{project}"), "the engine's records of its containers");
            plan.text(format!("{folder}/compose.yaml"), RebuiltKind::Compose, &of, reason, file.text, file.guesses);
        }
        self.original_compose_files(&folders, plan)?;
        if made.is_empty() && images.is_empty() {
            return Ok(());
        }
        let used =
            |volume: &&Volume| is_all || volume.used_by.iter().any(|user| made.iter().any(|it| it.name == *user));
        let wanted = volumes.into_iter().filter(used).map(|volume| KitVolume {
            name: volume.name.clone(),
            driver: volume.driver.clone(),
            labels: volume.labels.clone().unwrap_or_default(),
            options: volume.options.clone(),
            file: None,
            is_filled: false,
        });
        let wanted: Vec<KitVolume> = wanted.collect();
        let of_people: Vec<&Network> = networks.into_iter().filter(|network| is_made_by_people(network)).collect();
        let text = script::text(images, &of_people, &wanted, &made);
        let reason = "images, networks, volumes and containers of this rebuild";
        plan.text("restore.sh".to_owned(), RebuiltKind::Script, "disk", reason, text, Vec::new());
        Ok(())
    }

    /// The compose files themselves, where they are on the disk.
    fn original_compose_files(&self, folders: &BTreeMap<String, String>, plan: &mut Plan) -> Result<(), ReadError> {
        if folders.is_empty() {
            return Ok(());
        }
        let mut contents = KitContents::default();
        let mut findings = Findings::new();
        let files: BTreeMap<String, Vec<u8>> = self.compose_files(&mut contents, &mut findings)?.into_iter().collect();
        plan.findings.absorb(findings);
        for file in contents.compose {
            let (Some(folder), Some(path)) = (folders.get(&file.project), file.file) else { continue };
            let Some(bytes) = files.get(&path).cloned() else { continue };
            let name = path.rsplit('/').next().unwrap_or_default();
            let (of, reason) = (format!("project:{}", file.project), format!("{} on the disk", file.source));
            let path = format!("{folder}/original/{name}");
            plan.put(path, RebuiltKind::Compose, &of, &reason, Content::Bytes(bytes), Vec::new());
        }
        Ok(())
    }
}

/// Makes scripts ones that can be started.
pub(super) fn make_runnable(planned: &mut Planned) {
    if planned.path.ends_with("/run.sh") || planned.path == "restore.sh" {
        planned.mode = 0o755;
    }
}
