#!/usr/bin/env bash
#
# A launchctl that keeps its jobs in $FAKE/launchd and misbehaves as the real one does: bootout
# comes back before the job has ended; bootstrap fails while it is ending (37), of what is loaded
# already (5), of a disabled label (119), or as $FAKE/launchd/refuse says, a status a line. Which
# domains are there stands in $FAKE/launchd/domains. What was asked of it is in $FAKE/log.

set -u
state=${FAKE:?}/launchd
printf 'launchctl %s\n' "$*" >>"$FAKE/log"

fail() { # STATUS TEXT
    printf '%s\n' "$2" >&2
    exit "$1"
}

reason() {
    case $1 in
    5) echo 'Input/output error' ;;
    37) echo 'Operation already in progress' ;;
    119) echo 'Service is disabled' ;;
    125) echo 'Domain does not support specified action' ;;
    *) echo 'Unknown error' ;;
    esac
}

# The job of DOMAIN/LABEL is a folder: path, pid, runs, leaving (how many more looks until it is
# gone), code.
job_of() {
    echo "$state/jobs/${1//\//,}"
}

start() { # JOB
    sleep 1000 >/dev/null 2>&1 &
    echo $! >"$1/pid"
    echo $! >>"$FAKE/pids"
    echo $(($(cat "$1/runs" 2>/dev/null || echo 0) + 1)) >"$1/runs"
}

lives() { # JOB
    [ -s "$1/pid" ] && kill -0 "$(cat "$1/pid")" 2>/dev/null
}

# One look nearer to its end.
age() { # JOB
    local left
    [ -f "$1/leaving" ] || return 0
    left=$(($(cat "$1/leaving") - 1))
    if [ "$left" -gt 0 ]; then
        echo "$left" >"$1/leaving"
    else
        kill "$(cat "$1/pid")" 2>/dev/null
        rm -rf "$1"
    fi
}

need_domain() { # DOMAIN STATUS TEXT
    grep -qx "$1" "$state/domains" || fail "$2" "$3"
}

verb=$1
shift
case $verb in
print)
    domain=${1%/*} job=$(job_of "$1")
    need_domain "$domain" 112 "Bad request.
Could not find domain for user gui: 501"
    [ ! -d "$job" ] || age "$job"
    [ -d "$job" ] || fail 113 "Bad request.
Could not find service \"${1##*/}\" in domain for $domain"
    printf '%s = {\n\tactive count = 1\n\tpath = %s\n\ttype = LaunchAgent\n' "$1" "$(cat "$job/path")"
    if lives "$job"; then
        printf '\tstate = running\n\n\truns = %s\n\tpid = %s\n' "$(cat "$job/runs")" "$(cat "$job/pid")"
    else
        printf '\tstate = not running\n\n\truns = 0\n\tlast exit code = %s\n' \
            "$(cat "$job/code" 2>/dev/null || echo '(never exited)')"
    fi
    printf '\tenvironment = {\n\t\tXPC_SERVICE_NAME => %s\n\t}\n' "${1##*/}"
    printf '\tresource coalition = {\n\t\tstate = active\n\t\tpid = 1\n\t}\n}\n'
    ;;
print-disabled)
    printf 'disabled services = {\n'
    while read -r label; do
        printf '\t\t"%s" => %s\n' "$label" "$(cat "$state/disabled-word")"
    done <"$state/disabled"
    printf '\t\t"com.example.other" => enabled\n\t}\n'
    ;;
bootout)
    job=$(job_of "$1")
    need_domain "${1%/*}" 125 "Boot-out failed: 125: $(reason 125)"
    [ -d "$job" ] || fail 3 'Boot-out failed: 3: No such process'
    cat "$state/slow" >"$job/leaving"
    ;;
bootstrap)
    domain=$1 path=$2 label=$(basename "$2" .plist)
    job=$(job_of "$domain/$label")
    need_domain "$domain" 125 "Bootstrap failed: 125: $(reason 125)"
    if [ -s "$state/refuse" ]; then
        status=$(head -n 1 "$state/refuse")
        sed -i.old 1d "$state/refuse"
        fail "$status" "Bootstrap failed: $status: $(reason "$status")
Try re-running the command as root for richer errors."
    fi
    if [ -f "$job/leaving" ]; then
        fail 37 "Bootstrap failed: 37: $(reason 37)"
    elif [ -d "$job" ] || [ ! -f "$path" ]; then
        fail 5 "Bootstrap failed: 5: $(reason 5)"
    elif grep -qx "$label" "$state/disabled"; then
        fail 119 "Bootstrap failed: 119: $(reason 119)"
    fi
    mkdir -p "$job"
    echo "$path" >"$job/path"
    if grep -q '<key>RunAtLoad</key>' "$path"; then
        start "$job"
    fi
    ;;
kickstart)
    job=$(job_of "$1")
    [ -d "$job" ] || fail 113 "Could not find service \"${1##*/}\" in domain"
    if [ -f "$state/never-starts" ]; then
        echo '78: EX_CONFIG' >"$job/code"
    elif ! lives "$job"; then
        start "$job"
    fi
    ;;
*)
    fail 64 "Unrecognized subcommand: $verb"
    ;;
esac
