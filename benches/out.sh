#!/bin/bash
# Compares careen with 7-Zip and the kernel's `cp` in taking files out of a disk, in one run.
#
#   benches/out.sh [-n RUNS]
#
# A disk is made with one file of 2 GiB and 20,000 small ones. RUNS (default 3) is how often each command is measured.
# CAREEN_BIN names the program (`cargo xtask bench` sets it). About 10 GiB of room are needed in TMPDIR.
# What is measured, and how, stands in README.md beside this file.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runs=3
while [ $# -gt 0 ]; do
  case $1 in
    -n) runs=${2:?-n needs a number}; shift 2 ;;
    *) echo "unknown option $1; usage: out.sh [-n RUNS]" >&2; exit 2 ;;
  esac
done
have() { command -v "$1" > /dev/null || { echo "skipped: $2 ($1 is not installed)"; return 1; }; }
careen=${CAREEN_BIN:-$here/../target/release/careen}
[ -x "$careen" ] || { echo "$careen is not there: run \`cargo xtask bench\`, or set CAREEN_BIN" >&2; exit 1; }
for program in python3 mke2fs; do
  command -v "$program" > /dev/null || { echo "$program is needed" >&2; exit 1; }
done

work=$(mktemp -d)
loop=
finish() {
  ! mountpoint -q "$work/mount" || umount "$work/mount"
  [ -z "$loop" ] || losetup -d "$loop" 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/mount" "$work/tree" "$work/out"

disk=$work/made.raw
python3 - "$work/tree" <<'P'
import os, random, sys
random.seed(1)
with open(f"{sys.argv[1]}/big", "wb") as out:
    for _ in range(512):
        out.write(random.randbytes(4 << 20))
for d in range(100):
    path = f"{sys.argv[1]}/many/{d:03}"
    os.makedirs(path)
    for f in range(200):
        with open(f"{path}/file-{f:03}.txt", "wb") as out:
            out.write(random.randbytes(min(int(random.paretovariate(1.1) * 300), 40000)))
P
truncate -s 3G "$disk"
mke2fs -q -F -t ext4 -d "$work/tree" "$disk"
rm -rf "$work/tree"

commands=$work/commands
: > "$commands"
add() { local IFS=$'\t'; printf '%s\n' "$*" >> "$commands"; }
# Each run begins without what the run before wrote.
out=$work/out

add big careen - bash -c "rm -rf '$out'/*; '$careen' cat '$disk' /big > '$out/big'"
add big 'careen tar' - bash -c "rm -rf '$out'/*; '$careen' export '$disk' fs --path /big -o '$out/big.tar'"
add many careen - bash -c "rm -rf '$out'/*; '$careen' export '$disk' fs --path /many -o '$out/many.tar'"
add many 'careen zip' - bash -c "rm -rf '$out'/*; '$careen' export '$disk' fs --path /many -o '$out/many.zip'"
if have 7z "7-Zip"; then
  add big 7-Zip - bash -c "rm -rf '$out'/*; 7z x -y '-o$out' '$disk' big"
  add many 7-Zip - bash -c "rm -rf '$out'/*; 7z x -y '-o$out' '$disk' many"
fi
if [ "$(id -u)" != 0 ]; then
  echo "skipped: cp (mounting needs root)"
elif loop=$(losetup --find --show --read-only "$disk" 2> /dev/null); then
  for what in big many; do
    add $what cp - bash -c "rm -rf '$out'/*; mount -t ext4 -o ro,noload $loop '$work/mount' && cp -a '$work/mount/$what' '$out'; umount '$work/mount'"
  done
else
  echo "skipped: cp (no loop device can be had here)"
fi

# What the kernel takes for it when nobody looks into the filesystem: no program that writes a file can take less.
add big 'dd (floor)' - bash -c "rm -rf '$out'/*; dd if='$disk' of='$out/big' bs=4M count=512 status=none"

echo "one file of 2 GiB, and 20,000 small ones, out of an ext4 disk; $runs runs"
python3 "$here/measure.py" "$commands" "$runs"
