#!/usr/bin/env bash
# Checks the wheels in dist/: each has exactly the files of its packages, and works without the repository.
# Run it after `make wheels`, in a clone, since git lists the files.
set -euo pipefail
cd "$(dirname "$0")/.."

root=$PWD
python=$root/.venv/bin/python
away=$(mktemp -d)
trap 'rm -rf "$away"' EXIT

main() {
    holds_exactly dist/nhip-*.whl "" cms pipeline consumers
    holds_exactly dist/wagtail_emulation-*.whl plugins/emulation/src/ plugins/emulation/src/wagtail_emulation
    tools/bootstrap.sh uv export --quiet --frozen --no-dev --no-emit-workspace --no-hashes --no-header --output-file "$away/lock.txt" >/dev/null
    plugin_works_alone
    portal_works_with_the_plugin
}

# The tracked files of the packages and the wheel's own metadata, and nothing else.
holds_exactly() { # WHEEL PREFIX PATH...
    local wheel=$1 prefix=$2
    shift 2
    echo "contents: $(basename "$wheel")"
    diff --label tracked <(git ls-files -- "$@" | sed "s|^$prefix||" | LC_ALL=C sort) \
        --label wheel <("$python" -m zipfile --list "$wheel" | awk 'NR > 1 { print $1 }' | grep -v '\.dist-info/' | LC_ALL=C sort)
}

plugin_works_alone() {
    echo "alone: wagtail-emulation"
    tools/bootstrap.sh uv venv --quiet --python "$python" "$away/plugin"
    tools/bootstrap.sh uv pip install --quiet --python "$away/plugin/bin/python" --constraint "$away/lock.txt" dist/wagtail_emulation-*.whl
    (
        cd "$away"
        export PYTHONPATH=$root/plugins/emulation/tests DJANGO_SETTINGS_MODULE=emulation_site.settings
        plugin/bin/python -c 'import importlib.util, wagtail_emulation; assert importlib.util.find_spec("cms") is None'
        plugin/bin/python -m django check
        plugin/bin/python -m django makemigrations --check --dry-run
    )
}

portal_works_with_the_plugin() {
    echo "together: nhip"
    tools/bootstrap.sh uv venv --quiet --python "$python" "$away/portal"
    tools/bootstrap.sh uv pip install --quiet --python "$away/portal/bin/python" --constraint "$away/lock.txt" dist/*.whl
    (
        cd "$away"
        export DJANGO_SETTINGS_MODULE=cms.settings.embedded NHIP_DATA_DIR=$away/data
        portal/bin/python -c '
from importlib.resources import files
from pathlib import Path
import cms.wsgi, consumers.runner, pipeline.collecting.collector
from pipeline.clickhouse.client import open_embedded
from pipeline.clickhouse.migrations import migrate
assert files("pipeline.collecting.script").joinpath("beacon.min.js").read_bytes()
engine = open_embedded(Path("engine"))
print("ClickHouse:", *migrate(engine))
engine.close()  # the process does not end while the engine is open
'
        portal/bin/python -m django check
        portal/bin/python -m django findstatic core/css/site.css statistics/live.min.js
        portal/bin/nhip --help >/dev/null
    )
}

main
