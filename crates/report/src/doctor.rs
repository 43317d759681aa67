//! From what was found to what is wrong: findings grouped by cause, the worst and most explaining cause first.
//!
//! A finding belongs to one cause at most: by its own row in [`own_cause`], else by the reader it comes from. What
//! follows from something deeper, such as "no filesystem" on a disk that was cut short, goes with the deeper cause. Notes
//! that speak for no cause stay remarks.

mod signs;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use careen_model::{
    Cause, Code, Contents, Diagnosis, Doctor, Finding, Image, ImageKind, Severity, Sureness, Survey, causes, codes,
};

use Sureness::{Certain, Likely, Possible};

/// What a finding says of the cause.
enum Belongs {
    /// It is a sign of this cause.
    To(&'static Cause, Sureness),
    /// It follows from whatever is broken; alone, it is a sign of this cause.
    ToWhatIsBroken(&'static Cause, Sureness),
    /// It is a remark.
    ToNone,
}

/// What is most likely wrong with a disk. At least one diagnosis, if only that nothing wrong was found.
pub fn doctor(survey: &Survey) -> Doctor {
    let mut findings = survey.findings.clone();
    findings.extend(signs::of(survey));
    findings.sort_by_key(|finding| Reverse(finding.code.severity));

    let mut diagnoses: Vec<Diagnosis> = Vec::new();
    let mut following = Vec::new();
    for (at, finding) in (0..).zip(&findings) {
        match belongs(finding) {
            Belongs::To(cause, sureness) => add(&mut diagnoses, cause, sureness, at),
            Belongs::ToWhatIsBroken(cause, sureness) => following.push((cause, sureness, at)),
            Belongs::ToNone => {}
        }
    }
    let order = |diagnosis: &Diagnosis| rank(diagnosis, &findings, survey);
    diagnoses.sort_by_key(order);
    match diagnoses.first_mut().filter(|worst| is_breakage(worst.cause)) {
        Some(worst) => worst.findings.extend(following.into_iter().map(|(.., at)| at)),
        None => following.into_iter().for_each(|(cause, sureness, at)| add(&mut diagnoses, cause, sureness, at)),
    }
    if diagnoses.iter().all(|it| it.sureness == Possible) {
        diagnoses.push(Diagnosis { cause: &causes::NOTHING_WRONG, sureness: Likely, findings: Vec::new() });
    }
    for diagnosis in &mut diagnoses {
        diagnosis.findings.sort_unstable();
    }
    diagnoses.sort_by_key(order);
    Doctor { diagnoses, contents: contents(survey), findings }
}

fn add(diagnoses: &mut Vec<Diagnosis>, cause: &'static Cause, sureness: Sureness, at: u32) {
    match diagnoses.iter_mut().find(|known| known.cause == cause) {
        Some(known) => {
            known.sureness = known.sureness.max(sureness);
            known.findings.push(at);
        }
        None => diagnoses.push(Diagnosis { cause, sureness, findings: vec![at] }),
    }
}

/// What sorts diagnoses: breakage, then conditions, then nothing wrong, then what is only possible; within, as the table
/// of causes stands.
fn rank(diagnosis: &Diagnosis, findings: &[Finding], survey: &Survey) -> (u8, usize) {
    let is_lost = |at: &u32| {
        let finding = usize::try_from(*at).ok().and_then(|at| findings.get(at));
        finding.is_some_and(|finding| finding.code.severity == Severity::Loss)
    };
    let cause = diagnosis.cause;
    let has_spare = cause == &causes::DISK_FILE_DAMAGED || cause == &causes::PARTITIONS_DAMAGED;
    let class = if diagnosis.sureness == Possible {
        5
    } else if cause == &causes::NOTHING_WRONG {
        4
    } else if !is_breakage(cause) || (cause == &causes::ENCRYPTED && !survey.stores.is_empty()) {
        // Something encrypted beside a data root that was read explains little.
        3
    } else if has_spare && !diagnosis.findings.iter().any(is_lost) {
        // A copy stood in for what is broken, so it explains nothing above it.
        2
    } else {
        1
    };
    (class, causes::ALL.iter().position(|row| *row == cause).unwrap_or(usize::MAX))
}

/// Whether something is broken, in contrast to a condition that a whole disk can be in.
fn is_breakage(cause: &Cause) -> bool {
    ![
        &causes::FULL_DISK,
        &causes::UNCLEAN_STOP,
        &causes::STORE_SWITCHED,
        &causes::WRONG_DISK,
        &causes::NO_DOCKER,
        &causes::NOT_READ,
        &causes::NOTHING_WRONG,
    ]
    .contains(&cause)
}

/// Which cause a finding speaks for.
fn belongs(finding: &Finding) -> Belongs {
    let is_in = |table: &[&Code]| table.iter().any(|code| code.name == finding.code.name);
    if let Some(own) = own_cause(finding) {
        own
    } else if finding.code.severity == Severity::Note {
        Belongs::ToNone
    } else if is_in(codes::disk::ALL) || is_in(codes::archive::ALL) {
        Belongs::To(&causes::DISK_FILE_DAMAGED, Certain)
    } else if is_in(codes::filesystem::ALL) || is_in(codes::general::ALL) {
        Belongs::To(&causes::FILESYSTEM_DAMAGED, Certain)
    } else if is_in(codes::store::ALL) || is_in(codes::derived::ALL) {
        of_records(finding)
    } else {
        // What is wrong inside an image keeps no Docker from starting.
        Belongs::ToNone
    }
}

/// The codes that do not go with their reader.
fn own_cause(finding: &Finding) -> Option<Belongs> {
    use codes::{archive, disk, doctor, filesystem, general, store, survey};
    let is_one_of = |codes: &[&Code]| codes.iter().any(|code| code.name == finding.code.name);
    let to = |cause, sureness| Some(Belongs::To(cause, sureness));
    if is_one_of(&[&disk::CONTENT_LUKS, &disk::CONTENT_BITLOCKER]) {
        to(&causes::ENCRYPTED, Certain)
    } else if is_one_of(&[&filesystem::ENCRYPTED]) {
        // A damaged inode may only look encrypted.
        Some(Belongs::ToWhatIsBroken(&causes::ENCRYPTED, Certain))
    } else if is_one_of(&[&disk::DISK_INITIALIZED, &disk::DISK_INITIALIZED_MBR, &disk::DISK_FORMATTED]) {
        to(&causes::INITIALIZED, Certain)
    } else if is_one_of(&[
        &disk::VHDX_BLOCKS_MISSING,
        &disk::VHDX_CUT,
        &disk::VHDX_BAT_CUT,
        &disk::QCOW2_TABLES_MISSING,
        &disk::QCOW2_CLUSTERS_MISSING,
        &disk::VHD_FIXED_SHORT,
        &disk::VHD_BLOCKS_MISSING,
        &disk::VHD_BAT_CUT,
        &disk::VMDK_FLAT_SHORT,
        &disk::VMDK_TABLES_MISSING,
        &disk::VMDK_GRAINS_MISSING,
        &filesystem::FILESYSTEM_CUT,
        &archive::TAR_CUT,
        &archive::GZIP_CUT,
    ]) {
        to(&causes::CUT, Certain)
    } else if is_one_of(&[&disk::PARTITION_BEYOND_END]) {
        to(&causes::CUT, Likely)
    } else if is_one_of(&[
        &disk::VHDX_PARENT_CHANGED,
        &disk::VHDX_PARENT_LOCATOR,
        &disk::VHD_PARENT_CHANGED,
        &disk::VMDK_PARENT_CHANGED,
    ]) {
        to(&causes::PARENT_CHANGED, Certain)
    } else if is_one_of(&[&disk::GPT_PRIMARY, &disk::GPT_ENTRIES, &disk::GPT_UNREADABLE, &disk::MBR_EXTENDED]) {
        to(&causes::PARTITIONS_DAMAGED, Certain)
    } else if is_one_of(&[&disk::EXT_SUPERBLOCK_LOST, &survey::FILESYSTEM_UNREADABLE]) {
        Some(Belongs::ToWhatIsBroken(&causes::FILESYSTEM_DAMAGED, Certain))
    } else if is_one_of(&[
        &general::READ_FAILED,
        &general::STRUCTURE_DAMAGED,
        &store::OVERLAY_LAYER_UNREADABLE,
        &store::OVERLAY_MARKS_UNREADABLE,
        &store::LOG_UNREADABLE,
    ]) {
        Some(Belongs::ToWhatIsBroken(&causes::FILESYSTEM_DAMAGED, Likely))
    } else if is_one_of(&[&general::READER_ENDED]) {
        // Our fault, and none of the disk.
        Some(Belongs::ToNone)
    } else if is_one_of(&[&general::NOT_SUPPORTED]) {
        Some(Belongs::ToWhatIsBroken(&causes::NOT_READ, Certain))
    } else if is_one_of(&[&survey::NO_STORE]) {
        Some(Belongs::ToWhatIsBroken(&causes::NO_DOCKER, Likely))
    } else if is_one_of(&[&survey::NO_FILESYSTEM]) {
        Some(Belongs::ToWhatIsBroken(&causes::NO_DOCKER, Certain))
    } else if is_one_of(&[
        &store::VOLUME_DATABASE_UNREADABLE,
        &store::VOLUME_RECORD_BROKEN,
        &store::NETWORK_DATABASE_UNREADABLE,
        &store::NETWORK_RECORD_BROKEN,
        &store::CONTAINERD_DATABASE_UNREADABLE,
        &store::BOLT_META_INVALID,
        &store::BOLT_EARLIER_STATE,
        &store::BOLT_PAGE_LOST,
    ]) || ((is_one_of(codes::bolt::ALL) || is_one_of(codes::resources::ALL))
        && finding.code.severity != Severity::Note)
    {
        to(&causes::BOLT_DAMAGED, Certain)
    } else if is_one_of(&[
        &disk::VHDX_LOG_REPLAYED,
        &disk::VHDX_LOG_TORN,
        &disk::VHDX_LOG_GROWTH,
        &disk::QCOW2_DIRTY,
        &disk::VMDK_UNCLEAN,
        &filesystem::JOURNAL_UNFINISHED,
        &filesystem::NOT_UNMOUNTED,
        &filesystem::ORPHANS,
        &doctor::JOURNAL_REPLAYED,
        &filesystem::JOURNAL_FAST_COMMITS,
    ]) {
        to(&causes::UNCLEAN_STOP, Certain)
    } else if is_one_of(&[&survey::LAYER_RECORD_UNREADABLE]) {
        to(&causes::METADATA_DAMAGED, Certain)
    } else if is_one_of(&[&store::LOG_RECORD_LOST]) {
        // It keeps no Docker from starting, but a power cut leaves it.
        to(&causes::UNCLEAN_STOP, Possible)
    } else if is_one_of(&[&doctor::CONTAINERS_RUNNING]) {
        to(&causes::UNCLEAN_STOP, Possible)
    } else if is_one_of(&[&doctor::DISK_ID_SHARED]) {
        to(&causes::WRONG_DISK, Possible)
    } else if is_one_of(&[&doctor::FILESYSTEM_FULL]) {
        to(&causes::FULL_DISK, Likely)
    } else if is_one_of(&[&doctor::TWO_IMAGE_STORES]) {
        to(&causes::STORE_SWITCHED, Likely)
    } else if is_one_of(&[&doctor::STORE_EMPTY, &doctor::FILESYSTEM_EMPTY]) {
        Some(Belongs::ToWhatIsBroken(&causes::WRONG_DISK, Likely))
    } else if is_one_of(&[
        &disk::CONTENT_VOLUMES,
        &filesystem::JOURNAL_EXTERNAL,
        &general::LIMIT_REACHED,
        &store::DRIVER_UNREAD,
        &store::SNAPSHOTTER_UNREAD,
        &store::RECORDS_LEFT_OUT,
        // The disk has them; a copy of its files did not keep them.
        &survey::CHANGES_WITHOUT_MARKS,
        &survey::LAYER_NOT_IN_COPY,
    ]) {
        to(&causes::NOT_READ, Certain)
    } else {
        None
    }
}

/// Records of the engine: emptied or cut short as a crash leaves them, or otherwise wrong.
fn of_records(finding: &Finding) -> Belongs {
    use codes::store;
    let reason = finding.values.get("reason").map_or("", String::as_str);
    let is_one_of = |codes: &[&Code]| codes.iter().any(|code| code.name == finding.code.name);
    if reason.starts_with("the file is empty") || reason.contains("EOF while parsing") {
        return Belongs::To(&causes::METADATA_EMPTIED, Certain);
    }
    if is_one_of(&[
        &store::OVERLAY_LINK_BROKEN,
        &store::OVERLAY_LOWER_BROKEN,
        &store::OVERLAY_SHORT_NAMES_MISSING,
        &store::LAYER_DIRECTORY_FOUND,
        &store::LAYER_SIZE_UNKNOWN,
        &store::CONTAINER_CONFIG_COPY,
    ]) {
        return Belongs::To(&causes::METADATA_EMPTIED, Likely);
    }
    Belongs::To(&causes::METADATA_DAMAGED, Certain)
}

fn contents(survey: &Survey) -> Contents {
    let is_shown = |image: &&Image| image.kind != ImageKind::Intermediate;
    let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    Contents {
        volumes: count(survey.volumes.len()),
        images: count(survey.images.iter().filter(is_shown).count()),
        containers: count(survey.containers.len()),
    }
}
