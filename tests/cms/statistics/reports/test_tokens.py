"""Tokens of the reports' API: shown once, kept as a digest, good for a site and a time, revoked at once."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from wagtail.models import ModelLogEntry, Page, Site

from cms.core.changes.triggers import UNSEEN_TABLES
from cms.statistics.reports.api import Asker, look_up_token
from cms.statistics.reports.tokens.models import (
    HINT_LENGTH,
    TOKEN,
    ReportToken,
    digest_of,
    find_token,
    make_token,
    revoke_token,
)

pytestmark = pytest.mark.django_db

TODAY = date(2026, 11, 29)


def made(**more: Any) -> tuple[ReportToken, str]:
    token = ReportToken(name="Bảng số liệu", **more)
    return token, make_token(token)


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(get_user_model()._default_manager.create_superuser("quan-tri", "", "mat-khau"))
    return client


def editor(*permissions: str) -> Client:
    client = Client()
    user = get_user_model()._default_manager.create_user("bien-tap", "", "mat-khau")
    user.user_permissions.add(*Permission.objects.filter(codename__in=("access_admin", *permissions)))
    client.force_login(user)
    return client


def shown_in(html: str) -> list[str]:
    return re.findall(TOKEN.pattern, html)


# what a token opens


def test_no_two_tokens_are_the_same_and_none_is_kept() -> None:
    tokens = [made() for _ in range(3)]
    assert len({secret for _, secret in tokens}) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM report_tokens_reporttoken")
        kept = repr(cursor.fetchall())
    for token, secret in tokens:
        assert TOKEN.fullmatch(secret)
        assert secret not in kept
        assert secret[HINT_LENGTH:] not in kept
        assert digest_of(secret) in kept
        assert token.hint in kept


def test_a_token_is_found_by_its_secret_alone() -> None:
    token, secret = made()
    assert find_token(secret, today=TODAY) == token
    for other in (secret[:-1], secret + "a", secret.upper(), token.digest, "", "nhip_", f"nhip_{'a' * 43}"):
        assert find_token(other, today=TODAY) is None


def test_a_revoked_token_opens_nothing_from_then_on() -> None:
    token, secret = made()
    revoke_token(token)
    at = token.revoked_at
    assert find_token(secret, today=TODAY) is None
    revoke_token(token)
    assert token.revoked_at == at, "the first time counts"


def test_a_token_is_good_until_its_last_day_is_over() -> None:
    _, secret = made(expires_on=TODAY)
    assert find_token(secret, today=TODAY)
    assert find_token(secret, today=TODAY + timedelta(days=1)) is None


def test_the_day_of_its_last_use_is_kept_once_a_day(django_assert_num_queries: Any) -> None:
    token, secret = made()
    find_token(secret, today=TODAY)
    with django_assert_num_queries(1):
        find_token(secret, today=TODAY)
    token.refresh_from_db()
    assert token.last_used_on == TODAY


def test_a_database_that_takes_no_writes_keeps_nobody_from_asking() -> None:
    token, secret = made()

    def full(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith("UPDATE"):
            raise OperationalError("database or disk is full")
        return execute(sql, *rest)

    with connection.execute_wrapper(full):
        assert find_token(secret, today=TODAY) == token


def test_a_token_goes_with_its_site_and_never_opens_all_of_them(site: Site) -> None:
    other = Site.objects.create(hostname="other.example", root_page=site.root_page)
    token, secret = made(site=other)
    assert look_up_token(secret, TODAY) == Asker(token.pk, other.pk)
    other.delete()
    assert look_up_token(secret, TODAY) is None
    everywhere, secret = made()
    assert look_up_token(secret, TODAY) == Asker(everywhere.pk, 0)


def test_it_stays_when_its_maker_leaves() -> None:
    user = get_user_model()._default_manager.create_user("nguoi-tao")
    token = ReportToken(name="a")
    secret = make_token(token, by=user)
    assert token.maker == "nguoi-tao"
    user.delete()
    found = find_token(secret, today=TODAY)
    assert found is not None
    assert found.maker == "nhip"


# in the admin


def test_a_token_is_shown_once_by_the_answer_that_makes_it(admin: Client, site: Site) -> None:
    answer = admin.post(reverse("report_tokens:add"), {"name": "Bảng số liệu", "site": site.pk})
    (secret,) = set(shown_in(answer.content.decode()))
    assert "no-store" in answer["Cache-Control"]
    token = find_token(secret, today=TODAY)
    assert token is not None
    assert (token.site, token.maker) == (site, "quan-tri")
    for name, arguments in (("index", []), ("edit", [token.pk]), ("delete", [token.pk])):
        html = admin.get(reverse(f"report_tokens:{name}", args=arguments)).content.decode()
        assert "Bảng số liệu" in html
        assert not shown_in(html)
    assert secret not in repr(ModelLogEntry.objects.values_list())


def test_the_list_says_who_made_what_for_whom_and_when_it_was_used(admin: Client, site: Site) -> None:
    token, secret = made(site=site)
    find_token(secret, today=timezone.localdate())
    old, _ = made()
    revoke_token(old)
    html = admin.get(reverse("report_tokens:index")).content.decode()
    for words in (
        token.hint,
        str(site),
        "nhip",
        f"{timezone.localdate():%d/%m/%Y}",
        "Đang dùng được",
        "Đã thu hồi",
        "Chưa dùng",
    ):
        assert words in html


def test_a_token_is_revoked_in_the_admin_and_stays_in_the_list(admin: Client) -> None:
    token, secret = made()
    assert "Thu hồi" in admin.get(reverse("report_tokens:delete", args=[token.pk])).content.decode()
    answer = admin.post(reverse("report_tokens:delete", args=[token.pk]))
    assert answer.status_code == 302
    assert find_token(secret, today=TODAY) is None
    assert ReportToken.objects.filter(pk=token.pk).exists()
    assert ModelLogEntry.objects.filter(action="report_tokens.revoke", object_id=str(token.pk)).exists()


def test_nothing_but_the_name_changes_afterwards(admin: Client, site: Site) -> None:
    token, _ = made(site=site, expires_on=timezone.localdate() + timedelta(days=9))
    before = (token.site, token.expires_on, token.digest)
    admin.post(
        reverse("report_tokens:edit", args=[token.pk]),
        {"name": "Tên khác", "site": "", "expires_on": "", "digest": "0" * 64, "revoked_at": ""},
    )
    token.refresh_from_db()
    assert token.name == "Tên khác"
    assert (token.site, token.expires_on, token.digest) == before


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "name"),
        ({"name": "a", "site": "99999"}, "site"),
        ({"name": "a", "expires_on": "2020-01-01"}, "Ngày này đã qua"),
        ({"name": "a", "expires_on": "mai"}, "expires_on"),
    ],
)
def test_a_form_that_makes_no_sense_makes_no_token(admin: Client, fields: dict[str, str], words: str) -> None:
    answer = admin.post(reverse("report_tokens:add"), fields)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not ReportToken.objects.exists()


@pytest.mark.parametrize(
    ("permissions", "may"),
    [
        ((), {"index": False, "add": False, "delete": False}),
        (("add_page", "change_site"), {"index": False, "add": False, "delete": False}),
        (("add_reporttoken",), {"index": True, "add": True, "delete": False}),
        (("delete_reporttoken",), {"index": True, "add": False, "delete": True}),
    ],
)
def test_only_who_was_permitted_makes_or_revokes(permissions: tuple[str, ...], may: dict[str, bool]) -> None:
    token, secret = made()
    client = editor(*permissions)
    client.post(reverse("report_tokens:add"), {"name": "b"})
    assert ReportToken.objects.filter(name="b").exists() == may["add"]
    assert (client.get(reverse("report_tokens:index")).status_code == 200) == may["index"]
    client.post(reverse("report_tokens:delete", args=[token.pk]))
    assert (find_token(secret, today=TODAY) is None) == may["delete"]


def test_a_token_makes_no_page_new(site: Site) -> None:
    """Its use is written down every day, which must not cost readers the pages in memory."""
    assert ReportToken._meta.db_table in UNSEEN_TABLES
    assert Page._meta.db_table not in UNSEEN_TABLES
