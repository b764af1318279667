from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import pytest_django
from demo_site import longer_than_a_test
from django.test import Client, override_settings
from every_block import a_body
from hidden import Hidden, hide_everything
from pytest_django import Settings
from wagtail.models import Page, PageViewRestriction, Site

from cms import urls
from cms.api import reading
from cms.home.models import HomePage
from cms.news.models import NewsIndexPage, NewsPage

Ask = Callable[..., Any]


@pytest.fixture
def ask(client: Client) -> Ask:
    """`ask("pages/", limit=1)`: the JSON of the answer, which must be 200 unless `status` says another.

    `ask.last` is the whole answer.
    """

    def get(path: str, /, *, status: int = 200, host: str = "localhost", **query: Any) -> Any:
        answer = client.get(f"/api/v2/{path}", query, headers={"host": host})
        assert answer.status_code == status, answer.content.decode()
        get.last = answer  # type: ignore[attr-defined]
        return json.loads(answer.content)

    return get


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def others(write: Any) -> list[Page]:
    """Three articles: of everybody, of a private section, unpublished."""
    pages: list[Page] = [write("Bài công khai"), write("Bài nội bộ"), write("Bản nháp")]
    PageViewRestriction.objects.create(page=pages[1], restriction_type=PageViewRestriction.LOGIN)
    pages[2].unpublish()
    return pages


@pytest.fixture
def article(write: Any, others: list[Page], media: Path, tmp_path: Path) -> NewsPage:
    """With every block; its pictures are small, so that they take little time."""
    page: NewsPage = write("Bài có mọi khối", body=json.dumps(a_body(tmp_path, others, size=(420, 300))))
    return page


@pytest.fixture
def all_renditions_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_MADE", 10_000)


@pytest.fixture
def v3(settings: Settings) -> None:
    """The portal's addresses as they are with NHIP_API_V3."""
    settings.API = replace(settings.API, v3=True)
    settings.ROOT_URLCONF = _addresses()


@pytest.fixture
def ask_v3(client: Client, v3: None) -> Any:
    """As ``ask``, of v3."""

    def get(below: str, /, *, status: int = 200, host: str = "localhost", **query: Any) -> Any:
        answer = client.get(f"/api/v3/{below}", query, headers={"host": host})
        assert answer.status_code == status, answer.content.decode()
        get.last = answer  # type: ignore[attr-defined]
        return json.loads(answer.content) if answer.content else None

    return get


def _addresses() -> ModuleType:
    spec = importlib.util.spec_from_file_location("cms_urls_with_v3", urls.__file__)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def _hidden_of_this_module(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hidden]:
    directory = tmp_path_factory.mktemp("hidden")
    with (
        longer_than_a_test(django_db_blocker, directory / "data"),
        override_settings(MEDIA_ROOT=directory / "media"),
    ):
        home = HomePage.objects.get(pk=Site.objects.get(is_default_site=True).root_page_id)
        index = home.add_child(instance=NewsIndexPage(title="Tin tức", show_in_menus=True))
        yield hide_everything(home, index, directory)


@pytest.fixture
def hidden(_hidden_of_this_module: Hidden, db: None) -> Hidden:
    """Made once for this module, whose tests only read."""
    return _hidden_of_this_module
