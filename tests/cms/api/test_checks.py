"""What the API can't show is said at the start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from wagtail import blocks
from wagtail.api import APIField

from cms.api import fields
from cms.api.checks import check_fields
from cms.core.blocks import BodyBlock
from cms.home.models import PlainPage
from cms.news.models import NewsPage


@pytest.fixture(autouse=True)
def _fields_of_this_test() -> Iterator[None]:
    fields._fields_of.cache_clear()
    yield
    fields._fields_of.cache_clear()


class Strange(blocks.Block):
    """Of a class that nobody knows."""


def test_everything_that_is_named_can_be_shown() -> None:
    assert check_fields() == []


@pytest.mark.parametrize("name", ["locked_by", "get_parent", "no_such_field"])
def test_a_field_that_can_t_be_shown_is_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(PlainPage, "api_fields", [APIField(name)])

    assert [(error.id, name in error.msg) for error in check_fields()] == [("nhip.api.E001", True)]


def test_a_block_that_can_t_be_shown_is_named_and_nothing_of_it_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    block = PlainPage._meta.get_field("body").stream_block
    assert isinstance(block, BodyBlock)
    strange = Strange()
    strange.set_name("strange")
    monkeypatch.setitem(block.child_blocks, "strange", strange)

    assert [(error.id, "strange" in error.msg) for error in check_fields()] == [("nhip.api.E002", True)]


def test_nothing_of_such_a_block_goes_out(write: Any, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    article = write(
        "Bài", body=json.dumps([{"type": "heading", "value": "Mật"}, {"type": "quote", "value": {"text": "Lời"}}])
    )
    monkeypatch.setitem(NewsPage._meta.get_field("body").stream_block.child_blocks, "heading", Strange())

    assert [block["type"] for block in ask(f"pages/{article.pk}/")["body"]] == ["quote"]
