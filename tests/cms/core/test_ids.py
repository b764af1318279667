"""No id is given twice, though the database has forgotten it."""

from __future__ import annotations

import pytest
from django.db import connection, models
from wagtail.models import Page, Site

from cms.core.ids import next_id, skip_ids

pytestmark = pytest.mark.django_db


def make(model: type[models.Model]) -> models.Model:
    root = Site.objects.get(is_default_site=True).root_page
    if model is Site:
        return Site.objects.create(hostname=f"site-{Site.objects.count()}.example", root_page=root)
    made: models.Model = root.add_child(instance=Page(title="Trang"))
    return made


def forget(row: models.Model) -> None:
    """As a copy of the database from before ``row``."""
    table, pk = row._meta.db_table, row.pk
    type(row)._default_manager.filter(pk=pk).delete()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, pk - 1])
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [pk - 1, table])


@pytest.mark.parametrize("model", [Page, Site])
def test_an_id_that_the_database_forgot_is_skipped(model: type[models.Model]) -> None:
    lost = make(model)
    number = lost.pk
    forget(lost)
    assert next_id(model) == number

    skip_ids(model, number)

    assert make(model).pk == number + 1


def test_ids_are_skipped_once_and_never_given_back() -> None:
    skip_ids(Page, 5_000)
    skip_ids(Page, 4_000)
    assert next_id(Page) == 5_001
    assert make(Page).pk == 5_001
    assert next_id(Page) == 5_002


def test_a_database_that_lost_its_sequence_goes_by_its_rows() -> None:
    """SQLite makes a table again at some migrations."""
    page = make(Page)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = 'wagtailcore_page'")
    assert next_id(Page) == page.pk + 1
    skip_ids(Page, page.pk + 9)
    assert make(Page).pk == page.pk + 10
