"""Wagtail's search of the database, in folded words: staff find pages, pictures, documents and people as readers do.

Wagtail's backends read the texts by a class of their module and the question by a method: both are folded here. Neither
database's own form has what is needed: SQLite's `remove_diacritics` leaves the đ, PostgreSQL's `unaccent` is an
extension. The modules of one database can't be imported on the other.
"""

from __future__ import annotations

from typing import Any

from django.db import connection


def SearchBackend(params: dict[str, Any]) -> Any:  # noqa: N802 - Wagtail's name
    if connection.vendor == "sqlite":
        from cms.search.backends.sqlite import SQLiteBackend  # noqa: PLC0415

        return SQLiteBackend(params)
    from cms.search.backends.postgresql import PostgresBackend  # noqa: PLC0415

    return PostgresBackend(params)
