"""The distribution: complete migrations, and a README that names every block and class of the templates."""

import re
from pathlib import Path

import pytest
import wagtail_emulation
from django.core.management import call_command

PACKAGE = Path(wagtail_emulation.__file__).parent
README = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
TEMPLATES = "".join(file.read_text("utf-8") for file in PACKAGE.rglob("*.html"))


@pytest.mark.django_db
def test_the_migrations_make_the_models_as_they_are() -> None:
    call_command("makemigrations", "wagtail_emulation", "--check", "--dry-run", verbosity=0)


def test_the_readme_names_every_block_of_the_templates() -> None:
    blocks = set(re.findall(r"{% block (emulation_\w+) %}", TEMPLATES))
    assert len(blocks) == 11
    assert [block for block in sorted(blocks) if f"`{block}`" not in README] == []


def test_the_readme_names_every_css_class_of_the_templates() -> None:
    values = " ".join(re.findall(r'class="([^"]+)"', TEMPLATES))
    classes = {word for word in re.split(r"[\s{}%]+", values) if word.startswith("emulation-")}
    rows = dict(re.findall(r"^\| `(emulation-[a-z]+)` \| (.+) \|$", README, re.MULTILINE))
    assert len(classes) > 50
    for name in sorted(classes):
        root, _, element = name.partition("__")
        assert root in rows, name
        assert not element or f"`__{element}`" in rows[root], name


def test_the_readme_names_every_variable_of_the_stylesheet() -> None:
    sheet = (PACKAGE / "static/wagtail_emulation/emulation.css").read_text("utf-8")
    variables = set(re.findall(r"var\((--emulation-[a-z]+)", sheet))
    assert len(variables) == 6
    assert [name for name in sorted(variables) if f"`{name}`" not in README] == []


def test_no_template_holds_a_script_or_a_style() -> None:
    assert not re.search(r"<script|<style|\bstyle=|\bon[a-z]+=", TEMPLATES)
