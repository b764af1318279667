"""The editors' handbook: every chapter opens for everybody in the admin, with the pictures that it names."""

from __future__ import annotations

import json
import re

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from handbook_pictures import TAKEN
from part import ROOT

from cms.handbook.chapters import CHAPTERS
from cms.handbook.templatetags.handbook_tags import PICTURES, sizes
from cms.locale.build import DOMAINS, catalogue, read, text_of

TEMPLATES = ROOT / "cms/handbook/templates"
# In bold without being on a screen: what one types, signs, questions of the reader.
NO_LABELS: set[str] = set()
MOST_BYTES = 1_500_000


@pytest.fixture
def author(client: Client, db: None) -> Client:
    """Somebody who may enter the admin and nothing else."""
    user = get_user_model().objects.create_user("an")
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def test_an_author_reads_every_chapter(author: Client) -> None:
    contents = author.get(reverse("handbook")).content.decode()
    named: set[str] = set()
    for chapter in CHAPTERS:
        address = reverse("handbook_chapter", args=[chapter.slug])
        assert f'href="{address}"' in contents
        html = author.get(address).content.decode()
        assert str(chapter.title) in html
        named.update(re.findall(r"handbook/pictures/([\w-]+?)(?:\.\w{12})?\.webp", html))
    assert named == set(TAKEN)
    assert (
        'href="/admin/handbook/"' in author.get("/admin/").content.decode().replace("&quot;", '"')
        or "/admin/handbook/" in contents
    )
    assert author.get(reverse("handbook_chapter", args=["khong-co"])).status_code == 404


def test_strangers_do_not_read_it(client: Client, db: None) -> None:
    assert client.get(reverse("handbook")).status_code == 302


def test_the_pictures_are_there_and_small() -> None:
    files = {file.stem: file.stat().st_size for file in PICTURES.glob("*.webp")}
    again = "run: python tests/support/handbook_pictures.py"

    assert files.keys() == sizes().keys() == set(TAKEN), again
    assert sum(files.values()) < MOST_BYTES
    assert json.loads((PICTURES / "sizes.json").read_text("utf-8")) == sizes()


def known_texts() -> str:
    """Everything that the admin can say, in small letters: the catalogues, and the portal's own code and templates."""
    said = [text_of(message) for domain in DOMAINS for message in read(catalogue(domain)) if message.id]
    own = [
        file.read_text(encoding="utf-8")
        for kind in ("py", "html", "js", "toml")
        for file in (ROOT / "cms").rglob(f"*.{kind}")
        if "handbook" not in file.parts
    ]
    plugin = [file.read_text(encoding="utf-8") for file in (ROOT / "plugins/emulation/src").rglob("*.p[yo]")]
    return re.sub(r"\s+", " ", "\n".join([*said, *own, *plugin])).lower()


def test_what_the_handbook_names_is_on_a_screen() -> None:
    """What is printed in bold is what a reader looks for: labels of fields, buttons, menus and panels."""
    texts = known_texts()
    missing = {
        (chapter.slug, name)
        for chapter in CHAPTERS
        for name in re.findall(r"<b>(.*?)</b>", (TEMPLATES / chapter.template).read_text(encoding="utf-8"))
        if not name.endswith(":")  # what an item of a list is about
        for part in re.split(r", | → ", name.rstrip("."))
        if part.lower() not in texts and part not in NO_LABELS
    }
    assert sorted(missing) == []
