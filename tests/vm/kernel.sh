#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Unpacks the kernel package of this Debian release into a directory, unless one is there. It is not installed: nothing
# of this machine's own boot is touched, and root is not needed.
#   kernel.sh DIRECTORY
set -eu
directory=$1
[ ! -e "$directory/boot" ] || exit 0

package=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -n 1)
[ -n "$package" ] || { echo "no package linux-image-cloud-amd64 is known (apt-get update?)" >&2; exit 1; }

mkdir -p "$(dirname "$directory")"
new=$(mktemp -d "$directory.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
(cd "$new" && apt-get download -q "$package" && dpkg-deb -x "$package"_*.deb unpacked)
mv -T "$new/unpacked" "$directory"
