#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Installs the Debian packages of the arguments that are missing, and only those. An ordinary user is told.
# Some of them hold servers, which tests start for themselves where nobody else can reach them: what is installed here
# is neither started now nor at the next boot.
set -eu

missing=
for package; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
  echo "missing packages (as root: apt-get install$missing)" >&2
  exit 3
fi

policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
  trap 'rm -f $policy' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >$policy
  chmod 755 $policy
fi
apt-get update -q
DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing

command -v systemctl >/dev/null || exit 0
for package in $missing; do
  case $package in
    nfs-ganesha | rpcbind | nfs-common)
      units=$(dpkg -L "$package" | sed -nE 's|^(/usr)?/lib/systemd/system/([^/]+\.(service\|socket))$|\2|p')
      [ -z "$units" ] || systemctl --quiet disable $units ;;
  esac
done
