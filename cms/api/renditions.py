"""Which renditions of a picture the API names: those that templates show, so that they are made already.

Besides, each has one JPEG, for readers that know no newer format; `cms.api.ahead` makes it in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from wagtail.images.models import Filter

from cms.found.metadata import PREVIEW

NEW_FORMATS = ("avif", "webp")
MIME_TYPES = {"avif": "image/avif", "webp": "image/webp", "jpeg": "image/jpeg"}  # the best first


@dataclass(frozen=True)
class Named:
    """One picture in several sizes, the smallest first: ``sizes`` are Wagtail's operations.

    ``jpegs``: the sizes that are there as JPEG too; the last of them is `src`.
    """

    name: str
    sizes: tuple[str, ...]
    jpegs: tuple[str, ...]
    formats: tuple[str, ...] = NEW_FORMATS

    @cached_property
    def filters(self) -> list[Filter]:
        """Spelt as templates spell them: a rendition is found by its spelling."""
        specs = [f"format-{one}|{size}" for one in self.formats for size in self.sizes]
        return [Filter(spec) for spec in (*specs, *(f"format-jpeg|{size}" for size in self.jpegs))]


@dataclass(frozen=True)
class Spelt(Named):
    """One rendition under a spelling of its own."""

    @cached_property
    def filters(self) -> list[Filter]:
        return [Filter(size) for size in self.sizes]


_FIGURE = ("max-480x1280", "max-960x1280", "max-1440x1280")
_TILE = ("max-480x720", "max-960x1280")
_CARD = ("fill-400x225", "fill-800x450")
_WIDE = ("fill-480x270", "fill-960x540", "fill-1440x810")
_PLUGIN_FIGURE = ("width-480", "width-960", "width-1440")
_PLUGIN_CARD = ("fill-320x200", "fill-640x400")

FULL = Named("full", _FIGURE, _FIGURE[1:2])
CARD = Named("card", _CARD, _CARD[-1:])
SHARE = Spelt("share", (PREVIEW,), ())

# What is shown where.
FIGURE = (FULL,)
TILE = (Named("full", _TILE, _TILE[-1:]),)
POSTER = (Named("wide", _WIDE, _WIDE[1:2]),)
ARTICLE = (FULL, CARD, SHARE)
PLUGIN_FIGURE = (Named("full", _PLUGIN_FIGURE, _PLUGIN_FIGURE, formats=("webp",)),)
PLUGIN_PAGE = (*PLUGIN_FIGURE, Named("card", _PLUGIN_CARD, _PLUGIN_CARD, formats=("webp",)), SHARE)

EVERYWHERE = (FIGURE, TILE, POSTER, ARTICLE, PLUGIN_FIGURE, PLUGIN_PAGE)
NAMES = tuple(dict.fromkeys(named.name for several in EVERYWHERE for named in several))


def specs_of(several: Iterable[Sequence[Named]] = EVERYWHERE) -> list[str]:
    return list(dict.fromkeys(_specs(several)))


def _specs(several: Iterable[Sequence[Named]]) -> Iterator[str]:
    for those in several:
        for named in those:
            yield from (one.spec for one in named.filters)
