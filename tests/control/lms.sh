#!/usr/bin/env bash
#
# An lms whose server keeps running for two more looks after it was stopped, and which forgets that
# web pages may use it when it is started without --cors. $FAKE/lms/old: it prints a line for people
# before its JSON.

set -u
state=${FAKE:?}/lms
config=$HOME/.lmstudio/.internal/http-server-config.json
printf 'lms %s\n' "$*" >>"$FAKE/log"

running() {
    local left
    if [ -f "$state/leaving" ]; then
        left=$(($(cat "$state/leaving") - 1))
        echo "$left" >"$state/leaving"
        if [ "$left" -le 0 ]; then
            rm -f "$state/leaving" "$state/running"
        fi
    fi
    [ -f "$state/running" ]
}

case "$1 $2" in
'server status')
    [ ! -f "$state/old" ] || echo 'The server is somewhere.'
    if running; then
        printf '{"running":true,"port":%s}\n' "$(cat "$state/running")"
    else
        printf '{"running":false,"port":null}\n'
    fi
    ;;
'server stop')
    if ! running; then
        echo 'The server is not running.' >&2
        exit 1
    fi
    echo 3 >"$state/leaving"
    ;;
'server start')
    shift 2
    port=1234 cors=false bind=127.0.0.1
    while [ $# -gt 0 ]; do
        case $1 in
        --help)
            echo 'Usage: lms server start [--port N] [--cors] [--bind ADDRESS]'
            exit
            ;;
        --port) port=$2 && shift ;;
        --bind) bind=$2 && shift ;;
        --cors) cors=true ;;
        esac
        shift
    done
    if [ -f "$state/never-starts" ]; then
        echo 'Failed to verify the server is running. Please try to use another port.' >&2
        exit 1
    fi
    rm -f "$state/leaving"
    echo "$port" >"$state/running"
    printf '{"port": %s, "cors": %s, "networkInterface": "%s"}\n' "$port" "$cors" "$bind" >"$config"
    ;;
*)
    exit 64
    ;;
esac
