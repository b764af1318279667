from __future__ import annotations

import datetime
from typing import Any

from django.test import Client, RequestFactory
from wagtail.models import PageViewRestriction

from cms.home.models import HomePage
from cms.news.models import NewsIndexPage, NewsPage


def context_of(home: HomePage) -> dict[str, Any]:
    return home.get_context(RequestFactory().get("/"))


def day(number: int) -> datetime.date:
    return datetime.date(2026, 11, number)


def test_a_new_portal_has_a_home_page_that_renders(home: HomePage, client: Client) -> None:
    response = client.get("/", headers={"host": "localhost"})

    assert response.status_code == 200
    assert "Cổng thông tin đang được chuẩn bị" in response.content.decode()


def test_the_latest_article_leads_unless_an_editor_chose_one(home: HomePage, write: Any) -> None:
    older, latest = write("Cũ", date=day(1)), write("Mới", date=day(2))
    assert context_of(home)["lead_article"] == latest

    home.featured = older

    context = context_of(home)
    assert context["lead_article"] == older
    assert context["latest_articles"] == [latest]


def test_a_chosen_article_that_was_withdrawn_does_not_lead(home: HomePage, write: Any) -> None:
    withdrawn, latest = write("Rút lại", date=day(1), live=False), write("Mới", date=day(2))
    home.featured = withdrawn

    assert context_of(home)["lead_article"] == latest


def test_six_articles_follow_the_leading_one(home: HomePage, write: Any) -> None:
    articles: list[NewsPage] = [write(f"Bài {number}", date=day(number)) for number in range(1, 10)]

    context = context_of(home)

    assert [context["lead_article"], *context["latest_articles"]] == articles[:1:-1]


def test_a_chosen_article_that_not_everybody_may_read_does_not_lead(home: HomePage, write: Any) -> None:
    private, latest = write("Nội bộ", date=day(2)), write("Mới", date=day(1))
    PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
    home.featured = private

    assert context_of(home)["lead_article"] == latest
    assert context_of(home)["latest_articles"] == []


def test_the_indexes_that_it_leads_to_are_published(home: HomePage, news_index: NewsIndexPage) -> None:
    assert context_of(home)["news_index"].pk == news_index.pk
    assert context_of(home)["emulation_index"] is None

    news_index.unpublish()

    assert context_of(home)["news_index"] is None
