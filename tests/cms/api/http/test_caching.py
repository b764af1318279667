"""What Django says of the API's answers to caches, and what it answers when it fails; without the memory of answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from pytest_django import Settings
from wagtail.models import Site

from cms.api import site as site_module
from cms.home.models import HomePage
from cms.statistics.slots import OPEN_HEADER, SECRET

pytestmark = pytest.mark.django_db

PROBLEM = "application/problem+json"


@pytest.fixture
def ask(client: Client, site: Site) -> Any:
    client.raise_request_exception = False
    return lambda path, **headers: client.get(f"/api/v2/{path}", headers={"host": "localhost", **headers})


@pytest.mark.parametrize(
    ("path", "seconds"),
    [("pages/2/", 3600), ("pages/2/?fields=_,title", 5), ("pages/", 5), ("site/", 5), ("pages/find/?path=/", 5)],
)
def test_only_what_is_purged_is_kept_for_long(
    ask: Any, settings: Settings, home: HomePage, path: str, seconds: int
) -> None:
    assert home.pk == 2
    settings.PAGES = replace(settings.PAGES, cdn_seconds=3600)
    assert ask(path)["Cache-Control"] == f"public, max-age=0, s-maxage={seconds}"


def test_a_cache_that_may_keep_nothing_keeps_nothing_of_it(ask: Any, settings: Settings) -> None:
    settings.PAGES = replace(settings.PAGES, cdn_seconds=0)
    assert ask("pages/")["Cache-Control"] == "public, max-age=0, s-maxage=0"


@pytest.mark.parametrize("front_ends", [(), ("https://app.example.vn",)])
def test_answers_are_told_apart_by_origin_where_origins_are_named(
    ask: Any, settings: Settings, front_ends: tuple[str, ...]
) -> None:
    settings.FRONT_ENDS = front_ends
    assert ask("site/")["Vary"] == ("Accept-Encoding, Origin" if front_ends else "Accept-Encoding")


def test_without_the_memory_an_answer_has_a_tag_too(ask: Any) -> None:
    first = ask("site/")
    tag = first["ETag"]
    assert tag.startswith('"')
    again = ask("site/", if_none_match=tag)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
    assert again["Cache-Control"] == first["Cache-Control"]


def test_for_the_memory_it_has_none_since_its_numbers_are_not_in_it(ask: Any) -> None:
    kept = ask("pages/2/", **{OPEN_HEADER: SECRET})
    assert kept["X-Nhip-Keep"] == "1"
    assert "ETag" not in kept
    assert SECRET.encode() in kept.content


@pytest.mark.parametrize("path", ["pages/99/", "khong-co/", "pages/?titel=x"])
def test_a_refusal_is_a_problem_and_not_the_portals_page(ask: Any, path: str) -> None:
    refused = ask(path)
    assert refused.status_code in (400, 404)
    assert (refused["Content-Type"], refused.json()["status"]) == (PROBLEM, refused.status_code)


@pytest.mark.parametrize(("error", "status"), [(OperationalError("gone"), 503), (ZeroDivisionError(), 500)])
def test_a_fault_is_a_problem_that_tells_nothing_of_the_inside(
    ask: Any, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int
) -> None:
    def fail(_request: object) -> None:
        raise error

    monkeypatch.setattr(site_module, "read_site", fail)
    failed = ask("site/")
    assert (failed.status_code, failed["Content-Type"]) == (status, PROBLEM)
    assert failed.has_header("Retry-After") == (status == 503)
    assert "gone" not in failed.content.decode()
    assert "no-store" in failed["Cache-Control"]
