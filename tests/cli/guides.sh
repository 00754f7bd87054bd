#!/usr/bin/env bash
# docs/guides.md: what it names is here, and it names whatever a guide names.
. "${abs_srcdir:?}/tests/lib.sh"

page="$abs_srcdir/docs/guides.md"

"$TUNETOP" settings >"$t_dir/settings" || exit 99
awk '/^  / { sub(/^ +[a-z]+ +/, ""); sub(/  use .*/, ""); print }' "$t_dir/settings" | sort \
    >"$t_dir/names"

# What stands in code type on the page, or in the tables of one guide: one a line.
spans() { # spans FILE [GUIDE]
    awk -v guide="${2-}" '
        /^## / { inside = index($0, "## Guide " guide ":") == 1 }
        guide == "" || (inside && /^\|/) {
            while (match($0, /`[^`]+`/)) {
                print substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, RSTART + RLENGTH)
            }
        }' "$1" | sort -u
}

# The name of a setting in front of its value.
plain() {
    while IFS= read -r span; do
        if grep -qxF -e "$span" "$t_dir/names"; then
            printf '%s\n' "$span"
        else
            printf '%s\n' "${span%%=*}"
        fi
    done | sort -u
}

# A command line of ours works; where it has no end or a word stands for what a user puts there, its
# command and options are known.
command_works() {
    local line=$1 known='' word
    eval "set -- $line"
    shift
    [ $# -gt 0 ] || return 0
    case $1 in stream | record) known=$1 ;; -*) known=all ;; esac
    for word; do
        case $word in NAME | FILE) known=$1 ;; esac
    done
    if [ -z "$known" ]; then
        timeout 20 "$TUNETOP" "$@" >"$t_dir/said" 2>&1
        return
    fi
    if [ "$known" = all ]; then
        "$TUNETOP" --help >"$t_dir/help"
    else
        "$TUNETOP" help "$known" >"$t_dir/help" 2>&1 || return 1
    fi
    for word; do
        case $word in --*) grep -q -e "$word\b" "$t_dir/help" || return 1 ;; esac
    done
}

# Prints what is not here.
missing() {
    local span
    while IFS= read -r span; do
        case $span in
        'status: '*) grep -q "^${span#status: } " <(sed 's/[][]/_/g' "$t_dir/status") ;;
        'detect: '*) grep -q "^${span#detect: } " "$abs_srcdir/tests/cli/detect.sh" ;;
        tunetop | 'tunetop '*) command_works "$span" ;;
        *)
            grep -qxF -e "$span" "$t_dir/names" || grep -qxF -e "${span%%=*}" "$t_dir/names" ||
                { [ "${span#*/}" != "$span" ] && [ -e "$abs_srcdir/$span" ]; }
            ;;
        esac || printf '%s\n' "$span"
    done
}

sed 's/[][]/_/g' "$abs_srcdir/tests/cli/status.shape" >"$t_dir/status"
spans "$page" >"$t_dir/spans"
t_ok 'the page names some hundreds of things' test "$(wc -l <"$t_dir/spans")" -gt 250
t_is 'all of it is here' "$(sed '/^status: /s/[][]/_/g' "$t_dir/spans" | missing)" ''
printf '%s\n' 'status: host.nam' 'detect: thread' 'tunetop detetc' 'tunetop detect --chp M4' \
    'tunetop settings NO_SUCH_NAME' 'tunetop settings --lnit FILE' 'tunetop --veiw x' 'tunetop stremm' 'docs/none.md' NO_SUCH_NAME \
    NO_SUCH_NAME=1 'OLLAMA' >"$t_dir/planted"
t_is 'what is not here is noticed' "$(missing <"$t_dir/planted" | sort)" "$(sort "$t_dir/planted")"
printf '%s\n' 'status: host.name' 'detect: threads.llm' 'tunetop detect' tunetop 'docs/design.md' \
    OLLAMA_HOST OLLAMA_HOST=1 \
    'tunetop --view processes' 'tunetop stream' 'tunetop settings NAME' >"$t_dir/planted"
t_is 'what is here is found' "$(missing <"$t_dir/planted")" ''

# Every row has three cells, and none is empty.
bad_rows() {
    awk -F'|' '/^\|/ && (NF != 5 || $2 ~ /^ *$/ || $3 ~ /^ *$/ || $4 ~ /^ *$/)' "$1"
}
t_is 'every row has its answer' "$(bad_rows <(sed 1,/^##/d "$page" | grep -v '^| guide'))" ''
printf '| a | b |\n| a |  | c |\n| a | b | c |\n' >"$t_dir/planted"
t_is 'a row without an answer is noticed' "$(bad_rows "$t_dir/planted" | wc -l | tr -d ' ')" 2

# Each guide's tables name the rows of the catalog that judge its names.
for guide in 0 1 2 3 4; do
    awk -F'\t' -v g="$guide" '!/^#/ && $1 == g && $3 != "-" { print $3 }' \
        "$abs_srcdir/tests/fixtures/guide-names.txt" | sort -u >"$t_dir/wanted"
    t_ok "guide $guide has names" test -s "$t_dir/wanted"
    spans "$page" "00$guide" | plain >"$t_dir/told"
    t_is "guide $guide: the page answers every name" "$(comm -23 "$t_dir/wanted" "$t_dir/told")" ''
done
t_is 'an answer that is missing would be noticed' \
    "$(grep -v "COMFYUI_LOWVRAM" "$page" >"$t_dir/cut"; spans "$t_dir/cut" 000 | plain |
        comm -13 - <(echo COMFYUI_LOWVRAM))" COMFYUI_LOWVRAM

t_done
