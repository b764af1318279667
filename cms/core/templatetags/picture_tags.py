"""`{% picture %}` takes what Wagtail's does, and differs from it in what becomes of a picture on the page.

- Its filters are read with the template, and not again for every picture.
- Sizes that a picture is too small for are left out, rather than made once more under another name. A picture with one
  size alone has the class ``small``.
- It says the size of its largest rendition, so that a page can show a small picture as small as it is: an image without
  a width of its own would be as wide as ``sizes``.
- A picture that no rendition can be made of is left out, where Wagtail has the address of no file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django import template
from django.forms.utils import flatatt
from django.template.base import Parser, Token
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.images.models import AbstractImage, AbstractRendition, Filter, Picture
from wagtail.images.rect import Rect
from wagtail.images.shortcuts import get_renditions_or_not_found
from wagtail.images.templatetags.wagtailimages_tags import PictureNode
from wagtail.images.templatetags.wagtailimages_tags import image as parse

register = template.Library()

KEPT_SIZES = 4096
FORMATS = Picture.source_format_order  # the best first, and last the one that every browser shows


class KeptPictureNode(PictureNode):
    def __init__(self, node: PictureNode) -> None:
        super().__init__(node.image_expr, node.filter_specs, None, node.attrs)
        self._filters: list[Filter] = super().get_filters()

    def render(self, context: template.Context) -> str:
        image = self.validate_image(context)
        if not image:
            return ""
        renditions = get_renditions_or_not_found(image, distinct(image, self._filters))
        if not all(rendition.width for rendition in renditions.values()):
            return ""
        return show(renditions, {name: value.resolve(context) for name, value in self.attrs.items()})


@register.tag
def picture(parser: Parser, token: Token) -> KeptPictureNode:
    return KeptPictureNode(parse(parser, token))


def distinct(image: AbstractImage, filters: Sequence[Filter]) -> list[Filter]:
    """Those that make different pictures of this one: in other formats, or of other sizes."""
    focus = image.get_focal_point()
    kept = _distinct(tuple(filters), image.width, image.height, focus.as_tuple() if focus else (), image.is_svg())
    return list(kept)


@lru_cache(maxsize=KEPT_SIZES)
def _distinct(
    filters: tuple[Filter, ...], width: int, height: int, focus: tuple[float, ...], is_svg: bool
) -> tuple[Filter, ...]:
    """Of any picture of this size and with this focal point (left, top, right and bottom)."""
    image = _Size(width, height, focus, is_svg)
    different: dict[tuple[Any, ...], Filter] = {}
    for one in filters:
        transform = one.get_transform(image)
        different.setdefault((_format_of(one.spec), transform.size, repr(transform.get_rect())), one)
    return tuple(different.values())


class _Size:
    """As much of a picture as Wagtail's filters ask of it to say what they would make."""

    def __init__(self, width: int, height: int, focus: tuple[float, ...], is_svg: bool) -> None:
        self.width, self.height = width, height
        self._focus, self._is_svg = focus, is_svg

    def get_focal_point(self) -> Rect | None:
        return Rect(*self._focus) if self._focus else None

    def is_svg(self) -> bool:
        return self._is_svg


def show(renditions: Mapping[str, AbstractRendition], attributes: Mapping[str, Any]) -> SafeString:
    """``renditions``, by their specs, of one picture."""
    by_format: dict[str, list[AbstractRendition]] = {}
    for spec, rendition in renditions.items():
        by_format.setdefault(_format_of(spec), []).append(rendition)
    best_first = [one for one in FORMATS if one.name in by_format]
    fallback = by_format.pop(best_first[-1].name if best_first else "")
    sources = [
        format_html(
            "<source{}>",
            flatatt({"srcset": _srcset(by_format[one.name]), "sizes": attributes.get("sizes"), "type": one.mime_type}),
        )
        for one in best_first[:-1]
    ]
    largest = max(fallback, key=lambda rendition: rendition.width)
    shown = dict(attributes)
    if len(fallback) > 1:
        shown["srcset"] = _srcset(fallback)
    else:
        shown["class"] = f"{attributes.get('class', '')} small".strip()
    return mark_safe(f"<picture>{''.join(sources)}{largest.img_tag(shown)}</picture>")


def _srcset(renditions: Sequence[AbstractRendition]) -> str:
    if len(renditions) == 1:
        return str(renditions[0].url)
    return ", ".join(f"{rendition.url} {rendition.width}w" for rendition in renditions)


def _format_of(spec: str) -> str:
    return next((one.name for one in FORMATS if f"format-{one.name}" in spec), "")
