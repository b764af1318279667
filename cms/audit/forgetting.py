"""Forgets old lines of the audit log, if a setting says after how many days."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import Error, close_old_connections
from django.utils import timezone

from cms.audit.lines import SOURCES, TIME

log = logging.getLogger("nhip")

EVERY_SECONDS = 3600.0
AT_ONCE = 500  # deleted in one transaction, which editors wait for
MOST_AT_A_TIME = 20_000


def forget() -> float:
    """Returns the seconds until the next time."""
    try:
        if settings.AUDIT.days is not None:
            forget_older_than(settings.AUDIT.days)
    except Error as error:
        log.debug("the audit log is cleared later: %s", error)  # the database is away: the look for changes says so
    finally:
        close_old_connections()
    return EVERY_SECONDS


def forget_older_than(days: int) -> int:
    """Returns how many lines went: of pages, of everything else, and of sign-ins, which go after half a year anyway."""
    before = timezone.now() - timedelta(days=days)
    gone = 0
    for model in SOURCES:
        old = model._default_manager.filter(**{f"{TIME[model]}__lt": before}).order_by(TIME[model])
        while gone < MOST_AT_A_TIME and (some := list(old.values_list("pk", flat=True)[:AT_ONCE])):
            model._default_manager.filter(pk__in=some).delete()
            gone += len(some)
    if gone:
        log.info("cleared %d lines of the audit log that were older than %d days", gone, days)
    return gone
