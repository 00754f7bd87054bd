#!/usr/bin/env bash
# plan, apply, verify, undo, journal, recover: the whole way over files of every kind.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
ai=$HOME/ai
mkdir -p "$ai"

# --- nothing is configured: what to do is said ---
t_run "$TUNETOP" plan high
t_expect_status 1
t_expect_err 'no file to change'
t_expect_err 'config'
t_run "$TUNETOP" plan hihg
t_expect_status 2
t_expect_err "high"
for command in plan apply; do
    t_run "$TUNETOP" "$command" --set OLLAMA_NUM_PARALLEL=1
    t_expect_status 2
    t_expect_err "'$command' needs a profile"
done
t_run "$TUNETOP" journal
t_expect_status 0
t_expect_out 'Nothing was changed yet'
t_run "$TUNETOP" undo --yes
t_expect_status 1
t_expect_err 'nothing to take back'
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out 'nothing was cut off'

# --- a compose file with two services, and its .env ---
cat >"$ai/compose.yaml" <<'END'
# my stack, é
services:
  ollama:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_HOST=0.0.0.0:11434   # all
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
      - OLLAMA_KEEP_ALIVE=300s
  comfyui:
    image: yanwk/comfyui-boot
    environment:
      HF_TOKEN: hunter2-secret
  web:
    image: nginx
    environment:
      WORKERS: "${PARALLEL}"
      MORE: "${PARALLEL:-2}"
  we:
    image: nginx
    environment:
      WORKERS: "$PARALLEL"
  no:
    image: nginx
    environment:
      WORKERS: "${PARALLEL_JOBS}"
END
printf 'PARALLEL=1\r\nOTHER=x\r\n' >"$ai/.env"
cat >"$yaml" <<'END'
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, file: ~/ai/compose.yaml}}
  - {name: comfyui, kind: comfyui, url: "http://127.0.0.1:10", config: {type: compose, file: ~/ai/compose.yaml}}
END
cp -r "$ai" "$t_dir/before"
t_run "$TUNETOP" plan high --ascii
t_expect_status 0
t_expect_err_is ''
t_expect_out '^--- .*/ai/compose\.yaml$'
t_expect_out '^\+      - OLLAMA_MAX_QUEUE=512$'
t_expect_out '^-PARALLEL=1$'
t_expect_out '^\+PARALLEL=4$'
t_expect_out 'PARALLEL fills it; also read by web, we$'
t_expect_out '^  ollama    OLLAMA_METAL_DEVICE_ID, '
t_must_fail 'what says the same stays' grep -q '^[-+].*KEEP_ALIVE' "$t_dir/out"
t_must_fail 'no secret is shown' grep -q hunter2 "$t_dir/out"
t_cmp 'plan changes nothing' "$ai/compose.yaml" "$t_dir/before/compose.yaml"

t_run "$TUNETOP" plan high --no-restart --json
t_expect_status 0
t_must_fail 'nor in JSON' grep -q hunter2 "$t_dir/out"
hash=$(sed -n 's/^\t"hash":\t"\(.*\)",$/\1/p' "$t_dir/out")
t_is 'a hash' "${#hash}" 64
t_run "$TUNETOP" plan high --no-restart --json
t_expect_out "$hash"

# The diff is one that patch knows: the same files come of it.
t_run "$TUNETOP" verify high
t_expect_status 5
t_expect_out ' differs '
t_run "$TUNETOP" apply high --no-restart
t_expect_status 1
t_expect_err 'no terminal to ask on'
t_run "$TUNETOP" apply high --no-restart --yes --plan-hash "${hash:0:1}"
t_expect_status 2
t_expect_err 'at least 12'
t_run "$TUNETOP" apply high --no-restart --yes --plan-hash 000000000000
t_expect_status 1
t_expect_err 'another one now'
t_cmp 'nothing was changed by any of it' "$ai/compose.yaml" "$t_dir/before/compose.yaml"
t_run "$TUNETOP" apply high --no-restart --yes --plan-hash "$hash" --progress-fd 7 7>"$t_dir/progress"
t_expect_status 0
t_is 'progress is told, a line a step' "$(sed -E 's/"id":"[-0-9]*"/"id":"x"/; s/,"at":"[-0-9T:.+Z]+"//' "$t_dir/progress" | tr '\n' ' ')" \
    '{"event":"begin","action":"write","services":"ollama+comfyui","result":null} {"event":"done","action":"write","services":"ollama+comfyui","result":"ok","detail":"2 files, +21 -1 lines, old copies kept"} {"event":"end","id":"x","state":"applied"} '
t_expect_out '^  ollama\+comfyui +applied$'
t_is 'line ends stay' "$(head -n 1 "$ai/.env" | od -An -c | tr -d ' \n')" 'PARALLEL=4\r\n'
t_run grep -c OLLAMA_MAX_QUEUE=512 "$ai/compose.yaml"
t_expect_out '^1$'
t_run "$TUNETOP" verify high
t_expect_status 0
t_run "$TUNETOP" plan high
t_expect_status 0
t_expect_out 'nothing to change'
t_run "$TUNETOP" apply high --no-restart --yes --json
t_expect_status 0
t_expect_out '"why":	"it was not restarted"'
t_expect_out '"steps":	\[\]'
t_run "$TUNETOP" journal
t_expect_status 0
t_expect_out '^[0-9-]+ +applied +high +2 files, yours$'
t_is 'the journal is private' "$(stat -c %a "$XDG_STATE_HOME/tunetop/journal.jsonl")" 600
t_is 'and so are the copies' "$(stat -c %a "$XDG_STATE_HOME/tunetop/backups")" 700
t_must_fail 'the journal holds no secret' grep -q hunter2 "$XDG_STATE_HOME/tunetop/journal.jsonl"

# Somebody edits: undo refuses and shows it; then byte for byte.
cp "$ai/compose.yaml" "$t_dir/applied"
echo '# mine' >>"$ai/compose.yaml"
t_run "$TUNETOP" undo --yes
t_expect_status 1
t_expect_out '^\+# mine$'
t_expect_err 'changed by somebody else since'
cp "$t_dir/applied" "$ai/compose.yaml"
t_run "$TUNETOP" undo --yes
t_expect_status 0
t_expect_out ' undone$'
t_cmp 'compose.yaml is as it was' "$ai/compose.yaml" "$t_dir/before/compose.yaml"
t_cmp '.env is as it was' "$ai/.env" "$t_dir/before/.env"
t_run "$TUNETOP" undo --yes
t_expect_status 1
t_run "$TUNETOP" journal --json
t_expect_status 0
t_expect_out '"state":	"undone"'

# --- cut off before the end was written, and a file edited since ---
t_run "$TUNETOP" apply high --no-restart --yes
t_expect_status 0
journal=$XDG_STATE_HOME/tunetop/journal.jsonl
grep -v -e '"record":"commit"' -e '"record":"unit"' "$journal" >"$t_dir/cut"
last=$(sed -n 's/.*"record":"begin","id":"\([-0-9]*\)".*/\1/p' "$journal" | tail -n 1)
{ grep -v "$last" "$journal"; grep "$last" "$t_dir/cut"; } >"$t_dir/open"
cat "$t_dir/open" >"$journal"
t_run "$TUNETOP" apply high --no-restart --yes --set OLLAMA_KEEP_ALIVE=2h
t_expect_status 4
t_expect_err 'recover'
t_expect_err '^  /.*/tunetop recover$'
t_run "$TUNETOP" recover
t_expect_status 1
# A person is needed: the file, why, and the command.
mv "$ai/compose.yaml" "$ai/moved.yaml"
ln -s moved.yaml "$ai/compose.yaml"
t_run "$TUNETOP" recover --yes
t_expect_status 4
t_expect_err "compose\.yaml' is a link to '.*moved\.yaml' now\$"
t_expect_err '^When that is mended'
t_expect_err '^  /.*/tunetop recover$'
rm "$ai/compose.yaml"
mv "$ai/moved.yaml" "$ai/compose.yaml"
echo '# mine' >>"$ai/compose.yaml"
cp "$ai/compose.yaml" "$t_dir/mine"
t_run "$TUNETOP" recover --yes
t_expect_status 0
t_expect_out '^\+# mine$'
t_cmp 'what somebody wrote stays' "$ai/compose.yaml" "$t_dir/mine"
t_cmp 'the other file is as it was' "$ai/.env" "$t_dir/before/.env"
t_run "$TUNETOP" recover --yes
t_expect_out 'nothing was cut off'
cp "$t_dir/before/compose.yaml" "$ai/compose.yaml"
t_run "$TUNETOP" apply high --no-restart --yes --progress-fd 9
t_expect_status 2
t_expect_err 'is not open'

# --- one value, one service ---
t_run "$TUNETOP" plan high -s ollama --set OLLAMA_KEEP_ALIVE=1h
t_expect_status 0
t_expect_out '^\+      - OLLAMA_KEEP_ALIVE=1h$'
t_must_fail 'the other service is left alone' grep -q '^  comfyui' "$t_dir/out"
t_run "$TUNETOP" plan high -s olama
t_expect_status 2
t_expect_err "did you mean 'ollama'"
t_run "$TUNETOP" plan high --set OLLAMA_NUM_PARALEL=2
t_expect_status 2
t_expect_err 'OLLAMA_NUM_PARALLEL'
t_run "$TUNETOP" plan high --set OLLAMA_NUM_PARALLEL=many
t_expect_status 2
t_run "$TUNETOP" plan high --set OLLAMA_NUM_PARALLEL
t_expect_status 2
t_expect_err 'SETTING=VALUE'
t_run "$TUNETOP" plan high --dialect guide
t_expect_out '^\+      - OLLAMA_CONTEXT_SIZE=12288$'

# --- what only root may write: the whole command, as another configuration is root's ---
if [ "$(id -u)" != 0 ]; then
    printf 'services:\n  - {name: ollama, kind: ollama, url: "http://127.0.0.1:9", config: {type: systemd, unit: x.service, scope: system}}\n' \
        >"$t_dir/root.yaml"
    t_run "$TUNETOP" apply high --no-restart --yes --config "$t_dir/root.yaml"
    t_expect_status 1
    t_expect_err '^  sudo /.* --config .*/root\.yaml --plan-hash [0-9a-f]{12}$'
fi

# --- no folder for the journal ---
t_run env -u HOME XDG_STATE_HOME=relative "$TUNETOP" --config "$yaml" undo --yes
t_expect_status 1
t_expect_err 'no folder for the journal'
t_run env XDG_STATE_HOME=/dev/null/no "$TUNETOP" apply high --no-restart --yes
t_expect_status 1
t_expect_err 'cannot make the folder'
t_cmp 'without a journal nothing is changed' "$ai/compose.yaml" "$t_dir/before/compose.yaml"
mv "$XDG_STATE_HOME/tunetop/journal.jsonl" "$t_dir/journal"
mkdir "$XDG_STATE_HOME/tunetop/journal.jsonl"
t_run "$TUNETOP" journal
t_expect_status 1
t_must_fail 'it is not known' grep -q 'Nothing was changed' "$t_dir/out"
rmdir "$XDG_STATE_HOME/tunetop/journal.jsonl"
mv "$t_dir/journal" "$XDG_STATE_HOME/tunetop/journal.jsonl"

# --- a service that the file does not have ---
cp "$yaml" "$t_dir/yaml"
sed '/name: ollama/s/{type: compose/&, service: olama/' "$t_dir/yaml" >"$yaml"
t_run "$TUNETOP" plan high -s ollama
t_expect_out "has no service 'olama', did you mean"
t_is 'said once' "$(grep -c olama "$t_dir/out")" 1
cp "$t_dir/yaml" "$yaml"

# --- what cannot be done surely is said, with the lines to write ---
cp "$ai/compose.yaml" "$t_dir/good"
printf 'services:\n  ollama:\n\timage: x\n' >"$ai/compose.yaml"
t_run "$TUNETOP" plan high
t_expect_status 0
t_expect_out 'compose\.yaml:'
t_expect_out 'nothing that can be changed here'
t_run "$TUNETOP" verify high
t_expect_status 1
t_expect_err '2 services cannot be verified'
t_run "$TUNETOP" verify high --json
t_expect_status 1
t_expect_out 'compose\.yaml:3'
t_run "$TUNETOP" apply high --no-restart --yes
t_expect_status 1
t_expect_err 'nothing was changed'
cp "$t_dir/good" "$ai/compose.yaml"
ln "$ai/compose.yaml" "$ai/other"
t_run "$TUNETOP" apply high --no-restart --yes
t_expect_status 1
t_expect_err 'link'
t_cmp 'a hard-linked file is not touched' "$ai/compose.yaml" "$t_dir/good"
rm "$ai/other"
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" plan high
t_expect_status 2
t_run "$TUNETOP" --sysroot / undo --yes
t_expect_status 2

# --- what compose or a server would not take is refused ---
mkdir -p "$ai/dot"
cat >"$ai/dot/odd.yaml" <<'END'
x-v: &vram "--lowvram"
services:
  twice:
    mem_limit: 8G
    deploy: {resources: {limits: {memory: 8G}}}
  swap:
    mem_limit: 4G
    memswap_limit: 4G
    environment:
      - QUEUE=${QUEUE:-1}
      - OLLAMA_MAX_QUEUE=${QUEUE}
  flags:
    command: ["python", "main.py", *vram, "--listen"]
  script:
    entrypoint: /bin/sh -c
    command: ["python main.py --listen"]
END
ln -s "$ai/dot/odd.yaml" "$ai/odd.yaml"
echo 'QUEUE= # default' >"$ai/.env.odd"
cp "$ai/.env" "$t_dir/env" && cp "$ai/.env.odd" "$ai/.env"
cat >"$yaml" <<'END'
services:
  - {name: twice, kind: ollama, url: "http://127.0.0.1:1", config: {type: compose, file: ~/ai/odd.yaml}}
  - {name: swap, kind: ollama, url: "http://127.0.0.1:2", config: {type: compose, file: ~/ai/odd.yaml}}
  - {name: flags, kind: comfyui, url: "http://127.0.0.1:3", config: {type: compose, file: ~/ai/odd.yaml}}
  - {name: script, kind: comfyui, url: "http://127.0.0.1:4", config: {type: compose, file: ~/ai/odd.yaml}}
  - {name: sizes, kind: diffusionapi, config: {type: json, file: ~/ai/sizes.json}}
END
echo '{"max_image_sizes": {"cpu": {"low": [512, 512]}}}' >"$ai/sizes.json"
t_run "$TUNETOP" plan high -s twice
t_expect_out 'mem_limit stands there as well'
t_run "$TUNETOP" plan high -s swap
t_expect_out 'is above memswap_limit of the file'
t_expect_out '^\+QUEUE=512 # default$'
t_must_fail 'the .env is the one beside the named path' grep -q 'dot/\.env' "$t_dir/out"
t_run "$TUNETOP" plan high -s flags --set --highvram=1
t_expect_out 'it excludes --lowvram, which cannot be taken out'
t_must_fail 'and is not added' grep -q '^+.*highvram' "$t_dir/out"
t_run "$TUNETOP" plan high -s script --set --highvram=1
t_must_fail 'a script gets no flag' grep -q '^+.*highvram' "$t_dir/out"
t_run "$TUNETOP" plan high -s sizes --set max_image_sizes.cpu.low=640,640
t_expect_out '^\+.*"low": \[640, 640\]'
t_expect_out '\[512, 512\] -> \[640,640\]'
t_must_fail 'no list as a text' grep -q '^+.*"\[' "$t_dir/out"
t_run "$TUNETOP" verify high -s sizes
t_expect_status 5
t_expect_out 'max_image_sizes\.cpu\.low +\[512, 512\] '
cp "$t_dir/env" "$ai/.env"
rm -r "$ai/dot" "$ai/odd.yaml" "$ai/sizes.json" "$ai/.env.odd"

# --- files of every other kind, applied and undone ---
mkdir -p "$HOME/Library/LaunchAgents"
printf '# ollama\nexport OLLAMA_HOST="127.0.0.1"\n' >"$ai/ollama.env"
cat >"$ai/lmstudio.json" <<'END'
{
  "server": {"host": "127.0.0.1", "port": 1234},
  "model": {
    "context_length": 2048,
    "threads": 1
  }
}
END
cat >"$ai/pipeline.yaml" <<'END'
# pipeline
translation:
  batch_size: 4   # small
tts:
  quality: low
END
cat >"$HOME/Library/LaunchAgents/com.comfyui.server.plist" <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>com.comfyui.server</string>
  <key>EnvironmentVariables</key>
  <dict>
    <key>PYTORCH_ENABLE_MPS_FALLBACK</key>
    <string>0</string>
  </dict>
</dict>
</plist>
END
cat >"$yaml" <<'END'
services:
  - {name: env, kind: ollama, url: "http://127.0.0.1:1", config: {type: env_file, file: ~/ai/ollama.env}}
  - {name: unit, kind: ollama, url: "http://127.0.0.1:2", config: {type: systemd, unit: ollama.service, scope: user}}
  - {name: other, kind: ollama, url: "http://127.0.0.1:5", config: {type: systemd, unit: second.service, scope: user}}
  - {name: brew, kind: ollama, url: "http://127.0.0.1:3", config: {type: brew_env, formula: ollama}}
  - {name: agent, kind: comfyui, url: "http://127.0.0.1:4", config: {type: launchd, label: com.comfyui.server}}
  - {name: studio, kind: lmstudio, config: {type: json, file: ~/ai/lmstudio.json}}
  - {name: speech, kind: pipeline, config: {type: yaml, file: ~/ai/pipeline.yaml}}
END
rm -rf "$t_dir/before"
cp -r "$HOME" "$t_dir/before"
t_run "$TUNETOP" plan high
t_expect_status 0
for file in ai/ollama.env .config/systemd/user/ollama.service.d/50-tunetop.conf \
    .homebrew/services/ollama.env ai/lmstudio.json ai/pipeline.yaml; do
    t_expect_out "^\+\+\+ .*/$file\$"
done
t_expect_out '^\+\[Service\]$'
t_expect_out '^\+Environment="?OLLAMA_NUM_PARALLEL=4'
t_expect_out '^\+    "context_length": '
t_run "$TUNETOP" plan high -s agent --set PYTORCH_ENABLE_MPS_FALLBACK=1
t_expect_status 0
t_expect_out '^-    <string>0</string>$'
t_expect_out '^\+    <string>1</string>$'
t_run "$TUNETOP" apply high --no-restart --yes --json
t_expect_status 0
t_expect_out '"name":	"studio"'
t_expect_out '"action":	"write"'
t_expect_out '"result":	"ok"'
t_expect_out '"why":	"it was not restarted"'
t_must_fail 'all is so now' grep -q differs "$t_dir/out"
t_run "$TUNETOP" verify high
t_expect_status 0
t_run "$TUNETOP" undo --yes --json
t_expect_status 0
t_expect_out '"state":	"undone"'
t_expect_out '"started":	"20'
rm -rf "$t_dir/before/.local" && cp -r "$HOME/.local" "$t_dir/before/.local"
t_run diff -r "$t_dir/before" "$HOME"
t_expect_status 0
t_expect_out_is ''

# --- a flag of a unit: our drop-in clears its ExecStart and repeats it ---
units=$HOME/.config/systemd/user
mkdir -p "$units/comfy.service.d"
cat >"$units/comfy.service" <<'END'
[Service]
ExecStart=%h/ComfyUI/venv/bin/python main.py --listen 127.0.0.1 \
    # what it makes
    --port ${PORT} --output-directory "%h/my pictures" --highvram
EnvironmentFile=-/dev/null
END
printf '[Service]\nMemoryMax=4G\n' >"$units/comfy.service.d/90-later.conf"
cat >"$yaml" <<'END'
services:
  - {name: unit, kind: comfyui, url: "http://127.0.0.1:10", config: {type: systemd, unit: comfy.service, scope: user}}
END
t_run "$TUNETOP" plan high --set --lowvram=1
t_expect_status 0
t_expect_out 'a later one replaces it'
t_run "$TUNETOP" apply high --no-restart --yes --set --lowvram=1
t_expect_status 0
drop_in=$units/comfy.service.d/zzz-tunetop.conf # behind the other one, or it would not count
cp "$drop_in" "$t_dir/drop-in"
t_run cat "$drop_in"
t_expect_out '^ExecStart=$'
# shellcheck disable=SC2016 # systemd fills it in
t_expect_out '^ExecStart=%h/ComfyUI/venv/bin/python main\.py --listen 127\.0\.0\.1 +--port \$\{PORT\} --output-directory "%h/my pictures" --lowvram$'
# What systemd itself takes it for: one command, of the program that the unit names.
if command -v systemd-analyze >/dev/null; then
    sed -i "s,^ExecStart=%h,ExecStart=$t_dir/none," "$units/comfy.service" "$drop_in"
    t_run systemd-analyze verify --man=no "$units/comfy.service"
    t_expect_err 'Command .*/none/ComfyUI/venv/bin/python is not executable'
    t_must_fail 'systemd has nothing else to say of it' grep -q 'zzz-tunetop' "$t_dir/err"
    sed -i "s,^ExecStart=$t_dir/none,ExecStart=%h," "$units/comfy.service"
    cp "$t_dir/drop-in" "$drop_in"
fi
t_run "$TUNETOP" plan high --set --lowvram=1
t_expect_out 'nothing to change'
t_run "$TUNETOP" plan high --set --cache-none=1
t_expect_out '^\+ExecStart=.* --lowvram --cache-none$'
t_run "$TUNETOP" undo --yes
t_expect_status 0
t_run ls "$units/comfy.service.d"
t_expect_out '^90-later\.conf$'
t_must_fail 'the drop-in is gone' grep -q tunetop "$t_dir/out"
printf '[Service]\nType=oneshot\nExecStart=/bin/a\nExecStart=/bin/b\n' >"$units/comfy.service"
t_run "$TUNETOP" plan high --set --lowvram=1
t_must_fail 'of several commands none is changed' grep -q '^+ExecStart' "$t_dir/out"

# Whose drop-in comes later wins: ours is the last one. One of ours that is there stays; what another one has is told,
# and is what counts.
mkdir -p "$units/late.service.d"
printf '[Service]\nExecStart=/usr/bin/ollama serve\n' >"$units/late.service"
printf '[Service]\nEnvironment=OLLAMA_KEEP_ALIVE=9m\n' >"$units/late.service.d/90-later.conf"
cat >"$yaml" <<'END'
services:
  - {name: late, kind: ollama, url: "http://127.0.0.1:9", config: {type: systemd, unit: late.service, scope: user}}
END
t_run "$TUNETOP" plan high
t_expect_status 0
t_expect_out '^\+\+\+ .*/late\.service\.d/zzz-tunetop\.conf$'
t_must_fail 'nothing counts more' grep -q 'counts more' "$t_dir/out"
printf '[Service]\nEnvironment=OLLAMA_KEEP_ALIVE=5m\n' >"$units/late.service.d/50-tunetop.conf"
t_profile OLLAMA_KEEP_ALIVE=5m OLLAMA_MAX_QUEUE=7
t_run "$TUNETOP" plan mine -s late
t_expect_status 0
t_expect_out '^\+\+\+ .*/late\.service\.d/50-tunetop\.conf$'
tr -s ' \n' '  ' <"$t_dir/out" >"$t_dir/joined"
t_ok 'it is refused' grep -q \
    'OLLAMA_KEEP_ALIVE .*/90-later\.conf sets it again, and counts more than a file of ours' "$t_dir/joined"
t_must_fail 'and not written' grep -q '^+.*KEEP_ALIVE' "$t_dir/out"
t_expect_out ': 1 change in 1 file, 0 so already, 1 refused$'
t_run "$TUNETOP" verify mine -s late
t_expect_status 5
t_expect_out '^ +late +OLLAMA_KEEP_ALIVE +9m +- +5m +differs +file$'
printf '[Service]\nEnvironment=OLLAMA_KEEP_ALIVE=300s\n' >"$units/late.service.d/90-later.conf"
printf '[Service]\nEnvironment=OLLAMA_KEEP_ALIVE=1m\n' >"$units/late.service.d/50-tunetop.conf"
t_run "$TUNETOP" plan mine -s late
t_expect_out ': 1 change in 1 file, 1 so already$'

t_done
