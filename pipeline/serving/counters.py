"""The snapshot that serves every widget: read from memory, refreshed by one thread, kept across restarts.

Readers never wait and never cause a query of their own. The refresher asks the engine every
``interval`` seconds while somebody looks and every ``IDLE_SECONDS`` otherwise; if the engine fails, the last snapshot
stays, with its time.
"""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec import structs

from pipeline.metrics import COUNTERS_AS_OF
from pipeline.serving.snapshot import Snapshot, load_snapshot, steady_time, store_snapshot

log = logging.getLogger(__name__)

IDLE_SECONDS = 15.0
WATCHED_SECONDS = 10.0
STORE_SECONDS = 5.0


class Counters(Protocol):
    """The source of the numbers on a page or an endpoint."""

    def snapshot(self) -> Snapshot:
        """The newest snapshot in memory; never waits, never raises."""


def publish_age(counters: Counters) -> None:
    """Show in this process's metrics when its numbers were read."""
    COUNTERS_AS_OF.set_function(lambda: counters.snapshot().as_of or 0)


class StoredCounters:
    """The numbers that another process stored; for commands and processes without an engine."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def snapshot(self) -> Snapshot:
        return load_snapshot(self._path)


class LiveCounters:
    """Counters kept fresh by a thread of their own; ``read`` asks the engine for a whole new snapshot.

    Reads are at least ``interval`` seconds apart. While somebody looks, the next read waits up to ``patience`` seconds
    more for a call of ``changed``: 0 where nothing calls it. ``clock`` says what time it is, ``timer`` how long
    something takes: that one is never set.
    """

    def __init__(
        self,
        *,
        read: Callable[[float], Snapshot],
        store: Path,
        interval: float,
        patience: float = 0.0,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = steady_time,
    ) -> None:
        self._read = read
        self._store = store
        self._interval = interval
        self._patience = patience
        self._clock = clock
        self._timer = timer
        self._name = secrets.token_hex(8)
        self._turn = 0
        self._snapshot = load_snapshot(store)
        self._stored_at = 0.0
        self._unstored = False
        self._looked_at = 0.0
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._listeners: list[Callable[[Snapshot], None]] = []
        self._thread = threading.Thread(target=self._run, name="counters", daemon=True)
        self.failures = 0

    def snapshot(self) -> Snapshot:
        self._look()
        return self._snapshot

    def changed(self) -> None:
        """Read soon, since something was inserted; from any thread."""
        if self._watched():
            self._wake.set()

    def listen(self, listener: Callable[[Snapshot], None]) -> None:
        """Call ``listener`` in the refresher's thread whenever a number has changed."""
        self._listeners.append(listener)

    def refresh(self) -> None:
        """Read once now; on failure keep what is there, count the failure and log the first of a row."""
        read_at = self._timer()
        try:
            fresh = self._read(self._clock())
        except Exception:
            self.failures += 1
            if self.failures == 1:
                log.exception("the counters can't be read; the last ones stay")
            return
        self.failures = 0
        self._turn += 1
        fresh = structs.replace(fresh, run=self._name, turn=self._turn, read_at=read_at)
        changed = self._snapshot.as_of is None or not fresh.same_numbers(self._snapshot)
        self._snapshot = fresh
        if changed:
            self._unstored = True
            self._announce(fresh)
        self._store_if_due()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and leave the last snapshot on disk."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._snapshot.as_of is not None:
            store_snapshot(self._snapshot, self._store)

    def _look(self) -> None:
        idle = not self._watched()
        self._looked_at = self._timer()
        if idle:
            self._wake.set()

    def _watched(self) -> bool:
        return self._timer() - self._looked_at < WATCHED_SECONDS

    def _run(self) -> None:
        while True:
            # Cleared first: a stop or a look from here on ends the wait below.
            self._wake.clear()
            if self._stopping.is_set():
                return
            self.refresh()
            self._stopping.wait(self._interval)
            self._wake.wait(self._patience if self._watched() else IDLE_SECONDS)

    def _announce(self, snapshot: Snapshot) -> None:
        for listener in self._listeners:
            try:
                listener(snapshot)
            except Exception:
                log.exception("a listener of the counters failed")

    def _store_if_due(self) -> None:
        now = self._timer()
        if self._unstored and now - self._stored_at >= STORE_SECONDS:
            self._stored_at = now
            self._unstored = False
            store_snapshot(self._snapshot, self._store)
