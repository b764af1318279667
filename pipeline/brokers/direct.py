"""A durable log without a spool: each append waits for the log itself, in a thread of its own."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.brokers.protocols import Producer, Record
from pipeline.errors import PipelineError

TRY_AGAIN_SECONDS = 1.0  # after a failure
TRY_SECONDS = 30.0  # after a success
STUCK_SECONDS = 10.0


class DirectLog:
    """``producer`` is its own, and closed with it. ``check`` says what is wrong with reading the log; ``try_write``
    writes a trial and raises Unavailable; ``timer`` gives seconds that never jump."""

    def __init__(
        self,
        producer: Producer,
        *,
        check: Callable[[], str | None],
        try_write: Callable[[], None] = lambda: None,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._check = check
        self._producer = producer
        self._try_write = try_write
        self._timer = timer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="append")
        self._fault: str | None = None
        self._written_at = timer()
        self._writing_since: float | None = None

    def append(self, topic: str, value: bytes) -> Future[None]:
        return self._thread.submit(self._append, topic, value)

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        return self._producer.send(topic, value, key=key, partition=partition)

    def check(self) -> str | None:
        """The fate of the last write. Where no view was written lately this asks for a trial, and does not wait for it:
        the next check knows."""
        since, now = self._writing_since, self._timer()
        if since is not None:
            return f"its disk has not answered for {now - since:.0f} s" if now - since > STUCK_SECONDS else self._fault
        if now - self._written_at >= (TRY_AGAIN_SECONDS if self._fault else TRY_SECONDS):
            self._written_at = now
            self._thread.submit(self._write, self._try_write)
        return self._fault or self._check()

    def check_alive(self) -> str | None:
        """Nothing runs here between appends, so nothing is stuck."""
        return None

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._producer.close()

    def _append(self, topic: str, value: bytes) -> None:
        self._write(lambda: self._producer.send(topic, value))

    def _write(self, write: Callable[[], object]) -> None:
        self._writing_since = self._timer()
        try:
            write()
        except PipelineError as error:
            self._fault = str(error)
            raise
        else:
            self._fault = None
        finally:
            self._written_at = self._timer()
            self._writing_since = None
