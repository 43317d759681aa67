#!/usr/bin/env python3
"""archive.py FOLDER: a stand-in for Debian's archive, its snapshots and Python's index on the loopback, with tiny packages made
here. Says its port on the first line. Once /move-on was asked for, the archive of today has newer versions; a snapshot of
any time has the older ones, which is what the time of an image means here.
"""
import hashlib, http.server, os, re, subprocess, sys, zipfile
from urllib.parse import unquote

FOLDER = sys.argv[1]
OLD = [("careen-tool", "1.0-1", "careen-lib"), ("careen-lib", "2:3.1~rc1+b2", ""), ("careen-base", "1.0", "")]
NEW = [("careen-tool", "2.0-1", "careen-lib"), ("careen-lib", "2:3.2", ""), ("careen-base", "2.0", "")]
WHEELS = [("careenpy", "0.9"), ("careenpy", "1.0"), ("careen_dep", "4.2.post1")]


def deb(name, version, needs):
    """The path of a package within the archive, and its stanza."""
    file = f"pool/{name}-{version.replace(':', '.')}.deb"
    tree = f"{FOLDER}/build/{name}-{version}"
    os.makedirs(f"{tree}/DEBIAN")
    os.makedirs(f"{tree}/usr/share/{name}")
    os.makedirs(f"{FOLDER}/pool", exist_ok=True)
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Careen tests <tests@careen.invalid>\n"
    control += (f"Depends: {needs}\n" if needs else "") + "Description: made by tests/pinned\n"
    for path, text in ((f"{tree}/DEBIAN/control", control), (f"{tree}/usr/share/{name}/version", version)):
        with open(path, "w") as out:
            out.write(text)
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, f"{FOLDER}/{file}"], check=True, stdout=subprocess.DEVNULL)
    with open(f"{FOLDER}/{file}", "rb") as built:
        content = built.read()
    return f"{control}Filename: {file}\nSize: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n\n"


def wheel(name, version):
    os.makedirs(f"{FOLDER}/wheels", exist_ok=True)
    about = f"{name}-{version}.dist-info"
    files = {f"{name}.py": f"VERSION = {version!r}\n", f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
             f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"}
    files[f"{about}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{about}/RECORD"])
    with zipfile.ZipFile(f"{FOLDER}/wheels/{name}-{version}-py3-none-any.whl", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)


class Handler(http.server.BaseHTTPRequestHandler):
    old, new, has_moved = "", "", False

    def do_GET(self):
        # apt asks a proxy, by whole addresses.
        found = self.found(unquote(re.sub(r"^http://[^/]+", "", self.path)))
        self.send_response(404 if found is None else 200)
        self.send_header("content-type", "text/html" if "/simple/" in self.path else "application/octet-stream")
        self.send_header("content-length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def found(self, path):
        if path == "/move-on":
            Handler.has_moved = True
            return b""
        listed = re.search(r"/dists/([\w/-]+?)/(Release|main/binary-\w+/Packages)$", path)
        if listed:
            is_snapshot = re.match(r"/archive/debian/\d{8}T\d{6}Z/", path)
            packages = self.new if self.has_moved and not is_snapshot else self.old
            packages = (packages if listed[1] == "bookworm" else "").encode()
            if listed[2] != "Release":
                return packages
            native = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
            return (f"Suite: {listed[1]}\nCodename: {listed[1]}\nArchitectures: {native}\nComponents: main\nDate: Sat, 01 Jan 2022 00:00:00 UTC\n"
                    f"SHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages)} main/binary-{native}/Packages\n").encode()
        project = re.fullmatch(r"/simple/([\w.-]+)/", path)
        if project:
            names = [name for name in sorted(os.listdir(f"{FOLDER}/wheels")) if name.split("-")[0].replace("_", "-") == project[1]]
            return "".join(f'<a href="/wheels/{name}">{name}</a>\n' for name in names).encode() if names else None
        file = re.search(r"/((?:pool|wheels)/[\w.+~-]+)$", path)
        if file and os.path.exists(f"{FOLDER}/{file[1]}"):
            with open(f"{FOLDER}/{file[1]}", "rb") as content:
                return content.read()
        return None

    def log_message(self, *_):
        pass


Handler.old = "".join(deb(*package) for package in OLD)
Handler.new = "".join(deb(*package) for package in NEW)
for one in WHEELS:
    wheel(*one)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
