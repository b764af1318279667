"""Every block of a body as readers, editors and the search get it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.images import ImageFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from every_block import BODY, TABLE, a_body
from pictures import draw
from pytest_django import Settings
from wagtail.documents import get_document_model
from wagtail.images import get_image_model
from wagtail.models import Page, PageViewRestriction

from cms.core.blocks.tables import HeadCell, head_of, read_number, write_number
from cms.core.embeds import player_of
from cms.core.pictures.words import is_name_of_a_file
from cms.news.models import NewsPage

SMALL = (420, 300)  # a picture whose renditions take little time


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


@pytest.fixture
def article(write: Any, media: Path, tmp_path: Path) -> NewsPage:
    others = [write("Bài công khai"), write("Bài nội bộ"), write("Bản nháp")]
    PageViewRestriction.objects.create(page=others[1], restriction_type=PageViewRestriction.LOGIN)
    others[2].unpublish()
    page: NewsPage = write("Bài có mọi khối", body=json.dumps(a_body(tmp_path, others, size=SMALL)))
    return page


def read(client: Client, page: Page) -> str:
    answer = client.get(page.get_url(), headers={"host": "localhost"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_readers_get_every_block_with_nothing_from_outside(
    article: NewsPage, client: Client, settings: Settings
) -> None:
    html = read(client, article)
    body = html[html.index('<div class="article__body">') :]

    for part in (
        "CO<sub>2</sub>",
        "<u>85%</u>",
        "<h2>I. Mục tiêu</h2>",
        "<h3>1. Mục tiêu chung</h3>",
        'class="callout callout--warning"',
        'alt="Người mua hàng"',
        "Gian hàng</figcaption>",
        '<th scope="colgroup" colspan="2">Kinh phí</th>',
        '<th scope="col" rowspan="2">Huyện</th>',
        '<th scope="row">Vĩnh Bảo &lt;i&gt;<br>(mới)</th>',
        '<td class="table__number">1.250,50</td>',
        '<td class="table__date">05/01/2026</td>',
        'role="region" tabindex="0" aria-label="Bảng: Bảng 1. Phiên chợ"',
        "PDF, 2,0\xa0MB",
        '<a class="button" href="/tin-tuc/bai-cong-khai/">Nộp hồ sơ</a>',
        'rel="noopener">',
    ):
        assert part in body, part
    see_also = body[body.index('class="see-also"') : body.index("</section>", body.index('class="see-also"'))]
    assert "Bài công khai" in see_also
    assert "Bài nội bộ" not in see_also
    assert "Bản nháp" not in see_also
    assert not re.findall(r'(?:src|srcset|poster)="https?:', html)
    assert "data-player" not in body

    settings.EMBEDS = ("youtube",)
    allowed = read(client, article)
    assert 'data-player="https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&amp;rel=0"' in allowed
    assert not re.findall(r'(?:src|srcset|poster)="https?:', allowed)


def test_a_body_asks_once_for_each_kind_of_what_is_in_it(article: NewsPage, client: Client, write: Any) -> None:
    plain = write("Bài không có gì")
    twice = write("Bài dài gấp đôi", body=json.dumps(list(article.body.raw_data) * 2))

    def queries(page: NewsPage) -> int:
        read(client, page)
        with CaptureQueriesContext(connection) as asked:
            read(client, page)
        return len(asked)

    one, two = queries(article), queries(twice)
    assert two == one
    assert one - queries(plain) <= 8


def test_the_search_finds_the_words_of_every_block(article: NewsPage) -> None:
    found = " ".join(str(text) for text in article.body.stream_block.get_searchable_content(article.body))

    for words in (
        "m3",
        "I. Mục tiêu",
        "Hạn nộp",
        "Người mua hàng",
        "Gian hàng",
        "Lời của phim",
        "Kinh phí",
        "Vĩnh Bảo",
    ):
        assert words in found, words


def test_what_was_deleted_leaves_its_page_whole(article: NewsPage, client: Client) -> None:
    get_image_model().objects.all().delete()
    get_document_model().objects.all().delete()
    Page.objects.filter(title="Bài công khai").delete()

    html = read(client, article)

    assert "Bảng 1" in html
    assert "Nộp hồ sơ" not in html


@pytest.mark.parametrize("kind", BODY.child_blocks)
def test_the_chooser_shows_what_a_block_looks_like(article: NewsPage, admin_client: Client, kind: str) -> None:
    block = NewsPage._meta.get_field("body").stream_block.child_blocks[kind]
    assert block.is_previewable
    assert block.get_description()

    answer = admin_client.get(
        reverse("wagtailadmin_block_preview"), {"id": block.definition_prefix}, headers={"host": "localhost"}
    )

    assert answer.status_code == 200
    assert "core/css/site." in answer.content.decode()


Change = Callable[[dict[str, Any]], None]


def refused(kind: str, value: Any, *, draft: bool = False) -> bool:
    stream = BODY.to_python([{"type": kind, "value": value}])
    try:
        BODY.clean_deferred(stream) if draft else BODY.clean(stream)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param("table", TABLE | {"table": TABLE["table"] | {"caption": " "}}, id="a table without caption"),  # type: ignore[operator]
        pytest.param("table", TABLE | {"table": TABLE["table"] | {"rows": []}}, id="an empty table"),  # type: ignore[operator]
        pytest.param("button", {"text": "Xem"}, id="a button that leads nowhere"),
        pytest.param("video", {"url": "", "title": "Phim"}, id="a film without address"),
        pytest.param("related", {"pages": []}, id="no page"),
    ],
)
def test_what_is_needed_to_publish_a_draft_may_lack(kind: str, value: Any) -> None:
    assert refused(kind, value)
    assert not refused(kind, value, draft=True)


def test_a_button_leads_to_one_place() -> None:
    one = {"text": "Xem", "url": "https://example.vn/"}
    assert not refused("button", one)
    assert refused("button", one | {"url": "javascript:alert(1)"}, draft=True)
    assert refused("table", TABLE | {"table": TABLE["table"] | {"rows": [{"values": ["a", None, None, None]}] * 501}})  # type: ignore[operator]


@pytest.mark.parametrize(
    ("alt", "draft", "wanted"),
    [
        pytest.param("", False, True, id="none"),
        pytest.param("", True, False, id="none, draft"),
        pytest.param("IMG_1234.JPG", False, True, id="a camera's name"),
        pytest.param("anh", False, True, id="the file's own name"),
        pytest.param("Người dân mua hàng", False, False, id="words"),
    ],
)
def test_a_picture_says_what_it_shows(
    db: None, media: Path, tmp_path: Path, alt: str, draft: bool, wanted: bool
) -> None:
    with draw(tmp_path / "anh.png", 30, 20).open("rb") as file:
        image = get_image_model().objects.create(title="anh.png", file=ImageFile(file, name="anh.png"))
    shown = {"image": image.pk, "alt_text": alt, "decorative": False}

    assert refused("figure", {"image": shown}, draft=draft) is wanted
    assert not refused("figure", {"image": shown | {"decorative": True}})
    assert image.default_alt_text == ""


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("IMG_20260102_123456", True),
        ("DSC00012", True),
        ("z4567890123_abc", True),
        ("Screenshot 2026-01-02", True),
        ("Ảnh 1", True),
        ("hop-giao-ban.png", True),
        ("Họp giao ban tháng 5", False),
        ("Khối 12 trường chuyên", False),
    ],
)
def test_names_of_files_are_told_from_words(text: str, wanted: bool) -> None:
    image = SimpleNamespace(file=SimpleNamespace(name="original_images/hop-k3x8m2p9qa.jpg"))

    assert is_name_of_a_file(text, image) is wanted


@pytest.mark.parametrize(
    ("headings", "rows"),
    [
        pytest.param(["", ""], [], id="none"),
        pytest.param(["A", "B"], [[("A", 1, 1), ("B", 1, 1)]], id="plain"),
        pytest.param(
            ["STT", "Kinh phí | 2025", "Kinh phí | 2026", "Ghi chú"],
            [[("STT", 1, 2), ("Kinh phí", 2, 1), ("Ghi chú", 1, 2)], [("2025", 1, 1), ("2026", 1, 1)]],
            id="two columns under one",
        ),
        pytest.param(
            ["A | B | 1", "A | B | 2", "A | C", "A | B | 3"],
            [
                [("A", 4, 1)],
                [("B", 2, 1), ("C", 1, 2), ("B", 1, 1)],
                [("1", 1, 1), ("2", 1, 1), ("3", 1, 1)],
            ],
            id="three levels",
        ),
        pytest.param(["Số", "Số"], [[("Số", 1, 1), ("Số", 1, 1)]], id="equal headings are not one"),
    ],
)
def test_headings_that_begin_alike_are_merged(headings: list[str], rows: list[list[tuple[str, int, int]]]) -> None:
    def told(cell: HeadCell) -> tuple[str, int, int]:
        return cell.text, cell.columns, cell.rows

    assert [[told(cell) for cell in row] for row in head_of(headings)] == rows


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234.567", "1234567"),
        ("1 234,5", "1234.5"),
        ("1\u00a0234", "1234"),
        ("1234.5", "1234.5"),
        ("1,234,567.8", "1234567.8"),
        ("−3,5", "-3.5"),
        ("1.327", "1327"),
        ("0,50", "0.50"),
        ("85%", None),
        ("1.2.3", None),
        ("NaN", None),
        ("9" * 41, None),
    ],
)
def test_numbers_are_read_as_people_here_write_them(text: str, number: str | None) -> None:
    found = read_number(text)

    assert found == (None if number is None else Decimal(number))
    assert read_number(write_number(found)) == found


@pytest.mark.parametrize(
    ("url", "player"),
    [
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&rel=0"),
        (
            "https://m.youtube.com/watch?app=m&v=dQw4w9WgXcQ",
            "https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ?autoplay=1&rel=0",
        ),
        ("https://vimeo.com/76979871", None),
        ("https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ", None),
        ('https://youtu.be/"><script>', None),
    ],
)
def test_players_are_of_the_sites_that_are_named(url: str, player: str | None) -> None:
    assert player_of(url, ("youtube",)) == player
    assert player_of(url, ()) is None
