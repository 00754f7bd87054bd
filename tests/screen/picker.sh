#!/usr/bin/env bash
# The profile picker: its counts are of what Enter would take, with the overlays that are on; and a profile that was
# written since the Tuning tab was opened is there.
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/screen/dashboard.sh"
. "$abs_srcdir/tests/cli/served.sh"

end_all() {
    dashboards_end
    end_server
}
trap end_all EXIT
# differ OVERLAY: what verify says of mine with it
differ() {
    "$TUNETOP" verify "mine$1" --json | grep -c '"verdict":	"differs"'
}
alone=$(differ '')
both=$(differ +long-jobs)
t_ok "an overlay makes a difference: $alone, $both" test "$alone" -lt "$both"
dashboard 100x40
d_wait 'the page' shows '\(p\)$'
t send-keys 3
d_wait 'the tab has its plan' shows 'A apply'
cat >"$XDG_CONFIG_HOME/tunetop/profiles/late.yaml" <<'END'
profiles:
  - name: late
    best_for: what comes while one looks
    services:
      - service: ollama
        settings: [{name: OLLAMA_KEEP_ALIVE, value: 7m}]
END
t send-keys p
d_wait 'a profile that was just written is in the picker' shows 'late +yours: what comes'
d_choose mine
d_wait 'what it changes' shows "▸ mine .* $alone differ"
t send-keys G
d_wait 'the last one is selected' shows '▸ \[ \]'
selected() {
    screen | sed -n 's/.*▸ \(\[.\] [a-z-]*\).*/\1/p'
}
moved() {
    [ "$(selected)" != "$1" ]
}
for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
    at=$(selected)
    [ "$at" != '[ ] long-jobs' ] || break
    t send-keys k
    t_wait_for 'the next one' moved "$at"
done
t send-keys x
d_wait 'the overlay is on' shows 'Enter shows mine\+long-jobs'
d_wait 'and counts' shows "mine with what is on: $both differ"
t send-keys x
d_wait 'and does not when it is off' shows "mine with what is on: $alone differ"
t send-keys x
d_wait 'on again' shows 'Enter shows mine\+long-jobs'
t send-keys Enter
d_wait 'Enter takes both' shows 'Settings of mine\+long-jobs'
t_done
