"""True answers to questions about traffic, in plain Python over the events: no SQL, and no rule of the product's own.

Readers are in Asia/Ho_Chi_Minh, which is UTC+7 all year. ``pages`` are what a CMS knows of pages, by id: mappings with
``author``, ``category``, ``unit`` and ``page_type``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple

Event = Mapping[str, Any]
Key = tuple[Any, ...]
Pages = Mapping[int, Mapping[str, Any]]

HANOI = timezone(timedelta(hours=7))
COLUMN_OF = {"page": "page_id", "reason": "suspect"}
OF_PAGES = {"author", "category", "unit", "page_type"}
FEW = 5
UNTOLD = object()


def local(event: Event) -> datetime:
    return in_hanoi(event["at"])


@cache
def in_hanoi(at: int) -> datetime:
    """Each question asks every event for its time, several times."""
    return datetime.fromtimestamp(at / 1000, UTC).astimezone(HANOI)


def first_of_quarter(day: date) -> date:
    return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)


OF_TIME: dict[str, Callable[[datetime], Any]] = {
    "day": lambda at: at.date().isoformat(),
    "week": lambda at: (at.date() - timedelta(days=at.weekday())).isoformat(),
    "month": lambda at: at.date().replace(day=1).isoformat(),
    "quarter": lambda at: first_of_quarter(at.date()).isoformat(),
    "year": lambda at: at.date().replace(month=1, day=1).isoformat(),
    "hour": lambda at: at.strftime("%Y-%m-%d %H:00"),
}
AGAIN_AND_AGAIN: dict[str, Callable[[datetime], Any]] = {
    "weekday": lambda at: at.isoweekday(),
    "hour_of_day": lambda at: at.hour,
}
AUDIENCES = {"bots": {"bot"}, "staff": {"staff", "preview"}}
KINDS = {"downloads": "download", "outbound_links": "outbound", "searches": "search", "not_found": "not_found"}


class World(NamedTuple):
    """What a question is about: the events of its days and site, in their order, and what follows from all of them.

    ``exits`` and ``bounces``: places of events; ``told``: queries of enough readers; ``called``: the time that an event
    is shown at.
    """

    events: list[Event]
    exits: set[int]
    bounces: set[int]
    told: set[str]
    pages: Pages
    called: Callable[[datetime], datetime]

    def value_of(self, dimension: str, event: Event) -> Any:
        if dimension in OF_TIME:
            return OF_TIME[dimension](self.called(local(event)))
        if dimension in AGAIN_AND_AGAIN:
            return AGAIN_AND_AGAIN[dimension](local(event))
        if dimension in OF_PAGES:
            return self.pages.get(event["page_id"], {}).get(dimension, "")
        if dimension == "target" and event["kind"] == "search" and event["target"] not in self.told:
            return UNTOLD
        return event[COLUMN_OF.get(dimension, dimension)]

    def holds(self, part: Sequence[Any], event: Event) -> bool:
        match part:
            case ["not", inner]:
                return not self.holds(inner, event)
            case ["and", parts]:
                return all(self.holds(inner, event) for inner in parts)
            case ["or", parts]:
                return any(self.holds(inner, event) for inner in parts)
            case ["is", dimension, values]:
                return self.value_of(dimension, event) in values
            case ["is_not", dimension, values]:
                return self.value_of(dimension, event) not in values
            case ["contains", dimension, values]:
                found = self.value_of(dimension, event)
                text = "" if found is UNTOLD else found
                return any(value.lower() in text.lower() for value in values)
        raise ValueError(part)

    def number_of(self, metric: str, places: Sequence[int]) -> tuple[Any, bool]:
        """The number, and whether there is anything that it is of."""
        audiences = AUDIENCES.get(metric, {"public"})
        of = [(place, self.events[place]) for place in places if self.events[place]["audience"] in audiences]
        views = [(place, event) for place, event in of if event["kind"] == "view"]
        match metric:
            case "visits" | "entrances":
                number = sum(event["visit"] for _, event in views)
            case "daily_visitors":
                number = len({(local(event).date(), event["visitor"]) for _, event in views if event["visitor"]})
            case "exits":
                number = sum(place in self.exits for place, _ in views)
            case "bounce_rate":
                visits = [place for place, event in views if event["visit"] and event["visitor"]]
                return rate(100 * sum(place in self.bounces for place in visits), len(visits)), bool(visits)
            case "engaged_seconds" | "scroll_depth":
                column = {"engaged_seconds": "seconds", "scroll_depth": "depth"}[metric]
                amount = sum(event[column] for _, event in of if event["kind"] == "engagement")
                return rate(amount, len(views)), bool(amount or views)
            case "downloads" | "outbound_links" | "searches" | "not_found":
                number = sum(event["kind"] == KINDS[metric] for _, event in of)
            case _:
                number = len(views)
        return number, number > 0


def rate(amount: int, of: int) -> float | None:
    return round(amount / of, 1) if of else None


def look_at(
    events: Iterable[Event],
    asked: Mapping[str, Any],
    pages: Pages | None = None,
    *,
    until: datetime | None = None,
    called: Callable[[datetime], datetime] = lambda at: at,
) -> World:
    """The days of ``date_range``, the last one up to ``until``."""
    first, last = asked["date_range"]
    within = [
        event
        for event in events
        if first <= local(event).date().isoformat() <= last
        and (until is None or local(event) < until)
        and asked.get("site", 0) in (0, event["site"])
    ]
    within.sort(key=lambda event: (event["at"], event["partition"], event["offset"], event["row"]))
    exits, bounces = follow_readers(within)
    return World(within, exits, bounces, find_told(within), pages or {}, called)


def follow_readers(events: Sequence[Event]) -> tuple[set[int], set[int]]:
    """Which views are the last of a visit, and which visits bounced: one view, and fewer than ten seconds."""
    readers: dict[Key, list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        if event["visitor"] and event["audience"] == "public" and event["kind"] in ("view", "engagement"):
            readers[event["site"], local(event).date(), event["visitor"]].append(place)
    exits, bounces = set(), set()
    for places in readers.values():
        visits: list[list[int]] = [[]]
        for place in places:
            if events[place]["visit"]:
                visits.append([])
            visits[-1].append(place)
        for visit in visits:
            views = [place for place in visit if events[place]["kind"] == "view"]
            exits |= set(views[-1:])
            if len(views) == 1 and sum(events[place]["seconds"] for place in visit) < 10:
                bounces |= set(views)
    return exits, bounces


def find_told(events: Sequence[Event]) -> set[str]:
    """What enough readers searched for."""
    readers: dict[str, set[Key]] = defaultdict(set)
    for event in events:
        if event["kind"] == "search" and event["audience"] == "public" and event["visitor"]:
            readers[event["target"]].add((local(event).date(), event["visitor"]))
    return {"", *(target for target, found in readers.items() if len(found) >= FEW)}


def rows_of(world: World, asked: Mapping[str, Any]) -> dict[Key, Key]:
    groups: dict[Key, list[int]] = defaultdict(list)
    for place, event in enumerate(world.events):
        if all(world.holds(part, event) for part in asked.get("filters", [])):
            groups[tuple(world.value_of(name, event) for name in asked.get("dimensions", []))].append(place)
    found = {key: [world.number_of(metric, group) for metric in asked["metrics"]] for key, group in groups.items()}
    return {
        key: tuple(number for number, _ in numbers)
        for key, numbers in found.items()
        if any(there for _, there in numbers) and UNTOLD not in key
    }


def true_rows(events: Iterable[Event], asked: Mapping[str, Any], pages: Pages | None = None) -> dict[Key, Key]:
    """By the values of the dimensions, the metrics; rows of nothing are left out, and queries of few readers."""
    return rows_of(look_at(events, asked, pages), asked)


def earlier_rows(
    events: Iterable[Event], asked: Mapping[str, Any], pages: Pages | None = None, *, days: int, until: datetime | None
) -> dict[Key, Key]:
    """The rows of as many days, ``days`` earlier, under the names of the days asked for."""
    back = timedelta(days=days)
    span = [(date.fromisoformat(day) - back).isoformat() for day in asked["date_range"]]
    world = look_at(events, {**asked, "date_range": span}, pages, until=until, called=lambda at: at + back)
    return rows_of(world, asked)
