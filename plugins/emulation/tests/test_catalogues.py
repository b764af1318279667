"""Strings are Vietnamese in the source, and English where English is active."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import wagtail_emulation
from django.apps import apps
from django.utils import translation

PACKAGE = Path(wagtail_emulation.__file__).parent
MARKERS = {"_", "gettext", "pgettext"}
TRANSLATE = re.compile(r'{% translate "([^"]+)"')
BLOCK_TRANSLATE = re.compile(r"{% blocktranslate [^%]+%}(.+?){% endblocktranslate %}")
VARIABLE = re.compile(r"{{ (\w+) }}")


def read_catalogue(language: str) -> dict[str, str]:
    """The compiled catalogue, without the context of a message."""
    with (PACKAGE / "locale" / language / "LC_MESSAGES" / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    return {key.split("\x04")[-1]: text for key, text in compiled.items() if key}


def read_marked_strings() -> set[str]:
    """The strings that sources and templates mark for translation."""
    sources = {text for file in PACKAGE.rglob("*.py") for text in marked_in_python(file.read_text("utf-8"))}
    templates = {text for file in PACKAGE.rglob("*.html") for text in marked_in_template(file.read_text("utf-8"))}
    return sources | templates


def marked_in_python(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKERS:
            yield ast.literal_eval(node.args[-1])


def marked_in_template(source: str) -> Iterator[str]:
    yield from TRANSLATE.findall(source)
    for text in BLOCK_TRANSLATE.findall(source):
        yield VARIABLE.sub(r"%(\1)s", text)


def test_enough_strings_are_found_for_these_tests_to_mean_something() -> None:
    some = {"Lọc sự kiện", "ngày diễn ra", "Ảnh: %(credit)s", "Trang %(number)s/%(total)s", "d/m/Y"}
    assert some <= read_marked_strings()


def test_every_marked_string_is_translated_to_english_and_no_other() -> None:
    assert read_catalogue("en").keys() == read_marked_strings()


def test_the_vietnamese_catalogue_says_what_the_source_says() -> None:
    """It exists so that a site whose default language is English does not show English to Vietnamese readers."""
    catalogue = read_catalogue("vi")
    assert catalogue.keys() == read_catalogue("en").keys()
    assert all(key == text for key, text in catalogue.items())


def test_a_translation_keeps_the_names_of_its_placeholders() -> None:
    placeholder = re.compile(r"%\((\w+)\)[sd]")
    for key, text in read_catalogue("en").items():
        assert sorted(placeholder.findall(key)) == sorted(placeholder.findall(text)), key


@pytest.mark.parametrize("model", list(apps.get_app_config("wagtail_emulation").get_models()))
def test_the_editors_words_for_a_model_change_with_the_language(model: type) -> None:
    fields = [field for field in model._meta.local_fields if field.help_text or field.choices]  # type: ignore[attr-defined]
    named = [*fields, model._meta]  # type: ignore[attr-defined]
    with translation.override("vi"):
        vietnamese = [str(part.verbose_name) for part in named]
    with translation.override("en"):
        english = [str(part.verbose_name) for part in named]
    assert not set(vietnamese) & set(english)
