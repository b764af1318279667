"""What `pages/`, `images/` and `documents/` contribute: a schema for each page type, block and snippet."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from wagtail.models import Page

from cms.api.fields import Field, fields_of
from cms.api.filters import FIELDS, LISTING
from cms.api.library import FIELDS as FILE_FIELDS
from cms.api.library import LISTING as LIBRARY
from cms.api.library import DocumentsEndpoint, ImagesEndpoint, item_schema
from cms.api.schema.document import Document, listing_of
from cms.api.selection import ALWAYS
from cms.api.shapes.base import Schema, an_object
from cms.api.types import page_types

PAGES, FILES = "pages", "images and documents"
NOT_THERE = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND)
ID: Mapping[str, Any] = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**31 - 1},
}


def contribute(document: Document) -> None:
    document.tag(PAGES, "What everybody may read of the site's tree")
    document.tag(FILES, "What something published shows")
    part = part_of_a_page(document)
    list_pages = document.operation(
        "listPages", "Pages, filtered, searched and ordered", listing_of(part), tag=PAGES, parameters=LISTING
    )
    read_page = document.operation(
        "readPage",
        "One page with all of its fields",
        {"anyOf": [a_page(document), part]},
        tag=PAGES,
        parameters=(FIELDS,),
        path_parameters=(ID,),
        problems=NOT_THERE,
    )
    document.add("pages/", "get", list_pages)
    document.add("pages/{id}/", "get", read_page)
    for endpoint, name in ((ImagesEndpoint, "LibraryImage"), (DocumentsEndpoint, "LibraryDocument")):
        _contribute_files(document, endpoint, name)


def a_page(document: Document) -> Schema:
    """With all fields of its type: the union of the types."""
    types = [document.ref(name_of(model), _whole(document, model)) for model in page_types().values()]
    return document.ref("Page", lambda: {"anyOf": types})


def part_of_a_page(document: Document) -> Schema:
    """With those that were asked for; the id and the type are always there."""
    types = [document.ref(f"{name_of(model)}Part", _part(document, model)) for model in page_types().values()]
    return document.ref("PagePart", lambda: {"anyOf": types})


def name_of(model: type[Page]) -> str:
    """The name of its class, with the app's before it if another type has the same."""
    names = [one.__name__ for one in page_types().values()]
    own = model.__name__
    return own if names.count(own) == 1 else f"{model._meta.app_label.title().replace('_', '')}{own}"


def _whole(document: Document, model: type[Page]) -> Any:
    return lambda: _object(document, model, is_part=False)


def _part(document: Document, model: type[Page]) -> Any:
    return lambda: _object(document, model, is_part=True)


def _object(document: Document, model: type[Page], *, is_part: bool) -> Schema:
    fields = list(fields_of(model).values())
    in_meta = [field for field in fields if field.in_meta]
    always = {field.name for field in ALWAYS}
    meta = document.ref(
        "PageMetaPart" if is_part else "PageMeta",
        lambda: an_object(
            {field.name: _schema(document, field, is_part=is_part) for field in in_meta},
            optional=[field.name for field in in_meta if is_part and field.name not in always],
        ),
    )
    properties: dict[str, Schema] = {}
    for field in fields:
        if field.in_meta:
            own = {
                "type": "object",
                "properties": {"type": {"const": _type(model), "type": "string"}},
                "required": ["type"],
            }
            properties.setdefault("meta", {"allOf": [meta, own]})
        else:
            properties[field.name] = _schema(document, field, is_part=is_part)
    kept = {"meta", *always}
    return an_object(properties, optional=[name for name in properties if is_part and name not in kept])


def _type(model: type[Page]) -> str:
    return f"{model._meta.app_label}.{model.__name__}"


def _schema(document: Document, field: Field, *, is_part: bool) -> Schema:
    schema = field.schema(document)
    return partial(document, schema) if is_part and field.shape.parts else schema


def partial(document: Document, schema: Schema) -> Schema:
    """The same object, of which only some properties may be there: `fields=image(_,width)`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        whole = document.resolve(schema)
        return document.ref(f"{name}Part", lambda: {key: value for key, value in whole.items() if key != "required"})
    if schema.get("type") == "array":
        return {**schema, "items": partial(document, schema["items"])}
    if "anyOf" in schema:
        return {**schema, "anyOf": [partial(document, one) for one in schema["anyOf"]]}
    return schema


def _contribute_files(document: Document, endpoint: Any, name: str) -> None:
    item = document.ref(name, lambda: item_schema(endpoint, document))
    part = document.ref(f"{name}Part", lambda: _part_of_a_file(document, endpoint))
    kind = endpoint.kind
    listing = document.operation(
        f"list{kind.capitalize()}",
        f"The {kind} that everybody may have",
        listing_of(part),
        tag=FILES,
        parameters=LIBRARY,
    )
    one = document.operation(
        f"read{kind.capitalize().removesuffix('s')}",
        f"One of the {kind}",
        {"anyOf": [item, part]},
        tag=FILES,
        parameters=(FILE_FIELDS,),
        path_parameters=(ID,),
        problems=NOT_THERE,
    )
    document.add(f"{kind}/", "get", listing)
    document.add(f"{kind}/{{id}}/", "get", one)


def _part_of_a_file(document: Document, endpoint: Any) -> Schema:
    whole = item_schema(endpoint, document, is_part=True)
    properties = {
        name: partial(document, schema) if endpoint.fields.get(name) else schema
        for name, schema in whole["properties"].items()
    }
    return {**whole, "properties": properties}
