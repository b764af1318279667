from __future__ import annotations

import datetime
from typing import Any

import pytest
from copies import copy_article
from django.test import Client
from wagtail.models import PageViewRestriction

from cms.news.models import ARTICLES_PER_PAGE, NewsIndexPage, NewsPage


@pytest.fixture
def two_pages(write: Any) -> None:
    """One article and copies of it, since writing each takes ten times as long."""
    copy_article(write("Bài số 01"), ARTICLES_PER_PAGE + 1)
    for number, page in enumerate(NewsPage.objects.order_by("path"), start=1):
        day = datetime.date(2026, 11, number)
        NewsPage.objects.filter(pk=page.pk).update(title=f"Bài số {number:02d}", date=day)


@pytest.mark.usefixtures("two_pages")
@pytest.mark.parametrize(
    ("query", "number"),
    [
        pytest.param("", 1, id="none"),
        pytest.param("?page=2", 2, id="second"),
        pytest.param("?page=3", 2, id="one too far"),
        pytest.param("?page=-1", 1, id="negative"),
        pytest.param("?page=x", 1, id="no number"),
        pytest.param("?page=%00", 1, id="binary"),
        pytest.param("?page=1&page=2", 2, id="twice"),
    ],
)
def test_any_page_number_lands_on_a_page_that_exists(
    client: Client, news_index: NewsIndexPage, query: str, number: int
) -> None:
    response = client.get(f"/tin-tuc/{query}", headers={"host": "localhost"})

    assert response.status_code == 200
    assert response.context["articles"].number == number


@pytest.mark.usefixtures("two_pages")
def test_the_latest_come_first_and_none_is_lost_between_pages(client: Client) -> None:
    titles = []
    for page in (1, 2):
        response = client.get(f"/tin-tuc/?page={page}", headers={"host": "localhost"})
        titles += [article.title for article in response.context["articles"]]

    assert titles == [f"Bài số {number:02d}" for number in range(ARTICLES_PER_PAGE + 2, 0, -1)]


def test_an_index_without_articles_says_so(client: Client, news_index: NewsIndexPage) -> None:
    assert "Chưa có bài viết nào." in client.get("/tin-tuc/", headers={"host": "localhost"}).content.decode()


def test_drafts_and_private_articles_are_not_listed(client: Client, write: Any) -> None:
    write("Nháp", live=False)
    private = write("Nội bộ")
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)

    response = client.get("/tin-tuc/", headers={"host": "localhost"})

    assert list(response.context["articles"]) == []


@pytest.mark.usefixtures("two_pages")
def test_a_listing_asks_the_database_as_often_for_nine_articles_as_for_two(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    for page in (1, 2):
        client.get(f"/tin-tuc/?page={page}", headers={"host": "localhost"})

    with django_assert_max_num_queries(40) as second:
        client.get("/tin-tuc/?page=2", headers={"host": "localhost"})
    with django_assert_max_num_queries(len(second)):
        client.get("/tin-tuc/?page=1", headers={"host": "localhost"})
