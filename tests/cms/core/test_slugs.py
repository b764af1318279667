from __future__ import annotations

import json
import re
import unicodedata
from typing import Any

import pytest
from wagtail_emulation.models import EmulationPage

from cms.core.slugs import slug_of, spelling_rules
from cms.core.widgets import VietnameseSlugInput
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsPage

PANGRAM = "Đường dây điện ở Đà Nẵng, Huế; ừ, kỹ nữ ghê gớm, quỳ, xoẹt, ễnh ương, lẫm chẫm, hổ, ngỡ ngàng, ỷ lại"


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        pytest.param("Đường dây điện", "duong-day-dien", id="đ is kept as d"),
        pytest.param("Thi đua – Khen thưởng", "thi-dua-khen-thuong", id="dash between words"),
        pytest.param("Giao ước: năm 2021!", "giao-uoc-nam-2021", id="punctuation falls away"),
        pytest.param("ĐẶNG", "dang", id="capitals"),
    ],
)
def test_a_slug_spells_the_title_without_marks(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_a_page_made_without_a_slug_gets_one_from_its_title(home: HomePage) -> None:
    page = home.add_child(instance=PlainPage(title="Điện và đời sống"))

    assert page.slug == "dien-va-doi-song"


def test_two_pages_of_one_title_get_two_slugs(home: HomePage) -> None:
    first, second = (home.add_child(instance=PlainPage(title="Định hướng")) for _ in range(2))

    assert (first.slug, second.slug) == ("dinh-huong", "dinh-huong-2")


def test_a_slug_that_the_editor_chose_stays(home: HomePage) -> None:
    page = home.add_child(instance=PlainPage(title="Định hướng", slug="dinh-huong-moi"))

    assert page.slug == "dinh-huong-moi"


@pytest.mark.parametrize("page_type", [pytest.param(NewsPage, id="news"), pytest.param(EmulationPage, id="plugin")])
def test_the_admin_gives_every_page_type_the_vietnamese_slug_field(page_type: Any) -> None:
    widget = page_type.get_edit_handler().get_form_class().base_fields["slug"].widget

    assert isinstance(widget, VietnameseSlugInput)
    assert json.loads(widget.attrs["data-w-slug-formatters-value"])


@pytest.mark.parametrize(
    "title",
    [
        pytest.param(unicodedata.normalize("NFC", PANGRAM), id="letters with their marks"),
        pytest.param(unicodedata.normalize("NFD", PANGRAM), id="letters and marks apart"),
    ],
)
def test_the_admins_rules_leave_only_plain_letters(title: str) -> None:
    for pattern, plain in spelling_rules():
        title = re.sub(pattern, plain, title)

    assert title.isascii()
    assert slug_of(title) == slug_of(PANGRAM)
