"""The widget *Thống kê truy cập* and *Lượt xem*: their numbers, and that no fault of statistics breaks a page."""

from __future__ import annotations

import logging
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from cms.statistics import counters, faults
from cms.statistics.models import CounterUnit, StatisticsSettings
from pipeline.serving.snapshot import Snapshot, store_snapshot
from pipeline.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client
    from wagtail.models import Page, Site

    Render = Callable[..., str]

NOON = 1_795_323_900.0  # 12:05 on 22/11/2026 in Ho Chi Minh City


class BrokenCounters:
    def snapshot(self) -> Snapshot:
        raise RuntimeError("the counters are gone")


def rows(html: str) -> list[tuple[str, str, str]]:
    return re.findall(r'<dt>(.*?)</dt><dd data-counter="(.*?)">(.*?)</dd>', html)


def numbers(html: str) -> list[str]:
    return [number for _label, _name, number in rows(html)]


def as_of(html: str) -> str | None:
    """The text of the line that says how old the numbers are; None while it is hidden."""
    line = re.search(r'<p class="access-statistics__as-of"( hidden)?>(.*?)</p>', html)
    assert line is not None
    return None if line[1] else re.sub(r"<.*?>", "", line[2])


def test_the_widget_has_the_five_rows_in_their_order_and_words(render: Render, count: Callable[..., None]) -> None:
    count(as_of=time.time())

    html = render("access_statistics")

    assert "Thống kê truy cập</h2>" in html
    assert rows(html) == [
        ("Đang truy cập", "online", "3"),
        ("Hôm nay", "today", "12"),
        ("Trong tuần", "week", "345"),
        ("Tháng hiện tại", "month", "1.327"),
        ("Tổng lượt truy cập", "total", "1.234.567"),
    ]


def test_the_widget_tells_the_live_script_where_to_listen(
    render: Render, count: Callable[..., None], site: Site
) -> None:
    count(as_of=time.time())

    html = render("access_statistics")

    assert f'data-live="/_nhip/live" data-site="{site.pk}" data-unit="visits"' in html
    assert re.search(r'<script src="/static/statistics/live\.[^"]*js" defer></script>', html)


def test_a_site_may_count_views_instead_of_visits(render: Render, count: Callable[..., None], site: Site) -> None:
    count(as_of=time.time())
    StatisticsSettings.objects.create(site=site, unit=CounterUnit.VIEWS)

    html = render("access_statistics")

    assert 'data-unit="views"' in html
    assert numbers(html) == ["3", "24", "690", "2.654", "2.469.134"]


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        pytest.param(1, None, id="fresh"),
        pytest.param(59, None, id="just-fresh"),
        pytest.param(61, "Số liệu lúc 12:05, 22/11/2026", id="stale"),
        pytest.param(86_400, "Số liệu lúc 12:05, 22/11/2026", id="of-yesterday"),
    ],
)
def test_old_numbers_show_their_time(
    render: Render, count: Callable[..., None], monkeypatch: pytest.MonkeyPatch, age: int, expected: str | None
) -> None:
    count(as_of=NOON)
    monkeypatch.setattr("cms.statistics.templatetags.statistics_tags.steady_time", lambda: NOON + age)

    html = render("access_statistics")

    assert as_of(html) == expected
    assert numbers(html)[3] == "1.327"


def test_unknown_numbers_are_dashes_never_zeros(render: Render, count: Callable[..., None], page: Page) -> None:
    count(as_of=None)

    assert numbers(render("access_statistics")) == ["–"] * 5
    assert as_of(render("access_statistics")) is None
    assert ">–</span>" in render("page_views page", page=page)


def test_a_fault_shows_dashes_and_is_logged_once(render: Render, page: Page, caplog: pytest.LogCaptureFixture) -> None:
    counters.install(BrokenCounters())

    with caplog.at_level(logging.ERROR, logger="cms.statistics.faults"):
        for _ in range(3):
            assert numbers(render("access_statistics")) == ["–"] * 5
            assert ">–</span>" in render("page_views page", page=page)

    assert [record.getMessage() for record in caplog.records] == [
        "access_statistics is shown without its numbers",
        "page_views is shown without its numbers",
    ]
    assert "the counters are gone" in caplog.text


def test_a_lasting_fault_is_logged_again_after_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    log = faults.FaultLog(clock=lambda: now[0])

    for now[0] in (0.0, 59.0, 60.0):
        try:
            raise RuntimeError("still gone")
        except RuntimeError:
            log.report("page_views")

    assert len(caplog.records) == 2


def test_page_views_are_those_of_the_page(render: Render, count: Callable[..., None], page: Page) -> None:
    count(as_of=time.time(), pages={page.pk: 1_327})

    html = render("page_views page", page=page)

    assert f'Lượt xem: <span data-page-views="{page.pk}">1.327</span>' in html


def test_a_page_nobody_has_opened_has_no_views_yet(render: Render, count: Callable[..., None], page: Page) -> None:
    count(as_of=time.time())

    assert ">0</span>" in render("page_views page", page=page)


@pytest.mark.parametrize("absent", [pytest.param(None, id="none"), pytest.param("", id="undefined")])
def test_page_views_of_no_page_print_nothing(render: Render, absent: Any) -> None:
    assert render("page_views page", page=absent).strip() == ""


def test_without_installed_counters_the_stored_snapshot_is_shown(render: Render, page: Page) -> None:
    store_snapshot(Snapshot(as_of=NOON, pages={page.pk: 1_328}), Settings.from_env().snapshot_file)

    assert "1.328" in render("page_views page", page=page)
    assert as_of(render("access_statistics")) == "Số liệu lúc 12:05, 22/11/2026"


def test_the_real_front_page_renders_when_statistics_fail(client: Client, site: Site) -> None:
    counters.install(BrokenCounters())

    response = client.get("/")

    assert response.status_code == 200
    assert numbers(response.content.decode()) == ["–"] * 5
