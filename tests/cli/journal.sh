#!/usr/bin/env bash
# journal, journal ID: what was changed, what it is now, the diff, what can be done about it.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
journal=$XDG_STATE_HOME/tunetop/journal.jsonl
copies=$XDG_STATE_HOME/tunetop/backups
ai=$HOME/ai
mkdir -p "$ai"
cat >"$ai/compose.yaml" <<'END'
services:
  ollama:
    image: ollama/ollama:0.33.0
    environment:
      - OLLAMA_NUM_PARALLEL=${PARALLEL:-1}
      - HF_TOKEN=hunter2-secret
      - OLLAMA_KEEP_ALIVE=300s
END
echo 'PARALLEL=1' >"$ai/.env"
cat >"$yaml" <<'END'
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:9", config: {type: compose, file: ~/ai/compose.yaml}}
END
cp -r "$ai" "$t_dir/before"
# The value of a field in what was printed last; of a file's field the first.
field() {
    sed -n "s/^[[:blank:]]*\"$1\":[[:blank:]]*\(.*[^,]\),\{0,1\}\$/\1/p" "$t_dir/out" | head -n 1
}
count() {
    grep -c -- "$1" "$t_dir/out"
}

# --- nothing yet ---
t_run "$TUNETOP" journal --json
t_expect_status 0
t_is 'no entries' "$(field entries)" '[]'
t_is 'nothing to say' "$(field notes)" '[]'
t_run "$TUNETOP" journal 20261121-140311-000123
t_expect_status 1
t_expect_err_is "tunetop: the journal has no '20261121-140311-000123'; 'tunetop journal' lists all"

# --- one that stands ---
"$TUNETOP" apply high --no-restart --yes >/dev/null 2>&1
t_run "$TUNETOP" journal --json
t_expect_status 0
id=$(field id)
id=${id//\"/}
t_ok 'an id' test -n "$id"
t_is 'it stands' "$(field stands)" true
t_is 'we may take it back' "$(field allowed)" true
t_is 'nobody is at work' "$(field at_work)" false
t_ok 'by this command' grep -Eq "\"command\":	\"/.*/tunetop undo $id\"," "$t_dir/out"
t_run "$TUNETOP" journal "$id"
t_expect_status 0
t_expect_err_is ''
t_expect_out "^$id  applied  high\$"
version=$("$TUNETOP" --version)
t_expect_out "^  20.* to 20.*, in your journal, by ${version//./\\.}\$"
t_expect_out '^ollama: applied$'
t_expect_out '^  OLLAMA_MAX_QUEUE +not set -> 512$'
t_expect_out '^  PARALLEL +1 -> 4, for OLLAMA_NUM_PARALLEL$'
t_expect_out '/compose\.yaml  +as applied$'
t_expect_out '/\.env  +as applied$'
t_expect_out "^--- $ai/compose\.yaml\$"
t_expect_out '^-PARALLEL=1$'
t_expect_out '^\+PARALLEL=4$'
t_expect_out "^'/.*/tunetop undo $id' takes it back\.\$"
t_expect_out '^ *- HF_TOKEN=\*\*\*$'
t_must_fail 'no secret is shown' grep -q hunter2 "$t_dir/out"
t_run "$TUNETOP" journal "$id" --json
t_expect_status 0
t_must_fail 'nor in JSON' grep -q hunter2 "$t_dir/out"
t_is 'the entry itself' "$(field id)" "\"$id\""
t_is 'who wrote it, and who asked' "tunetop $(field version) $(field from)" "tunetop \"${version#tunetop }\" \"cli\""
t_is 'each file as applied' "$(count '"now":	"as_applied"')" 2
t_is 'each with its diff' "$(count '"diff":	"--- .*\\n@@ ')" 2
t_is 'and no reason against it' "$(count '"diff_why":	null')" 2

# --- ids are offered where one is wanted, by the program that is completed ---
for shell in bash fish; do
    "$TUNETOP" completion "$shell" >"$t_dir/completion.$shell"
done
mkdir "$t_dir/bin"
ln -s "$TUNETOP" "$t_dir/bin/tunetop"
for command in journal undo; do
    t_is "bash: $command" "$(PATH=$t_dir/bin:$PATH bash --norc -c '
        . "$1"; COMP_WORDS=(tunetop "$2" ""); COMP_CWORD=2; _tunetop
        printf "%s\n" "${COMPREPLY[@]}"' - "$t_dir/completion.bash" "$command" 2>&1)" "$id"
done
if command -v fish >/dev/null; then
    t_is 'fish: undo' "$(PATH=$t_dir/bin:$PATH fish --no-config -c \
        ". $t_dir/completion.fish; complete -C 'tunetop undo '" 2>&1)" "$id"
else
    t_skip 'fish: undo' 'no fish here'
fi

# --- mistyped ---
t_run "$TUNETOP" journal "${id%?}"
t_expect_status 1
t_expect_err "the journal has no '.*'; did you mean '$id'\?"
t_run "$TUNETOP" journal "$id" "$id"
t_expect_status 2

# --- what became of the files ---
echo '# mine' >>"$ai/compose.yaml"
rm "$ai/.env"
t_run "$TUNETOP" journal "$id"
t_expect_out '/compose\.yaml  +changed since$'
t_expect_out '/\.env  +gone$'
t_run "$TUNETOP" journal "$id" --json
t_is 'in JSON' "$(count '"now":	"changed"') $(count '"now":	"gone"')" '1 1'
cp "$t_dir/before/compose.yaml" "$ai/compose.yaml"
ln -s compose.yaml "$ai/.env"
t_run "$TUNETOP" journal "$id"
t_expect_status 0
t_expect_out '/compose\.yaml  +as before$'
t_expect_out '/\.env  +unreadable$'
t_expect_out "'$ai/\.env' is a link now"
rm "$ai/.env"
mv "$ai" "$ai.away"
t_run "$TUNETOP" journal "$id" --json
t_is 'with their folder' "$(count '"now":	"gone"')" 2
mv "$ai.away" "$ai"
cp "$t_dir/before/.env" "$ai/.env"

# --- copies that are gone, or damaged ---
mv "$copies" "$copies.away"
t_run "$TUNETOP" journal "$id"
t_expect_status 0
t_expect_out '^no diff: cannot open the journal in'
t_is 'said once' "$(count '^no diff')" 1
mv "$copies.away" "$copies"
mkdir "$t_dir/copies"
mv "$copies/$id-0.before" "$t_dir/copies/"
t_run "$TUNETOP" journal "$id"
t_expect_out '^no diff: its copies are gone: those of the newest 50 changes are kept$'
t_expect_out '^\+PARALLEL=4$'
t_run "$TUNETOP" journal "$id" --json
t_is 'null, and why' "$(count '"diff":	null') $(count '"diff_why":	"its copies are gone')" '1 1'
echo other >"$copies/$id-0.before"
t_run "$TUNETOP" journal "$id"
t_expect_out "^no diff: the copy '$id-0\.before' is damaged\$"
mv "$t_dir/copies/$id-0.before" "$copies/"

# --- undone: there is nothing left to do, and the undo is an entry of its own ---
"$TUNETOP" apply high --no-restart --yes >/dev/null 2>&1
"$TUNETOP" undo --no-restart --yes >/dev/null 2>&1
t_run "$TUNETOP" journal --json
undo=$(field id)
undo=${undo//\"/}
of=$(field of)
of=${of//\"/}
t_is 'no command for an undo' "$(field command)" null
t_is 'nor for what it took back' "$(count '"command":	null')" 2
t_run "$TUNETOP" journal "$undo"
t_expect_out "^$undo  applied  undo of $of\$"
t_expect_out '^\+PARALLEL=1$'
t_expect_out '/\.env  +as applied$'
t_run "$TUNETOP" journal "$of"
t_expect_out "^$of  undone  high\$"
t_expect_out '/\.env  +as before$'
t_must_fail 'nothing to take back' grep -q 'takes it back' "$t_dir/out"

# --- cut off, and at work ---
"$TUNETOP" apply high --no-restart --yes >/dev/null 2>&1
t_run "$TUNETOP" journal --json
open=$(field id)
open=${open//\"/}
cp "$journal" "$t_dir/journal"
grep -v -e "\"commit\",\"id\":\"$open\"" -e "\"unit\",\"id\":\"$open\"" "$t_dir/journal" >"$journal"
t_run "$TUNETOP" journal "$open" --json
t_is 'cut off' "$(field state) $(field at_work) $(field stands) $(field allowed)" \
    '"interrupted" false false true'
t_ok 'recover ends it' grep -Eq '"command":	"/.*/tunetop recover",' "$t_dir/out"
t_run "$TUNETOP" journal "$open"
t_expect_out "^$open  interrupted  high\$"
t_expect_out "/tunetop recover' brings it to an end\.\$"
if command -v flock >/dev/null; then
    exec 9<"$journal"
    flock 9
    t_run "$TUNETOP" journal "$open" --json
    t_is 'not cut off while somebody works' "$(field at_work) $(field command)" 'true null'
    t_run "$TUNETOP" journal
    t_expect_out "^$open  at work "
    t_expect_out '^A tunetop is at work in your journal now\.$'
    t_must_fail 'nothing to recover' grep -q 'recover' "$t_dir/out"
    exec 9<&-
else
    t_skip 'at work' 'there is no flock here'
fi
t_run "$TUNETOP" recover --yes
t_expect_status 0

# --- lines that do not count, texts that are no text, a journal that cannot be read ---
echo 'no record' >>"$journal"
t_run "$TUNETOP" journal --json
t_expect_status 0
t_is 'the line is told' "$(count '"text":	"not JSON"')" 1
t_is 'with its number' "$(field line)" "$(wc -l <"$journal" | tr -d ' ')"
sed 's/"profile":"high"/"profile":"h\\u001b[31mi\\u202egh"/; s/"setting":"PARALLEL"/"setting":"P\\u0007\\u001b]0;x"/' \
    "$t_dir/journal" >"$journal"
t_run "$TUNETOP" journal "$id"
t_expect_status 0
t_must_fail 'nothing that a terminal obeys' grep -q "$(printf '[\033\007]')" "$t_dir/out"
mv "$journal" "$t_dir/journal.away"
mkdir "$journal"
t_run "$TUNETOP" journal --json
t_expect_status 1
t_expect_out '"journal":	"own"'
t_expect_out '"text":	"the journal in .* is not what it should be'
t_run "$TUNETOP" journal "$id"
t_expect_status 1
t_expect_err "no '$id' was found, but the journal in .* is not what it should be"
rmdir "$journal"
mv "$t_dir/journal.away" "$journal"
chmod 0620 "$journal"
t_run "$TUNETOP" journal
t_expect_status 1
t_expect_out '^your journal cannot be read: others may write'
chmod 0600 "$journal"
t_done
