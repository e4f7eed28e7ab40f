#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A short run of the fuzzer, from the same seed each time, and whether the fuzzer can find something at all.
set -u

here=$(dirname "$0")
fuzz=$B/fuzz/fuzz-manifest
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT

result () {
  if [ "$1" -eq 0 ]; then echo "ok - $2"; else echo "not ok - $2"; sed 's/^/# /' "$scratch/log"; fi
}

run () {
  "$fuzz" --seeds "$here/seeds" --dictionary "$here/dictionary.txt" --findings "$scratch" "$@" >"$scratch/log" 2>&1
}

"$fuzz" "$here"/seeds/* "$here"/regressions/* >"$scratch/log" 2>&1
result $? "what was found before is found no more"

run --runs 5000 --seed 1
result $? "five thousand changed manifests do no harm"
sed -n 's/^/# /p' "$scratch/log"

# A bug that waits for manifests of more than one pod.
planted () {
  run --runs 5000 --seed 1 --planted "$1"
  [ $? -eq 1 ] && grep -q "^finding: $scratch/finding-.*: $2" "$scratch/log" && [ -s "$scratch"/finding-* ]
  result $? "a planted $1 is found and written down"
  rm -f "$scratch"/finding-*
}
planted crash "ended by Aborted"
planted hang "took more time"
