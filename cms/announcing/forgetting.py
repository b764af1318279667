"""Deletes what nobody needs any more: events that later ones of their page follow, deliveries that are over, secrets
whose time is over."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, close_old_connections
from django.db.models import Exists, OuterRef
from django.utils import timezone

from cms.announcing.models import PUBLIC, Delivery, Endpoint, Event, State

log = logging.getLogger("nhip")

EVERY_SECONDS = 3600.0


def tidy() -> float:
    """Returns the seconds until the next time; raises nothing."""
    try:
        forget_old_secrets(timezone.now())
        forget(timezone.now() - timedelta(days=settings.WEBHOOKS.kept_days))
    except Exception as error:
        if not isinstance(error, Error):
            log.exception("old events can't be deleted")
    finally:
        close_old_connections()
    return EVERY_SECONDS


def forget_old_secrets(now: datetime) -> None:
    """Those whose time is over; they sign no more since then."""
    over = Endpoint.objects.filter(old_until__lte=now)
    over.update(old_number="", old_fingerprint="", old_until=None)


def forget(before: datetime) -> None:
    """Older ones. The last event of each page stays, so that a replay from the beginning still gives the published
    tree; of a page that is gone it loses the address."""
    Delivery.objects.filter(event__at__lt=before).exclude(state=State.WAITING).delete()
    waited_for = Delivery.objects.filter(event=OuterRef("pk"))
    old = Event.objects.filter(~Exists(waited_for), at__lt=before)
    old.filter(last=False).delete()
    old.filter(last=True).exclude(type__in=PUBLIC).exclude(path="").update(path="")
