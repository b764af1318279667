"""Whether Kafka is there: from the first question it answers to the first record it does not."""

import logging
import threading
from collections.abc import Callable

from pipeline.errors import PipelineError

log = logging.getLogger(__name__)

PROBE_SECONDS = 1.0


class Availability:
    """``ask`` raises Unavailable when Kafka does not answer. Safe to call from several threads; one of them probes."""

    def __init__(self, ask: Callable[[], None], *, timer: Callable[[], float]) -> None:
        self._ask = ask
        self._timer = timer
        self._lock = threading.Lock()
        self._answers_since: float | None = None
        self._probe_at = float("-inf")
        self._said_away = False
        self.there = False  # until it has answered once
        self.trouble = "it was not asked yet"

    def probe(self, *, seconds: float) -> bool:
        """Whether Kafka answers questions. Asks if the last answer is ``seconds`` old, or if there was none.

        An answer after a long silence counts from now on: Kafka may still be reading what waited in its sockets.
        """
        asked_at = self._timer()
        if asked_at < self._probe_at:
            return self._answers_since is not None
        try:
            self._ask()
        except PipelineError as error:
            self.lose(str(error))
            self._probe_at = self._timer() + PROBE_SECONDS
            return False
        with self._lock:
            now = self._timer()
            if self._answers_since is None or now - asked_at > PROBE_SECONDS:
                self._answers_since = now
            self._probe_at = now + seconds
        return True

    def confirm(self) -> float | None:
        """Kafka is there, unless it was lost since the question; returns since when it answers, or None."""
        with self._lock:
            since = self._answers_since
            self.there = since is not None
            returned = self.there and self._said_away
            self._said_away = self._said_away and not returned
        if returned:
            log.warning("Kafka answers: views go there")
        return since

    def lose(self, trouble: str) -> None:
        """Kafka does not answer, or not as it should: it is away until it answers a question again."""
        with self._lock:
            self.there = False
            known, self._said_away = self._said_away, True
            self._answers_since = None
            self._probe_at = float("-inf")
            self.trouble = trouble
        if not known:
            log.warning("Kafka is away, views go to the spool: %s", trouble)

    def doubt(self) -> None:
        """Ask at the next probe, however new the last answer is."""
        self._probe_at = float("-inf")
