"""The database's own triggers, which note each change in the transaction that makes it.

Signals of Django would miss ``update()``, ``bulk_create()``, raw SQL and other programs; a list of what depends on what
would rot. So every table counts, except those that no public page is made of. ``migrate`` puts the triggers on: SQLite
loses them when a migration makes a table again.
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import truncate_name

# Pages that are kept show nothing of these: drafts and their history, editors at work, who signs in and how, what the
# admin keeps for itself, what searches look into. A table that is not known here counts.
UNSEEN_TABLES = frozenset(
    {
        "accounts_grace",
        "accounts_session",
        "accounts_signin",
        "accounts_tries",
        "announcing_delivery",
        "announcing_endpoint",
        "announcing_event",
        "announcing_mark",
        "announcing_told",
        "django_session",
        "previews_previewnumber",
        "report_tokens_reporttoken",
        "search_entry",
        "search_index",
        "search_knownword",
        "statistics_sentbalance",
        "otp_static_staticdevice",
        "otp_static_statictoken",
        "otp_totp_totpdevice",
        "wagtailadmin_editingsession",
        "wagtailadmin_formstate",
        "wagtailcore_apitoken",
        "wagtailcore_comment",
        "wagtailcore_commentreply",
        "wagtailcore_modellogentry",
        "wagtailcore_pagelogentry",
        "wagtailcore_pagesubscription",
        "wagtailcore_referenceindex",
        "wagtailcore_revision",
        "wagtailcore_taskstate",
        "wagtailcore_uploadedfile",
        "wagtailcore_workflowstate",
        "wagtailusers_userprofile",
    }
)
# A page that is rendered for the first time makes its renditions: what is added is no change of other pages.
ADDED_BY_READERS = frozenset({"wagtailimages_rendition"})

EVENTS = ("INSERT", "UPDATE", "DELETE")


def install_triggers(*, using: str, **_signal: Any) -> None:
    """After ``migrate``: put a trigger on every table that counts."""
    connection = connections[using]
    noting, statements = NOTING[connection.vendor]
    if noting not in connection.introspection.table_names():
        return  # migrated back to before there were changes
    with transaction.atomic(using=using), connection.cursor() as cursor:
        for table in _tables(connection):
            for event in EVENTS:
                if not (event == "INSERT" and table in ADDED_BY_READERS):
                    for statement in statements(connection, table, event):
                        cursor.execute(statement)


def _tables(connection: BaseDatabaseWrapper) -> list[str]:
    """The tables of every model that the database has, virtual ones left out."""
    with connection.cursor() as cursor:
        existing = {table.name for table in connection.introspection.get_table_list(cursor) if table.type == "t"}
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL%%'")
            existing -= {name for (name,) in cursor.fetchall()}
    models = apps.get_models(include_auto_created=True)
    return sorted(({model._meta.db_table for model in models} & existing) - UNSEEN_TABLES)


def _sqlite(connection: BaseDatabaseWrapper, table: str, event: str) -> tuple[str, ...]:
    name = connection.ops.quote_name(f"content_change_{event.lower()}_{table}")
    on = connection.ops.quote_name(table)
    return (
        f"DROP TRIGGER IF EXISTS {name}",
        f"CREATE TRIGGER {name} AFTER {event} ON {on} BEGIN UPDATE content_generation SET value = value + 1; END",
    )


def _postgresql(connection: BaseDatabaseWrapper, table: str, event: str) -> tuple[str, ...]:
    name = connection.ops.quote_name(truncate_name(f"content_change_{event.lower()}_{table}", 63))
    on = connection.ops.quote_name(table)
    events = f"{event} OR TRUNCATE" if event == "DELETE" else event
    return (
        f"CREATE OR REPLACE TRIGGER {name} AFTER {events} ON {on} "
        "FOR EACH STATEMENT EXECUTE FUNCTION note_content_change()",
    )


NOTING = {"sqlite": ("content_generation", _sqlite), "postgresql": ("content_change", _postgresql)}
