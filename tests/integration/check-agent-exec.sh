#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# kvol-agent exec: a real container has its pod's volumes, environment, user and command, and leaves nothing behind.
. "$(dirname "$0")/agent.sh"
enter "$@"

cat >"$work/pod.yaml" <<'Y'
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {colour: blue, shape: round}
---
apiVersion: v1
kind: Secret
metadata: {name: key}
data: {token: Y2FuYXJ5LTQ3MTE=, user: YWRtaW4=}
---
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {tier: front}
spec:
  containers:
    - name: app
      image: busybox
      command: [sh, -c, 'echo "$@"; exit 7', sh]
      args: ["$(COLOUR)", "$$(COLOUR)", "$(NOBODY)", "$(open"]
      workingDir: /scratch
      envFrom:
        - {prefix: CONF_, configMapRef: {name: settings}}
        - configMapRef: {name: nobody, optional: true}
      env:
        - {name: PLAIN, value: "of $(CONF_shape) shape"}
        - {name: COLOUR, valueFrom: {configMapKeyRef: {name: settings, key: colour}}}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: key, key: token}}}
        - {name: ABSENT, valueFrom: {secretKeyRef: {name: key, key: nothing, optional: true}}}
        - {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: TIER, valueFrom: {fieldRef: {fieldPath: "metadata.labels['tier']"}}}
        - {name: ACCOUNT, valueFrom: {fieldRef: {fieldPath: spec.serviceAccountName}}}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
        - {name: DISK, valueFrom: {resourceFieldRef: {containerName: locked, resource: requests.ephemeral-storage}}}
      volumeMounts:
        - {name: settings, mountPath: /settings}
        - {name: key, mountPath: /key}
        - {name: scratch, mountPath: /scratch}
        - {name: scratch, mountPath: /deep/in/tree, subPath: part, readOnly: true}
    - name: broken
      image: busybox
      env: [{name: X, valueFrom: {configMapKeyRef: {name: settings, key: size}}}]
    - name: imageless
      image: busybox
    - name: locked
      image: busybox
      securityContext:
        readOnlyRootFilesystem: true
        allowPrivilegeEscalation: false
        capabilities: {drop: [ALL]}
  volumes:
    - {name: settings, configMap: {name: settings}}
    - {name: key, secret: {secretName: key, defaultMode: 0400}}
    - {name: scratch, emptyDir: {}}
Y
ends "the pod is set up" 0 kvol up "$work/pod.yaml"
command -v crun >/dev/null || { skip "a container runs" "crun is not installed"; exit 0; }
command -v busybox >/dev/null || { skip "a container runs" "busybox is not installed"; exit 0; }

inside () { kvol exec web -- "$@"; }

# ---- the container ----
ends "a command runs in a container" 0 inside true
if [ "$code" = 3 ]; then
  skip "the rest of exec" "$(head -n 1 "$work/err")"
  exit 0
fi
ends "its exit code is exec's" 42 inside sh -c 'exit 42'
check "its output is exec's" equal out "$(inside echo out)"
check "its input is exec's" equal in "$(echo in | inside cat)"
check "it is its own first process" equal 1 "$(inside sh -c 'echo $$')"
check "its host name is the pod's" equal web "$(inside hostname)"
check "its working directory is the container's" equal /scratch "$(inside pwd)"
check "arguments reach it as they are" equal '$(COLOUR) * "x"' "$(inside echo '$(COLOUR) * "x"')"
ends "without a command the container's own runs, and its exit code counts" 7 kvol exec web
check "with its variables expanded as Kubernetes does" equal 'blue $(COLOUR) $(NOBODY) $(open' "$(cat "$work/out")"
ends "a container without a command wants one" 2 kvol exec web -c imageless
check "and says so" has 'has no command of its own' "$work/err"
ends "it can be given" 0 kvol exec web -c imageless -- true
ends "a container that is not there fails" 1 kvol exec web -c nobody -- true
check "and is named" has 'has no container "nobody"' "$work/err"

# ---- the environment ----
inside env >"$work/env"
for line in 'CONF_colour=blue' 'CONF_shape=round' 'PLAIN=of round shape' 'COLOUR=blue' 'TOKEN=canary-4711' 'POD=web' \
  'NAMESPACE=default' 'TIER=front' 'HOSTNAME=web' 'ACCOUNT=default' "NODE=$(hostname)" 'DISK=0' \
  "MEMORY=$(awk '/MemTotal/ { printf "%.0f", $2 * 1024 }' /proc/meminfo)"; do
  check "the environment has $line" grep -qFx "$line" "$work/env"
done
check "an optional key that is absent is no variable" lacks ABSENT= "$work/env"
check "nothing else of the caller's environment comes in" lacks KVOL_ "$work/env"
ends "a key that is absent and not optional fails" 1 kvol exec web -c broken -- true
check "in Kubernetes' words" has "couldn't find key size in ConfigMap default/settings" "$work/err"

# ---- the volumes ----
check "the container reads the configMap" equal blue "$(inside cat /settings/colour)"
check "the container reads the secret" equal canary-4711 "$(inside cat /key/token)"
check "the secret is on a tmpfs there too" equal tmpfs "$(inside stat -f -c %T /key)"
check "the container cannot change the secret" fails inside sh -c 'echo x >/key/token'
check "nor add to it" fails inside touch /key/new
check "nor mount it writable" fails inside mount -o remount,rw /key
inside sh -c 'echo one >note; mkdir -p part; echo two >part/note'
check "what it writes is in the volume" equal one "$(cat "$(volume_path default/web scratch)/note")"
check "a subPath shows its part of the volume" equal two "$(inside cat /deep/in/tree/note)"
check "read-only as the manifest says" fails inside touch /deep/in/tree/x
check "it sees no other mount of the host" equal "" "$(inside awk '{ print $5 }' /proc/self/mountinfo \
  | grep -vE '^/((proc|dev|sys)(/.*)?|settings|key|scratch|deep/in/tree)?$')"
check "nothing set-user-id or of a device works in a volume" equal "/key /settings" "$(echo $(inside \
  awk '($5 == "/key" || $5 == "/settings") && $6 ~ /nosuid/ && $6 ~ /nodev/ { print $5 }' /proc/self/mountinfo | sort))"

# ---- its rights ----
ends "a root file system that is read-only is so" 1 kvol exec web -c locked -- touch /x
kvol exec web -c locked -- cat /proc/self/status >"$work/locked"
check "a container without capabilities has none" equal "0000000000000000 0000000000000000" \
  "$(echo $(awk '/^Cap(Eff|Bnd)/ { print $2 }' "$work/locked"))"
check "and can get no new ones" equal 1 "$(awk '/^NoNewPrivs/ { print $2 }' "$work/locked")"
check "the usual one cannot mount" fails inside mount -t tmpfs x /tmp
check "nor make a device" fails inside mknod /tmp/m c 1 1
if many_ids; then
  cat >"$work/user.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  securityContext: {runAsUser: 1000, runAsGroup: 1001, fsGroup: 2000, supplementalGroups: [3000]}
  containers:
    - name: app
      image: busybox
      volumeMounts: [{name: key, mountPath: /key}]
    - name: root
      image: busybox
      securityContext: {runAsUser: 0, runAsNonRoot: true}
  volumes: [{name: key, secret: {secretName: key, defaultMode: 0400}}]
Y
  ends "a pod with users and groups is set up" 0 kvol up "$work/user.yaml" --objects "$work/pod.yaml"
  check "its container is that user, in those groups" equal "1000 1001 1001 2000 3000" \
    "$(kvol exec user -- sh -c 'echo $(id -u) $(id -g) $(id -G | tr " " "\n" | sort -n)')"
  check "and reads the secret by fsGroup" equal canary-4711 "$(kvol exec user -- cat /key/token)"
  check "and has no capabilities" equal 0000000000000000 \
    "$(kvol exec user -- awk '/^CapEff/ { print $2 }' /proc/self/status)"
  ends "runAsNonRoot refuses root" 1 kvol exec user -c root -- true
else
  skip "a container is the user that the manifest names" "this user namespace has a single user id"
fi

# ---- its root file system ----
image=$work/image,with:signs
mkdir -p "$image/bin" "$image/etc"
cp "$(command -v busybox)" "$image/bin/sh"
echo mine >"$image/etc/who"
before=$(find "$image" | sort)
ask='read who </etc/who; echo $who; echo other >/etc/who'
check "--rootfs is the container's root" equal mine "$(kvol exec web --rootfs "$image" -- sh -c "$ask")"
check "KVOL_ROOTFS as well" equal mine "$(KVOL_ROOTFS="$image" kvol exec web -- sh -c "$ask")"
check "the directory stays as it is" equal "$before mine" "$(find "$image" | sort) $(cat "$image/etc/who")"
ends "a root file system that is not there is bad usage" 2 kvol exec web --rootfs "$work/no-such" -- true

# ---- what is seen from outside, while it runs ----
mkfifo "$work/to" "$work/from"
kvol exec web -- sh -c 'echo up; read go; cat /settings/colour; echo; exit 5' <"$work/to" >"$work/from" &
pid=$!
exec 3>"$work/to" 4<"$work/from"
read -r line <&4
check "a container runs in the background" equal up "$line"
cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' >"$work/cmdlines"
check "no command line tells the secret" lacks canary-4711 "$work/cmdlines"
check "no file in kvol's directory tells it" sh -c '! grep -rlF canary-4711 "$1/kvol"' - "$root"
check "no mount of it is seen here" equal "" "$(awk -v dir="$root/kvol" '$5 == dir' /proc/self/mountinfo)"
sed 's/colour: blue/colour: green/' "$work/pod.yaml" >"$work/new.yaml"
cp "$work/new.yaml" "$work/pod.yaml"
ends "up with a changed ConfigMap succeeds meanwhile" 0 kvol up "$work/pod.yaml"
echo go >&3
read -r line <&4
check "the running container sees the change" equal green "$line"
wait $pid
check "and ends with its own exit code" equal 5 $?
exec 3>&- 4<&-

# ---- whose object counts ----
printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {colour: grey}\n' >"$work/settings.yaml"
ends "up succeeds with an object of the same name among --objects" 0 kvol up "$work/pod.yaml" --objects "$work/settings.yaml"
check "the volume has up's own" equal green "$(inside cat /settings/colour)"
check "and so has the environment" equal green "$(inside sh -c 'echo $COLOUR')"
cat >"$work/long.yaml" <<'Y'
apiVersion: v1
kind: Pod
metadata: {name: long}
spec:
  containers:
    - name: app
      image: busybox
      command: [echo, $(V5)]
      env:
        - {name: V0, value: "0123456789"}
        - {name: V1, value: $(V0)$(V0)$(V0)$(V0)$(V0)$(V0)$(V0)$(V0)$(V0)$(V0)}
        - {name: V2, value: $(V1)$(V1)$(V1)$(V1)$(V1)$(V1)$(V1)$(V1)$(V1)$(V1)}
        - {name: V3, value: $(V2)$(V2)$(V2)$(V2)$(V2)$(V2)$(V2)$(V2)$(V2)$(V2)}
        - {name: V4, value: $(V3)$(V3)$(V3)$(V3)$(V3)$(V3)$(V3)$(V3)$(V3)$(V3)}
        - {name: V5, value: $(V4)$(V4)$(V4)$(V4)$(V4)$(V4)$(V4)$(V4)$(V4)$(V4)}
Y
ends "variables of variables do not hold up a pod without volumes" 0 kvol up "$work/long.yaml"
ends "but a container cannot have them" 1 kvol exec long
check "which is said" has 'env "V5": with its variables expanded it is longer than' "$work/err"

# ---- afterwards ----
ends "down --all succeeds" 0 kvol down --all
check "nothing is left" nothing_left
ends "exec in a pod that is down fails" 1 kvol exec web -- true

kvol up "$work/pod.yaml" >/dev/null
ends "without the right to mount, exec ends with 3" 3 \
  setpriv --bounding-set -sys_admin --inh-caps -sys_admin "$agent" --root "$root" exec web -- true
check "and says why" has 'right to mount' "$work/err"
