"""Static files under names that say what is in them."""

from __future__ import annotations

import re

import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from cms.core.hashed_files import FOR_EVER, HashedFiles, hashed_files

HASHED = re.compile(r"[^/]+\.[0-9a-f]{12}\.\w+$")


def test_an_address_has_the_hash_of_the_content() -> None:
    assert re.fullmatch(r"/static/core/css/site\.[0-9a-f]{12}\.css", static("core/css/site.css"))


def test_every_process_has_the_same_names() -> None:
    first, second = HashedFiles(), HashedFiles()
    names = [path for finder in finders.get_finders() for path, _storage in finder.list(())]

    assert len(names) > 50
    assert [first.url(name) for name in names] == [second.url(name) for name in names]
    assert [name for name in names if not HASHED.search(first.url(name)) and "." in name] == []


def test_a_stylesheet_names_its_fonts_by_their_hash() -> None:
    files = hashed_files()
    found = files.find("core/css/site.css")
    assert found
    fonts = re.findall(r'url\("\.\./(fonts/[^"]+)"\)', files.content(found).decode())

    assert len(fonts) == 3
    assert [font for font in fonts if not (at := files.find(f"core/{font}")) or not at.by_hash] == []


@pytest.mark.parametrize("name", ["core/css/site.css", "core/css/site.0123456789ab.css"])
def test_the_bare_name_and_another_releases_hash_find_the_file_of_now_for_now(client: Client, name: str) -> None:
    now = client.get(static("core/css/site.css"))
    other = client.get(f"/static/{name}")

    assert (now.status_code, now["Cache-Control"]) == (200, FOR_EVER)
    assert (other.status_code, other["Cache-Control"]) == (200, "no-cache")
    assert other.content == now.content


@pytest.mark.parametrize("name", ["", "core/css/", "core/css", "x.css", "../manage.py", "core/css/../css/site.css"])
def test_nothing_else_is_a_file(name: str) -> None:
    assert hashed_files().find(name) is None


def test_a_name_without_a_file_breaks_no_page(db: None, client: Client) -> None:
    assert static("no/such.png") == "/static/no/such.png"
    assert client.get("/static/no/such.png").status_code == 404
