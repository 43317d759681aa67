//! No bytes break the survey: every disk there is, with random damage where it is looked at.
//!
//! First the whole disk is surveyed and it is written down which bytes were read. Then, round after round, a few of
//! those are changed in memory (bits flipped, fields set to extremes, blocks zeroed, exchanged or repeated), and the
//! survey has to come back: with an answer or an error, but without a panic and in a time in proportion.
//!
//! A round is known by the name of its disk and its seed. `CAREEN_MUTATION_ROUNDS` sets how many rounds each disk gets,
//! `CAREEN_MUTATION_SEED` the first seed, `CAREEN_MUTATION_DISK` names one disk alone:
//! `CAREEN_MUTATION_DISK=cases/tiny CAREEN_MUTATION_SEED=17 CAREEN_MUTATION_ROUNDS=1 cargo test --test mutations`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, clippy::expect_used)]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use careen_evidence::{ByteSource, CancelToken, Findings, Place, ReadError};
use careen_survey::list::{ListOptions, list};
use careen_survey::{DiskFile, Options, Scope, Session};
use careen_tests::disks;

/// Rounds for each disk unless the environment says otherwise.
const ROUNDS: u64 = 20;
/// Longest time a round may take. An undamaged disk takes a few seconds where tests are built without optimization.
const PATIENCE: Duration = Duration::from_secs(180);
/// Bytes a round may read before it is asked to stop, in multiples of what the undamaged disk needs.
const READ_FACTOR: u64 = 20;
/// Entries listed of one scope.
const LISTED: usize = 20_000;
/// What counts as a block when blocks are zeroed or moved.
const BLOCK: u64 = 4096;

/// A disk file, what was read of it, and what is changed of it.
struct Mutated {
    file: File,
    length: u64,
    changes: BTreeMap<u64, u8>,
    read: RefCell<BTreeSet<(u64, u64)>>,
    /// Bytes that may still be read before `cancel` is pulled.
    budget: RefCell<u64>,
    cancel: CancelToken,
}

impl Mutated {
    fn new(path: &Path, changes: BTreeMap<u64, u8>, budget: u64) -> Rc<Self> {
        let file = File::open(path).unwrap();
        let length = file.metadata().unwrap().len();
        let cancel = CancelToken::default();
        Rc::new(Mutated { file, length, changes, read: RefCell::default(), budget: RefCell::new(budget), cancel })
    }
}

impl ByteSource for Mutated {
    fn len(&self) -> u64 {
        self.length
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        self.read.borrow_mut().insert((offset, buf.len() as u64));
        let mut budget = self.budget.borrow_mut();
        *budget = budget.saturating_sub(buf.len() as u64);
        if *budget == 0 {
            self.cancel.cancel();
        }
        self.file.read_exact_at(buf, offset).map_err(|error| ReadError::io(&Place::new("disk"), error))?;
        for (at, byte) in self.changes.range(offset..offset.saturating_add(buf.len() as u64)) {
            buf[(at - offset) as usize] = *byte;
        }
        Ok(())
    }
}

/// A random number generator whose numbers are the same everywhere and always (SplitMix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len() as u64) as usize]
    }
}

/// Everything that is asked of a disk, in the order of a person's visit. Errors are answers.
fn survey(source: Rc<Mutated>, random: &mut Random) -> Result<(), ReadError> {
    let options = Options { cancel: source.cancel.clone(), smallest_read: 512, ..Options::default() };
    let (limits, cancel) = (options.limits, options.cancel.clone());
    let observer: &mut dyn FnMut(_) = &mut |_| {};
    let disk = DiskFile { name: "disk".to_owned(), source };
    let mut session = Session::open(disk, options, observer)?;
    drop(session.measure_volumes(observer));
    let survey = session.survey();
    serde_json::to_string(&survey).unwrap();
    serde_json::to_string(&session.layers()).unwrap();
    for scope in session.package_scopes(true, true) {
        drop(session.packages_of(&scope, observer));
    }
    for image in &survey.images {
        drop(session.history(&image.id));
    }
    let mut scopes: Vec<Scope> = survey.images.iter().map(|image| Scope::Image(image.id.clone())).collect();
    for container in &survey.containers {
        scopes.push(Scope::Container(container.id.clone()));
        scopes.push(Scope::Changes(container.id.clone()));
    }
    scopes.extend(survey.volumes.iter().map(|volume| Scope::Volume(volume.name.clone())));
    scopes.extend(session.layers().iter().map(|layer| Scope::Layer(layer.chain_id.clone())));
    scopes.extend([Scope::Host, Scope::Filesystem(None)]);
    for _ in 0..3 {
        let scope = random.pick(&scopes);
        let mut findings = Findings::new();
        drop(session.inspect(scope, &mut findings));
        let Ok(tree) = session.tree(scope, &mut findings) else { continue };
        let what = ListOptions {
            recursive: true,
            hash: matches!(scope, Scope::Changes(_)),
            overlay_marks: scope.shows_overlay_marks(),
        };
        let mut left = LISTED;
        drop(list(&*tree, b"/", what, &limits, &cancel, &mut findings, &mut |entry| {
            serde_json::to_string(&entry).unwrap();
            left = left.saturating_sub(1);
            if left == 0 { Err(ReadError::over_limit(&Place::default(), "enough")) } else { Ok(()) }
        }));
        serde_json::to_string(&findings.to_vec()).unwrap();
    }
    Ok(())
}

/// Where damage is worth while: the ranges that were read, and of long ones the blocks that are not empty, which are in
/// use by inodes, names and records.
fn places(file: &File, read: &BTreeSet<(u64, u64)>) -> Vec<(u64, u64)> {
    let mut places = BTreeSet::new();
    let mut block = vec![0; BLOCK as usize];
    for (start, length) in read.iter().filter(|(_, length)| *length > 0) {
        if *length <= BLOCK {
            places.insert((*start, *length));
            continue;
        }
        for at in (start / BLOCK..(start + length) / BLOCK).map(|number| number * BLOCK) {
            if file.read_exact_at(&mut block, at).is_ok() && block.iter().any(|byte| *byte != 0) {
                places.insert((at, BLOCK));
            }
        }
    }
    places.into_iter().collect()
}

/// The changes of one round, in ranges that are known to be read.
fn damage(file: &File, ranges: &[(u64, u64)], random: &mut Random) -> BTreeMap<u64, u8> {
    let mut changes = BTreeMap::new();
    let mut put = |at: u64, bytes: &[u8]| changes.extend((at..).zip(bytes.iter().copied()));
    // Few changes leave most of the disk to be surveyed; many come upon code that few do.
    let count = [1, 1, 3, 10, 40][random.below(5) as usize];
    for _ in 0..count {
        // Ranges, not bytes, are equally likely: most structures are small, most bytes are in large ones.
        let (start, length) = *random.pick(ranges);
        let at = start + random.below(length);
        let field = start + (random.below(length) & !3);
        let mut byte = [0];
        match random.below(8) {
            0..3 => {
                file.read_exact_at(&mut byte, at).unwrap();
                put(at, &[byte[0] ^ 1 << random.below(8)]);
            }
            3 => put(at, &[random.next() as u8]),
            4 => {
                let extremes: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xffff_fff0];
                let value = *random.pick(&extremes);
                put(field, &if random.below(2) == 0 { value.to_le_bytes() } else { value.to_be_bytes() });
            }
            5 => put(field, &random.next().to_le_bytes()[..1 + random.below(8) as usize]),
            6 => put(at / BLOCK * BLOCK, &vec![*random.pick(&[0, 0xff]); BLOCK as usize]),
            _ => {
                // Another block in the place of this one.
                let (other, length) = *random.pick(ranges);
                let from = (other + random.below(length)) / BLOCK * BLOCK;
                let mut block = vec![0; BLOCK as usize];
                if file.read_exact_at(&mut block, from).is_ok() {
                    put(at / BLOCK * BLOCK, &block);
                }
            }
        }
    }
    changes
}

fn environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// All rounds of one disk; `begun` is told the seed of each.
fn rounds(path: &Path, seeds: std::ops::Range<u64>, begun: &dyn Fn(u64)) -> (u64, u64) {
    begun(0);
    let whole = Mutated::new(path, BTreeMap::new(), u64::MAX);
    survey(Rc::clone(&whole), &mut Random(0)).unwrap_or_else(|error| panic!("undamaged: {error}"));
    let ranges = places(&whole.file, &whole.read.take());
    let needed = u64::MAX - whole.budget.take();
    let (mut refused, mut stopped) = (0, 0);
    for seed in seeds {
        begun(seed);
        let mut random = Random(seed);
        let changes = damage(&whole.file, &ranges, &mut random);
        let source = Mutated::new(path, changes, needed.saturating_mul(READ_FACTOR));
        refused += u64::from(survey(Rc::clone(&source), &mut random).is_err());
        stopped += u64::from(source.cancel.is_cancelled());
    }
    (refused, stopped)
}

#[test]
fn random_damage_to_any_disk_ends_in_an_answer_or_an_error() {
    let first = environment("CAREEN_MUTATION_SEED", 1);
    let seeds = first..first.saturating_add(environment("CAREEN_MUTATION_ROUNDS", ROUNDS));
    let chosen = std::env::var("CAREEN_MUTATION_DISK").ok();
    let bases = disks().all.iter().filter(|disk| match &chosen {
        Some(name) => disk.name == *name,
        None => disk.name.starts_with("cases/") || disk.name.starts_with("corpus/"),
    });
    for line in disks().skipped() {
        println!("skipped: {line}");
    }
    for disk in bases {
        // In a thread of its own, so that an endless loop can be told from patience.
        let (told, heard) = mpsc::channel();
        let (path, seeds) = (disk.file.clone(), seeds.clone());
        let worker = std::thread::spawn(move || rounds(&path, seeds, &|seed| told.send(seed).unwrap()));
        let mut last = 0;
        loop {
            match heard.recv_timeout(PATIENCE) {
                Ok(seed) => last = seed,
                Err(mpsc::RecvTimeoutError::Timeout) => panic!("{} hangs with seed {last}", disk.name),
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        match worker.join() {
            Ok((refused, stopped)) => println!("{}: {refused} refused, {stopped} stopped", disk.name),
            Err(_) => panic!("{} panics with seed {last}, see above", disk.name),
        }
    }
}
