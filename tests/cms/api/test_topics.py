"""Topics, with how many pages of each everybody may read; and days that a page type may be filtered by."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from part import ROOT
from wagtail.models import PageViewRestriction, Site
from wagtail_emulation.models import EmulationIndexPage, EmulationPage

from cms.api import filters
from cms.home.models import HomePage
from cms.news.models import NewsPage, Topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def topics(write: Any) -> list[Topic]:
    """Of everybody, of a private page beside a public one, of hidden pages alone, of nothing."""
    found = [Topic.objects.create(name=name) for name in ("Thương mại", "Công nghiệp", "Bí mật", "Không có bài")]
    trade, industry, secret, _none = found
    for number in range(3):
        write(f"Thương mại {number}", topic=trade)
    write("Công nghiệp", topic=industry)
    private = [write("Công nghiệp nội bộ", topic=industry), write("Bí mật", topic=secret)]
    for page in private:
        PageViewRestriction.objects.create(page=page, restriction_type=PageViewRestriction.LOGIN)
    write("Bí mật nháp", topic=secret).unpublish()
    return found


def test_topics_have_the_number_of_the_pages_that_everybody_may_read(topics: list[Topic], ask: Any) -> None:
    found = ask("topics/")

    assert found["meta"]["total_count"] == 2
    assert [(one["name"], one["pages"]) for one in found["items"]] == [("Công nghiệp", 1), ("Thương mại", 3)]
    for one in found["items"]:
        assert ask("pages/", topic=one["slug"])["meta"]["total_count"] == one["pages"]
        assert one["html_url"] == f"http://localhost/chuyen-muc/{one['slug']}/"
    assert ask.last["Cache-Control"].startswith("public")


def test_a_part_of_the_topics_says_how_many_there_are(topics: list[Topic], ask: Any) -> None:
    found = ask("topics/", limit=1, offset=1)
    assert (found["meta"]["total_count"], [one["name"] for one in found["items"]]) == (2, ["Thương mại"])
    assert ask("topics/", limit=0)["items"] == []
    assert ask("topics/", status=400, order="name")["errors"][0]["parameter"] == "order"


def test_a_topic_counts_on_the_site_of_its_pages_alone(
    topics: list[Topic], home: HomePage, ask: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "other.example"]
    root = home.get_parent().add_child(instance=HomePage(title="Chi cục", slug="chi-cuc"))
    Site.objects.create(hostname="other.example", root_page=root)
    assert ask("topics/", host="other.example") == {"meta": {"total_count": 0}, "items": []}


@pytest.fixture
def events(home: HomePage) -> None:
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua", slug="thi-dua"))
    for day in (date(2025, 12, 31), date(2026, 1, 5), date(2026, 6, 30)):
        index.add_child(instance=EmulationPage(title=f"Ngày {day}", slug=f"n-{day}", event_date=day, lead="x"))
    hidden = index.add_child(instance=EmulationPage(title="Kín", slug="kin", event_date=date(2026, 1, 5), lead="x"))
    PageViewRestriction.objects.create(page=hidden, restriction_type=PageViewRestriction.LOGIN)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"event_date_from": "2026-01-05"}, ["2026-01-05", "2026-06-30"]),
        ({"event_date_to": "2026-01-05"}, ["2025-12-31", "2026-01-05"]),
        ({"event_date_from": "2026-01-01", "event_date_to": "2026-01-31"}, ["2026-01-05"]),
        ({"event_date_from": "2026-07-01"}, []),
        ({"event_date_from": "2026-01-01", "type": "wagtail_emulation.EmulationPage"}, ["2026-01-05", "2026-06-30"]),
    ],
)
def test_events_are_found_by_their_day(events: None, ask: Any, query: dict[str, str], days: list[str]) -> None:
    assert [one["event_date"] for one in ask("pages/", fields="event_date", **query)["items"]] == days


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ({"event_date_from": "2026-02-30"}, "event_date_from"),
        ({"event_date_to": "2026-01-01T00:00:00Z"}, "event_date_to"),
        ({"event_date_to": "hôm qua"}, "event_date_to"),
        ({"event_date_from": "2026-01-01", "type": "news.NewsPage"}, "event_date_from"),
    ],
)
def test_what_is_no_day_or_no_types_day_is_refused(
    events: None, ask: Any, query: dict[str, str], parameter: str
) -> None:
    assert ask("pages/", status=400, **query)["errors"][0]["parameter"] == parameter


def test_a_page_type_says_itself_by_which_days_it_may_be_filtered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NewsPage, "api_date_filters", ["date"], raising=False)
    assert {one.name for one in filters._day_filters()} == {
        "date_from",
        "date_to",
        "event_date_from",
        "event_date_to",
    }
    words = [file.read_text(encoding="utf-8") for file in (ROOT / "cms/api").rglob("*.py")]
    assert not any("event_date" in text for text in words), "the day is the plugin's own"
