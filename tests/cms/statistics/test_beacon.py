"""The beacon on a page, by which the browser reports a view."""

from __future__ import annotations

import html
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from django.contrib.auth import get_user_model

from cms.statistics import page_tokens, slots
from cms.statistics.checks import check_beacon_key
from pipeline.collecting.script import ENGAGEMENT, version_of
from pipeline.serving.snapshot import Snapshot
from pipeline.settings import Settings
from pipeline.tokens import NOT_FOUND, SEARCH, AnswerToken, PageToken, hour_of, verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.test import Client
    from wagtail.models import Page, Site

    Render = Callable[..., str]
    RequestOf = Callable[..., HttpRequest]

pytestmark = pytest.mark.django_db

NOON = 1_795_323_600.0


def token_in(text: str) -> PageToken:
    found = re.search(r'<script src="/_nhip/b.js" data-t="(.*?)" defer></script>', text)
    assert found is not None
    return verify(html.unescape(found[1]), Settings.from_env().beacon_key)


def pixel_in(text: str) -> dict[str, list[str]]:
    found = re.search(r'<noscript><img src="(.*?)" ', text)
    assert found is not None
    url = urlsplit(html.unescape(found[1]))
    assert url.path == "/_nhip/luot"
    return parse_qs(url.query, keep_blank_values=True)


@pytest.fixture
def someone() -> Any:
    return get_user_model()._default_manager.create_user(username="bien-tap", password="a-long-password")


def test_the_token_says_which_page_it_is_and_of_which_hour(render: Render, page: Page, site: Site) -> None:
    before = hour_of(time.time())

    token = token_in(render("beacon", page=page))

    assert token.hour in (before, before + 1)
    assert msgspec.structs.replace(token, hour=0) == PageToken(
        site=site.pk,
        page_id=page.pk,
        locale=page.locale.language_code,
        path="/le-phat-dong/",
        audience="public",
        host="localhost",
    )


@pytest.mark.parametrize(
    ("signed_in", "previewing", "audience"),
    [
        pytest.param(False, False, "public", id="visitor"),
        pytest.param(True, False, "staff", id="staff"),
        pytest.param(True, True, "preview", id="preview"),
        pytest.param(False, True, "preview", id="preview-by-link"),
    ],
)
def test_the_token_says_who_reads_the_page(
    render: Render,
    request_of: RequestOf,
    page: Page,
    someone: Any,
    signed_in: bool,
    previewing: bool,
    audience: str,
) -> None:
    request = request_of(set_={"is_preview": previewing} | ({"user": someone} if signed_in else {}))

    assert token_in(render("beacon", page=page, request=request)).audience == audience


def test_a_page_that_is_kept_for_days_has_a_token_of_today(render: Render, request_of: RequestOf, page: Page) -> None:
    for_many = request_of(**{slots.OPEN_HEADER.replace("-", "_"): slots.SECRET})
    text = render("beacon", page=page, request=for_many)
    kept = slots.cut(text.encode())

    shown = []
    for day in (0, 1, 5):
        moment = slots.moment_of(Snapshot(), now=NOON + day * 86_400, steady=NOON)
        shown.append(kept.fill(kept.values(moment)).decode())

    tokens = [token_in(text) for text in shown]
    assert [token.hour - hour_of(NOON) for token in tokens] == [0, 24, 120]
    assert {token.page_id for token in tokens} == {page.pk}
    assert [verify(pixel_in(text)["t"][0], key=Settings.from_env().beacon_key) for text in shown] == tokens


def test_script_and_pixel_carry_the_same_token(render: Render, page: Page) -> None:
    text = render("beacon", page=page)

    (token,) = pixel_in(text)["t"]

    assert verify(token, key=Settings.from_env().beacon_key) == token_in(text)


def test_nothing_of_the_request_is_in_the_beacon(render: Render, request_of: RequestOf, page: Page) -> None:
    asked = {"REFERER": "https://search.example/?q=secret", "CACHE_CONTROL": "no-cache", "USER_AGENT": "secret"}

    text = render("beacon", page=page, request=request_of(**asked))

    assert text == render("beacon", page=page)
    assert pixel_in(text).keys() == {"t"}


@pytest.mark.parametrize(
    "context",
    [
        pytest.param({}, id="no-page"),
        pytest.param({"page": "2"}, id="a-page-number"),
        pytest.param({"page": None}, id="none"),
    ],
)
def test_where_there_is_no_page_there_is_no_beacon(render: Render, context: dict[str, Any]) -> None:
    assert render("beacon", **context).strip() == ""


def test_a_page_that_was_never_saved_has_no_beacon(render: Render) -> None:
    from wagtail.models import Page  # noqa: PLC0415

    assert render("beacon", page=Page(title="Nháp")).strip() == ""


def test_without_its_key_a_page_renders_and_the_checks_warn(
    render: Render, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NHIP_BEACON_KEY", "not hexadecimal")
    page_tokens.beacon_key.cache_clear()

    assert render("beacon", page=page).strip() == ""
    assert [warning.id for warning in check_beacon_key()] == ["statistics.W001"]


def test_with_a_key_the_checks_find_nothing() -> None:
    assert check_beacon_key() == []


def test_a_page_rendered_for_staff_is_not_for_shared_caches(client: Client, site: Site, someone: Any) -> None:
    client.force_login(someone)

    response = client.get("/")

    assert token_in(response.content.decode()).audience == "staff"
    assert "Cookie" in response.headers["Vary"]


def test_a_page_rendered_for_the_public_varies_in_the_same_way(client: Client, site: Site) -> None:
    response = client.get("/")

    assert token_in(response.content.decode()).audience == "public"
    assert "Cookie" in response.headers["Vary"]


def test_a_page_has_the_second_script_under_its_version(render: Render, page: Page) -> None:
    text = render("beacon", page=page)

    assert f'<script src="/_nhip/doc.js?v={version_of(ENGAGEMENT)}" defer></script>' in text


# answers that are no pages


def test_a_page_that_is_not_there_says_so_under_its_address(client: Client, site: Site) -> None:
    before = hour_of(time.time())

    text = client.get("/tin-tuc/c%C5%A9/?q=secret").content.decode()

    token = token_in(text)
    assert token.hour in (before, before + 1)
    assert msgspec.structs.replace(token, hour=0) == AnswerToken(
        site=site.pk, page_id=0, locale="vi", path="/tin-tuc/cũ/", host="localhost", answer=NOT_FOUND
    )
    assert verify(pixel_in(text)["t"][0], Settings.from_env().beacon_key) == token
    assert "doc.js" not in text


def test_a_page_that_is_not_there_is_kept_for_days_with_a_token_of_the_hour(client: Client, site: Site) -> None:
    kept = slots.cut(client.get("/khong-co/", headers={slots.OPEN_HEADER: slots.SECRET}).content)

    shown = [
        token_in(kept.fill(kept.values(slots.moment_of(Snapshot(), now=NOON + day * 86_400, steady=NOON))).decode())
        for day in (0, 5)
    ]

    assert [token.hour - hour_of(NOON) for token in shown] == [0, 120]
    assert {(type(token), token.path) for token in shown} == {(AnswerToken, "/khong-co/")}


@pytest.mark.parametrize("host", ["nowhere.example", "localhost"])
def test_an_address_that_is_too_long_or_of_no_site_is_answered_without_a_beacon(
    client: Client, site: Site, host: str
) -> None:
    if host == "localhost":
        response = client.get("/" + "x" * 5000 + "/")
    else:
        site.delete()
        response = client.get("/khong-co/")

    assert response.status_code == 404
    assert "b.js" not in response.content.decode()


def test_a_search_says_what_for_and_nothing_of_a_person(render: Render, request_of: RequestOf, site: Site) -> None:
    found = [token_in(render("search_beacon words", words=words)) for words in (" Thi ĐUA ", "0912345678", "")]

    assert [(token.answer, token.words) for token in found if isinstance(token, AnswerToken)] == [
        (SEARCH, "thi đua"),
        (SEARCH, ""),
        (SEARCH, ""),
    ]
    assert {token.path for token in found} == {"/"}


def test_without_its_key_a_page_that_is_not_there_is_said_all_the_same(
    client: Client, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NHIP_BEACON_KEY", "not hexadecimal")
    page_tokens.beacon_key.cache_clear()

    response = client.get("/khong-co/")

    assert response.status_code == 404
    assert "Không tìm thấy trang" in response.content.decode()
    assert "b.js" not in response.content.decode()
