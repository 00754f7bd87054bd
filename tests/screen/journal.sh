#!/usr/bin/env bash
# A walk over the Journal tab by keys, over real journals: nothing yet, what was changed, its diff,
# what became of a file since, a filter, an entry that was cut off, a journal that cannot be read.
. "${abs_srcdir:?}/tests/lib.sh"
. "${abs_srcdir:?}/tests/screen/dashboard.sh"
trap 'dashboards_end; t_cleanup' EXIT

yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
journal=$XDG_STATE_HOME/tunetop/journal.jsonl
ai=$HOME/ai
mkdir -p "$ai"
cat >"$ai/compose.yaml" <<'END'
services:
  ollama:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
      - HF_TOKEN=hunter2-secret
END
echo 'PARALLEL=1' >"$ai/.env"
cat >"$yaml" <<'END'
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, file: ~/ai/compose.yaml}}
END
cd "$t_dir" || exit 99
export TUNETOP_SIZE=100x40

walk() {
    cat >keys
    t_run "$TUNETOP" --config "$yaml" --script keys
    t_expect_status 0
    t_expect_err_is ''
}

walk <<'END'
5
wait-screen Nothing was changed yet
save-screen empty
END
t_on empty '^   p     chooses a profile' '^   A     applies'
t_not_on empty 'U undo'

"$TUNETOP" apply high --no-restart --yes >/dev/null 2>&1
"$TUNETOP" apply ultra --no-restart --yes >/dev/null 2>&1
"$TUNETOP" undo --no-restart --yes >/dev/null 2>&1
first=$("$TUNETOP" journal | sed -n 's/^\(20[-0-9]*\)  applied  *high .*/\1/p')
walk <<'END'
5
wait-screen as applied
save-screen list
Down
Down
wait-screen undo can put it back
save-screen high
Enter
wait-screen MAX_QUEUE=512
save-screen diff
Esc
/
type ultra undone
Enter
wait-screen 1 of 3
save-screen filtered
END
t_on list '^▸ .* undo of [0-9]{6} +applied +ollama' ' +high +applied +ollama +[0-9]+ changed' \
    ' +ultra +undone +ollama' '^ ollama    put back' "$ai/\.env +as applied"
t_not_on list 'U undo'
t_on high "^ $first  high ─" '^   PARALLEL +1 -> 4   for OLLAMA_NUM_PARALLEL' \
    '^ U puts ollama back as before' 'U undo'
t_on diff "^ Diff of $first  high" '^ \+ +- OLLAMA_MAX_QUEUE=512' '^ -PARALLEL=1'
t_not_on diff hunter2
t_on filtered '^ Journal  1 of 3 ' ' +ultra +undone'

echo '# mine' >>"$ai/compose.yaml"
rm "$ai/.env"
walk <<'END'
5
wait-screen put back
G
wait-screen undo stops there
save-screen edited
w
save-screen why
END
t_on edited 'compose\.yaml +changed since +undo stops there' '\.env +gone +undo stops there'
t_on why '^ changed since +somebody wrote it since'

cp "$journal" whole
grep -v -e "\"commit\",\"id\":\"$first\"" -e "\"unit\",\"id\":\"$first\"" whole >"$journal"
walk <<'END'
5
wait-screen interrupted
save-screen open
Down
wait-screen put back
save-screen below
END
t_on open '^▸ .* high +interrupted +ollama' '^ R ends it: ' 'R recover'
t_not_on open 'U undo'
t_not_on below 'R recover'
if command -v flock >/dev/null; then
    exec 9<"$journal"
    flock 9
    walk <<'END'
5
wait-screen at work
save-screen at-work
END
    exec 9<&-
    t_on at-work '^▸ .* high +at work +ollama' 'works on it right now'
    t_not_on at-work 'R recover'
else
    t_skip 'at work' 'there is no flock here'
fi

# On a terminal it is said at the start, and ended by keys.
dashboard 80x24 --config "$yaml"
t_wait_for 'that something was cut off is said' shows 'a change was cut off: 5 shows it'
t send-keys 5
t_wait_for 'it stands on top' shows '^▸ .* high +interrupted'
t send-keys R
t_wait_for 'it asks first' shows 'End what was cut off'
t send-keys n
t_wait_for 'no answer is no' shows '^▸ .* high +interrupted'
t send-keys q
t_wait_for 'it has ended' ended
dashboards_end

cp whole "$journal"
echo 'no record' >>"$journal"
walk <<'END'
5
wait-screen does not count
save-screen notes
END
t_on notes 'line [0-9]+ of your journal does not count: not JSON' ' +high +applied'
rm "$journal"
mkdir "$journal"
walk <<'END'
5
wait-screen The journal cannot be read
save-screen unreadable
END
t_on unreadable "your journal: the journal in '" "'tunetop doctor' says"
t_done
