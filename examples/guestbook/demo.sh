#!/bin/sh
# SPDX-License-Identifier: MIT
# The life of a small application's volumes, told and checked: from its manifests to containers that have their volumes,
# and back to nothing. Everything happens in namespaces and in a temporary directory of its own, the NFS server too that
# keeps the guestbook's entries where there can be one.
set -u

here=$(cd "$(dirname "$0")" && pwd)
B=${B:-$here/../../build}
program=$B/bin/kvol-agent

if [ "${KVOL_DEMO_INSIDE-}" != yes ]; then
  [ -x "$program" ] || { echo "there is no $program: run \"make\" first" >&2; exit 3; }
  flags=-m KVOL_DEMO_USER=root
  [ "$(id -u)" = 0 ] || flags=-Urm KVOL_DEMO_USER=ordinary
  unshare $flags true || { echo "this machine allows no mount namespace: run the demo as root" >&2; exit 3; }
  # A network of its own is for the NFS server alone.
  ! unshare ${flags}n true 2>/dev/null || flags=${flags}n
  export KVOL_DEMO_USER
  KVOL_DEMO_INSIDE=yes exec unshare $flags "$0"
fi

work=$(mktemp -d /tmp/kvol-demo-XXXXXX) || exit 1
root=$work/kubelet
export=$work/server # what the NFS server exports
server=''
container=''
checks=0
wrong=0

agent () { "$program" --root "$root" "$@"; }

clean_up () {
  [ -z "$container" ] || kill "$container" 2>/dev/null
  agent down --all >/dev/null 2>&1
  [ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null
  ! mountpoint -q "$export" || umount "$export"
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

# Why there cannot be an NFS server, or a volume from it, as far as that is known before one is started.
why_no_nfs () {
  if [ ! -x "$B/bin/nfs-server" ] || [ ! -e "$B/plugins/kvol-nfs.so" ]; then
    echo "this is built without NFS"
  elif [ "$KVOL_DEMO_USER" != root ]; then
    echo "starting a server takes root"
  elif [ ! -c /dev/fuse ] && ! grep -qw nfs /proc/filesystems; then
    echo "this kernel has neither an NFS client nor /dev/fuse"
  fi
}

# start_server: sets $answer to "ok", or to the reason why not. The server ends with this script at the latest.
start_server () {
  answer="no tmpfs can be mounted"
  mkdir "$export" && mount -t tmpfs -o mode=755 guestbook "$export" || return
  mkfifo "$work/orders" "$work/answers"
  "$B/bin/nfs-server" serve --parent $$ --locks given --export "/exports/guestbook=$export" --fresh \
    <"$work/orders" >"$work/answers" &
  server=$!
  exec 5>"$work/orders" 6<"$work/answers"
  read -r answer <&6
}

# The programs of kvol that run here, for whoever is in this network.
processes () {
  for process in /proc/[0-9]*; do
    case $(cat "$process/comm" 2>/dev/null) in
      kvol-*) [ "$(readlink "$process/ns/net")" != "$(readlink /proc/self/ns/net)" ] || cat "$process/comm" ;;
    esac
  done
}

step "1. Start an NFS server for the guestbook's entries."
answer=$(why_no_nfs)
[ -n "$answer" ] || start_server
if [ "$answer" = ok ]; then
  storage=$here/../guestbook-on-nfs
  entries=$export
  agent probe nfs://127.0.0.1/exports/guestbook >"$work/table" 2>&1
  status=$?
  table <"$work/table"
  check "a probe finds what it exports" equal 0 $status
else
  storage=$here
  entries=$work/entries
  say "(skipped: $answer; the entries will be in a directory of the host)"
fi
mounted=$(mounts_below "$work")

mkdir "$work/manifests"
for manifest in "$here/frontend.yaml" "$here/backend.yaml" "$here/cache.yaml" "$storage/entries.yaml"; do
  sed "s|/var/lib/guestbook/entries|$work/entries|; s|nfs-server|127.0.0.1|" "$manifest" \
    >"$work/manifests/${manifest##*/}"
done

step "2. Set up the guestbook: every volume of every pod, from its manifests."
agent up "$work/manifests" >"$work/table" 2>&1
status=$?
table <"$work/table"
check "\"up\" says that it is done" equal 0 $status

step "3. Show where everything is: on disk as the kubelet would have it, and for a container runtime."
agent status -o tree 2>&1 | table
agent mounts guestbook-backend-0 -o table 2>&1 | table
check "seven volumes are ready" equal 7 "$(agent status | grep -c ' ready ')"

step "4. Write and read inside containers: what one writes, the next one finds, in another pod too."
agent exec guestbook-backend-0 -- sh -c 'echo "A lovely stay." >>"$ENTRIES"' 2>&1 | indent
agent exec guestbook-frontend-0 -- sh -c 'echo scratch >/var/cache/web/note' 2>&1 | indent
agent exec guestbook-cache-0 -- sh -c 'echo cached >/var/cache/pages/index' 2>&1 | indent
say "$(agent exec guestbook-backend-0 -- sh -c 'cat "$ENTRIES"' 2>&1)"
check "a second container reads the entry, under the name that its environment gives" \
  equal "A lovely stay." "$(agent exec guestbook-backend-0 -- sh -c 'cat "$ENTRIES"')"
check "the other pod has it as well" \
  equal "A lovely stay." "$(agent exec guestbook-backend-1 -- cat /var/lib/guestbook/guestbook-backend-0.txt)"
if [ "$storage" != "$here" ]; then
  check "the directory is the server's" equal 127.0.0.1:/exports/guestbook \
    "$(agent exec guestbook-backend-0 -- awk '$2 == "/var/lib/guestbook" { print $1 }' /proc/mounts)"
fi
check "what was written is in the directory that is behind it" \
  equal "A lovely stay." "$(cat "$entries/guestbook-backend-0.txt")"
echo "Thank you." >>"$entries/guestbook-backend-0.txt"
check "and what is added there is in the container" \
  equal "Thank you." "$(agent exec guestbook-backend-0 -- sh -c 'tail -n 1 "$ENTRIES"')"
entry () { echo "$(path_of "$1" entries)/guestbook-backend-0.txt"; }
check "a lock that one pod has on it is one for the other" \
  equal 7 "$(flock "$(entry guestbook-backend-0)" flock -n -E 7 "$(entry guestbook-backend-1)" true; echo $?)"
check "scratch space keeps what the frontend wrote" \
  equal scratch "$(agent exec guestbook-frontend-0 -- cat /var/cache/web/note)"
check "the cache keeps it in memory, 16 MiB at most" \
  equal "cached tmpfs 16384" "$(agent exec guestbook-cache-0 -- sh -c 'cd /var/cache/pages;
    echo $(cat index) $(stat -f -c %T .) $(df -k . | awk "NR == 2 { print \$2 }")')"

step "5. Change the ConfigMap while a container runs, and run \"up\" again: that same container sees the change."
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

step "6. The Secret is in memory, and read-only to the container."
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

step "7. Take everything down and set it up again: the entries are where they were."
agent down --all >"$work/table" 2>&1
status=$?
indent <"$work/table"
check "\"down\" says that it is done" equal 0 $status
agent up "$work/manifests" >"$work/table" 2>&1
status=$?
check "\"up\" says that it is done" equal 0 $status
say "$(agent exec guestbook-backend-1 -- sh -c 'cat /var/lib/guestbook/*' 2>&1)"
check "the new containers have the entries" equal "A lovely stay. Thank you." \
  "$(echo $(agent exec guestbook-backend-0 -- sh -c 'cat "$ENTRIES"'))"

step "8. Take everything down for good, and show that nothing is left but what was never kvol's."
agent down --all >/dev/null 2>"$work/table"
status=$?
indent <"$work/table"
check "\"down\" says that it is done" equal 0 $status
find "$root/pods" 2>&1 | indent
check "no file is left below the pods' directory" equal "$root/pods" "$(find "$root/pods")"
check "no mount is left" equal "$mounted" "$(mounts_below "$work")"
check "no process is left" equal "" "$(processes)"
check "no pod is known any more" equal "" "$(agent status)"
check "the guestbook's entries are still where they were" \
  equal "A lovely stay. Thank you." "$(echo $(cat "$entries/guestbook-backend-0.txt"))"

echo
if [ $wrong -gt 0 ]; then
  echo "Something is wrong: $wrong of $checks checks failed."
  exit 1
fi
echo "All was well: $checks checks passed."
