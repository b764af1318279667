from __future__ import annotations

from pathlib import Path
from typing import IO

import pytest
from pytest_django import Settings

from cms.core.pictures import child, copies, unread
from cms.core.pictures.rendering import Recipe


@pytest.fixture(autouse=True)
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """What went to a child process."""
    recipes: list[Recipe] = []

    def render_in_child(source: IO[bytes], recipe: Recipe) -> bytes:
        recipes.append(recipe)
        return child.render_in_child(source, recipe)

    monkeypatch.setattr(unread, "render_in_child", render_in_child)
    monkeypatch.setattr(copies, "render_in_child", render_in_child)
    monkeypatch.setattr(unread, "COPIES", copies.Copies())
    return recipes
