#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Gives kvol-bench a file system that is the same on every machine, a journalled ext4 on a loop device over tmpfs, in a
# mount namespace of its own: it goes with the last process in there, the loop device with it.
#   B=BUILD-DIR bench.sh [OPTION-OF-KVOL-BENCH...]
set -eu
B=${B:?}
size=2G

if [ "${1:-}" != --inside ]; then
  place=$(mktemp -d "${TMPDIR:-/tmp}/kvol-bench-XXXXXX")
  trap 'rmdir "$place"' EXIT
  if [ "$(id -u)" = 0 ]; then
    unshare --mount --propagation private "$0" --inside "$place" ext4 "$@"
  elif unshare --user --map-root-user --mount true 2>/dev/null; then
    echo "bench: without root there is no loop device: this runs on tmpfs, where files are cheaper than on ext4" >&2
    unshare --user --map-root-user --mount --propagation private "$0" --inside "$place" tmpfs "$@"
  else
    echo "bench: needs root, or user namespaces" >&2
    exit 3
  fi
  exit
fi

place=$2 kind=$3
shift 3
mount -t tmpfs -o size="$size" bench "$place"
mkdir "$place/fs"
if [ "$kind" = ext4 ]; then
  truncate -s "$size" "$place/image"
  mkfs.ext4 -q -N 500000 -E lazy_itable_init=0,lazy_journal_init=0 "$place/image"
  mount -o loop "$place/image" "$place/fs"
fi
status=0
"$B/bin/kvol-bench" --json "$B/bench.json" "$@" "$place/fs" || status=$?
umount -R "$place"

# NFS volumes in user space, from a server of their own; their figures join the list.
if [ -x "$B/tests/bench/nfs-bench" ] && [ $# = 0 ]; then
  nfs=0
  "$B/tests/bench/nfs-bench" --json "$B/bench-nfs.json" || nfs=$?
  if [ $nfs = 0 ]; then
    { sed '$d' "$B/bench.json" | sed '$s/$/,/'; sed 1d "$B/bench-nfs.json"; } >"$B/bench-all.json"
    mv "$B/bench-all.json" "$B/bench.json"
  elif [ $nfs != 3 ]; then
    status=$nfs
  fi
  rm -f "$B/bench-nfs.json"
fi
exit $status
