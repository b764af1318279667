"""What must not come out, through every parameter that could reach it (`tests/support/hidden.py`)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hidden import LINK_ELSEWHERE, WORD, Hidden
from pytest_django import Settings
from wagtail.models import Site
from wagtail_emulation.models import EmulationPage

from cms.api.filters import LISTING
from cms.news.models import NewsIndexPage
from pipeline.events import PUBLIC
from pipeline.tokens import verify

KEY = bytes.fromhex("6b" * 32)  # NHIP_BEACON_KEY of tests


def questions(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter, with what could lead to something hidden."""
    for page in hidden.pages.values():
        yield f"pages/{page.pk}/", {}
        yield f"pages/{page.pk}/", {"fields": "*"}
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            yield "pages/", {name: page.pk, "fields": "*"}
        yield "pages/", {"slug": page.slug, "fields": "*"}
    for page in hidden.public:
        yield f"pages/{page.pk}/", {}
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            yield "pages/", {name: page.pk, "fields": "*"}
    for kind in ("news.NewsPage", "home.PlainPage", "home.HomePage", "wagtail_emulation.EmulationPage"):
        yield "pages/", {"type": kind, "fields": "*", "limit": 100}
    for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
        yield "pages/", {name: "root", "fields": "*", "limit": 100}
    for order in ("title", "-slug", "first_published_at", "-id"):
        yield "pages/", {"order": order, "fields": "*", "limit": 100}
    for fields in ("parent,breadcrumbs,translations", "featured", "body", "commendations", "lead,image", "statistics"):
        yield "pages/", {"fields": fields, "limit": 100}
    yield "pages/", {"search": WORD, "fields": "*"}
    yield "pages/", {"search": f"{WORD} sua", "order": "title"}
    yield "pages/", {"locale": "en", "fields": "*"}
    yield "pages/", {"topic": "cong-nghiep", "fields": "*"}
    for name in ("published_from", "modified_since"):
        yield "pages/", {name: "2000-01-01", "fields": "*", "limit": 100}
    yield "pages/", {"published_to": "2099-01-01", "fields": "*", "limit": 100}
    for name in ("event_date_from", "event_date_to"):
        yield "pages/", {name: "2026-01-05", "fields": "*", "limit": 100}
    yield "topics/", {}
    yield "topics/", {"limit": 1, "offset": 1}
    yield "pages/", {"offset": 1, "limit": 100, "fields": "*"}
    yield "site/", {}
    yield from _questions_of_files(hidden)


def _questions_of_files(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    for kind, files in (("images", hidden.images), ("documents", hidden.documents)):
        for order in ("id", "-title"):
            yield f"{kind}/", {"order": order, "limit": 100}
        yield f"{kind}/", {"fields": "*", "limit": 100}
        for one in files.values():
            yield f"{kind}/{one.pk}/", {}
            yield f"{kind}/{one.pk}/", {"fields": "_,title"}


def test_every_parameter_of_a_list_is_tried(hidden: Hidden) -> None:
    tried = {name for _path, query in questions(hidden) for name in query}

    assert tried == {parameter.name for parameter in LISTING}


@pytest.mark.parametrize("who", ["a stranger", "an administrator"])
def test_nothing_hidden_comes_out(hidden: Hidden, client: Client, who: str) -> None:
    if who == "an administrator":
        client.force_login(get_user_model().objects.create_superuser(f"{WORD}-admin", password="x"))
    leaked = []
    for path, query in questions(hidden):
        answer = client.get(f"/api/v2/{path}", query, headers={"host": "localhost"})
        assert answer.status_code in (200, 400, 404), (path, query, answer.content)
        said = LINK_ELSEWHERE.sub("", answer.content.decode())
        if answer.status_code != 200:
            said = said.replace(query.get("slug", "\0"), "")
        if WORD in said.casefold():
            at = said.casefold().index(WORD)
            leaked.append((path, query, said[max(at - 80, 0) : at + 40]))
    assert leaked == []


def test_no_page_of_another_site_has_an_id_or_a_number_in_an_answer(
    hidden: Hidden, ask: Any, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = ask("pages/", limit=100)

    ids = {page["id"] for page in answer["items"]}
    assert ids == {page.pk for page in hidden.public} | {Site.objects.get(is_default_site=True).root_page_id} | {
        NewsIndexPage.objects.get().pk
    }
    assert answer["meta"]["total_count"] == len(ids)
    assert {page["id"] for page in ask("pages/", host="trong.example")["items"]} == {
        hidden.pages[name].pk for name in ("root of a site within", "of a site within")
    }


def test_a_hidden_page_is_told_as_one_that_does_not_exist(hidden: Hidden, ask: Any) -> None:
    for page in hidden.pages.values():
        there = ask(f"pages/{page.pk}/", status=404)
        assert there == ask("pages/987654/", status=404)
        for name in ("child_of", "descendant_of", "ancestor_of", "translation_of"):
            refused = ask("pages/", status=400, **{name: page.pk})
            assert refused["errors"] == [{"parameter": name, "detail": f"There is no page {page.pk}."}]


NAMED_BY_NO_API = (
    "owner",
    "draft_title",
    "latest_revision",
    "live_revision",
    "locked_by",
    "go_live_at",
    "expire_at",
    "comments",
    "view_restrictions",
    "search_entry",
    "alias_of",
    "translation_key",
    "content_type",
    "numchild",
)


def test_a_field_that_no_api_names_is_refused_by_its_name(write: Any, ask: Any) -> None:
    article = write("Bài")
    for name in NAMED_BY_NO_API:
        for query in ({"fields": name}, {"fields": f"*,-{name}"}, {"order": name}, {name: "1"}):
            refused = ask("pages/", status=400, **query)
            assert name in refused["detail"]
        assert name in ask(f"pages/{article.pk}/", status=400, fields=name)["detail"]


def test_a_withheld_name_has_no_field(hidden: Hidden, ask: Any) -> None:
    event = hidden.public[5]
    assert isinstance(event, EmulationPage)

    for part in ("name", "page", "sort_order", "pk"):
        assert part in ask(f"pages/{event.pk}/", status=400, fields=f"commendations({part})")["detail"]
    row = ask(f"pages/{event.pk}/")["commendations"][0]
    assert row["public_name"] == "(không công bố tên)"
    assert row["name_withheld"] is True


def test_the_token_is_of_the_public_whoever_asks(hidden: Hidden, client: Client, ask: Any) -> None:
    page = hidden.public[0]
    of_a_stranger = ask(f"pages/{page.pk}/")["statistics"]["token"]
    client.force_login(get_user_model().objects.create_superuser("admin", password="x"))
    answer = client.get(f"/api/v2/pages/{page.pk}/", headers={"host": "localhost"})

    token = verify(json.loads(answer.content)["statistics"]["token"], KEY)
    assert token == verify(of_a_stranger, KEY)
    assert (token.audience, token.page_id, token.path) == (PUBLIC, page.pk, "/tin-tuc/bai-1/")
