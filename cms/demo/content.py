"""The demo site's texts: TOML for facts, a light markup for bodies. Reads files and knows nothing of Django.

A body is a list of pieces with empty lines between them: `## heading`, `- list item` lines, `> quote -- source`,
`![image] caption | credit | alternative text`, and paragraphs.
"""

import datetime
from pathlib import Path
from typing import Any

import msgspec

CONTENT_DIR = Path(__file__).parent / "content"
IMAGES_DIR = Path(__file__).parent / "images"
FENCE = "+++"


class Heading(msgspec.Struct, frozen=True, tag=True):
    text: str


class Paragraph(msgspec.Struct, frozen=True, tag=True):
    text: str


class BulletList(msgspec.Struct, frozen=True, tag=True):
    items: tuple[str, ...]


class Quote(msgspec.Struct, frozen=True, tag=True):
    text: str
    source: str


class Figure(msgspec.Struct, frozen=True, tag=True):
    image: str
    caption: str
    credit: str
    alt: str


Piece = Heading | Paragraph | BulletList | Quote | Figure


class PlainPageText(msgspec.Struct, frozen=True):
    title: str
    lead: str
    body: str


class SiteText(msgspec.Struct, frozen=True):
    """Everything in site.toml; the tables map field names of the models to their values."""

    department: dict[str, str]
    home: dict[str, str]
    news: dict[str, str]
    emulation: dict[str, str]
    opening: dict[str, int]
    plain_pages: list[PlainPageText]


class Article(msgspec.Struct, frozen=True):
    title: str
    date: datetime.date
    topic: str
    image: str
    image_alt: str
    image_caption: str
    lead: str
    author: str
    name: str = ""
    body: tuple[Piece, ...] = ()


class Agreement(msgspec.Struct, frozen=True):
    year: int
    commitments: str
    signatories: list[dict[str, str]]


class Event(msgspec.Struct, frozen=True):
    """An emulation event; rows are the plugin's own field names."""

    title: str
    event_date: datetime.date
    event_kinds: list[str]
    place: str
    lead: str
    opening_views: int
    agreements: list[Agreement]
    commendations: list[dict[str, str]]
    directives: list[dict[str, Any]]
    body: tuple[Piece, ...] = ()


def read_site() -> SiteText:
    return msgspec.toml.decode((CONTENT_DIR / "site.toml").read_bytes(), type=SiteText)


def read_articles() -> list[Article]:
    """All articles, oldest first. The name is that of the file, without its suffix."""
    articles = []
    for path in sorted((CONTENT_DIR / "news").glob("*.md")):
        facts, body = split_facts(path.read_text(encoding="utf-8"))
        article = msgspec.toml.decode(facts, type=Article)
        articles.append(msgspec.structs.replace(article, name=path.stem, body=parse_body(body)))
    return sorted(articles, key=lambda article: article.date)


def read_event() -> Event:
    facts, body = split_facts((CONTENT_DIR / "emulation.md").read_text(encoding="utf-8"))
    return msgspec.structs.replace(msgspec.toml.decode(facts, type=Event), body=parse_body(body))


def split_facts(text: str) -> tuple[str, str]:
    """Split a file into the TOML between its two fences and the body after them. Raises ValueError without fences."""
    before, facts, body = text.split(f"{FENCE}\n", maxsplit=2)
    if before:
        raise ValueError(f"a content file starts with {FENCE}")
    return facts, body


def parse_body(text: str) -> tuple[Piece, ...]:
    return tuple(_parse_piece(piece.strip()) for piece in text.split("\n\n") if piece.strip())


def _parse_piece(text: str) -> Piece:
    if text.startswith("## "):
        return Heading(text.removeprefix("## "))
    if text.startswith("- "):
        return BulletList(tuple(line.removeprefix("- ") for line in text.splitlines()))
    if text.startswith("> "):
        words, _, source = text.removeprefix("> ").partition(" -- ")
        return Quote(words, source)
    if text.startswith("!["):
        image, _, rest = text.removeprefix("![").partition("] ")
        caption, credit, alt = rest.split(" | ")
        return Figure(image, caption, credit, alt)
    return Paragraph(text)
