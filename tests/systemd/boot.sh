#!/usr/bin/env bash
#
# boot.sh FOLDER SYSTEMD: becomes the first process of a machine in namespaces of its own. Its units
# are those that inside.sh writes, besides what systemd cannot do without.

set -eu
folder=$1 manager=$2

mount -t tmpfs -o mode=755 tmpfs /run
mount -t tmpfs -o mode=755 tmpfs /etc/systemd/system
mount -t tmpfs -o mode=755 tmpfs /var/lib # root's journal
mkdir -p /run/systemd/system /run/lock /run/user
# Limits of the whole kernel are not ours to raise.
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys

mount -t tmpfs -o mode=755 tmpfs "$folder/dev"
for name in null zero full random urandom tty; do
    touch "$folder/dev/$name"
    mount --bind "/dev/$name" "$folder/dev/$name"
done
mkdir "$folder/dev/shm" "$folder/dev/pts"
ln -s /proc/self/fd "$folder/dev/fd"
mount --rbind "$folder/dev" /dev

# A user of this machine only.
for name in passwd group; do
    cp "/etc/$name" "/run/$name"
done
echo "tuner:x:4242:4242::/run/tuner:/bin/sh" >>/run/passwd
echo "tuner:x:4242:" >>/run/group
for name in passwd group; do
    mount --bind "/run/$name" "/etc/$name"
done

cat >/etc/systemd/system/machine.target <<'END'
[Unit]
DefaultDependencies=no
END
exec env -i PATH="$PATH" LC_ALL=C.UTF-8 TZ=UTC container=tunetop \
    "$manager" --system --unit=machine.target --log-target=null --show-status=no
