#!/usr/bin/env bash
# Settings of the machine that no file holds: listed in every plan, changed with -s system alone, by
# a scripted sysctl and cpupower that keep state and misbehave.
. "${abs_srcdir:?}/tests/lib.sh"

umask 022
[ "$(uname)" = Linux ] || t_skip_all 'the settings of these scripts are those of Linux'
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml
env=$HOME/ollama.env
state=${t_dir:?}/state
calls=$t_dir/calls
mkdir "$t_dir/bin" "$state"

# --- what stands for sysctl: $state/NAME, and $state/trick ---
cat >"$t_dir/bin/sysctl" <<END
#!/bin/sh
trick=\$(cat "$state/trick")
case \$1 in
-n)
    [ "\$trick" != deaf ] || { echo "sysctl: cannot stat /proc/sys" >&2; exit 255; }
    [ -f "$state/\$2" ] || { echo "sysctl: unknown key \$2" >&2; exit 255; }
    cat "$state/\$2"
    exit ;;
-w) ;;
*) exit 64 ;;
esac
name=\${2%%=*} value=\${2#*=}
echo "\$2" >>"$calls"
case \$trick in
refuses) echo "sysctl: permission denied on key '\$name'" >&2; exit 255 ;;
silent) exit 0 ;;
other) [ "\$value" = 60 ] || value=10 ;;
stuck) [ "\$value" != 60 ] || exit 255; value=10 ;;
killed-before) kill -9 "\$PPID"; exit 1 ;;
killed-after) echo "\$value" >"$state/\$name"; kill -9 "\$PPID"; exit 1 ;;
esac
echo "\$value" >"$state/\$name"
echo "\$name = \$value"
END
cat >"$t_dir/bin/cpupower" <<END
#!/bin/sh
[ -f "$state/governor" ] || { echo 'no such driver' >&2; exit 1; }
case \$* in
*frequency-info*)
    for cpu in 0 1; do
        printf 'analyzing CPU %s:\n  current policy: frequency should be within 1 and 2.\n' \$cpu
        printf '    The governor "%s" may decide\n' "\$(cat "$state/governor")"
    done ;;
*frequency-set*)
    for word in "\$@"; do :; done
    echo "\$word" >"$state/governor" ;;
esac
END
chmod 0755 "$t_dir/bin/sysctl" "$t_dir/bin/cpupower"
export PATH="$t_dir/bin:$PATH"

# fresh [TRICK]: the machine as it was, and no journal
fresh() {
    rm -rf "${XDG_STATE_HOME:?}/tunetop" "${state:?}/governor"
    echo 60 >"$state/vm.swappiness"
    echo "${1-}" >"$state/trick"
    : >"$calls"
    printf 'OLLAMA_MAX_QUEUE=100\n' >"$env"
}
swappiness() {
    t_is "$t_what: vm.swappiness is $1" "$(cat "$state/vm.swappiness")" "$1"
}
cat >"$yaml" <<END
services:
  - {name: ollama, kind: ollama, url: "http://127.0.0.1:1", config: {type: env_file, file: $env}}
END

# --- listed, with what it is now, what it would be, and the command ---
fresh
t_run "$TUNETOP" plan high --ascii
t_expect_status 0
t_expect_out '^Also possible, with -s system'
t_expect_out '^  system +vm\.swappiness +60 -> 1$'
t_expect_out '^ +sudo sysctl -w vm\.swappiness=1$'
t_expect_out '^  system +scaling_governor +not known -> performance$'
t_expect_out 'no such driver'
t_must_fail 'it is no step' grep -q '^  run ' "$t_dir/out"
t_run "$TUNETOP" plan high --json
t_expect_out '"also_possible":.*\[\{'
t_expect_out '"now":	"60"'
t_expect_out "\"why_not\":	\"'cpupower' failed with status 1: no such driver\""
hash=$(grep '"hash"' "$t_dir/out")
echo 33 >"$state/vm.swappiness"
t_run "$TUNETOP" plan high --json
t_expect_out '"now":	"33"'
t_is 'what is only possible is not in the hash' "$(grep '"hash"' "$t_dir/out")" "$hash"
echo 1 >"$state/vm.swappiness"
t_run "$TUNETOP" plan high --ascii
t_must_fail 'what is so already is not listed' grep -q 'vm\.swappiness' "$t_dir/out"
t_must_fail 'nothing was set' test -s "$calls"

# --- typed: only with -s system, and only what it can be ---
fresh
t_run "$TUNETOP" plan high --set vm.swappiness=10
t_expect_status 2
t_expect_err "only changed with '-s system'"
t_run "$TUNETOP" plan high -s system --set vm.swappiness=900
t_expect_status 2
t_expect_err '0 to 200'
t_run "$TUNETOP" plan high -s system --set kern.maxfiles=900
t_expect_status 2
t_expect_err 'does not exist on this system'
t_run "$TUNETOP" plan high -s systen
t_expect_status 2

# --- chosen: a step, and part of the hash; nothing of the services ---
t_run "$TUNETOP" plan high -s system --json
t_expect_status 0
t_expect_out '"setting":	"vm\.swappiness"'
t_expect_out '"action":	"run"'
t_expect_out '"argv":	\["sysctl", "-w", "vm\.swappiness=1"\]'
t_expect_out '"needs_root":	true'
t_expect_out '"files":	\[\]'
hash=$(grep '"hash"' "$t_dir/out")
echo 33 >"$state/vm.swappiness"
t_run "$TUNETOP" plan high -s system --json
t_must_fail 'what it is now is in the hash' grep -qF "$hash" "$t_dir/out"
t_run "$TUNETOP" plan high -s system --ascii
t_expect_out '^  run +sudo sysctl -w vm\.swappiness=1$'
t_expect_out ': 1 change in 1 setting of the machine, '
t_expect_out 'what it is now is not known: .*no such driver'

# --- an ordinary user gets the command ---
fresh
as_user=()
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    mkdir -p "$t_dir/else/.config" "$t_dir/else/bin"
    cp -r "$XDG_CONFIG_HOME/tunetop" "$t_dir/else/.config/"
    cp "$TUNETOP" "$t_dir/else/bin/tunetop"
    cp -r "${TUNETOP_DATADIR:?}" "$t_dir/else/data"
    cp "$env" "$t_dir/else/ollama.env"
    sed "s|$env|$t_dir/else/ollama.env|" "$yaml" >"$t_dir/else/.config/tunetop/tunetop.yaml"
    chmod -R go+rX "$t_dir"
    as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$t_dir/else"
        XDG_CONFIG_HOME="$t_dir/else/.config" TUNETOP_DATADIR="$t_dir/else/data")
    someone=$t_dir/else/bin/tunetop
else
    someone=$TUNETOP
fi
if [ "$(id -u)" != 0 ] || [ ${#as_user[@]} -gt 0 ]; then
    t_run ${as_user[@]+"${as_user[@]}"} "$someone" apply high -s system --yes
    t_expect_status 1
    t_expect_err 'sudo .*apply high -s system --yes .*--plan-hash [0-9a-f]{12}'
    swappiness 60
fi
if [ "$(id -u)" != 0 ]; then
    t_skip 'only root may set it: the rest was not tried'
    t_done
    exit
fi

# --- set, read again, journalled, undone ---
fresh
t_run "$TUNETOP" apply high -s system --yes --json
t_expect_status 0
swappiness 1
t_expect_out '"state":	"applied"'
t_expect_out '"in_process":	"1"'
t_expect_out '"via":	"the machine"'
t_is 'set once' "$(cat "$calls")" 'vm.swappiness=1'
t_run "$TUNETOP" verify high -s system --ascii
t_expect_status 0
t_expect_out 'vm\.swappiness +- +1 +1 +ok +the machine'
t_run "$TUNETOP" apply high -s system --yes --ascii
t_expect_status 0
t_expect_out 'nothing to change, 1 so already'
t_run "$TUNETOP" journal
t_expect_out 'vm\.swappiness: 60 -> 1$'
t_run "$TUNETOP" journal --json
t_expect_out '"before":	"60"'
t_run "$TUNETOP" undo --yes
t_expect_status 0
swappiness 60
t_run "$TUNETOP" journal
t_expect_out 'undone'
t_must_fail 'no file was named' grep -q 'ollama\.env' "$t_dir/out"

# --- undo after somebody else: refused; after a start of the machine: nothing left to do ---
fresh
"$TUNETOP" apply high -s system --yes >/dev/null
echo 33 >"$state/vm.swappiness"
t_run "$TUNETOP" undo --yes
t_expect_status 1
t_expect_err "'vm\.swappiness' was changed by somebody else since: it is 33, not 1"
swappiness 33
echo 60 >"$state/vm.swappiness"
: >"$calls"
t_run "$TUNETOP" undo --yes
t_expect_status 0
swappiness 60
t_must_fail 'what is so is not set' test -s "$calls"

# --- it refuses, does nothing, does something else: put back, and said ---
for trick in refuses silent other; do
    fresh $trick
    t_run "$TUNETOP" apply high -s system --yes
    t_expect_status 3
    swappiness 60
    case $trick in
    refuses) words='permission denied' ;;
    silent) words="'vm.swappiness' is 60 after it was set to 1" ;;
    other) words="'vm.swappiness' is 10 after it was set to 1" ;;
    esac
    tr -s '\n ' ' ' <"$t_dir/out" >"$t_dir/words" # as it was before it was wrapped
    t_ok "$trick: it says $words" grep -qF "$words" "$t_dir/words"
    t_run "$TUNETOP" journal
    t_expect_out 'rolled_back'
done

# --- it cannot be put back: said plainly, with the command ---
fresh stuck
t_run "$TUNETOP" apply high -s system --yes
t_expect_status 4
t_expect_out '^  (sudo )?sysctl -w vm\.swappiness=60$'
swappiness 10
echo >"$state/trick"
t_run "$TUNETOP" recover
t_must_fail 'who is not there decides nothing' test "$t_status" -eq 0
t_run "$TUNETOP" recover --yes
t_expect_status 0
swappiness 10
fresh stuck
"$TUNETOP" apply high -s system --yes >/dev/null 2>&1
echo 60 >"$state/vm.swappiness" # by hand, as it was told
echo >"$state/trick"
t_run "$TUNETOP" recover --yes
t_expect_status 0
swappiness 60

# --- what it is cannot be read: nothing is set ---
fresh deaf
t_run "$TUNETOP" apply high -s system --yes
t_expect_out 'what it is now is not known: .*cannot stat'
t_must_fail 'nothing was set' test -s "$calls"

# --- killed in the middle, before and after the kernel has it ---
for trick in killed-before killed-after; do
    fresh $trick
    t_run "$TUNETOP" apply high -s system --yes
    t_is "$trick: it died" "$t_status" 137
    echo >"$state/trick"
    t_run "$TUNETOP" apply high -s system --yes
    t_expect_status 4
    t_run "$TUNETOP" recover --yes
    t_expect_status 0
    if [ $trick = killed-before ]; then
        swappiness 60
    else # all of it was new: it counts
        swappiness 1
        t_run "$TUNETOP" undo --yes
        t_expect_status 0
        swappiness 60
    fi
done

# --- killed while it is taken back ---
fresh
"$TUNETOP" apply high -s system --yes >/dev/null
echo killed-after >"$state/trick"
t_run "$TUNETOP" undo --yes
t_is 'it died' "$t_status" 137
echo >"$state/trick"
t_run "$TUNETOP" recover --yes
t_expect_status 0
swappiness 60

# --- two settings: both, or none ---
fresh refuses
echo powersave >"$state/governor"
t_run "$TUNETOP" apply high -s system --yes
t_expect_status 3
t_is 'the governor as well' "$(cat "$state/governor")" powersave
fresh
echo powersave >"$state/governor"
t_run "$TUNETOP" apply high -s system --yes
t_expect_status 0
t_is 'both are set' "$(cat "$state/governor" "$state/vm.swappiness" | tr '\n' ' ')" 'performance 1 '
t_run "$TUNETOP" undo --yes
t_is 'both are back' "$(cat "$state/governor" "$state/vm.swappiness" | tr '\n' ' ')" 'powersave 60 '

# --- together with files: the machine comes last, and is a unit of its own ---
fresh refuses
t_run "$TUNETOP" apply high -s ollama -s system --yes --no-restart
t_expect_status 3
t_expect_out 'partial'
t_ok 'the file stays' grep -q 'OLLAMA_MAX_QUEUE=512' "$env"
swappiness 60
fresh refuses
t_run "$TUNETOP" apply high -s ollama -s system --yes --no-restart --all-or-nothing
t_expect_status 3
t_ok 'all or nothing' grep -q 'OLLAMA_MAX_QUEUE=100' "$env"
fresh
t_run "$TUNETOP" apply high -s ollama -s system --yes --no-restart
t_expect_status 0
swappiness 1
t_run "$TUNETOP" undo --yes --no-restart
t_expect_status 0
swappiness 60
t_is 'the file as well' "$(cat "$env")" 'OLLAMA_MAX_QUEUE=100'

# --- without a service at all ---
fresh
echo 'services: []' >"$yaml"
t_run "$TUNETOP" apply high -s system --yes
t_expect_status 0
swappiness 1

t_done
