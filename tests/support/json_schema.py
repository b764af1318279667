"""Validators of JSON Schema."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

# What jsonschema checks the format of an IRI with, which no test asks for: it builds a grammar at its import, which
# takes longer than all the rest.
OF_IRIS = "rfc3987_syntax"


def validator_of(schema: Any, **options: Any) -> Any:
    """jsonschema's, of Draft 2020-12."""
    return _validators()(schema, **options)


@cache
def _validators() -> Any:
    sys.modules.setdefault(OF_IRIS, None)  # type: ignore[arg-type]  # as Python marks what may not be imported
    try:
        from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # noqa: PLC0415  # has no stubs
    finally:
        if sys.modules[OF_IRIS] is None:
            del sys.modules[OF_IRIS]
    return Draft202012Validator


def faults_in(answer: Any, schema: Any, document: Any) -> list[str]:
    """What an answer has that ``schema`` does not allow, in words; its references lead into an OpenAPI ``document``."""
    whole = {**schema, "components": document["components"]}
    return [f"{list(fault.path)}: {fault.message[:300]}" for fault in validator_of(whole).iter_errors(answer)]
