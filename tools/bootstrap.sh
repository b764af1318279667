#!/bin/sh
# Makes .venv from uv.lock, and does nothing if .venv is there already.
#
#   tools/bootstrap.sh run    for the product
#   tools/bootstrap.sh dev    for the product, tests and tools
#   tools/bootstrap.sh uv ... run a uv that is new enough; install the pinned one into .tools if there is none
#
# Needs a Python (3.11 or newer) that has pip or venv, or a uv. PYTHON chooses the interpreter. The index is the user's
# own: UV_* and PIP_* variables and pip's configuration are followed. `dev` completes an environment made for `run`, and
# `run` never takes anything away, so the two can be used in turn.
set -eu

TOOLS=.tools/uv
OLDEST_UV=0.10
PYTHONS="python3 python3.13 python3.12 python3.11 python3.14 python"

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "nhip: $*"
    exit 2
}

main() {
    cd "$(dirname "$0")/.."
    [ -w . ] || fail "không ghi được vào $PWD · $PWD can't be written; change its owner or clone elsewhere"
    unset VIRTUAL_ENV CONDA_PREFIX
    export UV_PROJECT_ENVIRONMENT=.venv UV_PYTHON_DOWNLOADS="${UV_PYTHON_DOWNLOADS:-never}"
    [ -w "${HOME:-/nonexistent}" ] || export UV_CACHE_DIR="${UV_CACHE_DIR:-$PWD/.tools/cache}"
    trust_what_the_system_trusts
    keep_bytecode
    case "${1:-}" in
        run | dev) is_current "$1" || make_environment "$1" ;;
        uv) shift && run_uv "$@" ;;
        *) fail "usage: tools/bootstrap.sh run|dev|uv" ;;
    esac
}

# The lock is written for the public index, whatever the user's own is.
run_uv() {
    keep_tools_out_of_git
    if ! find_uv; then
        find_python
        install_uv
    fi
    [ -n "${python:-}" ] || choose_python_for_uv
    [ "${1:-}" = lock ] || has_own_index || :
    exec "$uv" "$@"
}

# uv brings its own list of authorities; a network that inspects TLS has its own authority in the system's list.
trust_what_the_system_trusts() {
    for bundle in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
        [ ! -e "$bundle" ] || export UV_SYSTEM_CERTS="${UV_SYSTEM_CERTS:-1}" UV_NATIVE_TLS="${UV_NATIVE_TLS:-1}"
    done
}

# If Python may not write bytecode, each process compiles every package again, in some three seconds.
keep_bytecode() {
    [ -z "${PYTHONDONTWRITEBYTECODE:-}" ] || export UV_COMPILE_BYTECODE="${UV_COMPILE_BYTECODE:-1}"
}

# the environment

# A stamp names the lock, the settings and the directory of the environment: a copied or moved checkout must be
# installed again, since its packages point at the old directory.
wanted() { echo "$(cat uv.lock pyproject.toml plugins/*/pyproject.toml tools/bootstrap.sh | cksum) $PWD"; }

is_current() {
    cat ".venv/.nhip-$1" .venv/.nhip-dev 2>/dev/null | grep -qxF "$(wanted)" &&
        .venv/bin/python -c "import django" 2>/dev/null && is_chosen_python
}

is_chosen_python() {
    [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(version_of .venv/bin/python)" ]
}

make_environment() {
    keep_tools_out_of_git
    if ! find_uv; then
        find_python
        install_uv
    fi
    [ -n "${python:-}" ] || choose_python_for_uv
    if [ "$1" = run ]; then groups=--no-dev; else groups=--dev; fi
    say "Cài đặt các gói (lần đầu tải khoảng 320 MB) · Installing packages (the first time downloads about 320 MB) …"
    if has_own_index; then install_from_own_index; else install_from_lock; fi ||
        fail "cài đặt dở dang: kiểm tra mạng (hoặc UV_DEFAULT_INDEX, PIP_INDEX_URL), rồi chạy lại ·" \
            "installation did not finish: see the message above, check the network, then run the same command again"
    wanted >".venv/.nhip-$1"
}

keep_tools_out_of_git() {
    mkdir -p .tools
    echo '*' >.tools/.gitignore
}

install_from_lock() { "$uv" sync --frozen --inexact "$groups" --python "$python"; }

# The lock's own addresses are those of the public index; another index gives the same versions and hashes.
install_from_own_index() {
    if [ "$(version_of .venv/bin/python)" != "$(version_of "$python")" ]; then
        "$uv" venv --quiet --clear --python "$python" .venv || return 1
    fi
    "$uv" export --quiet --frozen "$groups" --no-header --output-file .tools/requirements.txt >/dev/null &&
        "$uv" pip install --python .venv/bin/python --no-deps --requirement .tools/requirements.txt
}

# pip's names for an index become uv's.
has_own_index() {
    index=$(pip_setting PIP_INDEX_URL index-url)
    extra=$(pip_setting PIP_EXTRA_INDEX_URL extra-index-url)
    links=$(pip_setting PIP_FIND_LINKS find-links)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    [ -z "$extra" ] || export UV_INDEX="${UV_INDEX:-$extra}"
    [ -z "$links" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$links}"
    [ -z "${PIP_NO_INDEX:-}" ] || export UV_NO_INDEX=1
    [ -n "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}${UV_INDEX:-}${UV_NO_INDEX:-}" ]
}

pip_setting() {
    eval "value=\${$1:-}"
    [ -n "$value" ] || value=$("$python" -m pip config get "global.$2" 2>/dev/null) || value=
    printf '%s' "$value"
}

# Python

version_of() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

can_install() { "$1" -c 'import pip' 2>/dev/null || "$1" -c 'import ensurepip' 2>/dev/null; }

# Sets python: PYTHON, or the first that is new enough; one that can install comes before one that can't.
look_for_python() {
    python='' found='' spare=''
    # shellcheck disable=SC2086 # a list of names
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- $PYTHONS; fi
    for name in "$@"; do
        version=$(version_of "$name")
        [ -n "$version" ] || continue
        if ! is_new_enough "$name"; then
            found=${found:-"$version ($name)"}
            continue
        fi
        path=$("$name" -c 'import sys; print(sys.executable)')
        if can_install "$path"; then
            python=$path
            return 0
        fi
        spare=${spare:-$path}
    done
    python=$spare
    [ -n "$python" ]
}

find_python() { look_for_python || refuse_pythons; }

# An existing environment keeps its interpreter; uv may know interpreters that are not on PATH.
choose_python_for_uv() {
    if [ -z "${PYTHON:-}" ] && is_new_enough .venv/bin/python; then
        python=.venv/bin/python
        return 0
    fi
    look_for_python && return 0
    [ -z "${PYTHON:-}" ] || refuse_pythons
    python=$("$uv" python find --no-project ">=3.11" 2>/dev/null) || refuse_pythons
}

refuse_pythons() {
    [ -z "${PYTHON:-}" ] || found=${found:-"PYTHON=$PYTHON: không chạy được · does not run"}
    fail "cần Python 3.11 trở lên, chỉ thấy · Python 3.11 or newer is needed, found only: ${found:-"không có · none"}." \
        "Cài đặt rồi chạy · Install one, then: PYTHON=/path/to/python3.12 make run"
}

# uv

# Sets uv: the one on PATH, or the one installed here before.
find_uv() {
    for uv in uv "$TOOLS/bin/uv"; do
        is_good_uv "$uv" && return 0
    done
    return 1
}

is_good_uv() {
    reported=$("$1" --version 2>/dev/null) || return 1
    printf '%s\n%s\n' "$OLDEST_UV" "$(echo "$reported" | cut -d ' ' -f 2)" |
        awk -F . 'NR == 1 { major = $1; minor = $2 } END { exit !($1 > major || ($1 == major && $2 >= minor)) }'
}

# pip from the chosen Python, or from a throw-away environment where Python has only ensurepip.
install_uv() {
    say "Cài uv, công cụ cài đặt · Installing uv, which installs the rest …"
    installer=$python
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        installer=.tools/pip/bin/python
        "$python" -m venv --clear .tools/pip >/dev/null 2>&1 || refuse_without_pip
    fi
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 PIP_RETRIES="${PIP_RETRIES:-1}" PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore \
        "$installer" -m pip install --no-input --upgrade --only-binary :all: --require-hashes \
        --target "$TOOLS" --requirement tools/uv.txt >&2 ||
        fail "không cài được uv: kiểm tra mạng (hoặc PIP_INDEX_URL), rồi chạy lại ·" \
            "uv can't be installed: check the network (or PIP_INDEX_URL), then run the same command again"
    uv=$TOOLS/bin/uv
}

refuse_without_pip() {
    version=$(version_of "$python")
    fail "Python $version ($python) thiếu pip và venv · has neither pip nor venv." \
        "Debian, Ubuntu: sudo apt install python$version-venv"
}

main "$@"
