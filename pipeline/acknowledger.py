"""Acknowledge after durable: gathers events while the last append is under way, appends them as one record.

There is no timer: while one append is under way the next record gathers, so a lone event waits for nothing and a
thousand a second share one fsync.
"""

import asyncio
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from pipeline.beacon.parse import Dropped, Reason
from pipeline.brokers import Producer
from pipeline.brokers.spooling import SpoolingProducer
from pipeline.errors import SpoolFull
from pipeline.events import EVENTS_TOPIC, Event, encode_lines
from pipeline.metrics import APPEND_SECONDS, APPENDED_RECORDS

log = logging.getLogger(__name__)

MAX_GATHERED = 5_000


@dataclass
class _Record:
    """Events that share an append, and who waits for each: a future of their own, so that one may give up alone."""

    events: list[Event] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def answer(self, refusal: Reason | None = None) -> None:
        for future in self.waiting:
            if future.done():
                continue
            if refusal:
                future.set_exception(Dropped(refusal))
            else:
                future.set_result(None)


class Acknowledger:
    """Runs on one event loop. ``seconds``: how long an append may take.

    A producer with a spool takes a record without waiting; any other appends in a thread of its own.
    """

    def __init__(self, producer: Producer | SpoolingProducer, *, seconds: float) -> None:
        self._producer = producer
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="append")
        self._gathering: _Record | None = None
        self._appending: asyncio.Task[None] | None = None
        self._stopping = False

    async def append(self, event: Event) -> None:
        """Return when ``event`` is durable.

        Raises Dropped: OVERLOADED, SPOOL_FULL or STOPPING when it is surely not stored, NOT_DURABLE when nobody knows.
        """
        record = self._gathering
        if self._stopping:
            raise Dropped(Reason.STOPPING)
        if record is None:
            record = self._gathering = _Record()
            if self._appending is None:
                self._appending = asyncio.create_task(self._append_all())
        elif len(record.events) >= MAX_GATHERED:
            raise Dropped(Reason.OVERLOADED)
        durable = asyncio.get_running_loop().create_future()
        record.events.append(event)
        record.waiting.append(durable)
        await durable

    async def stop(self) -> None:
        """Refuse new events and wait for those at hand."""
        self._stopping = True
        if self._appending:
            await self._appending
        self._thread.shutdown(wait=False)

    async def _append_all(self) -> None:
        # One turn of the loop first: requests that arrived together share the first record.
        await asyncio.sleep(0)
        while record := self._gathering:
            self._gathering = None
            await self._append(record)
        self._appending = None

    async def _append(self, record: _Record) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._begin(record.events)), self._seconds)
        except SpoolFull:
            record.answer(Reason.SPOOL_FULL)
        except Exception:
            log.exception("a record of %d events may not be durable", len(record.events))
            record.answer(Reason.NOT_DURABLE)
        else:
            record.answer()
            APPENDED_RECORDS.inc()
            APPEND_SECONDS.observe(loop.time() - started)

    def _begin(self, events: list[Event]) -> Future[None]:
        if isinstance(self._producer, SpoolingProducer):
            return self._producer.append(EVENTS_TOPIC, encode_lines(events))
        return self._thread.submit(self._send, events)

    def _send(self, events: list[Event]) -> None:
        self._producer.send(EVENTS_TOPIC, encode_lines(events))
