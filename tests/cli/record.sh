#!/usr/bin/env bash
# record: what it writes, how it ends, what it refuses; and that its replay is the same every time.
. "${abs_srcdir:?}/tests/lib.sh"

rec="$t_dir/rec"
t_run "$TUNETOP" record "$rec" -n 3 -i 0.3
t_expect_status 0
t_expect_err_is ''
t_expect_out "^recorded 3 samples, [0-9]+ reads, [0-9]+ KB in "
t_is 'only its owner may look' "$(find "$rec" ! -perm 0600 ! -perm 0700)" ''
t_is 'two files' "$(ls "$rec")" 'meta.json
reads.jsonl'
t_is 'every line is a read' "$(grep -cv '^{"t_ns":[0-9]*,"source":"[a-z_]*","key":".*","state":"[a-z-]*","\(text\|base64\)":".*"}$' "$rec/reads.jsonl")" 0
t_is 'three samples' "$(grep -c '"source":"collector","key":"sample"' "$rec/reads.jsonl")" 3
t_is 'the host is called host' "$(grep -c '"key":"file /proc/sys/kernel/hostname","state":"ok","text":"host\\n"' "$rec/reads.jsonl")" 1
t_must_fail 'no home folder is in it' grep -q "$HOME" "$rec/reads.jsonl"

# The same bytes, wherever and however often.
t_run "$TUNETOP" --replay "$rec" --at +0.3 status --json
t_expect_status 0
cp "$t_dir/out" "$t_dir/first"
"${abs_builddir:?}/tests/tools/json_shape" "$abs_srcdir/tests/cli/status.shape" <"$t_dir/out" >"$t_dir/shape"
t_is 'its shape is whole' "$(cat "$t_dir/shape")" '1 whole, 0 differences'
t_expect_out '"name":	"host"'
mkdir "$t_dir/else where"
cp "$rec"/* "$t_dir/else where/"
same=0 turns=0
while [ "$turns" -lt 20 ]; do
    turns=$((turns + 1))
    "$TUNETOP" --replay "$t_dir/else where" --at +0.3 status --json >"$t_dir/again"
    cmp -s "$t_dir/again" "$t_dir/first" && same=$((same + 1))
done
t_is 'the same bytes twenty times' "$same" 20
TZ=Asia/Tokyo t_run "$TUNETOP" --replay "$rec/meta.json" --at +0.3 status --json
t_cmp 'in another time zone, by its file' "$t_dir/out" "$t_dir/first"
sed 's/+00:00"/+05:30"/' "$rec/meta.json" >"$t_dir/else where/meta.json"
t_run "$TUNETOP" --replay "$t_dir/else where" status --format '{time}'
t_expect_out '\+05:30$'
t_run "$TUNETOP" --replay "$rec" stream
t_is 'a line a sample' "$(wc -l <"$t_dir/out" | tr -d ' ')" 3
t_is 'at its own times' "$(grep -o '"time":"[^"]*"' "$t_dir/out" | sort -u | wc -l | tr -d ' ')" 3
begun=$SECONDS
t_run "$TUNETOP" --replay "$rec" --speed 0.1 stream -n 3
t_ok 'slower when it is told to' test $((SECONDS - begun)) -ge 2
t_run "$TUNETOP" --replay "$rec" --speed 100000 stream
t_is 'and fast' "$(wc -l <"$t_dir/out" | tr -d ' ')" 3

# The last one that was made, until another is.
t_run "$TUNETOP" --replay last --at +0.3 status --json
t_cmp 'the last recording' "$t_dir/out" "$t_dir/first"
t_is 'only its path is kept' "$(cat "$XDG_STATE_HOME/tunetop/last-recording")" "$(cd "$rec" && pwd -P)"
t_is 'and only its owner may look' \
    "$(find "$XDG_STATE_HOME/tunetop" ! -perm 0600 ! -perm 0700)" ''
mv "$rec" "$t_dir/moved"
t_run "$TUNETOP" --replay last status
t_expect_status 1
t_expect_err "^tunetop: the last recording, '.*/rec', cannot be opened any more; make another with"
mv "$t_dir/moved" "$rec"
XDG_STATE_HOME="$t_dir/new/state" t_run "$TUNETOP" --replay last status
t_expect_status 1
t_expect_err_is "tunetop: there is no last recording yet; make one with 'tunetop record DIR', or name a \
folder: '--replay DIR'"
(cd "$t_dir" && XDG_STATE_HOME="$t_dir/new/state" "$TUNETOP" record ./near -n 1 >/dev/null)
XDG_STATE_HOME="$t_dir/new/state" t_run "$TUNETOP" --replay last status
t_expect_status 0
for text in '' relative "$(printf '/x\n/y')"; do
    printf '%s\n' "$text" >"$t_dir/new/state/tunetop/last-recording"
    XDG_STATE_HOME="$t_dir/new/state" t_run "$TUNETOP" --replay last status
    t_ok "a path that is none ('${text//$'\n'/?}'): refused" test "$t_status" -eq 1 -o "$t_status" -eq 2
done
: >"$t_dir/file"
XDG_STATE_HOME="$t_dir/file" t_run "$TUNETOP" -v record "$t_dir/unkept" -n 1
t_expect_status 0
t_expect_err "'--replay last' will not find this recording"

# What it does not record into.
t_run "$TUNETOP" record "$rec"
t_expect_status 1
t_expect_err "is not empty; a recording takes a new or an empty one$"
t_run "$TUNETOP" record "$rec/meta.json"
t_expect_status 1
t_run "$TUNETOP" record "$t_dir/no/such/folder"
t_expect_status 1
t_expect_err "^tunetop: cannot make the folder '.*': No such file or directory$"
mkdir "$t_dir/empty"
t_run "$TUNETOP" record "$t_dir/empty" -n 1
t_expect_status 0
t_expect_out '^recorded 1 samples'

# A disk that is full: said, and the last line is whole.
if (trap '' XFSZ && ulimit -f 16) 2>/dev/null; then
    t_status=0
    (trap '' XFSZ; ulimit -f 16; exec "$TUNETOP" record "$t_dir/full" -i 0.2) >"$t_dir/out" 2>"$t_dir/err" || t_status=$?
    t_is 'a full disk: exit 1' "$t_status" 1
    t_ok 'a full disk: it says so' grep -q "^tunetop: cannot write '.*/full/reads.jsonl': " "$t_dir/err"
    t_is 'a full disk: the last line is whole' "$(tail -c 2 "$t_dir/full/reads.jsonl" 2>/dev/null | tr -d '\n}')" ''
else
    t_skip 'a full disk' 'file sizes cannot be limited here'
fi

# A signal ends it as it should end: everything is written.
for signal in INT TERM; do
    (trap - INT; exec "$TUNETOP" record "$t_dir/$signal" -i 0.2) >"$t_dir/out" 2>"$t_dir/err" &
    pid=$!
    t_own "$pid"
    # A shell without job control starts what is in the background with SIGINT ignored.
    t_wait_for "$signal: it runs" grep -q '"key":"sample"' "$t_dir/$signal/reads.jsonl"
    kill -s "$signal" "$pid"
    if [ "$signal" = INT ] && kill -0 "$pid" 2>/dev/null && sleep 0.5 && kill -0 "$pid" 2>/dev/null; then
        t_skip 'SIGINT' 'it is ignored here'
        kill "$pid"
        wait "$pid" 2>/dev/null
        continue
    fi
    t_status=0
    wait "$pid" 2>/dev/null || t_status=$?
    t_is "SIG$signal: 128+N" "$t_status" "$((128 + $(kill -l "$signal")))"
    t_ok "SIG$signal: it says what there is" grep -q '^recorded ' "$t_dir/out"
    t_run "$TUNETOP" --replay "$t_dir/$signal" status --json
    t_expect_status 0
done

# Damage is refused where it is; a torn last line is not damage.
mkdir "$t_dir/bad"
cp "$rec/meta.json" "$t_dir/bad/"
# damaged NAME LINE WANTED: what bad/reads.jsonl is refused with
damaged() {
    t_run "$TUNETOP" --replay "$t_dir/bad" status
    t_expect_status 2
    t_ok "$1" grep -Eq "bad/reads.jsonl:$2: .*$3" "$t_dir/err"
}
lines=$(wc -l <"$rec/reads.jsonl" | tr -d ' ')
sed '5s/"key"/"kee"/' "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl"
damaged 'an unknown key' 5 "'kee' is no part of a read"
sed '7s/.$//' "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl"
damaged 'a bracket less' 7 'was expected'
sed '9s/"t_ns":[0-9]*/"t_ns":NaN/' "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl"
damaged 'a time of NaN' 9 "'t_ns' as a whole number"
sed "${lines}s/\"t_ns\":[0-9]*/\"t_ns\":1/" "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl"
damaged 'a time that goes back' "$lines" 'before that of the line above'
sed '3s/"state":"[a-z]*"/"state":"fine"/' "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl"
damaged 'an unknown state' 3 "'state' is 'fine'"
{ head -n 3 "$rec/reads.jsonl"; head -c 20000000 /dev/zero | tr '\0' x; } >"$t_dir/bad/reads.jsonl"
damaged 'an endless line' 4 'longer than'

for cut in 1 2 40; do
    head -c -"$cut" "$rec/reads.jsonl" >"$t_dir/bad/reads.jsonl" 2>/dev/null || break
    t_run "$TUNETOP" --replay "$t_dir/bad" status
    t_expect_status 0
done
cp "$rec/reads.jsonl" "$t_dir/bad/"
sed 's/"schema":	1/"schema":	2/' "$rec/meta.json" >"$t_dir/bad/meta.json"
t_run "$TUNETOP" --replay "$t_dir/bad" status
t_expect_status 2
t_expect_err 'has the schema 2, this tunetop reads 1'
sed 's/"reads"/"samples"/' "$rec/meta.json" >"$t_dir/bad/meta.json"
t_run "$TUNETOP" --replay "$t_dir/bad" status
t_expect_status 2
t_expect_err "not a recording of kind 'reads'"
rm "$t_dir/bad/meta.json"
t_run "$TUNETOP" --replay "$t_dir/bad" status
t_expect_status 1
t_expect_err "bad/meta.json'"
t_run "$TUNETOP" --replay "$abs_srcdir/tests/lib.sh" status
t_expect_status 2
t_expect_err 'is no recording: name its folder'

t_done
