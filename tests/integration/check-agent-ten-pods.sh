#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Ten pods in one manifest, and one of them is wrong: all that is wrong is said, and not one of the ten is set up.
. "$(dirname "$0")/agent.sh"
enter "$@"

# pod NAME VOLUME
pod () {
  cat <<Y
---
apiVersion: v1
kind: Pod
metadata: {name: $1}
spec:
  containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, $2}]
Y
}
good='emptyDir: {}'

# ten FILE VOLUME: the seventh of the ten pods has that volume.
ten () {
  for i in 0 1 2 3 4 5 6 7 8 9; do
    [ $i = 6 ] && pod pod-$i "$2" || pod pod-$i "$good"
  done >"$1"
}

# problem PATTERN: up names the file, the line, the object and the field.
problem () { grep -qE "^[^ ]*/ten\.yaml:[0-9]+: (warning: )?Pod/pod-6: $1" "$work/err" || { cat "$work/err"; return 1; }; }

# wrong WHAT VOLUME PATTERN...: that one pod is refused, with all of these problems, and nothing is made.
wrong () {
  what=$1 volume=$2; shift 2
  ten "$work/ten.yaml" "$volume"
  ends "up of ten pods, one with $what, ends with 2" 2 kvol up "$work/ten.yaml"
  for pattern; do
    check "$what: up says $pattern" problem "$pattern"
  done
  check "$what: up says nothing of the nine others" sh -c '! grep -E "Pod/pod-[0-57-9]" "$1"' - "$work/err"
  check "$what: up says that nothing was set up" has 'nothing was set up' "$work/err"
  check "$what: up prints no table" empty "$work/out"
}

# ---- nothing is there, and nothing is made ----
wrong "a wrong type in a field" 'emptyDir: {medium: 7}' 'spec\.volumes\[0\]\.emptyDir\.medium: '
wrong "an unknown medium and a bad limit" 'emptyDir: {medium: Memory, sizeLimit: much}' \
  'spec\.volumes\[0\]\.emptyDir\.sizeLimit: '
wrong "two problems in one volume" 'emptyDir: {medium: 7, sizeLimit: -1}' \
  'spec\.volumes\[0\]\.emptyDir\.medium: ' 'spec\.volumes\[0\]\.emptyDir\.sizeLimit: '
wrong "a host path that is not one" 'hostPath: {path: /a/../b}' 'spec\.volumes\[0\]\.hostPath\.path: '
wrong "a second source" 'emptyDir: {}, hostPath: {path: /srv}' 'spec\.volumes\[0\]\.hostPath: Forbidden: '
check "none of them made the root directory" absent "$root"

# problems are those of all files, not of the first that has one
ten "$work/ten.yaml" 'emptyDir: {medium: 7}'
pod other 'hostPath: {path: ""}' >"$work/other.yaml"
ends "up of two files that both are wrong ends with 2" 2 kvol up "$work/other.yaml" "$work/ten.yaml"
check "it names the problem of the one" problem 'spec\.volumes\[0\]\.emptyDir\.medium: '
check "and that of the other" grep -qE '/other\.yaml:[0-9]+: Pod/other: spec\.volumes\[0\]\.hostPath\.path: ' "$work/err"
check "and makes nothing" absent "$root"

# a file that is no manifest at all, among good pods
ten "$work/ten.yaml" "$good"
printf 'apiVersion: v1\nkind: Pod\n\tspec: {}\n' >"$work/tab.yaml"
ends "up of ten good pods and a broken file ends with 2" 2 kvol up "$work/ten.yaml" "$work/tab.yaml"
check "it names the place" grep -qE '/tab\.yaml:3: ' "$work/err"
check "and makes nothing either" absent "$root"

# ---- ten are there, and stay as they are ----
ten "$work/ten.yaml" "$good"
ends "up of ten good pods succeeds" 0 kvol up "$work/ten.yaml"
check "ten are ready" equal 10 "$(kvol status | grep -c ' ready ')"
before=$(kvol status -o json; find "$root" -printf '%p %i %m %C@\n' | sort)
# The nine others are changed too: each would be a new pod, and its old one taken down first.
good='emptyDir: {medium: Memory}'
wrong "a wrong type beside nine changed pods" 'emptyDir: {medium: 7}' 'spec\.volumes\[0\]\.emptyDir\.medium: '
check "the ten pods are as they were, to the inode" \
  equal "$before" "$(kvol status -o json; find "$root" -printf '%p %i %m %C@\n' | sort)"
ends "down takes them" 0 kvol down --all
check "and nothing is left" nothing_left
