#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Volumes whose data was there before the pod: the tree of an image, and a directory of this node by way of a claim.
. "$(dirname "$0")/agent.sh"
enter "$@"

mkdir -p "$work/tree/etc" "$work/data"
echo settings >"$work/tree/etc/settings"
echo precious >"$work/data/file"
snapshot () { (cd "$1" && find . -printf '%p %i %m %U %G %C@\n' | sort); }
image_before=$(snapshot "$work/tree")

# ---- image ----
cat >"$work/image.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: busybox
      volumeMounts:
        - {name: tools, mountPath: /tools, readOnly: false}
        - {name: tools, mountPath: /sub, subPath: etc}
  volumes: [{name: tools, image: {reference: "registry.test:5000/tools:1", pullPolicy: Never}}]
Y
ends "up without the image fails" 1 kvol up "$work/image.yaml"
check "it names the image" has 'image "registry.test:5000/tools:1" is not present with pull policy of Never' "$work/err"
check "and what would help" has '--image registry.test:5000/tools:1=DIR' "$work/err"
ends "an image of nearly that name is another" 1 kvol up "$work/image.yaml" --image tools:1="$work/tree"
ends "up with the image succeeds" 0 kvol up "$work/image.yaml" --image registry.test:5000/tools:1="$work/tree"
tools=$(volume_path default/web tools)
check "the tree is there" equal settings "$(cat "$tools/etc/settings")"
check "and cannot be written" fails touch "$tools/new"
ends "mounts tells the runtime" 0 kvol mounts web
check "that both are read-only" equal 2 "$(grep -c '"ro"' "$work/out")"
check "a subPath of it is bound" equal settings "$(cat "$(json "$work/out" 1.source)/settings")"
ends "down succeeds" 0 kvol down --all
check "nothing is left" nothing_left
check "the tree was not touched" equal "$image_before" "$(snapshot "$work/tree")"

# ---- local ----
cat >"$work/local.yaml" <<Y
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-data}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  claimRef: {namespace: default, name: data}
  local: {path: $work/data}
  nodeAffinity:
    required:
      nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}]
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  accessModes: [ReadWriteOnce]
  volumeName: pv-data
  resources: {requests: {storage: 1Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: db}
spec:
  containers: [{name: app, image: busybox, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
Y
ends "up of a claim of a local volume succeeds" 0 kvol up "$work/local.yaml"
place=$(volume_path default/db data)
check "its place has the volume's name" equal pv-data "$(basename "$place")"
check "the data is there" equal precious "$(cat "$place/file")"
echo new >"$place/written"
check "what is written is in the directory" equal new "$(cat "$work/data/written")"
ends "down succeeds" 0 kvol down --all
check "nothing is left" nothing_left
check "but the data" equal "precious new" "$(echo $(cat "$work/data/file" "$work/data/written"))"
rm -r "$work/data"
ends "up without the directory fails" 1 kvol up "$work/local.yaml"
check "and says so" has "path \"$work/data\" does not exist" "$work/err"
check "and makes none" absent "$work/data"
ends "down succeeds all the same" 0 kvol down --all
check "nothing is left in the end" nothing_left
