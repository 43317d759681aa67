//! What installs packages of rpm, modules of Node, gems of Ruby and libraries of R anew, in the pinned Dockerfile.
//!
//! Forms: dnf(8) and yum(8), "Specifying packages" (`name-epoch:version-release.arch`); zypper(8) (`name.arch=version`);
//! `npm install name@version`; `gem install name:version`; `remotes::install_version` of R. Names and versions that these
//! forms do not allow are comments.

use std::collections::{BTreeMap, BTreeSet};

use careen_model::{Ecosystem, LINKED, Package, RebuiltKind};

use super::dockerfile::Dockerfile;
use super::pins::{Chosen, PinnedFile, Pins, is_word, list_of, release, run, version};
use super::words::Escape;
use crate::run_command::shell_line;

/// The image that has a distribution of rpm, where it is not called as os-release calls it.
pub fn image_of_rpm(id: &str, version: &str) -> Option<String> {
    // The whole version, or its first number.
    let major = version.split('.').next().unwrap_or(version);
    Some(match id {
        "rocky" => format!("rockylinux:{version}"),
        "ol" => format!("oraclelinux:{major}"),
        "amzn" => format!("amazonlinux:{version}"),
        "rhel" => format!("registry.access.redhat.com/ubi{major}/ubi:{version}"),
        "opensuse-leap" => format!("opensuse/leap:{version}"),
        // Its versions are days, of which the last ones are kept.
        "opensuse-tumbleweed" => "opensuse/tumbleweed:latest".to_owned(),
        _ => return None,
    })
}

/// rpm's packages, by the program that the distribution has for it.
pub fn rpm(pins: &Pins<'_>, chosen: Option<&Chosen>, file: &mut Dockerfile) {
    let all: Vec<&Package> = pins.packages.packages.iter().filter(|it| it.ecosystem() == Ecosystem::Rpm).collect();
    // Keys are no packages.
    let wanted: Vec<&&Package> = all.iter().filter(|package| !package.value("architecture").is_empty()).collect();
    if wanted.is_empty() {
        return;
    }
    let has = |name: &str| all.iter().any(|package| package.name == name);
    let is_suse = release(pins.packages).is_some_and(|(id, _)| id.starts_with("opensuse") || id.starts_with("sle"));
    let manager = match () {
        () if is_suse => "zypper",
        () if has("dnf") || has("dnf5") => "dnf",
        () if has("yum") => "yum",
        () if has("microdnf") => "microdnf",
        () => {
            file.guess("none of the packages is dnf, yum or zypper: dnf it is");
            "dnf"
        }
    };
    file.guess("rpm does not note which packages a person asked for: these are all");
    file.guess("the archives of most distributions keep the last versions alone: older ones may be gone");
    let mut names = BTreeSet::new();
    for package in &wanted {
        let (version, _) = version(package, chosen);
        let (name, architecture) = (&package.name, package.value("architecture"));
        if !is_word(name, "+._-") || !is_word(version, "+._~^:-") || !is_word(architecture, "") {
            file.guess(&format!("{name} {version} is left out: no name or no version that {manager} takes"));
            continue;
        }
        names.insert(match manager {
            "zypper" => format!("{name}.{architecture}={version}"),
            _ => format!("{name}-{version}.{architecture}"),
        });
    }
    let names: Vec<String> = names.into_iter().map(|name| shell_line(&[name])).collect();
    if manager == "zypper" {
        let first = "RUN zypper --non-interactive install --no-recommends --oldpackage";
        return list_of(first, &names, "zypper clean --all", file);
    }
    // `nodejs:18:8090020230327152102:b46abd14`: the module and its stream.
    let modules: BTreeSet<String> = wanted
        .iter()
        .filter_map(|package| {
            let (name, rest) = package.value("modularity").split_once(':')?;
            let stream = rest.split(':').next().filter(|stream| is_word(stream, "._-"))?;
            is_word(name, "._-").then(|| format!("{name}:{stream}"))
        })
        .collect();
    if !modules.is_empty() {
        let words = [manager, "module", "enable", "--assumeyes"].map(str::to_owned);
        run(&words.into_iter().chain(modules).collect::<Vec<_>>(), file);
    }
    list_of(&format!("RUN {manager} install --assumeyes"), &names, &format!("{manager} clean all"), file);
}

/// Modules of Node that are there for all people; what projects need stands in their lock files.
pub fn npm(pins: &Pins<'_>, chosen: Option<&Chosen>, file: &mut Dockerfile) {
    let mut by_prefix: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in installed(pins, Ecosystem::Npm) {
        // `PREFIX/lib/node_modules/NAME/package.json`, and no deeper.
        let environment = package.value("environment");
        let Some(prefix) = environment.strip_suffix("/lib").filter(|prefix| is_path(prefix)) else { continue };
        let is_own = prefix.split('/').any(|part| part == "node_modules");
        // These come with Node itself.
        if is_own || matches!(package.name.as_str(), "npm" | "corepack") {
            continue;
        }
        if package.value("state") == LINKED {
            let (name, version) = (&package.name, &package.version);
            file.guess(&format!(
                "{name} {version} is left out: it was a link to a directory, which no registry need have"
            ));
            continue;
        }
        let (version, _) = version(package, chosen);
        let plain = package.name.strip_prefix('@').unwrap_or(&package.name);
        if !plain.split('/').all(|part| is_word(part, "._~-")) || !is_word(version, ".+-") {
            file.guess(&format!("{} {version} is left out: no name or no version that npm takes", package.name));
            continue;
        }
        by_prefix.entry(prefix).or_default().insert(format!("{}@{version}", package.name));
    }
    for (prefix, names) in by_prefix {
        file.guess("what these modules need themselves, npm chooses anew");
        let names: Vec<String> = names.into_iter().collect();
        list_of(&format!("RUN npm install --global --prefix {prefix}"), &names, "npm cache clean --force", file);
    }
}

/// Gems, without those that come with Ruby or with a package of the system.
pub fn gem(pins: &Pins<'_>, chosen: Option<&Chosen>, file: &mut Dockerfile) {
    let mut by_home: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for package in installed(pins, Ecosystem::Gem) {
        let home = package.value("environment");
        let is_default = package.found_at.contains("/specifications/default/");
        let is_of_system = home.starts_with("/usr/share/") || home.starts_with("/usr/lib/");
        if is_default || is_of_system {
            continue;
        }
        let (version, _) = version(package, chosen);
        if !is_word(&package.name, "._-") || !is_word(version, ".-") || !is_path(home) {
            file.guess(&format!("{} {version} is left out: no name or no version that gem takes", package.name));
            continue;
        }
        by_home.entry(home).or_default().insert(format!("{}:{version}", package.name));
    }
    for (home, names) in by_home {
        let names: Vec<String> = names.into_iter().collect();
        let first = format!("RUN gem install --no-document --ignore-dependencies --install-dir {home}");
        list_of(&first, &names, "rm -rf /root/.gem /root/.cache/gem", file);
    }
}

/// A script of R that installs the libraries that came from a repository; those of R and of the system have none.
pub fn r(name: &str, pins: &Pins<'_>, chosen: Option<&Chosen>) -> Option<PinnedFile> {
    let mut file = Dockerfile::default();
    let mut wanted: BTreeMap<(&str, &str), &Package> = BTreeMap::new();
    for package in installed(pins, Ecosystem::Cran) {
        let is_of_system = package.value("environment").starts_with("/usr/lib/R/");
        if !package.value("repository").is_empty() && !is_of_system {
            wanted.insert((package.value("environment"), &package.name), package);
        }
    }
    if wanted.is_empty() {
        return None;
    }
    file.comment(&format!("What R has of repositories in {}", pins.packages.image));
    let day = pins.installed.as_ref().and_then(|(time, who)| Some((time.get(..10)?, who)));
    let repository = match day.filter(|(day, _)| is_word(day, "-")) {
        Some((day, who)) => {
            file.guess(&format!("{day}: the repository as of this day, which {who} tells"));
            format!("https://packagemanager.posit.co/cran/{day}")
        }
        None => "https://cloud.r-project.org".to_owned(),
    };
    file.text.push_str(&format!("options(repos = c(CRAN = \"{repository}\"))\n"));
    file.text.push_str("if (!requireNamespace(\"remotes\", quietly = TRUE)) install.packages(\"remotes\")\n");
    for package in in_order(&wanted) {
        let (version, _) = version(package, chosen);
        let library = package.value("environment");
        if !is_word(&package.name, ".") || !is_word(version, ".-") || !is_path(library) {
            file.guess(&format!("{} {version} is left out: no name or no version that R takes", package.name));
            continue;
        }
        file.text.push_str(&format!(
            "remotes::install_version(\"{}\", \"{version}\", lib = \"{library}\", dependencies = FALSE, upgrade = \"never\")\n",
            package.name
        ));
    }
    let reason = "the descriptions of installed libraries".to_owned();
    let kind = RebuiltKind::Packages;
    Some(PinnedFile { name: name.to_owned(), kind, reason, text: file.text, guesses: file.guesses })
}

/// Has R run a script beside the Dockerfile.
pub fn run_r(name: &str, file: &mut Dockerfile) {
    file.instruction(&format!("COPY {name} /tmp/{name}"), Escape::USUAL);
    run(&["Rscript".to_owned(), format!("/tmp/{name}")], file);
}

/// Libraries, each behind those of the same library that it needs; of a ring, by name.
fn in_order<'a>(wanted: &BTreeMap<(&'a str, &'a str), &'a Package>) -> Vec<&'a Package> {
    let mut ahead: Vec<&Package> = wanted.values().copied().collect();
    let mut waiting: BTreeSet<(&str, &str)> = wanted.keys().copied().collect();
    let mut ordered = Vec::new();
    while !ahead.is_empty() {
        let is_ready = |package: &&Package| {
            let library = package.value("environment");
            package
                .declared
                .requires
                .iter()
                .all(|need| *need == package.name || !waiting.contains(&(library, need.as_str())))
        };
        let (mut ready, rest): (Vec<&Package>, Vec<&Package>) = ahead.into_iter().partition(is_ready);
        ahead = rest;
        if ready.is_empty() {
            // A ring: what is left comes as it is named.
            ready = std::mem::take(&mut ahead);
        }
        for package in &ready {
            waiting.remove(&(package.value("environment"), package.name.as_str()));
        }
        ordered.extend(ready);
    }
    ordered
}

fn installed<'a>(pins: &Pins<'a>, of: Ecosystem) -> impl Iterator<Item = &'a Package> {
    pins.packages.packages.iter().filter(move |package| package.ecosystem() == of && package.is_installed())
}

/// Whether a path needs no quotes anywhere.
fn is_path(path: &str) -> bool {
    path.strip_prefix('/')
        .is_some_and(|path| path.split('/').all(|part| is_word(part.trim_start_matches('.'), "._+@-")))
}

#[cfg(test)]
mod tests {
    use careen_model::{Declared, Details, ImagePackages};
    use serde_json::json;

    use super::super::dockerfile::Recipe;
    use super::super::pins::pinned;
    use super::super::tests::image;
    use super::*;

    fn package(of: Ecosystem, name: &str, version: &str, found_at: &str, values: &[&str]) -> Package {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        let (name, version, found_at) = (name.to_owned(), version.to_owned(), found_at.to_owned());
        let (layer, declared) = (None, Declared::default());
        Package {
            name,
            version,
            purl: String::new(),
            found_at,
            layer,
            declared,
            details: Details::Other { of, values },
        }
    }

    /// Lines of each file that are no comment.
    fn files(packages: Vec<Package>) -> Vec<(String, Vec<String>)> {
        let packages = ImagePackages { image: "i:1".into(), image_id: String::new(), ecosystems: Vec::new(), packages };
        let config = json!({ "config": {} });
        let (image, sources, origins) = (image("i:1", &[]), BTreeMap::new(), BTreeMap::new());
        let recipe = Recipe { image: &image, config: &config, steps: &[], base: None, sources: &sources };
        let installed = Some(("2024-05-05T10:00:00Z".to_owned(), "a log"));
        let pins = Pins { recipe: &recipe, packages: &packages, origins: &origins, installed };
        let lines = |text: &str| {
            text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
        };
        pinned(&pins, None).into_iter().map(|file| (file.name, lines(&file.text))).collect()
    }

    fn rpm(name: &str, version: &str, architecture: &str, module: &str) -> Package {
        package(Ecosystem::Rpm, name, version, "/var/lib/rpm/rpmdb.sqlite", &[architecture, "x.src.rpm", module])
    }

    fn os(id: &str, version: &str) -> Package {
        package(Ecosystem::Os, id, version, "/etc/os-release", &["release"])
    }

    #[test]
    fn packages_of_rpm_have_epoch_and_architecture() {
        let all = vec![
            os("rocky", "9.3"),
            rpm("dnf", "4.14.0-8.el9", "noarch", ""),
            rpm("nodejs", "1:18.14.2-3.el9", "x86_64", "nodejs:18:9020:b46"),
            rpm("a", "2:1.5~rc1^git-3", "i686", ""),
            rpm("a", "2:1.5~rc1^git-3", "x86_64", ""),
            rpm("gpg-pubkey", "1-2", "", ""),
            rpm("evil;x", "1-1", "noarch", ""),
            rpm("evil", "1\nRUN x", "noarch", "m\nRUN x:1:2"),
        ];
        let found = files(all.clone());
        assert_eq!(found.len(), 1);
        let expected = [
            "FROM rockylinux:9.3",
            "RUN dnf module enable --assumeyes nodejs:18",
            "RUN dnf install --assumeyes \\",
            "    'a-2:1.5~rc1^git-3.i686' \\",
            "    'a-2:1.5~rc1^git-3.x86_64' \\",
            "    dnf-4.14.0-8.el9.noarch \\",
            "    nodejs-1:18.14.2-3.el9.x86_64 \\",
            " && dnf clean all",
        ];
        assert_eq!(found[0].1, expected);
        let mut suse = all;
        suse[0] = os("opensuse-leap", "15.5");
        let found = files(suse);
        assert_eq!(found[0].1[0], "FROM opensuse/leap:15.5");
        assert!(found[0].1.contains(&"    nodejs.x86_64=1:18.14.2-3.el9 \\".to_owned()), "{:?}", found[0].1);
        assert!(found[0].1.iter().all(|line| !line.contains("module enable")));
    }

    #[test]
    fn modules_for_all_gems_and_libraries_have_their_versions() {
        let npm = |name: &str, environment: &str| {
            let path = format!("{environment}/node_modules/{name}/package.json");
            package(Ecosystem::Npm, name, "1.2.3", &path, &["installed", environment])
        };
        let gem = |name: &str, directory: &str| {
            let path = format!("{directory}/specifications/{name}.gemspec");
            package(Ecosystem::Gem, name, "2.0.0.pre1", &path, &["x86_64-linux", directory])
        };
        let r = |name: &str, repository: &str, requires: &[&str]| {
            let library = "/usr/local/lib/R/site-library";
            let path = format!("{library}/{name}/DESCRIPTION");
            let mut package = package(Ecosystem::Cran, name, "0.1-2", &path, &[repository, "R 4.2.2", library]);
            package.declared.requires = requires.iter().map(|name| (*name).to_owned()).collect();
            package
        };
        let mut linked = npm("own-tool", "/usr/local/lib");
        linked.details = Details::Other { of: Ecosystem::Npm, values: vec![LINKED.into(), "/usr/local/lib".into()] };
        let mut default = gem("json", "/var/lib/gems/3.1.0");
        default.found_at = "/var/lib/gems/3.1.0/specifications/default/json.gemspec".to_owned();
        let found = files(vec![
            npm("@s/tool", "/usr/local/lib"),
            npm("npm", "/usr/local/lib"),
            npm("within", "/usr/local/lib/node_modules/@s/tool"),
            npm("of-project", "/srv/app"),
            linked,
            npm("evil$(x)", "/usr/local/lib"),
            gem("rack", "/var/lib/gems/3.1.0"),
            gem("of-debian", "/usr/share/rubygems-integration/all"),
            default,
            r("a", "CRAN", &["z", "stats"]),
            r("z", "CRAN", &["y"]),
            r("y", "RSPM", &[]),
            r("ring", "CRAN", &["ring2"]),
            r("ring2", "CRAN", &["ring"]),
            r("base", "", &[]),
            r("evil\")x(\"", "CRAN", &[]),
        ]);
        assert_eq!(found[0].0, "libraries.R");
        let line = |name: &str| {
            format!(
                "remotes::install_version(\"{name}\", \"0.1-2\", lib = \"/usr/local/lib/R/site-library\", dependencies = FALSE, upgrade = \"never\")"
            )
        };
        assert_eq!(found[0].1[0], "options(repos = c(CRAN = \"https://packagemanager.posit.co/cran/2024-05-05\"))");
        assert_eq!(found[0].1[2..], ["y", "z", "a", "ring", "ring2"].map(line));
        let expected = [
            "FROM debian:stable",
            "RUN npm install --global --prefix /usr/local \\",
            "    @s/tool@1.2.3 \\",
            " && npm cache clean --force",
            "RUN gem install --no-document --ignore-dependencies --install-dir /var/lib/gems/3.1.0 \\",
            "    rack:2.0.0.pre1 \\",
            " && rm -rf /root/.gem /root/.cache/gem",
            "COPY libraries.R /tmp/libraries.R",
            "RUN Rscript /tmp/libraries.R",
        ];
        assert_eq!(
            (found[1].0.as_str(), found[1].1.as_slice()),
            ("Dockerfile.pinned", expected.map(str::to_owned).as_slice())
        );
    }
}
