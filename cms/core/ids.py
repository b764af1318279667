"""Ids that are never given twice, though the database forgets which it gave when it is restored from a copy.

Views are counted for the id of a page, and the counters of a site for the id of the site; both outlive the database.
"""

from __future__ import annotations

from django.db import connection, models, transaction
from django.db.models import Max


def next_id(model: type[models.Model]) -> int:
    """What the database would give to the next row of ``model``."""
    largest = model._default_manager.aggregate(largest=Max("pk"))["largest"] or 0
    return max(_last_given(model), largest) + 1


def skip_ids(model: type[models.Model], past: int) -> None:
    """Give no row of ``model`` an id up to ``past``; does nothing if none would get one."""
    with transaction.atomic():
        table = model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":  # nobody takes an id until the new place is set
                cursor.execute(f"LOCK TABLE {connection.ops.quote_name(table)} IN SHARE ROW EXCLUSIVE MODE")
            if next_id(model) > past:
                return
            if connection.vendor == "postgresql":
                cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, past])
            else:
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, past])


def _last_given(model: type[models.Model]) -> int:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_get_serial_sequence(%s, 'id')", [table])
            (sequence,) = cursor.fetchone()
            cursor.execute(f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}")
        else:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
