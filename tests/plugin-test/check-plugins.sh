#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every plugin of this tree passes its own conformance cases. What plugin-test prints is TAP already.
set -u
complaint=$(mktemp) || exit 1
trap 'rm -f "$complaint"' EXIT
"$B/bin/plugin-test" "$B"/plugins/kvol-*.so 2>"$complaint"
status=$?
if [ $status -eq 3 ]; then
  echo "ok - every plugin passes its conformance cases # SKIP $(cat "$complaint")"
elif [ $status -ne 0 ]; then
  echo "not ok - plugin-test ends with 0 (it was $status)"
  sed 's/^/# /' "$complaint"
fi
