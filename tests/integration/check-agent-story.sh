#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A pod's life with kvol-agent: up, what status and mounts say, up again, changes, down; and what may get in the way.
. "$(dirname "$0")/agent.sh"
enter "$@"

cat >"$work/config.yaml" <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue, shape: round}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
data: {token: Y2FuYXJ5LTQ3MTE=}
Y
cat >"$work/web.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: app
      image: busybox
      volumeMounts:
        - {name: settings, mountPath: /settings}
        - {name: key, mountPath: /key, readOnly: true}
        - {name: scratch, mountPath: /scratch}
        - {name: scratch, mountPath: /sub, subPath: below}
    - name: side
      image: busybox
      volumeMounts: [{name: scratch, mountPath: /scratch}]
  volumes:
    - {name: settings, configMap: {name: settings, defaultMode: 0640}}
    - {name: key, secret: {secretName: key, defaultMode: 0400}}
    - {name: scratch, emptyDir: {}}
    - {name: cache, emptyDir: {medium: Memory, sizeLimit: 1Mi}}
Y
up="kvol up $work/web.yaml --objects $work/config.yaml"

# ---- up ----
ends "up succeeds" 0 $up
check "up prints a table of where everything is" grep -qE "^POD +VOLUME +PLUGIN +STATE +PATH" "$work/out"
check "with a line for each volume" equal 4 "$(grep -c '^default/web .* ready .*/pods/' "$work/out")"
check "and nothing on stderr but what a user namespace cannot" sh -c '! grep -v SwapPossible "$1"' - "$work/err"
settings=$(volume_path default/web settings)
key=$(volume_path default/web key)
scratch=$(volume_path default/web scratch)
cache=$(volume_path default/web cache)
check "the configMap's file has its content" equal blue "$(cat "$settings/colour")"
check "and its mode" equal 640 "$(stat -L -c %a "$settings/colour")"
check "the secret's file has its content" equal canary-4711 "$(cat "$key/token")"
check "and its mode" equal 400 "$(stat -L -c %a "$key/token")"
check "the secret is on a tmpfs" equal tmpfs "$(stat -f -c %T "$key")"
check "an emptyDir is there for everybody" equal 777 "$(stat -c %a "$scratch")"
check "an emptyDir in memory has its size" equal 1024 "$(df -k --output=size "$cache" | awk 'NR == 2 { print $1 }')"
check "the kubelet's layout is kept" \
  equal "$scratch" "$root/pods/$(basename "$root"/pods/*)/volumes/kubernetes.io~empty-dir/scratch"
check "no file below the root but the volume has the secret" \
  sh -c '! grep -rlF -e canary-4711 -e Y2FuYXJ5LTQ3MTE "$1/kvol"' - "$root"
check "the sources are remembered, for root alone" equal 600 "$(stat -c %a "$root/kvol/store/sources")"
check "in a directory for root alone" equal 700 "$(stat -c %a "$root/kvol/store")"
check "one path a line, the objects first" equal "$work/config.yaml $work/web.yaml" "$(echo $(cat "$root/kvol/store/sources"))"

# ---- status ----
ends "status -o json succeeds" 0 kvol status -o json
check "it knows one pod" equal 1 "$(json "$work/out" pods)"
check "a pod has exactly its keys" equal "name namespace ready uid volumes" "$(json "$work/out" pods.0)"
check "the pod is ready" equal true "$(json "$work/out" pods.0.ready)"
check "the pod has its name" equal "default web" \
  "$(json "$work/out" pods.0.namespace) $(json "$work/out" pods.0.name)"
check "the pod has its four volumes" equal 4 "$(json "$work/out" pods.0.volumes)"
for i in 0 1 2 3; do
  check "volume $i has exactly its keys" \
    equal "conditions error mountId name path plugin state" "$(json "$work/out" pods.0.volumes.$i)"
  check "volume $i is ready" equal ready "$(json "$work/out" pods.0.volumes.$i.state)"
  check "volume $i has no error" equal null "$(json "$work/out" pods.0.volumes.$i.error)"
done
check "a volume names its plugin" equal kubernetes.io/secret "$(json "$work/out" pods.0.volumes.1.plugin)"
check "a volume names its path" equal "$key" "$(json "$work/out" pods.0.volumes.1.path)"
check "a mounted volume names its mount" \
  sh -c '[ "$1" -gt 0 ]' - "$(json "$work/out" pods.0.volumes.1.mountId)"
check "a volume that is no mount names none" equal null "$(json "$work/out" pods.0.volumes.2.mountId)"
ends "status -o tree succeeds" 0 kvol status -o tree
check "the tree has the pod once" equal 1 "$(grep -c default/web "$work/out")"
check "output that is no terminal has no colour" sh -c '! grep -q "$(printf "\033")" "$1"' - "$work/out"
if script -qec true /dev/null </dev/null >/dev/null 2>&1; then
  check "output on a terminal has" \
    sh -c 'script -qec "$1 --root $2 status" /dev/null </dev/null | grep -q "$(printf "\033")"' - "$agent" "$root"
  check "but not with NO_COLOR" sh -c \
    '! NO_COLOR=1 script -qec "$1 --root $2 status" /dev/null </dev/null | grep "$(printf "\033")"' - "$agent" "$root"
else
  skip "output on a terminal has colour" "no terminal is to be had here"
fi

# ---- mounts ----
ends "mounts of a pod with two containers wants to know which" 2 kvol mounts web
ends "mounts -o oci succeeds" 0 kvol mounts web app
check "it has the container's mounts" equal 4 "$(json "$work/out" '')"
check "a mount has exactly its keys" equal "destination options source type" "$(json "$work/out" 0)"
check "in the container's order" equal "/settings /key /scratch /sub" \
  "$(echo $(for i in 0 1 2 3; do json "$work/out" $i.destination; done))"
check "a mount's source is the volume" equal "$key" "$(json "$work/out" 1.source)"
check "a read-only mount is read-only" \
  sh -c 'sed -n "/\"\/key\"/,/}/p" "$1" | grep -q "\"ro\""' - "$work/out"
check "a subPath's source is a mount of its own" \
  equal "$root/pods/$(basename "$root"/pods/*)/volume-subpaths/scratch/app/3" "$(json "$work/out" 3.source)"
check "a subPath's directory is in its volume" test -d "$scratch/below"
ends "mounts -o table shows all containers" 0 kvol mounts web -o table
check "with a line for each mount" equal 5 "$(grep -cE '^(app|side) ' "$work/out")"
ends "mounts of a container that is not there fails" 1 kvol mounts web nobody

# ---- again ----
echo kept >"$scratch/note"
before=$(kvol status -o json; mounts_below "$root")
ends "up again succeeds" 0 $up
check "and leaves everything as it was" equal "$before" "$(kvol status -o json; mounts_below "$root")"
sed -i 's/blue/green/' "$work/config.yaml"
ends "up with a changed ConfigMap succeeds" 0 $up
check "its file has the new content" equal green "$(cat "$settings/colour")"
check "what is in an emptyDir stays" equal kept "$(cat "$scratch/note")"
check "it is the same pod" equal "$settings" "$(volume_path default/web settings)"

sed -i 's/1Mi/2Mi/' "$work/web.yaml"
ends "up with a changed spec succeeds" 0 $up
check "the changed pod is a new one, and the old one is gone" equal 1 "$(ls "$root/pods" | wc -l)"
check "so an emptyDir is empty" absent "$(volume_path default/web scratch)/note"
check "and the cache has its new size" \
  equal 2048 "$(df -k --output=size "$(volume_path default/web cache)" | awk 'NR == 2 { print $1 }')"

sed 's/2Mi/3Mi/' "$work/web.yaml" >"$work/later.yaml"
ends "of two pods of one name the later one counts" 0 \
  kvol up "$work/web.yaml" "$work/later.yaml" --objects "$work/config.yaml"
check "which is said" has 'later.yaml:1: note: ' "$work/err"
check "and there is one pod of the name" equal "1 3072" "$(ls "$root/pods" | wc -l) $(
  df -k --output=size "$(volume_path default/web cache)" | awk 'NR == 2 { print $1 }')"

# ---- names ----
cat >"$work/names.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: other, uid: web}
spec:
  containers: [{name: app, image: busybox}]
---
apiVersion: v1
kind: Pod
metadata: {name: lone, namespace: shop}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: scratch, emptyDir: {}}]
Y
ends "pods of other namespaces and given UIDs are set up" 0 kvol up "$work/names.yaml"
ends "a name that is another pod's UID is ambiguous" 2 kvol down web
check "which is explained" has 'say which' "$work/err"
kvol status -o json >"$work/out"
check "and takes nothing down" equal 3 "$(json "$work/out" pods)"
ends "a name of another namespace is not found" 1 kvol down lone
check "but where it is is said" has 'there is "shop/lone"' "$work/err"
ends "with its namespace it is" 0 kvol down shop/lone default/other
check "and only that is down" equal 1 "$(ls "$root/pods" | wc -l)"

# ---- what fails ----
cat >"$work/absent.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: absent}
spec:
  containers: [{name: app, image: busybox}]
  volumes: [{name: missing, configMap: {name: nobody}}, {name: scratch, emptyDir: {}}]
Y
ends "up of a pod whose ConfigMap is not there fails, another one beside it does not" \
  1 kvol up "$work/absent.yaml" "$work/web.yaml" --objects "$work/config.yaml"
check "one sentence says what is missing, where" \
  sh -c 'grep -F nobody "$1" | grep -F absent | grep -qF missing' - "$work/err"
check "the table shows both pods" equal "1 5" \
  "$(grep -c '^default/absent missing .* failed ' "$work/out") $(grep -c ' ready ' "$work/out")"
ends "status succeeds all the same" 0 kvol status -o json
check "and says that one pod is not ready" equal "false true" \
  "$(json "$work/out" pods.0.ready) $(json "$work/out" pods.1.ready)"
check "nor one volume of it" equal "failed ready" \
  "$(json "$work/out" pods.0.volumes.0.state) $(json "$work/out" pods.0.volumes.1.state)"
ends "with a time given, up waits for what is missing, and fails then" 1 kvol up "$work/absent.yaml" --timeout 1

for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
  sed "s/absent/absent-$i/" "$work/absent.yaml"; echo ---
done >"$work/many.yaml"
ends "many pods that wait do not keep one from being set up" \
  1 kvol up "$work/many.yaml" "$work/names.yaml" --timeout 1
check "it is ready" grep -q '^shop/lone .* ready ' "$work/out"
check "each of them has its sentence" equal 12 "$(grep -c 'configmaps "nobody" not found' "$work/err")"

kvol down default/other shop/lone >/dev/null

# ---- only one at a time ----
"$agent" --root "$root" up "$work/absent.yaml" --timeout 600 >"$work/holder" 2>&1 &
holder=$!
tries=0
until kvol down --timeout 0 nobody 2>&1 | grep -q "$holder" || [ $((tries += 1)) -gt 200 ]; do sleep 0.05; done
ends "down while another agent changes things fails" 1 kvol down --all --timeout 0
check "and names the other one's pid" grep -qE "(^|[^0-9])$holder([^0-9]|\$)" "$work/err"
ends "status does not wait for it" 0 kvol status
kill "$holder"
wait "$holder" 2>/dev/null
holder=''
ends "once it is gone, nothing is locked" 0 kvol recover --timeout 0

# ---- recover ----
ends "recover of what is in order succeeds" 0 kvol recover
mkdir "$root/pods/not a pod"
ends "recover --dry-run ends with 1 when there is something foreign" 1 kvol recover --dry-run
check "which is named" grep -q '^foreign  *not a pod ' "$work/out"
ends "so does recover" 1 kvol recover
check "and it stays" rmdir "$root/pods/not a pod"

# ---- down ----
pod=$(dirname "$(dirname "$(dirname "$(volume_path default/web scratch)")")")
echo mine >"$pod/foreign"
ends "down of a pod with something foreign in its directory fails" 1 kvol down web
check "which is named" has foreign "$work/err"
check "and stays" equal mine "$(cat "$pod/foreign")"
ends "recover cannot finish it either" 1 kvol recover
check "and names it again" grep -q '^foreign .*foreign' "$work/out"
check "but its mounts are gone" equal "" "$(mounts_below "$pod")"
rm "$pod/foreign"
ends "down --all succeeds" 0 kvol down --all
check "down says which pods are down" grep -q ' is down$' "$work/out"
check "nothing is left" nothing_left
check "the sources are forgotten" absent "$root/kvol/store/sources"
ends "down of a pod that is down already fails" 1 kvol down web
ends "but down --all succeeds again" 0 kvol down --all
ends "recover finds nothing to do" 0 kvol recover
ends "and status shows nothing" 0 kvol status
check "no pod" empty "$work/out"
