"""True answers to questions about traffic, in plain Python over the events: no SQL, and no rule of the product's own.

Readers are in Asia/Ho_Chi_Minh, which is UTC+7 all year.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

Event = Mapping[str, Any]
Key = tuple[Any, ...]

HANOI = timezone(timedelta(hours=7))
COLUMN_OF = {"page": "page_id", "reason": "suspect"}


def local(event: Event) -> datetime:
    return datetime.fromtimestamp(event["at"] / 1000, UTC).astimezone(HANOI)


def first_of_quarter(day: date) -> date:
    return day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)


OF_TIME: dict[str, Callable[[datetime], Any]] = {
    "day": lambda at: at.date().isoformat(),
    "week": lambda at: (at.date() - timedelta(days=at.weekday())).isoformat(),
    "month": lambda at: at.date().replace(day=1).isoformat(),
    "quarter": lambda at: first_of_quarter(at.date()).isoformat(),
    "year": lambda at: at.date().replace(month=1, day=1).isoformat(),
    "weekday": lambda at: at.isoweekday(),
    "hour": lambda at: at.strftime("%Y-%m-%d %H:00"),
    "hour_of_day": lambda at: at.hour,
}
AUDIENCES = {"bots": {"bot"}, "staff": {"staff", "preview"}}


def value_of(dimension: str, event: Event) -> Any:
    if dimension in OF_TIME:
        return OF_TIME[dimension](local(event))
    return event[COLUMN_OF.get(dimension, dimension)]


def holds(part: Sequence[Any], event: Event) -> bool:
    match part:
        case ["not", inner]:
            return not holds(inner, event)
        case ["and", parts]:
            return all(holds(inner, event) for inner in parts)
        case ["or", parts]:
            return any(holds(inner, event) for inner in parts)
        case ["is", dimension, values]:
            return value_of(dimension, event) in values
        case ["is_not", dimension, values]:
            return value_of(dimension, event) not in values
        case ["contains", dimension, values]:
            return any(value.lower() in value_of(dimension, event).lower() for value in values)
    raise ValueError(part)


def number_of(metric: str, events: Sequence[Event]) -> int:
    events = [event for event in events if event["audience"] in AUDIENCES.get(metric, {"public"})]
    match metric:
        case "visits":
            return sum(event["visit"] for event in events)
        case "daily_visitors":
            return len({(local(event).date(), event["visitor"]) for event in events if event["visitor"]})
    return len(events)


def true_rows(events: Iterable[Event], asked: Mapping[str, Any]) -> dict[Key, tuple[int, ...]]:
    """By the values of the dimensions, the metrics; rows of nothing are left out."""
    since, until = asked["date_range"]
    groups: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        if (
            event["kind"] == "view"
            and since <= local(event).date().isoformat() <= until
            and asked.get("site", 0) in (0, event["site"])
            and all(holds(part, event) for part in asked.get("filters", []))
        ):
            groups[tuple(value_of(name, event) for name in asked.get("dimensions", []))].append(event)
    found = {key: tuple(number_of(metric, group) for metric in asked["metrics"]) for key, group in groups.items()}
    return {key: numbers for key, numbers in found.items() if any(numbers)}
