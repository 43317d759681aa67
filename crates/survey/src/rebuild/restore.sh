START=${START:-no}

# image NAME FOLDER
image() {
  if "$DOCKER" image inspect -- "$1" >/dev/null 2>&1; then
    say "Image $1 is there already"
  elif "$DOCKER" build --tag "$1" "$2"; then
    say "Image $1 was built"
  else
    fail "the image $1 could not be built from $2"
  fi
}

# volume NAME OPTION...
volume() {
  name=$1
  shift
  if "$DOCKER" volume inspect -- "$name" >/dev/null 2>&1; then
    say "Volume $name is there already and is left as it is"
  elif "$DOCKER" volume create "$@" -- "$name" >/dev/null; then
    say "Volume $name was made, without content"
  else
    fail "the volume $name could not be made"
  fi
}

# container NAME start|'' WORD...; what docker create takes
container() {
  made=no
  name=$1
  start=$2
  shift 2
  if "$DOCKER" container inspect -- "$name" >/dev/null 2>&1; then
    say "Container $name is there already and is left as it is"
  elif "$DOCKER" create "$@" >/dev/null; then
    made=yes
    say "Container $name was made"
    if [ "$START" = yes ] && [ -n "$start" ]; then
      "$DOCKER" start "$name" >/dev/null || fail "the container $name could not be started"
    fi
  else
    fail "the container $name could not be made"
  fi
}

# connect OPTION... NETWORK CONTAINER; of the container made last
connect() {
  [ "$made" = no ] || "$DOCKER" network connect "$@" || fail "the container $name could not be connected to a network"
}

"$DOCKER" version >/dev/null || {
  say 'restore.sh: Docker does not answer; start it first' >&2
  exit 1
}

