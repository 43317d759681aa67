#!/bin/bash
# Compares careen with syft and Trivy in listing the packages of one merged tree, in one run: what each needs, and what
# each finds that the other does not.
#
#   benches/packages.sh [-n RUNS] DIR
#
# DIR is the root of a system or of an unpacked image. RUNS (default 5) is how often each command is measured. SYFT and
# TRIVY name these programs where they are not on PATH; without both only careen is measured. CAREEN_BIN names ours
# (`cargo xtask bench` sets it). What is measured, and how, stands in README.md beside this file.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runs=5
if [ "${1:-}" = -n ]; then
  runs=${2:?-n needs a number}
  shift 2
fi
dir=${1:?usage: packages.sh [-n RUNS] DIR}
careen=${CAREEN_BIN:-$here/../target/release/careen}
[ -x "$careen" ] || { echo "$careen is not there: run \`cargo xtask bench\`, or set CAREEN_BIN" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

commands=$work/commands
: > "$commands"
add() { local IFS=$'\t'; printf '%s\n' "$*" >> "$commands"; }
ours=("$careen" packages "$dir" --of fs --json)
add packages careen '"purl"' "${ours[@]}"
"${ours[@]}" > "$work/careen.json" || [ $? = 3 ]
peers=()
# peer NAME COMMAND…: a program that prints CycloneDX.
peer() {
  local name=$1
  shift
  add packages "$name" '"purl"' "$@"
  "$@" > "$work/$name.json" 2> /dev/null
  peers+=("$name")
}
syft=${SYFT:-$(command -v syft || true)}
trivy=${TRIVY:-$(command -v trivy || true)}
if [ -n "$syft" ]; then
  export SYFT_CHECK_FOR_APP_UPDATE=false
  peer syft "$syft" scan "dir:$dir" -o cyclonedx-json
else
  echo "skipped: syft (it is not installed)"
fi
if [ -n "$trivy" ]; then
  peer Trivy "$trivy" rootfs --cache-dir "$work/cache" --offline-scan --skip-db-update --skip-java-db-update --format cyclonedx "$dir"
else
  echo "skipped: Trivy (it is not installed)"
fi
python3 "$here/measure.py" "$commands" "$runs"
for name in "${peers[@]}"; do
  python3 - "$work/careen.json" "$work/$name.json" "$name" <<'P'
import collections, json, re, sys
from urllib.parse import unquote

def key(purl):
    """Kind, name and version; a distribution's name and what stands behind `?` are told in several ways."""
    address, _, more = purl.partition("?")
    kind, _, rest = address.partition("#")[0].removeprefix("pkg:").partition("/")
    name, _, version = rest.rpartition("@")
    name, version = unquote(name), unquote(version)
    epoch = re.search(r"(?:^|&)epoch=(\d+)", more)
    if epoch and ":" not in version:
        version = f"{epoch[1]}:{version}"
    if kind in ("deb", "apk", "rpm"):
        name = name.split("/")[-1]
    if kind == "pypi":
        name = re.sub(r"[-_.]+", "-", name).lower()
    return kind, name, version

ours = {key(row["purl"]) for row in json.load(open(sys.argv[1])) if row["purl"]}
theirs = {key(part["purl"]) for part in json.load(open(sys.argv[2])).get("components", []) if "purl" in part}
kinds = collections.Counter(kind for kind, _, _ in ours | theirs)
print(f"\nbeside {sys.argv[3]:<12}{'same':>6}{'missing':>9}{'extra':>7}")
for kind in sorted(kinds):
    of = lambda found: sum(1 for it in found if it[0] == kind)
    print(f"{kind:<19}{of(ours & theirs):>6}{of(theirs - ours):>9}{of(ours - theirs):>7}")
for what, found in (("missing", theirs - ours), ("extra", ours - theirs)):
    for it in sorted(found)[:10]:
        print(f"  {what}: {' '.join(it)}")
P
done
