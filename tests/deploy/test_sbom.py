"""The bill of materials is complete and valid; the check for vulnerabilities takes no silence for an answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from part import ROOT, free_port

sys.path.insert(0, str(ROOT / "tools"))
import audit
import sbom

HERE = {name: sbom.PARTS[name] for name in ("uv.lock", *sbom.NPM_LOCKS, "images")}  # the others start compilers


@pytest.fixture(scope="module")
def components() -> list[dict[str, Any]]:
    found, missing = sbom.collect(HERE)
    assert missing == {}
    return found


def test_every_component_has_a_version_a_license_and_a_hash(components: list[dict[str, Any]]) -> None:
    undeclared = {component["name"] for component in components if sbom.UNKNOWN in str(component["licenses"])}
    assert undeclared == {"parse-cache-control"}  # for Lighthouse, by no word of its own
    for component in components:
        assert component["version"], component
        assert component.get("hashes") or component["purl"].startswith("pkg:docker/"), component


def test_the_bill_is_valid_by_the_schema_and_names_every_locked_package(components: list[dict[str, Any]]) -> None:
    bill = sbom.describe(components, is_complete=True)
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    locked = {package["name"] for package in packages if "registry" in package["source"]}
    by_scope = {component["name"]: component.get("scope") for component in components}

    assert bill["specVersion"] == "1.6"
    assert {one["name"] for one in components if one["purl"].startswith("pkg:pypi/")} == locked
    assert (by_scope["django"], by_scope["pytest"], by_scope["lighthouse"]) == ("required", "excluded", "excluded")


def test_every_lock_file_of_the_repository_is_read_and_asked_about(components: list[dict[str, Any]]) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "*package-lock.json"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert sorted(tracked) == sorted(sbom.NPM_LOCKS)
    assert {f"{lock} (npm audit)" for lock in tracked} <= audit.CHECKS.keys()

    known = {one["purl"] for one in components}
    for lock in tracked:
        found = sbom.npm_packages(lock)
        assert found
        assert {one["purl"] for one in found} <= known
    by_name = {one["name"]: one for one in components}
    assert by_name["lit-html"]["scope"] == by_name["openapi-fetch"]["scope"] == "excluded", "none of it is in the image"


def test_npm_is_asked_where_the_lock_file_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    npm = tmp_path / "npm"
    npm.write_text('#!/bin/sh\nprintf \'{"vulnerabilities": {"%s": {"severity": "high"}}}\' "$PWD"\n')
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    asked = [audit.CHECKS[f"{lock} (npm audit)"]() for lock in sbom.NPM_LOCKS]
    assert asked == [[(str((ROOT / lock).parent), "high")] for lock in sbom.NPM_LOCKS]


def test_a_bill_that_breaks_the_schema_is_refused(components: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="none"):
        sbom.describe([{**components[0], "hashes": [{"alg": "SHA-256", "content": "none"}]}], is_complete=True)


def test_a_part_that_cannot_be_read_is_named_and_makes_the_bill_incomplete() -> None:
    def unreadable() -> list[dict[str, Any]]:
        raise sbom.Missing("needs go")

    components, missing = sbom.collect({"Caddy": unreadable})

    assert missing == {"Caddy": "needs go"}
    assert sbom.describe(components, is_complete=False)["compositions"][0]["aggregate"] == "incomplete"


# known vulnerabilities


@pytest.fixture
def osv() -> Iterator[str]:
    """A service that knows of one vulnerability."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]
            results = [{"vulns": [{"id": "X-1"}]} if "bad" in str(one) else {} for one in asked]
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"results": results}).encode())

        def log_message(self, *_line: object) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


def test_a_known_vulnerability_is_named(osv: str) -> None:
    assert audit.ask_osv(["pkg:maven/a/good@1", "pkg:maven/a/bad@1"], osv) == [("pkg:maven/a/bad@1", "X-1")]


def test_a_service_that_does_not_answer_is_no_clean_bill() -> None:
    with pytest.raises(audit.NotAsked):
        audit.ask_osv(["pkg:maven/a/good@1"], f"http://127.0.0.1:{free_port()}/")


@pytest.mark.parametrize(
    ("checks", "code", "said"),
    [
        pytest.param({"a": []}, 0, "none known", id="none known"),
        pytest.param({"a": [], "b": audit.NotAsked("no route")}, 2, "could NOT be asked", id="silence"),
        pytest.param({"a": [("jar", "X-1")], "b": audit.NotAsked("no route")}, 1, "jar: X-1", id="one known"),
    ],
)
def test_the_exit_code_tells_clean_from_known_and_from_silence(
    checks: dict[str, Any], code: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(what: Any) -> Any:
        if isinstance(what, Exception):
            raise what
        return what

    monkeypatch.setattr(audit, "CHECKS", {name: lambda what=what: answer(what) for name, what in checks.items()})

    assert audit.main() == code
    assert said in capsys.readouterr().out
