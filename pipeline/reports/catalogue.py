"""Which reports there are, and which dimensions and metrics each has, in the order of its columns."""

from dataclasses import dataclass

from pipeline.reports.dimensions import DAY, HOUR, LOCALE, PAGE, PATH, REASON, Dimension
from pipeline.reports.metrics import (
    BOTS,
    COUNTED,
    DAILY_VISITORS,
    PAGE_VIEWS,
    REFUSED,
    SHARE,
    STAFF,
    SUSPECT,
    VIEWS,
    VISITORS,
    VISITS,
    Metric,
)


@dataclass(frozen=True)
class Kind:
    """A kind of report."""

    name: str
    dimensions: tuple[Dimension, ...]
    metrics: tuple[Metric, ...]

    @property
    def columns(self) -> tuple[Dimension | Metric, ...]:
        return self.dimensions + self.metrics


PAGES = Kind("pages", (PAGE, LOCALE, PATH), (VIEWS, VISITS, DAILY_VISITORS, BOTS, STAFF))
DAYS = Kind("days", (DAY,), (VIEWS, VISITS, VISITORS, BOTS, STAFF))
HOURS = Kind("hours", (HOUR,), (VIEWS, VISITS, BOTS, STAFF))
REFUSALS = Kind("refused", (REASON, PAGE, PATH), (REFUSED, SUSPECT, COUNTED, PAGE_VIEWS, SHARE))

CATALOGUE = {kind.name: kind for kind in (PAGES, DAYS, HOURS, REFUSALS)}
