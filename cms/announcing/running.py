"""What a process that serves the site does for other programs, in threads of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from cms.announcing.delivering import Deliverer
from cms.announcing.forgetting import tidy
from cms.announcing.measuring import measure
from cms.announcing.noticing import notice
from cms.announcing.topic import TopicWriter, open_producer
from pipeline.process.repeating import repeating
from pipeline.settings import Settings


@contextmanager
def announcing() -> Iterator[None]:
    """While the block runs, changes become events, which go to their receivers and to Kafka's topic if there is one."""
    deliverer = Deliverer()
    with (
        repeating(notice, "announcing", leave_seconds=1.0),
        repeating(deliverer.step, "webhooks", leave_seconds=1.0),
        repeating(tidy, "old events", leave_seconds=1.0),
        repeating(measure, "waiting webhooks", leave_seconds=1.0),
        _writing_topic() if Settings.from_env().kafka else nullcontext(),
    ):
        yield
        deliverer.stop()


@contextmanager
def _writing_topic() -> Iterator[None]:
    writer = TopicWriter(open_producer)
    with repeating(writer.step, "site-changes", leave_seconds=2.0):
        yield
    writer.close()
