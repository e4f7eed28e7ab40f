#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# kvol-agent on manifests from outside the tree (CORPUS=DIR): those of the guestbook labs that need no NFS server get
# the right content, owner and mode, and leave nothing.
. "$(dirname "$0")/agent.sh"

labs=${CORPUS:-}/guestbook-labs
if [ -z "${CORPUS:-}" ]; then
  skip "the guestbook labs are set up" "CORPUS is not set (make check CORPUS=DIR)"
  exit 0
fi
if [ ! -d "$labs" ]; then
  skip "the guestbook labs are set up" "there is no guestbook-labs in $CORPUS"
  exit 0
fi
case $CORPUS in
  /*) ;;
  *) CORPUS=$PWD/$CORPUS; labs=$CORPUS/guestbook-labs; export CORPUS ;;
esac
enter "$@"

me=$(id -u):$(id -g)
described () { stat -L -c '%u:%g %a' "$1"; }

ends "lab 0: the pod with an emptyDir is set up" 0 \
  kvol up "$labs/lab0_kubernetes_nfs_setup/examples/busybox-emptydir.yaml"
check "every volume is ready" sh -c '! grep -vE "^POD| ready " "$1"' - "$work/out"
check "there are some" test "$(wc -l <"$work/out")" -gt 1
awk '$3 == "kubernetes.io/empty-dir" { print $5 }' "$work/out" >"$work/volumes"
while read -r path; do
  check "lab 0: $(basename "$path") has its owner and mode" equal "$me 777" "$(described "$path")"
done <"$work/volumes"
ends "lab 0: down --all succeeds" 0 kvol down --all
check "lab 0: nothing is left" nothing_left

for lab in lab1_volume_final lab2_pv_pvc_final lab3_storageclass_final lab4_statefulset_final lab5_csi_final; do
  ends "$lab: the frontend is set up" 0 kvol up "$labs/$lab/yaml/frontend"
  config=$(volume_path default/guestbook-frontend-0 config-volume)
  check "$lab: its configMap has exactly its keys" equal "backend_uri guestbook_name" "$(echo $(ls "$config"))"
  for key in guestbook_name backend_uri; do
    # The value as it stands in the manifest, between its quotes.
    value=$(sed -n "s/^ *$key: *\"\(.*\)\" *\$/\1/p" "$labs/$lab/yaml/frontend/configmap.yaml")
    check "$lab: $key has its content" equal "$value" "$(cat "$config/$key")"
    check "$lab: $key has its owner and mode" equal "$me 644" "$(described "$config/$key")"
  done
  kvol mounts guestbook-frontend-0 >"$work/mounts"
  check "$lab: a runtime mounts it where the manifest says" \
    equal /usr/share/nginx/html/assets/config "$(json "$work/mounts" 0.destination)"
  ends "$lab: down --all succeeds" 0 kvol down --all
  check "$lab: nothing is left" nothing_left
done
