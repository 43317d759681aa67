#!/bin/sh
# Makes the demo disk www/demo/careen-demo.vhdx.gz and what must be found on it, tests/cases/demo/.
#
# A real Docker Engine fills a real ext4 filesystem, which is then cut off while containers run, so that its journal has
# to be replayed. Everything in the images is made here: package records by demo.py, one program by pocket.c.
# Needs root on Linux (x86-64) with docker.io (overlay2 store), docker-registry, gcc, e2fsprogs, qemu-utils, iproute2.
# It works in name spaces of its own; nothing of the machine's own Docker is touched.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/var/tmp}/careen-demo.XXXXXX")
trap 'rm -rf "$work"' EXIT
for tool in dockerd docker containerd runc docker-registry gcc mke2fs qemu-img ip losetup; do
    command -v "$tool" > /dev/null || { echo "make-demo.sh: $tool is not installed" >&2; exit 1; }
done
[ "$(id -u)" = 0 ] || { echo "make-demo.sh: must run as root" >&2; exit 1; }

mkdir -p /var/lib/docker "$work/context/bin" "$repository/www/demo" "$repository/tests/cases/demo"
gcc -static -nostdlib -ffreestanding -fno-stack-protector -fno-asynchronous-unwind-tables -Os -s \
    -Wl,--build-id=none -o "$work/context/bin/pocket" "$here/pocket.c"
unshare --mount --propagation private --net --uts -- python3 "$here/demo.py" "$work" "$repository/tests/cases/demo"

qemu-img convert -f raw -O vhdx -o subformat=dynamic,block_size=1M "$work/demo.raw" "$work/careen-demo.vhdx"
gzip -9 -n -c "$work/careen-demo.vhdx" > "$repository/www/demo/careen-demo.vhdx.gz"
ls -l "$repository/www/demo/careen-demo.vhdx.gz"
