//! The orders of versions against the tools whose orders they are: dpkg, Python's `packaging`, rpm; and those of apk and
//! conda against the tables that their projects test themselves with.
//!
//! The versions in `versions/` are real ones: of Debian's archive, of fifty projects on PyPI, of the packages in twelve
//! rpm databases. Half of the pairs are neighbors in our order, where a wrong rule shows; the others are any two.
//! `CAREEN_VERSION_PAIRS` says how many pairs (`cargo xtask versions` sets 10,000), `CAREEN_APK_TABLE` and
//! `CAREEN_CONDA_TABLE` name `test/unit/version.data` of apk-tools and `tests/models/test_version.py` of conda.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::indexing_slicing, missing_docs)]

use std::cmp::Ordering;
use std::io::Write;
use std::process::{Command, Stdio};

use careen_model::Ecosystem;
use careen_report::{compare_by_rules, compare_versions};

/// Pairs of each kind unless the environment says otherwise.
const PAIRS: usize = 600;

/// What a judge is called, whose versions it orders, the real ones, and a program that reads pairs from its input, a tab
/// between the two, and says of each `-1`, `0`, `1`, or `?` where it takes one of them for no version.
const JUDGES: [(&str, Ecosystem, &str, [&str; 3]); 3] = [
    (
        "dpkg --compare-versions",
        Ecosystem::Apt,
        include_str!("versions/deb.txt"),
        [
            "bash",
            "-c",
            r#"dpkg --version >/dev/null || exit 1
while IFS=$'\t' read -r a b; do
  if dpkg --compare-versions "$a" lt "$b"; then echo -1
  elif dpkg --compare-versions "$a" gt "$b"; then echo 1
  else echo 0; fi
done"#,
        ],
    ),
    (
        "packaging.version",
        Ecosystem::Pip,
        include_str!("versions/pypi.txt"),
        [
            "python3",
            "-c",
            "
import sys
try:
    from packaging.version import Version
except ImportError:
    from pip._vendor.packaging.version import Version
for line in sys.stdin:
    try:
        a, b = (Version(it) for it in line.rstrip('\\n').split('\\t'))
        print((a > b) - (a < b))
    except ValueError:
        print('?')
",
        ],
    ),
    (
        "rpm.labelCompare",
        Ecosystem::Rpm,
        include_str!("versions/rpm.txt"),
        [
            "/usr/bin/python3",
            "-c",
            "
import sys, rpm
def parts(text):
    epoch, _, rest = text.rpartition(':')
    version, _, release = rest.rpartition('-')
    return (epoch or '0', version, release)
for line in sys.stdin:
    print(rpm.labelCompare(*(parts(it) for it in line.rstrip('\\n').split('\\t'))))
",
        ],
    ),
];

/// Neighbors in our order and any two, half and half; the same for the same number.
fn pairs(ecosystem: Ecosystem, versions: &str, count: usize) -> Vec<(String, String)> {
    let mut sorted: Vec<&str> = versions.lines().collect();
    sorted.sort_by(|a, b| compare_versions(ecosystem, a, b));
    let mut state = 1_u64;
    let mut any = |below: usize| {
        // Knuth's MMIX generator; its upper bits are the better ones.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut pairs = Vec::new();
    while pairs.len() < count {
        let at = any(sorted.len() - 1);
        let other = if pairs.len() % 2 == 0 { at + 1 } else { any(sorted.len()) };
        let (a, b) = if any(2) == 0 { (at, other) } else { (other, at) };
        pairs.push((sorted[a].to_owned(), sorted[b].to_owned()));
    }
    pairs
}

/// What the judge says of each pair; `None` where it is not on this machine.
fn asked(program: [&str; 3], pairs: &[(String, String)]) -> Option<Vec<Option<Ordering>>> {
    let [program, flag, script] = program;
    let mut judge = Command::new(program)
        .args([flag, script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut input = judge.stdin.take()?;
    let text: String = pairs.iter().map(|(a, b)| format!("{a}\t{b}\n")).collect();
    // A judge that ended early is seen by its answer.
    let writer = std::thread::spawn(move || drop(input.write_all(text.as_bytes())));
    let output = judge.wait_with_output().ok()?;
    writer.join().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let order = |line: &str| match line {
        "-1" => Some(Ordering::Less),
        "0" => Some(Ordering::Equal),
        "1" => Some(Ordering::Greater),
        _ => None,
    };
    let said: Vec<Option<Ordering>> = said.lines().map(order).collect();
    output.status.success().then_some(said).filter(|said| said.len() == pairs.len())
}

#[test]
fn versions_are_ordered_as_their_own_tools_do() {
    let count = std::env::var("CAREEN_VERSION_PAIRS").ok().and_then(|count| count.parse().ok()).unwrap_or(PAIRS);
    let mut wrong = Vec::new();
    for (name, ecosystem, versions, program) in JUDGES {
        let pairs = pairs(ecosystem, versions, count);
        let Some(said) = asked(program, &pairs) else {
            println!("skipped: {name} is not on this machine");
            continue;
        };
        let (mut same, mut equal) = (0, 0);
        for ((a, b), theirs) in pairs.iter().zip(said) {
            let ours = compare_by_rules(ecosystem, a, b);
            equal += usize::from(theirs == Some(Ordering::Equal));
            if ours == theirs {
                same += 1;
            } else {
                wrong.push(format!("{name}: {a} {b}: {theirs:?} was said, ours is {ours:?}"));
            }
        }
        println!("{name}: {same} of {count} pairs the same, {equal} of them of equal versions");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// `a < b`, `a = b`, `a > b` a line. What apk calls invalid it orders by other means and we do not: rows its test marks
/// so, and `23_foo`, which it does not mark.
#[test]
fn apk_s_table_holds() {
    let table = match std::env::var("CAREEN_APK_TABLE") {
        Ok(file) => std::fs::read_to_string(file).unwrap(),
        Err(_) => include_str!("versions/apk.txt").to_owned(),
    };
    let (mut count, mut wrong) = (0, Vec::new());
    for line in table.lines().filter(|line| !line.contains("invalid") && !line.starts_with("23_foo")) {
        let words: Vec<&str> = line.split('#').next().unwrap().split_whitespace().collect();
        let [a, sign @ ("<" | "=" | ">"), b] = words[..] else { continue };
        let said = match sign {
            "<" => Ordering::Less,
            "=" => Ordering::Equal,
            _ => Ordering::Greater,
        };
        count += 1;
        let ours = compare_by_rules(Ecosystem::Apk, a, b);
        if ours != Some(said) {
            wrong.push(format!("{a} {sign} {b}: ours is {ours:?}"));
        }
    }
    println!("{count} rows of apk's table, {} differ", wrong.len());
    assert!(count > 0 && wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Versions in ascending order, as conda's own test lists them: a string in brackets at the start of a line.
#[test]
fn conda_s_table_holds() {
    let ascending: Vec<String> = match std::env::var("CAREEN_CONDA_TABLE") {
        Ok(file) => {
            let text = std::fs::read_to_string(file).unwrap();
            let (_, list) = text.split_once("def test_version_order").unwrap();
            let (list, _) = list.split_once("# check parser").unwrap();
            let strings = list.lines().filter_map(|line| line.trim().trim_start_matches('(').strip_prefix('"'));
            strings.filter_map(|line| Some(line.split_once('"')?.0.to_owned())).collect()
        }
        Err(_) => include_str!("versions/conda.txt").lines().map(str::to_owned).collect(),
    };
    assert!(ascending.len() > 20);
    for pair in ascending.windows(2) {
        let ours = compare_by_rules(Ecosystem::Conda, &pair[0], &pair[1]).unwrap();
        // Its own list has versions that are equal to it side by side.
        assert_ne!(ours, Ordering::Greater, "{} {}", pair[0], pair[1]);
        assert_eq!(compare_by_rules(Ecosystem::Conda, &pair[1], &pair[0]), Some(ours.reverse()));
    }
    println!("{} versions of conda's table in order", ascending.len());
}
