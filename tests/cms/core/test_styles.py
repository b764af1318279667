"""The stylesheet and the fonts that browsers get: what their sources build to, and small."""

from __future__ import annotations

import re
import unicodedata

import pytest
from fontTools.ttLib import TTFont

from cms.core.fonts.build import LARGEST, STYLES, WRITTEN, file_name
from cms.core.styles.build import BUILT, ORDER, SOURCES, build

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
LETTERS = {
    unicodedata.normalize("NFC", letter + tone)
    for vowel in "aăâeêioôơuưy"
    for letter in (vowel, vowel.upper())
    for tone in TONES
} | set("đĐ")


def test_the_stylesheet_is_what_its_parts_build_to() -> None:
    assert BUILT.read_text(encoding="utf-8") == build(), "run: python -m cms.core.styles.build"


def test_the_stylesheet_has_every_part() -> None:
    assert {path.stem for path in SOURCES.glob("*.css")} == set(ORDER)


def test_the_stylesheet_names_the_three_fonts_and_nothing_that_is_missing() -> None:
    named = set(re.findall(r'url\("([^"]+)"\)', build()))

    assert {name for name in named if name.endswith(".woff2")} == {f"../fonts/{file_name(style)}" for style in STYLES}
    assert len(STYLES) == 3
    assert [name for name in named if not (BUILT.parent / name).resolve().exists()] == []


@pytest.mark.parametrize("style", STYLES)
def test_a_font_is_small_and_has_every_vietnamese_letter(style: str) -> None:
    path = WRITTEN / file_name(style)

    assert path.stat().st_size <= LARGEST
    assert len(LETTERS) == 146
    assert {letter for letter in LETTERS if ord(letter) not in TTFont(path).getBestCmap()} == set()


def test_every_font_beside_its_licence_is_one_of_ours() -> None:
    assert {path.name for path in WRITTEN.iterdir()} == {"LICENSE", *map(file_name, STYLES)}
