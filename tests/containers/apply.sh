#!/usr/bin/env bash
#
# tunetop with real containers, found by their labels alone: limits, environment and id of the
# running container before, after apply, after undo, after a healthcheck that fails, after a kill -9
# in each step.
#
#   apply.sh        applied and undone, with this machine's podman-compose
#   apply.sh all    all of it, and with docker's compose against podman's socket

. "${abs_srcdir:?}/tests/judges/tools.sh" # looks below the home that lib.sh puts away
. "$abs_srcdir/tests/containers/begin.sh"
# Beside what the profile wishes, less memory than any model takes: only for who insists.
less=(--set deploy.resources.limits.memory=96M)
MB=1048576
projects=0

# begin NAME COMMAND...: a project that runs, and a configuration that names nothing but its address.
begin() {
    name=$1
    shift
    up=("$@")
    c_begin "a$$n$((++projects))" "$@"
    t_wait_for "$name: it answers" c_answers
    old=$(c_running ollama) db=$(c_running db)
}
# what WORDS: the running container has those values, and the neighbour is the same.
has() { # NAME PARALLEL BYTES
    t_is "$name: $1: environment and limit" \
        "$(c_env ollama OLLAMA_NUM_PARALLEL) $(c_memory ollama)" "$2 $3"
    t_is "$name: $1: the neighbour is the same" "$(c_running db)" "$db"
}
anew() {
    local id
    id=$(c_running ollama)
    t_is "$name: $1: another container" "$([ -n "$id" ] && [ "$id" != "$old" ] && echo yes)" yes
    old=$id
}
same() {
    t_is "$name: $1: the same container" "$(c_running ollama)" "$old"
}
as_before() {
    t_cmp "$name: $1: the file is as before" "$file" "$t_dir/before"
}
tunetop() {
    t_run "$TUNETOP" "$@"
    t_what="$name: $*"
}

try_engine() {
    begin "$@"
    tunetop plan mine "${less[@]}" --ascii
    t_expect_status 0
    t_expect_out '^  restart +cd .* up '
    t_expect_out '2 -> 4'
    t_expect_out '64m -> 96M'
    same 'planned'
    sed -n 's/^  \(run\|restart\) .* && \(.*\)/# \2/p' "$t_dir/out"

    # Edits of somebody else would come with it.
    sed 's/EMPTY: ""/EMPTY: "no"/' "$t_dir/before" >"$file"
    tunetop plan mine "${less[@]}" --ascii
    t_expect_out 'variable EMPTY would change'
    tunetop apply mine "${less[@]}" --yes
    t_expect_status 1
    t_expect_err 'variable EMPTY would change'
    cp "$t_dir/before" "$file"
    same 'refused'

    tunetop apply mine "${less[@]}" --yes
    t_expect_status 0
    t_expect_out '^  ollama +OLLAMA_NUM_PARALLEL +4 +ok '
    t_expect_out '^  ollama +mem_limit +96M +ok '
    anew 'applied'
    has 'applied' 4 $((96 * MB))
    t_ok "$name: the file has it" grep -q 'OLLAMA_NUM_PARALLEL: "4"   # at once' "$file"
    tunetop undo --yes
    t_expect_status 0
    anew 'undone'
    has 'undone' 2 $((64 * MB))
    as_before 'undone'

    # Somebody writes all of it himself: a restart alone brings it, once, and no edit but that.
    c_file 4 96m | sed 's/EMPTY: ""/EMPTY: "no"/' >"$file"
    tunetop apply mine "${less[@]}" --yes
    t_expect_status 1
    t_expect_err 'a restart would bring more than is planned: ollama: variable EMPTY would change;'
    same 'refused'
    c_file 4 96m >"$file"
    cp "$file" "$t_dir/edited"
    tunetop plan mine "${less[@]}" --ascii
    t_expect_out '^ +its process is older than its file$'
    t_expect_out ': nothing to write, 1 service only restarted, '
    tunetop apply mine "${less[@]}" --yes
    t_expect_status 0
    t_expect_out '^  ollama +OLLAMA_NUM_PARALLEL +4 +ok '
    anew 'older than its file'
    has 'older than its file' 4 $((96 * MB))
    t_cmp "$name: the file is untouched" "$file" "$t_dir/edited"
    tunetop apply mine "${less[@]}" --yes
    t_expect_status 0
    t_expect_out '^mine: nothing to change'
    same 'it has all of it'
    cp "$t_dir/before" "$file"
    podman rm --force --time 0 "$old" >/dev/null 2>&1
    "${up[@]}" -p "$c_project" -f "$file" up -d >"$t_dir/c/log" 2>&1
    t_wait_for "$name: it answers" c_answers
    old=$(c_running ollama)
}

# Well before, and not with the new values: put back, and running as before.
try_health() {
    c_file 2 64m 'test $$OLLAMA_NUM_PARALLEL = 2' >"$file"
    cp "$file" "$t_dir/before"
    podman rm --force --time 0 "$old" >/dev/null 2>&1
    "${up[@]}" -p "$c_project" -f "$file" up -d >"$t_dir/c/log" 2>&1
    t_wait_for "$name: it answers" c_answers
    old=$(c_running ollama)
    tunetop apply mine "${less[@]}" --yes
    t_expect_status 3
    t_expect_out 'healthcheck fails'
    t_expect_out 'The last line of its log: '
    anew 'a healthcheck that fails'
    has 'a healthcheck that fails' 2 $((64 * MB))
    as_before 'a healthcheck that fails'
    tunetop recover --yes
    t_expect_out 'nothing was cut off'
}

# kill -9 in a step: while a command is held ("held:WORD"), or when a step was begun.
try_kill() {
    local step pid
    for step; do
        cp "$t_dir/before" "$file"
        rm -f "$t_dir/hold/held"
        [ "${step#held:}" = "$step" ] || : >"$t_dir/hold/at-${step#held:}"
        : >"$t_dir/progress"
        "$TUNETOP" apply mine "${less[@]}" --yes --progress-fd 7 7>"$t_dir/progress" </dev/null \
            >"$t_dir/killed" 2>&1 &
        pid=$!
        case $step in
        held:*) c_until "$name: $step: it is there" test -e "$t_dir/hold/held" ;;
        *) c_until "$name: $step: it is there" grep -q "\"begin\",\"action\":\"$step\"" \
            "$t_dir/progress" ;;
        esac
        kill -9 "$pid"
        wait "$pid" 2>/dev/null
        rm -f "$t_dir"/hold/at-*
        c_until "$name: $step: what it had started ends" c_no_child "$file"
        tunetop recover --yes
        t_expect_status 0
        t_wait_for "$name: killed at $step: it answers" c_answers
        if cmp -s "$file" "$t_dir/before"; then
            has "killed at $step, put back" 2 $((64 * MB))
        else
            has "killed at $step, finished" 4 $((96 * MB))
            tunetop undo --yes
            t_expect_status 0
            has "killed at $step, undone" 2 $((64 * MB))
        fi
        as_before "killed at $step"
        tunetop recover --yes
        t_expect_out 'nothing was cut off'
        old=$(c_running ollama)
    done
}

# An image of ComfyUI whose script puts the flags of a variable behind main.py.
try_flags() {
    name="$1: CLI_ARGS"
    shift
    c_project="f$$n$((++projects))"
    c_port=$(c_free_port)
    file=$HOME/$c_project/compose.yaml
    mkdir -p "$HOME/$c_project"
    t_ok "$name: its image" c_comfyui
    cat >"$file" <<END
services:
  comfyui:
    image: $c_comfyui_image
    ports: ["127.0.0.1:$c_port:8188"]
    stop_signal: SIGKILL
    environment:
      - CLI_ARGS=--lowvram --preview-method auto   # ours
END
    cp "$file" "$t_dir/before"
    c_config comfyui
    "$@" -p "$c_project" -f "$file" up -d >"$t_dir/c/log" 2>&1
    t_wait_for "$name: it answers" c_answers_flags
    tunetop plan high -s comfyui --set --cache-lru=10 --set --preview-method=none --ascii
    t_expect_out '^\+      - CLI_ARGS=--lowvram --preview-method none --cache-lru 10 +# ours$'
    tunetop apply high -s comfyui --set --cache-lru=10 --set --preview-method=none --yes
    t_expect_status 0
    t_expect_out '^  comfyui +--cache-lru +10 +ok '
    t_expect_out '^  comfyui +--preview-method +none +ok '
    t_is "$name: applied: its process" "$(c_flags)" ' --cache-lru 10 --lowvram --preview-method none'
    t_ok "$name: applied: the rest of the line" grep -q -- '--lowvram.*   # ours$' "$file"
    tunetop verify high -s comfyui --set --cache-lru=10
    t_expect_out '^ +comfyui +--cache-lru +10 +10 +10 +ok '
    tunetop undo --yes
    t_expect_status 0
    t_is "$name: undone: its process" "$(c_flags)" ' --lowvram --preview-method auto'
    as_before 'undone'
    podman rm --force --time 0 "$(c_id comfyui)" >/dev/null 2>&1
}

try_engine "podman-compose" podman-compose
if [ "${1:-}" = all ]; then
    c_file 2 64m >"$file"
    try_kill write held:stop held:rm held:run verify
    try_health
fi
try_flags "podman-compose" podman-compose
if [ "${1:-}" = all ]; then
    if have_judges && command -v docker >/dev/null && c_socket; then
        ln -s "$docker_compose" "$DOCKER_CONFIG/cli-plugins/docker-compose"
        try_engine "docker compose $compose_version" docker compose
        try_kill held:--force-recreate
        try_flags "docker compose $compose_version" docker compose
    else
        echo "# docker compose: not run here: no docker, no judges, or podman has no socket"
    fi
fi
t_done
