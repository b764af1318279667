"""What comes is in the calendar, and several pages are published together."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from wagtail.models import Revision

from cms.core.schedule import Schedule
from cms.news.models import NewsIndexPage, NewsPage
from cms.workflow.planned import entries_between, read_month
from cms.workflow.roles import Role

BULK = "/admin/bulk/wagtailcore/page/schedule/"


def draft(index: NewsIndexPage, title: str, **fields: Any) -> NewsPage:
    page: NewsPage = index.add_child(instance=NewsPage(title=title, live=False, **({"lead": "Tóm tắt."} | fields)))
    page.save_revision()
    return page


def test_a_month_has_what_is_scheduled_expires_and_waits(
    news_index: NewsIndexPage, staff: dict[Role, Any], enter: Any
) -> None:
    soon = timezone.now() + timedelta(days=3)
    draft(news_index, "Hẹn giờ", go_live_at=soon).get_latest_revision().publish()
    waits = draft(news_index, "Chờ duyệt", go_live_at=soon, owner=staff[Role.AUTHOR])
    waits.get_workflow().start(waits, staff[Role.AUTHOR])
    over = draft(news_index, "Sắp hết hạn", expire_at=soon)
    over.get_latest_revision().publish()

    today = timezone.localdate()
    found = {(one.kind, one.title) for one in entries_between(today, today + timedelta(days=30))}

    assert found >= {
        ("goes-live", "Hẹn giờ"),
        ("planned", "Chờ duyệt"),
        ("due", "Chờ duyệt"),
        ("expires", "Sắp hết hạn"),
        ("published", "Sắp hết hạn"),
    }
    shown = enter(Role.AUTHOR).get("/admin/planned/", {"month": f"{timezone.localtime(soon):%Y-%m}"}).content.decode()
    for title in ("Hẹn giờ", "Chờ duyệt", "Sắp hết hạn"):
        assert title in shown
    assert "Hẹn đăng, chưa duyệt" in shown
    assert enter(Role.OPERATOR).get("/admin/planned/").status_code in (302, 403)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "1999-01", "2026-1", "x" * 1000, "2026-00", "٢٠٢٦-٠١"])
def test_a_month_that_there_is_not_is_this_one(text: str) -> None:
    assert read_month(text, date(2026, 11, 29)) == date(2026, 11, 1)


def test_several_pages_are_published_at_a_set_second(news_index: NewsIndexPage, enter: Any) -> None:
    pages = [draft(news_index, f"Bài {number}") for number in range(3)]
    leader = enter(Role.LEADER)
    path = BULK + "?" + "&".join(f"id={page.pk}" for page in pages)
    for wrong in ("01/02/2020 07:30:15", "31/02/2099 07:30", "", "x"):
        assert leader.post(path, {"at": wrong}).status_code == 200
    assert not Revision.objects.exclude(approved_go_live_at=None).exists()

    assert "Bài 2" in leader.get(path).content.decode()
    for at in ("01/02/2098 07:30", "02/02/2098 07:30:15"):  # set, and set anew
        assert leader.post(path, {"at": at}).status_code == 302

    scheduled = Revision.objects.exclude(approved_go_live_at=None)
    at = timezone.make_aware(datetime(2098, 2, 2, 7, 30, 15))
    assert [one.approved_go_live_at for one in scheduled] == [at] * 3
    now = timezone.now() - timedelta(seconds=1)
    for one in scheduled:
        Revision.objects.filter(pk=one.pk).update(
            approved_go_live_at=now, content=one.content | {"go_live_at": now.isoformat()}
        )
    Schedule().step()
    assert NewsPage.objects.live().filter(title__startswith="Bài").count() == 3


def test_nothing_is_scheduled_if_one_of_them_can_not_be_published(news_index: NewsIndexPage, enter: Any) -> None:
    good, bad = draft(news_index, "Đủ"), draft(news_index, "Thiếu")
    newest = bad.get_latest_revision()
    Revision.objects.filter(pk=newest.pk).update(content=newest.content | {"lead": ""})
    over = draft(news_index, "Hết hạn", expire_at=timezone.now() + timedelta(days=1))
    leader = enter(Role.LEADER)

    answer = leader.post(f"{BULK}?id={good.pk}&id={bad.pk}&id={over.pk}", {"at": "01/02/2098 07:30"}, follow=True)

    said = answer.content.decode()
    assert "“Thiếu” chưa đăng được: tóm tắt" in said
    assert "“Hết hạn” hết hạn trước giờ đó" in said
    assert not Revision.objects.exclude(approved_go_live_at=None).exists()


def test_the_date_of_an_article_is_that_of_its_publication(news_index: NewsIndexPage) -> None:
    at = timezone.now() - timedelta(seconds=2)
    planned = at.replace(microsecond=0)
    page = draft(news_index, "Hẹn giờ", go_live_at=timezone.now() + timedelta(days=2))
    assert page.date is None
    revision = page.get_latest_revision()
    revision.publish()
    Revision.objects.filter(pk=revision.pk).update(
        approved_go_live_at=planned, content=revision.content | {"go_live_at": planned.isoformat()}
    )
    Schedule().step()

    published = NewsPage.objects.get(pk=page.pk)
    assert published.date == timezone.localdate(planned)
    assert published.time_shown == planned
    own = draft(news_index, "Ngày khác", date=date(2021, 1, 26))
    own.get_latest_revision().publish()
    own = NewsPage.objects.get(pk=own.pk)
    assert (own.date, own.time_shown) == (date(2021, 1, 26), None)
