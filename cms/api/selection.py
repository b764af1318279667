"""`fields=`: which fields of each page an answer has, in Wagtail's own syntax.

`fields=lead,image(renditions)` adds fields, `fields=-statistics` leaves one out, `fields=*` gives all, `fields=_,title`
those named alone. A page always has its id and its type.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from itertools import accumulate
from typing import Any

from wagtail.api.v2.utils import FieldsParameterParseError, parse_fields_parameter
from wagtail.models import Page

from cms.api.fields import ID, TYPE, Field, fields_of
from cms.api.problems import Fault, bad_request

NAME = "fields"
ALWAYS = (ID, TYPE)
LONGEST = 1000  # letters
DEEPEST = 4

Asked = Sequence[tuple[str, bool, Any]]


@dataclass(frozen=True)
class Chosen:
    field: Field
    parts: Asked = ()


@dataclass(frozen=True)
class Selection:
    """``asked``: as Wagtail parses it; empty for what comes unasked."""

    asked: Asked = ()
    is_list: bool = False

    def of(self, model: type[Page]) -> list[Chosen]:
        """The fields of a page of this type, in the order of an answer."""
        known = {name: field for name, field in fields_of(model).items() if not (self.is_list and field.detail_only)}
        names = self._names(known)
        parts = {name: below for name, negated, below in self.asked if below and not negated}
        return [Chosen(field, parts.get(name, ())) for name, field in known.items() if name in names]

    def _names(self, known: dict[str, Field]) -> set[str]:
        first = self.asked[0][0] if self.asked else ""
        if first == "_":
            names: set[str] = set()
        elif first == "*" or not self.is_list:
            names = set(known)
        else:
            names = {name for name, field in known.items() if field.listed}
        for name, negated, _below in self.asked:
            if name not in ("*", "_"):
                names.discard(name) if negated else names.add(name)
        return names | {field.name for field in ALWAYS}

    @cached_property
    def is_default(self) -> bool:
        return not self.asked


def read_selection(text: str | None, models: Iterable[type[Page]], *, is_list: bool) -> Selection:
    """Raises Problem for what can't be read, and for a name that none of the types has."""
    if text is None:
        return Selection(is_list=is_list)
    asked = parse_names(text)
    _check(asked, list(models), is_list=is_list)
    return Selection(asked, is_list=is_list)


def parse_names(text: str) -> Asked:
    """Raises Problem for what can't be read."""
    if len(text) > LONGEST or not text or "\0" in text or _depth(text) > DEEPEST:
        raise bad_request(Fault(NAME, f"Names of fields, separated by commas; at most {LONGEST} letters."))
    try:
        asked: Asked = parse_fields_parameter(text)
    except FieldsParameterParseError as error:
        raise bad_request(Fault(NAME, f"{str(error).capitalize()}.")) from error
    return asked


def pick(value: Any, asked: Asked) -> Any:
    """What of a nested value was asked for."""
    if not asked or value is None:
        return value
    if isinstance(value, list):
        return [pick(one, asked) for one in value]
    starts_empty = asked[0][0] == "_"
    picked = {} if starts_empty else dict(value)
    for name, negated, _below in asked:
        if name in ("*", "_"):
            continue
        if negated:
            picked.pop(name, None)
        elif name in value:
            picked[name] = value[name]
    return picked


def _depth(text: str) -> int:
    """How deep its brackets go: the parser calls itself for each."""
    return max(accumulate((letter == "(") - (letter == ")") for letter in text))


def _check(asked: Asked, models: Sequence[type[Page]], *, is_list: bool) -> None:
    unknown = [name for name, _negated, _below in asked if name not in ("*", "_") and not _knowing(name, models)]
    if unknown:
        raise bad_request(Fault(NAME, f"No page type asked for has {_listed(unknown)}.{_hint(unknown[0], models)}"))
    for name, _negated, below in asked:
        if name in ("*", "_"):
            continue
        fields = _knowing(name, models)
        if is_list and all(field.detail_only for field in fields):
            raise bad_request(Fault(NAME, f"{name} is there for one page alone: ask for it at its detail_url."))
        if below:
            _check_parts(name, below, fields)


def _check_parts(name: str, below: Asked, fields: Sequence[Field]) -> None:
    parts = {part for field in fields for part in field.shape.parts or ()}
    if not parts:
        raise bad_request(Fault(NAME, f"{name} has no fields of its own to pick from."))
    if any(deeper for _part, _negated, deeper in below):
        raise bad_request(Fault(NAME, f"{name}: pick from the fields of a field, but not from theirs."))
    unknown = [part for part, _negated, _below in below if part not in ("*", "_") and part not in parts]
    if unknown:
        raise bad_request(Fault(NAME, f"{name} has no {_listed(unknown)}; it has {', '.join(sorted(parts))}."))


def _knowing(name: str, models: Sequence[type[Page]]) -> list[Field]:
    return [field for model in models if (field := fields_of(model).get(name)) is not None]


def _hint(name: str, models: Sequence[type[Page]]) -> str:
    if name == "meta":
        return " Ask for what is in meta by its own name, such as path or html_url."
    near = get_close_matches(name[:60], {known for model in models for known in fields_of(model)}, n=1)
    return f" Did you mean {near[0]}?" if near else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(name[:40] for name in names))
