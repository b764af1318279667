"""The document says what the answers are: each page type, each block, each snippet, each parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from json_schema import validator_of
from wagtail.models import Page, Site, get_page_models
from wagtail.snippets.models import get_snippet_models

from cms.api import reading
from cms.api.fields import fields_of
from cms.api.schema.contributions import openapi
from cms.api.schema.pages import name_of
from cms.api.shapes.blocks import Stream
from cms.api.types import page_types
from cms.news.models import NewsPage


@pytest.fixture(autouse=True)
def _no_new_renditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_MADE", 0)


def faults_of(name: str, answer: Any) -> list[str]:
    """What of ``answer`` is not as the schema of this name says."""
    schema = {"$ref": f"#/components/schemas/{name}", "components": openapi()["components"]}
    found = sorted(validator_of(schema).iter_errors(answer), key=lambda error: error.json_path)
    return [f"{error.json_path}: {error.message[:300]}" for error in found]


def test_the_document_is_openapi_that_a_client_can_read(ask: Any, site: Site) -> None:
    document = ask("schema/openapi.json")

    assert document["openapi"] == "3.1.0"
    assert {"/api/v2/pages/", "/api/v2/pages/{id}/", "/api/v2/images/", "/api/v2/documents/"} <= document[
        "paths"
    ].keys()
    references = set(_references(document))
    assert references
    assert {reference.rpartition("/")[2] for reference in references} <= document["components"]["schemas"].keys()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names))


def test_every_schema_is_a_schema(site: Site) -> None:
    for schema in openapi()["components"]["schemas"].values():
        validator_of({}).check_schema(schema)


def test_the_command_prints_what_the_address_answers(ask: Any, site: Site) -> None:
    out = StringIO()
    call_command("api_schema", stdout=out)

    assert json.loads(out.getvalue()) == ask("schema/openapi.json")


def test_every_page_of_the_demo_is_as_its_type_says(demo_pages: list[Page], ask: Any) -> None:
    for page in demo_pages:
        answer = ask(f"pages/{page.pk}/")

        assert faults_of(name_of(type(page)), answer) == []
        assert answer["meta"]["type"] in page_types()


@pytest.mark.parametrize(
    "query", [{}, {"fields": "*"}, {"fields": "_,title"}, {"fields": "*,image(_,alt),parent(title)"}]
)
def test_lists_are_as_they_say(demo: Site, ask: Any, query: dict[str, str]) -> None:
    answer = ask("pages/", limit=100, **query)

    assert answer["meta"]["total_count"] == len(answer["items"]) > 10
    for page in answer["items"]:
        assert faults_of("PagePart", page) == []


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(("path", "name"), [("images/", "LibraryImage"), ("documents/", "LibraryDocument")])
def test_the_library_is_as_it_says(ask: Any, article: NewsPage, path: str, name: str) -> None:
    answer = ask(path, limit=100)

    assert answer["items"]
    for item in answer["items"]:
        assert faults_of(name, item) == []
        assert ask(f"{path}{item['id']}/") == item
    for fields in ("_", "_,title", "*,-title", "renditions(_,full),focal_point(_,x)"):
        if "renditions" in fields and path == "documents/":
            continue
        for item in ask(path, limit=100, fields=fields)["items"]:
            assert faults_of(f"{name}Part", item) == []


def test_topics_are_as_they_say(demo: Site, ask: Any) -> None:
    answer = ask("topics/")

    assert answer["items"]
    for item in answer["items"]:
        assert faults_of("ListedTopic", item) == []


def test_every_block_is_as_its_schema_says(article: NewsPage, ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_MADE", 100)

    answer = ask(f"pages/{article.pk}/")

    assert {block["type"] for block in answer["body"]} == article.body.stream_block.child_blocks.keys()
    assert faults_of("NewsPage", answer) == []
    for block in answer["body"]:
        assert faults_of(f"{block['type'].capitalize()}Block", block) == []


def test_a_wrong_answer_is_told_from_a_right_one(article: NewsPage, ask: Any) -> None:
    answer = ask(f"pages/{article.pk}/")
    answer["body"][0]["value"] = 1
    answer["owner"] = "admin"
    del answer["lead"]

    assert len(faults_of("NewsPage", answer)) == 3


def test_every_page_type_block_and_snippet_is_in_it() -> None:
    schemas = openapi()["components"]["schemas"]

    types = [model for model in get_page_models() if model is not Page]
    assert len(types) > 5
    for model in types:
        assert {name_of(model), f"{name_of(model)}Part"} <= schemas.keys()
        own = {name for name, field in fields_of(model).items() if not field.in_meta}
        assert schemas[name_of(model)]["properties"].keys() == {"meta", *own}
        for field in fields_of(model).values():
            if isinstance(field.shape, Stream):
                assert {field.shape.name_of(kind) for kind in field.shape.blocks} <= schemas.keys()
    for snippet in get_snippet_models():
        if getattr(snippet, "api_fields", None):
            assert snippet.__name__ in schemas
        else:
            assert snippet.__name__ in NOT_OF_READERS, f"{snippet.__name__} is a snippet without api_fields"


# Snippets that nothing public shows.
NOT_OF_READERS = {"OpeningBalance"}

# Columns of a page type that its API leaves out, since something else of it says them.
NOT_NAMED = {"page_ptr", "image_caption", "image_credit"}


def test_every_column_of_a_page_type_is_there_or_left_out_by_name() -> None:
    for model in page_types().values():
        own = {field.name for field in model._meta.local_fields}
        assert own - fields_of(model).keys() <= NOT_NAMED, model


def test_no_field_is_of_any_kind() -> None:
    """A schema that says nothing would make a client's type `unknown`."""
    assert [path for path, schema in _schemas(openapi()["components"]["schemas"], "") if schema in ({}, True)] == []


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


def _schemas(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every place where a schema stands."""
    for name, value in node.items() if isinstance(node, dict) else ():
        if name in ("properties", "schemas") or path == "":
            for key, schema in value.items() if name == "properties" else [(name, value)]:
                yield f"{path}/{key}", schema
                yield from _schemas(schema, f"{path}/{key}")
        elif name == "items":
            yield f"{path}/items", value
            yield from _schemas(value, f"{path}/items")
