"""An emulation page as a visitor sees it."""

import json
import re
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import translation
from wagtail.images import get_image_model
from wagtail.models import Page
from wagtail_emulation.models import Commendation, EmulationAgreement, EmulationIndexPage, EmulationPage


def visit(page: Page) -> BeautifulSoup:
    response = Client().get(page.url)
    assert response.status_code == 200
    return BeautifulSoup(response.content, "html.parser")


def words(soup: Any, selector: str) -> list[str]:
    return [" ".join(found.get_text(" ").split()) for found in soup.select(selector)]


@pytest.fixture(scope="module")
def every_part() -> list[BeautifulSoup]:
    """The full page as it was shown to the first test that looked at it."""
    return []


@pytest.mark.parametrize(
    ("selector", "shown"),
    [
        pytest.param("h1", ["Tổng kết năm 2020, phát động năm 2021"], id="title"),
        pytest.param(
            ".emulation-kinds__item",
            ["Hội nghị tổng kết", "Phát động thi đua", "Ký kết giao ước thi đua"],
            id="every kind of the event",
        ),
        pytest.param(".emulation-when__date", ["26/01/2021"], id="date as Vietnamese write it"),
        pytest.param(".emulation-when__place", ["Hội trường Sở Công Thương"], id="place"),
        pytest.param(".emulation-page__lead", ["Sở nhìn lại một năm thi đua."], id="lead"),
        pytest.param(".emulation-page__body h2", ["Kết quả nổi bật"], id="heading"),
        pytest.param(".emulation-page__text b", ["sáng kiến"], id="rich text"),
        pytest.param(".emulation-figure__text", ["Quang cảnh hội nghị"], id="caption"),
        pytest.param(".emulation-figure__credit", ["Ảnh: Văn phòng Sở"], id="credit"),
        pytest.param(".emulation-quote blockquote", ["Thi đua là yêu nước."], id="quote"),
        pytest.param(".emulation-quote__source", ["Trần Thị Hoa Chánh Văn phòng"], id="attribution"),
        pytest.param(".emulation-agreement__title", ["Giao ước thi đua năm 2021"], id="agreement named by its year"),
        pytest.param(
            ".emulation-signatories tbody th",
            ["Phòng Quản lý thương mại", "Trung tâm Khuyến công", "Công đoàn cơ sở"],
            id="signatories in the editor's order",
        ),
        pytest.param(
            ".emulation-signatories tbody td",
            ["Phòng", "Lê Văn Sơn", "Đơn vị trực thuộc", "–", "Tổ chức đoàn thể", "–"],
            id="signatories' kinds and representatives",
        ),
        pytest.param(
            ".emulation-commendations caption",
            ["Tập thể được khen thưởng", "Cá nhân được khen thưởng"],
            id="collectives before individuals",
        ),
        pytest.param(
            ".emulation-commendations tbody th",
            ["Văn phòng Sở", "Nguyễn Minh Tâm", "(không công bố tên)"],
            id="recipients, one withheld",
        ),
        pytest.param(
            ".emulation-directive",
            ["05-CT/TW 15/05/2016 Bộ Chính trị Về học tập và làm theo Bác"],
            id="directive",
        ),
    ],
)
def test_every_part_of_a_page_is_shown(
    request: pytest.FixtureRequest, every_part: list[BeautifulSoup], selector: str, shown: list[str]
) -> None:
    if not every_part:
        every_part.append(visit(request.getfixturevalue("full_page")))
    assert words(every_part[0].select_one(".emulation-page"), selector) == shown


def test_the_event_date_is_readable_by_machines(full_page: EmulationPage) -> None:
    times = [time["datetime"] for time in visit(full_page).select(".emulation-page time")]
    assert times == ["2021-01-26", "2016-05-15"]


def test_an_image_comes_in_several_sizes_with_its_alternative_text(full_page: EmulationPage) -> None:
    figure = visit(full_page).select_one(".emulation-figure")
    assert figure is not None
    image = figure.select_one("picture img")
    assert image is not None
    assert image["alt"] == "Lãnh đạo Sở phát biểu"
    assert image["loading"] == "lazy"
    assert re.fullmatch(r"\d+ \d+", f"{image['width']} {image['height']}")
    assert len(str(image["srcset"]).split(",")) == 3
    assert figure.select_one('source[type="image/webp"][sizes]') is not None


def test_a_drawing_in_svg_is_shown_as_it_is(make_page: Any, index: EmulationIndexPage) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="800" height="500" viewBox="0 0 800 500"/>'
    drawing = get_image_model().objects.create(title="Sơ đồ", file=ContentFile(svg, name="so-do.svg"))
    figure = {"image": {"image": drawing.pk, "alt_text": "", "decorative": True}, "caption": "", "credit": ""}
    page = make_page(body=json.dumps([{"type": "figure", "value": figure}]))
    for soup, selector in ((visit(page), ".emulation-figure img"), (visit(index), ".emulation-card__image img")):
        image = soup.select_one(selector)
        assert image is not None
        assert str(image["src"]).endswith(".svg")
        assert image["alt"] == ""
        assert image["width"]


def test_every_table_has_a_caption_and_says_what_its_headings_are_for(full_page: EmulationPage) -> None:
    tables = visit(full_page).select(".emulation-page table")
    assert len(tables) == 3
    for table in tables:
        assert table.caption is not None
        assert {heading["scope"] for heading in table.select("th")} == {"col", "row"}
        assert all(cell["data-label"] for cell in table.select("tbody th, tbody td"))


def test_a_page_with_nothing_optional_has_no_empty_headings(make_page: Any) -> None:
    soup = visit(make_page(event_kinds=[]))
    article = soup.select_one(".emulation-page")
    assert article is not None
    assert words(article, "h1, h2, h3") == ["Tổng kết thi đua năm 2020"]
    assert not article.select("section, table, figure, ul, .emulation-when__place")


def test_an_agreement_without_signatories_has_no_empty_table(make_page: Any) -> None:
    soup = visit(make_page(agreements=[EmulationAgreement(year=2021, title="Giao ước khối văn phòng")]))
    assert words(soup, ".emulation-agreement") == ["Giao ước khối văn phòng Năm giao ước: 2021"]


def test_an_event_of_several_days_shows_both_dates(make_page: Any) -> None:
    soup = visit(make_page(event_end_date=date(2021, 1, 28)))
    assert words(soup, ".emulation-when__date") == ["26/01/2021 – 28/01/2021"]


def test_text_that_looks_like_markup_stays_text(make_page: Any) -> None:
    page = make_page(lead="<script>alert(1)</script>", commendations=[Commendation(name="<b>A</b>", award="<i>")])
    article = visit(page).select_one(".emulation-page")
    assert article is not None
    assert not article.select("script, b, i")


def test_a_site_may_add_to_a_block_and_keep_the_rest(full_page: EmulationPage, settings: Any) -> None:
    own = (
        '{% extends "wagtail_emulation/emulation_page.html" %}'
        '{% block emulation_meta %}<p class="views">Lượt xem: 7</p>{% endblock %}'
        "{% block emulation_directives %}{% endblock %}"
    )
    loaders = [
        ("django.template.loaders.locmem.Loader", {"own.html": own}),
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ]
    engine = settings.TEMPLATES[0]
    options = {**engine["OPTIONS"], "loaders": loaders}
    settings.TEMPLATES = [{**engine, "APP_DIRS": False, "OPTIONS": options}]
    full_page.template = "own.html"
    soup = BeautifulSoup(full_page.make_preview_request().render().content, "html.parser")
    assert words(soup, ".emulation-page__meta .views") == ["Lượt xem: 7"]
    assert not soup.select(".emulation-directive")
    assert soup.select(".emulation-agreement")


def test_the_page_is_in_english_where_english_is_active(full_page: EmulationPage) -> None:
    with translation.override("en"):
        soup = BeautifulSoup(full_page.make_preview_request().render().content, "html.parser")
    assert words(soup, ".emulation-page > section > h2") == [
        "Emulation agreements",
        "Commendations",
        "Cited directives",
    ]
    assert words(soup, ".emulation-when__date") == ["26 January 2021"]
    assert "(name withheld)" in words(soup, ".emulation-commendations tbody th")


def test_a_page_copied_with_its_rows_has_rows_of_its_own(full_page: EmulationPage) -> None:
    copied = full_page.copy(update_attrs={"slug": "ban-sao"})
    assert copied.event_kinds == full_page.event_kinds
    assert [row.name for row in copied.agreements.get().signatories.all()] == [
        row.name for row in full_page.agreements.get().signatories.all()
    ]
    assert EmulationAgreement.objects.count() == 2


def test_the_first_image_of_the_body_represents_the_page(full_page: EmulationPage, photo: Any, make_page: Any) -> None:
    assert full_page.first_image is not None
    assert full_page.first_image.pk == photo.pk
    assert make_page(title="Không ảnh").first_image is None
