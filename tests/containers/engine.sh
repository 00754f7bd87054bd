# shellcheck shell=bash
# shellcheck disable=SC2154 # t_dir is of tests/lib.sh, c_project and c_port of who sources this
# Sourced by the tests with real containers, after tests/lib.sh: podman with storage, networks and
# settings of its own below $t_dir, so that nobody's containers are touched or seen, and an image
# made of busybox and of tests/fake_server.c under the name of ollama.
#
# podman-compose 1.0.3 knows no network_mode, so they have networks. crun does not start where control
# groups are of both versions, and raising limits of processes takes CAP_SYS_RESOURCE, which is why
# runc and no limits are asked for.

c_why=
c_image=localhost/tunetop-test:1
c_service_pid=

# Whether containers run here; c_why says why not.
c_setup() {
    if [ "${CI-}" = true ] && [ "${c_scope-}" != all ]; then
        t_skip_all 'CI has a stage for it (./dev containers)'
    fi
    local program
    # Those that lib.sh put away; docker is this machine's only with a socket of ours.
    rm -f "${t_asleep:?}"/podman* "$t_asleep"/docker*
    for program in podman podman-compose runc busybox; do
        if ! command -v "$program" >/dev/null; then
            c_why="there is no $program (./dev setup containers)"
            return 1
        fi
    done
    if [ "$(id -u)" != 0 ]; then
        c_why='they are made as root here'
        return 1
    fi
    mkdir -p "$t_dir/c/tmp" "$t_dir/c/networks" "$t_dir/c/rootfs"
    cat >"$t_dir/c/containers.conf" <<END
[containers]
default_ulimits = []
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$t_dir/c/tmp"
[network]
network_config_dir = "$t_dir/c/networks"
END
    cat >"$t_dir/c/storage.conf" <<END
[storage]
driver = "vfs"
graphroot = "$t_dir/c/root"
runroot = "$t_dir/c/run"
END
    export CONTAINERS_CONF=$t_dir/c/containers.conf CONTAINERS_STORAGE_CONF=$t_dir/c/storage.conf
    export DOCKER_HOST=unix://$t_dir/c/none.sock
    unset DOCKER_CONTEXT CONTAINER_HOST COMPOSE_FILE COMPOSE_PROJECT_NAME
    trap c_cleanup EXIT
    (
        cd "$t_dir/c/rootfs" || exit 1
        mkdir -p bin dev etc proc sys tmp
        cp "$(command -v busybox)" bin/busybox
        for program in sh sleep tail test cat true false; do
            ln -s busybox "bin/$program"
        done
        cd "${abs_srcdir:?}" && cc -static -O1 -D_GNU_SOURCE -I. -o "$t_dir/c/rootfs/bin/ollama" \
            tests/fake_server.c tests/fake_models.c tests/fake_runner.c
    ) >"$t_dir/c/log" 2>&1 || {
        c_why="the image cannot be made: $(tail -n 1 "$t_dir/c/log")"
        return 1
    }
    if ! tar -C "$t_dir/c/rootfs" -c . | podman import - "$c_image" >"$t_dir/c/log" 2>&1 ||
        ! podman run --rm --network host "$c_image" true >"$t_dir/c/log" 2>&1; then
        c_why="podman runs no container here: $(tail -n 1 "$t_dir/c/log")"
        return 1
    fi
}

c_cleanup() {
    [ -z "$c_service_pid" ] || { kill "$c_service_pid" && wait "$c_service_pid"; } 2>/dev/null
    podman rm --all --force --time 0 >/dev/null 2>&1
    podman pod rm --all --force >/dev/null 2>&1
    podman network prune --force >/dev/null 2>&1
    pkill -9 -f "conmon .*$t_dir/c/" # of those that were killed while they made one
    t_cleanup
}

# Skips, except where CI asked for all: it must not go green for having run nothing.
c_cannot() {
    if [ "${1:-}" = all ] && [ -n "${CI:-}" ] && [ "$CI" != false ]; then
        printf '1..1\nnot ok 1 - containers run here: %s\n' "$c_why"
        exit 1
    fi
    t_skip_all "containers: $c_why"
}

# podman's other face: docker's API on a socket.
c_socket() {
    podman system service --time 0 "unix://$t_dir/c/podman.sock" >"$t_dir/c/service.log" 2>&1 &
    c_service_pid=$!
    local tries=0
    until [ -S "$t_dir/c/podman.sock" ]; do
        tries=$((tries + 1))
        [ "$tries" -lt 200 ] && kill -0 "$c_service_pid" 2>/dev/null || return 1
        sleep 0.05
    done
    export DOCKER_HOST=unix://$t_dir/c/podman.sock DOCKER_CONFIG=$t_dir/c/docker
    mkdir -p "$DOCKER_CONFIG/cli-plugins"
}

# What holds a command still, to be killed in the middle: podman and docker go through it, and wait
# while there is a file of the name of one of their words; or cannot remove a container, as podman where
# something of a command that was killed holds its folder.
c_holds() {
    local program
    mkdir -p "$t_dir/hold"
    for program in podman docker; do
        cat >"$t_dir/hold/$program" <<END
#!/bin/sh
for word; do
    if [ -e "$t_dir/hold/at-\$word" ]; then
        : >"$t_dir/hold/held"
        while [ -e "$t_dir/hold/at-\$word" ]; do sleep 0.05; done
    fi
    if [ -s "$t_dir/hold/busy-\$word" ]; then # as often as it has lines
        sed -i 1d "$t_dir/hold/busy-\$word"
        echo 'Error: removing container 6b1063e2084c root filesystem: 1 error occurred:' >&2
        printf '\t* unlinkat /srv/6b1063e2084c/merged: device or resource busy\n' >&2
        exit 125
    fi
done
exec "$(command -v $program || echo $program)" "\$@"
END
        chmod +x "$t_dir/hold/$program"
    done
    PATH=$t_dir/hold:$PATH
}
# What a killed one had started goes on for itself: it has ended.
c_no_child() { # COMPOSE-FILE
    # shellcheck disable=SC2009 # pgrep would find the shell of this line, too
    ! ps -eo args | grep -Eq "[/]${1#/}( |\$)|[p]odman (stop|rm|run) .*${c_project}_ollama_1"
}

# c_until NAME COMMAND...: as t_wait_for, for what takes longer than that waits.
c_until() {
    local name=$1 tries=0
    shift
    until "$@" >/dev/null 2>&1 || [ "$tries" -ge 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    t_ok "$name" "$@"
}

c_free_port() {
    "${abs_builddir:?}/tests/fake_server" --kind ollama </dev/null | cut -d ' ' -f 1
}

# The container of a service, of project $c_project.
c_id() {
    podman ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$c_project" \
        --filter "label=com.docker.compose.service=$1"
}
c_running() {
    podman ps --quiet --no-trunc --filter "label=com.docker.compose.project=$c_project" \
        --filter "label=com.docker.compose.service=$1"
}
c_pid() {
    podman inspect --format '{{.State.Pid}}' "$(c_id "$1")"
}
# c_env SERVICE NAME: what its process really has.
c_env() {
    tr '\0' '\n' <"/proc/$(c_pid "$1")/environ" | sed -n "s/^$2=//p"
}
# What its control group really allows, in bytes.
c_memory() {
    local pid path
    pid=$(c_pid "$1")
    path=$(sed -n 's/^[0-9]*:memory://p' "/proc/$pid/cgroup")
    if [ -n "$path" ]; then
        cat "/sys/fs/cgroup/memory$path/memory.limit_in_bytes"
    else
        path=$(sed -n 's/^0:://p' "/proc/$pid/cgroup")
        cat "/sys/fs/cgroup$path/memory.max"
    fi
}
c_answers() {
    busybox wget -q -O - "http://127.0.0.1:$c_port/api/version"
}

# An image by the name of one of ComfyUI that takes flags from CLI_ARGS, made of the other one.
c_comfyui_image=localhost/yanwk/comfyui-boot:1
c_comfyui() {
    cat >"$t_dir/c/rootfs/bin/start" <<'END'
#!/bin/sh
# shellcheck disable=SC2086 # as those images do it
tail -f /dev/null | ollama --kind comfyui --host 0.0.0.0 --port 8188 main.py --listen $CLI_ARGS
END
    chmod +x "$t_dir/c/rootfs/bin/start"
    tar -C "$t_dir/c/rootfs" -c . |
        podman import --change 'CMD ["/bin/start"]' - "$c_comfyui_image" >"$t_dir/c/log" 2>&1
}
c_answers_flags() {
    busybox wget -q -O - "http://127.0.0.1:$c_port/system_stats"
}
# What its process says of itself, behind --listen, flags in alphabetical order.
c_flags() {
    c_answers_flags | sed 's/.*"main.py", "--listen"//; s/\].*//; s/[",]//g; s/ --/\n--/g' | sort |
        tr '\n' ' ' | sed 's/^ *//; s/ *$//; s/^/ /'
}

# c_file PARALLEL MEMORY [HEALTH]: the compose file, as somebody else wrote it. Without a healthcheck
# things go faster: podman's are run by systemd, or, overdue, by tunetop.
c_file() {
    cat <<END
# the machine's models
services:
  db:
    image: $c_image
    command: ["sleep", "100000"]
    stop_signal: SIGKILL
  ollama:
    image: $c_image
    command: ["sh", "-c", "tail -f /dev/null | ollama --kind ollama --models 0 --host 0.0.0.0 --port 11434"]
    ports: ["127.0.0.1:$c_port:11434"]
    stop_signal: SIGKILL
    depends_on: [db]
    environment:
      OLLAMA_NUM_PARALLEL: "$1"   # at once
      EMPTY: ""
    mem_limit: $2
END
    [ -z "${3:-}" ] || cat <<END
    healthcheck:
      test: "$3"
      interval: 1s
      timeout: 1s
      retries: 2
END
}
