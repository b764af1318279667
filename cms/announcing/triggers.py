"""The database's own triggers, which mark each page that may be there for the public differently, in the transaction
that changes it.

Signals of Django would miss ``add_child()``, ``update()``, raw SQL and other programs. ``migrate`` puts the triggers
on: SQLite loses them when a migration makes a table again. What a mark comes to is seen when it is looked at, after the
commit: ``cms.announcing.noticing``.

No column can be taken out of a table while a trigger names it, so those of page types and their rows are away while
migrations run: what a migration writes into a page's text is not told of, where it is or whether it is there is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import connections, transaction
from django.db.backends.utils import truncate_name
from django.db.models import Model
from modelcluster.models import get_all_child_relations
from wagtail.models import Page, get_page_models

MARKS = "announcing_mark"
PAGES = "wagtailcore_page"
# By these a page is there for everybody or not, and where.
SEEN = ("live", "path", "slug", "url_path", "locale_id", "content_type_id", "last_published_at")
# By this the pages below are there or not, too: an alias has the restrictions of its source.
SEEN_BELOW = ("alias_of_id",)
# What else everybody is shown of it. A page's other columns are the editors' business.
SHOWN = ("title", "show_in_menus", "seo_title", "search_description", "first_published_at", "translation_key")


OF_CONTENT = "announce_content_"  # their names begin so
LONGEST_NAME = 63  # of PostgreSQL
Changed = Callable[[Sequence[str]], str]


class Trigger(NamedTuple):
    """``page``: the page's id, as SQL; NULL for any page. ``branch``: the pages below it too. ``shown``: that what it
    shows differs. ``source``, ``when``: as SQL, from which the id comes and whether there is a mark. ``purpose``: of
    several for one event of a table. ``columns``: of the table, without which there can be no trigger.
    """

    table: str
    event: str
    page: str
    branch: bool = False
    shown: bool = False
    source: str = ""
    when: str = ""
    purpose: str = ""
    columns: Sequence[str] = ()

    @property
    def name(self) -> str:
        beginning = OF_CONTENT if self.purpose == OF_CONTENT else f"announce_{self.purpose}"
        return truncate_name(f"{beginning}{self.event.lower()}_{self.table}", LONGEST_NAME)


def _triggers(differs: str) -> Iterator[Trigger]:
    """``differs``: the operator by which two values that may be NULL are not the same."""

    def changed(columns: Sequence[str]) -> str:
        return "(" + " OR ".join(f'OLD."{column}" {differs} NEW."{column}"' for column in columns) + ")"

    is_there = "(OLD.live OR NEW.live)"
    restrictions = "wagtailcore_pageviewrestriction"
    yield Trigger(PAGES, "INSERT", "NEW.id", when="NEW.live")
    yield Trigger(PAGES, "UPDATE", "NEW.id", when=f"{is_there} AND {changed(SEEN)}")
    yield Trigger(PAGES, "UPDATE", "NEW.id", branch=True, when=changed(SEEN_BELOW), purpose="below_")
    yield Trigger(PAGES, "UPDATE", "NEW.id", shown=True, when=f"{is_there} AND {changed(SHOWN)}", purpose=OF_CONTENT)
    yield Trigger(PAGES, "DELETE", "OLD.id")
    yield Trigger(restrictions, "INSERT", "NEW.page_id", branch=True)
    yield Trigger(restrictions, "UPDATE", "NULL")
    yield Trigger(restrictions, "DELETE", "OLD.page_id", branch=True)
    for event in ("INSERT", "UPDATE", "DELETE"):
        yield Trigger("wagtailcore_site", event, "NULL")
    yield Trigger("wagtailcore_locale", "UPDATE", "NULL")
    for model in get_page_models():
        if model is not Page:
            yield from _of_content(model, changed)


def _of_content(model: type[Model], changed: Changed) -> Iterator[Trigger]:
    """Of a page type's own table, and of the tables of its rows and of theirs."""
    pointer = model._meta.pk
    if pointer is None or pointer.model is not model or not pointer.remote_field:
        return  # a proxy
    table, columns = model._meta.db_table, _columns(model)
    if columns:
        page = f"NEW.{pointer.column}"
        yield Trigger(table, "UPDATE", page, shown=True, when=changed(columns), purpose=OF_CONTENT, columns=columns)
    of_every_page = get_all_child_relations(Page)  # editors' comments
    for relation in get_all_child_relations(model):
        if relation in of_every_page:
            continue
        rows, key = relation.related_model, relation.field.column
        yield from _of_rows(rows, "{row}." + key, "", changed)
        for below in get_all_child_relations(rows):
            row_above = f'"{rows._meta.db_table}" WHERE {rows._meta.pk.column} = {{row}}.{below.field.column}'
            yield from _of_rows(below.related_model, key, f"FROM {row_above}", changed)


def _of_rows(rows: type[Model], page: str, source: str, changed: Changed) -> Iterator[Trigger]:
    """``page``, ``source``: with the name of the row to be filled in."""
    columns = _columns(rows)
    for event, row, when in (("INSERT", "NEW", ""), ("UPDATE", "NEW", changed(columns)), ("DELETE", "OLD", "")):
        yield Trigger(
            rows._meta.db_table,
            event,
            page.format(row=row),
            shown=True,
            source=source.format(row=row),
            when=when,
            purpose=OF_CONTENT,
            columns=columns,
        )


def _columns(model: type[Model]) -> list[str]:
    return [field.column for field in model._meta.local_fields if field.column and not field.primary_key]


def install_triggers(*, using: str, **_signal: Any) -> None:
    """After ``migrate``."""
    connection = connections[using]
    tables = set(connection.introspection.table_names())
    if MARKS not in tables:
        return  # migrated back to before there were marks
    statements, differs = {"sqlite": (_sqlite, "IS NOT"), "postgresql": (_postgresql, "IS DISTINCT FROM")}[
        connection.vendor
    ]
    with transaction.atomic(using=using), connection.cursor() as cursor:

        @cache
        def known(table: str) -> set[str]:
            """The columns that it has now: an app may have been migrated back."""
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)} LIMIT 0")
            return {name for name, *_type in cursor.description}

        for trigger in _triggers(differs):
            if trigger.table in tables and known(trigger.table).issuperset(trigger.columns):
                for statement in statements(trigger):
                    cursor.execute(statement)


def take_content_triggers_off(*, using: str, plan: Sequence[Any] = (), **_signal: Any) -> None:
    """Before ``migrate``, if it has anything to do; `install_triggers` puts them on again after it."""
    if not plan:
        return
    connection = connections[using]
    found, drop = {
        "sqlite": ("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'", "DROP TRIGGER {name}"),
        "postgresql": (
            "SELECT tgname, tgrelid::regclass FROM pg_trigger WHERE NOT tgisinternal",
            "DROP TRIGGER {name} ON {table}",
        ),
    }[connection.vendor]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        cursor.execute(found)
        for name, table in cursor.fetchall():
            if name.startswith(OF_CONTENT):
                cursor.execute(drop.format(name=name, table=table))


def _sqlite(trigger: Trigger) -> tuple[str, ...]:
    when = f"WHEN {trigger.when}" if trigger.when else ""
    marking = _marking(trigger, now="strftime('%Y-%m-%d %H:%M:%f', 'now')", true="1", false="0")
    return (
        f"DROP TRIGGER IF EXISTS {trigger.name}",
        f"CREATE TRIGGER {trigger.name} AFTER {trigger.event} ON {trigger.table} FOR EACH ROW {when} "
        f"BEGIN {marking}; END",
    )


def _postgresql(trigger: Trigger) -> tuple[str, ...]:
    """A function each, since it names the columns of its table."""
    when = f"WHEN ({trigger.when})" if trigger.when else ""
    marking = _marking(trigger, now="clock_timestamp()", true="true", false="false")
    return (
        f"CREATE OR REPLACE FUNCTION {trigger.name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{marking}; RETURN NULL; END $$",
        f"CREATE OR REPLACE TRIGGER {trigger.name} AFTER {trigger.event} ON {trigger.table} "
        f"FOR EACH ROW {when} EXECUTE FUNCTION {trigger.name}()",
    )


def _marking(trigger: Trigger, *, now: str, true: str, false: str) -> str:
    branch, shown = (true if flag else false for flag in (trigger.branch, trigger.shown))
    return (
        f"INSERT INTO {MARKS} (page_id, branch, shown, at) "
        f"SELECT {trigger.page}, {branch}, {shown}, {now} {trigger.source}"
    )
