#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The programs of $VM_PROGRAMS on the kernel in $VM_KERNEL, in a machine that qemu emulates: a kernel that is older than
# the one here, and has the NFS client. Nothing of it touches this machine: no disk, no network.
set -u
here=$(dirname "$0")

skip () { echo "ok - the tests pass on an older kernel # SKIP $1"; exit 0; }

command -v qemu-system-x86_64 >/dev/null || skip "qemu-system-x86 is not installed (make deps-vm)"
command -v busybox >/dev/null || skip "busybox-static is not installed"
kernel=$(ls "$VM_KERNEL"/boot/vmlinuz-* 2>/dev/null | tail -n 1)
[ -n "$kernel" ] || skip "no kernel was unpacked (make deps-vm)"

work=$(mktemp -d "$B/vm.XXXXXX") || exit 1
machine=
trap '[ -z "$machine" ] || kill "$machine"; rm -rf "$work"' EXIT
trap 'exit 1' HUP INT PIPE TERM

"$here/image.sh" "$VM_KERNEL" "$work/image" $VM_PROGRAMS || exit 1
setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg -cpu max -smp 2 -m 1024 -kernel "$kernel" -initrd "$work/image" \
  -append "console=ttyS0 quiet panic=-1" -display none -monitor none -no-reboot -nic none \
  -serial "file:$work/console" -serial "file:$work/out" &
machine=$!
wait "$machine"
machine=

cat "$work/out"
if grep -q '^# guest: done' "$work/out"; then
  echo "ok - the guest came to its end"
else
  echo "not ok - the guest came to its end"
  sed 's/^/# /' "$work/console"
fi
