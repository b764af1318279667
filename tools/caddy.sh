#!/bin/sh
# Prints the path of the Caddy that the image of the proxy has, and builds it into .tools/caddy the first time.
#
# Tests and `make stack` run that very version (tests/support/proxy.py). The Dockerfile says which; here and in CI it
# comes as a Go module. Without Go a caddy of that version on PATH is taken.
set -eu

cd "$(dirname "$0")/.."
version=$(sed -n 's/^FROM caddy:\([0-9.]*\)-alpine.*/\1/p' Dockerfile)
built=.tools/caddy/$version

fail() {
    printf 'nhip: %s\n' "$*" >&2
    exit 2
}

main() {
    [ -n "$version" ] || fail "Dockerfile không nói phiên bản Caddy · the Dockerfile does not say which Caddy."
    if [ ! -x "$built/caddy" ]; then
        other=$(caddy_on_path)
        [ -z "$other" ] || { printf '%s\n' "$other" && return; }
        build
    fi
    printf '%s\n' "$PWD/$built/caddy"
}

caddy_on_path() {
    other=$(command -v caddy) || return 0
    case $("$other" version) in "v$version" | "v$version "* | "$version" | "$version "*) printf '%s' "$other" ;; esac
}

# Builds in a temporary directory first, so that $built is always complete, even if two processes build.
build() {
    command -v go >/dev/null || fail "cần Go để dựng Caddy $version · Go is needed to build Caddy $version: https://go.dev/dl/"
    mkdir -p .tools/caddy
    echo '*' >.tools/.gitignore
    printf '%s\n' "Dựng Caddy $version (lần đầu mất vài phút) · Building Caddy $version (the first time takes minutes) …" >&2
    partial=$(mktemp -d .tools/caddy/partial.XXXXXX)
    trap 'rm -rf "$partial"' EXIT
    GOBIN=$PWD/$partial nice go install \
        -ldflags "-s -w -X github.com/caddyserver/caddy/v2.CustomVersion=v$version" \
        "github.com/caddyserver/caddy/v2/cmd/caddy@v$version" >&2 ||
        fail "không dựng được Caddy $version: kiểm tra mạng, GOPROXY và phiên bản của Go ($(go version)), rồi chạy lại ·" \
            "Caddy $version can't be built: check the network, GOPROXY and Go's version, then run the same command again"
    [ -d "$built" ] || mv "$partial" "$built" 2>/dev/null || [ -d "$built" ]
}

main
