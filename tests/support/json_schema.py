"""Validators of JSON Schema."""

from __future__ import annotations

from typing import Any


def validator_of(schema: Any, **options: Any) -> Any:
    """jsonschema's, of Draft 2020-12. It is imported here, since it builds the grammar of an IRI at its import, which
    takes seconds in each worker that collects the tests."""
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # noqa: PLC0415  # has no stubs

    return Draft202012Validator(schema, **options)


def faults_in(answer: Any, schema: Any, document: Any) -> list[str]:
    """What an answer has that ``schema`` does not allow, in words; its references lead into an OpenAPI ``document``."""
    whole = {**schema, "components": document["components"]}
    return [f"{list(fault.path)}: {fault.message[:300]}" for fault in validator_of(whole).iter_errors(answer)]
