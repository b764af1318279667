"""Who may publish signs in with a second factor, after some days to set it up; who has lost it is helped."""

from __future__ import annotations

import re
import sqlite3
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django_otp.oath import TOTP
from wagtail.models import GroupPagePermission, Page

from cms.accounts import second_factor
from cms.accounts.models import Authenticator, Grace, Outcome, SignIn
from cms.settings.variables import SignInSettings

SET_UP, CODE = "/admin/account/second-factor/", "/admin/login/code/"


@pytest.fixture(autouse=True)
def codes_of_that_time(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_otp.plugins.otp_totp.models.time.time", lambda: clock[0])


def code_of(user: User, clock: list[float]) -> str:
    """What the app shows the next time; each code is good once."""
    clock[0] += 30
    device = Authenticator.objects.get(user=user)
    totp = TOTP(device.bin_key)
    totp.time = clock[0]
    return f"{totp.token():06d}"


def set_up(client: Client, user: User, clock: list[float]) -> list[str]:
    """Returns the recovery codes."""
    client.get(SET_UP)
    shown = client.post(SET_UP, {"code": code_of(user, clock), "next": "/admin/reports/site-history/"})
    return re.findall(r"<code>(\w{5}-\w{5})</code>", shown.content.decode())


@pytest.fixture
def with_factor(admin: User, clock: list[float]) -> list[str]:
    """``admin`` has a second factor; its recovery codes. The tests of setting it up do so in a browser."""
    second_factor.begin(admin)
    codes = second_factor.confirm(admin, code_of(admin, clock))
    assert codes
    return codes


def test_who_may_publish_is_asked_to_set_one_up_and_may_put_it_off(admin: User, sign_in: Any, client: Client) -> None:
    answer = sign_in(client, "quan-tri")

    assert (answer.status_code, answer["Location"]) == (302, f"{SET_UP}?next=%2Fadmin%2F")
    page = client.get(answer["Location"]).content.decode()
    assert "Bạn còn 7 ngày" in page
    assert '<a class="button button-secondary" href="/admin/">Để sau</a>' in page
    assert "<svg" in page
    assert "style=" not in page[page.index("<svg") : page.index("</svg>")]
    assert client.get("/admin/").status_code == 200


@pytest.mark.parametrize("days", [7, 0])
def test_and_after_those_days_nothing_else_is_open(
    admin: User, sign_in: Any, client: Client, clock: list[float], settings: Any, days: int
) -> None:
    settings.SIGN_IN = SignInSettings(second_factor_days=days)
    Grace.objects.create(user=admin, asked_at=timezone.now() - timedelta(days=days))
    sign_in(client, "quan-tri")

    for path in ("/admin/", "/admin/pages/", "/admin/account/", "/admin/users/"):
        assert client.get(path)["Location"] == SET_UP
    assert client.post("/admin/images/multiple/add/").status_code == 302
    assert "Để sau" not in client.get(SET_UP).content.decode()
    assert len(set_up(client, admin, clock)) == second_factor.RECOVERY_CODES
    assert client.get("/admin/").status_code == 200


def test_it_may_be_turned_off(admin: User, sign_in: Any, client: Client, settings: Any) -> None:
    settings.SIGN_IN = SignInSettings(second_factor_days=None)

    assert sign_in(client, "quan-tri")["Location"] == "/admin/"


def may_publish_pages(user: User) -> None:
    group = Group.objects.create(name="Duyệt bài")
    permission = Permission.objects.get(codename="publish_page")
    GroupPagePermission.objects.create(group=group, page=Page.get_first_root_node(), permission=permission)
    user.groups.add(group)


def may_edit_pages(user: User) -> None:
    group = Group.objects.create(name="Viết bài")
    permission = Permission.objects.get(codename="change_page")
    GroupPagePermission.objects.create(group=group, page=Page.get_first_root_node(), permission=permission)
    user.groups.add(group)


def may_change_users(user: User) -> None:
    user.user_permissions.add(Permission.objects.get(codename="change_user"))


def nothing(_user: User) -> None:
    pass


@pytest.mark.parametrize(
    ("may", "needs"),
    [(may_publish_pages, True), (may_change_users, True), (may_edit_pages, False), (nothing, False)],
)
def test_those_need_one_who_publish_or_can_make_somebody_who_does(editor: User, may: Any, needs: bool) -> None:
    may(editor)

    assert second_factor.needs_one(editor) == needs


def test_nobody_is_in_before_the_code(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, clock: list[float]
) -> None:
    assert sign_in(client, "quan-tri", next="/admin/reports/")["Location"] == CODE
    before = client.session.session_key
    for path in ("/admin/", SET_UP, "/admin/account/"):
        assert client.get(path)["Location"].startswith("/admin/login/")

    wrong = client.post(CODE, {"code": "000000"})
    assert "Mã không đúng" in wrong.content.decode()
    assert client.post(CODE, {"code": code_of(admin, clock)})["Location"] == "/admin/reports/"
    assert client.session.session_key != before
    assert client.get("/admin/").status_code == 200


def test_a_code_is_good_once(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, clock: list[float]
) -> None:
    code = code_of(admin, clock)
    for status in (302, 200):
        browser = Client()
        sign_in(browser, "quan-tri")
        assert browser.post(CODE, {"code": code}).status_code == status


def test_a_recovery_code_is_good_once_and_is_kept_as_a_digest(
    admin: User, with_factor: list[str], sign_in: Any, clock: list[float]
) -> None:
    for status in (302, 200):
        browser = Client()
        sign_in(browser, "quan-tri")
        assert browser.post(CODE, {"code": with_factor[0].upper()}).status_code == status

    assert second_factor.recovery_codes_left(admin) == second_factor.RECOVERY_CODES - 1
    assert SignIn.objects.filter(user=admin, outcome=Outcome.RECOVERY).count() == 1
    assert not [code for code in with_factor if code.replace("-", "") in dump()]


def test_the_database_alone_tells_no_code(admin: User, with_factor: list[str], settings: Any) -> None:
    device = Authenticator.objects.get(user=admin)
    secret = device.bin_key

    assert secret.hex() not in dump()
    settings.SECRET_KEY = "another"
    assert device.bin_key != secret


def dump() -> str:
    from django.db import connection  # noqa: PLC0415

    connection.ensure_connection()
    if isinstance(connection.connection, sqlite3.Connection):
        return "\n".join(connection.connection.iterdump())
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(t::text, ' ') FROM (SELECT token AS t FROM otp_static_statictoken) AS tokens")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("change", ["late", "password", "inactive"])
def test_the_code_must_follow_the_password_soon_and_for_the_same_account(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, clock: list[float], change: str
) -> None:
    sign_in(client, "quan-tri")
    if change == "late":
        clock[0] += 601
    elif change == "password":
        admin.set_password("mot-mat-khau-khac-han")
        admin.save()
    else:
        User.objects.filter(pk=admin.pk).update(is_active=False)

    assert client.post(CODE, {"code": code_of(admin, clock)})["Location"] == "/admin/login/"
    assert client.get("/admin/").status_code == 302


def test_codes_can_not_be_guessed_from_many_networks(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, clock: list[float]
) -> None:
    sign_in(client, "quan-tri")
    client.cookies.pop("nhip_browser", None)
    tried = [
        client.post(CODE, {"code": f"{number:06d}"}, REMOTE_ADDR=f"203.0.113.{number}").status_code
        for number in range(22)
    ]

    assert tried == [200] * 20 + [429] * 2
    assert client.post(CODE, {"code": code_of(admin, clock)}).status_code == 429


def test_a_session_from_before_it_was_set_up_elsewhere_ends(
    admin: User, sign_in: Any, client: Client, clock: list[float]
) -> None:
    other = Client()
    sign_in(other, "quan-tri")
    sign_in(client, "quan-tri")
    set_up(client, admin, clock)

    assert other.get("/admin/")["Location"].startswith("/admin/login/")
    assert client.get("/admin/").status_code == 200


def test_another_phone_and_new_recovery_codes_take_a_code(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, clock: list[float]
) -> None:
    sign_in(client, "quan-tri")
    client.post(CODE, {"code": code_of(admin, clock)})
    assert "còn 10 mã dự phòng" in client.get(SET_UP).content.decode()

    client.post(SET_UP, {"code": "000000", "another": ""})
    assert second_factor.authenticator_of(admin)
    client.post(SET_UP, {"code": code_of(admin, clock), "codes": ""})
    assert second_factor.verify(admin, with_factor[0]) is None
    assert client.post(SET_UP, {"code": code_of(admin, clock), "another": ""})["Location"] == SET_UP
    assert not second_factor.authenticator_of(admin)
    assert client.get("/admin/").status_code == 200


def test_an_administrator_resets_anothers_but_not_a_superusers(
    admin: User, with_factor: list[str], editor: User, sign_in: Any, client: Client, clock: list[float]
) -> None:
    may_change_users(editor)
    sign_in(client, "bien-tap")
    refused = client.post(f"/admin/account/reset-second-factor/{admin.pk}/")
    assert refused["Location"] == "/admin/"
    assert second_factor.authenticator_of(admin)

    chief = User.objects.create_superuser("truong-phong")
    boss = Client()
    boss.force_login(chief)
    assert f"/admin/account/reset-second-factor/{admin.pk}/" in boss.get("/admin/users/").content.decode()
    boss.post(f"/admin/account/reset-second-factor/{admin.pk}/")
    assert not second_factor.authenticator_of(admin)
    assert SignIn.objects.filter(user=admin, outcome=Outcome.FACTOR_RESET).count() == 1
    assert sign_in(Client(), "quan-tri")["Location"].startswith(SET_UP)


def test_a_command_helps_the_last_administrator(
    admin: User, with_factor: list[str], sign_in: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("reset_second_factor", "quan-tri")

    assert "quan-tri: đã đặt lại" in capsys.readouterr().out
    assert sign_in(Client(), "quan-tri")["Location"].startswith(SET_UP)
    with pytest.raises(CommandError, match="no such account: ai-do"):
        call_command("reset_second_factor", "ai-do")


def test_and_all_of_them_after_a_new_secret_key(admin: User, editor: User, with_factor: list[str]) -> None:
    call_command("reset_second_factor", "--all", verbosity=0)

    assert not second_factor.authenticator_of(admin)
    for senseless in ((), ("quan-tri", "--all")):
        with pytest.raises(CommandError, match="want an account, or --all"):
            call_command("reset_second_factor", *senseless)


def test_a_mailed_link_is_good_once_and_lets_nobody_in_without_the_code(
    admin: User, with_factor: list[str], sign_in: Any, client: Client, settings: Any
) -> None:
    settings.WAGTAIL_PASSWORD_RESET_ENABLED = True
    User.objects.filter(pk=admin.pk).update(email="quan-tri@example.gov.vn")
    client.post("/admin/password_reset/", {"email": "quan-tri@example.gov.vn"})
    (link,) = re.findall(r"/admin/password_reset/confirm/\S+", str(mail.outbox[0].body))
    new = dict.fromkeys(("new_password1", "new_password2"), "mot-mat-khau-khac-han")

    form = client.get(link)["Location"]
    assert client.post(form, new).status_code == 302
    assert client.get("/admin/").status_code == 302
    assert sign_in(client, "quan-tri", "mot-mat-khau-khac-han")["Location"] == CODE
    again = Client().get(link)
    assert (again.status_code, "new_password1" in again.content.decode()) == (200, False)


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_after_setting_up_people_stay_on_this_site(admin: User, sign_in: Any, client: Client, to: str) -> None:
    sign_in(client, "quan-tri")

    assert "evil.example" not in client.get(SET_UP, {"next": to}).content.decode()
    assert "javascript:alert" not in client.get(SET_UP, {"next": to}).content.decode()
