#!/usr/bin/env python3
"""demo.py WORK CASE: fills WORK/demo.raw with a Docker data root by a real engine, and writes into CASE what must be
found on it: the tables of packages from the lists in catalog.py, everything else as the engine says it.

Runs in mount, network and UTS name spaces of its own (make-demo.sh makes them). The disk is taken while containers run, so
its last transactions stand in the journal alone.
"""
import csv, glob, hashlib, io, json, os, re, shutil, signal, sqlite3, subprocess, sys, time
from catalog import BASE, IMAGES, NOTES_EN, NOTES_KO, observations

WORK, CASE = sys.argv[1:3]
# The disk records where it was mounted last; in a mount name space of our own /mnt is free.
LIVE, RAW, MOUNT, RUN = f"{WORK}/live.raw", f"{WORK}/demo.raw", "/mnt", "/run/careen-demo"
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": WORK, "LC_ALL": "C.UTF-8", "TZ": "UTC",
       "DOCKER_HOST": f"unix://{RUN}/docker.sock", "DOCKER_BUILDKIT": "0"}
DATE = 1710460800  # files in the images: 15 March 2024
DATA = "/var/lib/docker"


def sh(*command, **more):
    return subprocess.run(command, check=True, env=ENV, stdout=subprocess.PIPE, **more).stdout.decode()


def docker(*command, **more):
    return sh("docker", *command, **more).strip()


# ---------------------------------------------------------------- records of packages, as the tools write them

def lines(text):
    return [line.strip() for line in text.strip().splitlines() if line.strip()]


def read_apt(text):
    """One record a line: name[/arch] version source|source(version)|- section summary [status]"""
    for line in lines(text):
        name, version, source, section, summary = line.split(" ", 4)
        status = "install ok installed"
        if summary.endswith("]"):
            summary, status = summary[:-1].split(" [")
        name, _, architecture = name.partition("/")
        stated = None if source == "-" else source
        source_name, source_version = name, version
        if stated:
            found = re.fullmatch(r"([^()]+)(?:\((.*)\))?", stated)
            source_name, source_version = found[1], found[2] or version
            stated = f"{source_name} ({source_version})" if found[2] else source_name
        yield dict(package=name, version=version, architecture=architecture or "amd64", stated=stated, source=source_name,
                   source_version=source_version, status=status, section=section, summary=summary)


def dpkg_status(records):
    text = ""
    for r in sorted(records, key=lambda r: r["package"]):
        text += f"Package: {r['package']}\nStatus: {r['status']}\nPriority: optional\nSection: {r['section']}\n"
        text += f"Installed-Size: {100 + len(r['summary'])}\nMaintainer: Hanbit Lab <lab@hanbit.example>\nArchitecture: {r['architecture']}\n"
        text += f"Source: {r['stated']}\n" if r["stated"] else ""
        text += f"Version: {r['version']}\nDescription: {r['summary']}\n Part of the demo disk; only the record, no program.\n\n"
    return text


def site(environment, name):
    if environment == "/usr":
        return "/usr/lib/python3/dist-packages"
    if environment == "/usr/local":
        return "/usr/local/lib/python3.11/dist-packages"
    return f"{environment}/lib/python{'3.10' if environment == '/opt/conda' else '3.11'}/site-packages"


def pip_files(environment, name, version, installer, editable=False):
    """The metadata of one distribution, and the path that names it."""
    base = f"{site(environment, name)}/{re.sub('[-.]+', '_', name)}-{version}"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: part of the demo disk, only the record\n"
    if installer == "egg-info":
        return {f"{base}.egg-info/PKG-INFO": metadata, f"{base}.egg-info/top_level.txt": f"{name}\n"}, f"{base}.egg-info/PKG-INFO"
    files = {f"{base}.dist-info/METADATA": metadata, f"{base}.dist-info/INSTALLER": f"{installer}\n",
             f"{base}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: demo\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    if editable:
        files[f"{base}.dist-info/direct_url.json"] = json.dumps({"dir_info": {"editable": True}, "url": "file:///opt/hanbit_survey"})
    stem = os.path.basename(base)
    files[f"{base}.dist-info/RECORD"] = "".join(f"{stem}.dist-info/{os.path.basename(f)},,\n" for f in list(files)) + f"{stem}.dist-info/RECORD,,\n"
    return files, f"{base}.dist-info/METADATA"


CHANNEL = "https://conda.anaconda.org/conda-forge/linux-64"


def conda_files(environment, name, version, build):
    path = f"{environment}/conda-meta/{name}-{version}-{build}.json"
    record = dict(name=name, version=version, build=build, build_number=int(re.search(r"_(\d+)(_cpython)?$", build)[1]),
                  channel=CHANNEL, subdir="linux-64", fn=f"{name}-{version}-{build}.conda", depends=[], files=[],
                  url=f"{CHANNEL}/{name}-{version}-{build}.conda", license="BSD-3-Clause")
    return {path: json.dumps(record, indent=2, sort_keys=True) + "\n"}, path


# ---------------------------------------------------------------- images

class Recipe:
    """A Dockerfile with its context, and which layer brought which package."""

    def __init__(self, name, parent=None):
        self.name, self.parent, self.lines = name, parent, []
        self.layer = parent.layer if parent else -1
        self.apt = dict(parent.apt) if parent else {}
        self.pip = dict(parent.pip) if parent else {}
        self.conda = dict(parent.conda) if parent else {}
        self.context = f"{WORK}/context/{re.sub('[^a-z]', '-', name)}"

    def copy(self, program=False, apt="", pip="", conda="", files=None):
        self.layer += 1
        files = dict(files or {})
        for record in read_apt(apt):
            if self.apt.get(record["package"], {}).get("version") != record["version"] or record["status"] != "install ok installed":
                self.apt[record["package"]] = dict(record, layer=self.layer)
        if apt:
            files["/var/lib/dpkg/status"] = dpkg_status(self.apt.values())
        for line in lines(pip):
            environment, name, version, installer, *rest = line.split()
            more, path = pip_files(environment, name, version, installer, bool(rest))
            files.update(more)
            self.pip[environment, name, version] = dict(installer="" if installer == "egg-info" else installer, editable=bool(rest), found_at=path, layer=self.layer)
        environments = set()
        for line in lines(conda):
            environment, name, version, build = line.split()
            more, path = conda_files(environment, name, version, build)
            files.update(more)
            environments.add(environment)
            self.conda[environment, name, version] = dict(build=build, found_at=path, layer=self.layer)
        for environment in environments:
            held = sorted(f"+{CHANNEL}::{n}-{v}-{r['build']}\n" for (e, n, v), r in self.conda.items() if e == environment)
            files[f"{environment}/conda-meta/history"] = "==> 2024-03-15 00:00:00 <==\n# cmd: conda install\n" + "".join(held)
        folder = f"layer{self.layer}"
        if program:
            os.makedirs(f"{self.context}/{folder}/bin")
            shutil.copy(f"{WORK}/context/bin/pocket", f"{self.context}/{folder}/bin/pocket")
        for path, text in files.items():
            target = f"{self.context}/{folder}{path}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "w") as out:
                out.write(text)
        for top, folders, names in os.walk(f"{self.context}/{folder}"):
            for name in names + folders:
                os.utime(f"{top}/{name}", (DATE, DATE))
        self.lines.append(f"COPY {folder}/ /")

    def run(self, commands):
        self.layer += 1
        told = []
        for command in commands:
            if not command.startswith("@forget "):
                told.append(command)
                continue
            _, kind, environment, name, version, *rest = command.split()
            if kind == "pip":
                files, _ = pip_files(environment, name, version, "pip")
                del self.pip[environment, name, version]
                told += [f"rm {path}" for path in files] + [f"rmdir {os.path.dirname(next(iter(files)))}"]
            else:
                files, _ = conda_files(environment, name, version, *rest)
                del self.conda[environment, name, version]
                told += [f"rm {path}" for path in files]
        self.lines.append("RUN " + json.dumps(["/bin/pocket"] + told))

    def build(self, steps):
        for kind, what in steps:
            self.copy(**what) if kind == "copy" else self.run(what)
        head = f"FROM {self.parent.name if self.parent else 'scratch'}\n"
        tail = 'ENV PATH=/opt/conda/bin:/usr/bin:/bin LANG=C.UTF-8\nLABEL org.opencontainers.image.vendor="Hanbit Lab (made up)"\nENTRYPOINT ["/bin/pocket"]\n'
        with open(f"{self.context}/Dockerfile", "w") as out:
            out.write(head + "\n".join(self.lines) + "\n" + (tail if self.parent else ""))
        docker("build", "--network", "none", "--force-rm", "-t", self.name, self.context)
        found = json.loads(docker("image", "inspect", self.name))[0]
        self.id, self.diff_ids = found["Id"], found["RootFS"]["Layers"]
        assert len(self.diff_ids) == self.layer + 1, (self.name, len(self.diff_ids), self.layer)


# ---------------------------------------------------------------- the tables that must come out

def guarded(cell):
    return "'" + cell if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell


def table(name, header, rows):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in sorted(rows, key=lambda row: [cell.encode() for cell in row]):
        writer.writerow([guarded(cell) for cell in row])
    with open(f"{CASE}/{name}.csv", "w", newline="") as file:
        file.write(out.getvalue())


def tables(recipes):
    recipes = sorted(recipes, key=lambda r: r.name.encode())
    names = [r.name for r in recipes]
    table("apt_packages_by_image", "image image_id package version architecture source source_version status layer found_at".split(),
          [(r.name, r.id, a["package"], a["version"], a["architecture"], a["source"], a["source_version"], a["status"],
            r.diff_ids[a["layer"]], "/var/lib/dpkg/status") for r in recipes for a in r.apt.values()])
    table("pip_packages_by_image", "image image_id package version environment installer editable layer found_at".split(),
          [(r.name, r.id, name, version, environment, p["installer"], "yes" if p["editable"] else "no", r.diff_ids[p["layer"]], p["found_at"])
           for r in recipes for (environment, name, version), p in r.pip.items()])
    table("conda_packages_by_image", "image image_id package version build channel environment layer found_at".split(),
          [(r.name, r.id, name, version, c["build"], CHANNEL, environment, r.diff_ids[c["layer"]], c["found_at"])
           for r in recipes for (environment, name, version), c in r.conda.items()])
    installed = {"apt": lambda r: [(a["package"], a["version"]) for a in r.apt.values() if a["status"].endswith(" installed")],
                 "pip": lambda r: [(re.sub("[-_.]+", "-", name).lower(), version) for _, name, version in r.pip],
                 "conda": lambda r: [(name, version) for _, name, version in r.conda]}
    common, unique = [], []
    for ecosystem, packages in installed.items():
        have = [r for r in recipes if packages(r)]
        cells = {}
        for r in have:
            for package, version in packages(r):
                cells.setdefault(package, {}).setdefault(r.name, set()).add(version)
        # Versions that stand together order the same way by their text in these lists: checked by eye.
        show = lambda package, image: " | ".join(sorted(cells[package].get(image, ())))
        table(f"{ecosystem}_matrix", ["package"] + [r.name for r in have], [[p] + [show(p, r.name) for r in have] for p in cells])
        for package, by_image in cells.items():
            if len(by_image) == len(have):
                same = "yes" if len({tuple(sorted(v)) for v in by_image.values()}) == 1 else "no"
                common.append([ecosystem, package, same] + [show(package, name) for name in names])
            if len(by_image) == 1:
                (image,) = by_image
                unique.append([image, ecosystem, package, show(package, image)])
    table("common_packages", ["ecosystem", "package", "same_version"] + names, common)
    table("per_image_unique_packages", ["image", "ecosystem", "package", "version"], unique)


# ---------------------------------------------------------------- the disk

def make_disk():
    sh("truncate", "-s", "128M", LIVE)
    sh("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-N", "8192", "-m", "0", "-J", "size=4", "-L", "careen-demo",
       "-U", "c0ffee00-0000-4000-8000-000000000001", "-E", "lazy_itable_init=0,lazy_journal_init=0", LIVE)
    loop = sh("losetup", "-f", "--show", LIVE).strip()
    sh("mount", "-o", "commit=300", loop, MOUNT)
    for folder in ("data/docker", "isocache"):
        os.makedirs(f"{MOUNT}/{folder}")
    sh("mount", "--bind", f"{MOUNT}/data/docker", DATA)
    return loop


def start_engine():
    shutil.rmtree(RUN, ignore_errors=True)
    os.makedirs(RUN)
    # Containers get a copy of this file; nothing of the machine belongs on the disk.
    with open(f"{WORK}/resolv.conf", "w") as out:
        out.write("nameserver 192.0.2.53\n")
    sh("mount", "--bind", f"{WORK}/resolv.conf", os.path.realpath("/etc/resolv.conf"))
    sh("ip", "link", "set", "lo", "up")
    sh("hostname", "demo")
    log = open(f"{WORK}/dockerd.log", "wb")
    command = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2", f"--data-root={DATA}",
               f"--exec-root={RUN}/exec", f"--pidfile={RUN}/docker.pid", "-H", ENV["DOCKER_HOST"], "--insecure-registry=localhost:5000"]
    subprocess.Popen(command, stdout=log, stderr=log, env=ENV, start_new_session=True)
    for _ in range(120):
        if subprocess.run(["docker", "version"], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.25)
    sys.exit(open(f"{WORK}/dockerd.log").read()[-2000:])


def give_digest(image):
    """Pushes to a registry of our own for a moment, so that the image has a digest besides its name."""
    with open(f"{WORK}/registry.yml", "w") as out:
        out.write(f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: {WORK}/registry}}}}\nhttp: {{addr: 'localhost:5000'}}\n")
    registry = subprocess.Popen(["docker-registry", "serve", f"{WORK}/registry.yml"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(1.5)
    there = f"localhost:5000/{image}"
    docker("tag", image, there)
    docker("push", there)
    registry.kill()
    registry.wait()


def fill_volume(name, files, database=None):
    for path, text in files.items():
        with open(f"{DATA}/volumes/{name}/_data/{path}", "w") as out:
            out.write(text)
    if database:
        base = sqlite3.connect(f"{DATA}/volumes/{name}/_data/{database[0]}")
        base.execute(f"CREATE TABLE {database[1]} (time TEXT, station INTEGER, elevation REAL, temperature REAL, humidity INTEGER)")
        base.executemany(f"INSERT INTO {database[1]} VALUES (?, ?, ?, ?, ?)", [row.split(",") for row in observations().split()[1:]])
        base.commit()
        base.close()


def own_processes():
    """Daemon, its containerd and shims: what shares our mount name space, but us."""
    ours = os.readlink("/proc/self/ns/mnt")
    for path in glob.glob("/proc/[0-9]*"):
        try:
            if os.readlink(f"{path}/ns/mnt") == ours and int(path[6:]) != os.getpid():
                yield int(path[6:])
        except OSError:
            pass


def cut(since):
    """The disk as a power cut leaves it now: what was written since is committed to the journal, and taken from under
    the mounted filesystem before anything else goes to its place."""
    for top, _, names in os.walk(f"{MOUNT}/data"):
        for name in names:
            path = f"{top}/{name}"
            if os.path.isfile(path) and not os.path.islink(path) and os.stat(path).st_ctime >= since:
                with open(path, "rb") as file:
                    os.fsync(file.fileno())
    before = os.stat(LIVE).st_mtime_ns
    sh("cp", "--sparse=always", LIVE, RAW)
    assert os.stat(LIVE).st_mtime_ns == before, "something was written while the disk was copied"


def take_down(loop, containers):
    for pid in list(own_processes()) + [c["State"]["Pid"] for c in containers if c["State"]["Pid"]]:
        os.kill(pid, signal.SIGKILL)
    time.sleep(1)
    for target in (DATA, MOUNT):
        sh("umount", "-R", "-l", target)
    for _ in range(50):
        if subprocess.run(["losetup", "-d", loop], env=ENV, stderr=subprocess.DEVNULL).returncode == 0 and LIVE not in sh("losetup", "-a"):
            return
        time.sleep(0.2)
    sys.exit("the loop device is still in use")


def main():
    loop = make_disk()
    start_engine()
    base = Recipe("hanbit/base:12")
    base.build(BASE)
    recipes = []
    for name, steps in IMAGES.items():
        recipe = Recipe(name, base)
        recipe.build(steps)
        recipes.append(recipe)
    give_digest("hanbit/api:1.4")
    docker("rmi", "hanbit/base:12")
    tables(recipes)

    docker("volume", "create", "--label", "purpose=field data", "survey-data")
    fill_volume("survey-data", {"observations.csv": observations(), "NOTES.en.md": NOTES_EN, "메모.ko.md": NOTES_KO}, ("readings.db", "readings"))
    project = "com.docker.compose.project=hanbit-web"
    docker("volume", "create", "--label", project, "--label", "com.docker.compose.volume=db", "hanbit-web_db")
    fill_volume("hanbit-web_db", {}, ("orders.db", "orders"))
    docker("network", "create", "--label", project, "--label", "com.docker.compose.network=default", "hanbit-web_default")
    for service, script in (("api", "serve"), ("worker", "work")):
        labels = [project, f"com.docker.compose.service={service}", "com.docker.compose.container-number=1", "com.docker.compose.oneoff=False",
                  "com.docker.compose.project.working_dir=/srv/hanbit-web", "com.docker.compose.project.config_files=/srv/hanbit-web/compose.yaml",
                  f"com.docker.compose.config-hash={hashlib.sha256(service.encode()).hexdigest()}", "com.docker.compose.version=2.24.5"]
        ports = ["-p", "127.0.0.1:8080:8000"] if service == "api" else []
        docker("run", "-d", "--name", f"hanbit-web-{service}-1", "--network", "hanbit-web_default", "-v", "hanbit-web_db:/var/lib/hanbit", *ports,
               *[part for label in labels for part in ("--label", label)], "hanbit/api:1.4", f"run /etc/pocket/{script}")
    docker("create", "--name", "field-notebook", "--network", "none", "-v", "survey-data:/data", "--restart", "unless-stopped",
           "-e", "CAMPAIGN=spring", "hanbit/analysis:2.1", "run /etc/pocket/start")
    time.sleep(2)
    sh("fstrim", MOUNT)
    sh("sync")
    # Everything so far is on the disk itself. What follows stands in the journal alone, as long as no overlay is
    # unmounted (`docker diff` does that too): it would write the whole filesystem out.
    since = time.time()
    docker("start", "field-notebook")
    time.sleep(1)
    fill_volume("survey-data", {"late-note.txt": "written a moment before the power went off\n"})
    cut(since)

    inspect = lambda kind, *ids: json.loads(docker(kind, "inspect", *ids))
    containers = inspect("container", *docker("ps", "-aq", "--no-trunc").split())
    images = inspect("image", *dict.fromkeys(docker("images", "-aq", "--no-trunc").split()))
    told = {
        "images": [dict(id=i["Id"], names=i["RepoTags"], digests=i["RepoDigests"], size=i["Size"], layers=i["RootFS"]["Layers"]) for i in images],
        "containers": [dict(id=c["Id"], name=c["Name"][1:], image_id=c["Image"], state=c["State"]["Status"], exit_code=c["State"]["ExitCode"],
                            labels=c["Config"]["Labels"], changes=docker("diff", c["Id"]).splitlines(),
                            stdout=sh("docker", "logs", c["Id"], stderr=subprocess.DEVNULL),
                            stderr=subprocess.run(["docker", "logs", c["Id"]], env=ENV, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE).stderr.decode())
                       for c in containers],
        "volumes": [dict(name=v["Name"], labels=v["Labels"], files={os.path.relpath(f"{top}/{n}", v["Mountpoint"]): hashlib.sha256(open(f"{top}/{n}", "rb").read()).hexdigest()
                         for top, _, names in os.walk(v["Mountpoint"]) for n in names}) for v in inspect("volume", *docker("volume", "ls", "-q").split())],
        "networks": [dict(id=n["Id"], name=n["Name"], driver=n["Driver"], scope=n["Scope"], labels=n["Labels"]) for n in inspect("network", *docker("network", "ls", "-q").split())],
    }
    for kind in told.values():
        kind.sort(key=lambda item: item.get("name") or item["id"])
    take_down(loop, containers)
    with open(f"{CASE}/engine.json", "w") as out:
        json.dump(told, out, indent=1, sort_keys=True, ensure_ascii=False)
        out.write("\n")


main()
