"""The emulation pages that an index lists: filtered by year and kind, newest first, in pages.

A visitor may type anything: a value that means nothing is ignored, and a page number that does not exist becomes the
nearest one that does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page as Slice
from django.core.paginator import Paginator
from django.db.models import QuerySet

from wagtail_emulation.kinds import EventKind
from wagtail_emulation.pages.cards import CARD, prepare_cards


@dataclass(frozen=True)
class Filters:
    """The visitor's filters; None if there is none, or none that means something."""

    year: int | None = None
    kind: EventKind | None = None

    def query(self, page: int = 1) -> str:
        """The query string that leads to a page under these filters; "" for the first page of everything."""
        asked = {"year": self.year, "kind": self.kind.value if self.kind else None}
        parts = {name: value for name, value in asked.items() if value is not None}
        if page > 1:
            parts["page"] = page
        return "?" + urlencode(parts) if parts else ""


@dataclass(frozen=True)
class Listing:
    """One page of events, and the filters and links around it."""

    filters: Filters
    years: list[int]
    kinds: list[EventKind]
    events: "Slice[Any]"

    @property
    def is_filtered(self) -> bool:
        return self.filters != Filters()

    @property
    def newer_query(self) -> str:
        """Leads to the page of newer events; only if ``events.has_previous``."""
        return self.filters.query(self.events.previous_page_number())

    @property
    def older_query(self) -> str:
        """Leads to the page of older events; only if ``events.has_next``."""
        return self.filters.query(self.events.next_page_number())


def list_events(events: QuerySet[Any], asked: Mapping[str, str], *, per_page: int) -> Listing:
    years = [day.year for day in events.dates("event_date", "year", order="DESC")]
    filters = parse_filters(asked, years=years)
    chosen = filter_events(events, filters).only(*CARD).order_by("-event_date", "-pk")
    paginator: Paginator[Any] = Paginator(chosen, per_page)
    number = nearest_page(asked.get("page", ""), last=paginator.num_pages)
    shown = paginator.page(number)
    shown.object_list = list(shown.object_list)
    prepare_cards(shown.object_list)
    return Listing(filters=filters, years=years, kinds=list(EventKind), events=shown)


def parse_filters(asked: Mapping[str, str], *, years: list[int]) -> Filters:
    """Read the filters; a year without events and a kind that does not exist are no filters."""
    year = parse_number(asked.get("year", ""))
    kind = asked.get("kind", "")
    return Filters(
        year=year if year in years else None,
        kind=EventKind(kind) if kind in EventKind.values else None,
    )


def filter_events(events: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    if filters.year is not None:
        events = events.filter(event_date__year=filters.year)
    if filters.kind is not None:
        events = events.filter(kinds__kind=filters.kind.value)
    return events


def nearest_page(asked: str, *, last: int) -> int:
    """The existing page nearest to the asked one; the first if ``asked`` is no number.

    Django's ``Paginator.get_page`` returns the last page for 0 and -1.
    """
    number = parse_number(asked)
    return 1 if number is None else min(max(number, 1), last)


def parse_number(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None
