"""The drawing's elements, its styles and its texts; everything that others wrote is escaped here."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

Number = int | float
Value = Number | None
"""A number to draw; None if it is not known, which is drawn as a gap and never as a zero."""

FONT_SIZE = 13
LETTER = 7.2  # the mean width of a letter at FONT_SIZE, of the widest usual typeface
ELLIPSIS = "…"
LARGEST = 1e30  # what is larger is no count of anything

# By name, the colours of a light and a dark page. Text and lines hold WCAG AA on the portal's and the admin's grounds.
COLOURS = {
    "ink": ("#1a2330", "#e7ebf1"),
    "muted": ("#535d6b", "#a6b2c1"),
    "grid": ("#d5d2c8", "#3a4858"),
    "ground": ("#ffffff", "#18212c"),
    "line": ("#0f4c81", "#8fc3f3"),
    "before": ("#747b86", "#8b98a9"),
    "mark": ("#a8231c", "#ff9d8e"),
}
_LIGHT, _DARK = ("".join(f"--nc-{name}:{pair[place]};" for name, pair in COLOURS.items()) for place in range(2))

# In an at-rule, so that a program without variables passes over all of it and draws by the attributes.
STYLE = f"""@supports (color:var(--nc-ink)){{
.nc{{{_LIGHT}font-family:var(--chart-font,system-ui,"Segoe UI",Roboto,sans-serif);overflow:visible}}
@media (prefers-color-scheme:dark){{.nc{{{_DARK}}}}}
{
    "".join(
        f".nc-f-{name}{{fill:var(--chart-{name},var(--nc-{name}))}}.nc-s-{name}{{stroke:var(--chart-{name},var(--nc-{name}))}}"
        for name in COLOURS
    )
}
.nc-at:hover .nc-tip,.nc-at:focus .nc-tip{{opacity:1}}
@media (forced-colors:active){{.nc{{forced-color-adjust:none}}}}
}}"""

_UNFIT = re.compile("[^\t\n\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Caption:
    """What a chart says to whoever can't see it: its name, and in a sentence what it shows."""

    title: str
    description: str


def drawing(kind: str, caption: Caption, *, width: float, height: float) -> Element:
    """An empty drawing of these pixels, which its page may scale."""
    root = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": f"nc nc-{kind}",
            "viewBox": f"0 0 {coordinate(width)} {coordinate(height)}",
            "width": coordinate(width),
            "height": coordinate(height),
            "role": "img",
            "font-size": str(FONT_SIZE),
            "font-family": "sans-serif",
        },
    )
    SubElement(root, "title").text = clean(caption.title)
    SubElement(root, "desc").text = clean(caption.description)
    SubElement(root, "style").text = STYLE
    return root


def to_text(root: Element) -> str:
    """Well-formed XML, which HTML takes too."""
    return tostring(root, encoding="unicode")


def add(
    parent: Element, tag: str, *, fill: str = "", stroke: str = "", css: str = "", **attributes: str | float
) -> Element:
    """An element whose colours are of `COLOURS`; a colour that is not named is not painted.

    Underscores of an attribute's name are hyphens; numbers are coordinates.
    """
    classes = [css, *(f"nc-f-{fill}" for _ in [0] if fill), *(f"nc-s-{stroke}" for _ in [0] if stroke)]
    found = {name.rstrip("_").replace("_", "-"): _value(value) for name, value in attributes.items()}
    if tag not in ("g", "title", "svg"):
        found["fill"] = COLOURS[fill][0] if fill else "none"
    if stroke:
        found["stroke"] = COLOURS[stroke][0]
    if named := " ".join(filter(None, classes)):
        found["class"] = named
    return SubElement(parent, tag, found)


def write(parent: Element, x: float, y: float, text: str, *, fill: str = "muted", **attributes: str) -> Element:
    element = add(parent, "text", x=x, y=y, fill=fill, **attributes)
    element.text = clean(text)
    return element


def say(element: Element, text: str) -> None:
    """What a pointer that rests on the element is told."""
    SubElement(element, "title").text = clean(text)


def _value(value: str | float) -> str:
    return coordinate(value) if isinstance(value, (int, float)) else clean(value)


def clean(text: str) -> str:
    """Without the characters that XML can't hold, such as a NUL that somebody searched for."""
    return _UNFIT.sub("�", text)


def coordinate(value: float) -> str:
    """To a hundredth, without a needless point."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def points(found: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in found)


def cut(text: str, width: float) -> str:
    """As much of a text as `width` pixels hold."""
    most = max(1, int(width / LETTER))
    return text if len(text) <= most else text[: max(0, most - 1)].rstrip() + ELLIPSIS


def known(value: Value) -> float | None:
    """A number that can be drawn: not below zero, as counts are; None for one that is none."""
    if value is None:
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return max(0.0, found) if math.isfinite(found) and found <= LARGEST else None
