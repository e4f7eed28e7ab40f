#!/bin/busybox sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The first process of the guest: runs the programs of the image and says on the second serial port what came of them.

# The kernel's first root cannot be left by pivot_root, as a container leaves its: so a second one is laid over it.
if [ -z "${GUEST_ROOT-}" ]; then
  /bin/busybox mount -o bind / /mnt
  cd /mnt
  /bin/busybox mount -o move . /
  GUEST_ROOT=yes exec /bin/busybox chroot . /init
fi
/bin/busybox mkdir -p /sbin /usr/bin /usr/sbin
/bin/busybox --install -s
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/shm /dev/pts
mount -t devpts devpts /dev/pts
mount -t tmpfs run /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
stty -F /dev/ttyS1 raw -echo
exec >/dev/ttyS1 2>&1

while read -r module; do
  insmod "/modules/$module.ko" || echo "# module $module is not loaded"
done </modules/order
ip link set lo up
hostname guest
echo "# guest: Linux $(uname -r), $(nproc) processors, up after $(cut -d ' ' -f 1 /proc/uptime) s"

export B=$(cat /built) HOME=/ PATH=/bin:/sbin:/usr/bin:/usr/sbin KVOL_IN_VM=1
[ ! -e /corpus ] || export CORPUS=$(cat /corpus)
while read -r program; do
  name=${program##*/tests/}
  echo "# guest: $name, at $(cut -d ' ' -f 1 /proc/uptime) s"
  # Figures are for looking at.
  case $name in bench/*) "$program" --blocks 16 --rounds 3; continue ;; esac
  /tap.sh run /tmp/tap "$program"
  sed -E "s|^((not )?ok [0-9]+ - )|\\1$name: |; /^[0-9]+\.\.[0-9]+/d" /tmp/tap
done </programs
echo "# guest: done, after $(cut -d ' ' -f 1 /proc/uptime) s"
poweroff -f
