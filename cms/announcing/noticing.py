"""Makes events of the marks: the published tree as it is now, against what was told of it last.

Marks are written with the change; events are made of them after its commit, by one process at a time. So nothing is
told of a change that is rolled back, no change is lost with the process that made it, and the sequence of events is
safe: what is committed later has a higher number. Several changes of a page between two looks are one difference.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from copy import copy
from datetime import datetime
from typing import NamedTuple
from uuid import uuid4

from django.db import Error, close_old_connections, transaction
from wagtail.models import Page

from cms.announcing.models import Delivery, Endpoint, Event, EventType, Mark
from cms.announcing.published import Key, Place, existing, in_parts, published
from cms.core.turns import Turn, turn

log = logging.getLogger("nhip")

LOOK_SECONDS = 0.5
AT_ONCE = 1_000  # marks that are looked at together; events of one transaction


def notice() -> float:
    """Make events of what is marked; returns the seconds until the next look. Raises nothing."""
    more = False
    try:
        more = Mark.objects.exists() and announce()
    except Exception as error:
        if not isinstance(error, Error):  # away: the look for changes says so
            log.exception("what was published can't be announced yet")
        close_old_connections()
    return 0.0 if more else LOOK_SECONDS


def announce(limit: int = AT_ONCE) -> bool:
    """Make the events of up to ``limit`` marks, with what is to be delivered; returns whether there are more marks.

    What is compared is read without a lock, and written in transactions of ``limit`` events: on SQLite nobody else can
    write during these. What changes meanwhile has marks of its own. Raises django.db.Error; marks of which not all was
    written stay, and the next call finds the rest.
    """
    with turn(Turn.ANNOUNCING) as ours:
        marks = list(Mark.objects.order_by("pk")[:limit]) if ours else []
        if not marks:
            return False
        marked = _marked(marks)
        told = _told(marked.page_ids)
        now = published(marked.page_ids)
        gone = {key.page_id for key in told.keys() - now.keys() if told[key].is_public}
        events = differences(told, now, there=existing(gone), shown=marked.shown, at=marked.at)
        for first in range(0, len(events), limit):
            with transaction.atomic():
                _store(events[first : first + limit], told)
        with transaction.atomic():
            for some in in_parts([mark.pk for mark in marks]):
                Mark.objects.filter(pk__in=some).delete()
        return Mark.objects.exists()


class Marked(NamedTuple):
    """``page_ids``: None for every page. ``shown``: those of which more differs than their place. ``times``: when each
    was marked last; ``latest``: of the others.
    """

    page_ids: set[int] | None
    shown: set[int]
    times: Mapping[int, datetime]
    latest: datetime

    def at(self, page_id: int) -> datetime:
        return self.times.get(page_id, self.latest)


def _marked(marks: Iterable[Mark]) -> Marked:
    times = {mark.page_id: mark.at for mark in marks if mark.page_id is not None}
    latest = max(mark.at for mark in marks)
    shown = {mark.page_id for mark in marks if mark.shown and mark.page_id is not None}
    if any(mark.page_id is None for mark in marks):
        return Marked(None, shown, times, latest)
    branches = {mark.page_id for mark in marks if mark.branch}
    below = {
        page_id
        for path in Page.objects.filter(pk__in=branches).values_list("path", flat=True)
        for page_id in Page.objects.filter(path__startswith=path).values_list("pk", flat=True)
    }
    return Marked(_with_aliases({*times, *below}), shown, times, latest)


def _with_aliases(page_ids: set[int]) -> set[int]:
    """With what is private with them: their aliases, what is below these, and the aliases of all that."""
    found, new = set(page_ids), set(page_ids)
    while new:
        paths = [
            path
            for some in in_parts(new)
            for path in Page.objects.filter(alias_of__in=some).values_list("path", flat=True)
        ]
        new = {
            page_id
            for path in paths
            for page_id in Page.objects.filter(path__startswith=path).values_list("pk", flat=True)
        } - found
        found |= new
    return found


def _told(page_ids: set[int] | None) -> dict[Key, Event]:
    """The last event of each of the pages on each site."""
    last = Event.objects.filter(last=True)
    events = (
        last.iterator()
        if page_ids is None
        else (event for some in in_parts(page_ids) for event in last.filter(page_id__in=some))
    )
    return {Key(event.page_id, event.site_id): event for event in events}


def differences(
    told: Mapping[Key, Event],
    now: Mapping[Key, Place],
    *,
    there: Set[int],
    shown: Set[int],
    at: Callable[[int], datetime],
) -> list[Event]:
    """The events that lead from what was ``told`` to how it is ``now``, in the order in which to tell them: first what
    is gone, children before their parents, then what is there, parents before their children.

    ``there``: which of the gone pages still exist. ``shown``: which pages show something else than before. ``at``: when
    a page changed.
    """
    known = {key: event for key, event in told.items() if event.is_public}
    gone = sorted(known.keys() - now.keys(), key=lambda key: known[key].path, reverse=True)
    events = [_farewell(key, known[key], key.page_id in there, at(key.page_id)) for key in gone]
    for key, place in sorted(now.items(), key=lambda item: item[1].order):
        events += _changes(key, known.get(key), place, at(key.page_id), shows_other=key.page_id in shown)
    return events


def _farewell(key: Key, before: Event, is_there: bool, at: datetime) -> Event:
    return _event(EventType.UNPUBLISHED if is_there else EventType.DELETED, key, before, at)


def _event(kind: EventType, key: Key, page: Event | Place, at: datetime) -> Event:
    return Event(
        type=kind,
        at=at,
        page_id=key.page_id,
        site_id=key.site_id,
        site_url=page.site_url,
        page_type=page.page_type,
        path=page.path,
        locale=page.locale,
        published_at=page.published_at,
    )


def _changes(key: Key, before: Event | None, place: Place, at: datetime, *, shows_other: bool) -> Iterator[Event]:
    """A page that was moved and published is told of twice, the move first."""
    is_moved = before is not None and before.path != place.path
    is_published = (
        before is None
        or shows_other
        or any(getattr(before, name) != getattr(place, name) for name in ("published_at", "page_type", "locale"))
    )
    now = _event(EventType.PUBLISHED, key, place, at)
    if is_moved and before is not None:
        moved = copy(now)
        moved.uuid, moved.type, moved.previous_path = uuid4(), EventType.MOVED, before.path
        moved.published_at, moved.last = before.published_at, not is_published
        yield moved
    if is_published:
        yield now


def _store(events: list[Event], told: Mapping[Key, Event]) -> None:
    """With what is to be delivered; the events that these follow are no longer the last ones."""
    followed = [told[key].pk for event in events if (key := Key(event.page_id, event.site_id)) in told]
    for some in in_parts(set(followed)):
        Event.objects.filter(pk__in=some).update(last=False)
    Event.objects.bulk_create(events, batch_size=AT_ONCE)
    Delivery.objects.bulk_create(
        [
            Delivery(endpoint=endpoint, event=event, page_id=event.page_id)
            for endpoint in Endpoint.objects.filter(is_on=True)
            for event in events
            if event.type in endpoint.events and endpoint.site_id in (None, event.site_id)
        ],
        batch_size=AT_ONCE,
    )
