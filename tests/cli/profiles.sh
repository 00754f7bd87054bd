#!/usr/bin/env bash
# profiles: all of them, one in full, the user's own, good and wrong.
. "${abs_srcdir:?}/tests/lib.sh"

mac=(--chip 'M4 Pro' --memory 24 --gpu-cores 20)

# --- the list ---
t_run "$TUNETOP" profiles "${mac[@]}"
t_expect_status 0
t_expect_err_is ''
t_expect_out '^\*  high  '
t_expect_out '^  ultra  '
t_expect_out '^Overlays: processing$'
t_expect_out '^  long-jobs  '
t_is 'the sentence' "$(sed -n '/^\* Rec/,/table\./p' "$t_dir/out" | tr '\n' ' ')" \
    "* Recommended on Apple M4 Pro: high, because of the row 'Apple M4 Pro with 24 GB or more' of the chip table. "
t_expect_out '^In effect: -'
t_is 'one is marked' "$(grep -c '^\* ' "$t_dir/out")" 2
t_must_fail 'no line is longer than 80 columns' grep -Eq '.{81}' "$t_dir/out"
t_run "$TUNETOP" profiles
t_expect_status 0
mark=$(sed -n 's/^\*  \([a-z]*\) .*/\1/p' "$t_dir/out")
t_run "$TUNETOP" detect --env
t_expect_out "^PERFORMANCE_PROFILE=$mark\$"

# --- one in full ---
t_run "$TUNETOP" profiles high "${mac[@]}" --ascii
t_expect_status 0
t_expect_out '^    deploy\.resources\.limits\.memory = 18G$'
t_expect_out "^      not 24G, because row 'Apple M4 Pro with 24 GB or more' of the chip table;\$"
t_expect_out '^    deploy\.resources\.limits\.cpus = 11\.2$'
t_expect_out '^      for a share of 0\.80; guide 000, High Profile$'
t_expect_out '^    LLAMA_ARG_THREADS = 14$'
t_expect_out '^    OLLAMA_CONTEXT_LENGTH = 12288$'
t_expect_out '^      for OLLAMA_CONTEXT_SIZE = 12288; guide 002, M4 Pro Configuration$'
t_expect_out '^    PYTORCH_MPS_HIGH_WATERMARK_RATIO = 0\.0$'
t_expect_out '^      harmful: 0 removes the limit'
t_expect_out '^system   only when it is asked for$'
for service in ollama comfyui diffusionapi lmstudio pipeline program; do
    t_expect_out "^$service\$"
done
t_must_fail 'no line is longer than 80 columns' grep -Eq '.{81}' "$t_dir/out"
t_must_fail 'nothing that nobody reads is added' \
    sh -c "sed -n '/would be written/,/only kept/p' '$t_dir/out' | grep -q COMFYUI_FAST_DECODE"
cp "$t_dir/out" "$t_dir/high"
t_run "$TUNETOP" profiles recommended "${mac[@]}" --ascii
t_cmp 'recommended is high there' "$t_dir/out" "$t_dir/high"
t_run "$TUNETOP" profiles high+processing.quality+one-user "${mac[@]}"
t_expect_status 0
t_expect_out '^    OLLAMA_NUM_PARALLEL = 1$'
t_expect_out '^      guide 002, Batch Size Tuning: single user \(one-user\)$'
t_expect_out 'processing\.workers = 6'
t_run "$TUNETOP" profiles high --chip 'Ryzen 9' --memory 64 --vram 24
t_expect_out '^    max_image_sizes\.cuda\.low = \[1024, 1024\]'
t_expect_out '^      there is no MPS in that place$'
t_run "$TUNETOP" profiles optimized
t_expect_status 0

# A recording: the versions of its services count, and nothing of this user's.
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" profiles recommended
t_expect_status 0
t_expect_out '^  On Apple M4 Pro with 24 GB, '
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" profiles high --json
t_is 'judged for 0.32.3, not for the newest' \
    "$(grep -A 8 '"OLLAMA_METRICS",' "$t_dir/out" | grep -c '"assumed_newest":	false')" 1

# A version that nobody has seen is judged by the last that was, and told so.
mkdir -p "$XDG_CONFIG_HOME/tunetop"
for version in 99.1.0:1 0.33.0:0; do
    printf 'services:\n  - {name: ollama, kind: ollama, version: "%s", url: "http://127.0.0.1:9"}\n' \
        "${version%:*}" >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml"
    t_run "$TUNETOP" profiles high
    t_is "$version" "$(grep -c '^  ollama 99\.1\.0 is newer than 0\.33\.0, the last that is known' \
        "$t_dir/out")" "${version#*:}"
done
rm "$XDG_CONFIG_HOME/tunetop/tunetop.yaml"

# --- JSON ---
cat >"$t_dir/list.shape" <<'SHAPE'
schema number
version text
time time
chip text?
recommended text
reason text
on_battery bool?
in_effect text?
profiles list
profiles[] object
profiles[].name text
profiles[].purpose text?
profiles[].best_for text
profiles[].file text
profiles[].user bool
profiles[].base text?
profiles[].level text?
profiles[].recommended bool
profiles[].in_effect bool?
profiles[].matched number?
profiles[].wanted number?
overlays list
overlays[] object
overlays[].name text
overlays[].purpose text?
overlays[].best_for text
overlays[].file text
overlays[].user bool
broken list
broken[] object
broken[].name text
broken[].file text
broken[].where text
broken[].reason text
SHAPE
cat >"$t_dir/one.shape" <<'SHAPE'
schema number
version text
time time
chip text?
recommended text
reason text
on_battery bool?
in_effect text?
profile text
layers list
layers[] object
layers[].name text
layers[].purpose text?
layers[].best_for text
layers[].file text
layers[].user bool
rows list
rows[] object
rows[].service text
rows[].setting text
rows[].wanted text?
rows[].value text?
rows[].clamped_from text?
rows[].clamped_because text?
rows[].verdict text
rows[].reason text
rows[].condition text?
rows[].assumed_newest bool
rows[].action text
rows[].writes object?
rows[].writes.service text
rows[].writes.setting text
rows[].writes.value text?
rows[].writes.kind text
rows[].writes.costs text
rows[].because text?
rows[].from text
rows[].layer text
SHAPE
t_run "$TUNETOP" profiles --json "${mac[@]}"
t_expect_status 0
t_expect_shape 1 "$t_dir/list.shape"
t_is 'five profiles, nine overlays' "$(grep -c '"best_for":' "$t_dir/out")" 14
t_is 'one is recommended' "$(grep -c '"recommended":	true' "$t_dir/out")" 1
t_run "$TUNETOP" profiles high+long-jobs --json "${mac[@]}"
t_expect_status 0
t_expect_shape 1 "$t_dir/one.shape"
t_expect_out '"profile":	"high\+long-jobs"'
t_expect_out '"clamped_from":	"24G"'
sed 's/"layer"/"layr"/' "$t_dir/out" >"$t_dir/other"
t_must_fail 'a renamed field is a difference' \
    "${abs_builddir:?}/tests/tools/json_shape" "$t_dir/one.shape" <"$t_dir/other"

# Each variable that a guide names is a wish of some profile, whatever its verdict.
for name in ultra+long-jobs high conservative; do
    "$TUNETOP" profiles "$name" --json "${mac[@]}"
done >"$t_dir/wishes"
unwished() {
    awk -F'\t' '$3 ~ /^[A-Z]+_[A-Z0-9_]+$/ { print $3 }' "$1" | sort -u | while read -r name; do
        grep -qF "\"setting\":	\"$name\"" "$t_dir/wishes" || echo "$name"
    done
}
t_is 'every variable of the guides is wished' \
    "$(unwished "$abs_srcdir/tests/fixtures/guide-names.txt")" ''
printf '0\tx\tNOT_A_WISH\n' >"$t_dir/planted"
t_is 'a variable that is not would be noticed' "$(unwished "$t_dir/planted")" NOT_A_WISH

# --- names ---
# refuse SENTENCE NAME
refuse() {
    t_run "$TUNETOP" profiles "$2" "${mac[@]}"
    t_expect_status 2
    t_expect_err_is "tunetop: $1"
    t_expect_out_is ''
}
refuse "no profile 'hihg' is known; did you mean 'high'?" hihg
refuse "no overlay 'qualty' is known; did you mean 'quality'?" high+qualty
refuse "'ultra' is a profile, and no overlay: it comes first, alone" high+ultra
refuse "'high+': expected a name before and after each '+'" high+
refuse "no profile 'QQQQ' is known; 'tunetop profiles' lists them" QQQQ
refuse "'profiles' needs the name of a profile, not an empty word" ''
t_run "$TUNETOP" profiles "$(printf 'a\033]0;x\007b')"
t_expect_status 2
t_must_fail 'a hostile name does not reach the terminal' grep -q "$(printf '\033')" "$t_dir/err"
t_run "$TUNETOP" profiles high low
t_expect_status 2
t_expect_err_is "tunetop: 'profiles' does not take 'low'"
t_run "$TUNETOP" profiles high --chip M4
t_expect_err_is "tunetop: '--chip' and '--memory' describe a machine together"

# --- the user's own: the example of the manual page ---
own="$XDG_CONFIG_HOME/tunetop/profiles"
mkdir -p "$own"
printf 'profiles:\n  - name: early\n    bestfor: x\n' >"$own/early.yaml"
refuse "no profile 'early2' is known, and a file is wrong: $own/early.yaml:3:5: unknown key 'bestfor', did you mean 'best_for'?" \
    early2
rm "$own/early.yaml"
awk '/^profiles:/ { on = 1 } /^\.Ed/ { on = 0 } on { gsub(/\\&/, ""); print }' \
    "$abs_srcdir/man/tunetop-profiles.5" >"$own/mine.yaml"
awk '/^overlays:/ { on = 1 } /^\.Ed/ { on = 0 } on { gsub(/\\&/, ""); print }' \
    "$abs_srcdir/man/tunetop-profiles.5" >"$own/night.yaml"
t_run "$TUNETOP" profiles "${mac[@]}"
t_expect_status 0
t_expect_out '^  writer +long texts for one person$'
t_expect_out '^  night  '
t_expect_out "^ +$own/mine.yaml\$"
t_run "$TUNETOP" profiles writer+night "${mac[@]}"
t_expect_status 0
t_expect_out '^    OLLAMA_CONTEXT_LENGTH = 32768  mine$'
t_expect_out '^    OLLAMA_KEEP_ALIVE = 12h  night \(night\)$'
t_expect_out '^    deploy\.resources\.limits\.memory = 8G  mine$'
t_expect_out "^      'OLLAMA_CONTEXT_LENGTH' of writer gives OLLAMA_CONTEXT_LENGTH = 32768\$"
t_run "$TUNETOP" --replay "$abs_srcdir/tests/fixtures/recordings/mac" profiles writer
t_expect_status 2

# Wrong ones: named, and everything else works; exit 2 only where one is asked for.
printf 'profiles:\n  - name: bad\n    best_for: x\n    bse: high\n' >"$own/wrong.yaml"
mkfifo "$own/pipe.yaml"
t_run "$TUNETOP" profiles "${mac[@]}"
t_expect_status 0
t_expect_err_is ''
t_expect_out '^Wrong, so that nothing in them counts$'
tr '\n' ' ' <"$t_dir/out" | sed 's/   */ /g' >"$t_dir/flat"
t_ok 'with its place' grep -q "wrong.yaml:4:5: unknown key 'bse', did you mean 'base'?" "$t_dir/flat"
t_ok 'a fifo is no file' grep -q "pipe.yaml' is not a regular file" "$t_dir/flat"
t_run "$TUNETOP" profiles writer "${mac[@]}"
t_expect_status 0
t_expect_err "^$own/pipe.yaml: "
t_is 'one warning' "$(wc -l <"$t_dir/err" | tr -d ' ')" 1
t_run "$TUNETOP" profiles wrong "${mac[@]}"
t_expect_status 2
t_expect_err_is "$own/wrong.yaml:4:5: unknown key 'bse', did you mean 'base'?"
t_run "$TUNETOP" profiles --json "${mac[@]}"
t_expect_shape 1 "$t_dir/list.shape"
t_expect_out '"where":	".*wrong.yaml:4:5"'
t_run "$TUNETOP" status --format '{profile.recommended}'
t_expect_status 0
t_expect_err_is ''
rm "$own/pipe.yaml" "$own/wrong.yaml"
head -c 300000 /dev/urandom >"$own/noise.yaml"
head -c 2000000 /dev/zero | tr '\0' a >"$own/large.yaml"
ln -s /dev/zero "$own/zero.yaml"
t_run "$TUNETOP" profiles --json "${mac[@]}"
t_expect_status 0
t_is 'noise, a huge file and a device are wrong, and no more' "$(grep -c '"where":' "$t_dir/out")" 3
rm "$own/noise.yaml" "$own/large.yaml" "$own/zero.yaml"

# Without the shipped ones there is nothing to show.
mkdir "$t_dir/data"
cp "$TUNETOP_DATADIR/settings.yaml" "$TUNETOP_DATADIR/chips.yaml" "$t_dir/data"
t_run env TUNETOP_DATADIR="$t_dir/data" "$TUNETOP" profiles
t_expect_status 1
t_expect_err 'profiles.yaml'
sed 's/level: high/level: hihg/' "$TUNETOP_DATADIR/profiles.yaml" >"$t_dir/data/profiles.yaml"
t_run env TUNETOP_DATADIR="$t_dir/data" "$TUNETOP" profiles
t_expect_status 2
t_expect_err "profiles.yaml:[0-9]+:[0-9]+: .*did you mean 'high'"

t_done
