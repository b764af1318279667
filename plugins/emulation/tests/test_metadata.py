"""What pages tell search engines and those who share them."""

from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.test import RequestFactory
from wagtail.models import Page
from wagtail_emulation.models import EmulationIndexPage, EmulationPage

Told = dict[str, list[str]]


def told_by(page: Page) -> Told:
    """Every meta element of the page's part, by name or property; a site decides where it shows the part."""
    request = RequestFactory().get(page.url)
    html = render_to_string("wagtail_emulation/includes/metadata.html", page.get_context(request), request)
    found: Told = {}
    for meta in BeautifulSoup(html, "html.parser").select("meta[content]"):
        found.setdefault(str(meta.get("property") or meta["name"]), []).append(str(meta["content"]))
    return found


def test_a_page_tells_its_lead_its_address_and_its_first_picture(full_page: EmulationPage) -> None:
    told = told_by(full_page)
    assert told["description"] == told["og:description"] == ["Sở nhìn lại một năm thi đua."]
    assert told["og:title"] == ["Tổng kết năm 2020, phát động năm 2021"]
    assert told["og:type"] == ["article"]
    assert told["og:url"] == [full_page.full_url]
    assert told["og:locale"] == ["vi_VN"]
    [picture] = told["og:image"]
    assert picture.startswith("http://testserver/media/")
    assert "fill-1200x630" in picture
    assert (told["og:image:width"], told["og:image:height"]) == (["1200"], ["630"])
    assert told["og:image:alt"] == ["Lãnh đạo Sở phát biểu"]
    assert told["twitter:card"] == ["summary_large_image"]
    assert "Phạm Kín Tiếng" not in str(told)


def test_what_the_editor_wrote_for_search_engines_comes_first_and_is_left_to_the_site(full_page: EmulationPage) -> None:
    full_page.search_description, full_page.seo_title = "Mười hai <sáng kiến> & một cờ thi đua.", "Tổng kết 2020"
    full_page.save()
    told = told_by(full_page)
    assert "description" not in told
    assert told["og:description"] == ["Mười hai <sáng kiến> & một cờ thi đua."]
    assert told["og:title"] == ["Tổng kết 2020"]


def test_an_index_tells_its_introduction_and_the_picture_of_what_it_lists(
    full_page: EmulationPage, index: EmulationIndexPage
) -> None:
    told = told_by(index)
    assert told["description"] == told["og:description"] == ["Các phong trào của Sở."]
    assert told["og:type"] == ["website"]
    assert "fill-1200x630" in told["og:image"][0]


def test_a_page_without_pictures_tells_none(make_page: Any) -> None:
    told = told_by(make_page())
    assert "og:image" not in told
    assert told["twitter:card"] == ["summary"]


def test_a_page_whose_picture_is_gone_is_shown_and_tells_none(full_page: EmulationPage, photo: Any) -> None:
    photo.file.storage.delete(photo.file.name)
    assert "og:image" not in told_by(full_page)


@pytest.mark.parametrize("length", [299, 300, 301, 600])
def test_a_long_lead_is_cut_for_machines(make_page: Any, length: int) -> None:
    [description] = told_by(make_page(lead="đ" * length))["description"]
    assert len(description) == min(length, 300)


def test_the_stylesheet_is_found_and_knows_every_class_of_the_templates_that_it_needs() -> None:
    found = finders.find("wagtail_emulation/emulation.css")
    assert found
    sheet = Path(str(found)).read_text("utf-8")
    for name in ("emulation-page", "emulation-card", "emulation-scroll", "emulation-commendations", "emulation-kinds"):
        assert f".{name}" in sheet
    assert "url(" not in sheet
    assert len(sheet) < 8000
