"""Whoever reads `changes/` from the beginning, or goes on where they were, knows exactly the published tree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from json_schema import validator_of
from pytest_django import Settings
from wagtail.models import Page, PageViewRestriction, Site

from cms.announcing.forgetting import forget
from cms.announcing.models import Event
from cms.announcing.noticing import announce
from cms.api.schema.contributions import openapi
from cms.home.models import HomePage
from cms.news.models import NewsIndexPage, NewsPage

Known = dict[int, str]


class Reader:
    """A program that keeps what it read: a path for each page."""

    def __init__(self, ask: Any, **options: Any) -> None:
        self.known: Known = {}
        self.next: str | None = None
        self._ask, self._options = ask, options

    def read(self, *, limit: int = 2) -> Known:
        more = True
        while more:
            since = {"since": self.next} if self.next else {}
            answer = self._ask("changes/", limit=limit, **since, **self._options)
            for event in answer["changes"]:
                page = event["data"]["page"]
                if event["type"] in ("page.published", "page.moved"):
                    self.known[page["id"]] = page["path"]
                else:
                    self.known.pop(page["id"], None)
            self.next, more = answer["next"], answer["more"]
        return self.known


def listed(ask: Any, **options: Any) -> Known:
    """What the pages' own endpoint has."""
    pages = ask("pages/", limit=100, fields="_,id,path", **options)["items"]
    return {page["id"]: page["meta"]["path"] for page in pages}


def tell() -> None:
    while announce():
        pass


@pytest.fixture
def articles(write: Any) -> list[NewsPage]:
    return [write(f"Bài số {number}") for number in range(5)]


def test_a_site_that_had_pages_before_is_read_from_the_beginning(demo: Site, ask: Any) -> None:
    tell()

    assert Reader(ask).read(limit=7) == listed(ask)
    assert len(listed(ask)) > 10


def test_a_reader_goes_on_and_a_new_one_finds_the_same(
    articles: list[NewsPage], news_index: NewsIndexPage, home: HomePage, ask: Any
) -> None:
    tell()
    old = Reader(ask)
    old.read()
    steps = [
        articles[0].unpublish,
        articles[1].delete,
        lambda: articles[2].move(home, pos="last-child"),
        lambda: PageViewRestriction.objects.create(page=Page.objects.get(pk=news_index.pk), restriction_type="login"),
        lambda: articles[0].save_revision().publish(),
        lambda: PageViewRestriction.objects.all().delete(),
        lambda: Page.objects.get(pk=news_index.pk).delete(),
    ]
    for step in steps:
        step()
        tell()
        assert old.read() == listed(ask)
        assert Reader(ask).read() == listed(ask)


def test_what_is_forgotten_breaks_no_replay(articles: list[NewsPage], ask: Any) -> None:
    tell()
    old = Reader(ask)
    old.read()
    for article in articles[:3]:
        article.save_revision().publish()
        tell()
    articles[3].delete()
    tell()
    before = Event.objects.count()

    forget(timezone.now() + timedelta(days=1))

    assert Event.objects.count() == before - 4
    assert old.read() == Reader(ask).read() == listed(ask)


def test_a_page_that_changes_while_it_is_read_is_not_missed(articles: list[NewsPage], ask: Any) -> None:
    tell()
    first = ask("changes/", limit=3)
    articles[0].save_revision().publish()
    articles[4].unpublish()
    tell()

    reader = Reader(ask)
    reader.read()
    assert reader.known == listed(ask)
    reader.next = first["next"]
    ids = {event["data"]["page"]["id"] for event in ask("changes/", since=first["next"], limit=100)["changes"]}
    assert {articles[0].pk, articles[4].pk} <= ids


def test_each_site_has_its_own(articles: list[NewsPage], home: HomePage, ask: Any, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "khac.example"]
    root = home.get_parent().add_child(instance=HomePage(title="Khác", slug="khac"))
    Site.objects.create(hostname="khac.example", root_page=root)
    tell()

    assert Reader(ask, host="khac.example").read() == {root.pk: "/"}
    assert root.pk not in Reader(ask).read()


def test_an_answer_is_as_the_document_says_and_is_kept_nowhere(
    articles: list[NewsPage], home: HomePage, ask: Any, client: Any
) -> None:
    tell()
    articles[0].move(home, pos="last-child")
    articles[1].delete()
    articles[2].unpublish()
    tell()
    operation = openapi()["paths"]["/api/v2/changes/"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    answer = ask("changes/")

    assert list(validator_of({**schema, "components": openapi()["components"]}).iter_errors(answer)) == []
    assert {event["type"] for event in answer["changes"]} == {
        "page.published",
        "page.moved",
        "page.deleted",
        "page.unpublished",
    }
    assert client.get("/api/v2/changes/", headers={"host": "localhost"})["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "since",
    ["", "x", "1", "1-", "-00000000", "zz-00000000", "1-0000000g0", "1" * 16 + "-00000000", "٣-00000000", "a" * 30],
)
def test_a_cursor_that_makes_no_sense_is_refused_by_name(site: Site, ask: Any, since: str) -> None:
    problem = ask("changes/", since=since, status=400)

    assert [error["parameter"] for error in problem["errors"]] == ["since"]


def test_a_cursor_of_another_database_is_told_to_begin_again(articles: list[NewsPage], ask: Any) -> None:
    tell()
    newest = Event.objects.order_by("-pk").first()
    assert newest is not None
    for since in (f"{newest.pk + 5:x}-00000000", f"{newest.pk:x}-00000000"):
        problem = ask("changes/", since=since, status=410)
        assert "from the beginning" in problem["detail"]


def test_nothing_of_drafts_and_private_pages_comes_out(others: list[Page], ask: Any) -> None:
    tell()
    told = {event["data"]["page"]["id"] for event in ask("changes/")["changes"]}

    assert others[0].pk in told
    assert not {others[1].pk, others[2].pk} & told


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": 501}, {"limit": "x"}, {"offset": 5}, {"from": "x"}])
def test_other_parameters_are_refused(site: Site, ask: Any, query: dict[str, Any]) -> None:
    ask("changes/", status=400, **query)
