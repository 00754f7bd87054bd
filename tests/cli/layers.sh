#!/usr/bin/env bash
# Services of compose projects that are made from several files: overrides, extends, env_file, -f,
# and write: override. What the engines make of the same files is judged by tests/judges/layers.py.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
ai=$HOME/ai
those=() # the services of the project, not what else may run here

# A new project, and what tunetop.yaml says of its services.
project() { # SERVICES
    rm -rf "$ai"
    mkdir -p "$ai"
    printf 'services:\n%s\n' "$1" >"$yaml"
    those=(-s one)
    case $1 in *'name: two'*) those=(-s one -s two) ;; esac
}

says() { # PATTERN, in what was printed with its lines joined
    tr -s ' \n' '  ' <"$t_dir/out" | tr -s ' ' >"$t_dir/joined"
    grep -Eq -- "$1" "$t_dir/joined"
    t_report $? "$t_what: says $1"
}

apply() { # PLAN-ARGUMENTS...: it is applied, then nothing is left to do, and undo gives all back
    cp -r "$ai" "$t_dir/before"
    t_run "$TUNETOP" apply "$@" --no-restart --yes
    t_expect_status 0
    rm -rf "$t_dir/after"
    cp -r "$ai" "$t_dir/after"
    t_run "$TUNETOP" plan "$@"
    t_expect_out ': nothing (to change, [0-9]+ so already$|that can be changed here, .* refused$)'
    t_run "$TUNETOP" undo --yes --no-restart
    t_expect_status 0
    t_run diff -r "$ai" "$t_dir/before"
    t_expect_status 0
    rm -rf "$t_dir/before"
}

# --- write: override, beside a file that engines find themselves ---
project '  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/docker-compose.yml, write: override}}
  - {name: two, kind: comfyui, url: "http://127.0.0.1:10", config: {type: compose, service: comfyui, file: ~/ai/docker-compose.yml, write: override}}'
cat >"$ai/docker-compose.yml" <<'END'
# mine
services:
  ollama:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
      - OLLAMA_MAX_QUEUE=7
    mem_limit: 3g
  comfyui:
    image: yanwk/comfyui-boot
    command: ["python3", "main.py", "--listen", "--novram", "--port", "${PORT:-8188}"]
END
t_run "$TUNETOP" plan high "${those[@]}" --set --lowvram=1
t_expect_status 0
t_expect_out '^\+\+\+ .*/docker-compose\.override\.yml$'
t_expect_out '^\+PARALLEL=4$'
says 'whole command of .* is repeated'
t_must_fail 'its own file is not touched' grep -q '^+++ .*/docker-compose\.yml$' "$t_dir/out"
t_must_fail 'what engines read needs no word' grep -q "plain 'up'" "$t_dir/out"
apply high "${those[@]}" --set --lowvram=1
override=$t_dir/after/docker-compose.override.yml
t_run cat "$override"
t_expect_out '^# Written by tunetop'
t_expect_out '^    command: \["python3", "main.py", "--listen", "--port", "\$\{PORT:-8188\}", "--lowvram"\]$'
t_expect_out '^      OLLAMA_MAX_QUEUE: "512"$'
t_expect_out '^    mem_limit: [0-9]+[GM]$'
t_must_fail 'what .env fills is changed there' grep -q NUM_PARALLEL "$override"
t_must_fail 'a limit has one name' grep -q 'memory: "' <(sed -n '/^  ollama:/,/^  [a-z]/p' "$override")

# Applied again with another profile, the same file is changed, and the rest of it stays.
cp "$override" "$ai/"
printf '  # a word of mine\n' >>"$ai/docker-compose.override.yml"
t_run "$TUNETOP" plan conservative "${those[@]}"
t_expect_status 0
t_expect_out '^-      OLLAMA_MAX_QUEUE: "512"$|^ .*a word of mine'
t_must_fail 'and no other is made' grep -q 'tunetop\.yml' "$t_dir/out"
apply conservative "${those[@]}"
t_run grep -c 'a word of mine' "$t_dir/after/docker-compose.override.yml"
t_expect_out '^1$'

# --- an override of somebody else's: ours is a file that a plain `up` does not read ---
cat >"$ai/docker-compose.override.yml" <<'END'
# somebody's
services:
  ollama:
    environment:
      OLLAMA_MAX_QUEUE: "9"
END
t_run "$TUNETOP" plan high -s one
t_expect_status 0
t_expect_out '^\+\+\+ .*/docker-compose\.tunetop\.yml$'
says "a plain 'up' does not read it; start with -f .*/docker-compose.yml -f .*override.yml -f .*tunetop.yml"
t_expect_out 'OLLAMA_MAX_QUEUE +9 -> 512'
t_run "$TUNETOP" plan high -s one --json
t_expect_out '"note":	"a plain'
apply high -s one
t_run cat "$t_dir/after/docker-compose.override.yml"
t_expect_out '"9"'
printf 'services: {}\n' >"$ai/docker-compose.tunetop.yml"
t_run "$TUNETOP" plan high -s one
says 'is there and was not written by tunetop'

# --- in place: the override that engines read counts, and is changed where it says something ---
project '  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/compose.yaml}}'
cat >"$ai/compose.yaml" <<'END'
services:
  ollama:
    image: ollama/ollama:0.33.0
    environment:
      OLLAMA_NUM_PARALLEL: "2"
      OLLAMA_MAX_QUEUE: "64"
END
cat >"$ai/compose.override.yml" <<'END'
services:
  ollama:
    environment:
      - OLLAMA_NUM_PARALLEL=6   # more
END
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_status 0
t_expect_out 'OLLAMA_NUM_PARALLEL +6 -> 4 +compose.override.yml:4'
t_expect_out 'OLLAMA_MAX_QUEUE +64 -> 512 +compose.yaml:6'
apply high "${those[@]}"
t_run cat "$t_dir/after/compose.override.yml"
t_expect_out '^      - OLLAMA_NUM_PARALLEL=4   # more$'
t_run grep -c OLLAMA_NUM_PARALLEL=6 "$ai/compose.override.yml"
t_expect_out '^1$'
# `files` are those of -f: then there is no other.
printf 'services:\n  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, files: [~/ai/compose.yaml]}}\n' >"$yaml"
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_out 'OLLAMA_NUM_PARALLEL +2 -> 4 +compose.yaml:5'
t_must_fail 'no override is read' grep -q 'override' "$t_dir/out"
# A name that no engine looks for has none either.
mv "$ai/compose.yaml" "$ai/stack.yaml"
printf 'services:\n  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/stack.yaml, write: override}}\n' >"$yaml"
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_out '^\+\+\+ .*/stack\.tunetop\.yml$'
t_expect_out "a plain 'up' does not read it"

# --- several files, in the order of -f ---
printf 'services:\n  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, files: [~/ai/stack.yaml, ~/ai/compose.override.yml, ~/ai/third.yaml]}}\n' >"$yaml"
cat >"$ai/third.yaml" <<'END'
services:
  other: {image: nginx}
END
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_status 0
t_expect_out 'OLLAMA_NUM_PARALLEL +6 -> 4 +compose.override.yml:4'
t_expect_out 'OLLAMA_MAX_QUEUE +64 -> 512 +stack.yaml:6'
apply high "${those[@]}"
t_cmp 'what says nothing stays' "$ai/third.yaml" "$t_dir/after/third.yaml"
printf 'services:\n  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: x.yaml, files: [y.yaml]}}\n' >"$yaml"
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_status 2
t_expect_err "'file' and 'files': one of them"
printf 'services:\n  - {name: ollama, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose}}\n' >"$yaml"
t_run "$TUNETOP" plan high "${those[@]}"
t_expect_status 2
t_expect_err "'file' or 'files'"

# --- extends: a value of one's own, never that of the base ---
project '  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/compose.yaml}}
  - {name: two, kind: comfyui, url: "http://127.0.0.1:10", config: {type: compose, service: comfyui, file: ~/ai/compose.yaml}}'
mkdir "$ai/common"
cat >"$ai/compose.yaml" <<'END'
services:
  base:
    image: ollama/ollama:0.33.0
    environment: {OLLAMA_NUM_PARALLEL: "2", OLLAMA_KEEP_ALIVE: 5m}
    mem_limit: 2g
  ollama:
    extends: base
    environment:
      OLLAMA_HOST: 0.0.0.0
      OLLAMA_MAX_QUEUE: 3
  small:
    extends: {service: ollama}
  comfyui:
    extends: {file: common/common.yml, service: comfy}
    restart: always
END
cat >"$ai/common/common.yml" <<'END'
services:
  comfy:
    image: yanwk/comfyui-boot
    command: python3 main.py --novram
    env_file: comfy.env
END
printf 'A=1\n' >"$ai/common/comfy.env"
t_run "$TUNETOP" plan high "${those[@]}" --set --lowvram=1
t_expect_status 0
t_expect_out "OLLAMA_NUM_PARALLEL +2 -> 4 "
says "'base', which it extends, stays as it is"
says 'small reads it there, too'
t_expect_out '^\+    command: "python3 main.py --lowvram"$'
t_expect_out 'mem_limit +2g -> '
t_must_fail 'what stands in the base and is right stays' grep -q 'KEEP_ALIVE *5m' "$t_dir/out"
apply high "${those[@]}" --set --lowvram=1
t_cmp 'the file of others stays' "$ai/common/common.yml" "$t_dir/after/common/common.yml"
t_run cat "$t_dir/after/compose.yaml"
t_expect_out '^    environment: \{OLLAMA_NUM_PARALLEL: "2", OLLAMA_KEEP_ALIVE: 5m\}$'
# Two that are changed: the base keeps no value that the one has from it.
printf 'services:\n  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/compose.yaml}}\n  - {name: two, kind: ollama, url: "http://127.0.0.1:11500", config: {type: compose, service: base, file: ~/ai/compose.yaml}}\n' >"$yaml"
those=(-s one -s two)
apply high "${those[@]}"
those=(-s one)
# What cannot be followed is refused.
sed 's/extends: base/extends: bsae/' "$ai/compose.yaml" >"$ai/x" && mv "$ai/x" "$ai/compose.yaml"
t_run "$TUNETOP" plan high -s one
says "has no service 'bsae', did you mean 'base'"
sed 's/extends: bsae/extends: small/' "$ai/compose.yaml" >"$ai/x" && mv "$ai/x" "$ai/compose.yaml"
t_run "$TUNETOP" plan high -s one
says "extends itself"

# --- env_file: environment over env_file, a later one over an earlier one ---
project '  - {name: one, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, service: ollama, file: ~/ai/compose.yaml}}
  - {name: two, kind: ollama, url: "http://127.0.0.1:11500", config: {type: compose, service: second, file: ~/ai/compose.yaml}}'
cat >"$ai/compose.yaml" <<'END'
services:
  ollama:
    image: ollama/ollama:0.33.0
    env_file:
      - one.env
      - {path: ./two.env, required: false}
      - {path: gone.env, required: false}
      - {path: raw.env, format: raw}
    environment:
      OLLAMA_MAX_QUEUE: 3
  second:
    image: ollama/ollama:0.33.0
    env_file: one.env
    environment: {OLLAMA_NUM_PARALLEL: "4"}
  web:
    image: nginx
    env_file: [./one.env]
END
printf 'OLLAMA_NUM_PARALLEL=1\nOLLAMA_KEEP_ALIVE=1m\nOLLAMA_MAX_QUEUE=1\n' >"$ai/one.env"
printf '# two\nOLLAMA_KEEP_ALIVE="2m"\nOLLAMA_CONTEXT_LENGTH=${CONTEXT:-2048}\n' >"$ai/two.env"
printf 'OLLAMA_DEBUG="1"\n' >"$ai/raw.env"
t_run "$TUNETOP" plan high -s one
t_expect_status 0
t_expect_out 'OLLAMA_NUM_PARALLEL +1 -> 4 +one.env:1'
t_expect_out 'OLLAMA_KEEP_ALIVE +2m -> 5m +two.env:2'
t_expect_out 'OLLAMA_MAX_QUEUE +3 -> 512 +compose.yaml:'
t_expect_out '^\+      OLLAMA_DEBUG: "0"$'
says 'web reads it there, too'
says 'in the env_file is put together from others'
apply high -s one
t_cmp 'a raw one stays' "$ai/raw.env" "$t_dir/after/raw.env"
t_run cat "$t_dir/after/one.env"
t_expect_out '^OLLAMA_KEEP_ALIVE=1m$'
# Two services and two wishes for one place of it.
cat >"$ai/compose.yaml" <<'END'
services:
  ollama:
    image: ollama/ollama:0.33.0
    env_file: one.env
  second:
    image: ollama/ollama:0.33.0
    env_file: one.env
END
t_run "$TUNETOP" plan high -s one --set OLLAMA_KEEP_ALIVE=9m
says 'second reads it there, too'
apply high "${those[@]}"
t_done
