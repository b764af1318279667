"""Figures where editors work: the page listing, a page's side panel, the dashboard, the live screen; and the public
page that says what they mean."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, Site

from cms.home.models import PlainPage
from cms.news.models import NewsIndexPage, NewsPage
from cms.statistics.models import StatisticsSettings
from cms.statistics.reports import asking, counting, live
from cms.statistics.reports.days import today
from pipeline.clickhouse.queries import Now
from pipeline.reports.answer import Answer, Row
from pipeline.reports.metrics import METRICS
from pipeline.reports.question import Question

pytestmark = pytest.mark.django_db

Count = Callable[..., None]


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(get_user_model()._default_manager.create_superuser("quan-tri", "", "bon-tu-khong-lien-quan"))
    return client


@pytest.fixture
def index(site: Site) -> NewsIndexPage:
    index: NewsIndexPage = site.root_page.add_child(instance=NewsIndexPage(title="Tin tức", slug="tin-tuc"))
    return index


@pytest.fixture
def article(index: NewsIndexPage) -> NewsPage:
    article: NewsPage = index.add_child(instance=NewsPage(title="Bài 0", lead="Một."))
    return article


@pytest.fixture
def articles(index: NewsIndexPage) -> list[NewsPage]:
    return [index.add_child(instance=NewsPage(title=f"Bài {number}", lead="Một.")) for number in range(60)]


def ask_of(rows: Sequence[Row], asked: list[Question]) -> Callable[..., list[Answer]]:
    """Stands for the engine: every question has these rows."""

    def ask_all(questions: Sequence[Question], *, patience: float = 0) -> list[Answer]:
        asked.extend(questions)
        return [Answer(question=one, rows=tuple(rows), answered_from="roll_up") for one in questions]

    return ask_all


def away(*_questions: Any, **_more: Any) -> Any:
    raise asking.Away


def titles_in(html: str) -> list[str]:
    return re.findall(r"Bài \d+", re.sub(r'(?:title|aria-label|href|value)="[^"]*"', "", html))


# the listing


def test_the_listing_shows_the_views_of_each_page(
    admin: Client, article: NewsPage, index: NewsIndexPage, count: Count
) -> None:
    count(as_of=time.time(), pages={article.pk: 1_327})
    html = admin.get(f"/admin/pages/{index.pk}/").content.decode()
    assert "1.327" in html
    assert "Lượt xem" in html


@pytest.mark.parametrize(("ordering", "first"), [("-views", [7, 3, 12]), ("views", None)])
def test_the_listing_sorts_all_of_its_pages_by_views_not_those_that_are_shown_alone(
    admin: Client, articles: list[NewsPage], index: NewsIndexPage, count: Count, ordering: str, first: list[int] | None
) -> None:
    count(as_of=time.time(), pages={articles[7].pk: 900, articles[3].pk: 70, articles[12].pk: 5})
    pages = [
        admin.get(f"/admin/pages/{index.pk}/?ordering={ordering}&p={number}").content.decode() for number in (1, 2)
    ]
    found = [dict.fromkeys(titles_in(html)) for html in pages]
    assert [len(one) for one in found] == [50, 10]
    assert {*found[0], *found[1]} == {f"Bài {number}" for number in range(60)}
    if first:
        assert [*found[0]][:3] == [f"Bài {number}" for number in first]
    else:
        assert [*found[1]][-3:] == ["Bài 12", "Bài 3", "Bài 7"]


def test_the_column_costs_one_query_at_most_however_many_pages_there_are(
    admin: Client, articles: list[NewsPage], index: NewsIndexPage, count: Count
) -> None:
    count(as_of=time.time(), pages={page.pk: page.pk for page in articles})
    admin.get(f"/admin/pages/{index.pk}/")
    costs = []
    for ordering in ("title", "-views"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert admin.get(f"/admin/pages/{index.pk}/?ordering={ordering}").status_code == 200
        costs.append(len(queries))
    assert costs[1] <= costs[0] + 1


def test_the_listing_of_a_type_has_the_views_too(admin: Client, articles: list[NewsPage], count: Count) -> None:
    count(as_of=time.time(), pages={articles[5].pk: 4_321})
    html = admin.get("/admin/pages/usage/news/newspage/?ordering=-views").content.decode()
    assert "4.321" in html
    assert titles_in(html)[0] == "Bài 5"


def test_a_search_is_in_the_order_of_the_search(admin: Client, index: NewsIndexPage, count: Count) -> None:
    count(as_of=time.time())
    assert admin.get(f"/admin/pages/{index.pk}/?q=x&ordering=-views").status_code == 200


def test_numbers_that_were_never_read_are_dashes(admin: Client, article: NewsPage, index: NewsIndexPage) -> None:
    html = admin.get(f"/admin/pages/{index.pk}/?ordering=-views").content.decode()
    assert re.search(r"<td[^>]*>\s*–\s*</td>", html)


# the side panel


def test_the_editor_has_the_figures_of_its_page(
    admin: Client, article: NewsPage, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Question] = []
    day = (today() - timedelta(days=3)).isoformat()
    ask_all = ask_of([Row((day,), (41,)), Row((today().isoformat(),), (2,))], asked)
    monkeypatch.setattr(asking, "ask", lambda question, **more: ask_all([question], **more)[0])
    count(as_of=time.time(), pages={article.pk: 1_327})
    html = admin.get(f"/admin/pages/{article.pk}/edit/").content.decode()
    panel = html[html.index('data-side-panel="views"') :]
    assert "1.327" in panel
    assert "<strong>43</strong> lượt trong 28 ngày, hôm nay 2." in panel
    assert f"values=({article.pk},)" in str(asked[0].filters)


def test_the_editor_opens_without_an_engine(
    admin: Client, article: NewsPage, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "ask", away)
    count(as_of=time.time(), pages={article.pk: 1_327})
    response = admin.get(f"/admin/pages/{article.pk}/edit/")
    assert response.status_code == 200
    assert "1.327" in response.content.decode()


def test_a_new_page_has_no_figures_yet(admin: Client, site: Site) -> None:
    assert admin.get(f"/admin/pages/add/home/plainpage/{site.root_page_id}/").status_code == 200


# the dashboard


def test_the_dashboard_says_how_the_site_is_read(
    admin: Client, article: NewsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Question] = []

    def ask_all(questions: Sequence[Question], *, patience: float = 0) -> list[Answer]:
        asked.extend(questions)
        days, pages = questions
        found = [
            Row(((today() - timedelta(days=place)).isoformat(),), (100 if place > 7 else 150,)) for place in range(14)
        ]
        return [
            Answer(question=days, rows=tuple(found), answered_from="roll_up"),
            Answer(question=pages, rows=(Row((article.pk,), (77,)),), answered_from="roll_up"),
        ]

    monkeypatch.setattr(asking, "ask_all", ask_all)
    html = admin.get("/admin/").content.decode()
    assert "lượt xem hôm nay" in html
    assert "Bài 0 <span>77</span>" in html
    assert "+50 %" in html


def test_the_dashboard_opens_without_an_engine(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "ask_all", away)
    response = admin.get("/admin/")
    assert response.status_code == 200
    assert asking.Away.words.split(" · ")[0] in response.content.decode()


# the live screen


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch, article: NewsPage) -> list[int]:
    """What the engine says of this moment; the list has how often it was asked."""
    calls: list[int] = []

    def work(_one: object, *, patience: float) -> Now:
        calls.append(1)
        minute = int(time.time() // 60) * 60
        return Now(minutes={minute: 9, minute - 60: 4}, pages=[(article.pk, 3, 5), (0, 1, 1), (10**6, 1, 2)])

    monkeypatch.setattr(asking, "work", work)
    monkeypatch.setattr(live, "shared", live.Shared())
    return calls


def test_the_live_screen_shows_who_is_here_and_what_is_read(admin: Client, now: list[int], count: Count) -> None:
    count(as_of=time.time())
    html = admin.get("/admin/reports/traffic/live/").content.decode()
    assert 'data-live="/_nhip/live"' in html
    assert 'data-counter="online">3<' in html
    assert "Bài 0" in html
    assert "<svg" in html
    part = admin.get("/admin/reports/traffic/live/now/").content.decode()
    assert "Bài 0" in part
    assert "<html" not in part


def test_all_who_look_share_one_question(admin: Client, now: list[int], count: Count) -> None:
    count(as_of=time.time())
    for _ in range(5):
        assert admin.get("/admin/reports/traffic/live/now/").status_code == 200
    assert len(now) == 1


def test_the_live_screen_without_an_engine_says_so(
    admin: Client, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    count(as_of=time.time())
    monkeypatch.setattr(asking, "work", away)
    monkeypatch.setattr(live, "shared", live.Shared())
    assert asking.Away.words.split(" · ")[0] in admin.get("/admin/reports/traffic/live/").content.decode()
    assert admin.get("/admin/reports/traffic/live/now/").status_code == 503  # so that its script keeps what it has


@pytest.mark.parametrize("site_id", ["abc", "99999999999999999999", "0", "-1", "١"])
def test_a_site_that_there_is_not_is_the_usual_one(admin: Client, now: list[int], count: Count, site_id: str) -> None:
    count(as_of=time.time())
    assert admin.get(f"/admin/reports/traffic/live/?site={site_id}").status_code == 200


def test_who_may_not_see_everything_sees_no_live_screen(client: Client, now: list[int]) -> None:
    user = get_user_model()._default_manager.create_user("khach", "", "bon-tu-khong-lien-quan")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    assert client.get("/admin/reports/traffic/live/now/").status_code in (302, 403)
    assert not now


# how we count


@pytest.mark.parametrize("language", ["vi", "en"])
def test_how_we_count_has_every_definition_that_answers_have(client: Client, site: Site, language: str) -> None:
    response = client.get("/" + counting.ADDRESSES[language])
    html = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in html
    for metric in METRICS.values():
        definition = metric.definition_vi if language == "vi" else metric.definition_en
        assert definition.replace("'", "&#x27;") in html


def test_how_we_count_follows_the_settings(client: Client, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def read() -> str:
        counting._settings.cache_clear()
        return client.get("/" + counting.ADDRESSES["vi"]).content.decode()

    assert "Đếm <strong>lượt truy cập</strong>" in read()
    StatisticsSettings.objects.update_or_create(site=site, defaults={"unit": "views"})
    monkeypatch.setenv("NHIP_NETWORK_PAGE_VIEWS", "4711")
    html = read()
    assert "Đếm <strong>lượt xem trang</strong>" in html
    assert "Quá 4711 lượt xem" in html.replace(".", "")
    counting._settings.cache_clear()


def test_every_page_leads_to_how_we_count(client: Client, site: Site) -> None:
    page = site.root_page.add_child(instance=PlainPage(title="Giới thiệu", slug="gioi-thieu"))
    assert isinstance(page, Page)
    assert 'href="/cach-chung-toi-dem/"' in client.get("/gioi-thieu/").content.decode()
