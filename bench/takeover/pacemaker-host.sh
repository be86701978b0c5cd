#!/bin/sh
# Runs corosync and pacemaker of one host: in its network namespace, with mounts, processes and host name of its own
# (unshare -m -p -u). The machine's own file system lies below, with the packages over it; nothing is written to it.
#
#   pacemaker-host.sh NAME DIRECTORY      DIRECTORY/pkg: the unpacked packages, DIRECTORY/corosync.conf
set -eu
name=$1 directory=$2
hostname "$name"
mkdir -p "$directory/$name"
mount -t tmpfs tmpfs "$directory/$name"
cd "$directory/$name"
mkdir up work root pkg
cp -a "$directory/pkg/." pkg/
mount -t overlay overlay -o "lowerdir=pkg:/,upperdir=up,workdir=work" root
cd root
mount -t proc proc proc
mount -t tmpfs tmpfs dev
for device in null zero full random urandom; do
	: >"dev/$device"
	mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/shm
for place in dev/shm run tmp; do mount -t tmpfs tmpfs "$place"; done
# What the packages' own scripts would have done.
mkdir -p run/crm run/resource-agents var/lib/corosync var/log/corosync var/log/pacemaker
for place in cib pengine blackbox cores; do mkdir -p "var/lib/pacemaker/$place"; done
chroot . groupadd -r haclient
chroot . useradd -r -g haclient -d /var/lib/pacemaker hacluster
chroot . chown -R hacluster:haclient /var/lib/pacemaker /var/log/pacemaker /run/crm
cp "$directory/corosync.conf" etc/corosync/corosync.conf
chroot . corosync -f &
until chroot . corosync-cmapctl runtime.votequorum.this_node_id >/dev/null 2>&1; do sleep 0.2; done
exec chroot . pacemakerd -f
