"""When rules hold that depend on the reader: a dark ground and high contrast, as the system or the site is set."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple


class Way(NamedTuple):
    """One way in which a condition holds: a media feature, if it is the system's, and what ``:root`` then is."""

    feature: str
    root: str


# found/script/display.js sets the attributes. Paper is white: none of this is for print. A scheme counts no more than
# ``:root`` alone, so that contrast, which counts more, wins over it and over the department's own colours.
WHEN = {
    "dark": (
        Way("(prefers-color-scheme: dark)", ":where(:not([data-scheme=light]))"),
        Way("", ":where([data-scheme=dark])"),
    ),
    "contrast": (Way("(prefers-contrast: more)", ":root"), Way("", "[data-contrast=more]")),
}


def in_every_way(conditions: str, rules: str) -> str:
    """CSS in which ``rules`` hold under these conditions, named in ``WHEN``; selectors begin with ``:root``."""
    return "".join(_ways(conditions, rules))


def _ways(conditions: str, rules: str) -> Iterator[str]:
    for ways in product(*(WHEN[condition] for condition in conditions.split())):
        media = " and ".join(["screen", *(way.feature for way in ways if way.feature)])
        root = ":root" + "".join(way.root for way in sorted(ways, key=lambda way: not way.root.startswith(":root")))
        yield f"@media {media} {{\n{rules.replace(':root', root)}\n}}\n"
