//! `cargo xtask variants`: the corpus' smallest disk in every container and with every damage, made with other seeds
//! than the tests take, and what came of each.

use std::collections::BTreeMap;
use std::path::PathBuf;

use careen_tests::{Known, Variant, base, checks, of_seed};

use crate::command::{self, find, output, tool};

/// Programs that the corpus' script needs.
const PROGRAMS: [&str; 7] = ["python3", "qemu-img", "zstd", "debugfs", "e2fsck", "sfdisk", "mount"];

/// What came of the variants, by variant and seed.
#[derive(Default)]
struct Table {
    rows: BTreeMap<String, BTreeMap<String, String>>,
    expected: BTreeMap<String, String>,
    wrong: Vec<String>,
}

/// Makes and checks every variant with each of these seeds, a list with commas, and prints a table. `only` leaves all
/// groups of variants out but those with one of these names.
pub fn run(seeds: &str, only: &[String]) -> Result<(), String> {
    let seeds: Vec<&str> = seeds.split(',').collect();
    if seeds.iter().any(|seed| seed.parse::<u32>().is_err()) {
        return Err(format!("--seeds {}: expected numbers with commas between them", seeds.join(",")));
    }
    let corpus = std::env::var_os("CAREEN_CORPUS").filter(|folder| !folder.is_empty());
    let corpus = PathBuf::from(corpus.ok_or("variants: CAREEN_CORPUS is not set; it names the folder of the corpus")?);
    if output(tool("id").arg("-u")).as_deref() != Some("0") {
        return Err("variants: only root may mount the disks that are to be damaged".to_owned());
    }
    let missing: Vec<&str> = PROGRAMS.into_iter().filter(|program| find(program).is_none()).collect();
    if !missing.is_empty() {
        let names = missing.join(", ");
        return Err(format!("variants: not on PATH: {names} (Debian: qemu-utils, e2fsprogs, fdisk, zstd, python3)"));
    }
    let careen = command::build_careen()?;
    careen_tests::use_binary(careen);
    let base = base(&corpus)?;
    let mut table = Table::default();
    for seed in &seeds {
        of_seed(&corpus, &base, seed, only, |variant| table.add(seed, variant, &base))?;
    }
    table.print(&seeds);
    if table.wrong.is_empty() { Ok(()) } else { Err(format!("variants: {} are wrong", table.wrong.len())) }
}

impl Table {
    fn add(&mut self, seed: &str, variant: Result<Variant, String>, base: &careen_tests::Disk) {
        let Variant { disk, expected } = match variant {
            Ok(variant) => variant,
            Err(reason) => return self.wrong.push(format!("seed {seed}: not made: {reason}")),
        };
        let mut wrong: Vec<String> = Vec::new();
        if let Known::Named(word) = disk.known {
            wrong.extend(checks::is_named(&disk, word).err().map(|reason| format!("is_named: {reason}")));
        }
        for (name, check) in checks::of_variant(&disk, base) {
            wrong.extend(check().err().map(|reason| format!("{name}: {reason}")));
        }
        let verdict = match (wrong.is_empty(), checks::told(&disk)) {
            (false, _) => "WRONG".to_owned(),
            (true, Err(_)) => "refused".to_owned(),
            (true, Ok(codes)) if codes.is_empty() => "right".to_owned(),
            (true, Ok(codes)) => format!("right, {} told", codes.len()),
        };
        let name = disk.name.trim_start_matches("variants/").to_owned();
        eprintln!("seed {seed:<4} {name:<34} {verdict}");
        wrong.iter().for_each(|reason| eprintln!("    {reason}"));
        self.wrong.extend(wrong.iter().map(|reason| format!("seed {seed}, {name}: {reason}")));
        self.expected.insert(name.clone(), expected);
        self.rows.entry(name).or_default().insert((*seed).to_owned(), verdict);
    }

    fn print(&self, seeds: &[&str]) {
        let heads: String = seeds.iter().map(|seed| format!("{:<16}", format!("seed {seed}"))).collect();
        println!("\n{:<32}{heads}expected", "variant");
        for (name, of_seed) in &self.rows {
            let cells: String = seeds
                .iter()
                .map(|seed| format!("{:<16}", of_seed.get(*seed).map_or("not made", String::as_str)))
                .collect();
            println!("{name:<32}{cells}{}", self.expected.get(name).map_or("", String::as_str));
        }
        for wrong in &self.wrong {
            println!("\n{wrong}");
        }
    }
}
