"""How many queries an answer takes, through the whole of Django: as many for one page as for many."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from counting_queries import count
from every_block import a_body
from wagtail.models import Page
from wagtail_emulation.models import AgreementSignatory, Commendation, EmulationAgreement, EmulationIndexPage
from wagtail_emulation.models import EmulationPage as Event

from cms.home.models import HomePage
from cms.news.models import NewsPage, Topic

OF_ONE_PAGE = 13  # one of them since the site has a private section
OF_A_LIST = 22  # of all page types at once, with everything that they have


pytestmark = pytest.mark.usefixtures("all_renditions_at_once")


@pytest.fixture
def topics(db: None) -> list[Topic]:
    return [Topic.objects.create(name=f"Chuyên mục {number}") for number in range(3)]


@pytest.fixture
def event(home: HomePage) -> Event:
    index = home.add_child(instance=EmulationIndexPage(title="Thi đua"))
    return add_event(index, "Hội nghị 1")


def add_event(index: Any, title: str) -> Event:
    page = Event(title=title, slug=title.lower().replace(" ", "-"), event_date="2026-01-05", lead="Hội nghị")
    page.event_kinds = ["conference", "signing"]
    page.agreements = [
        EmulationAgreement(year=year, signatories=[AgreementSignatory(name="Phòng")]) for year in (2025, 2026)
    ]
    page.commendations = [Commendation(name=f"Tổ {number}", award="Giấy khen") for number in range(3)]
    added: Event = index.add_child(instance=page)
    return added


def test_an_article_with_every_block(article: NewsPage, topics: list[Topic], ask: Any) -> None:
    NewsPage.objects.update(topic=topics[0])

    assert count(ask, f"pages/{article.pk}/") <= OF_ONE_PAGE


def test_an_emulation_page_with_all_rows(event: Event, ask: Any) -> None:
    assert count(ask, f"pages/{event.pk}/") <= OF_ONE_PAGE


@pytest.fixture
def add_many(
    article: NewsPage, event: Event, write: Any, topics: list[Topic], others: list[Page], tmp_path: Path
) -> Callable[[], None]:
    """Call it to have many pages; there are a few before."""

    def add() -> None:
        for number in range(12):
            body = json.dumps(a_body(tmp_path, others, size=(30 + number, 20)))
            write(f"Bài {number}", body=body, topic=topics[number % 3])
            add_event(event.get_parent(), f"Hội nghị {number + 2}")

    return add


LISTS: dict[str, tuple[dict[str, Any], int]] = {  # what is asked, and how many queries it may take
    "unasked": ({}, 5),
    "cards": ({"type": "news.NewsPage", "fields": "lead,image,topic"}, 8),
    "everything": ({"fields": "*"}, OF_A_LIST),
    "around": ({"fields": "parent,breadcrumbs,translations"}, 6),
    "search": ({"search": "bai", "fields": "breadcrumbs"}, 12),
    "below": ({"child_of": "root", "order": "-title"}, 6),
}


def test_a_list_takes_as_many_for_many_pages_as_for_few(add_many: Callable[[], None], ask: Any) -> None:
    few = {name: count(ask, "pages/", limit=100, **query) for name, (query, _most) in LISTS.items()}
    add_many()
    many = {name: count(ask, "pages/", limit=100, **query) for name, (query, _most) in LISTS.items()}

    taken = {name: (many[name], few[name], most) for name, (_query, most) in LISTS.items()}
    assert {name: counts for name, counts in taken.items() if sorted(counts) != list(counts)} == {}


@pytest.mark.parametrize("path", ["images/", "documents/"])
def test_a_library_takes_as_many_for_many(
    article: NewsPage, write: Any, others: list[Page], tmp_path: Path, ask: Any, path: str
) -> None:
    few = count(ask, path)
    for number in range(6):
        write(f"Bài {number}", body=json.dumps(a_body(tmp_path, others, size=(30 + number, 20))))

    many = count(ask, path)

    assert ask(path)["meta"]["total_count"] >= 7
    assert many <= few <= 8
