"""Addresses spell Vietnamese titles right, in any site and with any setting."""

import json
import re
import unicodedata
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from wagtail.models import Page
from wagtail_emulation.models import EmulationIndexPage, EmulationPage
from wagtail_emulation.slugs import slug_of, spelling_rules

TITLE = "Thi đua – Khen thưởng"
PANGRAM = "Đường dây điện ở Đà Nẵng, Huế; ừ, kỹ nữ ghê gớm, quỳ, xoẹt, ễnh ương, lẫm chẫm, hổ, ngỡ ngàng, ỷ lại"

unicode_slugs = pytest.mark.parametrize(
    "allowed", [pytest.param(True, id="unicode slugs"), pytest.param(False, id="plain slugs")]
)


@unicode_slugs
def test_a_page_made_in_code_has_its_title_as_its_address(home: Page, settings: Any, *, allowed: bool) -> None:
    settings.WAGTAIL_ALLOW_UNICODE_SLUGS = allowed
    index = home.add_child(instance=EmulationIndexPage(title=TITLE))
    first, second = (
        index.add_child(instance=EmulationPage(title="Đại hội điển hình", event_date=date(2026, 1, 2), lead="…"))
        for _ in range(2)
    )
    assert index.url == "/thi-dua-khen-thuong/"
    assert (first.slug, second.slug) == ("dai-hoi-dien-hinh", "dai-hoi-dien-hinh-2")


def test_an_address_that_somebody_chose_stays(home: Page) -> None:
    assert home.add_child(instance=EmulationIndexPage(title=TITLE, slug="phong-trao")).slug == "phong-trao"


@pytest.mark.parametrize("form", [unicodedata.normalize("NFC", PANGRAM), unicodedata.normalize("NFD", PANGRAM)])
def test_the_rules_of_the_editors_script_leave_only_plain_letters(form: str) -> None:
    for pattern, plain in spelling_rules():
        form = re.sub(pattern, plain, form)
    assert form.isascii()
    assert slug_of(form) == slug_of(PANGRAM)


@pytest.mark.parametrize("name", ["emulationindexpage", "emulationpage"])
def test_the_editors_slug_field_has_the_rules(editor: Client, index: EmulationIndexPage, name: str) -> None:
    parent = index.pk if name == "emulationpage" else index.get_parent().pk
    address = reverse("wagtailadmin_pages:add", args=["wagtail_emulation", name, parent])
    field = BeautifulSoup(editor.get(address).content, "html.parser").select_one("#id_slug")
    assert field is not None
    rules = json.loads(str(field["data-w-slug-formatters-value"]))
    assert len(rules) == len(spelling_rules())
    assert [["[đĐ]", "gu"], "d"] in rules
