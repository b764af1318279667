"""A question in JSON can be asked again as it is."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from pipeline.reports.formats.json import question_to_object
from pipeline.reports.question import read_question

TODAY = date(2028, 3, 1)  # of a leap year
DAYS = ["2028-02-01", "2028-03-01"]


@pytest.mark.parametrize(
    "include",
    [
        pytest.param({"totals": True, "total_rows": True}, id="totals"),
        pytest.param({"compare": "previous_period"}, id="the period before"),
        pytest.param({"compare": "previous_period", "compare_match_day_of_week": True}, id="the weeks before"),
        pytest.param({"compare": "year_over_year"}, id="the same dates of last year"),
        pytest.param({"compare": "year_over_year", "compare_match_day_of_week": True}, id="52 weeks before"),
        pytest.param({"compare": ["2027-01-01", "2027-01-30"]}, id="given days"),
    ],
)
def test_it_is_the_same_question_again(include: dict[str, Any]) -> None:
    written = {
        "metrics": ["views", "engaged_seconds"],
        "date_range": DAYS,
        "site": 2,
        "dimensions": ["channel", "day"],
        "filters": [["or", [["is", "country", ["VN"]], ["not", ["contains", "path", ["/tin"]]]]]],
        "order_by": [["engaged_seconds", "asc"]],
        "include": include,
        "pagination": {"limit": 7, "offset": 3},
    }
    asked = read_question(msgspec.json.encode(written), today=TODAY)
    assert read_question(msgspec.json.encode(question_to_object(asked)), today=TODAY) == asked
