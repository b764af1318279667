"""A body with one of each block, with choosers of all kinds in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.images import ImageFile
from pictures import draw
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page

from cms.core.blocks import BodyBlock

BODY = BodyBlock()
TABLE = {
    "table": {
        "caption": "Bảng 1. Phiên chợ",
        "columns": [
            {"type": "text", "heading": "Huyện"},
            {"type": "number", "heading": "Kinh phí | Năm 2025"},
            {"type": "number", "heading": "Kinh phí | Năm 2026"},
            {"type": "date", "heading": "Ngày mở"},
        ],
        "rows": [{"values": ["Vĩnh Bảo <i>\n(mới)", "1250.50", None, "2026-01-05"]}],
    },
    "first_column_is_header": True,
    "source": "Nguồn: Sở",
}


def a_body(tmp_path: Path, pages: list[Page], *, size: tuple[int, int] = (1000, 700)) -> list[dict[str, Any]]:
    """The button leads to the first of ``pages``, and all of them are related."""
    with draw(tmp_path / "anh.png", *size).open("rb") as file:
        image = get_image_model().objects.create(title="anh", description="Chợ", file=ImageFile(file, name="anh.png"))
    document = get_document_model().objects.create(
        title="Kế hoạch", file=ContentFile(b"%PDF-1.7", name="Kế hoạch.pdf"), file_size=2_100_000
    )
    shown = {"image": image.pk, "alt_text": "Người mua hàng", "decorative": False}
    values = {
        "paragraph": "<p>CO<sub>2</sub>, m<sup>3</sup>, <u>85%</u></p>",
        "heading": "I. Mục tiêu",
        "subheading": "1. Mục tiêu chung",
        "quote": {"text": "Lời hay", "source": "Giám đốc"},
        "callout": {"kind": "warning", "title": "Hạn nộp", "text": "<p>Trước 30/11</p>"},
        "figure": {"image": shown, "caption": "Chợ phiên", "credit": "Sở"},
        "gallery": {"pictures": [{"image": shown, "caption": "Gian hàng"}] * 2, "caption": "", "credit": "Sở"},
        "video": {
            "url": "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
            "title": "Phiên chợ",
            "poster": image.pk,
            "length": "3 phút",
            "summary": "Lời của phim",
        },
        "table": TABLE,
        "attachments": {"heading": "Tệp", "files": [{"document": document.pk, "title": ""}]},
        "button": {"text": "Nộp hồ sơ", "page": pages[0].pk, "url": "", "document": None},
        "related": {"heading": "Xem thêm", "pages": [page.pk for page in pages]},
    }
    assert values.keys() == BODY.child_blocks.keys()
    return [{"type": kind, "value": value} for kind, value in values.items()]
