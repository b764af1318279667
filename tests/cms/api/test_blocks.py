"""What each block looks like as JSON, and that nothing in it leads nowhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from every_block import a_body
from pytest_django import Settings
from wagtail.documents import get_document_model
from wagtail.models import Page

from cms.news.models import NewsPage


def body_of(ask: Any, page: Page) -> dict[str, Any]:
    """The value of each block by its type."""
    return {block["type"]: block["value"] for block in ask(f"pages/{page.pk}/")["body"]}


def test_words_are_words(article: NewsPage, ask: Any) -> None:
    body = body_of(ask, article)

    assert body["paragraph"] == "<p>CO<sub>2</sub>, m<sup>3</sup>, <u>85%</u></p>"
    assert body["heading"] == "I. Mục tiêu"
    assert body["subheading"] == "1. Mục tiêu chung"
    assert body["quote"] == {"text": "Lời hay", "source": "Giám đốc"}
    assert body["callout"] == {"kind": "warning", "title": "Hạn nộp", "text": "<p>Trước 30/11</p>"}


def test_blocks_keep_their_order_and_ids(article: NewsPage, ask: Any) -> None:
    blocks = ask(f"pages/{article.pk}/")["body"]

    assert [block["type"] for block in blocks] == [block.block_type for block in article.body]
    assert [block["id"] for block in blocks] == [raw.get("id") for raw in article.body.raw_data]


def test_a_table_has_typed_cells_and_a_merged_head(article: NewsPage, ask: Any, client: Any) -> None:
    assert body_of(ask, article)["table"] == {
        "caption": "Bảng 1. Phiên chợ",
        "columns": [
            {"type": "text", "heading": "Huyện"},
            {"type": "number", "heading": "Kinh phí | Năm 2025"},
            {"type": "number", "heading": "Kinh phí | Năm 2026"},
            {"type": "date", "heading": "Ngày mở"},
        ],
        "head": [
            [
                {"text": "Huyện", "columns": 1, "rows": 2, "is_group": False},
                {"text": "Kinh phí", "columns": 2, "rows": 1, "is_group": True},
                {"text": "Ngày mở", "columns": 1, "rows": 2, "is_group": False},
            ],
            [
                {"text": "Năm 2025", "columns": 1, "rows": 1, "is_group": False},
                {"text": "Năm 2026", "columns": 1, "rows": 1, "is_group": False},
            ],
        ],
        "rows": [["Vĩnh Bảo <i>\n(mới)", 1250.5, None, "2026-01-05"]],
        "first_column_is_header": True,
        "source": "Nguồn: Sở",
    }
    assert b"1250.50" in client.get(f"/api/v2/pages/{article.pk}/", headers={"host": "localhost"}).content


def test_pictures_say_their_words(article: NewsPage, ask: Any) -> None:
    body = body_of(ask, article)

    assert {key: body["figure"][key] for key in ("alt", "caption", "credit", "width", "height", "focal_point")} == {
        "alt": "Người mua hàng",
        "caption": "Chợ phiên",
        "credit": "Sở",
        "width": 420,
        "height": 300,
        "focal_point": None,
    }
    assert [picture["caption"] for picture in body["gallery"]["pictures"]] == ["Gian hàng"] * 2
    assert "credit" not in body["gallery"]["pictures"][0]
    assert body["gallery"]["credit"] == "Sở"
    assert body["video"]["poster"]["alt"] == "Chợ"  # the picture's own words


def test_a_film_has_a_player_only_where_a_setting_names_its_site(
    article: NewsPage, ask: Any, settings: Settings
) -> None:
    video = body_of(ask, article)["video"]
    assert {key: video[key] for key in ("url", "title", "length", "summary", "player")} == {
        "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "title": "Phiên chợ",
        "length": "3 phút",
        "summary": "Lời của phim",
        "player": None,
    }

    settings.EMBEDS = ("youtube",)
    assert body_of(ask, article)["video"]["player"].startswith("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ")


def test_files_links_and_buttons_lead_to_whole_addresses(article: NewsPage, others: list[Page], ask: Any) -> None:
    body = body_of(ask, article)
    document = get_document_model().objects.get()

    assert body["attachments"] == {
        "heading": "Tệp",
        "files": [
            {
                "id": document.pk,
                "title": "Kế hoạch",
                "filename": document.filename,
                "kind": "pdf",
                "content_type": "application/pdf",
                "size": 2_100_000,
                "url": f"http://localhost{document.url}",
            }
        ],
    }
    assert body["button"]["url"] == "http://localhost/tin-tuc/bai-cong-khai/"
    assert body["button"]["page"]["id"] == others[0].pk
    assert [page["title"] for page in body["related"]["pages"]] == ["Bài công khai"]


TEXTS = [
    ('<a linktype="page" id="{public}">x</a>', '<a href="http://localhost/tin-tuc/bai-cong-khai/">x</a>'),
    ('<a id="{public}" linktype="page">x</a>', '<a href="http://localhost/tin-tuc/bai-cong-khai/">x</a>'),
    ('<a linktype="page" id="{private}">x</a>', "<a>x</a>"),
    ('<a linktype="page" id="{draft}">x</a>', "<a>x</a>"),
    ('<a linktype="page" id="987654">x</a>', "<a>x</a>"),
    ('<a linktype="page" id="x">x</a>', "<a>x</a>"),
    ('<a linktype="page" id="99999999999999999999999">x</a>', "<a>x</a>"),
    ('<a linktype="document" id="{document}">x</a>', '<a href="http://localhost{url}">x</a>'),
    ('<a linktype="document" id="987654">x</a>', "<a>x</a>"),
    ('<a linktype="nothing" id="1">x</a>', "<a>x</a>"),
    ('<a href="/lien-he/?a=1&amp;b=2">x</a>', '<a href="http://localhost/lien-he/?a=1&amp;b=2">x</a>'),
    ('<a href="//example.vn/">x</a>', '<a href="http://example.vn/">x</a>'),
    ('<a href="https://example.vn/?a=1&amp;b">x</a>', '<a href="https://example.vn/?a=1&amp;b">x</a>'),
    ('<a href="mailto:so@example.vn">x</a>', '<a href="mailto:so@example.vn">x</a>'),
    ('<a href="#muc">x</a>', '<a href="#muc">x</a>'),
    (
        '<embed embedtype="media" url="https://example.vn/phim"/>',
        '<a href="https://example.vn/phim">https://example.vn/phim</a>',
    ),
    ('<embed embedtype="media" url="javascript:alert(1)"/>', ""),
    ('<embed embedtype="image" id="987654" alt="x" format="left"/>', ""),
    ('<embed embedtype="nothing"/>', ""),
]


@pytest.mark.parametrize(("stored", "shown"), TEXTS, ids=[stored[:48] for stored, _shown in TEXTS])
def test_rich_text_leads_somewhere_or_nowhere(
    write: Any, others: list[Page], media: Path, ask: Any, stored: str, shown: str
) -> None:
    document = get_document_model().objects.create(title="x", file=ContentFile(b"%PDF-1.7", name="x.pdf"))
    facts = {"public": others[0].pk, "private": others[1].pk, "draft": others[2].pk}
    facts |= {"document": document.pk, "url": document.url}
    page = write("Bài", body=json.dumps([{"type": "paragraph", "value": f"<p>{stored.format(**facts)}</p>"}]))

    assert body_of(ask, page)["paragraph"] == f"<p>{shown.format(**facts)}</p>"


def test_what_was_deleted_is_left_out(article: NewsPage, ask: Any) -> None:
    for one in (*article.body[5].value["image"].__class__.objects.all(), *get_document_model().objects.all()):
        one.delete()

    body = body_of(ask, article)

    assert "figure" not in body
    assert "gallery" not in body
    assert "attachments" not in body
    assert body["video"]["poster"] is None


def test_values_that_an_older_version_stored_are_read(write: Any, media: Path, tmp_path: Path, ask: Any) -> None:
    stored = a_body(tmp_path, [write("Bài khác")], size=(60, 40))
    values = {block["type"]: block["value"] for block in stored if block["type"] != "button"}
    values["figure"] = {"image": values["figure"]["image"]["image"]}  # before images had alternative text
    values["callout"] = {"kind": "removed", "title": "x", "text": "y"}
    values["gone"] = "a block that there is no more"
    del values["quote"]["source"]
    values["table"] = {"table": None}
    values["attachments"]["files"] = [
        {"type": "item", "id": "1", "value": one} for one in values["attachments"]["files"]
    ]
    page = write("Bài", body=json.dumps([{"type": kind, "value": value} for kind, value in values.items()]))

    body = body_of(ask, page)

    assert body["figure"]["alt"] == "Chợ"
    assert body["callout"]["kind"] == ""
    assert "gone" not in body
    assert body["quote"] == {"text": "Lời hay", "source": ""}
    assert body["table"]["rows"] == []
    assert len(body["attachments"]["files"]) == 1
