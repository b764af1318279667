"""Where the triggers of ``cms.core.changes.triggers`` note that something changed.

SQLite has one writer at a time, so that one number can count the changes. On PostgreSQL one row that every writer changes
would make writers wait for each other, and two of them for ever. There each transaction adds a row of its own, once, by
its number; readers ask for the rows of transactions that ended since they asked last.
"""

from django.db import migrations

SQLITE = (
    "CREATE TABLE content_generation (value INTEGER NOT NULL)",
    "INSERT INTO content_generation (value) VALUES (1)",
)
POSTGRESQL = (
    """
    CREATE TABLE content_change (
        xid xid8 PRIMARY KEY,
        at timestamptz NOT NULL
    )
    """,
    # A transaction number from before a restore into another server may come again: then its row gets a new time.
    """
    CREATE FUNCTION note_content_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO content_change AS noted (xid, at) VALUES (pg_current_xact_id(), clock_timestamp())
        ON CONFLICT (xid) DO UPDATE SET at = excluded.at WHERE noted.at < transaction_timestamp();
        RETURN NULL;
    END
    $$
    """,
)


def create(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(_apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP FUNCTION note_content_change CASCADE")
        schema_editor.execute("DROP TABLE content_change")
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'content_change_%%'")
        triggers = [name for (name,) in cursor.fetchall()]
    for name in triggers:
        schema_editor.execute(f'DROP TRIGGER "{name}"')
    schema_editor.execute("DROP TABLE content_generation")


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
