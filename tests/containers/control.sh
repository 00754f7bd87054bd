#!/usr/bin/env bash
#
# Restarts of real containers by tuning/control/compose*.c, through tests/containers/control_driver:
# each way to run a project that there is here.
#
#   control.sh        podman-compose of this machine
#   control.sh all    besides, the podman-compose and the docker-compose of ./dev setup judges, the
#                     latter (alone and as docker's plugin) against podman's socket
. "${abs_srcdir:?}/tests/judges/tools.sh" # looks below the home that lib.sh puts away
. "$abs_srcdir/tests/lib.sh"
. "$abs_srcdir/tests/containers/engine.sh"

c_scope=${1-}
c_setup || c_cannot "$@"
driver=${abs_builddir:?}/tests/containers/control_driver
real_path=$PATH

c_holds

drive() { # ACTION [SERVICE]
    t_run "$driver" "$1" ollama "$c_project" "${2:-ollama}" "$t_dir/$c_project" \
        "$t_dir/$c_project/compose.yaml" "$engine"
    t_what="$c_project ($engine): $1"
}
put_file() {
    c_file "$@" >"$t_dir/$c_project/compose.yaml"
}
said() {
    sed -n "s/^$1: //p" "$t_dir/out" | tail -n 1
}

# Another container with these values, and the neighbour as it was.
expect_anew() { # NAME PARALLEL BYTES
    local id
    t_expect_status 0
    id=$(c_running ollama)
    t_is "$1: another container" "$([ -n "$id" ] && [ "$id" != "$old" ] && echo yes)" yes
    t_is "$1: and that is what is said" "$(said id)" "$id"
    t_is "$1: environment of the process" "$(c_env ollama OLLAMA_NUM_PARALLEL)" "$2"
    t_is "$1: limit of its control group" "$(c_memory ollama)" "$3"
    t_is "$1: the neighbour is the same" "$(c_running db)" "$db"
    t_wait_for "$1: it answers" c_answers
    old=$id
}

MB=1048576
try_engine() { # NAME PATH-FOLDER COMMAND...: with the engine $engine
    local name=$1
    PATH=$2:$real_path
    shift 2
    c_project=p$$n$((++projects))
    c_port=$(c_free_port)
    mkdir -p "$t_dir/$c_project"
    put_file 2 64m
    if ! "$@" -p "$c_project" -f "$t_dir/$c_project/compose.yaml" up -d >"$t_dir/c/log" 2>&1; then
        t_report 1 "$name: the project starts: $(tail -n 1 "$t_dir/c/log")"
        return
    fi
    old=$(c_running ollama) db=$(c_running db)
    t_wait_for "$name: before: it answers" c_answers
    t_is "$name: before" "$(c_env ollama OLLAMA_NUM_PARALLEL) $(c_memory ollama)" "2 $((64 * MB))"

    drive steps
    t_expect_status 0
    echo "# $name: $(said engine) $(said version): $(sed -n 's/^\(run\|restart\): //p' "$t_dir/out" |
        sed 's/.*&& //' | tr '\n' ';')"
    t_is "$name: nothing else stops" "$(said interrupts)" ''
    drive pending
    t_is "$name: nothing is pending" "$(grep -c '^would' "$t_dir/out") $(said pending)" '0 known'
    drive restart
    expect_anew "$name: restarted" 2 $((64 * MB))
    drive pending
    t_is "$name: nor after it" "$(grep -c '^would' "$t_dir/out") $(said pending)" '0 known'

    # An edit takes effect, is seen before by whoever asks, and is undone.
    put_file 4 96m
    drive pending
    t_expect_out '^would: variable OLLAMA_NUM_PARALLEL would change$'
    t_expect_out '^would: memory limit would become (96m|100663296 bytes) instead of (64m|67108864)$'
    drive restart
    expect_anew "$name: changed" 4 $((96 * MB))
    put_file 2 64m
    drive restart
    expect_anew "$name: undone" 2 $((64 * MB))

    # What cannot work is found before anything is touched.
    put_file '${TUNETOP_NO_SUCH}' 64m
    drive pending
    t_expect_status 1
    t_expect_out '^error: not set here, and the compose file needs it: TUNETOP_NO_SUCH'
    { put_file 2 64m && echo '  broken: [' >>"$t_dir/$c_project/compose.yaml"; }
    drive restart
    t_expect_status 1
    t_expect_out '^error: '
    put_file 2 64m
    drive pending
    podman untag "$c_image"
    drive pending
    t_expect_status 1
    t_expect_out "^error: image '$c_image' of container '.*' is not here any more"
    podman tag "$c_imported" "$c_image"
    t_is "$name: nothing of that touched it" "$(c_running ollama)" "$old"
}

# A healthcheck that fails is seen; podman's timers are systemd's, here they are nobody's.
try_health() {
    local tries=0
    put_file 2 64m 'test ! -e /bin/sh'
    drive restart
    old=$(c_running ollama)
    drive look
    while [ "$(said health)" != 0 ] && [ "$tries" -lt 60 ]; do
        tries=$((tries + 1))
        sleep 0.25
        drive look
    done
    t_is 'a healthcheck that fails' "$(said health)" 0
    t_expect_out '^words: its healthcheck fails'
    put_file 2 64m
    drive restart
    expect_anew 'put back after it' 2 $((64 * MB))
}

# kill -9 of whoever restarts, in the middle of each step: doing it again ends well.
try_kill() { # HELD-WORD...
    local word pid
    for word; do
        put_file 4 96m
        rm -f "$t_dir/hold/held"
        : >"$t_dir/hold/at-$word"
        "$driver" restart ollama "$c_project" ollama "$t_dir/$c_project" \
            "$t_dir/$c_project/compose.yaml" "$engine" </dev/null >/dev/null 2>&1 &
        pid=$!
        t_wait_for "killed at $word: it is there" test -e "$t_dir/hold/held"
        kill -9 "$pid"
        wait "$pid" 2>/dev/null
        rm -f "$t_dir/hold/at-$word"
        # What it had started goes on for itself.
        c_until "killed at $word: its child has ended" c_no_child "$t_dir/$c_project/compose.yaml"
        put_file 2 64m
        drive restart
        expect_anew "killed at $word, then put back" 2 $((64 * MB))
    done
}
try_deadline() { # HELD-WORD
    : >"$t_dir/hold/at-$1"
    export CONTROL_DRIVER_SECONDS=2
    drive restart
    unset CONTROL_DRIVER_SECONDS
    rm -f "$t_dir/hold/at-$1"
    t_expect_status 1
    t_expect_out '^error: .*(in time|deadline|late)'
    drive restart
    expect_anew 'after a restart that hung' 2 $((64 * MB))
}
# An engine that cannot remove the container for a moment is asked again, one that never can is not.
try_busy() { # WORD
    printf '1\n2\n' >"$t_dir/hold/busy-$1"
    drive restart
    expect_anew 'after a folder that was held' 2 $((64 * MB))
    t_is 'all of it was met' "$(cat "$t_dir/hold/busy-$1")" ''
    seq 20 >"$t_dir/hold/busy-$1"
    drive restart
    t_expect_status 1
    t_expect_out '^error: .*removing container 6b1063e2084c root filesystem'
    t_is 'four times' "$(grep -c . "$t_dir/hold/busy-$1")" 16
    rm "$t_dir/hold/busy-$1"
    drive restart
    expect_anew 'when it is let go' 2 $((64 * MB))
}

projects=0
c_imported=$(podman image inspect --format '{{.Id}}' "$c_image")
engine=auto
try_engine "podman-compose $(podman-compose version 2>/dev/null | sed -n 's/^podman-compose[^0-9]*//p')" \
    "$t_dir/hold" podman-compose

# No engine: what to do is said.
t_run env PATH="$t_dir/none:$real_path" CONTAINER_HOST="unix://$t_dir/none.sock" \
    DOCKER_HOST="unix://$t_dir/none.sock" "$driver" look ollama "$c_project" ollama \
    "$t_dir/$c_project" "$t_dir/$c_project/compose.yaml" docker
t_what='no engine'
if command -v docker >/dev/null; then
    t_expect_status 1
    t_expect_out '^error: .*engine of docker is not running: start it'
else
    t_expect_out "^error: neither docker nor podman is installed here|there is no program"
fi

if [ "${1:-}" = all ]; then
    try_health
    try_kill rm run
    try_deadline stop
    try_busy rm
    if have_judges; then
        mkdir -p "$t_dir/newer" "$t_dir/alone"
        cp "$t_dir/hold/podman" "$t_dir/hold/docker" "$t_dir/newer"
        ln -s "$podman_compose" "$t_dir/newer/podman-compose"
        try_engine "podman-compose $podman_compose_version" "$t_dir/newer" podman-compose
        if c_socket; then
            ln -s "$docker_compose" "$t_dir/alone/docker-compose"
            engine=docker-compose
            try_engine "docker-compose $compose_version" "$t_dir/alone" docker-compose
            if command -v docker >/dev/null; then
                ln -s "$docker_compose" "$DOCKER_CONFIG/cli-plugins/docker-compose"
                engine=docker
                try_engine "docker compose $compose_version" "$t_dir/hold" docker compose
                try_kill --force-recreate
            else
                echo "# docker compose: not run, there is no docker here"
            fi
        else
            t_report 1 "podman serves its API: $(tail -n 1 "$t_dir/c/service.log")"
        fi
    else
        t_report 1 'the judges are installed (./dev setup judges)'
    fi
    if podman compose version >/dev/null 2>&1; then
        echo "# podman compose: its provider is one of those above"
    else
        echo "# podman compose: not run, $(podman --version) has none"
    fi
fi
t_done
