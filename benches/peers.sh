#!/bin/bash
# Compares careen with the tools one would otherwise pick, on one disk and in one run.
#
#   benches/peers.sh [DISK] [-n RUNS]
#
# DISK is raw, VHDX or qcow2 with an ext filesystem in it; without one a disk of 40,000 small files is made. RUNS
# (default 5) is how often each command is measured. CAREEN_BIN names the program (`cargo xtask bench` sets it).
# What is measured, and how, stands in README.md beside this file.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
runs=5 disk=
while [ $# -gt 0 ]; do
  case $1 in
    -n) runs=${2:?-n needs a number}; shift 2 ;;
    -*) echo "unknown option $1; usage: peers.sh [DISK] [-n RUNS]" >&2; exit 2 ;;
    *) disk=$(readlink -f "$1"); shift ;;
  esac
done
have() { command -v "$1" > /dev/null || { echo "skipped: $2 ($1 is not installed)"; return 1; }; }
careen=${CAREEN_BIN:-$here/../target/release/careen}
[ -x "$careen" ] || { echo "$careen is not there: run \`cargo xtask bench\`, or set CAREEN_BIN" >&2; exit 1; }
command -v python3 > /dev/null || { echo "python3 is needed to measure" >&2; exit 1; }

work=$(mktemp -d)
loop=
finish() {
  # The mount of a run that was broken off.
  ! mountpoint -q "$work/mount" || umount "$work/mount"
  [ -z "$loop" ] || losetup -d "$loop" 2> /dev/null || true
  rm -rf "$work"
}
trap finish EXIT
mkdir "$work/mount"

if [ -z "$disk" ]; then
  command -v mke2fs > /dev/null || { echo "no DISK was given, and mke2fs, which would make one, is not installed" >&2; exit 1; }
  disk=$work/made.raw
  python3 - "$work/tree" <<'P'
import os, random, sys
random.seed(1)
for d in range(200):
    path = f"{sys.argv[1]}/data/docker/overlay2/{d:064x}/diff/usr/share/doc/package-{d:03}"
    os.makedirs(path)
    for f in range(200):
        with open(f"{path}/file-{f:03}.txt", "wb") as out:
            out.write(random.randbytes(min(int(random.paretovariate(1.1) * 300), 40000)))
P
  truncate -s 2G "$disk"
  mke2fs -q -F -t ext4 -d "$work/tree" "$disk"
  rm -rf "$work/tree"
fi

# Where the first ext filesystem lies, as careen sees it.
overview=$("$careen" survey --quick --json "$disk") || [ $? = 3 ] || exit 1
read -r format start size < <(python3 -c '
import json, sys
found = json.load(sys.stdin)
ext = [p for p in found["partitions"] if (p["filesystem"] or "").startswith("ext")]
print(found["disk"]["format"], *([ext[0]["start"], ext[0]["size"]] if ext else []))' <<< "$overview") || true
[ -n "${start:-}" ] || { echo "careen finds no ext filesystem on $disk" >&2; exit 1; }

# e2fsprogs, the Sleuth Kit and the kernel read raw disks only, and 7-Zip does not look into the partitions of a disk.
# They get copies they can read, made outside the measured time.
raw=$disk whole=$disk
if [ "$format" != raw ]; then
  raw=
  if have qemu-img "e2fsprogs, Sleuth Kit and kernel on a $format disk"; then
    raw=$work/copy.raw
    qemu-img convert -O raw "$disk" "$raw" || { echo "skipped: e2fsprogs, Sleuth Kit and kernel (qemu-img refuses this disk)"; raw=; }
  fi
fi
if [ "$start" != 0 ] && [ -n "$raw" ]; then
  whole=$work/partition.raw
  dd if="$raw" of="$whole" bs=1M iflag=skip_bytes,count_bytes skip="$start" count="$size" conv=sparse status=none
  truncate -s "$size" "$whole"
fi

commands=$work/commands
: > "$commands"
# add TASK NAME COUNT COMMAND…: COUNT is an expression that matches each entry in the output, or - when it lists none.
add() { local IFS=$'\t'; printf '%s\n' "$*" >> "$commands"; }

add root careen '^.' "$careen" ls "$disk"
add list careen '^.' "$careen" ls "$disk" -R --json
add survey careen - "$careen" survey "$disk" --json
if have 7z "7-Zip"; then
  # It cannot list one directory: the filter only shortens what is printed.
  add root 7-Zip '^.' 7z l -ba "$whole" '-x!*/*'
  add list 7-Zip '^Path = ' 7z l -slt -ba "$whole"
fi
if [ -n "$raw" ]; then
  if have debugfs "e2fsprogs, root directory"; then add root debugfs '^.' debugfs -R 'ls -l /' "$raw?offset=$start"; fi
  if have e2fsck "e2fsprogs, all metadata"; then add list 'e2fsck -fn' - e2fsck -fn "$raw?offset=$start"; fi
  if have fls "Sleuth Kit"; then
    add root 'Sleuth Kit' '^.' fls -u -l -o "$((start / 512))" "$raw"
    add list 'Sleuth Kit' '^.' fls -r -u -p -l -o "$((start / 512))" "$raw"
  fi
  if [ "$(id -u)" != 0 ]; then
    echo "skipped: kernel (mounting needs root)"
  elif loop=$(losetup --find --show --read-only --offset "$start" --sizelimit "$size" "$raw" 2> /dev/null); then
    # Mounted anew for each run: what a mount reads belongs to the price.
    add root kernel '^.' bash -c "mount -t ext4 -o ro,noload $loop '$work/mount' && ls -la '$work/mount'; umount '$work/mount'"
    add list kernel '^.' bash -c "mount -t ext4 -o ro,noload $loop '$work/mount' && find '$work/mount' -xdev -printf '%p %y %m %U %G %s %T@ %n\n'; umount '$work/mount'"
  else
    echo "skipped: kernel (no loop device can be had here)"
  fi
fi

echo "disk: $(basename "$disk"), $format, $(($(stat -L -c %s "$disk") >> 20)) MiB; filesystem of $((size >> 20)) MiB at byte $start; $runs runs"
python3 "$here/measure.py" "$commands" "$runs" "${loop:-}"
