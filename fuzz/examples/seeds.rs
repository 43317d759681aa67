//! Makes a small input of a real disk, for a fuzzer to start from: the sectors that its readers ask for.
//!
//! `cargo run --no-default-features --example seeds -- vhdx disk.vhdx corpus/vhdx/real`

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::process::ExitCode;
use std::rc::Rc;

use careen_disk::{open, partitions};
use careen_evidence::{ByteSource, CancelToken, Findings, Limits, Place, ReadError, Visit, walk};
use careen_filesystem::Ext4;
use careen_fuzz::sparse::{SECTOR, Sparse};

/// Objects of a filesystem that are looked at.
const OBJECTS: usize = 50;
/// Longest read that is taken to be metadata.
const LONGEST: usize = 64 << 10;

/// A file that remembers which of its sectors were asked for.
struct Recording {
    file: File,
    sectors: RefCell<BTreeSet<u64>>,
}

impl ByteSource for Recording {
    fn len(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }

    fn read_exact_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        if buf.len() <= LONGEST {
            let end = (offset + buf.len() as u64).div_ceil(SECTOR);
            self.sectors.borrow_mut().extend(offset / SECTOR..end);
        }
        self.file.read_exact_at(buf, offset).map_err(|error| ReadError::io(&Place::new("disk"), error))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [target, disk, seed] = arguments.as_slice() else {
        eprintln!("usage: seeds vhdx|qcow2|vhd|vmdk|mbr_gpt|ext4 DISK SEED");
        return ExitCode::from(2);
    };
    match make(target, disk) {
        Ok(input) => match fs::write(seed, &input) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("{seed}: {error}")),
        },
        Err(reason) => fail(&reason),
    }
}

fn fail(reason: &str) -> ExitCode {
    eprintln!("{reason}");
    ExitCode::FAILURE
}

fn make(target: &str, disk: &str) -> Result<Vec<u8>, String> {
    let file = File::open(disk).map_err(|error| format!("{disk}: {error}"))?;
    let recording = Rc::new(Recording { file, sectors: RefCell::default() });
    let source: Rc<dyn ByteSource> = Rc::clone(&recording) as Rc<dyn ByteSource>;
    let (place, limits, mut findings) = (Place::new(disk), Limits::default(), Findings::new());
    if target == "ext4" {
        let tree = Ext4::open(source, &place, &limits, &mut findings).map_err(|error| error.to_string())?;
        let mut count = 0;
        walk(&*tree, &limits, &CancelToken::default(), &mut findings, &mut |_, _| {
            count += 1;
            Ok(if count < OBJECTS { Visit::Enter } else { Visit::Stop })
        })
        .map_err(|error| error.to_string())?;
    } else {
        let disk = open(source, &place, &limits, &mut findings).map_err(|error| error.to_string())?;
        partitions(&disk, &place, &limits, &mut findings);
    }
    let mut seed = Sparse::empty(recording.len());
    for sector in recording.sectors.take() {
        let length = recording.len().saturating_sub(sector * SECTOR).min(SECTOR) as usize;
        let mut content = vec![0; length];
        recording.file.read_exact_at(&mut content, sector * SECTOR).map_err(|error| format!("{disk}: {error}"))?;
        if content.iter().any(|byte| *byte != 0) {
            seed.put(sector * SECTOR, &content);
        }
    }
    Ok(seed.encode())
}
