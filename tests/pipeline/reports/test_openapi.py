"""The OpenAPI document names all that can be asked, and each of its references leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from json_schema import validator_of
from part import ROOT

from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.openapi import EXAMPLE, QUERY_PATH, REFUSALS, openapi_document
from pipeline.reports.schema import schema_of_questions

DOCUMENT = openapi_document()
SCHEMAS = DOCUMENT["components"]["schemas"]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "$ref")
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from references(one)


def test_every_reference_leads_somewhere() -> None:
    found = set(references(DOCUMENT))
    assert len(found) >= 4
    for reference in found:
        place: Any = DOCUMENT
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_one(name: str) -> None:
    validator_of(SCHEMAS[name]).check_schema(SCHEMAS[name])


def test_every_metric_and_dimension_is_named_and_told_of() -> None:
    question = SCHEMAS["Question"]["properties"]
    assert question["metrics"]["items"]["enum"] == [*METRICS]
    assert question["dimensions"]["items"]["enum"] == [*DIMENSIONS]
    described = DOCUMENT["info"]["description"]
    missing = [name for name in (*METRICS, *DIMENSIONS) if f"- `{name}` (" not in described]
    assert missing == []
    assert [name for name, one in METRICS.items() if one.definition_en not in described] == []


def test_the_page_of_the_api_names_every_refusal_and_every_format() -> None:
    page = (ROOT / "docs/reports-api.md").read_text(encoding="utf-8")
    words = [
        (word, status)
        for status, meaning in REFUSALS.items()
        for word in re.findall(r"`([a-z]+-?[a-z]+)`:|`(crowded)`", meaning)
    ]
    listed = {line.split(" | ")[0]: line.split(" | ")[1] for line in page.splitlines() if line.startswith("| `")}
    assert len(words) >= 10
    for found, status in words:
        word = "".join(found)
        (row,) = (row for row in listed if f"`{word}`" in row)
        assert listed[row] == str(status)
    answers = DOCUMENT["paths"][QUERY_PATH]["post"]["responses"]["200"]["content"]
    assert [kind for kind in answers if f"`{kind}`" not in page] == []


def test_the_example_can_be_asked() -> None:
    body = DOCUMENT["paths"][QUERY_PATH]["post"]["requestBody"]["content"]["application/json"]
    assert body["example"] == EXAMPLE
    validator_of(schema_of_questions()).validate(EXAMPLE)


def test_what_may_be_asked_needs_a_token_and_nothing_else_does() -> None:
    assert DOCUMENT["security"] == [{"token": []}]
    open_to_all = {
        path for path, methods in DOCUMENT["paths"].items() for one in methods.values() if one.get("security") == []
    }
    assert open_to_all == set(DOCUMENT["paths"]) - {QUERY_PATH}
