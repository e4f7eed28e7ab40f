#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What kvol-agent is told of its node: its name, and where images are; and what it tells back: conditions.
. "$(dirname "$0")/agent.sh"
enter "$@"

refuse () {
  name=$1 sentence=$2; shift 2
  ends "$name is bad usage" 2 kvol "$@"
  check "$name is explained" has "$sentence" "$work/err"
}

# ---- --node-name ----
for name in web-1 web-1.example.test 1 a.b.c "$(printf '%0253d' 0)"; do
  ends "a node may be called $name" 0 kvol status --node-name "$name"
done
for name in '' Web web_1 -web web- .web web. a..b a.-b 'a b' "$(printf 'a\033')" "$(printf '%0254d' 0)"; do
  refuse "a node called \"$(printf %s "$name" | tr -cd ' -~' | cut -c 1-20)\" ($(printf %s "$name" | wc -c) bytes)" \
    '--node-name wants lower case letters' status --node-name "$name"
done
cat >"$work/pod.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: busybox
      env: [{name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}]
      volumeMounts: [{name: memory, mountPath: /memory, subPathExpr: "logs/$(NODE)"}]
  volumes: [{name: memory, emptyDir: {medium: Memory, sizeLimit: 1Mi}}]
Y
ends "up with a node name succeeds" 0 kvol up "$work/pod.yaml" --node-name node-7.test
memory=$(volume_path default/web memory)
check "the pod's containers know it" test -d "$memory/logs/node-7.test"
kvol mounts web >"$work/out"
touch "$memory/logs/node-7.test/mark"
check "and mount what they name by it" test -e "$(json "$work/out" 0.source)/mark"
ends "up under another name succeeds" 0 kvol up "$work/pod.yaml" --node-name node-8.test
check "it is the same pod" equal "$memory" "$(volume_path default/web memory)"
check "whose containers know the new name" test -d "$memory/logs/node-8.test"

cat >"$work/local.yaml" <<Y
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  claimRef: {namespace: default, name: data}
  local: {path: $work}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node-7]}]}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
Y
ends "a volume of the node can be had" 0 kvol validate "$work/local.yaml" --node-name node-7
check "without a word" empty "$work/out"
ends "a volume of another node cannot" 2 kvol up "$work/local.yaml" --node-name node-8
check "and the volume is named" has 'MountVolume.NodeAffinity check failed for volume "pv"' "$work/err"

# ---- conditions ----
# Who may use noswap has no condition; who may not, as in a user namespace, is told.
kvol status -o json >"$work/out"
if mounts_below "$root" | grep -q noswap; then
  check "memory that is never swapped has no condition" equal null "$(json "$work/out" pods.0.volumes.0.conditions)"
  check "in the table neither" equal - "$(kvol status | awk '$2 == "memory" { print $7 }')"
  inner="unshare -Urm"
else
  inner=
fi
ends "down takes it" 0 kvol down --all
if [ -n "$inner" ] && ! $inner true 2>/dev/null; then
  skip "memory that may be swapped has a condition" "this kernel has noswap, and no user namespace is to be had"
else
  [ -z "$inner" ] || root=$work/inner
  cat >"$work/inside.sh" <<'S'
"$1" --root "$2" up "$3" 2>&1 && "$1" --root "$2" status -o json >"$4" && "$1" --root "$2" status >"$5" &&
"$1" --root "$2" up "$3" 2>&1 && "$1" --root "$2" status -o json >"$4.again" && "$1" --root "$2" down --all 2>&1
S
  ends "a set-up in a user namespace succeeds" 0 \
    $inner sh "$work/inside.sh" "$agent" "$root" "$work/pod.yaml" "$work/json" "$work/table"
  check "it warns once, and names the volume" \
    equal 1 "$(grep -c 'warning: volume "memory" of pod "default/web": SwapPossible: ' "$work/out")"
  check "memory that may be swapped has a condition" equal 1 "$(json "$work/json" pods.0.volumes.0.conditions)"
  check "which has exactly its keys" equal "reason text" "$(json "$work/json" pods.0.volumes.0.conditions.0)"
  check "and says why" equal SwapPossible "$(json "$work/json" pods.0.volumes.0.conditions.0.reason)"
  check "another process than the one that set it up shows it in the table" \
    equal SwapPossible "$(awk '$2 == "memory" { print $7 }' "$work/table")"
  check "after a second up it is still there" equal 1 "$(json "$work/json.again" pods.0.volumes.0.conditions)"
fi
ends "down succeeds" 0 kvol down --all

# ---- --image ----
refuse "an image without a directory" '--image wants NAME=DIR, not "web"' up "$work/pod.yaml" --image web
refuse "an image without a name" '--image wants NAME=DIR, not "=/srv"' up "$work/pod.yaml" --image =/srv
refuse "an image at nothing" '--image wants NAME=DIR, not "web="' up "$work/pod.yaml" --image web=
refuse "an image whose directory is not there" "\"$work/none\" is not a directory" \
  up "$work/pod.yaml" --image web="$work/none"
refuse "an image that is given twice" '--image web is given twice' up "$work/pod.yaml" --image web=/ --image web=/usr
refuse "an image for a command that sets up nothing" 'status has no option --image' status --image web=/
ends "images that nobody asks for do no harm" 0 \
  kvol up "$work/pod.yaml" --image web=/usr --image "registry.test:5000/a/b@sha256:00=/"
ends "down succeeds again" 0 kvol down --all
check "and nothing is left" nothing_left
