"""Rich text as HTML whose links lead somewhere: whole addresses, and no link to what not everybody may see.

Wagtail finds the links; here they are resolved from what was fetched for the whole answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from django.utils.html import escape
from wagtail.rich_text.rewriters import FIND_A_TAG, FIND_EMBED_TAG, EmbedRewriter, LinkRewriter, extract_attrs

from cms.api.reading import Needs, Reading
from cms.api.renditions import FIGURE
from cms.api.shapes.base import Components, Schema, Shape
from cms.api.shapes.pictures import write_renditions

Attributes = dict[str, str]
DEAD = "<a>"  # HTML's own for the place of a link that there is none of


class RichText(Shape):
    def collect(self, value: Any, needs: Needs) -> None:
        for kind, pk in _references(_source(value)):
            {"page": needs.pages, "document": needs.documents, "image": needs.images}[kind].add(pk)

    def write(self, value: Any, reading: Reading) -> Any:
        html = _source(value)
        if "<a" in html:
            html = _Links(_link_rules(reading))(html)
        if "<embed" in html:
            html = EmbedRewriter(_embed_rules(reading))(html)
        return html

    def schema(self, components: Components) -> Schema:
        return components.ref(
            "RichText",
            lambda: {
                "type": "string",
                "contentMediaType": "text/html",
                "description": "HTML of the editors: paragraphs, lists, emphasis and links with whole addresses",
            },
        )


class _Links(LinkRewriter):
    """Wagtail leaves a link from the site's root as it is."""

    def get_tag_type_from_attrs(self, attrs: Attributes) -> str | None:
        if "linktype" not in attrs and attrs.get("href", "").startswith("/"):
            return "from_root"
        kind: str | None = super().get_tag_type_from_attrs(attrs)
        return kind


def _source(value: Any) -> str:
    return str(getattr(value, "source", value) or "")


def _references(html: str) -> Iterator[tuple[str, int]]:
    for tag, key, kinds in (
        (FIND_A_TAG, "linktype", ("page", "document")),
        (FIND_EMBED_TAG, "embedtype", ("image",)),
    ):
        for found in tag.finditer(html):
            attrs = extract_attrs(found[1])
            if attrs.get(key) in kinds and (pk := _number(attrs)):
                yield attrs[key], pk


def _number(attrs: Attributes) -> int:
    text = attrs.get("id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _link_rules(reading: Reading) -> dict[str, Callable[[Attributes], str]]:
    def to_page(attrs: Attributes) -> str:
        return _open(reading.href(_number(attrs)))

    def to_document(attrs: Attributes) -> str:
        document = reading.documents.get(_number(attrs))
        return _open(document and reading.absolute(document.url))

    def from_root(attrs: Attributes) -> str:
        href = attrs["href"]
        return _open(
            reading.base_url.partition(":")[0] + ":" + href if href.startswith("//") else reading.absolute(href)
        )

    return {"page": to_page, "document": to_document, "from_root": from_root}


def _open(href: str | None) -> str:
    return f'<a href="{escape(href)}">' if href else DEAD


def _embed_rules(reading: Reading) -> dict[str, Callable[[Attributes], str]]:
    def image(attrs: Attributes) -> str:
        found = reading.images.get(_number(attrs))
        full = write_renditions(found, FIGURE, reading).get("full") if found else None
        if full is None:
            return ""
        alt = escape(attrs.get("alt", ""))
        return f'<img src="{escape(full["src"])}" alt="{alt}" loading="lazy">'

    def media(attrs: Attributes) -> str:
        url = escape(attrs.get("url", ""))
        return f'<a href="{url}">{url}</a>' if url.startswith(("https://", "http://")) else ""

    return {"image": image, "media": media}
