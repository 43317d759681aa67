#!/usr/bin/env python3
"""make.py WORK CASE: fills WORK/disk.raw with a host that has a Docker data root, by a real engine, and lets rpm, R, npm, yarn,
pnpm, RubyGems and composer fill images, containers, a volume and the host. What they say then is written to CASE/said.json.

Runs in mount, network and UTS name spaces of its own (make.sh makes them).
"""
import json, os, shutil, signal, subprocess, sys, time
import libraries, node, rpms
from tools import ENV, run, write

WORK, CASE, NDB = sys.argv[1:4]
RAW, MOUNT, RUN = f"{WORK}/disk.raw", "/mnt", "/run/careen-managers"
ENV.update(HOME=f"{WORK}/home", DOCKER_HOST=f"unix://{RUN}/docker.sock", DOCKER_BUILDKIT="0")
R_LIBRARIES = ["/usr/local/lib/R/site-library", "/home/ana/R/x86_64-pc-linux-gnu-library/4.2"]
GEM_HOMES = ["/var/lib/gems/3.1.0", "/home/ana/.local/share/gem/ruby/3.1.0"]


def docker(*words):
    return run("docker", *words).strip()


def release(root, name, identifier, version):
    write(f"{root}/etc/os-release", f'NAME="{name}"\nID={identifier}\nVERSION_ID="{version}"\n')


def make_disk():
    run("truncate", "-s", "96M", RAW)
    run("mke2fs", "-q", "-t", "ext4", "-b", "4096", "-N", "8192", "-m", "0", "-J", "size=4", "-L", "careen-managers",
        "-U", "c0ffee00-0000-4000-8000-000000000002", "-E", "lazy_itable_init=0,lazy_journal_init=0", RAW)
    loop = run("losetup", "-f", "--show", RAW).strip()
    run("mount", loop, MOUNT)
    os.makedirs(f"{MOUNT}/var/lib/docker")
    return loop


def start_engine():
    shutil.rmtree(RUN, ignore_errors=True)
    os.makedirs(RUN)
    log = open(f"{WORK}/dockerd.log", "wb")
    words = ["dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none", "--storage-driver=overlay2",
             f"--data-root={MOUNT}/var/lib/docker", f"--exec-root={RUN}/exec", f"--pidfile={RUN}/pid", "-H", ENV["DOCKER_HOST"]]
    daemon = subprocess.Popen(words, stdout=log, stderr=log, env=ENV, start_new_session=True)
    for _ in range(120):
        if subprocess.run(["docker", "version"], env=ENV, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
            return daemon
        time.sleep(0.25)
    sys.exit(open(f"{WORK}/dockerd.log").read()[-2000:])


def image(name, root):
    """An image with one layer: this tree."""
    run("tar", "--numeric-owner", "-C", root, "-cf", f"{WORK}/root.tar", ".")
    docker("import", "--change", 'CMD ["/bin/none"]', f"{WORK}/root.tar", name)
    os.remove(f"{WORK}/root.tar")


class Opened:
    """The tree of a new container, to be changed by programs of this machine."""

    def __init__(self, name, of):
        docker("create", "--name", name, "--network", "none", of)
        self.data = json.loads(docker("inspect", name))[0]["GraphDriver"]["Data"]
        self.root = f"{WORK}/opened"

    def __enter__(self):
        os.makedirs(self.root, exist_ok=True)
        places = ",".join(f"{key.lower()[:-3]}dir={self.data[key]}" for key in ("LowerDir", "UpperDir", "WorkDir"))
        run("mount", "-t", "overlay", "overlay", "-o", places, self.root)
        return self.root

    def __exit__(self, *_):
        run("umount", self.root)


def rpm_scopes(said):
    """SQLite in an image of two layers and in a container whose log was not yet written back, NDB on the host."""
    root = f"{WORK}/system"
    release(root, "Enterprise Linux", "almalinux", "9.3")
    rpms.first(rpms.Database(root), WORK)
    image("managers/system:first", root)
    with Opened("second-layer", "managers/system:first") as root:
        database = rpms.Database(root)
        rpms.second(database, WORK)
        said["image:managers/system:second"] = {"rpm": database.said()}
    docker("commit", "second-layer", "managers/system:second")
    docker("rm", "second-layer")
    with Opened("changed-system", "managers/system:second") as root:
        database = rpms.Database(root)
        database.install(rpms.build(WORK, "base-of-last", "1", "1"), how="-i")
        # As long as somebody reads the database, what is new stays in the log beside it.
        with rpms.read(f"{root}/var/lib/rpm/rpmdb.sqlite"):
            database.install(rpms.build(WORK, "last", "0.9", "1", epoch=3), how="-i")
            database.erase("conf")
            said["container:changed-system"] = {"rpm": database.said()}
            held = f"{WORK}/held"
            shutil.copytree(f"{root}/var/lib/rpm", held)
        shutil.rmtree(f"{root}/var/lib/rpm")
        shutil.copytree(held, f"{root}/var/lib/rpm")
        assert os.path.getsize(f"{root}/var/lib/rpm/rpmdb.sqlite-wal") > 0
    release(MOUNT, "openSUSE Tumbleweed", "opensuse-tumbleweed", "20240101")
    host = rpms.Database(MOUNT, "ndb", "/usr/lib/sysimage/rpm", NDB)
    rpms.first(host, WORK)
    rpms.second(host, WORK)
    said["host"] = {"rpm": host.said()}
    volume = json.loads(docker("volume", "create", "--label", "holds=old system", "old-system") and docker("volume", "inspect", "old-system"))[0]
    root = volume["Mountpoint"]
    source = rpms.Database(f"{WORK}/old")
    rpms.first(source, WORK)
    release(root, "Old Linux", "centos", "7")
    said["volume:old-system"] = {"rpm": rpms.berkeley(source, root)}


def language_scopes(said):
    """R, npm, RubyGems and composer in an image, in a container that was changed, and in a volume with yarn and pnpm."""
    registry = node.registry(WORK)

    def first(root):
        libraries.r_first(root, WORK)
        libraries.gem_first(root, WORK)
        libraries.composer_first(root, WORK)
        node.npm_first(root, registry)

    def second(root):
        libraries.r_second(root, WORK)
        libraries.gem_second(root, WORK)
        libraries.composer_second(root, WORK)
        node.npm_second(root)

    def all_said(root):
        return {"cran": libraries.r_said(root, *R_LIBRARIES), "gem": libraries.gem_said(root, *GEM_HOMES),
                "composer": libraries.composer_said(root, WORK, "/srv/web"),
                "npm": {"installed": node.npm_said(root, "/srv/app", "/srv/mono", "/usr/local"),
                        "locked": node.locked_said(root, "/srv/app", "/srv/mono")}}

    root = f"{WORK}/work"
    release(root, "Debian", "debian", "12")
    first(root)
    said["image:managers/work:1"] = all_said(root)
    image("managers/work:1", root)
    with Opened("changed-work", "managers/work:1") as root:
        second(root)
        said["container:changed-work"] = all_said(root)
    docker("volume", "create", "projects")
    root = json.loads(docker("volume", "inspect", "projects"))[0]["Mountpoint"]
    first(root)
    second(root)
    said["volume:projects"] = all_said(root)
    docker("volume", "create", "others")
    root = json.loads(docker("volume", "inspect", "others"))[0]["Mountpoint"]
    said["volume:others"] = node.yarn_and_pnpm(root)


def versions():
    first_line = lambda *words: run(*words).splitlines()[0].strip()
    return {"rpm": first_line("rpm", "--version"), "rpm with NDB": first_line(NDB, "--version"), "R": first_line("R", "--version"),
            "npm": first_line("npm", "--version"), "node": first_line("node", "--version"), "yarn": first_line("yarn", "--version"),
            "pnpm": first_line("pnpm", "--version"), "gem": first_line("gem", "--version"),
            "composer": first_line("composer", "--no-ansi", "--version"), "db_load": first_line("db5.3_load", "-V"),
            "docker": docker("version", "--format", "{{.Server.Version}}")}


def main():
    os.makedirs(ENV["HOME"])
    run("ip", "link", "set", "lo", "up")
    run("hostname", "managers")
    loop = make_disk()
    daemon = start_engine()
    said = {"tools": versions()}
    rpm_scopes(said)
    language_scopes(said)
    daemon.send_signal(signal.SIGTERM)
    daemon.wait()
    run("fstrim", MOUNT)
    run("umount", "-R", MOUNT)
    run("losetup", "-d", loop)
    with open(f"{CASE}/said.json", "w") as out:
        json.dump(said, out, indent=1, sort_keys=True, ensure_ascii=False)
        out.write("\n")


main()
