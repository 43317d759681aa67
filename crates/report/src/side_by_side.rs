//! Several disks side by side, to tell which one is the one that is looked for.

use std::collections::BTreeMap;

use careen_model::{
    Container, DiskAtAGlance, Filesystem, Holding, ImageKind, LastUse, Severity, SideBySide, SignOfUse, Survey, codes,
};

/// What tells disks from one another, from the overview of each with its file name.
pub fn side_by_side(disks: &[(String, Survey)]) -> SideBySide {
    let images = holdings(disks, |survey| {
        let shown = survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate);
        shown.map(|image| (image.id.clone(), image.label())).collect()
    });
    let containers = holdings(disks, |survey| {
        survey.containers.iter().map(|container| (container.id.clone(), container.name.clone())).collect()
    });
    let volumes = holdings(disks, |survey| {
        survey.volumes.iter().map(|volume| (volume.name.clone(), volume.name.clone())).collect()
    });
    let disks = disks.iter().map(|(name, survey)| at_a_glance(name, survey)).collect();
    SideBySide { disks, images, containers, volumes }
}

fn at_a_glance(name: &str, survey: &Survey) -> DiskAtAGlance {
    let count = |count: usize| count as u64;
    let findings = |severity| count(survey.findings.iter().filter(|finding| finding.code.severity == severity).count());
    let mut used = survey.filesystems.iter().map(|filesystem| filesystem.used);
    DiskAtAGlance {
        name: name.to_owned(),
        format: survey.disk.format.clone(),
        file_size: survey.disk.file_size,
        virtual_size: survey.disk.virtual_size,
        virtual_disk_id: survey.disk.virtual_disk_id.clone(),
        filesystem_ids: survey.filesystems.iter().filter_map(|filesystem| filesystem.uuid.clone()).collect(),
        engine_ids: unique(survey.stores.iter().filter_map(|store| store.engine_id.clone())),
        stores: count(survey.stores.len()),
        images: count(survey.images.iter().filter(|image| image.kind != ImageKind::Intermediate).count()),
        has_unread_images: survey.findings.iter().any(|finding| *finding.code == codes::store::IMAGE_RECORDS_MISSING),
        containers: count(survey.containers.len()),
        volumes: count(survey.volumes.len()),
        used: (!survey.filesystems.is_empty())
            .then(|| used.try_fold(0_u64, |sum, used| Some(sum.saturating_add(used?))))
            .flatten(),
        last_used: last_used(survey),
        losses: findings(Severity::Loss),
        damages: findings(Severity::Damage),
    }
}

/// Each of these once, in their order.
fn unique(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for one in all {
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// The newest time that use has left on the disk. Images do not count: theirs is when they were built, anywhere.
fn last_used(survey: &Survey) -> Option<LastUse> {
    let of_filesystem = |filesystem: &Filesystem| {
        [
            (filesystem.last_mounted.clone(), SignOfUse::FilesystemMounted),
            (filesystem.last_written.clone(), SignOfUse::FilesystemWritten),
        ]
    };
    let of_container = |container: &Container| {
        [
            (container.created.clone(), SignOfUse::ContainerCreated),
            (container.started.clone(), SignOfUse::ContainerStarted),
            (container.finished.clone(), SignOfUse::ContainerFinished),
        ]
    };
    let filesystems = survey.filesystems.iter().flat_map(of_filesystem);
    let signs = filesystems.chain(survey.containers.iter().flat_map(of_container));
    let signs = signs.filter_map(|(time, sign)| Some(LastUse { time: time?, sign }));
    signs.max_by(|one, other| in_order(&one.time).cmp(in_order(&other.time)))
}

/// RFC 3339 times in UTC are in the order of their text, but for the `Z` that ends them with or without a fraction.
fn in_order(time: &str) -> &str {
    time.strip_suffix('Z').unwrap_or(time)
}

/// What each disk holds, the same thing once: first what all disks hold, last what one alone does, by name.
fn holdings(disks: &[(String, Survey)], of: impl Fn(&Survey) -> Vec<(String, String)>) -> Vec<Holding> {
    let mut found: BTreeMap<String, Holding> = BTreeMap::new();
    for (at, (_, survey)) in (0_u32..).zip(disks) {
        for (id, name) in of(survey) {
            let holding = found.entry(id.clone()).or_insert_with(|| Holding { id, name, disks: Vec::new() });
            // One image in two stores of a disk is one.
            if holding.disks.last() != Some(&at) {
                holding.disks.push(at);
            }
        }
    }
    let mut holdings: Vec<Holding> = found.into_values().collect();
    holdings.sort_by(|one, other| {
        let key = |holding: &Holding| (std::cmp::Reverse(holding.disks.len()), holding.disks.clone());
        key(one).cmp(&key(other)).then_with(|| (&one.name, &one.id).cmp(&(&other.name, &other.id)))
    });
    holdings
}

#[cfg(test)]
mod tests {
    use careen_model::{DiskSummary, Finding, Image, ImageState, Place, Store, StoreKind, Volume};

    use super::*;

    fn image(digit: char, name: Option<&str>) -> Image {
        Image {
            id: format!("sha256:{}", String::from(digit).repeat(64)),
            store: "docker".into(),
            kind: ImageKind::Tagged,
            names: name.iter().map(|name| (*name).to_owned()).collect(),
            digests: Vec::new(),
            created: Some("2030-01-01T00:00:00Z".into()),
            architecture: None,
            os: None,
            size: None,
            layers: Vec::new(),
            state: ImageState::Whole,
            hidden: None,
            config_digest: None,
            registry: None,
        }
    }

    fn container(digit: char, started: Option<&str>) -> Container {
        Container {
            id: String::from(digit).repeat(64),
            name: format!("c{digit}"),
            store: "docker".into(),
            image: None,
            image_id: None,
            created: Some("2024-05-01T00:00:00Z".into()),
            started: started.map(str::to_owned),
            finished: None,
            state: None,
            exit_code: None,
            command: Vec::new(),
            compose: None,
        }
    }

    fn volume(name: &str) -> Volume {
        Volume {
            name: name.into(),
            driver: None,
            labels: None,
            options: BTreeMap::new(),
            anonymous: false,
            size: None,
            files: None,
            path: String::new(),
            used_by: Vec::new(),
            mounts: Vec::new(),
            holds: Vec::new(),
        }
    }

    fn store(engine_id: Option<&str>) -> Store {
        Store {
            id: "docker".into(),
            kind: StoreKind::DockerClassic,
            path: "/docker".into(),
            driver: "overlay2".into(),
            namespace: None,
            engine_id: engine_id.map(str::to_owned),
        }
    }

    fn named(name: &str, survey: Survey) -> (String, Survey) {
        (name.to_owned(), survey)
    }

    #[test]
    fn what_is_on_both_and_what_on_one_alone() {
        let old = Survey {
            images: vec![image('a', Some("web:1")), image('b', Some("base:1"))],
            containers: vec![container('1', None)],
            volumes: vec![volume("data")],
            ..Survey::default()
        };
        let new = Survey { images: vec![image('b', Some("base:1")), image('b', Some("base:1"))], ..Survey::default() };
        let found = side_by_side(&[named("old.vhdx", old), named("new.vhdx", new)]);
        let names = |all: &[Holding]| -> Vec<(String, Vec<u32>)> {
            all.iter().map(|holding| (holding.name.clone(), holding.disks.clone())).collect()
        };
        assert_eq!(names(&found.images), [("base:1".into(), vec![0, 1]), ("web:1".into(), vec![0])]);
        assert_eq!(names(&found.containers), [("c1".into(), vec![0])]);
        assert_eq!(names(&found.volumes), [("data".into(), vec![0])]);
        let counts = |at: usize| (found.disks[at].images, found.disks[at].containers, found.disks[at].volumes);
        assert_eq!((counts(0), counts(1)), ((2, 1, 1), (2, 0, 0)));
    }

    #[test]
    fn last_use_is_the_newest_sign_and_no_image_counts() {
        let survey = |started| Survey {
            images: vec![image('a', None)],
            containers: vec![container('1', started), container('2', Some("2024-05-03T10:00:00Z"))],
            ..Survey::default()
        };
        let last = |survey| side_by_side(&[named("a", survey)]).disks[0].last_used.clone().map(|it| (it.time, it.sign));
        let newest = "2024-05-03T10:00:00.25Z";
        assert_eq!(last(survey(Some(newest))), Some((newest.into(), SignOfUse::ContainerStarted)));
        assert_eq!(last(Survey::default()), None);
    }

    #[test]
    fn images_that_are_not_read_are_not_counted_as_none() {
        let found =
            Finding { code: &codes::store::IMAGE_RECORDS_MISSING, place: Place::new("disk"), values: BTreeMap::new() };
        let unread = Survey { findings: vec![found], ..Survey::default() };
        let disks = side_by_side(&[named("a", unread), named("b", Survey::default())]).disks;
        assert_eq!((disks[0].has_unread_images, disks[1].has_unread_images), (true, false));
    }

    #[test]
    fn identities_stand_once_and_unknown_sums_stay_unknown() {
        let survey = Survey {
            disk: DiskSummary { virtual_disk_id: Some("id".into()), ..DiskSummary::default() },
            stores: vec![store(Some("engine")), store(Some("engine")), store(None)],
            ..Survey::default()
        };
        let disk = &side_by_side(&[named("a", survey)]).disks[0];
        assert_eq!(disk.engine_ids, ["engine"]);
        assert_eq!((disk.virtual_disk_id.as_deref(), disk.used, disk.stores), (Some("id"), None, 3));
    }
}
