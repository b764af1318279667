"""The JSON Schema (2020-12) of a question, for whoever writes one; ``nhip report schema`` prints it.

question.py checks more than a schema can say: how deep filters nest, how many there are, that days are in order, and
that weekdays are not matched where earlier days are given.
"""

from typing import Any, get_args

from pipeline.reports.comparing import Mode
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.question import MAX_DIMENSIONS, MAX_ROWS, MAX_VALUE_CHARS, MAX_VALUES, PERIODS

Schema = dict[str, Any]


def schema_of_questions() -> Schema:
    texts = [name for name, one in DIMENSIONS.items() if not one.is_time and not one.is_number]
    numbers = [name for name, one in DIMENSIONS.items() if not one.is_time and one.is_number]
    text_values = _list({"type": "string", "maxLength": MAX_VALUE_CHARS}, maxItems=MAX_VALUES)
    number_values = _list({"type": "integer", "minimum": 0, "maximum": 2**32 - 1}, maxItems=MAX_VALUES)
    some_filter = {"$ref": "#/$defs/filter"}
    columns = [*METRICS, *DIMENSIONS]
    days = _list({"type": "string", "format": "date"}, minItems=2, maxItems=2)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A question about traffic",
        **_object(
            {
                "metrics": _list({"enum": [*METRICS]}, minItems=1) | {"description": _meanings()},
                "date_range": {
                    "description": "a period until today, or the first and the last day, in Asia/Ho_Chi_Minh",
                    "oneOf": [
                        {"enum": [*PERIODS]},
                        days,
                    ],
                },
                "site": {"description": "0: all sites", "type": "integer", "minimum": 0, "maximum": 2**32 - 1},
                "dimensions": _list({"enum": [*DIMENSIONS]}, maxItems=MAX_DIMENSIONS),
                "filters": _list(some_filter),
                "order_by": _list(_tuple({"enum": columns}, {"enum": ["asc", "desc"]})),
                "include": _object(
                    {
                        "totals": {"description": "all rows together, and the others", "type": "boolean"},
                        "total_rows": {"type": "boolean"},
                        "compare": {
                            "description": "earlier days: as many, the same dates a year before, or the given ones; "
                            "of a day that is not over they end at the same time of day",
                            "oneOf": [{"enum": [*get_args(Mode)]}, days, {"type": "null"}],
                        },
                        "compare_match_day_of_week": {
                            "description": "whole weeks earlier, so that Mondays are compared with Mondays",
                            "type": "boolean",
                        },
                    }
                ),
                "pagination": _object(
                    {
                        "limit": {"type": "integer", "minimum": 1, "maximum": MAX_ROWS},
                        "offset": {"type": "integer", "minimum": 0},
                    }
                ),
            },
            required=["metrics", "date_range"],
        ),
        "$defs": {
            "filter": {
                "oneOf": [
                    _tuple({"enum": ["is", "is_not", "contains"]}, {"enum": texts}, text_values),
                    _tuple({"enum": ["is", "is_not"]}, {"enum": numbers}, number_values),
                    _tuple({"enum": ["and", "or"]}, _list(some_filter)),
                    _tuple({"const": "not"}, some_filter),
                ]
            }
        },
    }


def _meanings() -> str:
    return "; ".join(f"{metric.name}: {metric.definition_en}" for metric in METRICS.values())


def _object(properties: Schema, *, required: list[str] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": required} if required else {}),
    }


def _list(items: Schema, **bounds: int) -> Schema:
    return {"type": "array", "items": items, **bounds}


def _tuple(*items: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(items), "items": False, "minItems": len(items)}
