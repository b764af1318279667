"""A page goes from its author to an editor and a leader; each hears of it, and no stage is forgotten."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from wagtail.models import Page, Revision, TaskState

from cms.news.models import NewsIndexPage, NewsPage
from cms.settings.variables import WorkflowSettings
from cms.workflow.deadlines import after_working_days
from cms.workflow.drafts import clear_old_versions
from cms.workflow.models import Reminder
from cms.workflow.roles import Role
from cms.workflow.tending import tend
from cms.workflow.waiting import desk_of

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LIST = "/admin/waiting/"


@pytest.fixture(autouse=True)
def _the_connection_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has the test's transaction."""
    monkeypatch.setattr("cms.workflow.tending.close_old_connections", lambda: None)


@pytest.fixture
def article(news_index: NewsIndexPage, staff: dict[Role, Any]) -> NewsPage:
    page: NewsPage = news_index.add_child(
        instance=NewsPage(title="Hội chợ & triển lãm", lead="Tóm tắt.", owner=staff[Role.AUTHOR], live=False)
    )
    page.save_revision(user=staff[Role.AUTHOR])
    return page


def submit(page: Page, user: Any) -> TaskState:
    page.get_workflow().start(Page.objects.get(pk=page.pk).specific, user)
    state: TaskState = TaskState.objects.latest("pk")
    return state


def decide(client: Client, state: TaskState, decision: str, **more: Any) -> Any:
    fields = {"decision": decision, "revision": state.revision_id, "comment": ""} | more
    return client.post(f"{LIST}{state.pk}/", fields)


def mails() -> list[tuple[str, list[str]]]:
    sent = [(one.subject, one.to) for one in mail.outbox]
    mail.outbox.clear()
    return sent


def test_from_draft_to_readers_with_a_return_on_the_way(
    article: NewsPage,
    staff: dict[Role, Any],
    enter: Any,
    settings: Any,
    django_capture_on_commit_callbacks: Any,
) -> None:
    settings.DEFAULT_FROM_EMAIL = "Sở Công Thương <cong@so.example>"
    settings.WAGTAILADMIN_BASE_URL = "https://so.example"
    editor, leader = enter(Role.EDITOR), enter(Role.LEADER)
    with django_capture_on_commit_callbacks(execute=True):
        first = submit(article, staff[Role.AUTHOR])
        assert mail.outbox == []  # not before it is committed
    (letter,) = mail.outbox
    assert (letter.from_email, letter.to) == ("Sở Công Thương <cong@so.example>", ["editor@so.example"])
    assert letter.subject == "[Sở Công Thương] Mời duyệt: Hội chợ & triển lãm"
    assert f"https://so.example/admin/waiting/{first.pk}/" in letter.body
    assert re.search(r"Hạn: \d\d:\d\d \d\d/\d\d/\d{4}\.", letter.body)
    mail.outbox.clear()

    assert "Hội chợ &amp; triển lãm" in editor.get(LIST).content.decode()
    assert "Không có bài nào chờ bạn duyệt" in leader.get(LIST).content.decode()
    assert "Hội chợ &amp; triển lãm" in editor.get("/admin/").content.decode()
    page = editor.get(f"{LIST}{first.pk}/").content.decode()
    (preview,) = re.findall(r'<iframe[^>]* src="([^"]+)"', page)
    assert "Tóm tắt." in editor.get(preview).content.decode()
    assert "Duyệt và đăng" not in page
    refused = decide(editor, first, "reject")
    assert "Hãy ghi cần sửa gì" in refused.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert decide(editor, first, "reject", comment="Thiếu số liệu <b>").status_code == 302
    (returned,) = mail.outbox
    assert (returned.subject, returned.to) == ("[Sở Công Thương] Cần sửa: Hội chợ & triển lãm", ["author@so.example"])
    assert "Thiếu số liệu <b>" in returned.body
    assert f"https://so.example/admin/pages/{article.pk}/edit/" in returned.body
    mail.outbox.clear()

    with django_capture_on_commit_callbacks(execute=True):
        workflow = NewsPage.objects.get(pk=article.pk).current_workflow_state
        workflow.resume(user=staff[Role.AUTHOR])
        again = TaskState.objects.latest("pk")
        assert "Thiếu số liệu &lt;b&gt;" in editor.get(f"{LIST}{again.pk}/").content.decode()
        assert decide(editor, again, "approve").status_code == 302
    assert [to for subject, to in mails() if "Mời duyệt" in subject] == [["editor@so.example"], ["leader@so.example"]]

    last = TaskState.objects.latest("pk")
    assert decide(editor, last, "approve")["Location"] == "/admin/"  # refused: it is the leader's
    assert "Duyệt và đăng" in leader.get(f"{LIST}{last.pk}/").content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert decide(leader, last, "approve").status_code == 302
    assert NewsPage.objects.get(pk=article.pk).live
    assert mails() == [("[Sở Công Thương] Đã duyệt: Hội chợ & triển lãm", ["author@so.example"])]
    assert decide(leader, last, "approve").status_code == 302  # twice tapped
    assert "đã được xử lý" in leader.get(LIST).content.decode()


def test_what_was_changed_meanwhile_is_looked_at_again(article: NewsPage, staff: Any, enter: Any) -> None:
    state = submit(article, staff[Role.AUTHOR])

    assert decide(enter(Role.EDITOR), state, "approve", revision=state.revision_id - 1).status_code == 302
    assert TaskState.objects.get(pk=state.pk).status == TaskState.STATUS_IN_PROGRESS


@pytest.mark.parametrize("fields", [{"decision": "x"}, {"revision": "x"}, {"revision": ""}, {"comment": "a" * 3000}])
def test_bad_input_decides_nothing(article: NewsPage, staff: Any, enter: Any, fields: dict[str, str]) -> None:
    state = submit(article, staff[Role.AUTHOR])

    sent = {"decision": "approve", "revision": str(state.revision_id), "comment": ""} | fields
    assert enter(Role.EDITOR).post(f"{LIST}{state.pk}/", sent).status_code == 200
    assert TaskState.objects.get(pk=state.pk).status == TaskState.STATUS_IN_PROGRESS
    assert enter(Role.EDITOR).get(f"{LIST}99999999/").status_code == 404
    assert enter(Role.OPERATOR).get(LIST).status_code in (302, 403)


def test_a_mail_server_that_is_away_stops_nobody(
    article: NewsPage, staff: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 1

    with django_capture_on_commit_callbacks(execute=True):
        submit(article, staff[Role.AUTHOR])

    assert len(desk_of(staff[Role.EDITOR]).mine) == 1


@pytest.mark.parametrize(
    ("began", "due"),
    [
        pytest.param("2026-11-30 16:00", "2026-12-02 16:00", id="monday"),
        pytest.param("2026-12-04 16:00", "2026-12-08 16:00", id="over-a-weekend"),
        pytest.param("2026-12-05 10:00", "2026-12-08 10:00", id="begun-on-saturday"),
        pytest.param("2027-04-29 09:00", "2027-05-05 09:00", id="holidays-of-april-and-may"),
    ],
)
def test_a_deadline_counts_working_days(began: str, due: str) -> None:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=HANOI)

    assert after_working_days(at(began), 2) == at(due)


def test_what_is_overdue_is_shown_and_reminded_of_once(
    article: NewsPage, staff: Any, enter: Any, settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        state = submit(article, staff[Role.AUTHOR])
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        tend()
    assert mail.outbox == []
    TaskState.objects.filter(pk=state.pk).update(started_at=timezone.now() - timedelta(days=30))

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            assert tend() > 0

    assert mails() == [("[Sở Công Thương] Quá hạn duyệt: Hội chợ & triển lãm", ["editor@so.example"])]
    assert Reminder.objects.count() == 1
    for role in (Role.EDITOR, Role.LEADER, Role.AUTHOR):
        assert "Quá hạn từ" in enter(role).get(LIST).content.decode()
        assert "Quá hạn từ" in enter(role).get("/admin/").content.decode()


def test_old_versions_go_by_setting_but_not_those_in_use(article: NewsPage, staff: Any, settings: Any) -> None:
    def save(title: str) -> Revision:
        page = NewsPage.objects.get(pk=article.pk)
        page.title = title
        return page.save_revision()

    public, old = save("Đã đăng"), save("Cũ")
    public.publish()
    in_review, scheduled, newest = save("Duyệt"), save("Hẹn giờ"), save("Mới nhất")
    state = submit(article, staff[Role.AUTHOR])
    TaskState.objects.filter(pk=state.pk).update(revision=in_review)
    Revision.objects.filter(pk=scheduled.pk).update(approved_go_live_at=timezone.now() + timedelta(days=1))
    Revision.objects.update(created_at=timezone.now() - timedelta(days=100))

    tend()
    assert Revision.objects.filter(pk=old.pk).exists()  # unless a setting says so
    settings.REVIEWS = WorkflowSettings(draft_days=101)
    tend()
    assert Revision.objects.filter(pk=old.pk).exists()
    assert clear_old_versions(99) > 0

    kept = {public.pk, in_review.pk, scheduled.pk, newest.pk}
    assert set(Revision.objects.for_instance(article).values_list("pk", flat=True)) == kept
