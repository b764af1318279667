"""What the desk does by itself, beside the pages: reminders, and old versions cleared away."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import Error, close_old_connections

from cms.workflow.drafts import clear_old_versions
from cms.workflow.reminding import remind_of_overdue

log = logging.getLogger("nhip")

EVERY_SECONDS = 300.0


def tend() -> float:
    """Returns the seconds until the next time."""
    try:
        if settings.REVIEWS.review_days:
            remind_of_overdue()
        if settings.REVIEWS.draft_days is not None:
            clear_old_versions(settings.REVIEWS.draft_days)
    except Error as error:
        log.debug("the desk is tended later: %s", error)  # the database is away: the look for changes says so
    except Exception:
        log.exception("the desk could not be tended")
    finally:
        close_old_connections()
    return EVERY_SECONDS
