set -u
CDPATH='' cd -- "$(dirname -- "$0")" || exit 1
DOCKER=${DOCKER:-docker}
failed=0

say() { printf '%s\n' "$*"; }
fail() {
  failed=$((failed + 1))
  printf 'restore.sh: %s\n' "$*" >&2
}

# network NAME OPTION...
network() {
  name=$1
  shift
  if "$DOCKER" network inspect -- "$name" >/dev/null 2>&1; then
    say "Network $name is there already and is left as it is"
  elif "$DOCKER" network create "$@" -- "$name" >/dev/null; then
    say "Network $name was made"
  else
    fail "the network $name could not be made"
  fi
}

