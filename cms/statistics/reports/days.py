"""The site's day, said once for all screens, and the last days with their views."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date, timedelta

from pipeline.periods import local_date
from pipeline.reports.answer import Answer


def today() -> date:
    return local_date(time.time())


def last_days(count: int, until: date) -> list[str]:
    """``count`` days up to ``until``, as a question has them."""
    return [(until - timedelta(days=ago)).isoformat() for ago in reversed(range(count))]


def views_of_days(answer: Answer, days: Sequence[str]) -> list[int]:
    """The views of each of these days, in an answer whose rows are days and whose first metric is views."""
    views = {str(row.dimensions[0]): int(row.metrics[0] or 0) for row in answer.rows}
    return [views.get(day, 0) for day in days]
