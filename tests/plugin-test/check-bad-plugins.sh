#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The harness finds what is wrong with the plugins that are bad on purpose, and says so with the right exit status. A
# harness that passes everything would pass the good ones too.
set -u
here=$(dirname "$0")
cases=$here/../fixtures/bad.conformance.yaml
program=$B/bin/plugin-test
misspelt=$(mktemp) || exit 1
trap 'rm -f "$misspelt"' EXIT

# run ARGUMENTS...: leaves $output and $status
run () {
  output=$("$program" "$@" 2>&1 </dev/null)
  status=$?
}

# expect SENTENCE STATUS [TEXT]: of the last run
expect () {
  if [ "$status" -ne "$2" ]; then
    echo "not ok - $1"
    echo "# exit status $status, not $2"
    echo "$output" | sed 's/^/# /' | head -n 40
  elif [ -n "${3:-}" ] && ! echo "$output" | grep -qF -e "$3"; then
    echo "not ok - $1"
    echo "# does not say: $3"
    echo "$output" | sed 's/^/# /' | head -n 40
  else
    echo "ok - $1"
  fi
}

bad () {
  name=$1
  shift
  run --options "$cases" "$@" "$B/fixtures/kvol-bad-$name.so"
}

bad mute
if [ $status -eq 3 ]; then
  echo "ok - plugins that are bad on purpose are found # SKIP $output"
  exit 0
fi
expect "a failure without a reason is found" 1 "failed without saying why"
bad leaker;     expect "a leaked descriptor is found" 1 "after set-up and teardown: descriptor"
bad attacher;   expect "a tree that is attached already is found" 1 "a tree that is attached already"
bad attacher;   expect "a mount that the plugin hung itself is found" 1 "setup hung something itself"
bad beginner;   expect "a second set-up that fails is found" 1 "setup: mkdir: File exists"
bad crasher;    expect "a crash costs checks, not the harness" 1 "crashed: Killed"
bad gossip;     expect "a secret in base64 in an error is found" 1 "setup tells a secret"
bad trespasser; expect "a file deleted outside the volume is a violation" 4 "neighbour/canary"
bad eraser;     expect "deleting through another mount is a violation" 4 "does not delete through other mounts in it"

# The planted bugs: only a sweep can find them, so without it all must be well.
bad forgetful --no-faults; expect "the planted bug does not show without faults" 0
bad forgetful;             expect "the sweep finds an unmount that failed unseen before a deletion" 4 "umount2"
bad stumbler --no-faults;  expect "what a kill leaves does not show without kills" 0
bad stumbler;              expect "the sweep finds a set-up that cannot follow a killed one" 1 "killed before"

# In a worker a crash is an error like any other.
bad forgetful --in-worker; expect "the sweep finds the planted bug in a worker" 4 "umount2"
bad crasher --in-worker --no-faults; expect "a crash in a worker does not crash the host" 1 "not ok 2"

run; expect "no plugin is bad usage" 2 "--help"
run --nonsense; expect "an unknown option is bad usage" 2 "nonsense"
run --options "$here/no-such-file" "$B/fixtures/kvol-bad-mute.so"; expect "a missing case file is bad usage" 2
printf 'test.example/mute:\n- name: x\n  expects: {}\n' >"$misspelt"
run --options "$misspelt" "$B/fixtures/kvol-bad-mute.so"
expect "a misspelt key in a case file is bad usage" 2 "expects: is not a key"
run "$0"; expect "a file that is no plugin fails" 1 "not ok 1"
run "$B/fixtures/kvol-bad-mute.so"; expect "a plugin without cases is skipped aloud" 0 "# SKIP there is no case for it"
run --list --options "$cases" "$B/fixtures/kvol-bad-mute.so"
expect "the list names checks and runs none" 0 "test.example/mute: a refusal: is refused as expected"
run --help; expect "the help shows a case file" 0 "vendor.example/kind:"
