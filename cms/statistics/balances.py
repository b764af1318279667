"""Carries opening balances from the CMS database into the event log.

The rows themselves are the outbox: a balance is either stamped as sent or sent again. Sending twice is harmless, since
of two balances of one page the one with the later `at` counts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime

from django.db import close_old_connections
from django.utils import timezone

from cms.statistics.models import OpeningBalance, WithdrawnBalance
from pipeline import events
from pipeline.brokers import Producer
from pipeline.brokers.opening import open_broker
from pipeline.process.repeating import repeating
from pipeline.settings import Settings

logger = logging.getLogger(__name__)

RETRY_SECONDS = 30.0

_wake_errand: list[Callable[[], None]] = []


def balances_changed() -> None:
    """Send pending balances: in the errand if this process runs one, so that no save waits for the log, else now."""
    if _wake_errand:
        _wake_errand[0]()
    else:
        publish_pending_balances()


@contextmanager
def publishing_in_background() -> Iterator[None]:
    """While the block runs, a thread sends pending balances: at once, whenever one is saved, and every half minute."""
    with repeating(_run_errand, "balances") as wake, _waking(wake):
        yield


@contextmanager
def left_pending() -> Iterator[None]:
    """While the block runs, send nothing and do not wait for the log; the next process that serves sends it all."""
    with _waking(lambda: None):
        yield


def publish_pending_balances() -> int:
    """Send pending balances, oldest first, and return how many arrived. Never raises: the others stay pending."""
    sent = 0
    try:
        if not has_pending_balances():
            return 0
        with closing(open_broker(Settings.from_env())) as broker, closing(broker.producer()) as producer:
            for _row in _send_each(producer):
                sent += 1
    except Exception:
        logger.exception("Opening balances stay pending; they are tried again later")
    return sent


def has_pending_balances() -> bool:
    return WithdrawnBalance.objects.exists() or OpeningBalance.objects.filter(sent_at=None).exists()


def _run_errand() -> float:
    close_old_connections()
    publish_pending_balances()
    close_old_connections()
    return RETRY_SECONDS


@contextmanager
def _waking(wake: Callable[[], None]) -> Iterator[None]:
    _wake_errand[:] = [wake]
    try:
        yield
    finally:
        _wake_errand.clear()


def _send_each(producer: Producer) -> Iterator[WithdrawnBalance | OpeningBalance]:
    for withdrawn in WithdrawnBalance.objects.order_by("changed_at"):
        _send(producer, _zero(withdrawn))
        withdrawn.delete()
        yield withdrawn
    for balance in OpeningBalance.objects.filter(sent_at=None).exclude(site=None).order_by("changed_at"):
        _send(producer, _event(balance))
        # Not `save()`: an edit made meanwhile has another `changed_at` and must stay pending.
        unchanged = OpeningBalance.objects.filter(pk=balance.pk, changed_at=balance.changed_at)
        unchanged.update(sent_at=timezone.now())
        yield balance


def _send(producer: Producer, event: events.OpeningBalance) -> None:
    producer.send(events.EVENTS_TOPIC, events.encode_lines([event]), key=str(event.page_id).encode())


def _event(balance: OpeningBalance) -> events.OpeningBalance:
    return events.OpeningBalance(
        at=_milliseconds(balance.changed_at),
        site=balance.site_id or 0,
        page_id=balance.page_id or 0,
        locale=balance.locale,
        views=balance.views,
        visits=balance.visits,
    )


def _zero(withdrawn: WithdrawnBalance) -> events.OpeningBalance:
    return events.OpeningBalance(
        at=_milliseconds(withdrawn.changed_at),
        site=withdrawn.site_id,
        page_id=withdrawn.page_id,
        locale=withdrawn.locale,
        views=0,
        visits=0,
    )


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
