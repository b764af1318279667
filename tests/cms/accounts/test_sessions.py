"""Sessions: whose they are, when they end, and that no key of before is good afterwards."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from cms.accounts.models import Outcome, Session, SignIn
from cms.accounts.sessions import SessionStore
from cms.runtime import first_start
from cms.runtime.signed_in import is_signed_in
from pipeline.errors import ConfigurationError

PASSWORD = "bon-tu-khong-lien-quan"
SESSIONS = "/admin/account/sessions/"
SESSION = django_settings.SESSION_COOKIE_NAME
PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36"
)


@pytest.fixture
def both(admin: User, sign_in: Any) -> tuple[Client, Client]:
    """Two browsers of one person."""
    browsers = Client(), Client()
    for browser in browsers:
        sign_in(browser, "quan-tri")
    return browsers


@pytest.fixture(autouse=True)
def real_days(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's sessions and the tests' clock agree."""
    from datetime import UTC, datetime  # noqa: PLC0415

    for module in ("accounts.sessions", "accounts.journal"):
        monkeypatch.setattr(f"cms.{module}.timezone.now", lambda: datetime.fromtimestamp(clock[0], UTC))


def test_people_see_their_own_sessions_and_end_the_others(
    both: tuple[Client, Client], editor: User, sign_in: Any
) -> None:
    other_person = Client()
    sign_in(other_person, "bien-tap")
    here, there = both
    page = here.get(SESSIONS).content.decode()

    assert page.count("Chrome, Windows, máy tính") == 2
    assert page.count("Phiên này") == 1
    assert here.post(SESSIONS, follow=True).content.decode().count("Chrome, Windows, máy tính") == 1
    assert there.get("/admin/").status_code == 302
    assert here.get("/admin/").status_code == 200
    assert other_person.get("/admin/").status_code == 200


def test_who_does_nothing_for_a_working_day_is_signed_out(both: tuple[Client, Client], clock: list[float]) -> None:
    here, there = both
    for _ in range(3):
        clock[0] += 4 * 60 * 60
        assert here.get("/admin/").status_code == 200
    there.get("/admin/")

    login = there.get("/admin/", follow=True)
    assert "Mời đăng nhập lại" in login.content.decode() or login.redirect_chain
    assert SignIn.objects.filter(outcome=Outcome.IDLE).count() == 1
    assert Session.objects.filter(user__username="quan-tri").count() == 1


def test_a_page_left_open_is_no_work(both: tuple[Client, Client], clock: list[float]) -> None:
    here = both[0]
    for _ in range(9):
        clock[0] += 60 * 60
        here.get("/admin/sprite/")

    assert here.get("/admin/")["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("remember", ["", "on"])
def test_remembering_outlives_the_browser_but_not_the_idle_time(
    admin: User, sign_in: Any, clock: list[float], client: Client, remember: str
) -> None:
    sign_in(client, "quan-tri", remember=remember)

    assert bool(client.cookies[SESSION]["max-age"]) == bool(remember)
    clock[0] += 8 * 60 * 60 + 1
    assert client.get("/admin/").status_code == 302


def test_a_session_planted_before_signing_in_is_nobodys(admin: User, sign_in: Any, client: Client) -> None:
    planted = SessionStore()
    planted["gift"] = 1
    planted.create()
    client.cookies[SESSION] = planted.session_key
    sign_in(client, "quan-tri")

    stranger = Client()
    stranger.cookies[SESSION] = planted.session_key
    assert stranger.get("/admin/").status_code == 302
    assert client.get("/admin/").status_code == 200
    assert "gift" not in client.session


def test_signing_out_and_a_new_password_end_sessions(both: tuple[Client, Client], admin: User) -> None:
    here, there = both
    key = here.cookies[SESSION].value
    assert is_signed_in(key)
    here.post("/admin/logout/")
    assert not is_signed_in(key)
    assert not Session.objects.filter(session_key=key).exists()

    admin.set_password("mot-mat-khau-khac-han")
    admin.save()
    assert there.get("/admin/").status_code == 302


@pytest.mark.parametrize(("old", "changed"), [(PASSWORD, True), ("sai", False), ("", False)])
def test_a_new_password_takes_the_old_one(admin: User, sign_in: Any, client: Client, old: str, changed: bool) -> None:
    sign_in(client, "quan-tri")
    fields = {
        **{"name_email-full_name": "Lê An", "name_email-email": "an@example.vn"},
        **{"locale-preferred_language": "vi", "locale-current_time_zone": "Asia/Ho_Chi_Minh"},
        **{"theme-theme": "system", "theme-contrast": "system", "theme-density": "default"},
        **{"theme-keyboard_shortcuts": "on", "password-old_password": old},
    }
    new = dict.fromkeys(("password-new_password1", "password-new_password2"), "mot-mat-khau-khac-han")
    client.post("/admin/account/", {**fields, **new})

    admin.refresh_from_db()
    assert admin.check_password("mot-mat-khau-khac-han") is changed


@pytest.mark.parametrize("end", ["disabled", "deleted"])
def test_a_disabled_or_deleted_account_is_out_at_once(both: tuple[Client, Client], admin: User, end: str) -> None:
    if end == "disabled":
        User.objects.filter(pk=admin.pk).update(is_active=False)
    else:
        admin.delete()

    assert [browser.get("/admin/").status_code for browser in both] == [302, 302]


def test_no_script_reads_the_key_of_a_session_and_no_other_site_sends_it(
    admin: User, sign_in: Any, client: Client
) -> None:
    sign_in(client, "quan-tri")

    cookie = client.cookies[SESSION]
    assert (cookie["httponly"], cookie["samesite"], cookie["domain"]) == (True, "Lax", "")
    assert len(cookie.value) == 32


def test_the_report_says_who_when_and_how(both: tuple[Client, Client], sign_in: Any) -> None:
    sign_in(Client(), "khong-ai-ca", "sai")
    page = both[0].get("/admin/reports/sign-ins/").content.decode()

    assert page.count("Đăng nhập bằng mật khẩu") >= 2
    assert "(không có tài khoản)" in page
    assert "khong-ai-ca" not in page
    assert "Sai mật khẩu" in page
    table = both[0].get("/admin/reports/sign-ins/?export=csv")
    assert "quan-tri" in table.getvalue().decode()
    assert "/admin/reports/sign-ins/" in both[0].get("/admin/").content.decode()


def test_and_is_for_who_manages_accounts(editor: User, sign_in: Any, client: Client) -> None:
    sign_in(client, "bien-tap")

    assert client.get("/admin/reports/sign-ins/")["Location"] == "/admin/"
    assert "/admin/reports/sign-ins/" not in client.get("/admin/").content.decode()


def test_the_log_has_who_signed_in_and_who_was_refused(
    admin: User, sign_in: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for name, password in (("quan-tri", "sai"), ("quan-tri", "sai nua"), ("nguyen.van.a", "bi-mat")):
        sign_in(Client(), name, password)
    sign_in(Client(), "quan-tri")

    lines = [record.getMessage() for record in caplog.records if record.name == "nhip.sign-in"]
    device = "(Chrome, Windows, máy tính)"
    assert lines == [
        f"wrong-password: quan-tri {device}",
        f"wrong-password: (no such account) {device}",
        f"password: quan-tri {device}",
    ]
    assert "198.51.100" not in caplog.text


def test_a_link_of_a_mail_is_good_for_an_hour(settings: Any) -> None:
    assert settings.PASSWORD_RESET_TIMEOUT == 3600


@pytest.mark.parametrize(
    "password",
    [
        "matkhau123456",
        "mậtkhẩu123456",
        "M@tkhau2024!!",
        "password123456",
        "Socongthuong@2024",
        "quantri@123456",
        "anhyeuem123456",
        "qwertyuiop123",
        "vietnam12345678",
        "123456789012345",
        "quan-tri-quan-tri",
        "ngan-qua",
        "aaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_a_password_that_guessers_try_is_refused_in_words(admin: User, password: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, admin)
    assert refused.value.messages
    assert all(words.startswith("Mật khẩu") for words in refused.value.messages)


def test_a_short_password_is_told_how_long_one_is(admin: User) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password("Rq7-xZw+9k", admin)
    assert "Mật khẩu cần ít nhất 12 ký tự." in refused.value.messages


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("mèo vàng đạp xe qua cầu", id="words with marks"),
        pytest.param("DwQ9-_xK2mLp8sTz", id="made by a browser"),
        pytest.param("correct horse battery", id="small letters alone"),
        pytest.param("83051947260318", id="digits alone"),
        pytest.param(" ".join(["mèo vàng đạp xe qua cầu"] * 10), id="239 characters"),
    ],
)
def test_a_good_password_is_taken(admin: User, password: str) -> None:
    validate_password(password, admin)


@pytest.mark.parametrize("password", ["matkhau123456", "ngan"])
def test_the_first_administrator_has_a_good_password_too(
    db: None, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    monkeypatch.setenv("NHIP_ADMIN_PASSWORD", password)

    with pytest.raises(ConfigurationError, match="too easy to guess") as refused:
        first_start._make_admin()
    assert refused.value.variable == "NHIP_ADMIN_PASSWORD"
    assert password not in str(refused.value)
    assert not User.objects.exists()


def test_the_engine_of_sessions_is_ours() -> None:
    assert import_module(django_settings.SESSION_ENGINE).SessionStore is SessionStore
