"""Brings events to their receivers: at least once, and each page's in order.

A receiver is one process's at a time, by a lease that it renews for every few messages and that ends by itself if the
process does. Messages of different pages go at once; a page's next one waits until the one before is delivered or dead.
Pauses between two tries grow, so that a receiver that is away is not flooded when it is back.
"""

from __future__ import annotations

import logging
import random
import threading
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, close_old_connections, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from cms.announcing.models import Delivery, Endpoint, State
from cms.announcing.secrets import SecretLost, signed_headers, signing_secrets
from cms.announcing.sending import SECONDS, Message, Outcome, send_all
from pipeline.metrics import WEBHOOKS

log = logging.getLogger("nhip")

LOOK_SECONDS = 0.5
AT_ONCE = 8
LEASE = timedelta(seconds=6 * SECONDS)  # several times longer than a message may take
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 5.0, 6 * 3600.0, 3.0  # seconds
JITTER = 0.25

Send = Callable[[Sequence[Message]], list[Outcome]]


def send_outside(messages: Sequence[Message]) -> list[Outcome]:
    return send_all(messages, inner_allowed=settings.WEBHOOKS.inner)


class Deliverer:
    """``step`` looks which receivers have something due, and gives each a thread, so that a slow one keeps no other
    waiting; another thread repeats it. After ``stop`` each ends with the messages that it is sending."""

    def __init__(self, send: Send = send_outside) -> None:
        self._send = send
        self._busy: set[int] = set()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._began = False

    def step(self) -> float:
        """Returns the seconds until the next look; raises nothing."""
        try:
            if not self._began:
                forget_leases()
                self._began = True
            for endpoint_id in _with_something_due(timezone.now()):
                self._start(endpoint_id)
        except Exception as error:
            if not isinstance(error, Error):  # away: the look for changes says so
                log.exception("nobody knows which webhooks are due")
            close_old_connections()
        return LOOK_SECONDS

    def stop(self) -> None:
        self._stopping.set()

    def _start(self, endpoint_id: int) -> None:
        with self._lock:
            if endpoint_id in self._busy or self._stopping.is_set():
                return
            self._busy.add(endpoint_id)
        threading.Thread(target=self._serve, args=(endpoint_id,), name="webhooks", daemon=True).start()

    def _serve(self, endpoint_id: int) -> None:
        try:
            deliver_to(endpoint_id, self._send, stopping=self._stopping.is_set)
        except Exception as error:
            if not isinstance(error, Error):
                log.exception("webhooks can't be delivered")
        finally:
            connection.close()
            with self._lock:
                self._busy.discard(endpoint_id)


def deliver_to(endpoint_id: int, send: Send = send_outside, *, stopping: Callable[[], bool] = lambda: False) -> int:
    """Send what is due, until nothing is or another process has the receiver; returns how many messages were sent."""
    ours, sent = uuid.uuid4().hex, 0
    try:
        while not stopping() and _lease(endpoint_id, ours):
            found = _send_some(endpoint_id, ours, send)
            sent += found
            if not found:
                break
    finally:
        Endpoint.objects.filter(pk=endpoint_id, leased_by=ours).update(leased_until=None, leased_by="")
    return sent


def _send_some(endpoint_id: int, ours: str, send: Send) -> int:
    endpoint = Endpoint.objects.get(pk=endpoint_id)
    due = heads(endpoint, timezone.now())
    if not due:
        return 0
    try:
        by = signing_secrets(endpoint, timezone.now())
    except SecretLost:
        _switch_off(endpoint, "Khóa của cổng đã đổi: tạo khóa bí mật mới rồi bật lại", timezone.now())
        return 0
    outcomes = send([_message(endpoint, delivery, by) for delivery in due])
    _note(endpoint, ours, list(zip(due, outcomes, strict=True)), timezone.now())
    return len(due)


def heads(endpoint: Endpoint, now: datetime) -> list[Delivery]:
    """What may go now: due, and the first that waits of its page."""
    waiting = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING)
    earlier = waiting.filter(page_id=OuterRef("page_id"), event__lt=OuterRef("event"))
    due = waiting.filter(~Exists(earlier), next_try_at__lte=now)
    return list(due.select_related("event").order_by("next_try_at", "event")[:AT_ONCE])


def pause_after(tries: int, *, chance: Callable[[], float] = random.random) -> float:
    """Seconds: 5, 15, 45, … up to six hours, each a quarter more or less."""
    grown = FIRST_PAUSE * GROWTH ** min(tries - 1, 20)
    return min(grown, LONGEST_PAUSE) * (1 - JITTER + 2 * JITTER * chance())


def forget_leases() -> None:
    """With SQLite there is one process, so that a lease at its start is that of one that was killed."""
    if connection.vendor == "sqlite":
        Endpoint.objects.exclude(leased_until=None).update(leased_until=None, leased_by="")


def resend(delivery: Delivery) -> None:
    """As if it were new; the receiver knows the message by its id."""
    now = timezone.now()
    Delivery.objects.filter(pk=delivery.pk).update(state=State.WAITING, due_since=now, next_try_at=now, tries=0)


def _with_something_due(now: datetime) -> list[int]:
    on = Endpoint.objects.filter(is_on=True)
    if not on.exists():  # a tenth of what the question below costs, twice a second
        return []
    due = Delivery.objects.filter(endpoint=OuterRef("pk"), state=State.WAITING, next_try_at__lte=now)
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    return list(on.filter(free, Exists(due)).values_list("pk", flat=True))


def _lease(endpoint_id: int, ours: str) -> bool:
    """Take or renew it; False if another has it, or if the receiver is switched off."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now) | Q(leased_by=ours)
    leased = Endpoint.objects.filter(free, pk=endpoint_id, is_on=True)
    return bool(leased.update(leased_until=now + LEASE, leased_by=ours))


def _message(endpoint: Endpoint, delivery: Delivery, by: Sequence[str]) -> Message:
    body = delivery.event.as_text()
    headers = signed_headers(by, message=delivery.event.uuid.hex, body=body, now=timezone.now())
    return Message(endpoint.url, body.encode(), headers)


def _note(endpoint: Endpoint, ours: str, found: list[tuple[Delivery, Outcome]], now: datetime) -> None:
    """Nothing if the lease was lost meanwhile: then another process sends the same again, and notes what it finds."""
    with transaction.atomic():
        locked = Endpoint.objects.select_for_update().filter(pk=endpoint.pk, leased_by=ours).first()
        if locked is None:
            return
        for delivery, outcome in found:
            _note_one(delivery, outcome, now)
        _judge(locked, [outcome for _delivery, outcome in found], now)
    for delivery, _outcome in found:
        WEBHOOKS.labels(outcome="failed" if delivery.state == State.WAITING else delivery.state).inc()


def _note_one(delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    delivery.tries += 1
    delivery.tried_at, delivery.answer = now, outcome.words
    if outcome.is_delivered:
        delivery.state = State.DELIVERED
    elif now - delivery.due_since >= timedelta(days=settings.WEBHOOKS.days):
        delivery.state = State.DEAD
    else:
        seconds = max(pause_after(delivery.tries), min(outcome.wait_seconds, LONGEST_PAUSE))
        delivery.next_try_at = now + timedelta(seconds=seconds)
    delivery.save(update_fields=["tries", "tried_at", "answer", "state", "next_try_at"])


def _judge(endpoint: Endpoint, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Whether the receiver works, fails, or has failed for so long that it is switched off."""
    if any(outcome.is_gone for outcome in outcomes):
        _switch_off(endpoint, "Nơi nhận trả lời 410: không muốn nhận nữa", now)
    elif any(outcome.is_delivered for outcome in outcomes):
        if endpoint.failing_since:
            Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=None)
    elif endpoint.failing_since is None:
        Endpoint.objects.filter(pk=endpoint.pk).update(failing_since=now)
    elif now - endpoint.failing_since >= timedelta(days=settings.WEBHOOKS.days):
        _switch_off(endpoint, outcomes[-1].words, now)


def _switch_off(endpoint: Endpoint, why: str, now: datetime) -> None:
    """What waits is dead: a receiver that comes back reads ``/api/v2/changes/``, or has it sent again in the admin."""
    log.warning("the webhook receiver %s is switched off: %s", endpoint.pk, why)
    Endpoint.objects.filter(pk=endpoint.pk).update(is_on=False, switched_off_at=now, why_off=why[:200])
    dead = Delivery.objects.filter(endpoint=endpoint, state=State.WAITING).update(state=State.DEAD)
    transaction.on_commit(lambda: WEBHOOKS.labels(outcome=State.DEAD.value).inc(dead))
