#!/usr/bin/env bash
# Colours on a real terminal: t shows each theme at once, Enter keeps it for the next start, Esc brings back the one
# before; the tab and the order of the processes are remembered, too; what is wrong in files of the user's is named and
# harms nothing.
. "${abs_srcdir:?}/tests/lib.sh"
. "${abs_srcdir:?}/tests/screen/dashboard.sh"
trap 'dashboards_end; t_cleanup' EXIT

state=$XDG_STATE_HOME/tunetop/screen.json
own=$XDG_CONFIG_HOME/tunetop/themes
config=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
mac=$abs_srcdir/tests/fixtures/recordings/mac

# With colours, whatever dashboard.sh says: --color always comes before NO_COLOR.
start() {
    dashboard 80x24 --color always --interval 60 "$@"
    t_wait_for "the page (${*:-nothing given})" shows "1 Overview"
}
quit() {
    t send-keys q
    t_wait_for 'it ends' ended
    dashboards_end
}
# painted REGEX: among what the terminal was told; the colours as 38;5;N and 48;5;N
painted() {
    t capture-pane -e -p | grep -Eq -- "$1"
}
# The background of light, of high-contrast, of warm
paper='48;5;231m' black='48;5;16m' brown='48;5;234m'

start
t_must_fail 'the default leaves the background' painted "$paper|$brown"
t send-keys t
t_wait_for 't lists the themes' shows '▸ default'
t send-keys Down
t_wait_for 'the next one is painted at once' painted "$paper"
t_ok 'the page behind is painted, too' painted "$paper.*Services"
t send-keys Down
t_wait_for 'and the next' painted "$black"
t_must_fail 'nothing of the one before is left' painted "$paper"
t send-keys Escape
t_wait_for 'Esc brings back the first' t_not painted "$black"
t_must_fail 'the list is gone' shows '╭─ Theme'
t_must_fail 'nothing is remembered' test -e "$state"

t send-keys t
t_wait_for 'the list again' shows 'Theme'
t send-keys End Enter
t_wait_for 'Enter keeps it' shows 'theme warm, remembered'
t_ok 'it is painted' painted "$brown"
t_ok 'it is remembered at once' grep -q '"theme":"warm"' "$state"
t_is 'nobody else may read it' "$(stat -c %a "$state" 2>/dev/null || stat -f %Lp "$state")" 600
t send-keys 4
t_wait_for 'the processes' shows '\[4 Processes\]'
t send-keys s
t_wait_for 'in another order' shows 'memory'
quit
t_ok 'the tab is remembered' grep -q '"tab":"processes"' "$state"
t_ok 'the order is remembered' grep -q '"sort":"memory"' "$state"

start
t_ok 'the next start shows that tab' shows '\[4 Processes\]'
t_ok 'in that theme' painted "$brown"
cp "$state" "$t_dir/before"
kill -9 "$(d_pid)"
t_wait_for 'it is killed' ended
dashboards_end
t_cmp 'what is remembered is whole' "$state" "$t_dir/before"

start --view overview --theme light
t_ok '--view comes first' shows '\[1 Overview\]'
t_ok '--theme comes first' painted "$paper"
quit
t_cmp 'looking at what was asked for changes nothing' "$state" "$t_dir/before"

start --replay "$mac"
t_ok 'a recording begins with its Overview' shows '\[1 Overview\]'
t_ok 'in the theme that was kept' painted "$brown"
t send-keys 2
t_wait_for 'its services' shows '\[2 Services\]'
quit
t_cmp 'where one was in a recording is not remembered' "$state" "$t_dir/before"

printf 'theme: light\n' >"$config"
start
t_ok 'tunetop.yaml says what every start shows' painted "$paper"
t send-keys t
t_wait_for 'the list' shows 'Esc back to light'
t send-keys Home Enter
t_wait_for 'what is kept then is kept until quit' shows 'until quit: tunetop.yaml says'
quit
rm "$config"
t_ok 'and remembered for when it says nothing' grep -q '"theme":"default"' "$state"

# ---- what is wrong ----
mkdir -p "$own"
printf 'background: "#102030"\nroles: {text: {color: "#FFFFFF"}}\n' >"$own/night.yaml"
printf 'theme[main_bg]="#00005f"\ntheme[main_fg]="#ff"\n' >"$own/blue.theme"
printf 'roles:\n  text: {color: white}\n' >"$own/broken.yaml"
printf '{"theme": "nowhere", "tab": 3' >"$state"
start
t_wait_for 'a file that cannot be read is said to be none' shows 'screen.json cannot be read'
t_ok 'and the Overview is shown' shows '\[1 Overview\]'
t send-keys t
t_wait_for 'the broken one is named with its place' shows "! broken.yaml:2:17: 'white' is no colour"
t_ok 'the others are there' shows ' night  '
t_ok "btop's, too" shows ' blue .*btop'
t send-keys Down Down Down Down Down Down
t_wait_for 'it is painted' painted '48;5;17m'
t send-keys Enter
t_wait_for 'and kept' shows 'theme blue, remembered'
quit
t_ok 'the file is whole again' grep -q '"theme":"blue"' "$state"
rm "$own/blue.theme"
start
t_ok 'a kept theme that is gone is said' shows "theme blue cannot be shown: 'blue' is unknown"
t_must_fail 'and nothing of it is painted' painted '48;5;17m'
quit

printf 'theme: broken\n' >"$config"
t_run script -qec "$TUNETOP; echo status \$?" /dev/null
t_expect_out "^$own/broken.yaml:2:17: 'white' is no colour"
t_expect_out '^status 2'
rm "$config"
t_run script -qec "$TUNETOP --theme broken; echo status \$?" /dev/null
t_expect_out "^$own/broken.yaml:2:17: 'white' is no colour"
t_expect_out '^status 2'

# Where nothing can be written it is said, once, and nothing else is different.
rm -rf "$XDG_STATE_HOME"
: >"$XDG_STATE_HOME"
start
t send-keys t
t_wait_for 'the list still comes' shows 'Theme'
t send-keys Down Enter
t_wait_for 'what is kept is kept until quit' shows 'theme light, until quit: cannot make'
quit

t_done
