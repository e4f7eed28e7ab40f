#!/bin/sh
# SPDX-License-Identifier: MIT
# The life of a small application's volumes, told and checked: from its manifests to containers that have their volumes,
# and back to nothing. Everything happens in a mount namespace and in a temporary directory of its own.
set -u

here=$(cd "$(dirname "$0")" && pwd)
B=${B:-$here/../../build}
program=$B/bin/kvol-agent

if [ "${KVOL_DEMO_INSIDE-}" != yes ]; then
  [ -x "$program" ] || { echo "there is no $program: run \"make\" first" >&2; exit 3; }
  flags=-m
  [ "$(id -u)" = 0 ] || flags=-Urm
  unshare $flags true || { echo "this machine allows no mount namespace: run the demo as root" >&2; exit 3; }
  KVOL_DEMO_INSIDE=yes exec unshare $flags "$0"
fi

work=$(mktemp -d /tmp/kvol-demo-XXXXXX) || exit 1
root=$work/kubelet
container=''
checks=0
wrong=0

agent () { "$program" --root "$root" "$@"; }

clean_up () {
  [ -z "$container" ] || kill "$container" 2>/dev/null
  agent down --all >/dev/null 2>&1
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 1' HUP INT PIPE TERM

step () { printf '\n%s\n' "$1"; }
indent () { sed "s|^|    |; s|$work|DEMO|g"; }
# The same for a table: what a path gets shorter by comes after it, so that columns stay columns.
gap=$(printf '%*s' $((${#work} - 4)) '')
table () { sed "s|^|    |; s|$work\([^ ]*\)|DEMO\1$gap|g; s| *\$||"; }
say () { printf '%s\n' "$1" | indent; }

# check SENTENCE COMMAND...: the sentence is true when the command succeeds
check () {
  sentence=$1; shift
  checks=$((checks + 1))
  if "$@" >"$work/output" 2>&1; then
    echo "    ok: $sentence"
  else
    wrong=$((wrong + 1))
    echo "    WRONG: $sentence"
    indent <"$work/output"
  fi
}
equal () { [ "$1" = "$2" ] || { printf 'wanted: %s\nfound:  %s\n' "$1" "$2"; return 1; }; }
fails () { ! "$@"; }
# Where a volume of a pod is on the host: the last column of the only line that has both.
path_of () { agent status | awk -v pod="default/$1" -v volume="$2" '$1 == pod && $2 == volume { print $6 }'; }
mounts_below () { awk -v dir="$1/" 'index ($5, dir) == 1' /proc/self/mountinfo; }

mkdir "$work/manifests"
for manifest in frontend backend cache; do
  sed "s|/var/lib/guestbook/entries|$work/entries|" "$here/$manifest.yaml" >"$work/manifests/$manifest.yaml"
done

step "1. Set up the guestbook: every volume of every pod, from its manifests."
agent up "$work/manifests" >"$work/table" 2>&1
status=$?
table <"$work/table"
check "\"up\" says that it is done" equal 0 $status

step "2. Show where everything is: on disk as the kubelet would have it, and for a container runtime."
agent status -o tree 2>&1 | table
agent mounts guestbook-backend-0 -o table 2>&1 | table
check "five volumes are ready" equal 5 "$(agent status | grep -c ' ready ')"

step "3. Write and read inside containers: what one writes, the next one and the host find."
agent exec guestbook-backend-0 -- sh -c 'echo "A lovely stay." >>"$ENTRIES"' 2>&1 | indent
agent exec guestbook-frontend-0 -- sh -c 'echo scratch >/var/cache/web/note' 2>&1 | indent
agent exec guestbook-cache-0 -- sh -c 'echo cached >/var/cache/pages/index' 2>&1 | indent
say "$(agent exec guestbook-backend-0 -- sh -c 'cat "$ENTRIES"' 2>&1)"
check "a second container reads the entry, under the name that its environment gives" \
  equal "A lovely stay." "$(agent exec guestbook-backend-0 -- sh -c 'cat "$ENTRIES"')"
check "the host finds it in the hostPath" equal "A lovely stay." "$(cat "$work/entries/guestbook-backend-0.txt")"
check "scratch space keeps what the frontend wrote" \
  equal scratch "$(agent exec guestbook-frontend-0 -- cat /var/cache/web/note)"
check "the cache keeps it in memory, 16 MiB at most" \
  equal "cached tmpfs 16384" "$(agent exec guestbook-cache-0 -- sh -c 'cd /var/cache/pages;
    echo $(cat index) $(stat -f -c %T .) $(df -k . | awk "NR == 2 { print \$2 }")')"

step "4. Change the ConfigMap while a container runs, and run \"up\" again: that same container sees the change."
mkfifo "$work/to" "$work/from"
agent exec guestbook-frontend-0 -- sh -c 'cat /srv/www/greeting; echo; read go; cat /srv/www/greeting; echo' \
  <"$work/to" >"$work/from" &
container=$!
exec 3>"$work/to" 4<"$work/from"
read -r before <&4
sed -i 's/Lantern House/Harbour Inn/' "$work/manifests/frontend.yaml"
agent up "$work/manifests" >"$work/table" 2>&1
status=$?
echo go >&3
read -r after <&4
exec 3>&- 4<&-
wait "$container"
container=''
say "before: $before"
say "after:  $after"
check "\"up\" says that it is done" equal 0 $status
check "the container had the old greeting" equal "Welcome to the Lantern House" "$before"
check "and then, without a restart, the new one" equal "Welcome to the Harbour Inn" "$after"

step "5. The Secret is in memory, and read-only to the container."
secret=$(path_of guestbook-backend-0 credentials)
agent exec guestbook-backend-0 -- sh -c 'cd /run/credentials; ls -l ..data/; grep "$PWD" /proc/mounts' 2>&1 | indent
check "it is on a tmpfs of its own, on the host and in the container" \
  equal "tmpfs tmpfs" "$(stat -f -c %T "$secret") $(agent exec guestbook-backend-0 -- stat -f -c %T /run/credentials)"
if mounts_below "$root" | grep -qF noswap; then
  check "which is never swapped out" sh -c 'grep -F "$1" /proc/self/mountinfo | grep -q noswap' - "$secret"
else
  say "(it may be swapped out: this kernel or this user namespace has no noswap)"
fi
check "the container reads it" \
  equal blue-lake "$(agent exec guestbook-backend-0 -- cat /run/credentials/password)"
check "the container cannot write to it" \
  fails agent exec guestbook-backend-0 -- sh -c 'echo mine >/run/credentials/password'
check "nor remove it" fails agent exec guestbook-backend-0 -- rm -f /run/credentials/password
check "nor put something beside it" fails agent exec guestbook-backend-0 -- touch /run/credentials/new
check "it is still what it was" \
  equal blue-lake "$(agent exec guestbook-backend-0 -- cat /run/credentials/password)"
check "one key of it is in the environment" \
  equal guestbook "$(agent exec guestbook-backend-0 -- sh -c 'echo $DATABASE_USER')"

step "6. Take everything down."
agent down --all >"$work/table" 2>&1
status=$?
indent <"$work/table"
check "\"down\" says that it is done" equal 0 $status

step "7. Show that nothing is left, but what was never kvol's."
find "$root/pods" 2>&1 | indent
check "no file is left below the pods' directory" equal "$root/pods" "$(find "$root/pods")"
check "no mount is left" equal "" "$(mounts_below "$work")"
check "no pod is known any more" equal "" "$(agent status)"
check "the guestbook's entries are still on the host" \
  equal "A lovely stay." "$(cat "$work/entries/guestbook-backend-0.txt")"

echo
if [ $wrong -gt 0 ]; then
  echo "Something is wrong: $wrong of $checks checks failed."
  exit 1
fi
echo "All was well: $checks checks passed."
