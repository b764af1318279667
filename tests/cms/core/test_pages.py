"""Rules for every page of the demo site."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_django
from demo_site import demo_site
from django.contrib.auth import get_user_model
from django.test import Client
from wagtail.models import Page

from cms.core.hashed_files import hashed_files

ASSETS = ("img", "script", "source", "iframe", "video", "audio", "link")
SAID = ("canonical", "alternate")  # links that load nothing
DATA = "application/ld+json"  # which no browser runs
FIVE_ROWS = ["Đang truy cập", "Hôm nay", "Trong tuần", "Tháng hiện tại", "Tổng lượt truy cập"]


@pytest.fixture(scope="module")
def html_of(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """The markup of every page of the demo, by its address; made once, with nothing left in the database."""
    with demo_site(django_db_blocker, tmp_path_factory):
        urls = [page.get_url() for page in Page.objects.filter(depth__gt=1)]
        answers = {url: Client().get(url, headers={"host": "localhost"}) for url in [*urls, "/tin-tuc/?page=2"]}
    assert {response.status_code for response in answers.values()} == {200}
    return {url: response.content.decode() for url, response in answers.items()}


def test_every_page_is_vietnamese_and_offers_widget_and_sign_in(html_of: dict[str, str], parse: Any) -> None:
    for url, html in html_of.items():
        markup = parse(html)
        assert markup.all("html") == [{"lang": "vi"}], url
        assert len(markup.all("h1")) == 1, url
        assert html.count('class="access-statistics"') == 1, url
        assert [html.index(row) for row in FIVE_ROWS] == sorted(html.index(row) for row in FIVE_ROWS), url
        assert {"href": "/admin/login/"} in markup.all("a"), url
        assert "Đăng nhập" in html, url
        assert 'data-t="' in html, url


def test_every_image_has_its_size_and_an_alternative_text(html_of: dict[str, str], parse: Any) -> None:
    for url, html in html_of.items():
        images = parse(html).all("img")
        assert images, url
        for image in images:
            assert image.get("alt") is not None, (url, image)
            assert image.get("width"), (url, image)
            assert image.get("height"), (url, image)


def test_pages_load_nothing_from_another_host(html_of: dict[str, str], parse: Any) -> None:
    for url, html in html_of.items():
        for attributes in parse(html).all(*ASSETS):
            if attributes.get("rel") in SAID:
                continue
            addresses = [attributes.get("src"), attributes.get("href")]
            addresses += [entry.split()[0] for entry in (attributes.get("srcset") or "").split(",") if entry.strip()]
            for address in filter(None, addresses):
                assert urlsplit(address).netloc == "", (url, address)


def test_scripts_and_styles_come_as_files_only(html_of: dict[str, str], parse: Any) -> None:
    for url, html in html_of.items():
        markup = parse(html)
        assert markup.all("style") == [], url
        assert all(script.get("src") or script.get("type") == DATA for script in markup.all("script")), url
        assert not [tag for tag, attributes in markup.tags if "style" in attributes], url
        assert not [tag for tag, attributes in markup.tags if any(name.startswith("on") for name in attributes)], url


def test_every_static_file_that_pages_name_exists(html_of: dict[str, str], parse: Any) -> None:
    named = {
        address
        for html in html_of.values()
        for attributes in parse(html).all(*ASSETS)
        if (address := attributes.get("src") or attributes.get("href") or "").startswith("/static/")
    }

    found = {address: hashed_files().find(address.removeprefix("/static/")) for address in named}
    assert found
    assert [address for address, file in found.items() if file is None or not file.by_hash] == []


def test_ids_are_unique_on_a_page(html_of: dict[str, str], parse: Any) -> None:
    for url, html in html_of.items():
        ids = [attributes["id"] for _tag, attributes in parse(html).tags if "id" in attributes]
        assert len(ids) == len(set(ids)), url


def test_an_answer_carries_the_security_headers(db: None, client: Client) -> None:
    response = client.get("/", headers={"host": "localhost"})

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"


def test_the_sign_in_page_is_ours_and_loads_nothing_from_another_host(db: None, client: Client, parse: Any) -> None:
    html = client.get("/admin/login/").content.decode()

    assert "Đăng nhập Nhịp" in html
    assert html.partition("<title>")[2].lstrip().startswith("Đăng nhập")
    for attributes in parse(html).all(*ASSETS):
        assert urlsplit(attributes.get("src") or attributes.get("href") or "").netloc == ""


def test_an_editor_finds_the_admin_in_vietnamese(db: None, client: Client) -> None:
    client.force_login(get_user_model().objects.create_superuser("bien-tap", password="mat-khau-dai"))

    html = client.get("/admin/").content.decode()

    assert '<html lang="vi"' in html
    assert "Nhịp" in html
