"""The blocks whose JSON is more than what the editor filled in: as their templates, they say what a reader sees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from wagtail_emulation.pages.blocks import FigureBlock as EmulationFigureBlock

from cms.api.reading import Needs, Reading
from cms.api.renditions import FIGURE, PLUGIN_FIGURE, POSTER, TILE, Named
from cms.api.shapes.base import ABSENT, Components, Schema, Shape, an_object, boolean, nullable, text
from cms.api.shapes.blocks import BlockImage, Struct, Table, items_of, shapes, shown_of
from cms.api.shapes.links import File, PageLink
from cms.api.shapes.pictures import Picture
from cms.core.blocks.files import AttachmentsBlock
from cms.core.blocks.links import ButtonBlock, RelatedPagesBlock
from cms.core.blocks.pictures import FigureBlock, GalleryBlock, GalleryPictureBlock
from cms.core.blocks.tables import TableBlock, head_of
from cms.core.blocks.video import VideoBlock
from cms.core.embeds import player_of


class Figure(Shape):
    """An image with its caption and credit in it, so that one component shows all images."""

    parts = Picture.parts

    def __init__(self, named: Sequence[Named], *, has_credit: bool = True) -> None:
        self._picture = Picture(named)
        self._has_credit = has_credit

    def collect(self, value: Any, needs: Needs) -> None:
        self._picture.collect(self._shown(value), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        return self._picture.write(self._shown(value), reading)

    def schema(self, components: Components) -> Schema:
        return self._picture.schema(components)

    def _shown(self, value: Mapping[str, Any]) -> Any:
        credit = value.get("credit") or "" if self._has_credit else None
        return shown_of(value.get("image"), caption=value.get("caption") or "", credit=credit)


class Gallery(Struct):
    def write(self, value: Any, reading: Reading) -> Any:
        written = super().write(value, reading)
        return written if written["pictures"] else ABSENT


class Video(Struct):
    """``player``: the address of the player of the film's site, if the site's editors allowed it (`NHIP_EMBEDS`)."""

    def __init__(self, block: Any) -> None:
        super().__init__(block)
        self._shapes["poster"] = BlockImage(POSTER)

    def write(self, value: Any, reading: Reading) -> Any:
        return {**super().write(value, reading), "player": player_of(value.get("url") or "", settings.EMBEDS)}

    def schema(self, components: Components) -> Schema:
        schema = super().schema(components)
        player = {"type": ["string", "null"], "description": "To be put into an <iframe> after a click"}
        return an_object({**schema["properties"], "player": player})


class FullTable(Shape):
    """A table with the rows of its head, in which headings that begin alike are merged."""

    def __init__(self, block: Any) -> None:
        self._table = Table(block.child_blocks["table"])

    def collect(self, value: Any, needs: Needs) -> None:
        self._table.collect(value.get("table"), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        table = self._table.write(value.get("table"), reading)
        head = head_of([column["heading"] for column in table["columns"]])
        return {
            "caption": table["caption"],
            "columns": table["columns"],
            "head": [
                [
                    {"text": cell.text, "columns": cell.columns, "rows": cell.rows, "is_group": cell.is_group}
                    for cell in row
                ]
                for row in head
            ],
            "rows": table["rows"],
            "first_column_is_header": bool(value.get("first_column_is_header")),
            "source": value.get("source") or "",
        }

    def schema(self, components: Components) -> Schema:
        table = self._table.properties(components)
        spans = {key: {"type": "integer", "minimum": 1} for key in ("columns", "rows")}
        cell = an_object({"text": {"type": "string"}, **spans, "is_group": {"type": "boolean"}})
        return an_object(
            {
                "caption": table["caption"],
                "columns": table["columns"],
                "head": {
                    "type": "array",
                    "items": {"type": "array", "items": cell},
                    "description": "The rows of the head; columns and rows of a cell are what it spans",
                },
                "rows": table["rows"],
                "first_column_is_header": boolean().schema(components),
                "source": text().schema(components),
            }
        )


class Attachments(Shape):
    """Documents under the names that the editor gave them."""

    def __init__(self) -> None:
        self._file = File()

    def collect(self, value: Any, needs: Needs) -> None:
        for row in items_of(value.get("files")):
            self._file.collect(row.get("document"), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        written = [(row, self._file.write(row.get("document"), reading)) for row in items_of(value.get("files"))]
        files = [{**file, "title": row.get("title") or file["title"]} for row, file in written if file is not ABSENT]
        return {"heading": value.get("heading") or "", "files": files} if files else ABSENT

    def schema(self, components: Components) -> Schema:
        return an_object(
            {"heading": {"type": "string"}, "files": {"type": "array", "items": self._file.schema(components)}}
        )


class Button(Shape):
    """``url``: where it leads, whatever it is. A button that leads nowhere is absent."""

    def __init__(self) -> None:
        self._page, self._file = PageLink(), File()

    def collect(self, value: Any, needs: Needs) -> None:
        self._page.collect(value.get("page"), needs)
        self._file.collect(value.get("document"), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        page = self._page.write(value.get("page"), reading)
        document = self._file.write(value.get("document"), reading)
        if value.get("page"):
            url = reading.href(value["page"])
        else:
            url = document["url"] if document is not ABSENT else value.get("url")
        if not url:
            return ABSENT
        return {
            "text": value.get("text") or "",
            "url": url,
            "page": None if page is ABSENT else page,
            "document": None if document is ABSENT else document,
        }

    def schema(self, components: Components) -> Schema:
        return an_object(
            {
                "text": {"type": "string"},
                "url": {"type": "string"},
                "page": nullable(self._page.schema(components)),
                "document": nullable(self._file.schema(components)),
            }
        )


class Related(Struct):
    def write(self, value: Any, reading: Reading) -> Any:
        written = super().write(value, reading)
        return written if written["pages"] else ABSENT


@shapes(FigureBlock)
def _figure(_block: Any) -> Shape:
    return Figure(FIGURE)


@shapes(EmulationFigureBlock)
def _emulation_figure(_block: Any) -> Shape:
    return Figure(PLUGIN_FIGURE)


@shapes(GalleryPictureBlock)
def _tile(_block: Any) -> Shape:
    return Figure(TILE, has_credit=False)


@shapes(GalleryBlock)
def _gallery(block: Any) -> Shape:
    return Gallery(block)


@shapes(VideoBlock)
def _video(block: Any) -> Shape:
    return Video(block)


@shapes(TableBlock)
def _full_table(block: Any) -> Shape:
    return FullTable(block)


@shapes(AttachmentsBlock)
def _attachments(_block: Any) -> Shape:
    return Attachments()


@shapes(ButtonBlock)
def _button(_block: Any) -> Shape:
    return Button()


@shapes(RelatedPagesBlock)
def _related(block: Any) -> Shape:
    return Related(block)
