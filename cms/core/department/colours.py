"""The department's two colours: which can be read, and the tones of both schemes that follow from them.

A colour is chosen as it is on light grounds. None can be read on light and on dark grounds alike (4.5:1 with white ends
at a luminance of 0.18, 4.5:1 with the dark grounds begins at 0.21), so the dark scheme has lighter tones of its hue.
Colours are `#rrggbb`, contrast is that of WCAG 2.2, tones are steps of lightness in OKLCH.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from cms.core.styles.conditions import in_every_way

if TYPE_CHECKING:
    from coloraide import Color

DEFAULT, DEFAULT_MARK = "#0f4c81", "#a8231c"
SUGGESTED = (DEFAULT, "#155e63", "#1d6b3a", "#7a4a12", DEFAULT_MARK, "#8a1f4c", "#5b2a86", "#3a4a5e")
LIGHT_GROUNDS = ("#ffffff", "#f8f7f3", "#efede6")  # of tokens.css, which a test compares
DARK_GROUNDS = ("#18212c", "#141c26", "#10161e")
READABLE = 4.5  # WCAG 2.2, 1.4.3
VERSION = 2  # of these rules; the addresses of stylesheets have it, so that browsers may keep them for ever
WRITTEN = re.compile(r"#[0-9a-f]{6}")

Tones = dict[str, str]


def contrast(colour: str, grounds: tuple[str, ...] = LIGHT_GROUNDS) -> float:
    """The smallest contrast of a text of this colour with these grounds, from 1 to 21."""
    return min(_read(colour).contrast(ground, method="wcag21") for ground in grounds)


def nearest_readable(colour: str) -> str:
    """The same hue, as much darker as light grounds need."""
    if contrast(colour) >= READABLE:
        return colour
    found, dark, pale = "#000000", 0.0, _read(colour).convert("oklch")["lightness"]
    for _step in range(10):  # to a thousandth of lightness
        middle = (dark + pale) / 2
        tone = _tone(colour, middle)
        if contrast(tone) >= READABLE:
            found, dark = tone, middle
        else:
            pale = middle
    return found


def validate_colour(colour: str) -> None:
    """Raises ValidationError, which says the contrast and the nearest colour that can be read."""
    if not WRITTEN.fullmatch(colour):
        raise ValidationError(_("Màu viết dạng #rrggbb, chữ thường, ví dụ #0f4c81."))
    found = contrast(colour)
    if found < READABLE:
        raise ValidationError(
            _(
                "Màu %(colour)s chỉ tương phản %(found)s:1 với nền sáng, chữ cần ít nhất %(least)s:1. "
                "Gần nhất: %(near)s."
            )
            % {
                "colour": colour,
                "found": number_format(int(found * 10) / 10, 1),
                "least": number_format(READABLE, 1),
                "near": nearest_readable(colour),
            }
        )


@lru_cache(maxsize=64)
def stylesheet(colour: str, mark: str) -> str:
    """The tokens of both schemes that tokens.css sets otherwise. Raises ValidationError for unreadable colours."""
    if min(contrast(colour), contrast(mark)) < READABLE:
        raise ValidationError(_("Màu không đủ tương phản."))
    light = _tokens(light_tones(colour) | {"mark": mark, "stripe": mark})
    dark = _tokens(dark_tones(colour) | {"mark": _tone(mark, 0.8, chroma=0.75), "stripe": mark})
    # For screens: print.css has its own.
    return f"@media screen {{:root{{{light}}}}}\n" + in_every_way("dark", f":root{{{dark}}}")


def light_tones(colour: str) -> Tones:
    lightness = min(_read(colour).convert("oklch")["lightness"], 0.34)
    return {
        "link": colour,
        "link-hover": _tone(colour, lightness - 0.04),
        "name": _tone(colour, lightness, chroma=0.85),
        "brand": _tone(colour, lightness, chroma=0.85),
        "brand-deep": _tone(colour, lightness - 0.06, chroma=0.7),
        "brand-line": _tone(colour, 0.45, chroma=0.8),
        "on-brand-muted": _tone(colour, 0.86, chroma=0.25),
    }


def dark_tones(colour: str) -> Tones:
    return {
        "link": _tone(colour, 0.79, chroma=0.9),
        "link-hover": _tone(colour, 0.87, chroma=0.6),
        "name": _tone(colour, 0.91, chroma=0.3),
        "brand": _tone(colour, 0.29, chroma=0.7),
        "brand-deep": _tone(colour, 0.215, chroma=0.4),
        "brand-line": _tone(colour, 0.39, chroma=0.6),
        "on-brand-muted": _tone(colour, 0.86, chroma=0.25),
    }


def _tone(colour: str, lightness: float, *, chroma: float = 1.0) -> str:
    tone = _read(colour).convert("oklch")
    tone["lightness"] = max(lightness, 0.0)
    tone["chroma"] = tone["chroma"] * chroma
    return str(tone.convert("srgb").fit(method="oklch-chroma").to_string(hex=True))


def _tokens(tones: Tones) -> str:
    return ";".join(f"--{name}:{tone}" for name, tone in tones.items())


def _read(colour: str) -> Color:
    from coloraide import Color  # noqa: PLC0415 - a tenth of a second, and hardly any process needs it

    return Color(colour)
