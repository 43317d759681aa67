"""Packages of rpm, and databases filled by rpm itself: SQLite and NDB; Berkeley DB by libdb's own loader."""
import contextlib, os, sqlite3, struct, subprocess

from tools import ENV, run, write

FORMAT = ["NAME", "EVR", "ARCH", "SOURCERPM", "MODULARITYLABEL", "LICENSE", "VENDOR", "SHA256HEADER"]
MODULE = "nodejs:18:8090020230327152102:b46abd14"


def build(work, name, version, release, arch="noarch", epoch=None, module=None, license="MIT", vendor="Careen tests",
          requires=(), obsoletes=(), files=None, config=(), size=0):
    """Builds a package with rpmbuild; its path. With a size, it has so many more files."""
    files = dict(files or {f"/usr/share/{name}/about": f"{name} {version}\n"})
    files.update({f"/usr/share/{name}/parts/part-with-a-rather-long-name-{at:05}": f"{at}\n" for at in range(size)})
    top = f"{work}/rpmbuild"
    source = f"{top}/SOURCES/{name}-{version}-{release}.{arch}"
    lines = [f"Name: {name}", f"Version: {version}", f"Release: {release}", f"Summary: {name} 꾸러미", f"License: {license}"]
    lines += [f"Epoch: {epoch}"] if epoch is not None else []
    lines += [f"ModularityLabel: {module}"] if module else []
    lines += [f"Vendor: {vendor}"] if vendor else []
    lines += ["BuildArch: noarch"] if arch == "noarch" else []
    lines += [f"Requires: {it}" for it in requires] + [f"Obsoletes: {it}" for it in obsoletes]
    lines += ["%description", "Made by tests/managers.", "%install"]
    for path, text in files.items():
        write(f"{source}{path}", text)
    lines += [f"cp -a {source}/. %{{buildroot}}/", "%files"]
    lines += [("%config(noreplace) " if path in config else "") + path for path in files]
    write(f"{top}/{name}.spec", "\n".join(lines) + "\n")
    options = ["--define", f"_topdir {top}", "--define", "_build_id_links none", "--define", "debug_package %{nil}"]
    run("rpmbuild", "-bb", "--quiet", "--target", arch, *options, f"{top}/{name}.spec")
    return f"{top}/RPMS/{arch}/{name}-{version}-{release}.{arch}.rpm"


class Database:
    """A root directory that packages are installed into."""

    def __init__(self, root, backend="sqlite", dbpath="/var/lib/rpm", program="rpm"):
        self.root, self.program = root, program
        os.makedirs(f"{root}{dbpath}", exist_ok=True)
        self.options = ["--root", root, "--define", f"_dbpath {dbpath}", "--define", f"_db_backend {backend}"]
        # Debian's own rpm wants to be told that this is meant.
        self.force = ["--force-debian"] if program == "rpm" else []

    def rpm(self, *words):
        return run(self.program, *self.options, *words)

    def install(self, *files, how="-U"):
        self.rpm(how, *self.force, "--nodeps", "--ignorearch", "--ignoreos", "--nosignature", *files)

    def erase(self, *names):
        self.rpm("-e", *self.force, "--nodeps", *names)

    def trust(self, work):
        """Imports a key, which makes a package of it."""
        home = f"{work}/gnupg"
        os.makedirs(home, mode=0o700, exist_ok=True)
        if not os.path.exists(f"{home}/key.asc"):
            gpg = ["gpg", "--homedir", home, "--batch", "--quiet", "--passphrase", ""]
            run(*gpg, "--quick-gen-key", "Careen tests <tests@careen.invalid>", "rsa2048", "sign", "never")
            write(f"{home}/key.asc", run(*gpg, "--armor", "--export"))
            run("gpgconf", "--homedir", home, "--kill", "all")
        self.rpm("--import", f"{home}/key.asc")

    def said(self):
        """What rpm says is installed: of each package the values of FORMAT and what it needs; the files; those changed."""
        text = self.rpm("-qa", "--qf", "\\t".join(f"%{{{tag}}}" for tag in FORMAT) + "\\t[%{REQUIRENAME} ]\\n")
        rows = [["" if value == "(none)" else value for value in line.split("\t")] for line in text.splitlines()]
        files = sorted({line for line in self.rpm("-qal").splitlines() if line.startswith("/")})
        verified = subprocess.run([self.program, *self.options, "-Va", "--nodeps", "--nouser", "--nogroup", "--nomtime"],
                                  stdout=subprocess.PIPE, check=False, env=ENV).stdout.decode()
        changed = sorted(line.split(" ", 1)[0] + " " + line.rsplit(" ", 1)[1] for line in verified.splitlines())
        return {"packages": sorted(row[:-1] + [sorted(set(row[-1].split()))] for row in rows), "files": files, "verify": changed}


def first(database, work):
    """Fills a database: every form of version, several architectures, a module, a package that needs many pages."""
    one = lambda *words, **more: build(work, *words, **more)
    database.install(one("alpha", "1.0", "1"))
    database.install(one("beta", "1.5~rc1", "3.el9", "x86_64", epoch=2, license="GPL-2.0-or-later AND MIT"))
    database.install(one("beta", "1.5~rc1", "3.el9", "i686", epoch=2, files={"/usr/lib/beta/about": "32\n"}), how="-i")
    database.install(one("gamma", "18.14.2", "3.module_el8.7.0", "x86_64", epoch=1, module=MODULE, vendor="학교",
                         requires=["beta >= 1", "/bin/sh", "libc.so.6()(64bit)"]))
    for version in ("5.14.0", "5.14.1"):
        # As kernels are: both stay.
        database.install(one("delta", version, "1.fc39", "x86_64", files={f"/usr/lib/delta/{version}": version}), how="-i")
    database.install(one("theta", "1.0^20240101git", "0", "aarch64", epoch=0, vendor=""))
    database.install(one("zeta", "1", "1"), one("omega", "3", "1", license="GPL-2.0-or-later AND MIT"))
    database.install(one("large", "7", "2", size=250))
    database.install(one("conf", "1", "1", files={"/etc/conf.conf": "a = 1\n", "/usr/share/conf/about": "x\n"}, config=["/etc/conf.conf"]))
    database.trust(work)


def second(database, work):
    """Upgrades, reinstalls, obsoletes, erases, and changes files behind rpm's back."""
    database.install(build(work, "alpha", "1.1", "1", license="GPL-2.0-or-later AND MIT"))
    database.install(build(work, "beta", "1.5~rc1", "3.el9", "x86_64", epoch=2), how="--reinstall")
    database.install(build(work, "epsilon", "2", "1", obsoletes=["zeta < 2"]))
    database.erase("omega")
    write(f"{database.root}/etc/conf.conf", "a = 2\n")
    os.remove(f"{database.root}/usr/share/conf/about")


def berkeley(source, target):
    """The same headers in a hash of Berkeley DB as rpm wrote it until 4.16: keys are numbers, 0 has the next one."""
    base = sqlite3.connect(f"{source.root}/var/lib/rpm/rpmdb.sqlite")
    rows = base.execute("SELECT hnum, blob FROM Packages ORDER BY hnum").fetchall()
    base.close()
    records = [(0, struct.pack("<I", rows[-1][0] + 1))] + rows
    dump = "VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n"
    dump += "".join(f" {struct.pack('<I', key).hex()}\n {value.hex()}\n" for key, value in records) + "DATA=END\n"
    os.makedirs(f"{target}/var/lib/rpm", exist_ok=True)
    run("db5.3_load", f"{target}/var/lib/rpm/Packages", stdin=dump)
    said = Database(target, backend="bdb_ro").said()
    # Only the database is there, and none of the files.
    return {"packages": said["packages"]}


@contextlib.contextmanager
def read(path):
    """Keeps reading a database: its log is not written back as long as that lasts."""
    base = sqlite3.connect(path, isolation_level=None)
    base.execute("BEGIN")
    base.execute("SELECT count(*) FROM Packages").fetchall()
    yield
    base.close()
