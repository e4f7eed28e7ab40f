#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# An object that takes the place of another in a way that an API server would not accept: validate says where and why,
# up says the same and creates nothing, and what stands stays as it is.
. "$(dirname "$0")/agent.sh"
enter "$@"

# map VALUE: an immutable ConfigMap.
map () {
  cat <<Y
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
immutable: true
data: {color: $1}
Y
}

# volume PATH, claim ACCESS_MODE
volume () {
  cat <<Y
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], capacity: {storage: 1Gi}, hostPath: {path: $1}}
Y
}
claim () {
  cat <<Y
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [$1], resources: {requests: {storage: 1Gi}}, volumeName: data}
Y
}

pod () {
  cat <<Y
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers: [{name: app, image: busybox, volumeMounts: [{name: settings, mountPath: /settings}]}]
  volumes: [{name: settings, configMap: {name: settings}}]
Y
}

shown () { cat "$root"/pods/*/volumes/kubernetes.io~configmap/settings/color; }

# refused WHAT LINE...: validate prints exactly those lines, up prints them too, and makes nothing.
refused () {
  what=$1; shift
  printf '%s\n' "$@" >"$work/wanted"
  ends "validate of $what ends with 2" 2 kvol validate "$work/a.yaml"
  check "validate of $what says where and why" cmp "$work/wanted" "$work/out"
  ends "up of $what ends with 2" 2 kvol up "$work/a.yaml"
  grep -v 'nothing was set up' "$work/err" >"$work/said"
  check "up of $what says the same" cmp "$work/wanted" "$work/said"
  check "up of $what says that nothing was set up" has 'nothing was set up' "$work/err"
}

fixed='Forbidden: field is immutable when `immutable` is set'

{ map red; pod; map blue; } >"$work/a.yaml"
refused "an immutable ConfigMap that changes" \
  "$work/a.yaml:15: note: ConfigMap/settings: the one of $work/a.yaml:2 stays" \
  "$work/a.yaml:19: ConfigMap/settings: data: $fixed"

{ volume /srv; claim ReadWriteOnce; volume /home; claim ReadWriteMany; } >"$work/a.yaml"
refused "a volume and a claim that change" \
  "$work/a.yaml:12: note: PersistentVolume/data: the one of $work/a.yaml:2 stays" \
  "$work/a.yaml:15: PersistentVolume/data: spec.persistentvolumesource: Forbidden: spec.persistentvolumesource is immutable after creation" \
  "$work/a.yaml:17: note: PersistentVolumeClaim/data: the one of $work/a.yaml:7 stays" \
  "$work/a.yaml:20: PersistentVolumeClaim/data: spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
check "nothing made the root directory" absent "$root"

# ---- across files, and beside what stands ----
{ map red; pod; } >"$work/red.yaml"
map blue >"$work/blue.yaml"
ends "up of an immutable ConfigMap succeeds" 0 kvol up "$work/red.yaml"
check "the pod sees it" equal red "$(shown)"
before=$(find "$root/pods" -printf '%p %i %m %C@\n' | sort)
ends "up of a file that would change it ends with 2" 2 kvol up "$work/red.yaml" "$work/blue.yaml"
check "it names both places" has "$work/blue.yaml:2: note: ConfigMap/settings: the one of $work/red.yaml:2 stays" "$work/err"
mkdir "$work/choice"
cp "$work/red.yaml" "$work/blue.yaml" "$work/choice"
ends "files of one directory are there to choose from" 0 kvol validate "$work/choice"
check "and a note says which one counts" has "ConfigMap \"default/settings\" replaces the one of" "$work/out"
ends "up with --objects that would be changed ends with 2" 2 kvol up "$work/blue.yaml" --objects "$work/red.yaml"
check "and says so too" has "$work/blue.yaml:6: ConfigMap/settings: data: $fixed" "$work/err"
check "the pod is as it was, to the inode" equal "$before" "$(find "$root/pods" -printf '%p %i %m %C@\n' | sort)"
ends "up of the same object twice succeeds" 0 kvol up "$work/red.yaml" "$work/red.yaml"
check "the pod still sees it" equal red "$(shown)"
ends "down takes all" 0 kvol down --all
check "and nothing is left" nothing_left
