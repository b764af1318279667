"""The document while it is put together: schemas that have names, and the operations of each path."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from cms.api.parameters import Parameter
from cms.api.problems import CONTENT_TYPE
from cms.api.shapes.base import Schema, an_object

JSON = "application/json"
PREFIX = "#/components/schemas/"
USUAL = (HTTPStatus.BAD_REQUEST,)


class Document:
    """What contributions add to."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self.paths: dict[str, dict[str, Any]] = {}
        self.tags: dict[str, str] = {}
        self.security_schemes: dict[str, Any] = {}

    def ref(self, name: str, make: Callable[[], Schema]) -> Schema:
        """A reference to the schema of this name; ``make`` is called the first time."""
        if name not in self.schemas:
            self.schemas[name] = {}  # a schema may name itself
            self.schemas[name] = make()
        return {"$ref": PREFIX + name}

    def resolve(self, schema: Schema) -> Schema:
        reference = schema.get("$ref", "")
        return self.schemas[reference.removeprefix(PREFIX)] if reference else schema

    def problem(self) -> Schema:
        fault: dict[str, Schema] = {"parameter": {"type": "string"}, "detail": {"type": "string"}}
        properties: dict[str, Schema] = {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "array", "items": an_object(fault)},
        }
        return self.ref("Problem", lambda: an_object(properties, optional=("errors",)))

    def tag(self, name: str, description: str) -> None:
        self.tags[name] = description

    def add(self, path: str, method: str, operation: Mapping[str, Any]) -> None:
        """``path``: from `/api/v2/` on, with names in braces: `pages/{id}/`."""
        self.paths.setdefault(f"/api/v2/{path}", {})[method] = dict(operation)

    def operation(  # noqa: PLR0913 - what OpenAPI asks of an operation
        self,
        name: str,
        summary: str,
        answer: Schema,
        *,
        tag: str,
        parameters: Iterable[Parameter] = (),
        path_parameters: Sequence[Mapping[str, Any]] = (),
        problems: Iterable[int] = USUAL,
        more: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """A GET whose answer is JSON. ``more``: other responses by status."""
        responses: dict[str, Any] = {
            "200": {"description": "OK", "content": {JSON: {"schema": answer}}},
            **{str(int(status)): self.refusal(HTTPStatus(status).phrase) for status in problems},
            **(more or {}),
            "default": self.refusal("Any other problem"),
        }
        return {
            "operationId": name,
            "summary": summary,
            "tags": [tag],
            "parameters": [*path_parameters, *(as_openapi(one) for one in parameters)],
            "responses": responses,
        }

    def refusal(self, description: str) -> dict[str, Any]:
        return {"description": description, "content": {CONTENT_TYPE: {"schema": self.problem()}}}

    def as_json(self) -> dict[str, Any]:
        components: dict[str, Any] = {"schemas": dict(sorted(self.schemas.items()))}
        if self.security_schemes:
            components["securitySchemes"] = self.security_schemes
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Nhịp",
                "version": "2",
                "description": "Everything that everybody may read of the site, for other front ends.",
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": name, "description": text} for name, text in self.tags.items()],
            "paths": self.paths,
            "components": components,
        }


def as_openapi(parameter: Parameter) -> dict[str, Any]:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "required": False,
        "schema": dict(parameter.schema),
    }


def listing_of(item: Schema) -> Schema:
    """A page of a list."""
    meta = an_object({"total_count": {"type": "integer", "description": "Of all, not only of these"}})
    return an_object({"meta": meta, "items": {"type": "array", "items": item}})
