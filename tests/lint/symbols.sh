#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What comes out of a library is what its headers mark with KVOL_API, what its map file lists, and nothing else. A
# plugin hands out one function.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# The defined dynamic symbols of a .so, sorted; version nodes are absolute and do not count.
exported () {
  nm -D --defined-only --without-symbol-versions "$1" | awk '$2 != "A" { print $3 }' | sort -u
}

# `name file:line` for each function that the headers of a directory mark.
declared () {
  awk '
    !/KVOL_API/ || /#define/ { next }
    /G_DECLARE_/ { split ($0, part, /[(,]/); say(part[3] "_get_type"); next }
    match ($0, /[A-Za-z_0-9]+ *\(/) { say(substr ($0, RSTART, RLENGTH - 1)) }
    function say(name) { gsub (/ /, "", name); print name, FILENAME ":" FNR }
  ' "$@" | sort
}

# `name file:line` for each name in the global part of a map.
mapped () {
  awk '/local:/ { exit } /^ *[A-Za-z_0-9*]+; *$/ { sub (/;/, ""); print $1, FILENAME ":" FNR }' "$1" | sort
}

# A B TEXT: a line for each name of table A that is not in list B.
missing () {
  awk -v text="$3" 'NR == FNR { seen[$1] = 1; next } !($1 in seen) { print $2 ": " $1 " " text }' "$2" "$1"
}

# LIBRARY MAP HEADERS...
library () {
  so=$1 map=$2; shift 2
  [ -e "$so" ] || { echo "$map:1: $so was not built"; return; }
  exported "$so" >"$work/so"
  mapped "$map" >"$work/map"
  declared "$@" >"$work/headers"
  missing "$work/map" "$work/headers" "is in the map, but in no header with KVOL_API"
  missing "$work/headers" "$work/map" "is marked with KVOL_API, but is not in $map"
  missing "$work/map" "$work/so" "is in the map, but does not come out of ${so##*/}"
  sed "s|\$| $map:1|" "$work/so" >"$work/out"
  missing "$work/out" "$work/map" "comes out of ${so##*/}, but is not in the map"
}

library "$B/libkvol.so" lib/kvol.map include/kvol/*.h
library "$B/libkvol-kube.so" lib/kube/kvol-kube.map include/kvol-kube/*.h

for dir in plugins/*/; do
  name=$(basename "$dir")
  so=$B/plugins/kvol-$name.so
  [ -e "$so" ] || { echo "plugins/$name:1: $so was not built"; continue; }
  out=$(exported "$so" | tr '\n' ' ')
  [ "$out" = "kvol_plugins_v1 " ] \
    || echo "plugins/plugin.map:1: ${so##*/} hands out \"${out% }\", not kvol_plugins_v1 alone"
done
