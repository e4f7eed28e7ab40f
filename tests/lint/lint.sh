#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Watches over the source: what the compiler accepts and the design does not.
#   B=BUILD-DIR lint.sh [PART...]     parts: text includes headers format symbols statics; all when none is named
# Prints one line for each violation, `file:line: text`, and then ends with 1; says nothing and ends with 0 when all
# is well. The tree is the one this script lies in. symbols and statics look at what was built into $B.
set -u
export LC_ALL=C

cd "$(dirname "$0")/../.." || exit 1
B=${B:-build}
export B

# Every source of the tree; what is built lies elsewhere and is never looked at.
sources () {
  for dir in include lib plugins examples tests; do
    [ -d "$dir" ] && find "$dir" -type f "$@"
  done | sort
}

text () {
  sources \( -name '*.[ch]' -o -name '*.sh' -o -name '*.awk' -o -name '*.map' \) -exec awk -f tests/lint/text.awk {} +
}

includes () {
  sources -name '*.[ch]' -exec awk -f tests/lint/includes.awk {} +
}

# One line a finding: clang-format shows the place below it, which is left out.
format () {
  command -v clang-format >/dev/null || { echo "Makefile:1: clang-format is not installed"; return; }
  sources -name '*.c' -exec clang-format --dry-run {} + 2>&1 \
    | sed -nE 's/^([^ :]+:[0-9]+):[0-9]+: .*\[-Wclang-format-violations\]$/\1: not laid out as "make fmt" does/p;
               /^(.*: )?(error|Error|YAML|Invalid)/s/^/.clang-format:1: /p' | uniq
}

headers () {
  sources -name '*.h' | xargs -n 16 -P "$(nproc)" tests/lint/headers.sh
}

symbols () {
  tests/lint/symbols.sh
}

statics () {
  tests/lint/statics.sh $(cd "$B" && find lib plugins -name '*.o' 2>/dev/null | sort)
}

found=$(for part in ${*:-text includes headers format symbols statics}; do
          "$part" || echo "tests/lint/lint.sh:1: the check of $part broke off"
        done 2>&1)
[ -z "$found" ] && exit 0
printf '%s\n' "$found"
exit 1
