from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.periods import Periods, local_date


@pytest.mark.parametrize(
    ("today", "week", "month"),
    [
        pytest.param(date(2026, 9, 28), date(2026, 9, 28), date(2026, 9, 1), id="Monday"),
        pytest.param(date(2026, 9, 27), date(2026, 9, 21), date(2026, 9, 1), id="Sunday"),
        pytest.param(date(2026, 10, 1), date(2026, 9, 28), date(2026, 10, 1), id="a week over two months"),
        pytest.param(date(2026, 1, 1), date(2025, 12, 29), date(2026, 1, 1), id="a week over two years"),
        pytest.param(date(2024, 2, 29), date(2024, 2, 26), date(2024, 2, 1), id="leap day"),
    ],
)
def test_weeks_start_on_monday_and_months_on_the_first(today: date, week: date, month: date) -> None:
    assert (Periods(today).week, Periods(today).month) == (week, month)


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        pytest.param(datetime(2026, 9, 30, 16, 59, 59, 999_000, tzinfo=UTC), date(2026, 9, 30), id="before midnight"),
        pytest.param(datetime(2026, 9, 30, 17, 0, tzinfo=UTC), date(2026, 10, 1), id="midnight in Hà Nội"),
        pytest.param(datetime(2026, 10, 1, 0, 0, tzinfo=UTC), date(2026, 10, 1), id="midnight in London"),
    ],
)
def test_a_day_turns_at_midnight_in_ha_noi(moment: datetime, day: date) -> None:
    assert local_date(moment.timestamp()) == day
