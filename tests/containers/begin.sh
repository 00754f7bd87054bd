# shellcheck shell=bash
# Sourced first by the tests that apply with real containers, with what they were called with: tests/lib.sh, engine.sh and
# what engine.sh makes, a journal of root's that is nobody's, and "mine", which wishes for another OLLAMA_NUM_PARALLEL.

# Root's journal is in /var/lib: one of its own.
if [ -z "${TUNETOP_TEST_INSIDE-}" ] && [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
    TUNETOP_TEST_INSIDE=1 exec unshare -m --propagation private bash "$0" "$@"
fi
. "${abs_srcdir:?}/tests/lib.sh"
. "$abs_srcdir/tests/containers/engine.sh"

if [ -n "${TUNETOP_TEST_INSIDE-}" ] && ! mount -t tmpfs -o mode=0755 tmpfs /var/lib; then
    c_why='no file system can be mounted'
    c_cannot "$@"
fi
c_scope=${1-}
c_setup || c_cannot "$@"
c_holds
t_profile OLLAMA_NUM_PARALLEL=4
yaml=$XDG_CONFIG_HOME/tunetop/tunetop.yaml

# c_config KIND: a configuration that names nothing but the address. "steady" is how long it is watched; the default is a
# minute.
c_config() {
    cat >"$yaml" <<END
services:
  - name: $1
    kind: $1
    url: http://127.0.0.1:$c_port
    health: {interval: 1, timeout: 1, retries: 10, steady: 1}
END
}

# c_begin PROJECT COMMAND...: a project ($file) that COMMAND brings up, and its c_config.
c_begin() {
    c_project=$1
    shift
    c_port=$(c_free_port)
    file=$HOME/$c_project/compose.yaml
    mkdir -p "$HOME/$c_project"
    c_file 2 64m >"$file"
    cp "$file" "$t_dir/before"
    "$@" -p "$c_project" -f "$file" up -d >"$t_dir/c/log" 2>&1
    c_config ollama
}
