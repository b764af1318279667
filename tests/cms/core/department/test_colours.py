from __future__ import annotations

import re
from itertools import product

import pytest
from coloraide import Color
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cms.core.department.colours import (
    DARK_GROUNDS,
    DEFAULT,
    DEFAULT_MARK,
    LIGHT_GROUNDS,
    READABLE,
    SUGGESTED,
    contrast,
    dark_tones,
    light_tones,
    nearest_readable,
    stylesheet,
    validate_colour,
)
from cms.core.styles.build import SOURCES

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
ON_BRAND = ("#ffffff", "#f0b53f")  # --on-brand, --glow


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    light, dark = (SOURCES / "tokens.css").read_text(encoding="utf-8").split("@when dark")
    for css, grounds in ((light, LIGHT_GROUNDS), (dark, DARK_GROUNDS)):
        assert set(re.findall(r"--(?:ground|surface|sunken): (#\w{6})", css)) == set(grounds)
    assert f"--link: {DEFAULT}" in light
    assert f"--mark: {DEFAULT_MARK}" in light


@settings(max_examples=25, deadline=None)
@given(COLOURS)
def test_what_is_said_to_be_nearest_can_be_read_and_is_the_colour_itself_if_that_can(colour: str) -> None:
    near = nearest_readable(colour)

    assert contrast(near) >= READABLE
    assert (near == colour) == (contrast(colour) >= READABLE)


@settings(max_examples=25, deadline=None)
@given(COLOURS)
def test_every_text_in_every_accepted_colour_can_be_read_in_both_schemes(colour: str) -> None:
    assume(contrast(colour) >= READABLE)
    light, dark = light_tones(colour), dark_tones(colour)

    for tones, grounds in ((light, LIGHT_GROUNDS), (dark, DARK_GROUNDS)):
        for name in ("link", "link-hover", "name"):
            assert contrast(tones[name], grounds) >= READABLE, name
        for text, ground in product((*ON_BRAND, tones["on-brand-muted"]), ("brand", "brand-deep")):
            assert Color(text).contrast(tones[ground], method="wcag21") >= READABLE, (text, ground)


@pytest.mark.parametrize("colour", SUGGESTED)
def test_what_is_suggested_is_accepted(colour: str) -> None:
    validate_colour(colour)


def test_a_pale_colour_is_refused_with_its_contrast_and_the_nearest_that_can_be_read() -> None:
    with pytest.raises(ValidationError) as refused:
        validate_colour("#f0b53f")

    assert refused.value.messages == [
        "Màu #f0b53f chỉ tương phản 1,5:1 với nền sáng, chữ cần ít nhất 4,5:1. Gần nhất: #926200."
    ]


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#0F4C81", "#0f4c8", "#0f4c81;}"])
def test_what_is_no_colour_is_refused(colour: str) -> None:
    with pytest.raises(ValidationError):
        validate_colour(colour)


class TestStylesheet:
    def test_it_may_be_kept_for_ever_and_is_not_sent_again(self, client: Client) -> None:
        response = client.get("/giao-dien/2-1d6b3a-7a4a12.css")

        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/css")
        assert "immutable" in response["Cache-Control"]
        assert response.content.decode() == stylesheet("#1d6b3a", "#7a4a12")
        again = client.get("/giao-dien/2-1d6b3a-7a4a12.css", headers={"If-None-Match": response["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    @pytest.mark.parametrize("path", ["2-f0b53f-7a4a12", "2-1d6b3a-ffffff", "0-1d6b3a-7a4a12", "2-1d6b3a", "2-x-y"])
    @pytest.mark.django_db
    def test_colours_that_cannot_be_read_and_rules_of_another_version_are_not_found(
        self, client: Client, path: str
    ) -> None:
        assert client.get(f"/giao-dien/{path}.css").status_code == 404
