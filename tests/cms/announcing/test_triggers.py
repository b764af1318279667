"""Whatever column the API shows or hides a page by: its change is marked, and told."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, models, transaction
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Page, PageViewRestriction, Site
from wagtail_emulation.models import EmulationPage

from cms.announcing.models import Event, Mark
from cms.announcing.noticing import announce
from cms.announcing.published import published
from cms.announcing.triggers import OF_CONTENT, PAGES, SEEN, SEEN_BELOW, SHOWN, _triggers, take_content_triggers_off
from cms.api import reading
from cms.api.reading import readable
from cms.news.models import NewsPage

# Treebeard changes it with the path alone.
WITH_THE_PATH = {"depth"}
NOT_OF_ONE_PAGE = {"id", "numchild"}
# Its rows change with migrations alone.
OF_THE_CODE = {"django_content_type"}
# They come with the site, and say nothing of who may see a page.
OF_SETTINGS = {"core_departmentsettings", "statistics_statisticssettings", "wagtailimages_image"}


@pytest.fixture(autouse=True)
def _no_new_renditions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_MADE", 0)


def columns_in(queries: Iterable[str]) -> set[tuple[str, str]]:
    return {found for query in queries for found in re.findall(r'"(\w+)"\."(\w+)"', query)}


def watched() -> dict[str, set[str]]:
    """The tables that have triggers, and the events of each."""
    tables: dict[str, set[str]] = {}
    for trigger in _triggers("IS NOT"):
        tables.setdefault(trigger.table, set()).add(trigger.event)
    return tables


def test_all_that_says_who_sees_a_page_and_where_is_seen(home: Page, site: Site) -> None:
    source = home.add_child(instance=type(home)(title="Nguồn", slug="nguon"))
    source.create_alias(parent=home, update_slug="ban-sao")
    PageViewRestriction.objects.create(page=source, restriction_type="login")
    request = HttpRequest()
    request.META |= {"HTTP_HOST": "localhost", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}

    with CaptureQueriesContext(connection) as told:
        assert published()
    with CaptureQueriesContext(connection) as shown:
        assert list(readable(request).values_list("pk"))

    asked = [query["sql"] for query in [*told, *shown]]
    named = [query for query in asked if '"draft_title"' not in query]  # what is no whole page
    conditions = [query.partition(" WHERE ")[2].partition(" ORDER BY ")[0] for query in asked]
    found = columns_in([*named, *conditions])
    pages = {column for table, column in found if table == PAGES}
    assert pages >= {"live", "alias_of_id", "path", "url_path"}, "the queries are those that are meant"
    known = {*SEEN, *SEEN_BELOW, *SHOWN, *WITH_THE_PATH, *NOT_OF_ONE_PAGE}
    assert pages - known == set()
    tables = {table for table, _column in columns_in(asked)}
    assert {"wagtailcore_pageviewrestriction", "wagtailcore_site", "wagtailcore_locale"} <= tables
    aliases = re.compile(r"[TU]\d+")  # of a table that a query has twice
    unseen = {table for table in tables - watched().keys() if not aliases.fullmatch(table)}
    assert unseen - OF_SETTINGS == OF_THE_CODE


def other(field: models.Field[Any, Any], value: Any) -> Any:
    """Another value that the column may have; the same if there is none."""
    kind = field.get_internal_type()
    if field.remote_field is not None:
        more = field.related_model._base_manager.exclude(pk=value)  # type: ignore[union-attr]
        return None if field.null and value else more.values_list("pk", flat=True).first() or value
    if kind in ("CharField", "SlugField", "TextField"):
        return next((one for one, _words in field.flatchoices if one != value), f"{value or ''}-khac"[-60:])
    values = {
        "BooleanField": lambda: not value,
        "DateField": lambda: (value or datetime.date(2026, 1, 1)) + datetime.timedelta(days=1),
        "DateTimeField": lambda: (
            (value or datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)) + datetime.timedelta(hours=1)
        ),
        "UUIDField": uuid.uuid4,
        "JSONField": lambda: [],
    }
    return values[kind]() if kind in values else (value or 0) + 1


def answer_of(page: Page) -> str:
    """As the API has it now, without what is of another moment or of other pages."""
    fields = "*,-statistics,-previous,-next,-related" if isinstance(page, NewsPage) else "*,-statistics"
    response = Client().get(f"/api/v2/pages/{page.pk}/", {"fields": fields})
    return response.content.decode() if response.status_code == 200 else ""


def columns_of(model: type[Page]) -> Iterator[models.Field[Any, Any]]:
    for field in model._meta.concrete_fields:
        if field.column not in WITH_THE_PATH | NOT_OF_ONE_PAGE and not field.primary_key:
            yield field


def test_each_column_that_the_api_shows_is_marked_when_it_changes(demo_pages: list[Page]) -> None:
    one_of_each = {type(page): page for page in demo_pages}
    shown: dict[str, set[str]] = {}
    for model, page in one_of_each.items():
        before = answer_of(page)
        assert before
        for field in columns_of(model):
            with transaction.atomic():
                Mark.objects.all().delete()
                value = other(field, getattr(page, field.attname))
                model._base_manager.filter(pk=page.pk).update(**{field.attname: value})
                if answer_of(page) != before:
                    shown.setdefault(model.__name__, set()).add(field.column)
                    assert Mark.objects.filter(page_id=page.pk).exists(), f"{model.__name__}.{field.column}"
                transaction.set_rollback(True)

    assert len(shown) == len(one_of_each) >= 6
    assert all({*SHOWN} - {"translation_key"} <= columns for columns in shown.values())
    assert {"date", "topic_id", "lead", "image_id", "body", "author"} <= shown["NewsPage"]
    assert {"event_date", "place", "lead", "body"} <= shown["EmulationPage"]


def test_what_a_page_shows_is_told_of_where_it_is_read_and_not_of_drafts(demo_pages: list[Page]) -> None:
    page = next(page for page in demo_pages if isinstance(page, EmulationPage) and page.commendations.exists())
    signed = EmulationPage.objects.exclude(agreements__signatories=None)[0]
    while announce():
        pass

    def told(pk: int = page.pk) -> list[str]:
        newest = Event.objects.order_by("-pk").values_list("pk", flat=True)[0]
        while announce():
            pass
        found = Event.objects.filter(pk__gt=newest)
        assert {event.page_id for event in found} <= {pk}
        return [event.type for event in found]

    EmulationPage.objects.filter(pk=page.pk).update(place="Nơi khác")
    assert told() == ["page.published"]
    row = page.commendations.all()[0]
    type(row).objects.filter(pk=row.pk).update(sort_order=9)
    assert told() == ["page.published"]
    row.delete()
    assert told() == ["page.published"]
    agreement = signed.agreements.exclude(signatories=None)[0]
    agreement.signatories.all()[0].delete()
    assert told(signed.pk) == ["page.published"]
    agreement.delete()  # with its signatories
    assert told(signed.pk) == ["page.published"]

    draft = EmulationPage.objects.get(pk=page.pk)
    draft.place = "Bản nháp"
    draft.save_revision()
    Page.objects.filter(pk=page.pk).update(draft_title="Bản nháp", locked=True)
    assert told() == []

    EmulationPage.objects.get(pk=page.pk).get_latest_revision().publish()
    assert told() == ["page.published"], "one event, whatever it changed"
    EmulationPage.objects.get(pk=page.pk).delete()
    assert told() == ["page.deleted"]


def test_editors_comments_are_no_content() -> None:
    assert not any("comment" in table for table in watched())


@pytest.mark.django_db
def test_a_migration_finds_no_trigger_at_a_page_type_and_leaves_all_of_them() -> None:
    def installed() -> set[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'announce%%'")
            return {name for (name,) in cursor.fetchall()}

    everything = {trigger.name for trigger in _triggers("IS NOT")}
    assert installed() == everything

    take_content_triggers_off(using="default", plan=())
    assert installed() == everything, "nothing is to be done"
    take_content_triggers_off(using="default", plan=[("a migration", False)])
    assert installed() == {name for name in everything if not name.startswith(OF_CONTENT)}
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE news_newspage DROP COLUMN author")
    call_command("migrate", verbosity=0)
    assert installed() == everything - {"announce_content_update_news_newspage"}, "an app that was migrated back"
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE news_newspage ADD COLUMN author varchar(200) NOT NULL DEFAULT ''")

    call_command("migrate", verbosity=0)
    assert installed() == everything
    assert json.dumps(sorted(everything)).count(OF_CONTENT) > 10
