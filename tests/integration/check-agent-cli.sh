#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# kvol-agent's command line: what it explains, what it refuses, and that it changes nothing then.
. "$(dirname "$0")/agent.sh"
enter "$@"

commands='up down status mounts exec recover validate probe'

# ---- help ----
ends "--help succeeds" 0 kvol --help
for command in $commands; do
  check "--help names the command $command" grep -qE "^  $command +[a-z]" "$work/out"
done
check "--help has an example" has 'Example:' "$work/out"
check "--help names the exit codes" has '3 not possible here' "$work/out"
for later in run stats get describe delete; do
  check "--help does not name $later, which does not exist" sh -c '! grep "^  $1 " "$2"' - $later "$work/out"
done
for command in $commands; do
  ends "$command --help succeeds" 0 kvol $command --help
  check "$command --help has an example" has "  kvol-agent $command" "$work/out"
  check "$command --help fits 80 columns" sh -c '! grep -E "^.{81}" "$1"' - "$work/out"
done
check "exec --help tells of its own options" sh -c '"$1" exec --help | grep -q -e --rootfs' - "$agent"
check "down --help is silent about other commands' options" sh -c '! "$1" down --help | grep -e --rootfs' - "$agent"

ends "--version succeeds" 0 kvol --version
check "and says the version" grep -qE '^kvol-agent [0-9]+\.[0-9]+' "$work/out"

# ---- bad usage: exit 2, a sentence on stderr, nothing on stdout ----
refuse () {
  name=$1 sentence=$2; shift 2
  ends "$name is bad usage" 2 kvol "$@"
  check "$name is explained" has "$sentence" "$work/err"
  check "$name prints nothing on stdout" empty "$work/out"
}
refuse "no command" 'which command?'
refuse "an unknown command" 'there is no command "dwon"' dwon
refuse "an unknown option" 'there is no option --al' status --al=3x
refuse "an option without its value" '--timeout wants a value' down --all --timeout
refuse "an option of another command" 'status has no option --all' status --all
refuse "a format that a command does not have" 'only as: table, tree, json' status -o yaml
refuse "a time that is no number" '--timeout wants seconds' down --all --timeout soon
refuse "a time below nothing" '--timeout wants seconds' down --all --timeout=-1
refuse "up without a manifest" 'usage: kvol-agent up FILE|DIR...' up
refuse "down without a name" 'down wants either names of pods or --all' down
refuse "down with a name and --all" 'down wants either names of pods or --all' down web --all
refuse "status with an argument" 'usage: kvol-agent status' status web
refuse "exec with two pods" 'usage: kvol-agent exec' exec web cache
refuse "exec with nothing after --" 'nothing follows' exec web --
refuse "a command after -- for one that takes none" 'status takes nothing after' status -- ls
check "nothing of this made the root directory" absent "$root"

# ---- what plugins are told ----
if [ -e "$B/plugins/kvol-nfs.so" ]; then
  printf 'plugins:\n  kubernetes.io/nfs: {probeTimeoutSeconds: 99}\n' > "$work/config.yaml"
  refuse "a value that a plugin does not take" \
    'probeTimeoutSeconds: must be a whole number from 1 to 25' \
    probe nfs://127.0.0.1/data --config "$work/config.yaml"
fi
printf 'plugins:\n  nfs: {probeTimeoutSeconds: 1}\n' > "$work/config.yaml"
refuse "a plugin that is not there" 'config.yaml: plugins[nfs]: there is no such volume plugin; there are: kubernetes' \
  probe nfs://127.0.0.1/data --config "$work/config.yaml"
printf 'plugins:\n  - nfs\n' > "$work/config.yaml"
refuse "a configuration that is none" 'config.yaml:1: plugins: must be a map, not a list' \
  probe nfs://127.0.0.1/data --config "$work/config.yaml"
refuse "a configuration that is not there" 'nothing.yaml: cannot be read: No such file' \
  probe nfs://127.0.0.1/data --config "$work/nothing.yaml"
check "--help tells of it" sh -c '"$1" --help | grep -q -e "--config FILE"' - "$agent"

# ---- options stand anywhere ----
ends "options may come before the command" 0 "$agent" --root "$root" -o json status
ends "and after it" 0 "$agent" status --root "$root" --output=json
check "status of a root that is not there is an empty list" equal 0 "$(json "$work/out" pods)"
ends "the tree of nothing prints nothing" 0 kvol status -o tree
check "not even a heading" empty "$work/out"
check "looking does not make the root directory" absent "$root"
(cd "$work" && mkdir -p elsewhere && "$agent" --root elsewhere/relative status -o json >"$work/out" 2>"$work/err")
check "a relative root directory is taken" equal 0 "$(json "$work/out" pods)"

# ---- what is not there ----
ends "mounts of a pod that is not there fails" 1 kvol mounts web
check "mounts says that there is no such pod" has 'there is no pod "web"' "$work/err"
ends "exec in a pod that is not there fails" 1 kvol exec web -- true
ends "down of a pod that is not there fails" 1 kvol down web
ends "down --all of nothing succeeds" 0 kvol down --all
check "and says nothing of it" empty "$work/err"
ends "recover of nothing succeeds" 0 kvol recover
check "none of them made the root directory" absent "$root"
ends "a plugin directory that is not there fails" 1 kvol --plugins "$work/no-such" up "$work/elsewhere"

# ---- manifests that are not in order ----
cat >"$work/good.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: good}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: scratch, emptyDir: {}}]
Y
cat >"$work/bad.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: bad}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: scratch, emptyDir: {medium: 7}}]
Y
cat >"$work/claim.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: claim}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
Y
cat >"$work/git.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: git}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: code, gitRepo: {repository: "https://git.test/code"}}]
Y
mkdir "$work/objects"
cat >"$work/objects/claim.yaml" <<Y
{"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": {"volumeName": "pv",
 "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
---
{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv"}, "spec": {"capacity": {"storage": "1Gi"},
 "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "$work"}}}
---
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "nobody"}, "spec": {
 "containers": [{"name": "app", "image": "i"}], "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "none"}}]}}
Y
rm -rf "$root"
ends "validate finds nothing in a good manifest" 0 kvol validate "$work/good.yaml"
check "and then prints nothing" empty "$work/out"
ends "validate of a bad one ends with 2" 2 kvol validate "$work/bad.yaml"
check "validate names file, line, object and field" \
  grep -qE '/bad\.yaml:[0-9]+: Pod/bad: spec\.volumes\[0\]\.emptyDir\.medium: ' "$work/out"
ends "what only kvol cannot do is a warning" 0 kvol validate "$work/git.yaml"
check "which validate prints" has 'warning: Pod/git: spec.volumes[0].gitRepo: never supported' "$work/out"
ends "a claim that is not there is none" 0 kvol validate "$work/claim.yaml"
check "but a note" has 'note: Pod/claim: spec.volumes[0].persistentVolumeClaim.claimName: persistentvolumeclaim "data" not found' \
  "$work/out"
ends "--objects may have the claim" 0 kvol validate "$work/claim.yaml" --objects "$work/objects"
check "then there is nothing to say, nor of pods among the objects" empty "$work/out"
ends "bad objects end it with 2" 2 kvol validate "$work/good.yaml" --objects "$work/bad.yaml"
check "and are told" grep -qE '/bad\.yaml:[0-9]+: Pod/bad: spec\.volumes' "$work/out"
ends "validate of a file that is not there ends with 2" 2 kvol validate "$work/no-such.yaml"

ends "up with one bad manifest among good ones ends with 2" 2 kvol up "$work/good.yaml" "$work/bad.yaml"
check "up prints the problem as validate does" grep -qE '/bad\.yaml:[0-9]+: Pod/bad: spec\.volumes' "$work/err"
check "and sets up nothing" absent "$root"
ends "up of what kvol cannot do ends with 2" 2 kvol up "$work/git.yaml" "$work/good.yaml"
check "and sets up nothing either" absent "$root"
ends "bad objects beside good pods end with 2" 2 kvol up "$work/good.yaml" --objects "$work/bad.yaml"
check "none of them made the root directory" absent "$root"

# ---- claims that are not there ----
ends "up of a pod whose claim is not there fails" 1 kvol up "$work/claim.yaml" "$work/good.yaml"
check "and says which claim" has 'persistentvolumeclaim "data" not found' "$work/err"
check "and that the pod is left out" has 'a pod whose claim is not there or has no volume is left out' "$work/err"
check "the other pod is set up" equal default/good "$(awk '$4 == "ready" { print $1 }' "$work/out")"
ends "up of that pod alone fails" 1 kvol up "$work/claim.yaml"
check "and complains of nothing else" lacks 'no pod is asked for' "$work/err"
ends "with the claim among the objects it is set up" 0 kvol up "$work/claim.yaml" --objects "$work/objects"
check "where the claim leads" equal "$work" "$(volume_path default/claim data)"
check "a pod among the objects is not" lacks nobody "$work/out"
ends "up without the claim leaves it as it is" 1 kvol up "$work/claim.yaml"
check "it is still there" equal "$work" "$(volume_path default/claim data)"
ends "down takes both" 0 kvol down --all
check "nothing is left of them" nothing_left
rm -rf "$root"

# ---- without the right to mount ----
powerless="setpriv --bounding-set -sys_admin --inh-caps -sys_admin"
ends "without the right to mount, up ends with 3" 3 $powerless "$agent" --root "$root" up "$work/good.yaml"
check "and says what would help" has 'unshare -Urm' "$work/err"
check "and makes nothing" absent "$root"
ends "so does down" 3 $powerless "$agent" --root "$root" down --all
ends "but status works" 0 $powerless "$agent" --root "$root" status

# ---- text that attacks a terminal ----
printf 'kind: "\\e[2J\\u202e"\n' >"$work/hostile.yaml"
kvol validate "$work/hostile.yaml" >"$work/out" 2>&1
kvol down "$(printf 'a\033]0;title\007\302\233b\342\200\256c\377')" >>"$work/out" 2>&1
hostile='[\x00-\x09\x0b-\x1f\x7f\xff]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]'
check "control and direction characters never reach the terminal" \
  fails perl -0777 -ne "exit !/$hostile/" "$work/out"
check "but are spelt out" has '\x1b]0;title\x07\u009bb\u202ec\xff' "$work/out"
