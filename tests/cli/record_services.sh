#!/usr/bin/env bash
# record and replay of services that tunetop.yaml names: their rows are the recorded machine's, with
# the same words while they are down, and nothing of them that a recording leaves out is in it.
. "${abs_srcdir:?}/tests/lib.sh"

fake="${abs_builddir:?}/tests/fake_server"
config="$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
# It ends with its stdin, which is descriptor 9's pipe.
mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
# serve MODE [ARGUMENTS]: its port into $port.
serve() {
    local mode=$1
    shift
    : >"$t_dir/port"
    "$fake" --kind ollama --mode "$mode" "$@" <"$t_dir/life" >"$t_dir/port" 9>&- &
    t_own "$!"
    t_wait_for "the server '$mode' runs" test -s "$t_dir/port"
    read -r port _ <"$t_dir/port"
}

echo correct-horse >"$t_dir/key"
chmod 600 "$t_dir/key"
serve normal --token correct-horse
with_token=$port
serve midclose
cat >"$config" <<YAML
services:
  - {name: gone, kind: comfyui, version: "0.33.0", url: "http://127.0.0.1:1"}
  - {name: locked, kind: ollama, url: "http://127.0.0.1:$with_token", token_file: "$t_dir/key"}
  - {name: broken, kind: ollama, url: "http://127.0.0.1:$port"}
  - {name: annas box, kind: ollama, url: "http://annas-gpu-box.invalid:11434"}
YAML

t_run "$TUNETOP" record "$t_dir/rec" -n 4 -i 0.5
t_expect_status 0
t_run "$TUNETOP" status --json
cp "$t_dir/out" "$t_dir/live"
rm "$config" # the player's own list is another one

t_run "$TUNETOP" --replay "$t_dir/rec" status --json
cp "$t_dir/out" "$t_dir/played"
# words FILE NAME: state and reason of a service.
words() {
    grep -A 3 "\"name\":	\"$2\"" "$1" | grep -E '"(state|reason)"' | tr -d '\n\t'
}
for name in gone locked broken; do
    t_is "$name: the words of the live one" "$(words "$t_dir/played" "$name")" \
        "$(words "$t_dir/live" "$name")"
done
t_is 'a row that is down' "$(words "$t_dir/played" gone)" \
    '"state":"down","reason":"nothing listens on port 1",'
t_ok 'one that breaks off says so' grep -q 'closed the connection in the middle of its answer' "$t_dir/played"
t_ok 'one that wants a token is up' grep -q '"state":"up"' <(words "$t_dir/played" locked)
t_must_fail 'no token is in the recording' grep -rq -e correct-horse -e "$t_dir/key" "$t_dir/rec"
t_must_fail 'no name of another host is in it' grep -rq annas-gpu-box "$t_dir/rec"
t_ok 'another name stands for it' grep -q '"url":	"http://host1.example:11434"' "$t_dir/played"

# Whoever cuts the list out, or edits it, has the other services still.
grep -v '"key":"services configured"' "$t_dir/rec/reads.jsonl" >"$t_dir/reads"
mkdir "$t_dir/cut"
cp "$t_dir/rec/meta.json" "$t_dir/cut/"
cp "$t_dir/reads" "$t_dir/cut/reads.jsonl"
t_run "$TUNETOP" --replay "$t_dir/cut" status --format '{services.gone.state}'
t_expect_out_is '-'
for edit in 's/comfyui/teapot/' 's/\[{/{{/' 's/\\"url\\":/\\"uri\\":/g' 's/http:/gopher:/g'; do
    sed "/services configured/$edit" "$t_dir/rec/reads.jsonl" >"$t_dir/cut/reads.jsonl"
    t_run "$TUNETOP" --replay "$t_dir/cut" status --format '{services.gone.state}'
    t_expect_status 0
    t_expect_out_is '-'
done

t_done
