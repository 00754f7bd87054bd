#!/usr/bin/env bash
# The recordings in tests/fixtures/recordings: what status says of each is in its status.json.
# TUNETOP_GOLDEN=update writes those; look at the difference as at code.
. "${abs_srcdir:?}/tests/lib.sh"

for rec in "$abs_srcdir"/tests/fixtures/recordings/*/; do
    name=$(basename "$rec")
    t_run "$TUNETOP" --replay "$rec" status --json
    t_expect_status 0
    # The only thing in it that is this program's and not the recording's.
    sed '1,5s/"version":	"[^"]*"/"version":	"VERSION"/' "$t_dir/out" >"$t_dir/json"
    if [ "${TUNETOP_GOLDEN:-}" = update ]; then
        cp "$t_dir/json" "$rec/status.json"
    fi
    t_cmp "$name: status --json" "$t_dir/json" "$rec/status.json"
    t_run "$TUNETOP" --replay "$rec" stream
    t_expect_status 0
    t_is "$name: a line a sample" "$(wc -l <"$t_dir/out" | tr -d ' ')" \
        "$(grep -c '"key":"sample"' "$rec/reads.jsonl")"
done

# Whose machine it is, is in meta.json; without it the reads tell.
mac=$abs_srcdir/tests/fixtures/recordings/mac
mkdir "$t_dir/mac"
cp "$mac/reads.jsonl" "$t_dir/mac/"
grep -v '"platform"' "$mac/meta.json" >"$t_dir/mac/meta.json"
t_run "$TUNETOP" --replay "$mac" status --json
cp "$t_dir/out" "$t_dir/told"
t_run "$TUNETOP" --replay "$t_dir/mac" status --json
t_cmp 'a Mac is known by its reads' "$t_dir/out" "$t_dir/told"
sed 's/"darwin"/"plan9"/' "$mac/meta.json" >"$t_dir/mac/meta.json"
t_run "$TUNETOP" --replay "$t_dir/mac" status
t_expect_status 2
t_expect_err "is of the platform 'plan9', which this tunetop does not know: it takes a newer one"

# A service that tunetop.yaml named there is a row while it is down; the user's own are not.
printf 'services: [{name: mine, kind: ollama, url: "http://127.0.0.1:1"}]\n' >"$t_dir/my.yaml"
t_run "$TUNETOP" --config "$t_dir/my.yaml" --replay "$mac" status --format \
    '{services.away.state} {services.away.version} {services.mine.state}'
t_expect_out_is 'down 0.33.0 -'

# The dashboard plays it: each sample, at the times of the recording, not of now.
rec=$abs_srcdir/tests/fixtures/recordings/two-services
printf 'wait-model\nsave-screen %s/first\n' "$t_dir" >"$t_dir/script"
for ((sample = 2; sample <= 5; sample++)); do
    echo wait-model
done >>"$t_dir/script"
echo "save-screen $t_dir/later" >>"$t_dir/script"
TUNETOP_SIZE=100x30 t_run "$TUNETOP" --replay "$rec" --speed 4 --script "$t_dir/script"
t_expect_status 0
t_ok 'it begins with the first sample' grep -q '^ tunetop .* 10:00:00 $' "$t_dir/first"
t_ok 'and goes on' grep -Eq '^ tunetop .* 10:00:0[4-8] $' "$t_dir/later"
t_ok 'with rates' grep -Eq '^ CPU +[0-9]+ % ' "$t_dir/later"
t_run "$TUNETOP" --replay "$rec" record "$t_dir/x"
t_expect_status 2

t_done
