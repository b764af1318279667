"""The hosts that the product has are those of the package, in the version that package.json names."""

from __future__ import annotations

import json
from pathlib import Path

from missing import skip_or_fail

from pipeline.collecting.enrich.hosts.build import LICENCE, NAME, PACKAGE, WRITTEN, build

ROOT = Path(__file__).parents[5]
HOSTS = json.loads(WRITTEN.read_text(encoding="utf-8"))


def test_the_hosts_are_of_the_version_that_development_takes() -> None:
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"][NAME]
    locked = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"][f"node_modules/{NAME}"]
    assert HOSTS["version"] == wanted == locked["version"]
    assert (HOSTS["name"], HOSTS["license"]) == (NAME, "MIT") == (NAME, locked["license"])


def test_the_licence_is_beside_them() -> None:
    assert "Permission is hereby granted, free of charge" in LICENCE.read_text(encoding="utf-8")


def test_the_hosts_are_what_the_package_has() -> None:
    if not (ROOT / PACKAGE).exists():
        skip_or_fail(f"no {NAME}; Node and `npm ci` would let this test run")
    assert WRITTEN.read_bytes() == build(ROOT / PACKAGE), "run: python -m pipeline.collecting.enrich.hosts.build"
    assert LICENCE.read_bytes() == (ROOT / PACKAGE / "LICENSE").read_bytes()


def test_a_place_that_is_no_host_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "package.json").write_text('{"name": "x", "version": "1", "license": "MIT"}', encoding="utf-8")
    places = {
        "www.Search.example": "search",
        "search.example": "search",
        "search.example/images": "search",
        "app": "social",
        "mail.example": "email",
        "ads.example": "paid",
        "maps.example": "unknown",
    }
    referrers = {place: {"medium": medium, "source": "X"} for place, medium in places.items()}
    (tmp_path / "lib/referrers.json").write_text(json.dumps(referrers), encoding="utf-8")

    written = json.loads(build(tmp_path))

    assert written == {
        **{"name": "x", "version": "1", "license": "MIT"},
        **{"mail": ["mail.example"], "search": ["search.example"], "social": []},
    }


def test_a_host_is_in_one_list_without_www() -> None:
    hosts = [host for kind in ("mail", "search", "social") for host in HOSTS[kind]]
    assert len(hosts) == len(set(hosts)) > 1000
    assert [host for host in hosts if host.startswith("www.") or host != host.lower() or "/" in host] == []
