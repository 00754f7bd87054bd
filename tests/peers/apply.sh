#!/usr/bin/env bash
#
# apply, undo and rolling back with real servers: each Ollama and ComfyUI of PEER_DIR, started by a
# pair of commands, and as a unit of a real `systemd --user`. What the servers themselves report is
# the judge: /api/ps, /system_stats, the environment of the process and the arguments of its
# runners. Prints TAP.
#
#   PEER_DIR=FOLDER ./dev peers apply [ollama|comfyui]...
#
# PEER_DIR holds ollama-VERSION/run/bin/ollama with its tiny.gguf and mid.gguf, and
# comfyui-VERSION/src/main.py with COMFYUI_VENV (or venv) beside them. Models, settings, units and
# journals are the test's own; the servers listen on ports of their own.
#
# Not part of `./dev check`: it takes minutes, and nobody else has these servers.

peers=${PEER_DIR-}
venv=${COMFYUI_VENV:-$peers/venv}
. "${abs_srcdir:?}/tests/lib.sh"
export PATH="${t_real_path:?}"

# In namespaces of processes and mounts of its own nothing outlives the test, and only what it
# started is found.
if [ "${TUNETOP_INSIDE-}" != yes ]; then
    [ -n "$peers" ] || t_skip_all 'PEER_DIR names no folder of real servers'
    rm -rf "$t_dir"
    trap - EXIT
    unshare --mount --pid --fork true 2>/dev/null || t_skip_all 'no namespaces can be made here'
    TUNETOP_INSIDE=yes exec unshare --mount --propagation private --pid --fork --kill-child \
        --mount-proc bash "$0" "$@"
fi

want=" ${*:-ollama comfyui} "
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
mkdir -p "$XDG_CONFIG_HOME/tunetop/profiles"
report=$t_dir/report
: >"$report"

# ---------------------------------------------------------------- asking the servers

port=
answer() { # PATH [BODY]
    if [ $# -gt 1 ]; then
        curl -s -m 300 -H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$port$1"
    else
        curl -s -m 20 "http://127.0.0.1:$port$1"
    fi
}
answers() {
    curl -s -f -m 2 -o /dev/null "http://127.0.0.1:$port$1"
}
# A server of its own accord takes longer than t_wait_for has patience.
wait_long() { # NAME COMMAND...
    local name=$1 end=$((SECONDS + 180))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            t_report 1 "$name"
            return 1
        fi
        sleep 0.1
    done
    t_report 0 "$name"
}
# model NAME: "CONTEXT SECONDS" as /api/ps has it, SECONDS until it is unloaded; nothing: not loaded
model() {
    answer /api/ps | python3 -c '
import json, sys, datetime
for m in json.load(sys.stdin)["models"]:
    if m["name"] == sys.argv[1] + ":latest":
        at = datetime.datetime.fromisoformat(m["expires_at"][:19] + "+00:00")
        left = (at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        print(m["context_length"], round(left))' "$1"
}
# model_has NAME CONTEXT FROM TO: loaded so, and stays for FROM to TO seconds
model_has() {
    local got context left
    got=$(model "$1")
    read -r context left <<<"${got:-none 0}"
    t_ok "$t_who: /api/ps: $1 with $2 for $3 to $4 s ($got)" \
        test "$context" = "$2" -a "$left" -ge "$3" -a "$left" -le "$4"
}
runners() {
    pgrep -P "$(pid)" -a
}
runner_has() { # WORDS
    t_ok "$t_who: a runner has '$1'" grep -qF -- "$1" <(runners)
}
has() { # NAME=VALUE: the process that serves has it
    t_ok "$t_who: the process has $1" grep -qzxF -- "$1" "/proc/$(pid)/environ"
}
has_not() { # NAME
    t_must_fail "$t_who: the process has no $1" grep -qz -- "^$1=" "/proc/$(pid)/environ"
}
arguments() { # as ComfyUI reports them
    answer /system_stats | python3 -c 'import json, sys; print(" ".join(json.load(sys.stdin)["system"]["argv"]))'
}
arguments_have() { # WORDS
    t_ok "$t_who: /system_stats has '$1'" grep -qF -- " $1 " <<<" $(arguments) "
    t_ok "$t_who: its command line has '$1'" \
        grep -qF -- " $1 " <<<" $(tr '\0' ' ' <"/proc/$(pid)/cmdline") "
}
arguments_have_not() { # WORD
    t_must_fail "$t_who: /system_stats has no '$1'" grep -qF -- " $1" <<<" $(arguments)"
}

# tunetop with its time: a line of the report
timed() { # NAME ARGUMENTS...
    local name=$1 start
    shift
    start=$(date +%s%N)
    t_run "$TUNETOP" "$@"
    echo "$t_who: $name took $((($(date +%s%N) - start) / 1000000)) ms, exit $t_status" >>"$report"
}

# ---------------------------------------------------------------- how a server is run

# Each way sets: pid (a function), start, where the settings stand (settings_are TEXT), the lines of
# tunetop.yaml.
steady=2
health='health: {interval: 2, timeout: 5, retries: 60, steady: '$steady'}'

pair_of() { # COMMAND...: the environment comes from $env, a line a variable
    printf '#!/usr/bin/env bash\nmapfile -t words <%q\n' "$env" >"$HOME/start"
    printf 'setsid env -i PATH=%q %s "${words[@]}" %s </dev/null >>%q 2>&1 &\n' "$PATH" \
        "$fixed" "$*" "$t_dir/server.log" >>"$HOME/start"
    # shellcheck disable=SC2016
    printf 'echo $! >%q\n' "$HOME/pid" >>"$HOME/start"
    cat >"$HOME/stop" <<'STOP'
#!/usr/bin/env bash
pid=$(cat "$HOME/pid")
kill "$pid" 2>/dev/null
while grep -q '^State:[[:space:]]*[^Z]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
STOP
    chmod +x "$HOME/start" "$HOME/stop"
    pid() { cat "$HOME/pid"; }
    start_it() { "$HOME/start"; }
    stop_it() { "$HOME/stop"; }
}

# A manager of our own for units of a user.
manager=
start_manager() {
    [ -z "$manager" ] || return 0
    local tries=0
    export XDG_RUNTIME_DIR=$t_dir/runtime
    export DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus
    mkdir -p "$HOME/.config/systemd/user"
    mkdir -m 700 "$XDG_RUNTIME_DIR" || return 1
    mount -t tmpfs -o mode=755 tmpfs /run && mkdir -p /run/systemd/system || return 1
    dbus-daemon --session --address="$DBUS_SESSION_BUS_ADDRESS" --nofork >/dev/null 2>&1 &
    t_own $!
    /usr/lib/systemd/systemd --user >"$t_dir/manager.log" 2>&1 &
    manager=$!
    t_own "$manager"
    until systemctl --user show-environment >/dev/null 2>&1; do
        tries=$((tries + 1))
        if [ "$tries" -ge 200 ] || ! kill -0 "$manager" 2>/dev/null; then
            sed 's/^/# /' "$t_dir/manager.log"
            return 1
        fi
        sleep 0.05
    done
}
unit_of() { # NAME COMMAND...: `fixed` holds the rest of its environment
    unit=$1
    shift
    {
        printf '[Unit]\nDescription=a real server\n[Service]\n'
        # shellcheck disable=SC2086
        printf 'Environment=%s\n' $fixed
        printf 'ExecStart=%s\nRestart=on-failure\n' "$*"
    } >"$HOME/.config/systemd/user/$unit.service"
    drop_in=$HOME/.config/systemd/user/$unit.service.d/50-tunetop.conf
    systemctl --user daemon-reload
    pid() { systemctl --user show "$unit" --property=MainPID --value; }
    start_it() { systemctl --user start "$unit"; }
    stop_it() { systemctl --user stop "$unit"; }
}

end_servers() {
    stop_it 2>/dev/null
    t_cleanup
}
pid() { echo 0; }
stop_it() { :; }
trap end_servers EXIT

# ---------------------------------------------------------------- Ollama

cat >"$XDG_CONFIG_HOME/tunetop/profiles/real.yaml" <<'END_OF_PROFILES'
profiles:
  - name: all
    best_for: a test
    services:
      - service: ollama
        settings:
          - {name: OLLAMA_KEEP_ALIVE, value: 30m}
          - {name: OLLAMA_CONTEXT_LENGTH, value: 2048}
          - {name: OLLAMA_NUM_PARALLEL, value: 2}
          - {name: OLLAMA_FLASH_ATTENTION, value: 1}
          - {name: OLLAMA_KV_CACHE_TYPE, value: q8_0}
  - name: queue
    best_for: a test
    services:
      - service: ollama
        settings:
          - {name: OLLAMA_MAX_QUEUE, value: 64}
  - name: pair
    best_for: a test
    services:
      - service: ollama
        settings:
          - {name: OLLAMA_FLASH_ATTENTION, value: 0}
          - {name: OLLAMA_KV_CACHE_TYPE, value: q8_0}
  - name: flags
    best_for: a test
    services:
      - service: comfyui
        settings:
          - {name: "--cache-lru", value: 7}
          - {name: "--preview-method", value: none}
  - name: newer
    best_for: a test
    services:
      - service: comfyui
        settings:
          - {name: "--cache-ram", value: 4}
  - name: variables
    best_for: a test
    services:
      - service: comfyui
        settings:
          - {name: ACCELERATE_USE_CPU, value: 1}
END_OF_PROFILES

load() { # MODEL [MORE]: as a client would
    answer /api/generate "{\"model\":\"$1\"${2:+,$2}}" >/dev/null
}
unload_all() {
    local name
    for name in tiny mid embed; do
        load "$name" '"keep_alive":0'
    done
}

# As of 0.30 models run in llama-server, whose arguments tell all; before, the log does.
ollama_runs_with() { # CONTEXT PARALLEL FLASH KV
    if [ "$dialect" = new ]; then
        runner_has " -c $(($1 * $2)) -np $2 "
        case $3 in
        1) runner_has ' --flash-attn on ' ;;
        *) runner_has ' --flash-attn auto ' ;;
        esac
        case $4 in
        '') t_must_fail "$t_who: no runner has a type of cache" grep -q -e --cache-type <(runners) ;;
        *) runner_has " --cache-type-k $4 --cache-type-v $4 " ;;
        esac
    else
        t_ok "$t_who: the log has Parallel:$2 KvSize:$(($1 * $2)) KvCacheType:$4" grep -q \
            "Operation:commit .*Parallel:$2 .*KvSize:$(($1 * $2)) KvCacheType:$4 " "$t_dir/server.log"
    fi
}

check_ollama() {
    local before
    : >"$t_dir/server.log"
    start_it
    wait_long "$t_who: serves" answers /api/version
    for name in tiny mid embed; do
        answer /api/show "{\"model\":\"$name\"}" | grep -q details && continue
        HOME=$t_dir/models OLLAMA_HOST=127.0.0.1:$port "$binary" create "$name" \
            -f "$t_dir/Modelfile.$name" >/dev/null 2>&1
    done
    version=$(answer /api/version | sed 's/.*:"\(.*\)"}/\1/')
    case $version in
    0.[12][0-9].*) dialect=old ;;
    *) dialect=new ;;
    esac

    # --- all of it, with a model that embeds and one that a client chose a context for ---
    load mid '"options":{"num_ctx":1024},"keep_alive":"1h"'
    answer /api/embed '{"model":"embed"}' >/dev/null
    before=$(pid)
    timed plan plan all --ascii
    t_expect_status 0
    t_expect_out 'interrupts ollama: 2 loaded models'
    : >"$t_dir/server.log"
    timed 'apply all' apply all --yes
    t_expect_status 0
    t_expect_out '^  ollama +applied'
    t_expect_out '^  ollama +OLLAMA_KEEP_ALIVE +30m +ok +process environment'
    t_expect_out '^  ollama +OLLAMA_CONTEXT_LENGTH +2048 +ok +(process environment|runner arguments)'
    if [ "$dialect" = new ]; then
        t_expect_out '^  ollama +OLLAMA_FLASH_ATTENTION +1 +ok +runner arguments'
        t_expect_out '^  ollama +OLLAMA_KV_CACHE_TYPE +q8_0 +ok +runner arguments'
    fi
    t_ok "$t_who: another process serves" test "$(pid)" != "$before"
    has OLLAMA_KEEP_ALIVE=30m
    has OLLAMA_CONTEXT_LENGTH=2048
    has OLLAMA_NUM_PARALLEL=2
    has OLLAMA_FLASH_ATTENTION=1
    has OLLAMA_KV_CACHE_TYPE=q8_0
    model_has mid 2048 1700 1800
    model_has embed 2048 1700 1800
    ollama_runs_with 2048 2 1 q8_0
    settings_are changed

    # --- nothing is left to do ---
    before=$(pid)
    timed 'apply again' apply all --yes
    t_expect_status 0
    t_is "$t_who: nothing is restarted" "$(pid)" "$before"
    timed verify verify all
    t_expect_status 0
    t_must_fail "$t_who: nothing differs" grep -q -i -E 'differs|restart_needed' "$t_dir/out"

    # --- taken back ---
    : >"$t_dir/server.log"
    timed undo undo --yes
    t_expect_status 0
    t_expect_out '^  ollama +OLLAMA_KV_CACHE_TYPE +not set +ok'
    has_not OLLAMA_KV_CACHE_TYPE
    has_not OLLAMA_NUM_PARALLEL
    model_has mid 4096 200 300
    model_has embed 4096 200 300
    ollama_runs_with 4096 1 '' ''
    settings_are old

    # --- what a client chose stays when the plan leaves it alone ---
    load mid '"options":{"num_ctx":1024},"keep_alive":"1h"'
    load embed '"keep_alive":0'
    timed 'apply queue' apply queue --yes
    t_expect_status 0
    has OLLAMA_MAX_QUEUE=64
    model_has mid 1024 3000 3600
    timed undo undo --yes
    t_expect_status 0
    has_not OLLAMA_MAX_QUEUE
    model_has mid 1024 3000 3600

    # --- a cache that one of the models cannot have ---
    load tiny '"keep_alive":-1'
    # As of 0.30 it does not load, before its runner ends with the first request.
    : >"$t_dir/server.log"
    timed 'apply all, put back' apply all --yes
    t_expect_status 3
    t_expect_out "^  ollama +rolled_back +model 'tiny:latest' does not answer"
    t_expect_out 'as before'
    has_not OLLAMA_KV_CACHE_TYPE
    settings_are old
    model_has mid 1024 3000 3600
    t_ok "$t_who: /api/ps: tiny stays for ever" \
        awk -v m="$(model tiny)" 'BEGIN { split(m, a); exit !(a[2] > 1e9) }'
    ollama_runs_with 4096 1 '' ''
    load tiny '"keep_alive":0'
    load mid
    if [ "$dialect" = new ]; then # no model loads with these two
        timed 'apply pair, put back' apply pair --yes
        t_expect_status 3
        t_expect_out 'does not answer'
        has_not OLLAMA_KV_CACHE_TYPE
        model_has mid 4096 200 300
    fi

    # --- preload: is loaded, whatever was ---
    unload_all
    sed -i 's/^    health:/    preload: [mid]\n&/' "$yaml"
    timed 'apply all, with preload' apply all --yes
    t_expect_status 0
    model_has mid 2048 1700 1800
    timed undo undo --yes
    t_expect_status 0
    unload_all
    timed 'apply queue, without models' apply queue --yes --no-warm
    t_expect_status 0
    t_is "$t_who: nothing is loaded" "$(answer /api/ps)" '{"models":[]}'
    timed undo undo --yes --no-warm
    t_expect_status 0
    stop_it
}

ollama_pair() {
    env=$HOME/ollama.env
    printf 'OLLAMA_KEEP_ALIVE=5m\n' >"$env"
    pair_of "$binary serve"
    settings_are() {
        case $1 in
        old) t_is "$t_who: the file is the old one" "$(cat "$env")" OLLAMA_KEEP_ALIVE=5m ;;
        *) t_ok "$t_who: the file has the new ones" grep -qx OLLAMA_KV_CACHE_TYPE=q8_0 "$env" ;;
        esac
    }
    cat >"$yaml" <<END_OF_YAML
services:
  - name: ollama
    kind: ollama
    url: http://127.0.0.1:$port
    config: {type: env_file, file: $env}
    control: {type: command, stop: [$HOME/stop], start: [$HOME/start]}
    $health
END_OF_YAML
    check_ollama
}

ollama_unit() {
    fixed="$fixed OLLAMA_KEEP_ALIVE=5m"
    unit_of ollama "$binary serve"
    printf 'StandardOutput=append:%s\nStandardError=inherit\n' "$t_dir/server.log" \
        >>"$HOME/.config/systemd/user/$unit.service"
    systemctl --user daemon-reload
    settings_are() {
        case $1 in
        old) t_must_fail "$t_who: there is no drop-in" test -e "$drop_in" ;;
        *) t_ok "$t_who: the drop-in has the new ones" grep -q OLLAMA_KV_CACHE_TYPE=q8_0 "$drop_in" ;;
        esac
    }
    cat >"$yaml" <<END_OF_YAML
services:
  - name: ollama
    kind: ollama
    url: http://127.0.0.1:$port
    $health
END_OF_YAML
    check_ollama
}

ollamas() {
    local folder
    for folder in "$peers"/ollama-*/; do
        folder=${folder%/}
        binary=$folder/run/bin/ollama
        if [ ! -x "$binary" ] || [ ! -f "$folder/mid.gguf" ]; then
            t_skip "$folder" 'it has no run/bin/ollama or no mid.gguf'
            continue
        fi
        mkdir -p "$t_dir/models"
        for name in tiny mid; do
            printf 'FROM %s\n' "$folder/$name.gguf" >"$t_dir/Modelfile.$name"
        done
        "$abs_srcdir/tests/peers/embedding.py" "$folder/mid.gguf" "$t_dir/embed.gguf"
        printf 'FROM %s\n' "$t_dir/embed.gguf" >"$t_dir/Modelfile.embed"
        port=$((port + 1))
        fixed="HOME=$t_dir/models OLLAMA_HOST=127.0.0.1:$port OLLAMA_NO_CLOUD=1"
        t_who="${folder##*/}, commands"
        ollama_pair
        t_who="${folder##*/}, unit"
        if start_manager; then
            ollama_unit
        else
            t_report 1 "$t_who: systemd --user starts"
        fi
        rm -rf "$t_dir/models"
    done
}

# ---------------------------------------------------------------- ComfyUI

steps() { # N: a prompt that takes N half seconds; says its id
    answer /prompt '{"prompt":{"1":{"class_type":"EmptyImage","inputs":{"width":64,"height":64,"batch_size":1,"color":'$RANDOM'}},
        "2":{"class_type":"PeerSteps","inputs":{"image":["1",0],"steps":'"$1"',"seconds":0.5}},
        "3":{"class_type":"PreviewImage","inputs":{"images":["2",0]}}}}'
}
remaining() {
    answer /prompt | sed 's/[^0-9]//g'
}
is_busy() {
    [ "$(remaining)" -gt 0 ]
}

check_queue() { # PROFILE: its apply changes something
    local before
    before=$(pid)
    steps 16 >/dev/null
    wait_long "$t_who: a prompt runs" is_busy
    timed 'apply, refused' apply "$1" --yes
    t_expect_status 1
    t_expect_err "--queue drain"
    t_is "$t_who: the same process serves" "$(pid)" "$before"
    t_ok "$t_who: and works on" is_busy
    settings_are old
    timed 'apply, drained' apply "$1" --yes --queue drain --progress-fd 1
    t_expect_status 0
    t_expect_out '"action":"queue_drain"'
    t_ok "$t_who: another process serves" test "$(pid)" != "$before"
    t_is "$t_who: nothing waits there" "$(remaining)" 0
    settings_are changed
    timed undo undo --yes
    t_expect_status 0
    settings_are old
}

comfyui_pair() {
    env=$HOME/comfyui.env
    printf 'ACCELERATE_USE_CPU=0\n' >"$env"
    pair_of "$line"
    settings_are() {
        case $1 in
        old) t_is "$t_who: the file is the old one" "$(cat "$env")" ACCELERATE_USE_CPU=0 ;;
        *) t_is "$t_who: the file has the new one" "$(cat "$env")" ACCELERATE_USE_CPU=1 ;;
        esac
    }
    cat >"$yaml" <<END_OF_YAML
services:
  - name: comfyui
    kind: comfyui
    url: http://127.0.0.1:$port
    config: {type: env_file, file: $env}
    control: {type: command, stop: [$HOME/stop], start: [$HOME/start]}
    $health
END_OF_YAML
    start_it
    wait_long "$t_who: serves" answers /prompt
    timed 'apply variables' apply variables --yes
    t_expect_status 0
    t_expect_out '^  comfyui +ACCELERATE_USE_CPU +1 +ok +process environment'
    has ACCELERATE_USE_CPU=1
    settings_are changed
    timed undo undo --yes
    t_expect_status 0
    has ACCELERATE_USE_CPU=0
    check_queue variables
    stop_it
}

comfyui_unit() {
    local unknown=--cache-ram before
    unit_of comfyui "$line"
    printf 'WorkingDirectory=%s\n' "$t_dir" >>"$HOME/.config/systemd/user/$unit.service"
    systemctl --user daemon-reload
    settings_are() {
        case $1 in
        old) t_must_fail "$t_who: there is no drop-in" test -e "$drop_in" ;;
        *) t_ok "$t_who: the drop-in has the flags" grep -q -e '--cache-lru 7' "$drop_in" ;;
        esac
    }
    cat >"$yaml" <<END_OF_YAML
services:
  - name: comfyui
    kind: comfyui
    url: http://127.0.0.1:$port
    $health
END_OF_YAML
    start_it
    wait_long "$t_who: serves" answers /prompt
    timed plan plan flags
    t_expect_status 0
    t_expect_out "50-tunetop.conf"
    timed 'apply flags' apply flags --yes
    t_expect_status 0
    t_expect_out '^  comfyui +--cache-lru +7 +ok +process arguments'
    arguments_have '--cache-lru 7'
    arguments_have '--preview-method none'
    arguments_have "--port $port"
    settings_are changed
    timed verify verify flags
    t_expect_status 0
    timed undo undo --yes
    t_expect_status 0
    arguments_have_not --cache-lru
    arguments_have "--port $port"
    settings_are old

    # --- a flag that this version does not know: of a profile it is not written; typed by a
    # person it is warned of, ends the service with status 2, and all is put back ---
    if ! grep -q -e "\"$unknown\"" "$folder/src/comfy/cli_args.py"; then
        before=$(pid)
        timed 'apply, a profile of another version' apply newer --yes
        t_expect_status 0
        t_expect_out 'unknown argument'
        t_is "$t_who: nothing is restarted" "$(pid)" "$before"
        timed 'apply, a typed flag of another version' apply flags --set "$unknown=4" --yes
        t_expect_status 3
        t_expect_out "$unknown is harmful here: an unknown argument"
        t_expect_out '^  comfyui +rolled_back +it ended with status 2'
        arguments_have_not "$unknown"
        arguments_have_not --cache-lru
        t_ok "$t_who: it serves" answers /prompt
        settings_are old
    fi
    check_queue flags
    stop_it
}

comfyuis() {
    local api
    for folder in "$peers"/comfyui-*/; do
        folder=${folder%/}
        if [ ! -f "$folder/src/main.py" ] || [ ! -x "$venv/bin/python" ]; then
            t_skip "$folder" "it has no src/main.py, or $venv no python"
            continue
        fi
        port=$((port + 1))
        api=--disable-api-nodes
        if grep -q '"--offline"' "$folder/src/comfy/cli_args.py"; then
            api=--offline
        fi
        mkdir -p "$t_dir/front" "$t_dir/user" "$t_dir/out_files"
        line="$venv/bin/python $folder/src/main.py --cpu --listen 127.0.0.1 --port $port $api"
        line="$line --front-end-root $t_dir/front --output-directory $t_dir/out_files"
        line="$line --temp-directory $t_dir --user-directory $t_dir/user"
        line="$line --database-url sqlite:///:memory: --extra-model-paths-config $folder/paths.yaml"
        fixed="HOME=$HOME"
        t_who="${folder##*/}, commands"
        comfyui_pair
        t_who="${folder##*/}, unit"
        if start_manager; then
            comfyui_unit
        else
            t_report 1 "$t_who: systemd --user starts"
        fi
    done
}

# Beside those that may run here.
port=28430
case $want in *' ollama '*) ollamas ;; esac
case $want in *' comfyui '*) comfyuis ;; esac
sed 's/^/# /' "$report"
t_done
