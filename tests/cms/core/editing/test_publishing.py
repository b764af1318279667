"""What the editor refuses, allows and fills in, over HTTP."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.images import ImageFile
from django.test import Client
from django.urls import reverse
from pictures import draw
from pytest_django import Settings
from wagtail.images.models import Image
from wagtail.models import Page

from cms.news.models import NewsIndexPage, NewsPage

HOST = {"host": "localhost"}


@pytest.fixture
def image(db: None, settings: Settings, tmp_path: Path) -> Image:
    settings.MEDIA_ROOT = tmp_path / "media"
    with draw(tmp_path / "IMG_1234.png", 40, 30).open("rb") as file:
        image: Image = Image.objects.create(title="IMG_1234.png", file=ImageFile(file, name="IMG_1234.png"))
    return image


def send(client: Client, index: NewsIndexPage, **fields: Any) -> str:
    """What the form says; empty if it was taken."""
    form = {
        "title": "Bài",
        "slug": f"bai-{NewsPage.objects.count()}",
        "lead": "Tóm tắt.",
        "date": "29/11/2026",
        "body-count": "0",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
        **fields,
    }
    answer = client.post(reverse("wagtailadmin_pages:add", args=["news", "newspage", index.pk]), form, headers=HOST)
    if answer.status_code == 302:
        return ""
    return unescape(" ".join(re.findall(r'class="error-message">(.*?)<', answer.content.decode(), re.DOTALL)))


def test_an_article_is_published_when_its_picture_has_words(
    admin_client: Client, news_index: NewsIndexPage, image: Image
) -> None:
    publish = {"action-publish": "action-publish", "image": image.pk}

    assert "chưa có lời mô tả" in send(admin_client, news_index, **publish)
    image.description = "IMG_1234"
    image.save()
    assert "chưa có lời mô tả" in send(admin_client, news_index, **publish)
    assert send(admin_client, news_index, image=image.pk) == "", "a draft"
    image.description = "Họp giao ban tháng 11"
    image.save()
    assert send(admin_client, news_index, **publish) == ""
    assert NewsPage.objects.filter(live=True).count() == 1


def test_a_lead_over_its_limit_is_said_and_not_cut(admin_client: Client, news_index: NewsIndexPage) -> None:
    said = send(admin_client, news_index, lead="ở" * 501)

    assert "500" in said
    assert "501" in said
    assert not NewsPage.objects.exists()


def test_a_copy_works_at_once(admin_client: Client, write: Any, news_index: NewsIndexPage) -> None:
    page = write("Họp giao ban", slug="hop-giao-ban")
    for number in (2, 3):
        address = reverse("wagtailadmin_pages:copy", args=[page.pk])
        form = admin_client.get(address, headers=HOST).context["form"]
        filled = {name: field.initial for name, field in form.fields.items() if field.initial}
        assert filled["new_slug"] == f"hop-giao-ban-{number}"

        answer = admin_client.post(address, filled | {"new_parent_page": news_index.pk}, headers=HOST)

        assert answer.status_code == 302
    assert Page.objects.filter(title="Họp giao ban (bản sao)").count() == 2


def test_an_article_of_a_title_that_another_has_gets_a_number(
    admin_client: Client, write: Any, news_index: NewsIndexPage
) -> None:
    write("Lịch tiếp công dân", slug="lich-tiep-cong-dan")

    assert send(admin_client, news_index, title="Lịch tiếp công dân", slug="lich-tiep-cong-dan") == ""
    assert set(NewsPage.objects.values_list("slug", flat=True)) == {"lich-tiep-cong-dan", "lich-tiep-cong-dan-2"}
    assert "đã là của trang khác" in send(admin_client, news_index, title="Lịch mới", slug="lich-tiep-cong-dan")

    draft = NewsPage.objects.get(slug="lich-tiep-cong-dan-2")  # whose form has the address without the number
    form = {"title": draft.title, "slug": "lich-tiep-cong-dan", "lead": "Sửa.", "body-count": "0"}
    empty = {"comments-TOTAL_FORMS": "0", "comments-INITIAL_FORMS": "0"}
    answer = admin_client.post(reverse("wagtailadmin_pages:edit", args=[draft.pk]), form | empty, headers=HOST)
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.get_latest_revision_as_object().slug == "lich-tiep-cong-dan-2"
    assert draft.get_latest_revision_as_object().lead == "Sửa."
