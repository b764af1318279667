"""What editors schedule happens by itself, each part of it once, and nothing that fails keeps the rest waiting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone
from wagtail.models import Page, PageLogEntry, Revision, Site
from wagtail.signals import page_published

from cms.core import schedule
from cms.core.schedule import AGAIN_SECONDS, LOOK_SECONDS, Schedule
from cms.home.models import PlainPage
from pipeline.metrics import REGISTRY

pytestmark = pytest.mark.django_db

SOON = timedelta(hours=1)
JUST_NOW = timedelta(seconds=-1)


def make_page(title: str, *, live: bool = False) -> PlainPage:
    root = Site.objects.get(is_default_site=True).root_page
    page: PlainPage = root.add_child(instance=PlainPage(title=title, live=live))
    return page


def publish_at(title: str, when: timedelta) -> PlainPage:
    """A page that is to be published ``when`` from now, as the editor's button does it."""
    page = make_page(title)
    page.go_live_at = timezone.now() + SOON
    revision = page.save_revision()
    revision.publish()
    revision.approved_go_live_at = timezone.now() + when
    content = dict(revision.content) | {"go_live_at": revision.approved_go_live_at.isoformat()}
    type(revision).objects.filter(pk=revision.pk).update(
        approved_go_live_at=revision.approved_go_live_at, content=content
    )
    assert not is_live(page)
    return page


def take_down_at(title: str, when: timedelta) -> PlainPage:
    page = make_page(title, live=True)
    Page.objects.filter(pk=page.pk).update(expire_at=timezone.now() + when)
    return page


def is_live(page: Page) -> bool:
    return Page.objects.get(pk=page.pk).live


def late() -> float | None:
    return REGISTRY.get_sample_value("nhip_site_schedule_late_seconds")


def test_what_is_due_is_done_and_the_rest_waits() -> None:
    due, later = publish_at("Đến giờ", JUST_NOW), publish_at("Chưa đến giờ", SOON)
    over, still = take_down_at("Hết hạn", JUST_NOW), take_down_at("Còn hạn", SOON)

    assert Schedule().step() < 5  # seconds, within which it has to happen

    assert [is_live(page) for page in (due, later, over, still)] == [True, False, False, True]
    assert Page.objects.get(pk=over.pk).expired
    assert set(PageLogEntry.objects.filter(action__endswith=".scheduled").values_list("action", "page_id")) == {
        ("wagtail.publish.scheduled", due.pk),
        ("wagtail.unpublish.scheduled", over.pk),
    }


def test_it_is_done_once() -> None:
    page = publish_at("Đến giờ", JUST_NOW)
    looking = Schedule()

    looking.step()
    looking.step()

    assert PageLogEntry.objects.filter(page_id=page.pk, action="wagtail.publish.scheduled").count() == 1


def test_what_fails_keeps_nothing_waiting_and_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    broken, whole = publish_at("Hỏng", 2 * JUST_NOW), publish_at("Lành", JUST_NOW)
    tries = []

    def fail(instance: Page, **_signal: object) -> None:
        if instance.pk == broken.pk:
            tries.append(now[0])
            raise RuntimeError("a receiver that fails")

    looking = Schedule(clock=lambda: now[0])
    page_published.connect(fail)
    try:
        looking.step()
        assert (is_live(broken), is_live(whole)) == (False, True)
        assert (late() or 0) >= 2
        assert "what is scheduled could not be done" in caplog.text

        now[0] += LOOK_SECONDS
        looking.step()
        assert len(tries) == 2  # at once, since an editor's work may have been in the way

        now[0] += AGAIN_SECONDS / 2
        looking.step()
        assert len(tries) == 2

        now[0] += AGAIN_SECONDS
        looking.step()
        assert len(tries) == 3
    finally:
        page_published.disconnect(fail)

    now[0] += 2 * AGAIN_SECONDS
    looking.step()
    assert is_live(broken)
    assert late() == 0


def test_what_is_due_at_one_moment_changes_in_one_moment() -> None:
    """All of it, or none while a part of it fails: then each is done by itself."""
    first, second = publish_at("Một", JUST_NOW), publish_at("Hai", JUST_NOW)
    at = timezone.now() + JUST_NOW
    Revision.objects.filter(approved_go_live_at__isnull=False).update(approved_go_live_at=at)
    seen, fails = [], [True]

    def fail(instance: Page, **_signal: object) -> None:
        if instance.pk == second.pk:
            seen.append((is_live(first), is_live(second)))
            if fails:
                fails.pop()
                raise RuntimeError("a receiver that fails")

    page_published.connect(fail)
    try:
        Schedule().step()
    finally:
        page_published.disconnect(fail)

    assert (is_live(first), is_live(second)) == (True, True)
    assert seen == [(True, True), (True, True)]
    assert PageLogEntry.objects.filter(action="wagtail.publish.scheduled").count() == 2


def test_it_looks_again_at_the_second_when_something_is_due() -> None:
    publish_at("Sắp đến giờ", timedelta(seconds=LOOK_SECONDS / 2))

    assert 0 < Schedule().step() <= LOOK_SECONDS / 2
    assert late() == 0


@pytest.mark.parametrize(
    ("error", "logged"), [(OperationalError("gone"), False), (RuntimeError("unforeseen"), True)], ids=["away", "other"]
)
def test_no_failure_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, error: Exception, logged: bool
) -> None:
    def away() -> object:
        raise error

    monkeypatch.setattr(schedule, "_scheduled", away)
    monkeypatch.setattr(schedule, "close_old_connections", lambda: None)

    assert Schedule().step() == LOOK_SECONDS
    assert ("nobody knows what is scheduled" in caplog.text) is logged
