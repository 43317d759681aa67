#!/bin/sh
# Makes the disk tests/cases/managers/disk.raw.zst and what package managers say of it, said.json beside it.
#
# A real Docker Engine keeps images, containers and volumes on a real ext4 filesystem; rpm, R, npm, yarn, pnpm, RubyGems and
# composer fill their trees with tiny packages that are made here, and are asked what they installed. Nothing is fetched.
# Needs root on Linux (x86-64) with Debian's docker.io, rpm, gnupg, db5.3-util, r-base-core, ruby, composer, php-zip, e2fsprogs,
# zstd and iproute2; npm; yarn (1) and pnpm (8) on PATH. Debian's rpm writes no NDB: CAREEN_RPM_NDB names one that was built from
# rpm's sources (./configure --enable-ndb --with-crypto=libgcrypt --disable-plugins --without-archive).
# It works in name spaces of its own; nothing of the machine's own Docker is touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case=$(cd "$here/../.." && pwd)/tests/cases/managers
ndb=${CAREEN_RPM_NDB:?names an rpm that can write NDB}
work=$(mktemp -d "${TMPDIR:-/var/tmp}/careen-managers.XXXXXX")
trap 'rm -rf "$work"' EXIT
for tool in dockerd docker rpm rpmbuild gpg db5.3_load R npm yarn pnpm gem composer mke2fs losetup zstd ip "$ndb"; do
    command -v "$tool" > /dev/null || { echo "make.sh: $tool is not installed" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "make.sh: must run as root" >&2; exit 1; }

mkdir -p "$case"
PYTHONDONTWRITEBYTECODE=1 unshare --mount --propagation private --net --uts -- python3 "$here/make.py" "$work" "$case" "$ndb"
zstd -q -19 --long=27 -f "$work/disk.raw" -o "$case/disk.raw.zst"
ls -l "$case"
