"""The published schema and the check of a question agree on what can be asked."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from json_schema import validator_of

from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.question import BadQuestion, read_question
from pipeline.reports.schema import schema_of_questions

SCHEMA = schema_of_questions()
LEAST: dict[str, Any] = {"metrics": ["views"], "date_range": "7d"}


@pytest.fixture(scope="module")
def validator() -> Any:
    return validator_of(SCHEMA)


def can_be_asked(question: Any) -> bool:
    try:
        read_question(question, today=date(2026, 11, 28))
    except BadQuestion:
        return False
    return True


def test_it_is_a_schema(validator: Any) -> None:
    validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    "more",
    [
        {},
        *({"metrics": [name]} for name in METRICS),
        *({"dimensions": [name]} for name in DIMENSIONS),
        {"date_range": ["2026-11-01", "2026-11-30"]},
        {"site": 1},
        {"filters": [["is", "channel", ["search", "ai"]], ["is_not", "page", [7]], ["contains", "path", ["/tin"]]]},
        {"filters": [["or", [["is", "country", ["VN"]], ["not", ["and", []]]]]]},
        {"order_by": [["views", "asc"]]},
        {"include": {"compare": "previous_period", "compare_match_day_of_week": True}},
        {"include": {"compare": "year_over_year"}},
        {"include": {"compare": ["2025-11-01", "2025-11-30"]}},
        {"include": {"compare": None}},
        {"filters": [["contains", "author", ["Lan"]], ["is", "target", ["giấy phép"]]]},
        {"include": {"totals": True, "total_rows": True}, "pagination": {"limit": 10_000, "offset": 3}},
    ],
)
def test_what_the_schema_allows_can_be_asked(more: dict[str, Any], validator: Any) -> None:
    assert validator.is_valid(LEAST | more)
    assert can_be_asked(LEAST | more)


@pytest.mark.parametrize(
    "more",
    [
        {"metric": ["views"]},
        {"metrics": []},
        {"metrics": ["clicks"]},
        {"metrics": "views"},
        {"date_range": "yesterday"},
        {"date_range": ["2026-11-01"]},
        {"site": -1},
        {"dimensions": ["colour"]},
        {"dimensions": ["page", "path", "locale", "source", "channel"]},
        {"filters": [["was", "page", [7]]]},
        {"filters": [["is", "page", ["7"]]]},
        {"filters": [["contains", "page", [7]]]},
        {"filters": [["is", "day", ["2026-11-01"]]]},
        {"filters": [["not"]]},
        {"filters": ["is"]},
        {"order_by": [["views", "up"]]},
        {"include": {"everything": True}},
        {"include": {"compare": "last_year"}},
        {"include": {"compare": ["2025-11-01"]}},
        {"include": {"compare_match_day_of_week": "yes"}},
        {"pagination": {"limit": 0}},
    ],
)
def test_what_the_schema_refuses_is_refused(more: dict[str, Any], validator: Any) -> None:
    assert not validator.is_valid(LEAST | more)
    assert not can_be_asked(LEAST | more)


@pytest.mark.parametrize(
    "include",
    [
        {"compare": ["2025-11-30", "2025-11-01"]},
        {"compare": ["2025-11-01", "2025-11-30"], "compare_match_day_of_week": True},
    ],
)
def test_earlier_days_that_make_no_sense_are_refused(include: dict[str, Any]) -> None:
    """Which no schema can say."""
    assert not can_be_asked(LEAST | {"include": include})


def test_days_before_all_days_are_refused() -> None:
    whole = {"date_range": ["1971-01-01", "2026-11-28"], "include": {"compare": "previous_period"}}
    assert not can_be_asked(LEAST | whole)


def test_filters_have_bounds_of_their_own() -> None:
    """Which no schema can say."""
    long = ["is", "path", ["x" * 499] * 50]
    assert can_be_asked(LEAST | {"filters": [long, long]})
    assert not can_be_asked(LEAST | {"filters": [long, long, long]})
    assert not can_be_asked(LEAST | {"filters": [["is", "path", ["x"]]] * 51})
