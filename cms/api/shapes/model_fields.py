"""The shape of a field of a model, by what the field is. What a model's `api_fields` does not name goes nowhere."""

from __future__ import annotations

import datetime
import types
import typing
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ImproperlyConfigured
from django.db import models
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.api import APIField
from wagtail.documents import get_document_model
from wagtail.fields import RichTextField, StreamField
from wagtail.images import get_image_model
from wagtail.models import Page

from cms.api.reading import Needs, Reading
from cms.api.renditions import ARTICLE
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
from cms.api.shapes.blocks import MAY_BE_ABSENT, Stream, camel
from cms.api.shapes.links import File, PageLink
from cms.api.shapes.pictures import Picture, Shown
from cms.api.shapes.rich_text import RichText

WORDS_OF_A_PICTURE = ("caption", "credit")  # `image_caption` beside `image`


@dataclass(frozen=True)
class ModelField:
    """A field that a model's `api_fields` names. ``prefetch``, ``joined``: what Django fetches with the instances.

    ``column``: its column, if it has one that an answer may be ordered by.
    """

    name: str
    shape: Shape
    get: Callable[[Any], Any]
    prefetch: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    column: str | None = None
    is_computed: bool = False

    @property
    def may_be_null(self) -> bool:
        return isinstance(self.shape, (*MAY_BE_ABSENT, Record)) and not isinstance(self.shape, Several)


class Record(Shape):
    """An instance of a model as an object: its id, and its `api_fields`."""

    def __init__(self, model: type[models.Model]) -> None:
        self._model = model
        self._fields = list(model_fields(model))
        self.parts = ("id", *(field.name for field in self._fields))

    def collect(self, value: Any, needs: Needs) -> None:
        for field in self._fields if value is not None else ():
            field.shape.collect(field.get(value), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        if value is None:
            return ABSENT
        return {"id": value.pk, **{field.name: write_field(field, value, reading) for field in self._fields}}

    def schema(self, components: Components) -> Schema:
        return components.ref(
            self._model.__name__,
            lambda: an_object(
                {"id": {"type": "integer"}, **{one.name: schema_of(one, components) for one in self._fields}}
            ),
        )


class Children(Several):
    """The rows of a page, in the editor's order."""

    def collect(self, value: Any, needs: Needs) -> None:
        super().collect(value.all(), needs)

    def write(self, value: Any, reading: Reading) -> Any:
        return super().write(value.all(), reading)


def write_field(field: ModelField, instance: Any, reading: Reading) -> Any:
    written = field.shape.write(field.get(instance), reading)
    return None if written is ABSENT else written


def schema_of(field: ModelField, components: Components) -> Schema:
    schema = field.shape.schema(components)
    return nullable(schema) if field.may_be_null else schema


def model_fields(model: type[models.Model]) -> Iterator[ModelField]:
    """What `api_fields` names, once each."""
    seen: set[str] = set()
    for declared in getattr(model, "api_fields", ()):
        name = declared.name if isinstance(declared, APIField) else declared
        if name not in seen:
            seen.add(name)
            yield _field(model, name)


def _field(model: type[models.Model], name: str) -> ModelField:
    children = {relation.get_accessor_name(): relation for relation in get_all_child_relations(model)}
    if name in children:
        child = children[name].related_model
        nested = [f"{name}__{one}" for field in model_fields(child) for one in field.prefetch]
        return ModelField(name, Children(Record(child)), lambda one: getattr(one, name), prefetch=(name, *nested))
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        of_every_page = {relation.get_accessor_name() for relation in get_all_child_relations(Page)}
        prefetch = tuple(accessor for accessor in children if accessor not in of_every_page)
        return ModelField(
            name, _shape_of_property(model, name), lambda one: getattr(one, name), prefetch=prefetch, is_computed=True
        )
    if isinstance(field, models.ForeignKey) and not isinstance(field, ParentalKey):
        return _key(model, field)
    return ModelField(name, _shape_of_field(model, field), lambda one: getattr(one, name), column=name)


def _key(model: type[models.Model], field: models.ForeignKey[Any, Any]) -> ModelField:
    name, target = field.name, field.related_model
    if issubclass(target, get_image_model()):
        return ModelField(name, Picture(ARTICLE), lambda one: _shown(one, name), column=None)
    if issubclass(target, Page):
        return ModelField(name, PageLink(), lambda one: getattr(one, field.attname))
    if issubclass(target, get_document_model()):
        return ModelField(name, File(), lambda one: getattr(one, field.attname))
    if not getattr(target, "api_fields", None):
        raise ImproperlyConfigured(f"{model.__name__}.{name}: {target.__name__} has no api_fields to show")
    return ModelField(name, Record(target), lambda one: getattr(one, name), joined=(name,))


def _shown(instance: Any, name: str) -> Shown | None:
    image = getattr(instance, f"{name}_id")
    return (
        Shown(image, None, *(getattr(instance, f"{name}_{word}", None) for word in WORDS_OF_A_PICTURE))
        if image
        else None
    )


def _shape_of_field(model: type[models.Model], field: Any) -> Shape:  # noqa: PLR0911 - a table
    match field:
        case StreamField():
            kind = type(field.stream_block)
            return Stream(field.stream_block, name=_stream_name(kind) or f"{model.__name__}{camel(field.name)}")
        case RichTextField():
            return RichText()
        case _ if field.choices:
            return Choice([value for value, _label in field.flatchoices])
        case models.CharField() | models.TextField() | models.UUIDField():
            return text()
        case models.DateTimeField():
            return Moment()
        case models.DateField():
            return Day()
        case models.BooleanField():
            return boolean(is_nullable=field.null)
        case models.IntegerField():
            return integer(is_nullable=field.null)
        case models.DecimalField() | models.FloatField():
            return Number()
    raise ImproperlyConfigured(f"{model.__name__}.{field.name}: no shape for a {type(field).__name__}")


def _stream_name(block: type) -> str:
    """Of a class of streams: `Body` for the portal's own, with the name of its package for another's."""
    if block.__module__.startswith("wagtail.blocks"):
        return ""
    package = block.__module__.partition(".")[0]
    own = "" if package == __name__.partition(".")[0] else camel(package)
    return f"{own}{block.__name__.removesuffix('Block')}"


def _shape_of_property(model: type[models.Model], name: str) -> Shape:
    """By the annotation of what it returns."""
    found = getattr(model, name, None)
    function = found.fget if isinstance(found, property) else getattr(found, "func", found)
    hints = typing.get_type_hints(function) if callable(function) else {}
    shape = _shape_of_type(hints.get("return"))
    if shape is None:
        raise ImproperlyConfigured(f"{model.__name__}.{name}: no shape for what it returns; annotate it")
    return shape


def _shape_of_type(kind: Any) -> Shape | None:
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) is list:
        item = _shape_of_type(arguments[0])
        return Several(item) if item else None
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        left = [one for one in arguments if one is not type(None)]
        inner = _shape_of_type(left[0]) if len(left) == 1 else None
        return Plain(nullable({"type": "string"})) if left == [str] else inner
    plain: dict[Any, Callable[[], Shape]] = {
        str: text,
        int: lambda: integer(is_nullable=True),
        bool: boolean,
        float: Number,
        Decimal: Number,
        datetime.date: Day,
        datetime.datetime: Moment,
    }
    make = plain.get(kind)
    return make() if make else None
