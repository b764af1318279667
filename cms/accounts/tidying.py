"""Forgets by itself what is kept of signing in: tries, ended sessions, old lines of the report."""

from __future__ import annotations

import logging

from django.db import Error, close_old_connections

from cms.accounts import journal, tries
from cms.accounts.sessions import SessionStore

log = logging.getLogger("nhip")

EVERY_SECONDS = 60.0


def tidy() -> float:
    """Returns the seconds until the next time."""
    try:
        tries.forget_old()
        journal.forget_old()
        SessionStore.clear_expired()
    except Error as error:
        log.debug("tidying later: %s", error)  # the database is away: the look for changes says so
    finally:
        close_old_connections()
    return EVERY_SECONDS
