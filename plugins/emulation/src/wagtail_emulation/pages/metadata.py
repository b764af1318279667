"""What a page tells search engines and those who share it: a description, a picture, its address (Open Graph).

Everything comes from fields that readers see too. A withheld name can't be in them: the editor's form refuses it.
"""

from dataclasses import dataclass
from html import unescape
from typing import Any

from django.http import HttpRequest
from django.utils.html import strip_tags
from django.utils.text import Truncator
from wagtail.images.models import SourceImageIOError
from wagtail.images.shortcuts import get_rendition_or_not_found

PICTURE = "fill-1200x630|format-jpeg|jpegquality-80"
"""The size that networks show beside a link."""

LONGEST_DESCRIPTION = 300
LOCALES = {"vi": "vi_VN", "en": "en_US"}


@dataclass(frozen=True)
class Picture:
    address: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True)
class Metadata:
    """Addresses are absolute; "" and None stand for what is not known."""

    title: str
    description: str
    address: str
    kind: str
    locale: str
    site_name: str
    published: str
    picture: Picture | None


def describe(page: Any, request: HttpRequest | None, *, kind: str, image: Any | None) -> Metadata:
    """``kind``: the page's type in Open Graph. ``image``: the one to show, None if there is none."""
    site = page.get_site()
    language = page.locale.language_code if page.locale_id else ""
    first = page.first_published_at
    return Metadata(
        title=page.seo_title or page.title,
        description=description_of(page),
        address=page.get_full_url(request) or "",
        kind=kind,
        locale=LOCALES.get(language, language),
        site_name=site.site_name if site else "",
        published=first.isoformat(timespec="seconds") if first and kind == "article" else "",
        picture=picture_of(image, request, alt=page.title),
    )


def description_of(page: Any) -> str:
    """The editor's text for search engines; without one, the page's first words."""
    text = page.search_description or getattr(page, "lead", "") or unescape(strip_tags(getattr(page, "intro", "")))
    return Truncator(" ".join(text.split())).chars(LONGEST_DESCRIPTION)


def picture_of(image: Any | None, request: HttpRequest | None, *, alt: str) -> Picture | None:
    """None without an image, and if its file is gone or can't be read: a page is shown nevertheless."""
    if image is None:
        return None
    try:
        rendition = get_rendition_or_not_found(image, PICTURE)
    except (SourceImageIOError, OSError, ValueError):
        return None
    if not rendition.pk:
        return None
    address = request.build_absolute_uri(rendition.url) if request else rendition.full_url
    return Picture(address, rendition.width, rendition.height, getattr(image, "contextual_alt_text", "") or alt)
