"""A durable log without a spool: each append waits for the log itself, in a thread of its own."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from pipeline.brokers.protocols import Producer, Record


class DirectLog:
    """``check`` is of readiness; ``producer`` is its own, and closed with it."""

    def __init__(self, producer: Producer, *, check: Callable[[], str | None]) -> None:
        self.check = check
        self._producer = producer
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="append")

    def append(self, topic: str, value: bytes) -> Future[None]:
        return self._thread.submit(self._append, topic, value)

    def send(self, topic: str, value: bytes, *, key: bytes | None = None, partition: int | None = None) -> Record:
        return self._producer.send(topic, value, key=key, partition=partition)

    def check_alive(self) -> str | None:
        """Nothing runs here between appends, so nothing is stuck."""
        return None

    def close(self) -> None:
        self._thread.shutdown(cancel_futures=True)
        self._producer.close()

    def _append(self, topic: str, value: bytes) -> None:
        self._producer.send(topic, value)
