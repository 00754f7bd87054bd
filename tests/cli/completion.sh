#!/usr/bin/env bash
# completion: the scripts run in their shells and offer what the tables of the program hold.
. "${abs_srcdir:?}/tests/lib.sh"

for shell in bash zsh fish; do
    t_run "$TUNETOP" completion "$shell"
    t_expect_status 0
    t_expect_err_is ''
    cp "$t_dir/out" "$t_dir/tunetop.$shell"
done

t_run "$TUNETOP" completion
t_expect_status 2
t_expect_err_is "tunetop: 'completion' needs a shell: bash, zsh or fish"
t_run "$TUNETOP" completion fihs
t_expect_status 2
t_expect_err_is "tunetop: 'completion' does not know 'fihs'; did you mean 'fish'?"
t_run "$TUNETOP" completion bash zsh
t_expect_status 2

# --- bash: the function is called as the shell calls it ---
cat >"$t_dir/ask.bash" <<'BASH'
. "$1" || exit 1
shift
complete -p tunetop | grep -q -e '-F _tunetop tunetop' || exit 1
COMP_WORDS=(tunetop "$@")
COMP_CWORD=$#
_tunetop
printf '%s\n' "${COMPREPLY[@]}"
BASH

# offers EXPECTED WORDS...: what is offered for the last of WORDS, sorted, in one line
offers() {
    local expected=$1
    shift
    t_what="complete tunetop $*"
    t_is "bash: tunetop $* -> $expected" \
        "$(cd "$t_dir" && bash --norc "$t_dir/ask.bash" "$t_dir/tunetop.bash" "$@" 2>&1 |
            sort | tr '\n' ' ' | sed 's/ $//')" "$expected"
}

commands=$("$TUNETOP" --help | sed -n '/^Commands:/,/^$/p' | awk '/^  [a-z]/ { print $1 }' |
    sort | tr '\n' ' ' | sed 's/ $//')
t_ok 'help lists commands' test -n "$commands"
offers "$commands" ''
offers "$commands" help ''
offers 'bash fish zsh' completion ''
offers '' completion bash ''
offers 'services' serv
offers '--theme' --th
themes='colour-blind default high-contrast light mono warm'
offers "$themes" --theme ''
offers "$themes" --theme =
offers 'mono' --theme = m
# The user's own; what a file is called is never run.
mkdir "$XDG_CONFIG_HOME/tunetop/themes"
(cd "$XDG_CONFIG_HOME/tunetop/themes" && : >mine.yaml && : >nord.theme && : >notes.txt &&
    : >'m$(touch bad)`touch bad`.yaml')
offers 'm$(touch bad)`touch bad` mine mono' --theme m
offers 'nord' --theme = n
t_must_fail 'nothing was run' test -e "$t_dir/bad"
offers 'always auto never' status --color ''
offers 'home last' --replay ''
offers 'last' --replay = la
offers '' status --gap ''
offers '--gap' status --ga
offers '--gap' --ascii --color never status --ga
offers '--gap' --color = never status --ga
offers '' --ga
offers '--json' services --js
offers '' stream --js
offers 'never' status --color nev
mkdir "$t_dir/a folder"
: >"$t_dir/a file"
offers 'a file a folder' --config 'a f'
offers 'a folder' --sysroot 'a f'
offers 'a folder' record 'a f'
offers 'a file a folder' settings --lint 'a f'
offers 'a file a folder' settings --lint 'a file' 'a f'
offers 'compose' settings --kind c

# Every option of help is offered with its command, no other one is.
for command in '' $commands; do
    "$TUNETOP" ${command:+"$command"} --help | sed -n 's/^  \(-[a-z], \)\{0,1\}\(--[a-z-]*\).*/\2/p' | sort |
        tr '\n' ' ' | sed 's/ $//' >"$t_dir/wanted"
    if [ -z "$command" ]; then
        offers "$(cat "$t_dir/wanted")" --
    else
        offers "$(cat "$t_dir/wanted")" "$command" --
    fi
done

# --- the others: their syntax, where they are installed ---
if command -v zsh >/dev/null; then
    t_run zsh -n "$t_dir/tunetop.zsh"
    t_expect_status 0
    t_run zsh -fc "autoload -U compinit && compinit -D -u && . '$t_dir/tunetop.zsh' &&
        print -r -- \$_comps[tunetop]"
    t_expect_out_is _tunetop
else
    t_skip 'zsh reads its script' 'no zsh here'
fi
if command -v fish >/dev/null; then
    t_run fish --no-config --no-execute "$t_dir/tunetop.fish"
    t_expect_status 0
    t_run fish --no-config -c ". $t_dir/tunetop.fish; complete -C 'tunetop --theme ' | cut -f 1"
    t_is 'fish: themes' "$(sort "$t_dir/out" | tr '\n' ' ')" \
        'colour-blind default high-contrast light m$(touch bad)`touch bad` mine mono nord warm '
    t_run fish --no-config -c ". $t_dir/tunetop.fish; complete -C 'tunetop status --g'"
    t_expect_out '^--gap'
else
    t_skip 'fish reads its script' 'no fish here'
fi

# Every option and command stands in every script.
"$TUNETOP" help status | grep -Eo -e '--[a-z]+' | sort -u >"$t_dir/options"
while read -r option; do
    for shell in zsh fish; do
        t_ok "$shell: $option" grep -Eq -- "(--|-l )${option#--}([^a-z]|$)" "$t_dir/tunetop.$shell"
    done
done <"$t_dir/options"

t_done
