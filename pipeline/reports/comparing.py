"""The earlier days that a question's days are compared with: as many, or the same dates, or the same weekdays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from pipeline.periods import ZONE, instants

PREVIOUS = "previous_period"
LAST_YEAR = "year_over_year"
Mode = Literal["previous_period", "year_over_year"]

WEEK = 7
YEAR_OF_WEEKS = 52 * WEEK


@dataclass(frozen=True)
class Earlier:
    """``since`` to ``until``, both included, are compared with the days ``days`` later, or ``years`` later by date."""

    since: date
    until: date
    days: int = 0
    years: int = 0

    def cut(self, now: float, since: date, until: date) -> datetime | None:
        """Where these days end if ``since`` to ``until``, which they are compared with, are not over at ``now`` (Unix
        seconds): at the same time of day. None if they are compared as a whole.
        """
        moment = datetime.fromtimestamp(now, ZONE)
        if not since <= moment.date() <= until:
            return None
        day = year_before(moment.date(), self.years) - timedelta(days=self.days)
        at = datetime.combine(day, moment.time(), ZONE)
        begins, ends = instants(self.since, self.until)
        return min(max(at, begins), ends) if at < ends else None


def find_earlier(mode: Mode, since: date, until: date, *, by_weekday: bool) -> Earlier:
    """By weekday whole weeks lie between, so that Mondays are compared with Mondays."""
    if mode == LAST_YEAR and not by_weekday:
        return Earlier(year_before(since), year_before(until), years=1)
    length = (until - since).days + 1
    whole_weeks = -(-length // WEEK) * WEEK if mode == PREVIOUS else YEAR_OF_WEEKS
    back = whole_weeks if by_weekday else length
    return Earlier(since - timedelta(days=back), until - timedelta(days=back), days=back)


def given_earlier(days: Sequence[date], since: date) -> Earlier:
    """The first and the last of them, compared from ``since`` on."""
    return Earlier(days[0], days[1], days=(since - days[0]).days)


def year_before(day: date, years: int = 1) -> date:
    """The same date; of 29 February the day before, where there is none."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
