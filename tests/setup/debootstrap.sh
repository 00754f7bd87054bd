#!/usr/bin/env bash
#
# tests/setup/debootstrap.sh MIRROR [SUITE [FOLDER]]
#
# Proves the README's promise: a fresh Debian (minbase and git), a clone of this repository as it is
# committed, then `./dev run --version` and `./dev check`, once as root and once, in a second fresh
# system, as a user with sudo. Also: as a user without sudo the message says what to install.
#
# Needs root and debootstrap, 2 GiB in FOLDER (a new one below TMPDIR by default) and some minutes.
# Not part of `make check`. The systems are removed at the end unless FOLDER was given; a base system
# that is already in FOLDER is used again.

set -eu

if [ $# -lt 1 ] || [ "$(id -u)" != 0 ]; then
    echo "usage, as root: $0 MIRROR [SUITE [FOLDER]]" >&2
    exit 2
fi
mirror=$1
suite=${2:-bookworm}
root=$(cd "$(dirname "$0")/../.." && pwd)
if [ $# -ge 3 ]; then
    folder=$3
    mkdir -p "$folder"
    keep=true
else
    folder=$(mktemp -d "${TMPDIR:-/tmp}/setup.XXXXXX")
    keep=false
fi

leave() {
    local system
    for system in root user; do
        umount "$folder/$system/dev/pts" "$folder/$system/sys" "$folder/$system/proc" 2>/dev/null || :
    done
    if [ "$keep" = false ]; then
        # Never into what is still mounted.
        rm -rf --one-file-system "$folder"
    fi
}
trap leave EXIT

note() {
    printf '\n== %s\n' "$*"
}

# inside SYSTEM USER COMMAND: the environment of a new login, and nothing of ours.
inside() {
    chroot "$folder/$1" /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        TERM=xterm su - "$2" -c "$3"
}

fresh() { # SYSTEM: a new copy of the base system with a clone in /home/new/tunetop
    umount "$folder/$1/dev/pts" "$folder/$1/sys" "$folder/$1/proc" 2>/dev/null || :
    rm -rf --one-file-system "${folder:?}/$1"
    cp -a "$folder/base" "$folder/$1"
    mount -t proc proc "$folder/$1/proc"
    mount -t sysfs -o ro sysfs "$folder/$1/sys"
    mount --bind /dev/pts "$folder/$1/dev/pts"
    chroot "$folder/$1" useradd -m -s /bin/bash new
    git clone -q --no-hardlinks "file://$root" "$folder/$1/home/new/tunetop"
    chroot "$folder/$1" chown -R new:new /home/new/tunetop
}

tried() { # WHAT SYSTEM USER COMMAND
    local start=$SECONDS
    note "$1: $4"
    if inside "$2" "$3" "cd /home/new/tunetop && $4"; then
        echo "ok - $1: $4 ($((SECONDS - start)) s)"
    else
        echo "not ok - $1: $4 ($((SECONDS - start)) s)"
        exit 1
    fi
}

if [ ! -e "$folder/base/usr/bin/git" ]; then
    note "debootstrap $suite"
    debootstrap --variant=minbase --include=git "$suite" "$folder/base" "$mirror"
fi

note "as root"
fresh root
chroot "$folder/root" chown -R root:root /home/new/tunetop
tried "as root" root root "./dev run --version"
tried "as root" root root "./dev run --version"
tried "as root" root root "./dev check"

note "as a user"
fresh user
if inside user new "cd tunetop && ./dev run --version" >"$folder/without-sudo" 2>&1; then
    echo "not ok - a user without sudo cannot have installed packages"
    exit 1
fi
cat "$folder/without-sudo"
grep -q 'libncurses-dev' "$folder/without-sudo" && grep -q 'administrator' "$folder/without-sudo"
echo "ok - without sudo the message names the packages"

chroot "$folder/user" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q \
    --no-install-recommends sudo >/dev/null
# As in many images of containers and clouds: no package lists, so they have to be fetched first.
rm -rf "$folder"/user/var/lib/apt/lists/*
echo 'new ALL=(ALL) NOPASSWD: ALL' >"$folder/user/etc/sudoers.d/new"
tried "with sudo" user new "./dev run --version"
tried "with sudo" user new "./dev check"
tried "with sudo" user new "./dev install --prefix ~/.local && ~/.local/bin/tunetop --version"
echo
echo "all of it worked"
