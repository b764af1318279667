from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from every_block import a_body
from pytest_django import Settings
from wagtail.models import Page, PageViewRestriction

from cms.api import reading
from cms.news.models import NewsPage

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
