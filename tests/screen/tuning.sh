#!/usr/bin/env bash
# A walk over the Tuning tab by keys: which profile fits and why, what each profile wants here, all
# settings, one in full; a user's profiles, one of them broken; catalogs that are missing; the same
# on a real terminal. The machine is a recorded Mac, so that the walk is the same everywhere.
. "${abs_srcdir:?}/tests/lib.sh"

mac=$abs_srcdir/tests/fixtures/recordings/mac
cd "$t_dir" || exit 99


cat >keys <<'SCRIPT'
wait-screen fits
3
save-screen opened
Right
save-screen other
Left
/
type never watermark
Enter
Down
save-screen never
Enter
save-screen in-full
Esc
Esc
c
save-screen all
/
type num_threads
Enter
Enter
save-screen one
Esc
Esc
/
type no such thing
Enter
save-screen none
Esc
c
Tab
save-screen details
w
save-screen why
Esc
4
3
save-screen again
:
type all setz
Enter
save-screen mistyped
Esc
q
SCRIPT
t_run env TUNETOP_SIZE=120x30 "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_on opened '\[3 Tuning\] 4 Processes' '^ Apple M4 Pro, 24 GiB: high fits, memory limit 18 GiB, CPU fraction 0\.80' \
    "^ because row 'Apple M4 Pro with 24 GB or more' of the chip table" \
    '^▸ high +fits ' ' Settings of high [0-9]+ and [0-9]+ not written ' ' comfyui 0\.33\.0$| comfyui 0\.33\.0 ' \
    ' PYTORCH_ENABLE_MPS_FALLBACK +1 +honoured +restart' ' [0-9]+ more' \
    'p profile +w why +/ filter .* c all +'
t_on other '^▸ optimized ' ' Settings of optimized ' 'small to medium' '^ +high +fits '
t_on never ' Not written' '▸ +PYTORCH_MPS_HIGH_WATERMARK_RATIO +0\.0 +harmful ' \
    '^ wishes +PYTORCH_MPS_HIGH_WATERMARK_RATIO=0\.0' '^ verdict +harmful +on macOS|^ verdict +harmful +in a container'
t_on in-full '^ PYTORCH_MPS_HIGH_WATERMARK_RATIO ─' '^ source ' 'Esc back'
t_not_on in-full ' c all'
t_on all '^ All settings [0-9]+ ─' '^ Ollama: variables that its server reads' ' default ' "c profile"
t_not_on all ' c all'
t_on one '^ OLLAMA_NUM_THREADS ─' '^ use +LLAMA_ARG_THREADS: the same value' '^ read back ' '^ source +O 1\.5'
t_on none 'None of [0-9]+ settings matches no such thing +Esc clears'
t_on details ' Settings of high '
t_on why "^ profile +ok +high: row 'Apple M4 Pro" '^ comfyui +ok +verdicts are those of 0\.33\.0' \
    '^ ollama +- +no version is told'
t_on again '\[3 Tuning\]' ' Settings of high ' '▸ +PYTORCH_MPS_HIGH_WATERMARK_RATIO|honoured'
t_on mistyped 'is unknown'

# From the start, in the smallest window, in ASCII, and without colours to tell rows apart.
printf 'wait-screen fits\nsave-screen small\nDown\nsave-screen small-2\nq\n' >keys
t_run env TUNETOP_SIZE=60x15 "$TUNETOP" --replay "$mac" --view tuning --ascii --script keys
t_expect_status 0
t_on small '\[3 Tuning\]' '^ Apple M4 Pro, 24 GiB: high fits' '\[high\] fits' '^ Settings of high '
t_on small-2 '^>  [A-Z_]+ '
t_must_fail 'ASCII only' grep -q '[^ -~]' small

# --- a user's profiles: on the machine itself, not in a replay ---
mkdir -p "$XDG_CONFIG_HOME/tunetop/profiles"
cat >"$XDG_CONFIG_HOME/tunetop/profiles/evening.yaml" <<'YAML'
profiles:
  - name: evening
    best_for: films beside one small model
    base: conservative
    services:
      - service: ollama
        settings: [{name: OLLAMA_KEEP_ALIVE, value: 10m}]
YAML
echo 'profiles: [{name: morning, best_for: nothing, bas: high}]' \
    >"$XDG_CONFIG_HOME/tunetop/profiles/morning.yaml"
# Left of the first profile stands the last one. Which one fits is this machine's affair.
printf 'wait-screen fits\n3\nsave-screen first\nq\n' >keys
t_run env TUNETOP_SIZE=140x40 "$TUNETOP" --script keys
left=1
for profile in ultra high optimized balanced conservative; do
    grep -q "^▸ $profile " first && break
    left=$((left + 1))
done
{
    printf 'wait-screen fits\n3\nsave-screen yours\n'
    for ((i = 0; i < left; i++)); do
        echo Left
    done
    printf 'Down\nDown\nsave-screen evening\n/\ntype keep_alive\nEnter\nDown\nsave-screen kept\nw\n'
    printf 'save-screen yours-why\nq\n'
} >keys
t_run env TUNETOP_SIZE=140x40 "$TUNETOP" --script keys
t_expect_status 0
t_on yours '^ +evening +yours' '^ +morning +broken \(w\)'
t_on evening '^▸ evening +yours ' ' Settings of evening ' 'films beside one'
t_on kept 'OLLAMA_KEEP_ALIVE +10m +honoured ' '^ from +evening, '
t_on yours-why '^ morning +failed +.*morning\.yaml:1:[0-9]+: '
t_run env TUNETOP_SIZE=140x40 "$TUNETOP" --replay "$mac" --script keys
t_not_on yours 'evening'

# --- no catalogs: said in words, with what to do, and the rest works ---
printf 'wait-model\n3\nsave-screen trouble\n/\nc\nDown\nEnter\nsave-screen trouble-2\nw\nsave-screen trouble-why\n1\nsave-screen alive\nq\n' >keys
t_run env TUNETOP_SIZE=90x24 TUNETOP_DATADIR="$t_dir/nowhere" "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_on trouble '^ No profile is recommended: ' 'The settings cannot be listed: ' 'nowhere/settings\.yaml' \
    'TUNETOP_DATADIR names that folder: unset it'
t_not_on trouble '/ filter|c all|Enter open'
t_not_on trouble-2 '/ filter'
t_on trouble-why '^ settings +failed ' '^ profile +failed '
t_on alive '\[1 Overview\]'
mkdir broken
cp "$TUNETOP_DATADIR"/*.yaml broken
echo 'groups: [' >broken/settings.yaml
t_run env TUNETOP_SIZE=90x24 TUNETOP_DATADIR="$t_dir/broken" "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_on trouble '^ Apple M4 Pro, 24 GiB: high fits' 'The settings cannot be listed: .*broken'
cp "$TUNETOP_DATADIR/settings.yaml" broken
echo 'profiles: [' >broken/profiles.yaml
t_run env TUNETOP_SIZE=90x24 TUNETOP_DATADIR="$t_dir/broken" "$TUNETOP" --replay "$mac" --script keys
t_expect_status 0
t_on trouble '^ Apple M4 Pro, 24 GiB: high fits' 'What a profile wants cannot be told: ' 'c all'
t_on trouble-2 '^ [A-Z_]+ ─' '^ verdict '

# --- on a terminal, by keys alone ---
if ! command -v tmux >/dev/null 2>&1; then
    t_done
    exit
fi
end_tmux() {
    tmux -S "$t_dir/tmux" kill-server 2>/dev/null
    t_cleanup
}
trap end_tmux EXIT
t() {
    tmux -S "$t_dir/tmux" "$@"
}
shows() {
    t capture-pane -p | grep -Eq -- "$1"
}
env -i PATH="$PATH" HOME="$HOME" TERM=xterm-256color TZ=UTC LC_ALL=C.UTF-8 NO_COLOR=1 \
    TUNETOP_DATADIR="$TUNETOP_DATADIR" tmux -S "$t_dir/tmux" -f /dev/null \
    new-session -d -x 80 -y 24 "$TUNETOP --replay $mac"
t set-option -g status off
t resize-window -x 80 -y 24
t_wait_for 'the page' shows 'fits high'
t send-keys 3
t_wait_for '3 opens the tab' shows '^ profile   ultra \[high\] fits  optimized'
t send-keys Right
t_wait_for 'Right is the next profile' shows '^ Settings of optimized '
t send-keys h
t_wait_for 'h the one before' shows '^ Settings of high '
t send-keys Down Down
t_wait_for 'Down walks over the settings' shows '^▸  [A-Z]'
t send-keys Enter
t_wait_for 'Enter opens one' shows '^ writes '
t resize-window -x 60 -y 15
t_wait_for 'in the smallest window, too' shows '^ writes '
t send-keys Escape
t_wait_for 'Esc closes it' shows '\[high\] fits'
t resize-window -x 120 -y 40
t_wait_for 'a window with room has the profiles at the left' shows '^▸ high +fits '
t send-keys c
t_wait_for 'c lists all settings' shows '^ All settings '
t send-keys / u s e _ m e t a l Enter
t_wait_for 'the filter' shows ' 1 of [0-9]+ /use_metal '
t send-keys Escape c 1
t_wait_for 'and back' shows 'Silicon ─'
t send-keys q
t_done
