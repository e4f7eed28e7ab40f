#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Manifests as charts and clusters write them (charts/): a database with claims, the agents of a node, an operator as a
# cluster prints it, jobs, sidecars. All at once, as on one node; then each thing is looked at where a container would.
charts=$(dirname "$0")/charts
. "$(dirname "$0")/agent.sh"
enter "$@"

node=worker-3.example.test
mkdir -p "$work/charts" "$work/disk-0" "$work/log"
echo old >"$work/log/messages"
for file in "$charts"/*.yaml; do
  sed "s|@DIR@|$work|" "$file" >"$work/charts/$(basename "$file")"
  # Where there is a single user, everything is that one's.
  many_ids || sed -i 's/6553[24]/0/; s/runAsNonRoot: true, //' "$work/charts/$(basename "$file")"
done

# mounted POD CONTAINER PATH: where on the host the runtime takes what the container has there.
mounted () {
  kvol mounts "$1" "$2" >"$work/mounts" || return
  n=$(json "$work/mounts" '') i=0
  while [ "$i" -lt "$n" ]; do
    [ "$(json "$work/mounts" $i.destination)" != "$3" ] || { json "$work/mounts" $i.source; return; }
    i=$((i + 1))
  done
  return 1
}
# reads POD CONTAINER PATH FILE: a file below what is mounted there ("" is that itself).
reads () { cat "$(mounted "$1" "$2" "$3")${4:+/}$4"; }
mode () { stat -L -c %a "$(mounted "$1" "$2" "$3")/$4"; }

ends "all of them are in order" 0 kvol validate "$work/charts" --node-name $node
check "and only kinds without volumes are worth a word" equal "ClusterRole Service" \
  "$(echo $(sed -n 's|.*: note: \([A-Za-z]*\)/.*: skipped: .*|\1|p' "$work/out" | sort))"
check "nothing else is said" equal 2 "$(wc -l <"$work/out")"
ends "on another node the database has no disk" 2 kvol up "$work/charts" --node-name worker-4.example.test
check "and that is all that is wrong" equal 1 "$(grep -c 'warning: ' "$work/err")"
check "nothing was made" absent "$root"

ends "all pods are set up" 0 kvol up "$work/charts" --node-name $node
check "each volume is ready" sh -c '! grep -vE "^POD| ready " "$1"' - "$work/out"
check "these are the pods" equal "default/backup-0 default/old-0 default/shards-0 default/shards-1 default/web-0 \
default/web-1 logging/log-carrier-0 monitoring/node-metrics-0 shop/shop-database-0 shop/shop-database-1 \
system/operator-6d4cf56db6-x2v9k" "$(echo $(awk 'NR > 1 { print $1 }' "$work/out" | sort -u))"

# ---- the database ----
db=shop/shop-database
check "a claim leads to its own disk, and the subPathExpr to the pod's part of it" test -d "$work/disk-0/shop-database-0"
check "that of the second pod to another disk" test -d "$work/disk-1/shop-database-1"
echo row >"$(mounted $db-0 database /var/lib/data)/row"
check "what the container writes is on the disk" equal row "$(cat "$work/disk-0/shop-database-0/row")"
check "a number in quotes is the secret's text" equal 12345 "$(reads $db-0 database /opt/secrets password)"
check "in a file of the mode that the item says" equal 400 "$(mode $db-0 database /opt/secrets password)"
check "scripts can be run" equal 755 "$(mode $db-1 database /docker-entrypoint-initdb.d 10-run.sh)"
check "text stays as it is, tabs and quotes too" \
  has "$(printf -- '-- a tab\tand a "quote"')" "$(mounted $db-0 database /docker-entrypoint-initdb.d)/00-schema.sql"
check "the labels tell which pod of the set it is" \
  has 'apps.kubernetes.io/pod-index="1"' "$(mounted $db-1 database /etc/podinfo)/labels"
check "the limit is in its unit" equal 150 "$(reads $db-0 database /etc/podinfo limits/cpu)"
echo cert >"$(mounted $db-0 copy-certs /opt/certs)/cert"
check "parts of one volume are apart" absent "$(mounted $db-0 database /tmp)/cert"
check "shared memory has its size" equal 33554432 "$(df -B1 --output=size "$(mounted $db-0 database /dev/shm)" | tail -n 1 | tr -d ' ')"

# ---- the agents of the node ----
logs=logging/log-carrier-0
check "a subPath of a configMap is a file" \
  equal "$(printf '[SERVICE]\n    Daemon Off')" "$(reads $logs carrier /etc/carrier/carrier.conf '')"
check "a subPathExpr is made of the node, the namespace and a secret" test -d "$work/state/$node/logging/daily"
check "a host's directory is as it is" equal old "$(reads $logs carrier /var/log messages)"
check "a file of the host is made" test -f "$work/machine-id"
check "the host's /proc is the host's" equal /proc "$(mounted monitoring/node-metrics-0 exporter /host/proc)"

# ---- the operator ----
operator=system/operator-6d4cf56db6-x2v9k
api=/var/run/secrets/kubernetes.io/serviceaccount
check "a pod of a cluster keeps its UID" test -d "$root/pods/9e1f0a52-7b1c-4d6c-8f51-1b5e5d7f2c10"
check "the token is the account's" equal token-of-operator "$(reads $operator manager $api token)"
check "the namespace is the pod's" equal system "$(reads $operator manager $api namespace)"
check "the cluster's certificate is beside it" has 'BEGIN CERTIFICATE' "$(mounted $operator manager $api)/ca.crt"
check "a container for debugging has the certificate too" equal key "$(reads $operator debugger-7k2jd /cert tls.key)"

# ---- jobs ----
check "each pod of a job has its part" equal "shards-0 shards-1" "$(echo $(ls "$work/shards"))"
check "a secret that is not there and optional is an empty directory" equal "" "$(ls "$(mounted backup-0 backup /key)")"

# ---- sidecars ----
echo x >"$(mounted web-0 proxy /run/proxy)/socket"
check "a sidecar shares memory with the container" equal x "$(reads web-0 web /run/proxy socket)"
check "another pod has its own" absent "$(mounted web-1 web /run/proxy)/socket"
check "a volume within a projected one has its place" test -d "$(mounted web-0 web /etc/all)/run/now"
check "a volume within a configMap has its place" test -d "$(mounted web-0 migrate /etc/web)/cache"
check "sources of all kinds are in one directory" equal "app motd secret web.conf" \
  "$(echo $(ls "$(mounted web-0 web /etc/all)" | grep -v run))"
check "with the modes that they say" equal "440 440" \
  "$(mode web-0 web /etc/all web.conf) $(mode web-0 web /etc/all secret/cookie)"
check "text beyond ASCII comes through" equal "$(printf '\303\251')" "$(reads web-0 web /etc/all motd)"

# ---- again, and away ----
before=$(kvol status | awk '{ print $1, $2, $6 }')
ends "a second up succeeds" 0 kvol up "$work/charts" --node-name $node
check "and moves nothing" equal "$before" "$(kvol status | awk '{ print $1, $2, $6 }')"
sed -i 's/listen 80/listen 8080/' "$work/charts/sidecars.yaml"
ends "up with a changed ConfigMap succeeds" 0 kvol up "$work/charts" --node-name $node
check "every place that has it is up to date" equal "listen 8080 listen 8080" \
  "$(echo $(reads web-1 web /etc/all web.conf) $(reads web-1 proxy /etc/proxy conf.d/web.conf))"
ends "down takes one pod" 0 kvol down $db-0
check "and leaves the other" equal row "$(cat "$work/disk-0/shop-database-0/row")"
ends "down takes all" 0 kvol down --all
check "nothing is left" nothing_left
check "but the data" equal row "$(cat "$work/disk-0/shop-database-0/row")"
check "of which nothing was lost" equal old "$(cat "$work/log/messages")"

# ---- in containers ----
command -v crun >/dev/null || { skip "a container of the chart runs" "crun is not installed"; exit 0; }
command -v busybox >/dev/null || { skip "a container of the chart runs" "busybox is not installed"; exit 0; }
ends "they can be set up again" 0 kvol up "$work/charts" --node-name $node
ends "a container runs" 0 kvol exec $db-0 -- true
if [ "$code" = 3 ]; then
  skip "the containers" "$(head -n 1 "$work/err")"
  exit 0
fi
kvol exec $db-1 -- env >"$work/env"
check "its variables are those of its pod" grep -qFx 'PGDATA=/var/lib/data/shop-database-1' "$work/env"
ends "it writes where its variable says" 0 kvol exec $db-1 -- sh -c 'mkdir $PGDATA && echo two >/var/lib/data/row'
check "on its own disk" equal two "$(cat "$work/disk-1/shop-database-1/row")"
kvol exec $operator -c manager -- env >"$work/env"
check "an operator has its address and its memory" \
  equal "GOMEMLIMIT=268435456 POD_IP=10.244.1.9" "$(echo $(grep -E '^(POD_IP|GOMEMLIMIT)=' "$work/env" | sort))"
kvol exec $logs -- env >"$work/env"
check "a secret's keys are variables, unexpanded" grep -qFx 'OUT_password=p$(x)$$' "$work/env"
ends "down takes all in the end" 0 kvol down --all
check "and nothing is left then" nothing_left
