#!/usr/bin/env bash
#
# A brew whose services are jobs of the launchctl beside it, in the domain that brew chooses:
# system for root, user/UID for who came by sudo or by ssh to another user's screen, else gui/UID.
# $FAKE/brew/uid is who calls, $FAKE/brew/owner who owns the service.

set -u
state=${FAKE:?}/brew
printf 'brew %s\n' "$*" >>"$FAKE/log"
uid=$(cat "$state/uid")
plist=$FAKE/homebrew.mxcl.ollama.plist

if [ "$1" = --version ]; then
    echo 'Homebrew 5.1.3'
    exit
fi
if [ -n "${SUDO_USER-}" ] || { [ -n "${SSH_TTY-}" ] && [ -f "$state/other-screen" ]; }; then
    domain=user/$uid
else
    domain=gui/$uid
fi
job=$domain/homebrew.mxcl.ollama

case "$2 $3" in
'info ollama')
    pid=$(launchctl print "$job" 2>/dev/null | sed -n 's/^\tpid = //p')
    echo 'Warning: brew was updated.' >&2
    printf '[{"name": "ollama", "service_name": "homebrew.mxcl.ollama", "running": %s,
 "loaded": true, "schedulable": false, "pid": %s, "exit_code": null, "user": "%s",
 "status": "started", "file": "%s"}]\n' \
        "$([ -n "$pid" ] && echo true || echo false)" "${pid:-null}" "$(cat "$state/owner")" "$plist"
    ;;
'restart ollama')
    launchctl bootout "$job" 2>/dev/null
    while launchctl print "$job" >/dev/null 2>&1; do :; done
    printf '<plist><key>RunAtLoad</key></plist>\n' >"$plist" # as it comes, whatever was edited
    launchctl bootstrap "$domain" "$plist"
    ;;
*)
    echo "Error: No available formula with the name \"$3\"." >&2
    exit 1
    ;;
esac
