"""The document's own address."""

from __future__ import annotations

from cms.api.schema.document import Document


def contribute(document: Document) -> None:
    document.tag("schema", "This document")
    answer = {"type": "object", "additionalProperties": True}
    document.add("schema/openapi.json", "get", document.operation("readSchema", "This document", answer, tag="schema"))
