check() {
  if command -v sha256sum >/dev/null 2>&1; then
    sha256sum -c SHA256SUMS
  elif command -v shasum >/dev/null 2>&1; then
    shasum -a 256 -c SHA256SUMS
  else
    say 'neither sha256sum nor shasum is on this machine'
    return 1
  fi
}

load() {
  say "Loading the images in $1"
  "$DOCKER" load -i "$1" || fail "the images in $1 could not all be loaded"
}

# volume ARCHIVE NAME OPTION...; without an archive it stays empty
volume() {
  archive=$1
  name=$2
  shift 2
  if "$DOCKER" volume inspect -- "$name" >/dev/null 2>&1; then
    say "Volume $name is there already and is left as it is"
    return
  fi
  if ! "$DOCKER" volume create "$@" -- "$name" >/dev/null; then
    fail "the volume $name could not be made"
    return
  fi
  if [ -z "$archive" ]; then
    say "Volume $name was made"
    return
  fi
  # A container that never runs: the engine itself unpacks the archive into the volume that is mounted there.
  container=$("$DOCKER" create --network none -v "$name:/volume:nocopy" "$HELPER" /none) || container=
  if [ -n "$container" ] && "$DOCKER" cp - "$container:/" <"$archive"; then
    say "Volume $name was made and filled"
  else
    fail "the volume $name could not be filled from $archive"
  fi
  [ -z "$container" ] || "$DOCKER" rm -v "$container" >/dev/null || fail "the container $container could not be removed"
}

say 'Checking every file of this kit'
if ! report=$(check 2>&1); then
  printf '%s\n' "$report" | grep -v ': OK$' >&2
  say 'restore.sh: this kit is not as it was written; nothing was done' >&2
  exit 1
fi
"$DOCKER" version >/dev/null || {
  say 'restore.sh: Docker does not answer; start it first' >&2
  exit 1
}
