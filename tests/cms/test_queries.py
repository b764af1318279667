"""How many queries a reader's page takes, through the whole of Django, once its renditions are made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_django
from demo_site import demo_site
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, PageViewRestriction
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
from wagtail_factories import ImageFactory

from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage, NewsPage

MOST = 12

Count = Callable[[str], int]


@pytest.fixture(scope="module")
def demo_urls(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[type[Page], list[str]]]:
    """The addresses of the demo's pages by their type; gone from the database afterwards."""
    with demo_site(django_db_blocker, tmp_path_factory):
        Redirect.objects.create(old_path="/trang-cu", redirect_page=PlainPage.objects.get(slug="gioi-thieu"))
        urls: dict[type[Page], list[str]] = {}
        for page in Page.objects.filter(depth__gt=1).specific():
            urls.setdefault(type(page), []).append(page.get_url())
        yield urls


def get(url: str) -> Any:
    return Client().get(url, headers={"host": "localhost"})


def count_queries(url: str, *, status: int = 200) -> int:
    get(url)  # makes the renditions
    with CaptureQueriesContext(connection) as queries:
        response = get(url)
    assert response.status_code == status, url
    return len(queries)


@pytest.mark.usefixtures("db")
class TestDemo:
    @pytest.mark.parametrize(
        ("kind", "query", "bound"),
        [
            pytest.param(HomePage, "", 9, id="home"),
            pytest.param(PlainPage, "", 5, id="plain page"),
            pytest.param(NewsIndexPage, "", 6, id="news"),
            pytest.param(NewsIndexPage, "?page=2", 6, id="news, second page"),
            pytest.param(NewsPage, "", 8, id="article"),
            pytest.param(EmulationIndexPage, "", 10, id="emulation"),
            pytest.param(EmulationIndexPage, "?year=2021&kind=launch", 10, id="emulation, filtered"),
            pytest.param(EmulationPage, "", 10, id="emulation page"),
        ],
    )
    def test_a_template_takes_few_queries(
        self, demo_urls: dict[type[Page], list[str]], kind: type[Page], query: str, bound: int
    ) -> None:
        assert max(count_queries(url + query) for url in demo_urls[kind]) <= bound < MOST

    @pytest.mark.parametrize(
        ("url", "status", "bound"),
        [
            pytest.param("/khong-co/", 404, 3, id="unknown"),
            pytest.param("/tin-tuc/khong-co/nua/", 404, 3, id="unknown, three levels down"),
            pytest.param("/trang-cu/", 301, 5, id="redirect to a page"),
        ],
    )
    def test_an_address_without_a_page_takes_few_queries(
        self, demo_urls: dict[type[Page], list[str]], url: str, status: int, bound: int
    ) -> None:
        assert count_queries(url, status=status) <= bound < MOST

    def test_a_private_section_takes_one_query_more(self, demo_urls: dict[type[Page], list[str]]) -> None:
        urls = [url for of_kind in demo_urls.values() for url in of_kind]
        before = {url: count_queries(url) for url in urls}
        with transaction.atomic():
            private = HomePage.objects.get().add_child(instance=PlainPage(title="Nội bộ", show_in_menus=True))
            PageViewRestriction.objects.create(page=private, restriction_type=PageViewRestriction.LOGIN)
            after = {url: count_queries(url) for url in urls}
            transaction.set_rollback(True)

        assert max(after.values()) <= MOST
        assert {after[url] - before[url] for url in urls} == {1}


def test_depth_takes_no_queries(home: HomePage) -> None:
    page: Page = home
    counts = []
    for level in range(4):
        page = page.add_child(instance=PlainPage(title=f"Tầng {level}"))
        counts.append(count_queries(page.get_url()))

    assert len(set(counts)) == 1


def test_neighbours_figures_and_entries_of_the_menu_take_no_queries(home: HomePage, write: Any) -> None:
    images = [ImageFactory() for _number in range(4)]
    body = [("figure", {"image": image, "caption": "", "credit": ""}) for image in images]
    article = write("Bài", image=images[0], body=body[:1])
    write("Bài trước", image=images[1])
    few = count_queries(article.get_url())

    for number, image in enumerate(images):
        write(f"Bài {number}", image=image)
        home.add_child(instance=PlainPage(title=f"Mục {number}", show_in_menus=True))
    article.body = body
    article.save_revision().publish()

    assert count_queries(article.get_url()) == few
