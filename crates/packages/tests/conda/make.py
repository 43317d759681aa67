"""Makes environment/ and truth.json with rattler, which installs packages as conda does and reads them again.

python3 -m pip install py-rattler==0.28.0; python3 make.py

The packages are made here, in a channel of their own; nothing is fetched. Paths below /tmp/careen-conda stand in the
records, as those of the installing machine always do."""

import asyncio
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

import rattler
from rattler.index import index_fs

WORK = Path("/tmp/careen-conda")
PREFIX = WORK / "environment"
HERE = Path(__file__).parent
PLACEHOLDER = "/home/builder/placeholder_placehold_placehold"


def put(channel, subdir, name, version, build, files, prefixed=(), **more):
    """A package as conda-build writes them: info/ and the files."""
    digest = lambda text: hashlib.sha256(text.encode()).hexdigest()
    paths = [
        {"_path": path, "path_type": "hardlink", "sha256": digest(text), "size_in_bytes": len(text.encode())}
        | ({"file_mode": "text", "prefix_placeholder": PLACEHOLDER} if path in prefixed else {})
        for path, text in files.items()
    ]
    index = {"name": name, "version": version, "build": build, "build_number": 0, "depends": [], "subdir": subdir}
    if subdir != "noarch":
        index |= {"arch": "x86_64", "platform": "linux"}
    info = {
        "info/index.json": json.dumps(index | {"timestamp": 1700000000000} | more),
        "info/paths.json": json.dumps({"paths": paths, "paths_version": 1}),
        "info/files": "".join(f"{path}\n" for path in files),
        "info/about.json": json.dumps({"license": more.get("license", "")}),
    }
    if more.get("noarch") == "python":
        info["info/link.json"] = json.dumps({"noarch": {"type": "python"}, "package_metadata_version": 1})
    folder = WORK / channel / subdir
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(folder / f"{name}-{version}-{build}.tar.bz2", "w:bz2") as archive:
        for path, text in (info | files).items():
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode = len(text.encode()), 0o755 if path.startswith("bin/") else 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))


def channel():
    put("lab", "linux-64", "python", "3.11.5", "h955ad1f_0", {"bin/python3.11": f"#!{PLACEHOLDER}/x\n"},
        ["bin/python3.11"], license="PSF-2.0")
    put("lab", "linux-64", "libodd", "1!2.0.post1", "h1_1", {"lib/libodd.so": "odd\n", "share/odd/data.txt": "data\n"},
        license="LGPL-2.1-or-later", license_family="LGPL")
    put("lab", "linux-64", "_openmp_mutex", "4.5", "2_gnu", {}, track_features="mutex")
    dist = "site-packages/six-1.16.0.dist-info"
    put("lab", "noarch", "six", "1.16.0", "pyhd3eb1b0_1",
        {"site-packages/six.py": "six\n", f"{dist}/METADATA": "Name: six\nVersion: 1.16.0\n", f"{dist}/INSTALLER": "conda\n"},
        noarch="python", depends=["python >=3.6"], license="MIT")
    put("other", "noarch", "tzdata", "2023c", "h04d1e81_0", {"share/zoneinfo/UTC": "UTC\n"}, noarch="generic",
        depends=["libodd >=1!2.0,<1!3.0a0", "six"], license="LicenseRef-Public-Domain")


def records(prefix):
    """What rattler reads of an environment."""
    found = []
    for file in sorted((prefix / "conda-meta").glob("*.json")):
        it = rattler.PrefixRecord.from_path(file)
        found.append({
            "name": it.name.source,
            "version": str(it.version),
            "build": str(it.build),
            "channel": str(it.channel),
            "subdir": str(it.subdir),
            "license": it.license or "",
            "sha256": it.sha256.hex(),
            "requires": [spec.split()[0] for spec in it.depends],
            "requested": bool(it.requested_specs or it.requested_spec),
            "files": sorted(str(path) for path in it.files),
        })
    return found


async def main():
    shutil.rmtree(WORK, ignore_errors=True)
    channel()
    for name in ["lab", "other"]:
        await index_fs(WORK / name, force=True)
    channels = [rattler.Channel(f"file://{WORK}/{name}") for name in ["lab", "other"]]
    wanted = [rattler.MatchSpec(spec) for spec in ["python 3.11.*", "tzdata", "_openmp_mutex"]]
    found = await rattler.solve(channels, wanted, platforms=["linux-64", "noarch"])
    await rattler.install(found, PREFIX, cache_dir=WORK / "cache", show_progress=False, requested_specs=[spec._match_spec for spec in wanted])
    target = HERE / "environment"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(PREFIX, target, symlinks=True)
    truth = {"rattler": "py-rattler 0.28.0", "packages": records(PREFIX)}
    (HERE / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")


asyncio.run(main())
