"""The blocks of a body, from what the database keeps of them: JSON, read without a query for each chooser.

Wagtail's blocks have a shape by their class; the portal's own that differ are in `cms.api.shapes.own_blocks`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from wagtail import blocks
from wagtail.contrib.typed_table_block.blocks import TypedTableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.embeds.blocks import EmbedBlock
from wagtail.images.blocks import ImageBlock, ImageChooserBlock

from cms.api.reading import Needs, Reading
from cms.api.renditions import FIGURE, Named
from cms.api.shapes.base import (
    ABSENT,
    Choice,
    Components,
    Day,
    Moment,
    Number,
    Plain,
    Schema,
    Several,
    Shape,
    an_object,
    boolean,
    integer,
    nullable,
    text,
)
from cms.api.shapes.links import File, PageLink
from cms.api.shapes.pictures import Picture, Shown
from cms.api.shapes.rich_text import RichText

Make = Callable[[Any], Shape]
_MAKERS: dict[type, Make] = {}


def shape_of(block: Any) -> Shape:
    """By the class of the block, or the nearest class above it that has a shape."""
    return next(_MAKERS[kind] for kind in type(block).__mro__ if kind in _MAKERS)(block)


def shapes(*kinds: type) -> Callable[[Make], Make]:
    """Decorate what makes the shape of a block of these classes."""

    def register(make: Make) -> Make:
        _MAKERS.update(dict.fromkeys(kinds, make))
        return make

    return register


def has_shape(block: Any) -> bool:
    """Whether a class of its own says how it looks, rather than that it is any block."""
    kind = next((kind for kind in type(block).__mro__ if kind in _MAKERS), blocks.Block)
    return kind is not blocks.Block


class Stream(Shape):
    """`[{"type", "id", "value"}]`, each type of its own schema: a union that `type` tells apart."""

    def __init__(self, block: Any, *, name: str) -> None:
        self._name = name
        self._prefix = name.removesuffix("Body")
        self.blocks: Mapping[str, Shape] = {kind: shape_of(child) for kind, child in block.child_blocks.items()}

    def collect(self, value: Any, needs: Needs) -> None:
        for _kind, shape, raw in self._known(value):
            shape.collect(raw["value"], needs)

    def write(self, value: Any, reading: Reading) -> Any:
        written = (
            {"type": kind, "id": raw.get("id"), "value": shape.write(raw["value"], reading)}
            for kind, shape, raw in self._known(value)
        )
        return [block for block in written if block["value"] is not ABSENT]

    def schema(self, components: Components) -> Schema:
        return {"type": "array", "items": components.ref(f"{self._name}Block", lambda: self._union(components))}

    def _union(self, components: Components) -> Schema:
        parts = {kind: components.ref(self.name_of(kind), self._one(kind, components)) for kind in self.blocks}
        return {
            "oneOf": list(parts.values()),
            "discriminator": {
                "propertyName": "type",
                "mapping": {kind: reference["$ref"] for kind, reference in parts.items()},
            },
        }

    def name_of(self, kind: str) -> str:
        return f"{self._prefix}{camel(kind)}Block"

    def _one(self, kind: str, components: Components) -> Callable[[], Schema]:
        return lambda: an_object(
            {
                "type": {"const": kind, "type": "string"},
                "id": {"type": ["string", "null"]},
                "value": self.blocks[kind].schema(components),
            }
        )

    def _known(self, value: Any) -> Iterator[tuple[str, Shape, Mapping[str, Any]]]:
        for raw in value.raw_data if value is not None else ():
            if (shape := self.blocks.get(raw["type"])) is not None:
                yield raw["type"], shape, raw


class RawStream(Stream):
    """A stream within a block."""

    def _known(self, value: Any) -> Iterator[tuple[str, Shape, Mapping[str, Any]]]:
        for raw in value or ():
            if (shape := self.blocks.get(raw["type"])) is not None:
                yield raw["type"], shape, raw


class Nothing(Shape):
    """Of a block of a class that nobody described: nothing of it goes out."""

    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        return ABSENT

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return {"type": "null"}


class Struct(Shape):
    """An object of a block's children."""

    def __init__(self, block: Any) -> None:
        self._shapes: dict[str, Shape] = {name: shape_of(child) for name, child in block.child_blocks.items()}
        self.parts = tuple(self._shapes)

    def collect(self, value: Any, needs: Needs) -> None:
        for name, shape in self._shapes.items():
            shape.collect((value or {}).get(name), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        written = {name: shape.write((value or {}).get(name), reading) for name, shape in self._shapes.items()}
        return {name: None if part is ABSENT else part for name, part in written.items()}

    def schema(self, components: Components) -> Schema:
        return an_object({name: _or_null(shape, components) for name, shape in self._shapes.items()})


def _or_null(shape: Shape, components: Components) -> Schema:
    schema = shape.schema(components)
    return nullable(schema) if isinstance(shape, MAY_BE_ABSENT) else schema


class Items(Several):
    """A list as the database keeps it: values, or objects with an id beside each value."""

    def collect(self, value: Any, needs: Needs) -> None:
        super().collect(items_of(value), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        return super().write(items_of(value), reading)


def items_of(value: Any) -> list[Any]:
    return [
        one["value"] if isinstance(one, dict) and one.get("type") == "item" and "value" in one else one
        for one in value or ()
    ]


class BlockImage(Shape):
    """Of Wagtail's two choosers of images: an id, or an object with the words of the place."""

    parts = Picture.parts

    def __init__(self, named: Sequence[Named] = FIGURE) -> None:
        self._picture = Picture(named)

    def collect(self, value: Any, needs: Needs) -> None:
        self._picture.collect(shown_of(value), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        return self._picture.write(shown_of(value), reading)

    def schema(self, components: Components) -> Schema:
        return self._picture.schema(components)


def shown_of(value: Any, *, caption: str | None = None, credit: str | None = None) -> Shown | None:
    """``value``: as an image chooser or an image with alternative text is kept."""
    if isinstance(value, dict):
        if not value.get("image"):
            return None
        alt = "" if value.get("decorative") else value.get("alt_text") or ""
        return Shown(value["image"], alt, caption, credit)
    return Shown(value, None, caption, credit) if value else None


class Table(Shape):
    """Columns with headings, and rows of as many cells."""

    parts = ("caption", "columns", "rows")

    def __init__(self, block: Any) -> None:
        self._cells: dict[str, Shape] = {name: shape_of(child) for name, child in block.child_blocks.items()}

    def collect(self, value: Any, needs: Needs) -> None:
        for row in (value or {}).get("rows", ()):
            for column, cell in zip(value["columns"], row["values"], strict=False):
                self._cells[column["type"]].collect(cell, needs)

    def write(self, value: Any, reading: Reading) -> Any:
        columns = (value or {}).get("columns", [])
        return {
            "caption": (value or {}).get("caption") or "",
            "columns": [{"type": column["type"], "heading": column["heading"] or ""} for column in columns],
            "rows": [self._row(columns, row["values"], reading) for row in (value or {}).get("rows", ())],
        }

    def _row(self, columns: Sequence[Mapping[str, Any]], cells: Sequence[Any], reading: Reading) -> list[Any]:
        pairs = zip(columns, cells, strict=False)
        written = [self._cells[column["type"]].write(cell, reading) for column, cell in pairs]
        return [None if cell is ABSENT else cell for cell in written]

    def schema(self, components: Components) -> Schema:
        return an_object(self.properties(components))

    def properties(self, components: Components) -> dict[str, Schema]:
        column: dict[str, Schema] = {"type": {"enum": list(self._cells)}, "heading": {"type": "string"}}
        cells = [nullable(shape.schema(components)) for shape in self._cells.values()]
        return {
            "caption": {"type": "string"},
            "columns": {"type": "array", "items": an_object(column)},
            "rows": {"type": "array", "items": {"type": "array", "items": _any_of(cells)}},
        }


def _any_of(schemas: Sequence[Schema]) -> Schema:
    """Of plain types one list of them, which is easier to read."""
    if all(set(schema) <= {"type", "format"} for schema in schemas):
        types = [kind for schema in schemas for kind in schema["type"]]
        return {"type": list(dict.fromkeys(types))}
    return {"anyOf": list(schemas)}


def camel(name: str) -> str:
    """`news_page` → `NewsPage`"""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


@shapes(blocks.CharBlock, blocks.TextBlock, blocks.RegexBlock, blocks.EmailBlock, blocks.URLBlock, EmbedBlock)
def _text(_block: Any) -> Shape:
    return text()


@shapes(blocks.RichTextBlock)
def _rich_text(_block: Any) -> Shape:
    return RichText()


@shapes(blocks.RawHTMLBlock, blocks.BlockQuoteBlock)
def _html(_block: Any) -> Shape:
    return text()


@shapes(blocks.BooleanBlock)
def _boolean(_block: Any) -> Shape:
    return boolean()


@shapes(blocks.StaticBlock)
def _static(_block: Any) -> Shape:
    """It is there, and has nothing to say."""
    return Plain({"type": "null"})


@shapes(blocks.IntegerBlock)
def _integer(_block: Any) -> Shape:
    return integer(is_nullable=True)


@shapes(blocks.FloatBlock, blocks.DecimalBlock)
def _number(_block: Any) -> Shape:
    return Number()


@shapes(blocks.DateBlock)
def _day(_block: Any) -> Shape:
    return Day()


@shapes(blocks.DateTimeBlock)
def _moment(_block: Any) -> Shape:
    return Moment()


@shapes(blocks.TimeBlock)
def _time(_block: Any) -> Shape:
    return Plain({"type": "string"}, is_nullable=True)


@shapes(blocks.ChoiceBlock)
def _choice(block: Any) -> Shape:
    return Choice([value for value, _label in block.field.choices])


@shapes(blocks.MultipleChoiceBlock)
def _choices(block: Any) -> Shape:
    return Several(Choice([value for value, _label in block.field.choices]))


@shapes(blocks.PageChooserBlock)
def _page(_block: Any) -> Shape:
    return PageLink()


@shapes(DocumentChooserBlock)
def _document(_block: Any) -> Shape:
    return File()


@shapes(ImageBlock, ImageChooserBlock)
def _image(_block: Any) -> Shape:
    return BlockImage()


@shapes(TypedTableBlock)
def _table(block: Any) -> Shape:
    return Table(block)


@shapes(blocks.ListBlock)
def _list(block: Any) -> Shape:
    return Items(shape_of(block.child_block))


@shapes(blocks.StructBlock)
def _struct(block: Any) -> Shape:
    return Struct(block)


@shapes(blocks.StreamBlock)
def _stream(block: Any) -> Shape:
    return RawStream(block, name=camel(block.name or type(block).__name__))


@shapes(blocks.Block)
def _unknown(_block: Any) -> Shape:
    return Nothing()


MAY_BE_ABSENT: tuple[type[Shape], ...] = (PageLink, File, BlockImage, Picture)
