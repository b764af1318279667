"""The OpenAPI 3.1 document of ``POST /_nhip/reports/query``, made of the catalogue: nothing in it is said twice."""

from http import HTTPStatus
from typing import Any

from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.schema import Schema, schema_of_questions

QUERY_PATH = "/_nhip/reports/query"
SCHEMA_PATH = "/_nhip/reports/schema.json"
OPENAPI_PATH = "/_nhip/reports/openapi.json"

JSON, CSV, PROBLEM = "application/json", "text/csv", "application/problem+json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

VERSION = "1"
EXAMPLE = {"metrics": ["visits"], "date_range": "7d", "dimensions": ["channel"], "include": {"totals": True}}

REFUSALS = {
    400: "`bad-question`: the body is no question; `detail` names the field",
    401: "`unknown-token`: no token was shown, or it is unknown, revoked or expired",
    403: "`other-site`: the token is for another site",
    406: "`not-acceptable`: none of the formats of `Accept` is given out",
    408: "the body came too slowly",
    411: "the proxy takes a body of a length that is said beforehand",
    413: "`too-large`: the body has more than 64 KB",
    415: "`wrong-type`: the body is not `application/json`",
    422: "`too-much`: the question needs more memory or time than it may have",
    429: "`too-many`: this token has asked too often, or still waits for answers; see `Retry-After`",
    500: "`failed`: a fault of the system",
    503: "`away`, `crowded`: the statistics are away, or too many ask at once; see `Retry-After`",
}


def openapi_document() -> dict[str, Any]:
    question, definitions = _without_definitions(schema_of_questions())
    return {
        "openapi": "3.1.0",
        "info": {"title": "Nhịp: questions about traffic", "version": VERSION, "description": _description()},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": {
            QUERY_PATH: {"post": _query()},
            SCHEMA_PATH: {"get": _document("schema", "The JSON Schema of a question")},
            OPENAPI_PATH: {"get": _document("openapi", "This document")},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "made in the admin (Settings) or by `nhip tokens add`; for one site, or for all",
                }
            },
            "schemas": {"Question": question, **definitions, "Answer": _answer(), "Problem": _problem()},
        },
    }


def _description() -> str:
    """What may be asked for, for people; the schema has the names alone."""
    metrics = "\n".join(
        f"- `{one.name}` ({' '.join(one.heading_vi.split())}): {one.definition_en or one.heading_en}"
        for one in METRICS.values()
    )
    dimensions = "\n".join(
        f"- `{one.name}` ({' '.join(one.heading_vi.split())}): {one.heading_en}" for one in DIMENSIONS.values()
    )
    return f"Days are those of Asia/Ho_Chi_Minh.\n\nMetrics:\n\n{metrics}\n\nDimensions:\n\n{dimensions}"


def _query() -> dict[str, Any]:
    return {
        "operationId": "query",
        "summary": "Ask a question about traffic",
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Question"}, "example": EXAMPLE}},
        },
        "responses": {
            "200": {
                "description": "The answer, in the format that `Accept` prefers",
                "content": {
                    JSON: {"schema": {"$ref": "#/components/schemas/Answer"}},
                    CSV: {"schema": {"type": "string"}},
                    XLSX: {"schema": {"type": "string", "contentMediaType": XLSX}},
                },
            },
            **{str(status): _refusal(status, meaning) for status, meaning in REFUSALS.items()},
        },
    }


def _refusal(status: int, meaning: str) -> dict[str, Any]:
    """The proxy's and the server's own have no problem in them."""
    found: dict[str, Any] = {"description": meaning}
    if status not in (408, 411):
        found["content"] = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in (429, 503):
        found["headers"] = {"Retry-After": {"description": "seconds", "schema": {"type": "integer"}}}
    if status == 401:
        found["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return found


def _document(name: str, summary: str) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": summary,
        "security": [],
        "responses": {"200": {"description": summary, "content": {JSON: {"schema": {"type": "object"}}}}},
    }


def _answer() -> Schema:
    """Open: a later version may add to it. A program that reads it takes no offence at more."""
    numbers = {"type": "array", "items": {"type": ["number", "null"]}}
    return {
        "type": "object",
        "required": ["results", "meta", "query"],
        "properties": {
            "results": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["dimensions", "metrics"],
                    "properties": {
                        "dimensions": {"type": "array", "items": {"type": ["string", "integer", "null"]}},
                        "metrics": numbers,
                        "comparison": {
                            "description": "where `include.compare` was asked for: the earlier days, and the change in "
                            "percent of them (of percentages the difference); null where there is none",
                            "type": "object",
                            "required": ["metrics", "change"],
                            "properties": {"metrics": _or_none(numbers), "change": _or_none(numbers)},
                        },
                    },
                },
            },
            "totals": numbers | {"description": "of all rows together"},
            "others": numbers | {"description": "of the rows that are not shown; null where rows do not add up"},
            "total_rows": {"type": "integer"},
            "compared": {
                "type": "object",
                "description": "the earlier days; `ends_at` where the last one is counted up to a time of day alone",
                "required": ["date_range", "ends_at", "totals", "change"],
                "properties": {
                    "date_range": {"type": "array", "items": {"type": "string", "format": "date"}},
                    "ends_at": {"type": ["string", "null"], "format": "date-time"},
                    "totals": _or_none(numbers),
                    "change": _or_none(numbers),
                },
            },
            "meta": {
                "type": "object",
                "required": ["answered_from", "complete_until", "definitions"],
                "properties": {
                    "answered_from": {"enum": ["roll_up", "raw"]},
                    "complete_until": {
                        "type": ["string", "null"],
                        "format": "date-time",
                        "description": "everything before is counted; null if this is not known",
                    },
                    "raw_since": {
                        "type": "string",
                        "format": "date",
                        "description": "of the days before, raw events are gone: what no sum has lacks these days",
                    },
                    "pages": {"type": "object", "description": "by id, what the CMS knows of the pages in `results`"},
                    "definitions": {
                        "type": "object",
                        "propertyNames": {"enum": [*METRICS]},
                        "additionalProperties": {"type": "string"},
                    },
                },
            },
            "query": {"$ref": "#/components/schemas/Question", "description": "can be asked again, of these days"},
        },
    }


def _or_none(schema: Schema) -> Schema:
    return {"oneOf": [schema, {"type": "null"}]}


def _problem() -> Schema:
    return {
        "description": "RFC 9457",
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string", "description": "`urn:nhip:problem:` and the word of the list above"},
            "title": {"enum": sorted({HTTPStatus(status).phrase for status in (*REFUSALS, 404, 405)})},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "for people, in Vietnamese and English"},
        },
    }


def _without_definitions(schema: Schema) -> tuple[Schema, Schema]:
    """The schema with references into an OpenAPI document, and its definitions for there."""
    moved = {name: f"Question.{name}" for name in schema["$defs"]}
    inner = {name: part for name, part in schema.items() if name not in ("$schema", "$defs")}
    return _repointed(inner, moved), {moved[name]: _repointed(part, moved) for name, part in schema["$defs"].items()}


def _repointed(part: Any, moved: dict[str, str]) -> Any:
    if isinstance(part, list):
        return [_repointed(one, moved) for one in part]
    if not isinstance(part, dict):
        return part
    return {
        name: f"#/components/schemas/{moved[value.rpartition('/')[2]]}" if name == "$ref" else _repointed(value, moved)
        for name, value in part.items()
    }
