"""A page's numbers and its token: of the moment, also in an answer that is kept for many readers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from wagtail.models import Site

from cms.api import statistics
from cms.news.models import NewsPage
from cms.statistics import counters, slots
from pipeline.serving.snapshot import Snapshot
from pipeline.tokens import hour_of, verify

KEY = bytes.fromhex("6b" * 32)
AT = 1_795_370_405.2  # 2026-11-22T18:00:05Z


class Fixed:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot


@pytest.fixture(autouse=True)
def _own_counters() -> Iterator[None]:
    counters.uninstall()
    yield
    counters.uninstall()


def test_numbers_that_are_not_known_are_null(write: Any, ask: Any) -> None:
    counters.install(Fixed(Snapshot()))

    found = ask(f"pages/{write('Bài').pk}/")["statistics"]

    assert (found["views"], found["as_of"]) == (None, None)
    assert found["token"]


def test_numbers_are_those_of_the_page(write: Any, ask: Any) -> None:
    page, other = write("Bài"), write("Bài khác")
    counters.install(Fixed(Snapshot(pages={page.pk: 1328}, as_of=AT)))

    listed = {one["id"]: one["statistics"] for one in ask("pages/")["items"]}

    assert (listed[page.pk]["views"], listed[other.pk]["views"]) == (1328, 0)
    assert listed[page.pk]["as_of"] == "2026-11-22T18:00:00Z"
    assert listed[page.pk] == ask(f"pages/{page.pk}/")["statistics"]


def test_the_token_is_the_one_that_the_site_s_own_page_has(write: Any, ask: Any, client: Client) -> None:
    page = write("Bài")
    html = client.get(page.get_url(), headers={"host": "localhost"}).content.decode()
    own = html.partition('data-t="')[2].partition('"')[0]

    assert verify(ask(f"pages/{page.pk}/")["statistics"]["token"], KEY) == verify(own, KEY)


def test_an_answer_for_many_readers_has_marks_that_become_the_numbers_of_the_moment(write: Any, client: Client) -> None:
    page: NewsPage = write("Bài")
    kept = client.get(f"/api/v2/pages/{page.pk}/", headers={"host": "localhost", slots.OPEN_HEADER: slots.SECRET})

    cut = slots.cut(kept.content)

    assert [mark[0] for mark in cut.marks] == ["json_page_views", "json_as_of", "page_token"]
    for views, as_of in ((7, AT), (8, AT + 60), (None, None)):
        snapshot = Snapshot(pages={page.pk: views} if views else {}, as_of=as_of)
        moment = slots.Moment(snapshot, stale=False, hour=hour_of(time.time()))
        found = json.loads(cut.fill(cut.values(moment)))["statistics"]
        assert found["views"] == views
        assert verify(found["token"], KEY).page_id == page.pk


def test_a_fault_of_statistics_costs_no_answer(write: Any, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any) -> Any:
        raise RuntimeError("no counters")

    monkeypatch.setattr(statistics, "token_of", fail)

    assert ask(f"pages/{write('Bài').pk}/")["statistics"] == {"views": None, "as_of": None, "token": None}


def test_a_page_whose_address_is_too_long_to_count_has_no_token(site: Site, ask: Any, write: Any) -> None:
    page = write("Bài")
    NewsPage.objects.filter(pk=page.pk).update(url_path=page.url_path + "a" * 5000 + "/")

    assert ask(f"pages/{page.pk}/")["statistics"]["token"] is None
