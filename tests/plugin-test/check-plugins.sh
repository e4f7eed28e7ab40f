#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every plugin of this tree passes its own conformance cases. What plugin-test prints is TAP already.
set -u
"$B/bin/plugin-test" "$B"/plugins/kvol-*.so 2>"$B/plugin-test.err"
status=$?
reason=$(cat "$B/plugin-test.err")
rm -f "$B/plugin-test.err"
if [ $status -eq 3 ]; then
  echo "ok - every plugin passes its conformance cases # SKIP $reason"
elif [ $status -ne 0 ]; then
  echo "not ok - plugin-test ends with 0 (it was $status)"
  echo "# $reason"
fi
