"""Until when a stage should be done: working days of Vietnam, holidays and swapped days left out."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import timezone

MOST_DAYS = 366


def due_at(began: datetime) -> datetime | None:
    """The same time of day, ``NHIP_REVIEW_DAYS`` working days later; None if there is no deadline."""
    days = settings.REVIEWS.review_days
    return after_working_days(timezone.localtime(began), days) if days else None


def after_working_days(moment: datetime, days: int) -> datetime:
    """``moment`` on the ``days``-th working day after its own."""
    left = min(days, MOST_DAYS)
    while left:
        moment += timedelta(days=1)
        left -= is_working_day(moment.date())
    return moment


def is_working_day(day: date) -> bool:
    return bool(_calendar().is_working_day(day))


@lru_cache(maxsize=1)
def _calendar() -> Any:
    import holidays  # noqa: PLC0415 - few processes need it, and it takes a while to load

    return holidays.country_holidays("VN")
