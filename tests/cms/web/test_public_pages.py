"""Which answers may be kept for others, and what caches are told."""

from __future__ import annotations

import time
from typing import Any

import pytest
from clock import Clock
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction, Site

from cms.statistics.slots import OPEN_HEADER, SECRET
from cms.web.public_pages import PublicPages

pytestmark = pytest.mark.django_db

PUBLIC = "public, max-age=0, s-maxage=5"
OPEN = {OPEN_HEADER: SECRET}


@pytest.fixture
def staff() -> Any:
    return get_user_model()._default_manager.create_superuser(username="a", password="b", email="")


def directives(response: Any) -> set[str]:
    return set(response.headers["Cache-Control"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param("/", 200, id="a page"),
        pytest.param("/khong-co/", 404, id="a page that is not there"),
        pytest.param("/khong-co", 301, id="a missing slash"),
    ],
)
def test_a_public_answer_may_be_kept_for_seconds(client: Client, site: Site, path: str, status: int) -> None:
    client.get(path)  # the first one makes the settings of the site
    response = client.get(path, headers=OPEN)

    assert response.status_code == status
    assert response.headers["Cache-Control"] == PUBLIC
    assert {"Cookie", "Accept-Encoding"} <= set(response.headers["Vary"].replace(" ", "").split(","))
    assert response.headers["X-Nhip-Keep"] == "1"


def test_an_answer_during_which_something_changed_is_known(site: Site) -> None:
    def answer(_request: HttpRequest) -> HttpResponse:
        Page.objects.filter(pk=site.root_page_id).update(title="Đổi giữa chừng")
        return HttpResponse()

    request = RequestFactory().get("/", headers=OPEN)

    assert PublicPages(answer)(request).headers["X-Nhip-Keep"] == "mixed"
    assert PublicPages(lambda _request: HttpResponse())(request).headers["X-Nhip-Keep"] == "1"


def test_only_the_page_memory_is_told_to_keep(client: Client, site: Site) -> None:
    assert "X-Nhip-Keep" not in client.get("/").headers
    assert "X-Nhip-Keep" not in client.get("/", headers={OPEN_HEADER: "guessed"}).headers


def test_a_signed_in_reader_gets_an_answer_that_nobody_keeps(client: Client, site: Site, staff: Any) -> None:
    client.force_login(staff)

    response = client.get("/", headers=OPEN)

    assert directives(response) == {"private", "no-store"}
    assert "X-Nhip-Keep" not in response.headers


def test_a_preview_is_kept_by_nobody(client: Client, site: Site, staff: Any) -> None:
    client.force_login(staff)
    page = site.root_page.specific
    page.title = "Bản nháp"
    page.save_revision()

    response = client.get(f"/admin/pages/{page.pk}/view_draft/", headers=OPEN)

    assert "Bản nháp" in response.content.decode()
    assert {"private", "no-store"} <= directives(response)
    assert "X-Nhip-Keep" not in response.headers


@pytest.mark.parametrize("kind", ["login", "password"])
def test_a_private_page_is_kept_by_nobody(client: Client, site: Site, kind: str) -> None:
    page = site.root_page.add_child(instance=Page(title="Nội bộ", slug="noi-bo"))
    PageViewRestriction.objects.create(page=page, restriction_type=kind, password="mật khẩu")

    response = client.get("/noi-bo/", headers=OPEN)

    assert "no-store" in directives(response)
    assert "X-Nhip-Keep" not in response.headers


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/", "/documents/1/a.pdf"])
def test_the_admin_and_documents_are_kept_by_nobody(client: Client, site: Site, path: str) -> None:
    response = client.get(path, headers=OPEN)

    assert "no-store" in directives(response)
    assert "X-Nhip-Keep" not in response.headers


def test_posting_to_a_page_is_kept_by_nobody(client: Client, site: Site) -> None:
    assert "no-store" in directives(client.post("/", headers=OPEN))


@pytest.mark.parametrize("headers", [{"Authorization": "Bearer x"}, {"Cookie": "sessionid=old"}])
def test_who_says_who_they_are_gets_an_answer_of_their_own(client: Client, site: Site, headers: dict[str, str]) -> None:
    response = client.get("/", headers={**headers, **OPEN})

    assert directives(response) == {"private", "no-store"}


def test_a_page_for_many_readers_has_marks_in_the_places_of_its_numbers(client: Client, site: Site) -> None:
    plain, open_ = client.get("/").content.decode(), client.get("/", headers=OPEN).content.decode()

    assert SECRET not in plain
    assert open_.count(SECRET) == 10


CANARY = "canary.example"
OF_THE_READER = {
    "Accept": "application/json, text/html;q=0.1",
    "Accept-Language": "en-GB,en",
    "Cookie": f"theme={CANARY}; django_language=en; csrftokens={CANARY}",
    "DNT": "1",
    "Forwarded": f"for=192.0.2.7;host={CANARY};proto=https",
    "From": f"reader@{CANARY}",
    "HX-Request": "true",
    "Origin": f"https://{CANARY}",
    "Purpose": "prefetch",
    "Range": "bytes=0-9",
    "Referer": f"https://{CANARY}/?q=secret",
    "Save-Data": "on",
    "Sec-CH-Prefers-Color-Scheme": "dark",
    "Sec-GPC": "1",
    "User-Agent": f"Mozilla/5.0 (Mobile; {CANARY})",
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Host": CANARY,
    "X-Forwarded-Port": "8443",
    "X-Forwarded-Prefix": f"/{CANARY}",
    "X-Forwarded-Proto": "https",
    "X-HTTP-Method-Override": "POST",
    "X-Original-URL": f"/{CANARY}",
    "X-Requested-With": "XMLHttpRequest",
    "X-Rewrite-URL": f"/{CANARY}",
    "X-Script-Name": f"/{CANARY}",
}


@pytest.mark.parametrize("path", ["/", "/?trang=1", "/noi-bo-cu/", "/khong-co/", "/khong-co", "/khong-co?trang=1"])
def test_an_answer_that_others_get_has_nothing_of_a_readers_headers(
    client: Client, site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of those that no template names: a cache tells readers apart by address and ``Vary`` alone."""
    monkeypatch.setattr(time, "time", Clock(time.time()))  # a page's token has the hour
    Redirect.objects.create(old_path="/noi-bo-cu", redirect_link="/")
    plain = client.get(path)
    assert plain.headers["Cache-Control"] == PUBLIC

    asked = client.get(path, headers=OF_THE_READER)

    assert (asked.status_code, asked.content) == (plain.status_code, plain.content)
    assert dict(asked.headers) == dict(plain.headers)
    assert "canary" not in asked.content.decode() + str(asked.headers)
