"""The cookie of staff: who gets it, what it says, how long it lasts, and how one's own views are counted again."""

from __future__ import annotations

import re
from http.cookies import Morsel
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cms.accounts.uncounted import COUNTED, RENEWED_AFTER_DAYS
from cms.home.models import HomePage
from cms.statistics.page_tokens import beacon_key
from pipeline.staff import DAY_SECONDS, KEEP_DAYS, days_left, sign_staff

NAME = django_settings.STAFF_COOKIE_NAME
COUNTING = "/admin/account/counting/"


def left(client: Client, now: float) -> int:
    morsel = client.cookies.get(NAME)
    return days_left(morsel.value, [beacon_key()], now) if morsel else 0


def given(response: Any) -> Morsel[str] | None:
    """The cookie as this answer sets it."""
    found: Morsel[str] | None = response.cookies.get(NAME)
    return found


def test_signing_in_marks_the_browser_and_signing_out_leaves_the_mark(
    admin: User, sign_in: Any, client: Client, clock: list[float]
) -> None:
    sign_in(client, "quan-tri")
    assert left(client, clock[0]) == KEEP_DAYS

    client.post("/admin/logout/")
    assert client.get("/admin/").status_code == 302
    assert left(client, clock[0]) == KEEP_DAYS
    assert left(client, clock[0] + KEEP_DAYS * DAY_SECONDS) == 0


def test_the_cookie_is_for_this_site_alone_and_not_for_scripts(admin: User, sign_in: Any, client: Client) -> None:
    cookie = given(sign_in(client, "quan-tri"))

    assert cookie is not None
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (KEEP_DAYS * DAY_SECONDS, "/", "Lax")
    assert cookie["httponly"]
    assert not cookie["domain"]
    assert bool(cookie["secure"]) is django_settings.SESSION_COOKIE_SECURE


def test_behind_tls_it_is_secure(admin: User, sign_in: Any, client: Client, settings: Any) -> None:
    settings.BEHIND_TLS, settings.STAFF_COOKIE_NAME = True, "__Host-nhip_staff"
    cookie = sign_in(client, "quan-tri").cookies["__Host-nhip_staff"]
    assert (cookie["secure"], cookie["path"], cookie["domain"]) == (True, "/", "")


def test_it_says_nothing_of_the_person(admin: User, editor: User, sign_in: Any) -> None:
    values = set()
    for name in ("quan-tri", "bien-tap"):
        browser = Client()
        sign_in(browser, name)
        values.add(browser.cookies[NAME].value)
    assert len(values) == 1


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(None, id="none"),
        pytest.param("nonsense", id="nonsense"),
        pytest.param(sign_staff(key=bytes(32), now=1_800_000_000), id="of another site"),
    ],
)
def test_who_is_signed_in_gets_it_with_the_next_page_of_the_admin(
    admin: User, sign_in: Any, client: Client, clock: list[float], held: str | None
) -> None:
    sign_in(client, "quan-tri")
    del client.cookies[NAME]
    if held:
        client.cookies[NAME] = held
    client.get("/admin/")
    assert left(client, clock[0]) == KEEP_DAYS


def test_it_is_renewed_now_and_then_while_one_works(
    admin: User, sign_in: Any, client: Client, clock: list[float]
) -> None:
    sign_in(client, "quan-tri")
    signed_in_at = clock[0]
    clock[0] += 60
    assert given(client.get("/admin/")) is None

    for old, is_renewed in ((RENEWED_AFTER_DAYS - 1, False), (RENEWED_AFTER_DAYS, True), (KEEP_DAYS + 1, True)):
        client.cookies[NAME] = sign_staff(key=beacon_key(), now=signed_in_at - old * DAY_SECONDS)
        assert (given(client.get("/admin/")) is not None) is is_renewed, old


def test_nobody_else_gets_it(db: None, admin: User, sign_in: Any, client: Client) -> None:
    assert given(sign_in(client, "quan-tri", "sai")) is None
    assert given(client.get("/admin/login/")) is None
    assert given(client.get("/admin/")) is None

    reader = User.objects.create_user("nguoi-doc", "", "bon-tu-khong-lien-quan")
    client.force_login(reader)
    assert given(client.get("/admin/")) is None


def test_pages_give_it_to_nobody(home: HomePage, admin: User, client: Client) -> None:
    public = client.get("/")
    assert (public.status_code, len(public.cookies)) == (200, 0)
    client.force_login(admin)
    assert given(client.get("/")) is None


def test_a_page_is_the_same_for_browsers_of_staff(home: HomePage, admin: User, sign_in: Any, client: Client) -> None:
    """So that the page memory and caches need not know of the cookie."""
    sign_in(client, "quan-tri")
    client.post("/admin/logout/")
    assert set(client.cookies) >= {NAME}
    for others in set(client.cookies) - {NAME}:
        del client.cookies[others]

    here, elsewhere = client.get("/"), Client().get("/")
    assert here.content == elsewhere.content
    assert here.headers["Cache-Control"] == elsewhere.headers["Cache-Control"] == django_settings.PUBLIC_CACHE_CONTROL
    assert not any(name in f"{NAME}={client.cookies[NAME].value}" for name in django_settings.PRIVATE_COOKIES)


def test_one_is_no_staff_before_the_code(admin: User, sign_in: Any, client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("cms.accounts.second_factor.authenticator_of", lambda _user: object())
    assert sign_in(client, "quan-tri")["Location"] == reverse("accounts_code")
    assert NAME not in client.cookies


def test_ones_own_views_are_counted_again_by_a_button_and_not_by_the_next_page(
    admin: User, sign_in: Any, client: Client, clock: list[float]
) -> None:
    sign_in(client, "quan-tri")
    assert "Đếm cả lượt xem của tôi trên thiết bị này" in client.get(COUNTING).content.decode()

    page = client.post(COUNTING, {"counted": "yes"}, follow=True).content.decode()
    assert client.cookies[NAME].value == COUNTED
    assert left(client, clock[0]) == 0
    assert "Không đếm lượt xem của tôi trên thiết bị này" in page
    client.get("/admin/")
    client.post("/admin/logout/")
    sign_in(client, "quan-tri")
    assert client.cookies[NAME].value == COUNTED

    client.post(COUNTING, {"counted": "no"})
    assert left(client, clock[0]) == KEEP_DAYS


def test_a_page_elsewhere_can_not_choose_for_somebody(admin: User) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(admin)
    assert careful.post(COUNTING, {"counted": "yes"}).status_code == 403
    careful.get(COUNTING, {"counted": "yes"})
    assert careful.cookies[NAME].value != COUNTED


def test_the_choice_is_in_the_account_and_for_who_is_signed_in(admin: User, sign_in: Any, client: Client) -> None:
    assert client.get(COUNTING)["Location"].startswith("/admin/login/")
    assert client.post(COUNTING, {"counted": "yes"}).status_code == 302
    assert NAME not in client.cookies

    sign_in(client, "quan-tri")
    account = client.get("/admin/account/").content.decode()
    assert re.search(rf'href="{COUNTING}"', account)
    assert "Trên thiết bị này: không được đếm." in account
