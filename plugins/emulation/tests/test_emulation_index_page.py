"""The list of events: order, filters, paging, and nonsense in its address."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail import hooks
from wagtail.models import Page, PageViewRestriction
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
from wagtail_emulation.pages.listing import nearest_page
from wagtail_emulation.sections import HOOK

NEWEST = date(2021, 12, 31)


def visit(index: EmulationIndexPage, query: str = "") -> BeautifulSoup:
    response = Client().get(index.url + query)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def titles(soup: BeautifulSoup) -> list[str]:
    return [link.get_text() for link in soup.select(".emulation-card__title")]


@pytest.fixture
def three_years(make_page: Any) -> None:
    make_page(title="Phát động 2020", event_date=date(2020, 2, 1), event_kinds=["launch"])
    make_page(title="Hội nghị 2021", event_date=date(2021, 1, 26), event_kinds=["conference", "launch"])
    make_page(title="Khen thưởng 2019", event_date=date(2019, 6, 1), event_kinds=["commendation"])


@pytest.fixture
def five_pages(make_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EmulationIndexPage, "per_page", 2)
    for number in range(1, 10):
        make_page(title=f"Sự kiện {number}", event_date=NEWEST - timedelta(days=number))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("", ["Hội nghị 2021", "Phát động 2020", "Khen thưởng 2019"], id="newest event first"),
        pytest.param("?year=2020", ["Phát động 2020"], id="one year"),
        pytest.param("?kind=launch", ["Hội nghị 2021", "Phát động 2020"], id="one kind"),
        pytest.param("?year=2021&kind=conference", ["Hội nghị 2021"], id="year and kind"),
        pytest.param("?year=2019&kind=launch", [], id="year and kind without an event in common"),
        pytest.param("?kind=signing", [], id="kind without events"),
    ],
)
def test_the_index_lists_the_events_asked_for(
    three_years: None, index: EmulationIndexPage, query: str, shown: list[str]
) -> None:
    assert titles(visit(index, query)) == shown


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("?year=", id="empty year"),
        pytest.param("?year=1066", id="year without events"),
        pytest.param("?year=nay", id="year in letters"),
        pytest.param("?year=-2020", id="negative year"),
        pytest.param("?year=" + "9" * 5000, id="endless year"),
        pytest.param("?year=2020%00", id="null byte in the year"),
        pytest.param("?kind=party", id="unknown kind"),
        pytest.param("?kind=launch%00", id="null byte in the kind"),
        pytest.param("?kind=%F0%9F%8E%89&year=%C2%B2", id="letters that look like digits"),
        pytest.param("?kind__in=launch&order=title", id="unknown parameters"),
    ],
)
def test_a_filter_that_means_nothing_is_ignored(three_years: None, index: EmulationIndexPage, query: str) -> None:
    soup = visit(index, query)
    assert len(titles(soup)) == 3
    assert not soup.select("option[selected]")


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        pytest.param("1", 1, id="first"),
        pytest.param("3", 3, id="middle"),
        pytest.param("5", 5, id="last"),
        pytest.param("6", 5, id="one too many"),
        pytest.param("999999999999999999999", 5, id="far too many"),
        pytest.param("9" * 5000, 1, id="more digits than a number may have"),
        pytest.param("0", 1, id="zero"),
        pytest.param("-3", 1, id="negative"),
        pytest.param("", 1, id="empty"),
        pytest.param("hai", 1, id="a word"),
        pytest.param("2.5", 1, id="a fraction"),
        pytest.param("²", 1, id="a superscript"),
    ],
)
def test_a_page_that_does_not_exist_becomes_the_nearest_one(asked: str, shown: int) -> None:
    assert nearest_page(asked, last=5) == shown


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        pytest.param("", ["Sự kiện 1", "Sự kiện 2"], id="first page"),
        pytest.param("?page=2", ["Sự kiện 3", "Sự kiện 4"], id="second page"),
        pytest.param("?page=5", ["Sự kiện 9"], id="last page"),
        pytest.param("?page=77", ["Sự kiện 9"], id="beyond the last page"),
        pytest.param("?page=-1", ["Sự kiện 1", "Sự kiện 2"], id="before the first page"),
        pytest.param("?page=x%00", ["Sự kiện 1", "Sự kiện 2"], id="no number"),
    ],
)
def test_the_index_shows_a_page_at_a_time(
    five_pages: None, index: EmulationIndexPage, query: str, shown: list[str]
) -> None:
    assert titles(visit(index, query)) == shown


def test_paging_keeps_the_filters_and_drops_the_rest(five_pages: None, index: EmulationIndexPage) -> None:
    soup = visit(index, "?year=2021&kind=conference&page=2&utm_source=thu")
    links = {link["rel"][0]: link["href"] for link in soup.select(".emulation-paging__link")}
    assert links == {
        "prev": f"{index.url}?year=2021&kind=conference",
        "next": f"{index.url}?year=2021&kind=conference&page=3",
    }


def test_the_chosen_filters_stay_chosen(three_years: None, index: EmulationIndexPage) -> None:
    soup = visit(index, "?year=2020&kind=launch")
    assert [option["value"] for option in soup.select("option[selected]")] == ["2020", "launch"]
    assert soup.select(".emulation-filter__reset")


def test_only_published_and_public_events_of_this_index_are_listed(
    index: EmulationIndexPage, home: Any, make_page: Any
) -> None:
    make_page(title="Đã đăng")
    make_page(title="Bản nháp", live=False)
    PageViewRestriction.objects.create(page=make_page(title="Nội bộ"), restriction_type="login")
    other = home.add_child(instance=EmulationIndexPage(title="Mục khác", slug="muc-khac"))
    make_page(title="Chuyển đi").move(other, pos="last-child")
    assert titles(visit(index)) == ["Đã đăng"]


def test_an_alias_of_a_private_event_is_not_listed(index: EmulationIndexPage, home: Any, make_page: Any) -> None:
    private = home.add_child(instance=EmulationIndexPage(title="Nội bộ", slug="noi-bo"))
    hidden = make_page(title="Họp kín", slug="hop-kin")
    hidden.move(private, pos="last-child")
    EmulationPage.objects.get(pk=hidden.pk).create_alias(parent=index, update_slug="ban-sao")
    assert titles(visit(index)) == ["Họp kín"]

    PageViewRestriction.objects.create(page=private, restriction_type="login")

    assert titles(visit(index)) == []


def test_a_thousand_private_pages_and_more_keep_no_index_from_being_shown(
    index: EmulationIndexPage, home: Any, make_page: Any
) -> None:
    make_page(title="Công khai")
    PageViewRestriction.objects.create(page=make_page(title="Nội bộ"), restriction_type="login")
    kind = ContentType.objects.get_for_model(Page)
    paths = [f"{home.path}{letter}{number:03d}" for letter in "YZ" for number in range(550)]
    more = [
        Page(title=path, slug=path, path=path, depth=home.depth + 1, content_type=kind, locale=home.locale)
        for path in paths
    ]
    PageViewRestriction.objects.bulk_create(
        PageViewRestriction(page=page, restriction_type="login") for page in Page.objects.bulk_create(more)
    )
    visit(index)
    with CaptureQueriesContext(connection) as many:
        assert titles(visit(index)) == ["Công khai"]

    PageViewRestriction.objects.filter(page__in=more[1:]).delete()
    with CaptureQueriesContext(connection) as few:
        assert titles(visit(index)) == ["Công khai"]
    assert len(many) == len(few)


@pytest.fixture
def everything_is_public() -> Iterator[None]:
    with hooks.register_temporarily(HOOK, lambda pages, _request: pages, order=-1):
        yield


def test_a_site_may_say_itself_who_sees_what(
    everything_is_public: None, index: EmulationIndexPage, make_page: Any
) -> None:
    PageViewRestriction.objects.create(page=make_page(title="Nội bộ"), restriction_type="login")
    assert titles(visit(index)) == ["Nội bộ"]


def test_an_index_without_events_says_so(index: EmulationIndexPage) -> None:
    soup = visit(index)
    assert "Chưa có sự kiện" in soup.select(".emulation-index__empty")[0].get_text()
    assert not soup.select(".emulation-list, .emulation-paging")


def test_six_events_take_no_more_queries_than_one(make_page: Any, photo: Any, index: EmulationIndexPage) -> None:
    body = [{"type": "figure", "value": {"image": {"image": photo.pk}, "caption": "", "credit": ""}}]
    pages = [make_page(title="Sự kiện", event_kinds=["launch", "signing"], body=json.dumps(body))]
    visit(index)  # makes the renditions
    with CaptureQueriesContext(connection) as one:
        visit(index)

    pages += [
        make_page(title=f"Sự kiện {number}", event_kinds=["launch"], body=json.dumps(body)) for number in range(5)
    ]
    with CaptureQueriesContext(connection) as six:
        soup = visit(index)

    assert len(six) == len(one)
    assert len(soup.select(".emulation-card__image img")) == len(pages) == 6
    assert [item.get_text() for item in soup.select(".emulation-kinds__item")].count("Phát động thi đua") == 6
