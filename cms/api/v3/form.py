"""The form of v3's answers: Wagtail's schemas, which take what was written for everybody in place of a page.

A name that is not written is not in an answer, whatever the schemas of a later Wagtail have.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from ninja import Schema
from pydantic.fields import FieldInfo
from wagtail.api.v3.schemas.base import build_discriminated_union
from wagtail.api.v3.schemas.generators.read import SchemaGenerator
from wagtail.api.v3.schemas.pages import (
    BasePageMetaSchema,
    BasePageSchema,
    PageMetaSchema,
    PageSchema,
    SimpleBasePageMetaSchema,
    SimpleBasePageSchema,
)
from wagtail.models import Page

from cms.api.shapes.model_fields import model_fields
from cms.api.types import page_types


def _written(name: str) -> Any:
    def take(written: Mapping[str, Any]) -> Any:
        return written.get(name)

    return staticmethod(take)


class Written(Schema):
    """In place of Wagtail's own resolvers, each of which reads a page."""

    resolve_meta = _written("meta")
    resolve_type = _written("type")
    resolve_detail_url = _written("detail_url")
    resolve_html_url = _written("html_url")
    resolve_locale = _written("locale")
    resolve_parent = _written("parent")
    resolve_warnings = _written("warnings")


class LinkMeta(Written, SimpleBasePageMetaSchema):
    pass


class Link(Written, SimpleBasePageSchema):
    meta: LinkMeta


class ListedMeta(Written, BasePageMetaSchema):
    pass


class Listed(Written, BasePageSchema):
    """A page of a list."""

    meta: ListedMeta


class Meta(Written, PageMetaSchema):
    alias_of: Link | None = None
    parent: Link | None = None


class Whole(Written, PageSchema):
    """A page at its own address; each type adds its fields."""

    meta: Meta


class Listing(Schema):
    count: int
    items: list[Listed]


def _schema_of(model: type[Page]) -> Any:
    """With the fields that v2 has of the type; each is as v2 writes it."""
    name = model.__name__
    meta = _generator.extend_schema(Meta, f"{name}MetaSchema", {"type": (Literal[model._meta.label], ..., None)})
    own = {
        field.name: (Any, FieldInfo(default=None, description=f"As /api/v2/ has {field.name}"), None)
        for field in model_fields(model)
    }
    return _generator.extend_schema(Whole, f"{name}Schema", {"meta": (meta, ..., None), **own})


_generator = SchemaGenerator()
AnyPage = build_discriminated_union(list(page_types().values()), _schema_of)
"""A page of any type, told apart by `meta.type`."""
