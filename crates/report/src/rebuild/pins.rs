//! Files that install the same versions anew: `Dockerfile.pinned`, `requirements.txt`, `environment.yml`, `libraries.R`; and with versions
//! that were chosen for all images `Dockerfile.standard` and what it needs.
//!
//! Forms: pip's requirements file format, conda's "Creating an environment file manually", apt-get(8) and sources.list(5),
//! the snapshot archives of Debian and Ubuntu. Names and versions that these formats do not allow are comments.

use std::collections::{BTreeMap, BTreeSet};

use careen_model::{Ecosystem, ImagePackages, Package, RebuiltKind};
use serde_json::Value;

use super::base::{is_reference, reference, told_base};
use super::dockerfile::{Dockerfile, Recipe, write_step};
use super::history::{list, usual_shell};
use super::instruction::Instruction;
use super::others;
use super::requirements::{of_python, requirements};
use super::settings::Settings;
use super::words::{Escape, on_one_line};
use crate::run_command::shell_line;

/// A version for each package, by ecosystem and name: what was chosen for all images.
pub type Chosen = BTreeMap<(Ecosystem, String), String>;

/// What the files are made of.
pub struct Pins<'a> {
    /// The image, and the files of its steps.
    pub recipe: &'a Recipe<'a>,
    /// Its packages.
    pub packages: &'a ImagePackages,
    /// By the path of its metadata what a distribution of Python says of where it came from (`direct_url.json`, PEP 610).
    pub origins: &'a BTreeMap<String, Value>,
    /// When packages were last installed: `2024-05-05T10:00:00Z`, and who says so.
    pub installed: Option<(String, &'static str)>,
}

/// A file.
pub struct PinnedFile {
    /// Its name beside the Dockerfile.
    pub name: String,
    /// What it is.
    pub kind: RebuiltKind,
    /// What it was made from.
    pub reason: String,
    /// Its text.
    pub text: String,
    /// What was guessed.
    pub guesses: Vec<String>,
}

/// The files that install the packages of an image anew, in their own versions or in those that were chosen; none for an
/// image without packages.
pub fn pinned(pins: &Pins<'_>, chosen: Option<&Chosen>) -> Vec<PinnedFile> {
    let installed = |of| pins.packages.packages.iter().filter(move |it| it.ecosystem() == of && it.is_installed());
    const SYSTEM: [Ecosystem; 3] = [Ecosystem::Apt, Ecosystem::Apk, Ecosystem::Rpm];
    const LANGUAGES: [Ecosystem; 5] =
        [Ecosystem::Pip, Ecosystem::Conda, Ecosystem::Npm, Ecosystem::Gem, Ecosystem::Cran];
    if !SYSTEM.into_iter().chain(LANGUAGES).any(|of| installed(of).next().is_some()) {
        return Vec::new();
    }
    let ending = if chosen.is_some() { ".standard" } else { "" };
    let (mut files, mut copies) = (Vec::new(), Vec::new());
    let environments = of_python(pins);
    for (environment, packages) in &environments {
        let name = match environments.len() {
            1 => format!("requirements{ending}.txt"),
            _ => format!("requirements-{}{ending}.txt", slug(environment)),
        };
        files.push(requirements(&name, environment, packages, pins, chosen));
        copies.push((environment.clone(), name));
    }
    let mut conda: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in installed(Ecosystem::Conda) {
        conda.entry(package.value("environment")).or_default().push(package);
    }
    let mut conda_files = Vec::new();
    for (environment, packages) in &conda {
        let name = match conda.len() {
            1 => format!("environment{ending}.yml"),
            _ => format!("environment-{}{ending}.yml", slug(environment)),
        };
        files.push(environment_file(&name, environment, packages, chosen));
        conda_files.push(((*environment).to_owned(), name));
    }
    let libraries = others::r(&format!("libraries{ending}.R"), pins, chosen);
    let script = libraries.as_ref().map(|file| file.name.clone());
    files.extend(libraries);
    let file = dockerfile(pins, chosen, &copies, &conda_files, script.as_deref());
    let (name, kind, reason) = match chosen {
        None => ("Dockerfile.pinned", RebuiltKind::Pinned, "the packages of the image"),
        Some(_) => {
            ("Dockerfile.standard", RebuiltKind::Standard, "the versions chosen for all images (standard_set.csv)")
        }
    };
    let (name, reason) = (name.to_owned(), reason.to_owned());
    files.push(PinnedFile { name, kind, reason, text: file.text, guesses: file.guesses });
    files
}

/// The version to install, and whether it is another one than the image has.
pub fn version<'a>(package: &'a Package, chosen: Option<&'a Chosen>) -> (&'a str, bool) {
    let key = (package.ecosystem(), package.normalized_name().into_owned());
    match chosen.and_then(|chosen| chosen.get(&key)) {
        Some(version) => (version, *version != package.version),
        None => (&package.version, false),
    }
}

fn environment_file(name: &str, environment: &str, packages: &[&Package], chosen: Option<&Chosen>) -> PinnedFile {
    let mut file = Dockerfile::default();
    file.comment(&format!("What conda recorded in {environment}"));
    file.text.push_str(&format!("name: {}\nchannels:\n", slug(environment.rsplit('/').next().unwrap_or_default())));
    let channels: BTreeSet<String> = packages.iter().filter_map(|package| channel(package.value("channel"))).collect();
    for channel in &channels {
        file.text.push_str(&format!("  - {channel}\n"));
    }
    if channels.is_empty() {
        file.guess("no record names a channel that can be written");
        file.text.push_str("  - conda-forge\n");
    }
    file.text.push_str("dependencies:\n");
    for package in packages {
        let (version, is_other) = version(package, chosen);
        let build = package.value("build");
        if !is_word(&package.name, "._-") || !is_word(version, "._!+-") {
            file.guess(&format!("{} {version} is left out: no name or no version that conda takes", package.name));
            continue;
        }
        let build = if is_other || !is_word(build, "._-") { String::new() } else { format!("={build}") };
        file.text.push_str(&format!("  - {}={version}{build}\n", package.name));
    }
    let reason = "conda's records of installed packages".to_owned();
    PinnedFile { name: name.to_owned(), kind: RebuiltKind::Environment, reason, text: file.text, guesses: file.guesses }
}

/// A channel as environment files name it.
fn channel(recorded: &str) -> Option<String> {
    const PLATFORMS: [&str; 9] = [
        "noarch",
        "linux-64",
        "linux-32",
        "linux-aarch64",
        "linux-ppc64le",
        "linux-s390x",
        "osx-64",
        "osx-arm64",
        "win-64",
    ];
    let trimmed = recorded.trim_end_matches('/');
    let trimmed = match trimmed.rsplit_once('/') {
        Some((before, platform)) if PLATFORMS.contains(&platform) => before,
        _ => trimmed,
    };
    let short = trimmed.strip_prefix("https://conda.anaconda.org/").unwrap_or(trimmed);
    let is_plain = is_word(short, "._/:-") && !short.contains(": ") && !short.ends_with(':');
    is_plain.then(|| short.to_owned())
}

/// The release that os-release tells: its id and its version.
pub(super) fn release(packages: &ImagePackages) -> Option<(&str, &str)> {
    let mut all = packages.packages.iter().filter(|package| package.ecosystem() == Ecosystem::Os);
    all.find(|package| package.value("kind") == "release")
        .map(|package| (package.name.as_str(), package.version.as_str()))
}

/// The name of a release by its number.
fn suite<'a>(id: &str, version: &'a str) -> Option<&'a str> {
    const KNOWN: [(&str, &str, &str); 10] = [
        ("debian", "9", "stretch"),
        ("debian", "10", "buster"),
        ("debian", "11", "bullseye"),
        ("debian", "12", "bookworm"),
        ("debian", "13", "trixie"),
        ("ubuntu", "18.04", "bionic"),
        ("ubuntu", "20.04", "focal"),
        ("ubuntu", "22.04", "jammy"),
        ("ubuntu", "24.04", "noble"),
        ("ubuntu", "26.04", "resolute"),
    ];
    let known = KNOWN.iter().find(|(of, number, name)| *of == id && (*number == version || *name == version));
    known.map(|(_, _, name)| *name)
}

fn dockerfile(
    pins: &Pins<'_>,
    chosen: Option<&Chosen>,
    requirements: &[(String, String)],
    environments: &[(String, String)],
    libraries: Option<&str>,
) -> Dockerfile {
    let (recipe, escape) = (pins.recipe, Escape::USUAL);
    let mut file = Dockerfile::default();
    let (what, name) = match chosen {
        None => ("in the versions that it has", "pinned"),
        Some(_) => ("in the versions chosen for all images of the disk", "standard"),
    };
    file.comment(&format!(
        "Installs the packages of {} anew, {what}. Made by careen; in this directory:",
        recipe.image.label()
    ));
    file.comment(&format!("  docker build --file Dockerfile.{name} ."));
    file.comment("It was never built: whether every version can still be had is not known here. Commands of the image");
    file.comment("stand as comments; what they made besides packages is to be put in where it is needed.");
    file.text.push('\n');
    from(pins, &mut file);
    apt(pins, chosen, &mut file);
    apk(pins, chosen, &mut file);
    others::rpm(pins, chosen, &mut file);
    if !environments.is_empty() {
        file.guess("micromamba stands for conda, which is not installed by a package");
        file.instruction("COPY --from=mambaorg/micromamba:latest /bin/micromamba /usr/local/bin/micromamba", escape);
    }
    for (environment, name) in environments {
        let words = ["micromamba", "create", "--yes", "--prefix", environment, "--file"].map(str::to_owned);
        install(name, &words, &mut file);
    }
    let has_pip = pins.packages.packages.iter().any(|package| matches!(package.name.as_str(), "pip" | "python3-pip"));
    if !requirements.is_empty() && !has_pip {
        file.guess("pip is none of the image's packages: put it in where Python comes without");
    }
    for (environment, name) in requirements {
        let python = match environment.as_str() {
            "/usr" | "/usr/local" => "python3".to_owned(),
            other => format!("{other}/bin/python3"),
        };
        let is_system = matches!(environment.as_str(), "/usr" | "/usr/local");
        let is_user = environment.ends_with("/.local");
        let is_conda = environments.iter().any(|(prefix, _)| prefix == environment);
        if !is_system && !is_user && !is_conda {
            file.guess(&format!("{environment} is made as a virtual environment"));
            let words = ["python3", "-m", "venv", environment].map(str::to_owned);
            run(&words, &mut file);
        }
        let mut words: Vec<String> = Vec::new();
        if is_system || is_user {
            // Debian keeps pip from its own directories unless told so.
            words.extend(["env".to_owned(), "PIP_BREAK_SYSTEM_PACKAGES=1".to_owned()]);
        }
        if is_user {
            words.push(format!("PYTHONUSERBASE={environment}"));
        }
        words.push(if is_user { "python3".to_owned() } else { python });
        words.extend(["-m", "pip", "install", "--no-cache-dir", "--no-deps"].map(str::to_owned));
        words.extend(is_user.then(|| "--user".to_owned()));
        words.push("--requirement".to_owned());
        install(name, &words, &mut file);
    }
    others::npm(pins, chosen, &mut file);
    others::gem(pins, chosen, &mut file);
    if let Some(name) = libraries {
        others::run_r(name, &mut file);
    }
    file.text.push('\n');
    if let Some(name) = recipe.base.and_then(|base| reference(base.of.image)) {
        file.guess(&format!(
            "what {name}, beneath this image, brought besides packages is told by a Dockerfile of its own"
        ));
    }
    file.comment("The other steps of the image:");
    let own = recipe.base.map_or(0, |base| base.steps);
    for (at, step) in recipe.steps.iter().enumerate().skip(own) {
        match &step.instruction {
            Instruction::Copy(_) => write_step(at, step, recipe.sources.get(&at), escape, &mut file),
            Instruction::Run { .. } | Instruction::RunWords(_) => {
                let text = step.instruction.text(escape, &step.shell).unwrap_or_default();
                file.comment(&text);
            }
            _ => {}
        }
    }
    file.text.push('\n');
    file.comment("Its configuration:");
    let shell = usual_shell(false);
    let (settings, _) = Settings::default().towards(&Settings::of(recipe.config), &shell);
    for instruction in settings {
        match instruction.text(escape, &shell) {
            Ok(text) => file.instruction(&text, escape),
            Err(reason) => file.guess(&format!("{} is left out: {reason}", instruction.keyword())),
        }
    }
    file
}

fn from(pins: &Pins<'_>, file: &mut Dockerfile) {
    let told = told_base(pins.recipe.config).map(str::to_owned);
    let by_release = release(pins.packages).map(|(id, version)| match (suite(id, version), version) {
        (Some(suite), _) => format!("{id}:{suite}"),
        (None, "") => format!("{id}:latest"),
        (None, version) => others::image_of_rpm(id, version).unwrap_or_else(|| format!("{id}:{version}")),
    });
    let by_variable = by_variable(pins);
    let all = [
        (told, "a label of the image names it"),
        (by_variable, "a variable of the image that official images have, and the release"),
        (by_release, "etc/os-release tells the release"),
    ];
    let found = all.iter().find_map(|(name, why)| Some((name.as_ref().filter(|name| is_reference(name))?, why)));
    match found {
        Some((name, why)) => {
            file.guess(&format!("{name}: {why}"));
            file.instruction(&format!("FROM {name}"), Escape::USUAL);
        }
        None => {
            file.guess("nothing tells what system it is");
            file.instruction("FROM debian:stable", Escape::USUAL);
        }
    }
}

/// The official image of a language, by the variable in which it has its version.
fn by_variable(pins: &Pins<'_>) -> Option<String> {
    let environment = list(pins.recipe.config.get("config")?, "Env");
    let (id, version) = release(pins.packages)?;
    let suite = suite(id, version).filter(|_| id == "debian")?;
    [("python", "PYTHON_VERSION="), ("node", "NODE_VERSION="), ("ruby", "RUBY_VERSION=")].into_iter().find_map(
        |(name, variable)| {
            let version = environment.iter().find_map(|it| it.strip_prefix(variable)).filter(|it| is_word(it, "."))?;
            Some(format!("{name}:{version}-{suite}"))
        },
    )
}

/// apt's packages, from the archive as it was when they were installed.
fn apt(pins: &Pins<'_>, chosen: Option<&Chosen>, file: &mut Dockerfile) {
    let all: Vec<&Package> =
        pins.packages.packages.iter().filter(|it| it.ecosystem() == Ecosystem::Apt && it.is_installed()).collect();
    if all.is_empty() {
        return;
    }
    if let (Some((time, who)), Some((id, version))) = (&pins.installed, release(pins.packages))
        && let (Some(suite), Some(stamp)) = (suite(id, version), stamp(time))
    {
        file.guess(&format!("{stamp}: the archive as of this time, which {who} tells"));
        let lines: Vec<String> = if id == "ubuntu" {
            let suites = [suite.to_owned(), format!("{suite}-updates"), format!("{suite}-security")];
            let line = |suite: &String| {
                format!("deb [check-valid-until=no] http://snapshot.ubuntu.com/ubuntu/{stamp} {suite} main universe")
            };
            suites.iter().map(line).collect()
        } else {
            let security = if suite == "buster" || suite == "stretch" {
                format!("{suite}/updates")
            } else {
                format!("{suite}-security")
            };
            [("debian", suite.to_owned()), ("debian", format!("{suite}-updates")), ("debian-security", security)]
                .iter()
                .map(|(archive, suite)| {
                    format!(
                        "deb [check-valid-until=no] http://snapshot.debian.org/archive/{archive}/{stamp} {suite} main"
                    )
                })
                .collect()
        };
        let words: Vec<String> = ["printf".to_owned(), "%s\\n".to_owned()].into_iter().chain(lines).collect();
        let line = format!("RUN rm -f /etc/apt/sources.list.d/* && {} > /etc/apt/sources.list", shell_line(&words));
        file.instruction(&line, Escape::USUAL);
    } else {
        file.guess("no time or no release is known: versions are looked for in today's archive");
    }
    // Where nobody noted who asked for them, all are told.
    let is_noted = all.iter().any(|package| package.declared.requested.is_some());
    let native = all.iter().map(|package| package.value("architecture")).find(|it| *it != "all").unwrap_or_default();
    let mut names = Vec::new();
    for package in all.iter().filter(|package| !is_noted || package.declared.requested == Some(true)) {
        let (version, _) = version(package, chosen);
        let architecture = package.value("architecture");
        if !is_word(&package.name, "+.-") || !is_word(version, ".+~:-") || !is_word(architecture, "-") {
            file.guess(&format!("{} {version} is left out: no name or no version that apt takes", package.name));
            continue;
        }
        let foreign = if ["all", native].contains(&architecture) { String::new() } else { format!(":{architecture}") };
        names.push(format!("{}{foreign}={version}", package.name));
    }
    if !is_noted {
        file.guess("nothing tells which packages a person asked for: these are all");
    }
    let first = "RUN apt-get update && apt-get install --yes --no-install-recommends --allow-downgrades";
    list_of(first, &names, "rm -rf /var/lib/apt/lists/*", file);
}

fn apk(pins: &Pins<'_>, chosen: Option<&Chosen>, file: &mut Dockerfile) {
    let all: Vec<&Package> = pins.packages.packages.iter().filter(|it| it.ecosystem() == Ecosystem::Apk).collect();
    if all.is_empty() {
        return;
    }
    file.guess("Alpine's archive keeps the last version of each release alone: older ones may be gone");
    let is_noted = all.iter().any(|package| package.declared.requested == Some(true));
    let wanted = all.iter().filter(|package| !is_noted || package.declared.requested == Some(true));
    let names = wanted.map(|package| (package.name.as_str(), version(package, chosen).0));
    let names = names.filter(|(name, version)| is_word(name, "+._-") && is_word(version, "._-"));
    let names: Vec<String> = names.map(|(name, version)| format!("{name}={version}")).collect();
    list_of("RUN apk add --no-cache", &names, "true", file);
}

/// A command with a word a line.
pub(super) fn list_of(first: &str, words: &[String], last: &str, file: &mut Dockerfile) {
    if words.is_empty() {
        return;
    }
    file.text.push_str(first);
    for word in words {
        file.text.push_str(&format!(" \\\n    {word}"));
    }
    file.text.push_str(&format!(" \\\n && {last}\n"));
}

/// Copies a file into the image, and has a command read it.
fn install(name: &str, words: &[String], file: &mut Dockerfile) {
    file.instruction(&format!("COPY {name} /tmp/{name}"), Escape::USUAL);
    let words: Vec<String> = words.iter().cloned().chain([format!("/tmp/{name}")]).collect();
    run(&words, file);
}

pub(super) fn run(words: &[String], file: &mut Dockerfile) {
    let instruction = Instruction::Run { shell: usual_shell(false), line: shell_line(words) };
    match instruction.text(Escape::USUAL, &usual_shell(false)) {
        Ok(text) if !text.contains('\n') => file.instruction(&text, Escape::USUAL),
        _ => file.guess(&format!("a command is left out: {}", on_one_line(&shell_line(words)))),
    }
}

/// A time as the snapshot archives write it: `20240505T100000Z`.
fn stamp(time: &str) -> Option<String> {
    let whole = time.get(..19)?;
    let digits: String = whole.chars().filter(|letter| letter.is_ascii_digit()).collect();
    let (date, of_day) = digits.split_at_checked(8)?;
    (digits.len() == 14 && whole.get(10..11) == Some("T")).then(|| format!("{date}T{of_day}Z"))
}

/// Whether a word has only letters, digits and these signs, and begins with no sign.
pub fn is_word(word: &str, signs: &str) -> bool {
    word.starts_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_')
        && word.chars().all(|letter| letter.is_ascii_alphanumeric() || signs.contains(letter) || letter == '_')
}

/// A path as part of a file's name.
fn slug(path: &str) -> String {
    let letters = path.chars().take(80).map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' });
    let slug: String = letters.collect();
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "root".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use careen_model::{Declared, Details};
    use serde_json::json;

    use super::super::history::steps;
    use super::super::tests::image;
    use super::*;

    fn package(name: &str, version: &str, found_at: &str, details: Details) -> Package {
        let declared = Declared { requested: Some(true), ..Declared::default() };
        let (name, version, found_at) = (name.to_owned(), version.to_owned(), found_at.to_owned());
        Package { name, version, purl: String::new(), found_at, layer: None, declared, details }
    }

    fn apt(name: &str, version: &str) -> Package {
        let (source, status) = (name.to_owned(), "install ok installed".to_owned());
        let details = Details::Apt { architecture: "amd64".into(), source, source_version: version.into(), status };
        package(name, version, "/var/lib/dpkg/status", details)
    }

    fn pip(name: &str, version: &str, environment: &str) -> Package {
        let (environment, installer) = (environment.to_owned(), "pip".to_owned());
        let found_at = format!("{environment}/lib/python3/site-packages/{name}.dist-info/METADATA");
        package(name, version, &found_at, Details::Pip { environment, installer, editable: false })
    }

    fn files(
        packages: Vec<Package>,
        origins: &BTreeMap<String, Value>,
        chosen: Option<&Chosen>,
    ) -> Vec<(String, String)> {
        let packages = ImagePackages { image: "i:1".into(), image_id: String::new(), ecosystems: Vec::new(), packages };
        let config = json!({ "config": { "Env": ["A=1"] } });
        let (image, steps, sources) = (image("i:1", &[]), steps(&config, 0), BTreeMap::new());
        let recipe = Recipe { image: &image, config: &config, steps: &steps, base: None, sources: &sources };
        let installed = Some(("2024-05-05T10:00:00Z".to_owned(), "a log"));
        let pins = Pins { recipe: &recipe, packages: &packages, origins, installed };
        pinned(&pins, chosen).into_iter().map(|file| (file.name, file.text)).collect()
    }

    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect()
    }

    #[test]
    fn versions_are_told_to_each_package_manager() {
        let conda = Details::Conda {
            build: "h1_0".into(),
            channel: "https://conda.anaconda.org/conda-forge/linux-64".into(),
            environment: "/opt/conda".into(),
        };
        let release = Details::Other { of: Ecosystem::Os, values: vec!["release".into()] };
        let all = vec![
            apt("curl", "7.88.1-10+deb12u5"),
            apt("evil", "1\nRUN x"),
            package("debian", "12", "/etc/os-release", release),
            package("numpy", "1.24.3", "/opt/conda/conda-meta/x", conda),
            pip("six", "1.16.0", "/opt/venv"),
            pip("evil; x", "1", "/opt/venv"),
        ];
        let found = files(all.clone(), &BTreeMap::new(), None);
        let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["requirements.txt", "environment.yml", "Dockerfile.pinned"]);
        assert_eq!(lines(&found[0].1), ["six==1.16.0"]);
        let conda = ["name: conda", "channels:", "  - conda-forge", "dependencies:", "  - numpy=1.24.3=h1_0"];
        assert_eq!(lines(&found[1].1), conda);
        let file = lines(&found[2].1);
        assert_eq!(file[0], "FROM debian:bookworm");
        assert!(file[1].contains("snapshot.debian.org/archive/debian/20240505T100000Z bookworm main'"), "{}", file[1]);
        assert_eq!(file[3].trim(), "curl=7.88.1-10+deb12u5 \\");
        assert!(file.contains(
            &"RUN /opt/venv/bin/python3 -m pip install --no-cache-dir --no-deps --requirement /tmp/requirements.txt"
        ));
        assert!(file.last() == Some(&"ENV A=1") && !found[2].1.contains("\nRUN x"));
        // The same with what was chosen for all.
        let chosen = [
            ((Ecosystem::Pip, "six".to_owned()), "1.17.0".to_owned()),
            ((Ecosystem::Conda, "numpy".to_owned()), "2.0".to_owned()),
        ];
        let found = files(all, &BTreeMap::new(), Some(&chosen.into()));
        assert_eq!((lines(&found[0].1), found[2].0.as_str()), (vec!["six==1.17.0"], "Dockerfile.standard"));
        assert_eq!(lines(&found[1].1)[4], "  - numpy=2.0");
        assert!(files(Vec::new(), &BTreeMap::new(), None).is_empty());
    }

    #[test]
    fn an_official_image_of_a_language_is_known_by_its_variable() {
        let release = Details::Other { of: Ecosystem::Os, values: vec!["release".into()] };
        let all = vec![package("debian", "12", "/etc/os-release", release), pip("six", "1", "/usr/local")];
        let from = |variable: &str| {
            let config = json!({ "config": { "Env": [variable] } });
            let packages = ImagePackages {
                image: "i:1".into(),
                image_id: String::new(),
                ecosystems: Vec::new(),
                packages: all.clone(),
            };
            let (image, steps, sources, origins) = (image("i:1", &[]), Vec::new(), BTreeMap::new(), BTreeMap::new());
            let recipe = Recipe { image: &image, config: &config, steps: &steps, base: None, sources: &sources };
            let pins = Pins { recipe: &recipe, packages: &packages, origins: &origins, installed: None };
            let file = pinned(&pins, None).pop().unwrap().text;
            lines(&file)[0].to_owned()
        };
        assert_eq!(from("PYTHON_VERSION=3.11.4"), "FROM python:3.11.4-bookworm");
        assert_eq!(from("PYTHON_VERSION=3\nRUN x"), "FROM debian:bookworm");
    }

    #[test]
    fn where_a_distribution_came_from_is_kept() {
        let all = ["vcs", "web", "local", "plain"].map(|name| pip(name, "1.0", "/usr/local"));
        let digest = "a".repeat(64);
        let told = [
            json!({ "url": "https://x/y.git", "vcs_info": { "vcs": "git", "commit_id": "abc" } }),
            json!({ "url": "https://x/y.whl", "archive_info": { "hashes": { "sha256": digest } } }),
            json!({ "url": "file:///tmp/y.whl", "archive_info": { "hash": format!("sha256={digest}") } }),
        ];
        let origins: BTreeMap<String, Value> = all.iter().map(|it| it.found_at.clone()).zip(told).collect();
        let found = files(all.to_vec(), &origins, None);
        let expected = [
            "vcs @ git+https://x/y.git@abc",
            &format!("web @ https://x/y.whl#sha256={digest}"),
            "local==1.0",
            "plain==1.0",
        ];
        assert_eq!(lines(&found[0].1), expected);
        assert!(found[0].1.contains(&format!("# local: sha256:{digest}\n")));
        let evil = json!({ "url": "https://x/y\nevil", "vcs_info": { "vcs": "git", "commit_id": "a\nb" } });
        let origins = [(all[0].found_at.clone(), evil)].into();
        let found = files(vec![all[0].clone()], &origins, None);
        assert_eq!(lines(&found[0].1), ["vcs==1.0"]);
    }
}
