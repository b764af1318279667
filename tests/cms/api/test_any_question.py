"""schemathesis asks what the document allows, and what it forbids: no answer is a fault of ours, or other than it says.

The whole of Django answers, in this process.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy, one_of
from wagtail.documents.models import Document
from wagtail.images.models import Image
from wagtail.models import Page

from cms.api import reading

EXAMPLES = 20


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("mode", ["allowed", "forbidden"])
def test_any_question_is_answered_as_the_document_says(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask_all("/api/v2/schema/openapi.json", mode, monkeypatch, operations=6)


@pytest.mark.usefixtures("demo", "v3")
@pytest.mark.parametrize("mode", ["allowed", "forbidden"])
def test_so_is_any_question_to_v3(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _ask_all("/api/v3/openapi.json", mode, monkeypatch, operations=3)


def _ask_all(document: str, mode: str, monkeypatch: pytest.MonkeyPatch, *, operations: int) -> None:
    import schemathesis  # noqa: PLC0415 - seconds in each worker that collects the tests
    from schemathesis import GenerationMode  # noqa: PLC0415
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    monkeypatch.setattr(reading, "MOST_MADE", 0)
    wanted = [
        not_a_server_error,
        checks.status_code_conformance,
        checks.content_type_conformance,
        checks.response_schema_conformance,
    ]
    kind = GenerationMode.POSITIVE if mode == "allowed" else GenerationMode.NEGATIVE
    schema = schemathesis.openapi.from_wsgi(document, WSGIHandler())
    asked: dict[str, list[int]] = {}

    for found in schema.get_all_operations():
        operation = found.ok()
        if mode == "allowed" or _can_be_asked_wrongly(operation):
            asked[operation.label] = _ask(_questions(operation, kind), wanted)

    if mode == "allowed":
        assert len(asked) >= operations
        assert all({200, 302, 404}.intersection(statuses) for statuses in asked.values()), asked
    else:
        assert any({400, 422}.intersection(statuses) for statuses in asked.values()), asked


def _questions(operation: Any, kind: Any) -> SearchStrategy[Any]:
    """An id is mostly one that there is."""
    plain: SearchStrategy[Any] = operation.as_strategy(generation_mode=kind)
    if "id}" not in operation.path:
        return plain
    name = operation.path.partition("{")[2].partition("}")[0]
    model = {"pages": Page, "images": Image, "documents": Document}[operation.path.split("/")[3]]
    ids = list(model.objects.values_list("pk", flat=True))
    return one_of(plain, *(operation.as_strategy(generation_mode=kind, path_parameters={name: pk}) for pk in ids[:6]))


def _ask(questions: SearchStrategy[Any], wanted: list[Any]) -> list[int]:
    """The statuses of the answers."""
    statuses: list[int] = []

    @seed(1)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=questions)
    def ask(case: Any) -> None:
        answer = case.call()
        statuses.append(answer.status_code)
        case.validate_response(answer, checks=wanted)

    ask()
    return statuses


def _can_be_asked_wrongly(operation: Any) -> bool:
    return bool(list(operation.query) or list(operation.path_parameters))
