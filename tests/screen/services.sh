#!/usr/bin/env bash
# A walk over the Services tab as a person takes it: choose, open, go back, filter, add a service by
# its address, and back to the Overview. The services are two of tunetop.yaml, one of them down, and
# one that nobody would find.
. "${abs_srcdir:?}/tests/lib.sh"

fake="${abs_builddir:?}/tests/fake_server"
mkfifo "$t_dir/life"
exec 9<>"$t_dir/life"
# serve NAME ARGUMENTS...: its port is in $port. It ends with its stdin, which is descriptor 9's pipe.
serve() {
    local name=$1
    shift
    "$fake" "$@" <"$t_dir/life" >"$t_dir/$name.port" 9>&- &
    t_own "$!"
    t_wait_for "$name serves" test -s "$t_dir/$name.port"
    read -r port _ <"$t_dir/$name.port"
}
serve named --kind ollama --models 2
named=$port
serve hidden --kind comfyui
hidden=$port
cat >"$XDG_CONFIG_HOME/tunetop/tunetop.yaml" <<YAML
services:
  - {name: walk-down, kind: comfyui, url: "http://127.0.0.1:9"}
  - {name: walk-named, kind: ollama, url: "http://127.0.0.1:$named"}
YAML

cd "$t_dir" || exit 99
cat >keys <<SCRIPT
wait-services
save-screen overview
# What else runs on this machine is no part of the walk.
2
/
type walk
wait-screen ● walk-named 0.32.3
wait-screen not running
save-screen typing
Enter
save-screen filtered
# Which of the two comes first depends on who has answered by now, so each is looked for.
/
type -down
Enter
Down
save-screen selected
w
save-screen why
Esc
/
C-u
type walk-named
Enter
Down
Enter
wait-screen answers  in
save-screen open
Esc
Esc
/
type no such thing
Enter
save-screen none
Esc
:
type servise ad
Enter
save-screen mistyped
C-u
type service add 127.0.0.1
Enter
save-screen wrong
C-u
type service add http://localhost:$hidden/
Enter
wait-screen It is watched
save-screen added
Esc
/
type $hidden
Enter
save-screen hidden
1
save-screen back
q
SCRIPT
t_run env TUNETOP_SIZE=100x30 "$TUNETOP" --script keys
t_expect_status 0

t_on overview '\[1 Overview\] 2 Services' 'walk-named' 'walk-down|not running'
t_on typing ' 1 Overview \[2 Services\]' '^ / walk +Enter keep'
t_on filtered 'Services /walk ' '^ ● walk-named 0\.32\.3 ' '^ ○ walk-down .* not running '
t_on selected 'Services /walk-down ' '^▸○ walk-down ' '^ walk-down ─' 'nothing listens on port 9' 'named in tunetop\.yaml'
t_on why '^ Why ' '^ walk-down +down +nothing listens on port 9'
t_is 'why begins with what is selected' "$(grep -A 1 '^ Why ' why | grep -c '^ walk-down ')" 1
t_on open '^ walk-named ─' 'llama3\.1:8b ' 'llama3\.1:8b1 ' '100 %' '^ pid +[0-9]+, up ' \
    "^ flags .*fake_server --kind ollama" "^ address +http://127\.0\.0\.1:$named" '^ answers  in '
t_not_on open '^ Services '
t_on none 'None of [0-9]+ services matches no such thing'
t_on mistyped "'servise ad' is unknown, did you mean 'service add'\?"
t_on wrong 'a url starts with http:// or https://'
t_on added 'comfyui' '0\.38\.1, up\. It is watched' '^.* services:' '    kind: comfyui' \
    "url: http://127\.0\.0\.1:$hidden"
t_on hidden '^ ● (comfyui|service-)' '^ added +here, until quit'
t_on back '\[1 Overview\] 2 Services'

# The same view from the start, and no other one.
printf 'wait-services\nwait-screen walk-named
save-screen first\nq\n' >keys
t_run "$TUNETOP" --view services --script keys
t_expect_status 0
t_on first '\[2 Services\]' 'walk-named' 'walk-down'
t_run "$TUNETOP" --view servces --script keys
t_expect_status 2
t_expect_err "services"

# Nothing is added to a machine that is not this one.
mkdir root
printf 'wait-model\n:\ntype service add http://127.0.0.1:%s\nEnter\nsave-screen refused\nq\n' \
    "$hidden" >keys
t_run "$TUNETOP" --sysroot root --script keys
t_on refused 'services are not asked here \(--sysroot\)'

exec 9>&-
t_done
