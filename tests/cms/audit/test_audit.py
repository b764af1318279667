"""Who did what is in one log, whether Wagtail writes it down or not, for who may read it."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from department_form import department_form
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pictures import draw
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.log_actions import log
from wagtail.models import GroupPagePermission, ModelLogEntry, Page, Site

from cms.accounts.models import Outcome, SignIn
from cms.audit.forgetting import forget, forget_older_than
from cms.audit.lines import SOURCES
from cms.home.models import HomePage
from cms.news.models import Topic
from cms.settings.variables import AuditSettings
from cms.statistics.reports.tokens.models import ReportToken, find_token, make_token
from cms.workflow.roles import NAMES, Role
from pipeline.errors import ConfigurationError
from pipeline.variables import read_fields

LOG = "/admin/audit/"


@pytest.fixture
def boss(db: None, settings: Any) -> User:
    settings.SIGN_IN = type(settings.SIGN_IN)(second_factor_days=None)
    return get_user_model()._default_manager.create_superuser("sep", "", "x", first_name="Hoa", last_name="Lê Thị")


@pytest.fixture
def browser(boss: User) -> Client:
    client = Client()
    client.force_login(boss)
    return client


def lines(client: Client, **filters: str) -> list[dict[str, str]]:
    answer = client.get(LOG, {**filters, "export": "csv"})
    assert answer.status_code == 200
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(text)))


def deeds(client: Client, **filters: str) -> list[tuple[str, str]]:
    return [(line["Việc"], line["Đối tượng"]) for line in lines(client, **filters)]


def test_files_that_are_uploaded_and_deleted_are_one_line_each(browser: Client, tmp_path: Path) -> None:
    text = SimpleUploadedFile("a.txt", "Chào".encode())
    browser.post("/admin/documents/multiple/add/", {"title": "Quyết định", "collection": "1", "files[]": text})
    with draw(tmp_path / "a.png", 20, 20).open("rb") as file:
        browser.post("/admin/images/add/", {"title": "Toàn cảnh", "file": file, "collection": "1"})
    document, image = get_document_model().objects.get(), get_image_model().objects.get()
    browser.post(f"/admin/documents/delete/{document.pk}/")
    browser.post(f"/admin/bulk/wagtailimages/image/delete/?id={image.pk}")
    assert not get_image_model().objects.exists()

    found = lines(browser, kind="files")

    assert sorted(line["Đối tượng"] for line in found) == ["Quyết định"] * 2 + ["Toàn cảnh"] * 2
    assert {line["Người làm"] for line in found} == {"Lê Thị Hoa (sep)"}
    assert ModelLogEntry.objects.filter(deleted=True).count() == 2


def test_who_got_which_rights_is_told(browser: Client, boss: User) -> None:
    user = get_user_model()._default_manager.create_user(
        "lan", email="lan@so.example", first_name="Lan", last_name="Trần"
    )
    group = Group.objects.get(name=NAMES[Role.EDITOR])
    fields = {
        "username": "lan",
        "email": "lan@so.example",
        "full_name": "Trần Lan",
        "groups": group.pk,
    }
    assert browser.post(f"/admin/users/edit/{user.pk}/", fields).status_code == 302
    GroupPagePermission.objects.filter(group=group, permission__codename="lock_page").delete()

    found = {line["Việc"]: line for line in lines(browser, kind="accounts")}

    assert found["Đổi trạng thái tài khoản"]["Chi tiết"] == "bớt: is_active"
    rights = [line for line in lines(browser, kind="accounts") if line["Việc"] == "Đổi quyền"]
    assert {(line["Người làm"], line["Chi tiết"]) for line in rights} >= {
        ("Lê Thị Hoa (sep)", "thêm: Biên tập viên"),
        ("hệ thống", "bớt: lock_page · Gốc"),
    }


def test_settings_redirects_topics_pages_sign_ins_and_downloads_are_in_it(
    browser: Client, boss: User, home: HomePage
) -> None:
    site = Site.objects.get()
    browser.post(f"/admin/settings/core/departmentsettings/{site.pk}/", department_form(name="Sở Thử"))
    moved = {"old_path": "/cu", "site": "", "redirect_link": "https://so.example/moi/", "is_permanent": "on"}
    assert browser.post("/admin/redirects/add/", moved).status_code == 302
    browser.post("/admin/snippets/news/topic/add/", {"name": "=Chuyên mục"})
    browser.post(
        f"/admin/pages/{home.pk}/edit/",
        {"title": "Trang đầu", "slug": home.slug, "action-publish": "1"}
        | {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"},
    )
    SignIn.objects.create(at=timezone.now(), user=boss, outcome=Outcome.WRONG_PASSWORD, device="Chrome", times=3)
    b"".join(browser.get("/admin/users/?export=csv").streaming_content)  # type: ignore[attr-defined]

    assert len(deeds(browser, kind="settings", thing="Sở Thử")) == 1
    assert len(deeds(browser, kind="redirects")) == 1
    assert deeds(browser, kind="settings", thing="chuyên mục")[0][1] == "'=Chuyên mục"
    assert ("Sai mật khẩu (3 lần)", "Chrome") in deeds(browser, kind="sign_ins")
    assert "Trang đầu" in {thing for _deed, thing in deeds(browser, kind="pages")}
    downloads = lines(browser, kind="exports")
    assert "/admin/users/" in {line["Chi tiết"] for line in downloads}
    assert lines(browser, at_from="01/01/2020", at_to="02/01/2020") == []
    somebody = get_user_model()._default_manager.create_user("khac")
    assert lines(browser, user=str(somebody.pk)) == []
    shown = browser.get(LOG).content.decode()
    assert "Sở Thử" in shown
    assert f"/admin/pages/{home.pk}/edit/" in shown
    assert Topic.objects.exists()
    assert Page.objects.exists()


def test_a_wrong_filter_is_told_and_breaks_nothing(browser: Client) -> None:
    for wrong in ("kind=x", "user=x", "at_from=32/13/2026", "p=x", "kind=%00"):
        assert browser.get(f"{LOG}?{wrong}").status_code in (200, 404)


def test_what_a_program_asks_is_one_line_a_day(browser: Client, boss: User) -> None:
    secret = make_token(ReportToken(name="Bảng số liệu"), by=boss)
    for today in (date(2026, 11, 28), date(2026, 11, 28), date(2026, 11, 29)):
        assert find_token(secret, today=today)

    (line, other) = lines(browser, kind="exports", thing="Bảng số liệu")
    assert line["Chi tiết"] == other["Chi tiết"] == "/_nhip/reports/query"
    assert lines(browser, kind="tokens", thing="Bảng số liệu") != []
    assert "/_nhip/reports/query" not in {one["Chi tiết"] for one in lines(browser, kind="tokens")}


def test_old_lines_are_forgotten_if_a_setting_says_so(
    browser: Client, boss: User, home: HomePage, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cms.audit.forgetting.close_old_connections", lambda: None)  # this one is the test's own
    old, young = timezone.now() - timedelta(days=101), timezone.now() - timedelta(days=99)
    topic = Topic.objects.create(name="Cũ")
    for at in (old, young):
        SignIn.objects.create(at=at, user=boss, outcome=Outcome.PASSWORD)
        log(instance=home, action="wagtail.edit", timestamp=at)
        log(instance=topic, action="wagtail.edit", timestamp=at)
    before = [model._default_manager.count() for model in SOURCES]

    forget()
    assert [model._default_manager.count() for model in SOURCES] == before, "nobody has asked for it"
    settings.AUDIT = AuditSettings(days=100)
    forget()
    assert [model._default_manager.count() for model in SOURCES] == [count - 1 for count in before]
    assert forget_older_than(100) == 0


@pytest.mark.parametrize(("text", "days"), [("never", None), ("30", 30), ("3650", 3650)])
def test_the_setting_takes_days(text: str, days: int | None) -> None:
    assert read_fields(AuditSettings, {"NHIP_AUDIT_DAYS": text}) == {"days": days}


@pytest.mark.parametrize("text", ["0", "29", "-1", "mười"])
def test_the_setting_takes_nothing_that_would_clear_the_log_by_a_slip(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"NHIP_AUDIT_DAYS=.*or: never"):
        read_fields(AuditSettings, {"NHIP_AUDIT_DAYS": text})
