"""Links to films that editors paste: plain links, unless NHIP_EMBEDS names whom the server may ask for a player.

To ask is to tell a stranger what is being edited, and a player tells it who reads.
"""

from __future__ import annotations

import re
from collections.abc import Container
from typing import Any, NamedTuple

from django.utils.html import format_html
from wagtail.embeds import oembed_providers
from wagtail.embeds.exceptions import EmbedNotFoundException
from wagtail.embeds.finders.base import EmbedFinder


class Provider(NamedTuple):
    """``oembed``: Wagtail's addresses of it. ``frame``: where its players come from. ``film``: a film's number in its
    address. ``player``: the address of the player that shows it and keeps least of who watches."""

    oembed: dict[str, Any]
    frame: str
    film: re.Pattern[str]
    player: str


PROVIDERS = {
    "youtube": Provider(
        oembed_providers.youtube,
        "https://www.youtube.com https://www.youtube-nocookie.com",
        re.compile(
            r"https://(?:(?:www\.|m\.)?youtube(?:-nocookie)?\.com/(?:watch\?(?:[^#]*&)?v=|embed/|shorts/|live/)|youtu\.be/)"
            r"([\w-]{6,20})(?![\w-])"
        ),
        "https://www.youtube-nocookie.com/embed/{}?autoplay=1&rel=0",
    ),
    "vimeo": Provider(
        oembed_providers.vimeo,
        "https://player.vimeo.com",
        re.compile(r"https://(?:www\.|player\.)?vimeo\.com/(?:video/)?(\d{4,15})(?!\d)"),
        "https://player.vimeo.com/video/{}?autoplay=1&dnt=1",
    ),
}


class PlainLink(EmbedFinder):
    """Asks nobody: what stands in the page is a link to the address."""

    def accept(self, url: str) -> bool:
        return url.startswith(("https://", "http://"))

    def find_embed(self, url: str, max_width: int | None = None, max_height: int | None = None) -> dict[str, Any]:  # noqa: ARG002 - Wagtail's signature
        if not self.accept(url):
            raise EmbedNotFoundException
        return {
            "title": url,
            "type": "rich",
            "html": format_html('<a href="{}" rel="noopener">{}</a>', url, url),
            **dict.fromkeys(("author_name", "provider_name", "thumbnail_url"), ""),
            **dict.fromkeys(("width", "height"), None),
        }


def finders(asked: tuple[str, ...]) -> list[dict[str, Any]]:
    """As WAGTAILEMBEDS_FINDERS has them: the named providers, then plain links."""
    oembed = {"class": "wagtail.embeds.finders.oembed", "providers": [PROVIDERS[name].oembed for name in asked]}
    return [*([oembed] if asked else []), {"class": "cms.core.embeds.PlainLink"}]


def player_of(url: str, asked: Container[str]) -> str | None:
    """The address of the player of a film, if its site is one of the named providers."""
    for name, provider in PROVIDERS.items():
        if name in asked and (film := provider.film.match(url)):
            return provider.player.format(film[1])
    return None


def frames(asked: tuple[str, ...]) -> str:
    """The sources of their players, for the policy of pages."""
    return " ".join(PROVIDERS[name].frame for name in asked)
