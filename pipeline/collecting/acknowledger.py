"""Acknowledge after durable: gathers events while the last append is under way, appends them as one record.

A record costs the log far more than an event does. So after an append, the clients it answered get a moment to send
their next events, which then share a record with those gathered meanwhile. A lone event waits for nothing.
"""

import asyncio
import logging
from dataclasses import dataclass, field

from pipeline.brokers import DurableLog
from pipeline.collecting.beacon import Dropped, Reason
from pipeline.errors import NotStored, PipelineError, SpoolFull
from pipeline.events import EVENTS_TOPIC, Event, encode_lines
from pipeline.metrics import APPEND_SECONDS, APPENDED_RECORDS

log = logging.getLogger(__name__)

MAX_GATHERED = 5_000
MOMENT_SECONDS = 0.003


@dataclass
class _Record:
    """Events that share an append, and a future for each, so that one client may give up alone."""

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
    """Runs on one event loop. ``seconds``: how long an append may take."""

    def __init__(self, durable_log: DurableLog, *, seconds: float) -> None:
        self._log = durable_log
        self._seconds = seconds
        self._gathering: _Record | None = None
        self._appending: asyncio.Task[None] | None = None
        self._expected = 0
        self._expected_until = 0.0
        self._all_back: asyncio.Future[None] | None = None
        self._stopping = False

    async def append(self, event: Event) -> None:
        """Return when ``event`` is durable.

        Raises Dropped: OVERLOADED, SPOOL_FULL, NOT_STORED or STOPPING if it is surely not stored, NOT_DURABLE if nobody
        knows.
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
        if self._all_back and len(record.events) >= self._expected:
            self._all_back.set_result(None)
            self._all_back = None
        await durable

    async def stop(self) -> None:
        """Refuse new events and wait for those at hand."""
        self._stopping = True
        if self._appending:
            await self._appending

    async def _append_all(self) -> None:
        # One turn of the loop first: requests that arrived together share the first record.
        await asyncio.sleep(0)
        while record := self._gathering:
            await self._wait_for_others(record)
            self._gathering = None
            await self._append(record)
            self._expect(len(record.events))
        self._appending = None

    def _expect(self, answered: int) -> None:
        """The clients just answered are about to send again, to share a record with the events gathered meanwhile."""
        self._expected = answered + (len(self._gathering.events) if self._gathering else 0)
        self._expected_until = asyncio.get_running_loop().time() + MOMENT_SECONDS

    async def _wait_for_others(self, record: _Record) -> None:
        """Wait until as many events are there as can be expected, or the moment is over."""
        loop = asyncio.get_running_loop()
        if len(record.events) >= self._expected or loop.time() >= self._expected_until or self._stopping:
            return
        all_back = self._all_back = loop.create_future()
        timer = loop.call_at(self._expected_until, self._stop_waiting, all_back)
        await all_back
        timer.cancel()

    def _stop_waiting(self, all_back: asyncio.Future[None]) -> None:
        if not all_back.done():
            all_back.set_result(None)
        self._all_back = None

    async def _append(self, record: _Record) -> None:
        loop = asyncio.get_running_loop()
        started = loop.time()
        try:
            appended = self._log.append(EVENTS_TOPIC, encode_lines(record.events))
            await asyncio.wait_for(asyncio.wrap_future(appended), self._seconds)
        except SpoolFull:
            record.answer(Reason.SPOOL_FULL)
        except NotStored as error:
            log.error("the log takes no views: %s", error)  # noqa: TRY400 - its words say all
            record.answer(Reason.NOT_STORED)
        except (PipelineError, TimeoutError) as error:
            log.error("views may not be durable: %s", error or "no answer in time")  # noqa: TRY400 - as above
            record.answer(Reason.NOT_DURABLE)
        except Exception:
            log.exception("views may not be durable")
            record.answer(Reason.NOT_DURABLE)
        else:
            record.answer()
            APPENDED_RECORDS.inc()
            APPEND_SECONDS.observe(loop.time() - started)
