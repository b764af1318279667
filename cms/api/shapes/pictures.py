"""A picture with its words and its named renditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.images.shortcuts import get_renditions_or_not_found

from cms.api.reading import Needs, Reading
from cms.api.renditions import MIME_TYPES, NAMES, Named
from cms.api.shapes.base import ABSENT, Components, Schema, Shape, an_object, nullable
from cms.core.templatetags.picture_tags import distinct


@dataclass(frozen=True)
class Shown:
    """A picture as a page shows it. ``alt``: None for the words of the picture itself. Words that are None are not
    said: the place has none."""

    image: int
    alt: str | None = None
    caption: str | None = None
    credit: str | None = None


class Picture(Shape):
    """Of a `Shown`. A picture that was deleted, or is of a private collection, is absent."""

    parts = ("id", "alt", "caption", "credit", "width", "height", "focal_point", "renditions")

    def __init__(self, named: Sequence[Named]) -> None:
        self._named = named

    def collect(self, value: Shown | None, needs: Needs) -> None:
        if value is not None:
            needs.images.add(value.image)

    def write(self, value: Shown | None, reading: Reading) -> Any:
        image = reading.images.get(value.image) if value else None
        if value is None or image is None:
            return ABSENT
        return {
            "id": image.pk,
            "alt": image.default_alt_text if value.alt is None else value.alt,
            **{name: words for name in ("caption", "credit") if (words := getattr(value, name)) is not None},
            "width": image.width,
            "height": image.height,
            "focal_point": focal_point_of(image),
            "renditions": write_renditions(image, self._named, reading),
        }

    def schema(self, components: Components) -> Schema:
        return components.ref("Image", lambda: an_object(image_properties(components), optional=("caption", "credit")))


def image_properties(components: Components) -> dict[str, Schema]:
    focal_point = components.ref(
        "FocalPoint",
        lambda: {
            **an_object({axis: {"type": "number", "minimum": 0, "maximum": 1} for axis in "xy"}),
            "description": "What must stay in sight when the picture is cropped: its middle, from the upper left "
            "corner (0, 0) to the lower right (1, 1)",
        },
    )
    rendition = components.ref("Rendition", lambda: _rendition_schema(components))
    return {
        "id": {"type": "integer"},
        "alt": {"type": "string", "description": "Empty for a picture that only decorates"},
        "caption": {"type": "string"},
        "credit": {"type": "string"},
        "width": {"type": "integer", "description": "Of the original"},
        "height": {"type": "integer"},
        "focal_point": nullable(focal_point),
        "renditions": {
            **an_object(dict.fromkeys(NAMES, rendition), optional=NAMES),
            "description": "full: not cropped; card and wide: 16:9, small and large; share: for other sites' previews. "
            "A place has those that the site shows there",
        },
    }


def _rendition_schema(components: Components) -> Schema:
    source = components.ref(
        "ImageSource",
        lambda: an_object({"type": {"enum": list(MIME_TYPES.values())}, "srcset": {"type": "string"}}),
    )
    return an_object(
        {
            "width": {"type": "integer", "description": "Of the largest"},
            "height": {"type": "integer"},
            "sources": {
                "type": "array",
                "items": source,
                "description": "For <source> elements, the best format first",
            },
            "src": {"type": "string", "description": "For <img>: of the format that most readers know"},
        }
    )


def write_renditions(
    image: AbstractImage, several: Sequence[Named], reading: Reading, *, made_only: bool = False
) -> dict[str, Any]:
    """``made_only``: those that are there. Otherwise what is missing is made, as a template does, as long as
    ``reading`` allows it; beyond that it is made later.
    """
    there = {(one.filter_spec, one.focal_point_key): one for one in image.prefetched_renditions}
    found: dict[str, Any] = {}
    for named in several:
        filters = distinct(image, named.filters)
        made = {one.spec: there.get((one.spec, one.get_cache_key(image))) for one in filters}
        renditions = {spec: rendition for spec, rendition in made.items() if rendition is not None}
        missing = len(filters) - len(renditions)
        if missing and not made_only and reading.may_make(missing):
            renditions = get_renditions_or_not_found(image, filters)
        if renditions and all(one.width for one in renditions.values()):
            found[named.name] = _describe(list(renditions.items()), reading)
    return found


def _describe(renditions: Sequence[tuple[str, AbstractRendition]], reading: Reading) -> dict[str, Any]:
    by_format: dict[str, list[AbstractRendition]] = {}
    for spec, rendition in renditions:
        by_format.setdefault(_format_of(spec), []).append(rendition)
    largest = max((one for _spec, one in renditions), key=lambda one: one.width)
    known = [kind for kind in MIME_TYPES if kind in by_format]
    return {
        "width": largest.width,
        "height": largest.height,
        "sources": [
            {
                "type": MIME_TYPES[kind],
                "srcset": ", ".join(f"{reading.absolute(one.url)} {one.width}w" for one in by_format[kind]),
            }
            for kind in known
        ],
        "src": reading.absolute(max(by_format[known[-1]], key=lambda one: one.width).url),
    }


def _format_of(spec: str) -> str:
    return next(kind for kind in MIME_TYPES if f"format-{kind}" in spec)


def focal_point_of(image: AbstractImage) -> dict[str, float] | None:
    if not image.has_focal_point() or not image.width or not image.height:
        return None
    return {
        "x": _fraction(image.focal_point_x, image.width),
        "y": _fraction(image.focal_point_y, image.height),
    }


def _fraction(part: int, whole: int) -> float:
    return round(min(max(part / whole, 0.0), 1.0), 4)
