"""Libraries of R, gems of Ruby and packages of PHP's composer: made here, installed by their own tools, and told by them."""
import json, os, shutil, zipfile

from tools import below, run, write


# ---------------------------------------------------------------- R

def r_source(work, name, version, **fields):
    """The source archive of a tiny package of R."""
    folder = f"{work}/r/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    known = {"Package": name, "Version": version, "Title": "Part of the Tests of Careen", "Author": "Careen tests",
             "Maintainer": "Careen tests <tests@careen.invalid>", "License": "MIT", "Encoding": "UTF-8",
             "Description": "Nothing but what is needed to be\n    installed; 시험용 꾸러미."}
    write(f"{folder}/DESCRIPTION", "".join(f"{key}: {value}\n" for key, value in {**known, **fields}.items() if value))
    write(f"{folder}/NAMESPACE", "export(answer)\n")
    write(f"{folder}/R/answer.R", "answer <- function() 42\n")
    run("R", "CMD", "build", "--no-build-vignettes", folder, cwd=f"{work}/r")
    return f"{work}/r/{name}_{version}.tar.gz"


def r_install(library, *archives):
    os.makedirs(library, exist_ok=True)
    run("R", "CMD", "INSTALL", "--no-docs", "--no-multiarch", "-l", library, *archives, env={"R_LIBS": library})


R_SAID = """
said <- installed.packages(lib.loc = commandArgs(TRUE), fields = c("Repository", "Maintainer"))
for (at in seq_len(nrow(said))) {
  row <- said[at, c("Package", "Version", "Repository", "Built", "LibPath", "License", "Maintainer", "Depends", "Imports", "LinkingTo")]
  cat(gsub("\\\\s+", " ", ifelse(is.na(row), "", row)), sep = "\\t"); cat("\\n")
}
"""


def r_said(root, *libraries):
    """What installed.packages() tells of these libraries below a root."""
    libraries = [os.path.realpath(f"{root}{library}") for library in libraries]
    text = run("Rscript", "-e", R_SAID, *libraries)
    rows = [line.split("\t") for line in text.splitlines()]
    for row in rows:
        row[4] = below(root, row[4])
    return sorted(rows)


def r_first(root, work):
    library = f"{root}/usr/local/lib/R/site-library"
    r_install(library, r_source(work, "careenbase", "0.1-2", License="GPL (>= 2)", Repository="CRAN"))
    r_install(library, r_source(work, "careen.plot", "1.10"))
    r_install(library, r_source(work, "gone", "9.9"))
    # An older one in a library of a person, and one that was replaced by a newer.
    r_install(f"{root}/home/ana/R/x86_64-pc-linux-gnu-library/4.2", r_source(work, "careenbase", "0.0.9"), r_source(work, "mine", "1.0"))
    r_install(library, r_source(work, "careen.plot", "1.9.2", Repository="RSPM", Depends="R (>= 3.5), methods",
                                Imports="careenbase (>= 0.1),\n    stats"))


def r_second(root, work):
    library = f"{root}/usr/local/lib/R/site-library"
    run("R", "CMD", "REMOVE", "-l", library, "gone")
    r_install(library, r_source(work, "late", "2024.1.1-3", **{"Authors@R": 'person("김", "연구", email = "kim@careen.invalid", role = c("aut", "cre"))', "Author": "", "Maintainer": ""}))
    # A run of install.packages() that was cut leaves the old copy under a lock; it is no library.
    shutil.copytree(f"{library}/careenbase", f"{library}/00LOCK-careenbase/careenbase")
    # Sources have a DESCRIPTION too.
    shutil.copytree(f"{work}/r/late", f"{root}/home/ana/src/late")


# ---------------------------------------------------------------- Ruby

def gem_archive(work, name, version, platform="ruby", licenses=("MIT",), authors=("Careen tests",), needs=()):
    folder = f"{work}/gems/{name}-{version}-{platform}"
    lines = ["Gem::Specification.new do |s|", f"  s.name = {name!r}", f"  s.version = {version!r}", f"  s.platform = {platform!r}",
             "  s.summary = 'made by tests/managers'", f"  s.authors = {list(authors)!r}", f"  s.licenses = {list(licenses)!r}",
             "  s.files = ['lib/x.rb']", "  s.homepage = 'https://careen.invalid'"]
    lines += [f"  s.add_dependency {name!r}, {wanted!r}" for name, wanted in needs]
    lines += ["  s.add_development_dependency 'onlyfordevelopment', '>= 1'"]
    write(f"{folder}/x.gemspec", "\n".join(lines + ["end"]) + "\n")
    write(f"{folder}/lib/x.rb", "# nothing\n")
    run("gem", "build", "--silent", "--output", f"{folder}.gem", "x.gemspec", cwd=folder)
    return f"{folder}.gem"


def gem(home, *words):
    return run("gem", *words, env={"GEM_HOME": home, "GEM_PATH": home})


def gem_install(home, *archives):
    gem(home, "install", "--local", "--force", "--no-document", "--install-dir", home, *archives)


GEM_SAID = """
require 'json'
Gem::Specification.dirs = [ARGV[0]]
puts JSON.generate(Gem::Specification.map { |s| [s.name, s.version.to_s, s.platform.to_s, s.base_dir, s.licenses, s.authors,
  s.runtime_dependencies.map(&:name).sort, s.loaded_from] })
"""


def gem_said(root, *homes):
    """What RubyGems tells of these homes below a root; `gem list` has to tell the same names and versions."""
    rows = []
    for home in homes:
        own = []
        for row in json.loads(run("ruby", "-e", GEM_SAID, f"{root}{home}", env={"GEM_HOME": f"{root}{home}", "GEM_PATH": f"{root}{home}"})):
            # The default gems of the Ruby that is asked lie elsewhere.
            if row[7].startswith(f"{os.path.realpath(root)}/"):
                own.append(row[:3] + [home] + row[4:7] + [below(root, row[7])])
        listed = gem(f"{root}{home}", "list", "--local", "--all")
        for name, version, *_ in own:
            assert any(line.startswith(f"{name} (") and version in line for line in listed.splitlines()), (name, version, listed)
        rows += own
    return sorted(rows)


def gem_first(root, work):
    home = f"{root}/var/lib/gems/3.1.0"
    gem_install(home, gem_archive(work, "careen-core", "1.0.0"))
    gem_install(home, gem_archive(work, "careen-core", "1.10.0.pre2", licenses=("MIT", "Ruby"), authors=("가", "B, C"), needs=[("careen-nat", "~> 2.0"), ("other", ">= 0")]))
    gem_install(home, gem_archive(work, "careen-nat", "2.0.1", platform="x86_64-linux", licenses=()))
    gem_install(home, gem_archive(work, "removed", "0.1"))
    gem_install(f"{root}/home/ana/.local/share/gem/ruby/3.1.0", gem_archive(work, "careen-core", "1.0.0"))


def gem_second(root, work):
    home = f"{root}/var/lib/gems/3.1.0"
    gem(home, "uninstall", "--install-dir", home, "--force", "--executables", "removed")
    gem_install(home, gem_archive(work, "later", "2023.1"))


# ---------------------------------------------------------------- PHP

def composer_archive(work, name, version, **more):
    """An archive with a package, for a repository of archives."""
    path = f"{work}/artifacts/{name.replace('/', '-')}-{version}.zip"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("composer.json", json.dumps({"name": name, "version": version, "license": "MIT", **more}))
        archive.writestr("src/a.php", "<?php\n")


def composer(folder, *words, work):
    env = {"COMPOSER_HOME": f"{work}/composer", "COMPOSER_ALLOW_SUPERUSER": "1", "COMPOSER_DISABLE_NETWORK": "1", "COMPOSER_ROOT_VERSION": "1.0.0"}
    return run("composer", "--no-interaction", "--no-ansi", f"--working-dir={folder}", *words, env=env)


def composer_project(folder, work, require, require_dev=()):
    write(f"{folder}/packages/local/composer.json", json.dumps({"name": "careen/local", "license": "proprietary", "version": "dev-main"}))
    project = {"name": "careen/project", "license": ["MIT"], "minimum-stability": "dev", "prefer-stable": True,
               "repositories": [{"type": "artifact", "url": f"{work}/artifacts"}, {"type": "path", "url": "packages/local", "options": {"symlink": True}},
                                {"packagist.org": False}],
               "require": dict(require), "require-dev": dict(require_dev)}
    write(f"{folder}/composer.json", json.dumps(project, indent=1))
    composer(folder, "update", "--no-scripts", "--no-plugins", work=work)


def composer_said(root, work, *folders):
    rows, locked = [], []
    for folder in folders:
        said = lambda *words: json.loads(composer(f"{root}{folder}", *words, "--format=json", work=work))
        licenses = said("licenses")["dependencies"]
        for package in said("show")["installed"]:
            # A version under development has the commit behind it.
            rows.append([package["name"], package["version"].split(" ")[0], folder, licenses[package["name"]]["license"]])
        for package in said("show", "--locked")["locked"]:
            locked.append([package["name"], package["version"].split(" ")[0], folder])
    return {"installed": sorted(rows), "locked": sorted(locked)}


def composer_first(root, work):
    composer_archive(work, "careen/core", "1.2.0", require={"php": ">=7", "ext-json": "*", "careen/text": "^2"})
    composer_archive(work, "careen/core", "1.3.0", require={"careen/text": "^2"}, license=["MIT", "GPL-3.0-only"])
    composer_archive(work, "careen/text", "v2.0.1")
    composer_archive(work, "careen/unit", "10.0.0-beta2", type="metapackage")
    composer_archive(work, "Careen/Mixed".lower(), "3.0")
    composer_project(f"{root}/srv/web", work, {"careen/core": "1.2.0", "careen/local": "dev-main as 1.0.x-dev"}, {"careen/unit": "10.0.0-beta2"})


def composer_second(root, work):
    composer_project(f"{root}/srv/web", work, {"careen/core": "^1.3", "careen/mixed": "*"}, {"careen/unit": "10.0.0-beta2"})
