"""The daily salts: random, agreed through a one-partition topic, gone for good after its 48 hours.

The first record of a date wins, so all collectors use the same salt without another store. A view never waits for a
salt: without one it counts, and its visitor stays unidentified.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import msgspec

from pipeline.brokers import Broker, Producer, Record
from pipeline.errors import PipelineError
from pipeline.events import SALTS_TOPIC
from pipeline.periods import local_date

log = logging.getLogger(__name__)

KEEP_SECONDS = 30.0
AGAIN_SECONDS = 1.0
SALT_BYTES = 32
AHEAD_SECONDS = 3600


class Salt(msgspec.Struct, frozen=True):
    day: date
    salt: bytes


class SaltBook:
    """The salts this collector knows. ``salt_for`` is for requests, ``keep`` for a thread beside them."""

    def __init__(self, broker: Broker, producer: Producer) -> None:
        self._broker = broker
        self._producer = producer
        self._salts: dict[date, bytes] = {}

    def salt_for(self, at: float) -> bytes | None:
        """The salt of the day that Unix time ``at`` lies in; None while it is not known."""
        return self._salts.get(local_date(at))

    def keep(self, now: float) -> None:
        """Get today's salt, an hour before midnight tomorrow's too, and forget older ones. Raises Unavailable."""
        days = {local_date(now), local_date(now + AHEAD_SECONDS)}
        for day in days - self._salts.keys():
            self._salts[day] = self._agree_on(day)
        yesterday = local_date(now) - timedelta(days=1)
        self._salts = {day: salt for day, salt in self._salts.items() if day > yesterday}

    def _agree_on(self, day: date) -> bytes:
        known = first_salts(self._broker.read(SALTS_TOPIC))
        if day not in known:
            mine = Salt(day, secrets.token_bytes(SALT_BYTES))
            self._producer.send(SALTS_TOPIC, msgspec.json.encode(mine), partition=0)
            known = first_salts(self._broker.read(SALTS_TOPIC))
        return known[day]


def keeping(salts: SaltBook, *, clock: Callable[[], float] = time.time) -> Callable[[], float]:
    """A step for ``repeating`` that keeps the day's salt, and warns of the first failure in a row."""
    failed = False

    def keep() -> float:
        nonlocal failed
        try:
            salts.keep(clock())
        except PipelineError as error:
            if not failed:
                log.warning("the day's salt can't be had yet: %s", error)
            failed = True
            return AGAIN_SECONDS
        failed = False
        return KEEP_SECONDS

    return keep


def first_salts(records: Iterable[Record]) -> dict[date, bytes]:
    """For each date the salt that was written first; skips records that are no salt."""
    salts: dict[date, bytes] = {}
    for record in records:
        try:
            salt = msgspec.json.decode(record.value, type=Salt)
        except (msgspec.MsgspecError, RecursionError):
            continue
        if len(salt.salt) != SALT_BYTES:
            continue
        salts.setdefault(salt.day, salt.salt)
    return salts
