"""What must not come out of `/api/v3/`, through every parameter that could reach it (`tests/support/hidden.py`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hidden import LINK_ELSEWHERE, WORD, Hidden
from pytest_django import Settings
from wagtail.models import APIToken, Site

from cms.api.types import page_types
from cms.news.models import NewsIndexPage

RELATIVES = ("child_of", "descendant_of", "ancestor_of", "translation_of")


def questions(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every parameter, and those that Wagtail has beside them, with what could lead to something hidden."""
    everything = [*hidden.pages.values(), *hidden.public]
    for page in everything:
        yield f"pages/{page.pk}/", {}
        yield "pages/find/", {"id": page.pk}
        yield "pages/find/", {"html_path": f"/{page.url_path.partition('/')[2].partition('/')[2]}"}
        yield "pages/find/", {"html_path": page.slug, "id": page.pk}
        for name in RELATIVES:
            yield "pages/", {name: page.pk, "limit": 100}
        for column in ("id", "slug", "title"):
            yield "pages/", {column: getattr(page, column)}
    first = hidden.public[0]
    for more in ({"version": "live"}, {"rich_text_format": "html"}, {"version": "live", "rich_text_format": "html"}):
        yield f"pages/{first.pk}/", more
        yield "pages/find/", {"id": first.pk, **more}
    for name in RELATIVES:
        yield "pages/", {name: "root", "limit": 100}
    for kind in (*page_types(), "wagtailcore.Page"):
        yield "pages/", {"type": kind, "limit": 100}
    yield "pages/", {"type": ["home.PlainPage", "news.NewsPage"], "limit": 100}
    for order in ("id", "-title", "slug", "first_published_at", "-last_published_at"):
        yield "pages/", {"order": order, "limit": 100}
    yield "pages/", {"type": "news.NewsPage", "order": ["-date", "title"]}
    yield "pages/", {"search": WORD}
    yield "pages/", {"search": f"{WORD} sua", "order": "title"}
    yield "pages/", {"locale": "en"}
    yield "pages/", {"offset": 1, "limit": 100}
    for column in ("seo_title", "search_description", "lead"):
        yield "pages/", {"type": "news.NewsPage", column: WORD}
    for answer in ("true", "false"):
        yield "pages/", {"show_in_menus": answer, "limit": 100}
    yield from _refused(hidden)


def _refused(hidden: Hidden) -> Iterator[tuple[str, dict[str, Any]]]:
    hosts = ("khac.example", "trong.example", "trong.example:80", "localhost")
    for asked in ("pages/", f"pages/{hidden.public[0].pk}/", "pages/find/"):
        for host in hosts:
            yield asked, {"site": host}
    for page in [*hidden.pages.values(), hidden.public[0]]:
        for more in ({"version": "draft"}, {"site": "khac.example"}, *({"rich_text_format": one} for one in FORMATS)):
            yield f"pages/{page.pk}/", more
            yield "pages/find/", {"id": page.pk, **more}
        yield "pages/", {"type": "home.HomePage", "featured": page.pk}
    for image in hidden.images.values():
        yield "pages/", {"type": "news.NewsPage", "image": image.pk}
    yield "pages/", {"fields": "*"}
    yield "pages/", {"order": "random"}
    yield "pages/", {"search": WORD, "search_operator": "or"}


FORMATS = ("db_html", "db_markdown", "markdown")


@pytest.mark.parametrize("who", ["a stranger", "an administrator with a token"])
def test_nothing_hidden_comes_out(hidden: Hidden, client: Client, v3: None, who: str) -> None:
    headers = {"host": "localhost"}
    if who != "a stranger":
        admin = get_user_model().objects.create_superuser(f"{WORD}-admin", password="x")
        client.force_login(admin)
        _row, token = APIToken.create_token(user=admin, name="x")  # by which Wagtail's own v3 would know them
        headers["authorization"] = f"Bearer {token}"
    leaked = []
    for below_v3, query in questions(hidden):
        answer = client.get(f"/api/v3/{below_v3}", query, headers=headers)
        assert answer.status_code in (200, 302, 400, 404, 422), (below_v3, query, answer.content)
        said = LINK_ELSEWHERE.sub("", answer.content.decode()) + answer.get("Location", "")
        if WORD in said.casefold():
            at = said.casefold().index(WORD)
            leaked.append((below_v3, query, said[max(at - 80, 0) : at + 40]))
    assert leaked == []


def test_every_parameter_is_tried(hidden: Hidden, v3: None, client: Client) -> None:
    document = client.get("/api/v3/openapi.json", headers={"host": "localhost"}).json()
    parameters = {
        one["name"]
        for there in document["paths"].values()
        for one in there["get"]["parameters"]
        if one["in"] == "query"
    }
    tried = {name for _below, query in questions(hidden) for name in query}
    assert parameters <= tried


def test_a_list_has_the_pages_of_the_asked_site_that_everybody_may_read(
    hidden: Hidden, ask_v3: Any, settings: Settings
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    answer = ask_v3("pages/", limit=100)
    ids = {page["id"] for page in answer["items"]}
    assert ids == {page.pk for page in hidden.public} | {Site.objects.get(is_default_site=True).root_page_id} | {
        NewsIndexPage.objects.get().pk
    }
    assert answer["count"] == len(ids)
    assert {page["id"] for page in ask_v3("pages/", host="trong.example")["items"]} == {
        hidden.pages[name].pk for name in ("root of a site within", "of a site within")
    }


def test_a_hidden_page_is_told_as_one_that_does_not_exist(hidden: Hidden, ask_v3: Any) -> None:
    nothing = ask_v3("pages/987654/", status=404)
    not_found = ask_v3("pages/find/", status=404, id=987654)
    for page in hidden.pages.values():
        assert ask_v3(f"pages/{page.pk}/", status=404) == nothing
        assert ask_v3("pages/find/", status=404, id=page.pk) == not_found
        assert ask_v3("pages/find/", status=404, html_path=page.slug) == not_found
        assert ask_v3("pages/", id=page.pk) == {"count": 0, "items": []}
        for name in RELATIVES:
            refused = ask_v3("pages/", status=400, **{name: page.pk})
            assert refused["errors"] == [{"parameter": name, "detail": f"There is no page {page.pk}."}]
