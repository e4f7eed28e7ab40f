#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Makes the guest's root file system, an initramfs: busybox, modules of its kernel, what was built, and every shared
# library that those need, each where it lies here.
#   B=BUILD-DIR image.sh KERNEL-DIR OUTPUT PROGRAM...    the programs are run in this order; KERNEL-DIR is an unpacked
#                                                        kernel package
set -eu
kernel=$1 output=$2; shift 2
here=$(dirname "$0")

root=$(mktemp -d "$output.XXXXXX")
# It becomes the mode of the root directory, which users look through.
chmod 755 "$root"
trap 'rm -rf "$root"' EXIT
trap 'exit 1' HUP INT TERM

# What the kernel's NFS client, and tests of the core, need of it.
modules='nfsv3 nfsv4 rpcsec_gss_krb5 fuse loop overlay'
# What is not built here; and what of it is loaded at run time, so that ldd does not know of it.
servers='/usr/bin/ganesha.nfsd /usr/sbin/rpcbind /usr/sbin/rpc.statd /sbin/mount.nfs /sbin/mount.nfs4 /usr/bin/crun'
loaded='/usr/lib/*/ganesha/libfsalvfs.so /usr/lib/*/libnfsidmap/nsswitch.so /lib/*/libgcc_s.so.1'

# Copies files to where they lie here, links as what they point to.
place () {
  for file; do
    [ -e "$root$file" ] && continue
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}

libraries () {
  ldd "$@" 2>/dev/null | sed -nE 's/^[^:]*[[:space:]](\/[^ ]+) \(0x.*/\1/p' | sort -u
}

# Without what only a debugger reads: the guest has all of it in memory.
place_built () {
  for file; do
    mkdir -p "$root$(dirname "$file")"
    strip -g -o "$root$file" "$file" 2>/dev/null || cp -L "$file" "$root$file"
  done
}

# MODULE: its file, after the files of what it depends on, each once, in the order in which they are loaded.
place_module () {
  file=$(find "$kernel/lib/modules" -name "$1.ko" | head -n 1)
  [ -n "$file" ] || return 0
  for needed in $(tr '\0' '\n' <"$file" | sed -n 's/^depends=//p' | tr , ' '); do
    (place_module "$needed")
  done
  [ ! -e "$root/modules/$1.ko" ] || return 0
  cp "$file" "$root/modules/$1.ko"
  echo "$1" >>"$root/modules/order"
}

mkdir -p "$root/bin" "$root/dev" "$root/etc" "$root/mnt" "$root/modules" "$root/proc" "$root/run" "$root/sys" \
  "$root/root" "$root/tmp" "$root/var/lib/nfs"
cp "$(command -v busybox)" "$root/bin/busybox"
cp "$here/guest.sh" "$root/init"
cp "$here/../tap.sh" "$root/tap.sh"
for module in $modules; do place_module "$module"; done

ln -s /proc/mounts "$root/etc/mtab"
ln -s /run "$root/var/run"
echo 'root:x:0:0:root:/:/bin/sh
_rpc:x:100:65534::/run/rpcbind:/bin/false
nobody:x:65534:65534:nobody:/:/bin/false' >"$root/etc/passwd"
echo 'root:x:0:
nogroup:x:65534:' >"$root/etc/group"
echo '127.0.0.1 localhost guest nfs-server' >"$root/etc/hosts"

built=$(find "$B" -maxdepth 1 -name '*.so.*'; find "$B/plugins" "$B/fixtures" "$B/libexec" "$B/bin" -type f ! -name '*.[od]')
place_built $built "$@"
printf '%s\n' "$@" >"$root/programs"
echo "$B" >"$root/built"
for file in $servers $loaded /etc/host.conf /etc/idmapd.conf /etc/netconfig /etc/protocols /etc/rpc /etc/services; do
  [ ! -e "$file" ] || place "$file"
done
place $(libraries $built "$@" $servers $loaded | grep -vF "$B/")


# Manifests from outside the tree, where they lie here.
if [ -n "${CORPUS-}" ]; then
  CORPUS=$(realpath "$CORPUS")
  mkdir -p "$root$CORPUS"
  cp -R "$CORPUS/." "$root$CORPUS"
  echo "$CORPUS" >"$root/corpus"
fi

(cd "$root" && find . | busybox cpio -o -H newc) >"$output"
