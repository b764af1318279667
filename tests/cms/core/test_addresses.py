"""No page gets an address that one of the portal's own functions answers."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from wagtail.models import Page

from cms.core.addresses import taken_segments
from cms.home.models import HomePage, PlainPage
from cms.news.models import NewsIndexPage

HOST = {"host": "localhost"}
WORDS = "chức năng của cổng"
OURS = ("tim-kiem", "chuyen-muc", "rss", "admin", "documents", "media", "static", "giao-dien", "api", "_nhip", "_util")


def said(answer: Any) -> str:
    return unescape(" ".join(re.findall(r'class="error-message">(.*?)<', answer.content.decode(), re.DOTALL)))


def send(client: Client, parent: Page, slug: str, *, to: str = "") -> Any:
    form = {
        "title": "Trang",
        "slug": slug,
        "body-count": "0",
        "comments-TOTAL_FORMS": "0",
        "comments-INITIAL_FORMS": "0",
    }
    return client.post(
        to or reverse("wagtailadmin_pages:add", args=["home", "plainpage", parent.pk]), form, headers=HOST
    )


def test_they_are_those_of_the_patterns_and_those_of_other_applications() -> None:
    assert {*OURS, "cach-chung-toi-dem"} <= taken_segments()
    assert taken_segments().isdisjoint({"tin-tuc", "gioi-thieu", "en", ""})


@pytest.mark.parametrize("slug", OURS)
def test_a_page_below_the_root_does_not_get_one(admin_client: Client, home: HomePage, slug: str) -> None:
    assert WORDS in said(send(admin_client, home, slug))
    with pytest.raises(ValidationError, match=WORDS):
        home.add_child(instance=PlainPage(title="Trang", slug=slug))


def test_neither_by_editing_nor_copying_nor_moving(
    admin_client: Client, home: HomePage, news_index: NewsIndexPage
) -> None:
    page = home.add_child(instance=PlainPage(title="Trang", slug="trang"))
    below = page.add_child(instance=PlainPage(title="RSS", slug="rss"))  # not below the root: nobody else answers there

    assert WORDS in said(send(admin_client, home, "rss", to=reverse("wagtailadmin_pages:edit", args=[page.pk])))
    copied = {"new_title": "Trang", "new_slug": "rss", "new_parent_page": home.pk}
    answer = admin_client.post(reverse("wagtailadmin_pages:copy", args=[page.pk]), copied, headers=HOST)
    assert WORDS in said(answer)
    moved = reverse("wagtailadmin_pages:move_confirm", args=[below.pk, home.pk])
    assert WORDS in unescape(admin_client.post(moved, headers=HOST, follow=True).content.decode())
    assert not home.get_children().filter(slug="rss").exists()


def test_a_title_alone_gets_a_number(home: HomePage) -> None:
    assert home.add_child(instance=PlainPage(title="Tìm kiếm")).slug == "tim-kiem-2"
