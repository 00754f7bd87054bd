#!/usr/bin/env bash
#
# A sudo that stays who it is, and sets what sudo sets: sudo -n -H -u '#UID' -- COMMAND...

set -u
printf 'sudo %s\n' "$*" >>"${FAKE:?}/log"
while [ "$1" != -- ]; do
    shift
done
shift
SUDO_USER=root SUDO_UID=0 exec "$@"
