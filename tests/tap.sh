#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Runs one test program and keeps its TAP; adds the TAP of all of them up.
#   tap.sh run OUTPUT PROGRAM     never fails: a crash becomes a failed test in OUTPUT
#   tap.sh summary OUTPUT...      prints what failed and why things were skipped, and the totals; fails if one failed
set -u

run () {
  output=$1 program=$2
  mkdir -p "$(dirname "$output")"
  CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 "${TAP_SECONDS:-600}" "$program" >"$output.out" 2>"$output.err" </dev/null
  status=$?
  # cmocka tells of a failed test on the other stream.
  { cat "$output.out"; sed '/^not ok/!s/^/# /' "$output.err"; } >"$output"
  # A program that says nothing, or dies, has failed whatever it printed before.
  if [ $status -ne 0 ] && ! grep -q '^not ok' "$output"; then
    echo "not ok - $program ended with status $status"
  elif ! grep -qE '^(not )?ok' "$output"; then
    echo "not ok - $program ran no test"
  fi >>"$output"
  rm -f "$output.out" "$output.err"
}

summary () {
  awk '
    FNR == 1 { reason = "" }
    /^# skip: / { reason = substr ($0, 9) }
    # cmocka says "not ok N # SKIP name" or "ok N # SKIP name"; scripts say "ok - name # SKIP reason".
    /^(not )?ok.*# SKIP/ {
      name = $0; sub (/^(not )?ok[ 0-9]*(- )?/, "", name)
      if (name ~ /^# SKIP /) sub (/^# SKIP /, "", name)
      else { if (reason == "") { reason = name; sub (/.*# SKIP */, "", reason) }; sub (/ *# SKIP.*/, "", name) }
      if (reason == "") { failed++; print "FAILED  " FILENAME ": " name ": skipped without a reason" }
      else { skipped++; print "skipped " name ": " reason }
      reason = ""; next
    }
    /^ok/ { passed++; next }
    /^not ok/ { failed++; print "FAILED  " FILENAME ": " $0; files[FILENAME] = 1; next }
    END {
      for (file in files) {
        print "---- " file
        while ((getline line < file) > 0) if (line !~ /^ok/) print line
      }
      printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
      exit failed > 0 || passed == 0
    }' "$@"
}

action=$1; shift
"$action" "$@"
