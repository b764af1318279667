"""The same events on Kafka's topic ``site-changes``, keyed by site and page, for programs that follow a log.

An event is told there once all in-sync replicas have it, at least once: after a crash the last ones come again, under
the same id and ``sequence``. Kafka keeps the last event of each page for ever, so that a reader who begins at the
beginning gets the published tree.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack, closing

from django.db import Error, close_old_connections
from django.db.models import QuerySet

from cms.announcing.models import Event, Told
from cms.core.turns import Turn, turn
from pipeline.brokers.opening import open_broker
from pipeline.brokers.protocols import Producer
from pipeline.errors import PipelineError
from pipeline.events import SITE_CHANGES_TOPIC
from pipeline.settings import Settings

log = logging.getLogger("nhip")

LOOK_SECONDS = 0.5
AGAIN_SECONDS = 5.0
AT_ONCE = 200


class TopicWriter:
    """``step`` sends what the topic lacks; another thread repeats it. ``close`` ends the connection.

    After a failure the producer is closed, which fails what it still holds: kept, it could send an old event after
    another process has sent newer ones.
    """

    def __init__(self, open_producer: Callable[[ExitStack], Producer]) -> None:
        self._open_producer = open_producer
        self._stack = ExitStack()
        self._producer: Producer | None = None
        self._failed = False

    def step(self) -> float:
        """Returns the seconds until the next time; raises nothing."""
        try:
            sent = self._send_some() if _lacking() else 0
            self._failed = False
        except PipelineError as error:
            if not self._failed:
                log.warning("the topic %s takes nothing, trying again: %s", SITE_CHANGES_TOPIC, error)
            self._failed = True
            self.close()
            return AGAIN_SECONDS
        except Exception as error:
            if not isinstance(error, Error):  # away: the look for changes says so
                log.exception("the topic %s can't be written", SITE_CHANGES_TOPIC)
            close_old_connections()
            return AGAIN_SECONDS
        return 0.0 if sent == AT_ONCE else LOOK_SECONDS

    def close(self) -> None:
        self._producer = None
        self._stack.close()

    def _send_some(self) -> int:
        with turn(Turn.TOPIC) as ours:
            events = list(_lacking_events()[:AT_ONCE]) if ours else []
            for event in events:
                self._connected().send(SITE_CHANGES_TOPIC, event.as_text().encode(), key=_key(event))
                Told.objects.filter(pk=1).update(sequence=event.pk)
            return len(events)

    def _connected(self) -> Producer:
        if self._producer is None:
            self._producer = self._open_producer(self._stack)
        return self._producer


def open_producer(stack: ExitStack) -> Producer:
    broker = stack.enter_context(closing(open_broker(Settings.from_env())))
    return stack.enter_context(closing(broker.producer()))


def _lacking() -> bool:
    return bool(_lacking_events().exists())


def _lacking_events() -> QuerySet[Event]:
    told = Told.objects.values_list("sequence", flat=True).get(pk=1)
    return Event.objects.filter(pk__gt=told).order_by("pk")


def _key(event: Event) -> bytes:
    return f"{event.site_id}/{event.page_id}".encode()
