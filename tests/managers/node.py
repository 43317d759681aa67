"""Modules of Node: made here, served by a registry of our own, installed by npm, yarn and pnpm, and told by them."""
import base64, hashlib, http.server, json, os, shutil, threading
from urllib.parse import unquote

from tools import run, write

PORT = 4873
REGISTRY = f"http://127.0.0.1:{PORT}"
OPTIONS = {"npm_config_registry": REGISTRY, "npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


class Registry:
    """What npm's registry tells of a module, and its archives, on the loopback."""

    def __init__(self, work):
        self.work, self.modules, self.archives = f"{work}/node", {}, {}
        os.makedirs(self.work, exist_ok=True)
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path = unquote(self.path.split("?")[0]).lstrip("/")
                found = registry.archives.get(path) or json.dumps(registry.modules.get(path, {})).encode()
                self.send_response(200 if path in registry.archives or path in registry.modules else 404)
                self.send_header("content-length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def add(self, name, version, **more):
        """Packs a module and offers it."""
        folder = f"{self.work}/{name.replace('/', '-')}-{version}"
        about = {"name": name, "version": version, "license": "MIT", "author": "Careen tests", **more}
        write(f"{folder}/package.json", json.dumps(about))
        write(f"{folder}/index.js", "module.exports = 42;\n")
        # Two that are no modules, although they have the file of one.
        write(f"{folder}/esm/package.json", json.dumps({"type": "module"}))
        write(f"{folder}/test/package.json", json.dumps({"name": "only-a-test", "version": "9.9.9"}))
        packed = f"{self.work}/" + run("npm", "pack", "--silent", folder, cwd=self.work).split()[-1]
        with open(packed, "rb") as file:
            content = file.read()
        path = f"{name}/-/{name.split('/')[-1]}-{version}.tgz"
        self.archives[path] = content
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
        dist = {"tarball": f"{REGISTRY}/{path}", "shasum": hashlib.sha1(content).hexdigest(), "integrity": integrity}
        module = self.modules.setdefault(name, {"name": name, "versions": {}})
        module["versions"][version] = {**about, "dist": dist}
        module["dist-tags"] = {"latest": version}


def registry(work):
    made = Registry(work)
    made.add("leaf", "1.0.0", license={"type": "ISC"})
    made.add("leaf", "2.0.0-rc.1", license=None, licenses=[{"type": "MIT"}, {"type": "Apache-2.0"}])
    made.add("@careen/scoped", "0.1.0", author={"name": "학교", "email": "x@careen.invalid"})
    made.add("branch", "3.1.0", dependencies={"leaf": "^1.0.0"})
    made.add("tree", "1.0.0+build.5", dependencies={"leaf": "2.0.0-rc.1", "branch": "*"}, bin={"tree": "index.js"})
    made.add("for-another-system", "1.0.0", os=["aix"])
    made.add("forgotten", "5.0.0", optionalDependencies={"for-another-system": "*"})
    made.add("needs-a-peer", "1.0.0", peerDependencies={"leaf": "*"})
    made.add("only-for-tests", "6.0.0")
    return made


NEEDS = {"tree": "^1.0.0", "leaf": "^1.0.0", "@careen/scoped": "~0.1.0", "another-name": "npm:branch@3.1.0", "needs-a-peer": "1"}


def call(program, folder, *words, **more):
    return run(program, *words, cwd=folder, env=OPTIONS, **more)


def project(folder, name="project", **more):
    write(f"{folder}/package.json", json.dumps({"name": name, "version": "1.0.0", **more}))


def workspaces(folder, program):
    """A project of several packages, which lie in it and are linked to."""
    project(folder, "mono", private=True, workspaces=["packages/*"], dependencies={"leaf": "1.0.0"})
    project(f"{folder}/packages/one", "@mono/one", dependencies={"leaf": "2.0.0-rc.1"})
    project(f"{folder}/packages/two", "two", dependencies={"@mono/one": "1.0.0"})
    call(program, folder, "install")


def npm_said(root, *projects):
    """What npm says is installed: name, version, and the directory of the module. `/usr/local` is that of all people."""
    rows = set()

    def take(tree):
        for found in tree.get("dependencies", {}).values():
            # What is only wanted has no version.
            if found.get("version") and not found.get("missing"):
                take(found)
                rows.add((found["name"], found["version"], found["path"][len(os.path.realpath(root)):]))

    for folder in projects:
        words = ["ls", "--json", "--all", "--long", *(["--global", "--prefix", f"{root}{folder}"] if folder == "/usr/local" else [])]
        # It complains with 1 of what nobody asked for.
        take(json.loads(call("npm", f"{root}{folder}", *words, codes=(0, 1))))
    return sorted(rows)


def locked_said(root, *projects):
    """What npm says that lock files ask for."""
    rows = set()

    def take(tree, folder):
        for found in tree.get("dependencies", {}).values():
            take(found, folder)
            if found.get("version") and not found.get("missing"):
                rows.add((found["name"], found["version"], folder))

    for folder in projects:
        take(json.loads(call("npm", f"{root}{folder}", "ls", "--json", "--all", "--long", "--package-lock-only", codes=(0, 1))), folder)
    return sorted(rows)


def npm_first(root, registry):
    project(f"{root}/srv/app", dependencies={**NEEDS, "forgotten": "5"}, devDependencies={"only-for-tests": "*"})
    call("npm", f"{root}/srv/app", "install")
    workspaces(f"{root}/srv/mono", "npm")
    os.makedirs(f"{root}/usr/local/lib", exist_ok=True)
    # One of them is linked: its place is that of its sources.
    project(f"{root}/opt/linked", "linked-tool", bin="x.js")
    write(f"{root}/opt/linked/x.js", "#!/usr/bin/env node\n")
    call("npm", root, "install", "--global", "--prefix", f"{root}/usr/local", "tree", "@careen/scoped", f"{root}/opt/linked")


def npm_second(root):
    call("npm", f"{root}/srv/app", "uninstall", "forgotten")
    call("npm", f"{root}/srv/app", "install", "leaf@2.0.0-rc.1")
    # Somebody copied a module in: npm calls it extraneous, and it is there.
    shutil.copytree(f"{root}/usr/local/lib/node_modules/@careen/scoped", f"{root}/srv/app/node_modules/@careen/copied")


def yarn_and_pnpm(root):
    """Projects of the other two; what they say is installed: name, version and project."""
    said = {"yarn": [], "pnpm": []}
    for program in ("yarn", "pnpm"):
        folder = f"{root}/srv/{program}"
        project(folder, dependencies=NEEDS, devDependencies={"only-for-tests": "*"})
        call(program, folder, "install", *(["--no-progress"] if program == "yarn" else []))
    trees = json.loads(call("yarn", f"{root}/srv/yarn", "list", "--json", "--silent"))["data"]["trees"]

    def take(trees):
        for tree in trees:
            # What is only asked for has a shadow.
            if not tree.get("shadow"):
                said["yarn"].append(tree["name"].rsplit("@", 1))
            take(tree.get("children", []))

    take(trees)

    def take_pnpm(tree):
        for key in ("dependencies", "devDependencies"):
            for name, found in tree.get(key, {}).items():
                said["pnpm"].append([found.get("from", name), found["version"]])
                take_pnpm(found)

    for tree in json.loads(call("pnpm", f"{root}/srv/pnpm", "list", "--json", "--depth", "Infinity")):
        take_pnpm(tree)
    distinct = lambda rows: [list(row) for row in sorted({tuple(row) for row in rows})]
    return {program: distinct(rows) for program, rows in said.items()}
