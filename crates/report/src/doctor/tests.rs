use careen_model::{
    Container, ContainerState, Filesystem, FilesystemState, JournalReplay, Place, Store, StoreKind, Volume,
};

use super::*;

fn finding(code: &'static Code, reason: &str) -> Finding {
    Finding { code, place: Place::new("disk"), values: [("reason".to_owned(), reason.to_owned())].into() }
}

fn filesystem() -> Filesystem {
    Filesystem {
        id: 0,
        kind: "ext4".into(),
        uuid: None,
        label: String::new(),
        block_size: Some(4096),
        size: Some(1_000_000_000),
        used: Some(500_000_000),
        inodes_used: Some(5000),
        last_mounted: None,
        last_written: None,
        state: FilesystemState::Clean,
        journal_replayed: None,
    }
}

fn store(id: &str, kind: StoreKind) -> Store {
    Store { id: id.into(), kind, path: format!("/{id}"), driver: "overlay2".into(), namespace: None, engine_id: None }
}

fn volume() -> Volume {
    Volume {
        name: "v".into(),
        driver: None,
        labels: None,
        options: Default::default(),
        anonymous: false,
        size: None,
        files: None,
        path: String::new(),
        used_by: Vec::new(),
        mounts: Vec::new(),
        holds: Vec::new(),
    }
}

/// A disk with a store and a volume on it, and these findings.
fn survey(findings: &[(&'static Code, &str)]) -> Survey {
    Survey {
        filesystems: vec![filesystem()],
        stores: vec![store("docker", StoreKind::DockerClassic)],
        volumes: vec![volume()],
        findings: findings.iter().map(|(code, reason)| finding(code, reason)).collect(),
        ..Survey::default()
    }
}

#[track_caller]
fn says(survey: &Survey, expected: &[(&Cause, Sureness)]) {
    let doctor = doctor(survey);
    let said: Vec<_> = doctor.diagnoses.iter().map(|it| (it.cause.name, it.sureness)).collect();
    assert_eq!(said, expected.iter().map(|(cause, sureness)| (cause.name, *sureness)).collect::<Vec<_>>());
}

#[test]
fn a_disk_in_order_has_nothing_wrong() {
    says(&survey(&[]), &[(&causes::NOTHING_WRONG, Likely)]);
    says(&survey(&[(&codes::store::STORE_LEFTOVER, "")]), &[(&causes::NOTHING_WRONG, Likely)]);
    assert_eq!(doctor(&survey(&[])).contents, Contents { volumes: 1, images: 0, containers: 0 });
}

#[test]
fn what_lies_deeper_comes_first() {
    let found = survey(&[
        (&codes::store::IMAGE_CONFIG_DIGEST, ""),
        (&codes::disk::VHDX_BLOCKS_MISSING, ""),
        (&codes::filesystem::INODE_CHECKSUM, ""),
    ]);
    let expected = [&causes::CUT, &causes::FILESYSTEM_DAMAGED, &causes::METADATA_DAMAGED];
    says(&found, &expected.map(|cause| (cause, Certain)));
}

#[test]
fn a_header_that_its_copy_stood_in_for_explains_nothing() {
    let found = survey(&[(&codes::disk::VHDX_HEADER, ""), (&codes::filesystem::INODE_TABLE, "")]);
    says(&found, &[(&causes::FILESYSTEM_DAMAGED, Certain), (&causes::DISK_FILE_DAMAGED, Certain)]);
    says(&survey(&[(&codes::disk::VHDX_HEADER, "")]), &[(&causes::DISK_FILE_DAMAGED, Certain)]);
}

#[test]
fn breakage_comes_before_the_state_of_a_whole_disk() {
    let found = survey(&[(&codes::disk::VHDX_LOG_REPLAYED, ""), (&codes::filesystem::INODE_CHECKSUM, "")]);
    says(&found, &[(&causes::FILESYSTEM_DAMAGED, Certain), (&causes::UNCLEAN_STOP, Certain)]);
    says(&survey(&[(&codes::disk::VHDX_LOG_REPLAYED, "")]), &[(&causes::UNCLEAN_STOP, Certain)]);
}

#[test]
fn what_follows_from_a_cut_goes_with_it() {
    let mut found = survey(&[(&codes::survey::NO_STORE, ""), (&codes::disk::QCOW2_CLUSTERS_MISSING, "")]);
    found.stores.clear();
    let doctor = doctor(&found);
    assert_eq!(doctor.diagnoses.len(), 1);
    let of_cut: Vec<_> = doctor.findings_of(&doctor.diagnoses[0]).map(|it| it.code.name).collect();
    assert_eq!(of_cut, ["qcow2-clusters-missing", "no-store"]);
}

#[test]
fn an_initialized_disk_is_not_called_a_damaged_filesystem() {
    let found = survey(&[(&codes::disk::DISK_INITIALIZED, ""), (&codes::disk::EXT_SUPERBLOCK_LOST, "")]);
    says(&found, &[(&causes::INITIALIZED, Certain)]);
    says(&survey(&[(&codes::disk::EXT_SUPERBLOCK_LOST, "")]), &[(&causes::FILESYSTEM_DAMAGED, Certain)]);
}

#[test]
fn emptied_records_are_told_from_wrong_ones() {
    let empty = (&codes::store::CONTAINER_CONFIG_LOST, "the file is empty, expected JSON");
    let cut = (&codes::store::REPOSITORIES_BROKEN, "invalid JSON: EOF while parsing a string at line 1 column 16");
    let wrong = (&codes::store::CONTAINER_CONFIG_LOST, "invalid JSON: expected value at line 1 column 1");
    says(&survey(&[empty]), &[(&causes::METADATA_EMPTIED, Certain)]);
    says(&survey(&[cut]), &[(&causes::METADATA_EMPTIED, Certain)]);
    says(&survey(&[wrong]), &[(&causes::METADATA_DAMAGED, Certain)]);
    says(&survey(&[(&codes::store::OVERLAY_SHORT_NAMES_MISSING, "")]), &[(&causes::METADATA_EMPTIED, Likely)]);
    says(&survey(&[(&codes::store::BOLT_PAGE_LOST, "")]), &[(&causes::BOLT_DAMAGED, Certain)]);
}

#[test]
fn a_journal_that_was_replayed_is_an_unclean_stop() {
    let mut found = survey(&[]);
    found.filesystems[0].journal_replayed = Some(JournalReplay { transactions: 14, blocks: 3, revoked: 0 });
    says(&found, &[(&causes::UNCLEAN_STOP, Certain)]);
    assert_eq!(doctor(&found).findings[0].values["transactions"], "14");
}

#[test]
fn next_to_no_free_space_is_a_full_disk() {
    let mut found = survey(&[]);
    found.filesystems[0].used = Some(990_100_000);
    says(&found, &[(&causes::FULL_DISK, Likely)]);
    let full = doctor(&found);
    assert_eq!((&*full.findings[0].values["free"], &*full.findings[0].values["size"]), ("9.9 MB", "1.0 GB"));
    found.filesystems[0].used = Some(990_000_000);
    says(&found, &[(&causes::NOTHING_WRONG, Likely)]);
    // Nothing is known of a filesystem whose counts are lost.
    found.filesystems[0].used = None;
    says(&found, &[(&causes::NOTHING_WRONG, Likely)]);
}

#[test]
fn an_empty_store_or_filesystem_is_the_wrong_disk() {
    let mut found = survey(&[]);
    found.volumes.clear();
    says(&found, &[(&causes::WRONG_DISK, Likely)]);
    let mut found = survey(&[(&codes::survey::NO_STORE, "")]);
    found.stores.clear();
    found.filesystems[0].inodes_used = Some(11);
    says(&found, &[(&causes::WRONG_DISK, Likely), (&causes::NO_DOCKER, Likely)]);
    found.filesystems[0].inodes_used = Some(40_000);
    says(&found, &[(&causes::NO_DOCKER, Likely)]);
}

#[test]
fn a_shared_disk_id_and_running_containers_are_only_possible_causes() {
    let mut found = survey(&[]);
    found.disk.virtual_disk_id = Some("a96ade57-4838-48ea-97a9-de02790adcb4".into());
    says(&found, &[(&causes::NOTHING_WRONG, Likely), (&causes::WRONG_DISK, Possible)]);
    found.volumes.clear();
    says(&found, &[(&causes::WRONG_DISK, Likely)]);
    let mut found = survey(&[]);
    found.containers.push(Container {
        id: "c".into(),
        name: "c".into(),
        store: "docker".into(),
        image: None,
        image_id: None,
        created: None,
        started: None,
        finished: None,
        state: Some(ContainerState::Running),
        exit_code: None,
        command: Vec::new(),
        compose: None,
    });
    says(&found, &[(&causes::NOTHING_WRONG, Likely), (&causes::UNCLEAN_STOP, Possible)]);
}

#[test]
fn two_stores_with_images_in_the_classic_one_were_switched() {
    let mut found = survey(&[(&codes::store::SNAPSHOTTER_UNREAD, "")]);
    found.stores.push(store("containerd", StoreKind::DockerContainerd));
    says(&found, &[(&causes::NOT_READ, Certain)]);
    found.images.push(Image {
        id: "sha256:1".into(),
        store: "docker".into(),
        kind: ImageKind::Tagged,
        names: Vec::new(),
        digests: Vec::new(),
        created: None,
        architecture: None,
        os: None,
        size: None,
        layers: Vec::new(),
        state: careen_model::ImageState::Whole,
        hidden: None,
        config_digest: None,
        registry: None,
    });
    says(&found, &[(&causes::STORE_SWITCHED, Likely), (&causes::NOT_READ, Certain)]);
}

#[test]
fn an_encrypted_partition_beside_a_store_explains_little() {
    let encrypted = (&codes::disk::CONTENT_LUKS, "");
    says(&survey(&[encrypted]), &[(&causes::ENCRYPTED, Certain)]);
    let mut alone = survey(&[encrypted, (&codes::survey::NO_FILESYSTEM, "")]);
    (alone.stores, alone.filesystems, alone.volumes) = Default::default();
    says(&alone, &[(&causes::ENCRYPTED, Certain)]);
}

#[test]
fn what_a_damaged_inode_looks_like_is_no_cause_of_its_own() {
    let odd = [(&codes::filesystem::ENCRYPTED, ""), (&codes::general::NOT_SUPPORTED, "")];
    says(&survey(&odd), &[(&causes::ENCRYPTED, Certain), (&causes::NOT_READ, Certain)]);
    let found = [odd[0], odd[1], (&codes::filesystem::INODE_CHECKSUM, "")];
    says(&survey(&found), &[(&causes::FILESYSTEM_DAMAGED, Certain)]);
}

#[test]
fn every_damage_and_loss_of_disk_archive_filesystem_and_store_has_a_cause() {
    let readers = [
        codes::disk::ALL,
        codes::archive::ALL,
        codes::filesystem::ALL,
        codes::store::ALL,
        codes::survey::ALL,
        codes::general::ALL,
    ];
    for code in readers.into_iter().flatten().filter(|code| code.severity != Severity::Note) {
        // What is no fault of the disk is no reason why Docker would not start.
        let is_of_disk = code.name != codes::general::READER_ENDED.name;
        assert_eq!(!matches!(belongs(&finding(code, "")), Belongs::ToNone), is_of_disk, "{}", code.name);
    }
}
