from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from wagtail.images import get_image_model
from wagtail.models import Page, Site
from wagtail_emulation.models import EmulationPage

from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsPage
from cms.statistics.models import OpeningBalance

FACTS = ("26/01/2021", "05-CT/TW", "15/05/2016", "Bộ Chính trị", "Hà Lê Thanh Chung", "Giao ước thi đua năm 2021")


def load_demo() -> str:
    output = StringIO()
    call_command("load_demo", stdout=output)
    return output.getvalue()


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Page, get_image_model(), OpeningBalance))


def test_loading_twice_changes_nothing(site: Site) -> None:
    first = load_demo()
    after_first = counts()
    second = load_demo()

    assert "Bài viết 1/12" in first
    assert "không được nạp nữa" in second
    assert counts() == after_first
    assert NewsPage.objects.count() == 12


def test_a_portal_with_content_of_its_own_is_left_alone(home: HomePage) -> None:
    home.add_child(instance=PlainPage(title="Của chúng tôi"))
    before = counts()

    load_demo()

    assert counts() == before


def test_without_a_site_the_command_says_what_to_do(db: None) -> None:
    Site.objects.all().delete()

    with pytest.raises(CommandError, match="hãy tạo"):
        load_demo()


def test_the_emulation_page_shows_its_facts_and_has_its_opening_balance(demo: Site, client: Client) -> None:
    page = EmulationPage.objects.get()

    html = client.get(page.get_url(), headers={"host": "localhost"}).content.decode()

    assert page.slug.startswith("hoi-nghi-tong-ket-thi-dua-khen-thuong-nam-2020")
    assert len(page.event_kinds) == 4
    for words in FACTS:
        assert words in html
    assert f'data-page-views="{page.pk}"' in html
    assert OpeningBalance.objects.get(page=page).views == 1327
    assert OpeningBalance.objects.get(page=None).views > 1327


def test_the_agreement_is_signed_by_five_divisions_two_units_and_the_mass_organisations(demo: Site) -> None:
    agreement = EmulationPage.objects.get().agreements.get()

    kinds: list[Any] = [signatory.kind for signatory in agreement.signatories.all()]

    assert agreement.year == 2021
    assert (kinds.count("division"), kinds.count("unit")) == (5, 2)
    assert kinds.count("mass_organisation") >= 2


def test_every_demo_page_can_be_edited_without_complaint(demo_pages: list[Page]) -> None:
    for page in demo_pages:
        page.full_clean()
        assert page.latest_revision is not None or not page.get_parent().is_root()
