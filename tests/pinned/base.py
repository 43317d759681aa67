#!/usr/bin/env python3
"""base.py FOLDER PORT: the root of a small Debian with apt, Python and pip, copied from the packages of this machine, whose
apt and pip ask the archive on this port of the loopback. Ends with 3 and a word where a package is not installed here."""
import glob, os, re, shutil, subprocess, sys

ROOT, PORT = sys.argv[1:3]
WANTED = ["apt", "base-files", "base-passwd", "coreutils", "dash", "debianutils", "diffutils", "findutils", "grep", "gzip",
          "libc-bin", "perl-base", "python3", "python3-pip", "sed", "tar"]
# What neither apt nor pip looks at.
LEFT_OUT = re.compile(r"/usr/share/(doc|man|locale|info|lintian|bug|i18n|zoneinfo|perl5)/|/usr/lib/[^/]+/gconv/"
                      r"|/usr/lib/python3[.\d]*/(test|lib2to3|ensurepip|idlelib|pydoc_data|unittest)/|.*/__pycache__/")


def records():
    """The stanzas of what is installed, by name; and who provides what else."""
    found, provided = {}, {}
    native = subprocess.run(["dpkg", "--print-architecture"], stdout=subprocess.PIPE, check=True).stdout.decode().strip()
    with open("/var/lib/dpkg/status") as status:
        for stanza in status.read().split("\n\n"):
            fields = dict(re.findall(r"^([\w-]+): (.*)$", stanza, re.M))
            if fields.get("Status", "").endswith(" ok installed") and fields.get("Architecture") in (native, "all"):
                found[fields["Package"]] = (stanza, fields)
    for name, (_, fields) in found.items():
        for other in fields.get("Provides", "").split(","):
            provided.setdefault(other.split("(")[0].strip(), name)
    return found, provided


def needed(found, provided):
    """What is wanted, and all that it needs."""
    names, ahead = [], list(WANTED)
    while ahead:
        name = ahead.pop()
        name = name if name in found else provided.get(name)
        if name is None or name in names:
            continue
        names.append(name)
        for key in ("Depends", "Pre-Depends"):
            for either in found[name][1].get(key, "").split(","):
                choices = [re.split(r"[ (:]", choice.strip())[0] for choice in either.split("|")]
                ahead += [choice for choice in choices if choice in found or choice in provided][:1]
    return sorted(names)


def write(path, text):
    os.makedirs(os.path.dirname(f"{ROOT}{path}"), exist_ok=True)
    with open(f"{ROOT}{path}", "w") as file:
        file.write(text)


def main():
    found, provided = records()
    missing = [name for name in WANTED if name not in found]
    if missing:
        print(f"these packages are not installed: {' '.join(missing)}")
        sys.exit(3)
    names = needed(found, provided)
    paths = {"/bin", "/sbin", "/lib", "/lib64"}
    info = f"{ROOT}/var/lib/dpkg/info"
    os.makedirs(info)
    for name in names:
        for file in glob.glob(f"/var/lib/dpkg/info/{name}.list") + glob.glob(f"/var/lib/dpkg/info/{name}:*.list"):
            shutil.copy(file, info)
            with open(file) as own:
                for path in own.read().splitlines():
                    if path != "/." and not LEFT_OUT.match(path) and os.path.lexists(path):
                        # As the tree has it: /bin/sh is /usr/bin/sh.
                        paths.add(os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path)))
    shutil.copy("/var/lib/dpkg/info/format", info)
    chosen = [path for path in sorted(paths) if os.path.lexists(path)]
    packed = subprocess.Popen(["tar", "--create", "--no-recursion", "--directory=/", "--null", "--files-from=-"],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    unpacked = subprocess.Popen(["tar", "--extract", f"--directory={ROOT}"], stdin=packed.stdout)
    packed.stdout.close()
    packed.communicate("\0".join(path[1:] for path in chosen).encode())
    if packed.returncode != 0 or unpacked.wait() != 0:
        sys.exit("the files of the packages cannot be copied")
    if not os.path.lexists(f"{ROOT}/usr/bin/sh"):
        os.symlink("dash", f"{ROOT}/usr/bin/sh")
    write("/var/lib/dpkg/status", "\n\n".join(found[name][0] for name in names) + "\n\n")
    write("/etc/os-release", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n')
    write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n")
    write("/etc/group", "root:x:0:\n")
    write("/etc/apt/sources.list", "deb http://deb.debian.org/debian bookworm main\n")
    # The stand-in signs nothing.
    write("/etc/apt/apt.conf.d/stand-in", f'Acquire::http::Proxy "http://127.0.0.1:{PORT}/";\nAcquire::AllowInsecureRepositories "true";\n'
          'Acquire::Languages "none";\nAPT::Get::AllowUnauthenticated "true";\nAPT::Sandbox::User "root";\n')
    write("/etc/pip.conf", f"[global]\nindex-url = http://127.0.0.1:{PORT}/simple\ndisable-pip-version-check = true\n")
    for folder in ("tmp", "root", "proc", "sys", "dev", "run", "var/log", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial"):
        os.makedirs(f"{ROOT}/{folder}", exist_ok=True)


main()
