"""What a shape is, and the plain ones: words, numbers, days."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from cms.api.reading import Needs, Reading

Schema = dict[str, Any]

ABSENT: Any = object()  # nothing is left of a value: its block, or its place in a list, is left out


class Components(Protocol):
    """The schemas that have a name."""

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to it; ``make`` is called once."""


class Shape:
    """``parts``: the names that `fields=name(…)` may pick from; None if it has none."""

    parts: Sequence[str] | None = None

    def collect(self, value: Any, needs: Needs) -> None:
        """Say what `write` will look for."""

    def write(self, value: Any, reading: Reading) -> Any:
        """``value`` as JSON; `ABSENT` if nothing of it may be shown."""
        raise NotImplementedError

    def schema(self, components: Components) -> Schema:
        raise NotImplementedError


class Plain(Shape):
    """A value that is JSON already, or that the encoder knows."""

    def __init__(self, schema: Schema, *, is_nullable: bool = False, empty: Any = None) -> None:
        self._schema = nullable(schema) if is_nullable else schema
        self._empty = empty

    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002 - one signature for all shapes
        return self._empty if value is None else value

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return dict(self._schema)


def text(**more: Any) -> Plain:
    return Plain({"type": "string", **more}, empty="")


def integer(*, is_nullable: bool = False) -> Plain:
    return Plain({"type": "integer"}, is_nullable=is_nullable)


def boolean(*, is_nullable: bool = False) -> Plain:
    return Plain({"type": "boolean"}, is_nullable=is_nullable, empty=None if is_nullable else False)


class Number(Shape):
    """With all of its digits, as a number of JSON; stored as text in a body."""

    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        if value is None or value == "":
            return None
        number = Decimal(str(value))
        return number if number.is_finite() else None

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return {"type": ["number", "null"]}


class Day(Shape):
    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        return value.isoformat() if isinstance(value, datetime.date) else value or None

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return {"type": ["string", "null"], "format": "date"}


class Moment(Shape):
    """In UTC: `2026-11-29T02:05:00Z`."""

    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        if not isinstance(value, datetime.datetime):
            return value or None
        return value.astimezone(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return {"type": ["string", "null"], "format": "date-time"}


class Choice(Shape):
    """One of ``values``, or "" where none was chosen."""

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = list(dict.fromkeys([*values, ""]))

    def write(self, value: Any, reading: Reading) -> Any:  # noqa: ARG002
        return value if value in self._values else ""  # a choice that the editor's form has no more

    def schema(self, components: Components) -> Schema:  # noqa: ARG002
        return {"enum": self._values}


class Several(Shape):
    """A list; what is absent is left out of it."""

    def __init__(self, item: Shape) -> None:
        self._item = item
        self.parts = item.parts

    def collect(self, value: Any, needs: Needs) -> None:
        for one in value or ():
            self._item.collect(one, needs)

    def write(self, value: Any, reading: Reading) -> Any:
        written = (self._item.write(one, reading) for one in value or ())
        return [one for one in written if one is not ABSENT]

    def schema(self, components: Components) -> Schema:
        return {"type": "array", "items": self._item.schema(components)}


def an_object(properties: Mapping[str, Schema], *, optional: Sequence[str] = ()) -> Schema:
    """The schema of an object with these and no other properties."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def nullable(schema: Schema) -> Schema:
    kind = schema.get("type")
    if isinstance(kind, str) and "enum" not in schema:
        return {**schema, "type": [kind, "null"]}
    if isinstance(kind, list):
        return schema
    return {"anyOf": [schema, {"type": "null"}]}
