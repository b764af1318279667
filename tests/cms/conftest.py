from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import pytest_django
from demo_site import demo_site
from django.db import connection
from wagtail.models import Page, Site
from wagtail_emulation.models import EmulationPage

from cms.core.changes.remembered import forget_all
from cms.home.models import HomePage
from cms.news.models import NewsIndexPage, NewsPage
from cms.statistics import counters, page_tokens

Attributes = dict[str, str | None]


def pytest_configure(config: pytest.Config) -> None:
    # Wagtail leaves the temporary file of each rendition to the garbage collector.
    for file in ("Unclosed file <tempfile.SpooledTemporaryFile", "unclosed file <_io.BufferedRandom name="):
        config.addinivalue_line("filterwarnings", f"ignore:{file}:ResourceWarning")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run only tests that have a database: pytest-django lets no other ask one."""
    if connection.vendor == "sqlite":
        return
    config.hook.pytest_deselected(items=[item for item in items if not _has_a_database(item)])
    items[:] = filter(_has_a_database, items)


def _has_a_database(item: pytest.Item) -> bool:
    fixtures: set[str] = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & {"django_db_setup", "db", "transactional_db"} or item.get_closest_marker("django_db"))


@pytest.fixture(autouse=True)
def _data_directory_of_this_test(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("NHIP_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("NHIP_BEACON_KEY", "6b" * 32)
    _forget_the_data_directory()
    yield
    _forget_the_data_directory()


def _forget_the_data_directory() -> None:
    page_tokens.beacon_key.cache_clear()
    counters._stored.cache_clear()
    forget_all()


class Markup(HTMLParser):
    """The start tags of a page, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, Attributes]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, *names: str) -> list[Attributes]:
        return [attributes for tag, attributes in self.tags if tag in names]


@pytest.fixture
def parse() -> type[Markup]:
    return Markup


@pytest.fixture
def site(db: None) -> Site:
    return Site.objects.get(is_default_site=True)


@pytest.fixture
def home(site: Site) -> HomePage:
    home: HomePage = HomePage.objects.get(pk=site.root_page_id)
    return home


@pytest.fixture
def news_index(home: HomePage) -> NewsIndexPage:
    index: NewsIndexPage = home.add_child(instance=NewsIndexPage(title="Tin tức", show_in_menus=True))
    return index


@pytest.fixture
def write(news_index: NewsIndexPage) -> Any:
    """Publish an article: `write("Tiêu đề", date=…)`."""

    def publish(title: str, **fields: Any) -> NewsPage:
        article: NewsPage = news_index.add_child(instance=NewsPage(title=title, lead="Tóm tắt.", **fields))
        return article

    return publish


@pytest.fixture(scope="module")
def _demo_of_this_module(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    with demo_site(django_db_blocker, tmp_path_factory):
        yield


@pytest.fixture
def demo(_demo_of_this_module: None, site: Site) -> Site:
    """The site with the demo, which is loaded once a module: later tests of the module find it there too."""
    return site


@pytest.fixture
def demo_pages(demo: Site) -> list[Page]:
    """Every kind of page that the demo has, and all of its articles."""
    pages = list(Page.objects.filter(depth__gt=1).specific())
    assert {HomePage, NewsIndexPage, NewsPage, EmulationPage} <= {type(page) for page in pages}
    return pages
