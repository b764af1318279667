from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich import languages
from pipeline.collecting.enrich.languages import LANGUAGES, OLD_CODES, OTHER, first_language

ISO = Path("/usr/share/iso-codes/json")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        pytest.param("", "", id="none"),
        pytest.param(" ", "", id="blank"),
        pytest.param("vi", "vi", id="one"),
        pytest.param("vi-VN,vi;q=0.9,fr-FR;q=0.8,fr;q=0.7,en-US;q=0.6,en;q=0.5", "vi", id="Chrome in Vietnam"),
        pytest.param("en-US,en;q=0.5", "en", id="Firefox"),
        pytest.param("zh-Hant-TW", "zh", id="a script and a region"),
        pytest.param("EN-us", "en", id="capitals"),
        pytest.param("en;q=0.5, vi;q=0.8", "vi", id="the highest weight, not the first"),
        pytest.param("en;q=0.8,vi;q=0.8", "en", id="the first of equal weights"),
        pytest.param("en;q=0.9, vi", "vi", id="none is the highest weight"),
        pytest.param("en;q=0, vi;q=0.1", "vi", id="zero is not wanted"),
        pytest.param("en ; Q = 0.1 , vi", "vi", id="spaces"),
        pytest.param("en;q=abc,vi;q=0.1", "vi", id="nonsense as a weight"),
        pytest.param("en;q=nan,vi;q=0.1", "vi", id="not a number"),
        pytest.param("en;q=2,vi;q=0.1", "vi", id="a weight above one"),
        pytest.param("en;q=1e308,vi;q=0.1", "vi", id="a huge weight"),
        pytest.param("fil-PH", "fil", id="three letters"),
        pytest.param("tyz-VN", "tyz", id="Tày"),
        pytest.param("iw-IL", "he", id="an old code"),
        pytest.param("*", OTHER, id="any"),
        pytest.param("xx-YY", OTHER, id="not assigned"),
        pytest.param("vietnamese", OTHER, id="a word"),
        pytest.param("en;q=0", OTHER, id="nothing that is wanted"),
        pytest.param(",;,;q=1,", OTHER, id="signs alone"),
        pytest.param("nguyen-van-a", OTHER, id="a name"),
        pytest.param("ｖｉ", OTHER, id="other letters"),
    ],
)
def test_the_first_language_of_a_reader(header: str, language: str) -> None:
    assert first_language(header) == language


@given(st.text() | st.lists(st.sampled_from(["vi", "en-US", ";q=", "0.5", ",", "*", "q"])).map("".join))
def test_any_header_gives_a_known_language_or_other(header: str) -> None:
    assert first_language(header) in LANGUAGES | {OTHER, ""}


def test_long_headers_take_one_place_in_memory() -> None:
    before = languages._first.cache_info().currsize
    for number in range(50):
        assert first_language("vi," + " " * 300 + str(number)) == "vi"
    assert languages._first.cache_info().currsize <= before + 1


def test_old_codes_lead_to_known_ones() -> None:
    assert set(OLD_CODES.values()) <= LANGUAGES
    assert not set(OLD_CODES) & LANGUAGES


@pytest.mark.skipif(not ISO.exists(), reason="apt-get install iso-codes")
def test_the_codes_are_those_of_the_norm() -> None:
    second = json.loads((ISO / "iso_639-2.json").read_text(encoding="utf-8"))["639-2"]
    third = json.loads((ISO / "iso_639-3.json").read_text(encoding="utf-8"))["639-3"]
    two_letters = {language["alpha_2"] for language in second if "alpha_2" in language}
    assert {code for code in LANGUAGES if len(code) == 2} == two_letters
    three_letters = {language["alpha_3"] for language in second + third if "alpha_2" not in language}
    assert {code for code in LANGUAGES if len(code) != 2} <= three_letters
