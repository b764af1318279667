"""The CMS and the readers' numbers are two stores: one of them is restored, and the other is not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from in_memory import in_memory
from ops import Ops
from wagtail.models import Page, Site

from cms.runtime.two_stores import skip_counted_ids
from cms.statistics import counters
from cms.statistics.balances import publish_pending_balances
from cms.statistics.models import OpeningBalance, SentBalance
from cms.statistics.records import CmsRecords
from pipeline.clickhouse.queries import sum_page_views
from pipeline.events import PageView
from pipeline.operating.reconcile import HIGHEST_ID
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary

pytestmark = pytest.mark.django_db


class OpenRecords(CmsRecords):
    """The test's transaction goes on after a command."""

    def close(self) -> None: ...


@pytest.fixture
def ops(tmp_path: Path, migrated_engine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ops]:
    monkeypatch.setattr("pipeline.operating.reconcile.PAUSE_SECONDS", 0.0)
    monkeypatch.setattr("pipeline.operating.verify.PAUSE_SECONDS", 0.0)
    with in_memory(tmp_path) as directory:
        monkeypatch.setenv("NHIP_DATA_DIR", str(directory))
        ops = Ops(directory, now=time.time(), migrated=migrated_engine, stays_open=True)
        ops.open_site = lambda _settings: OpenRecords()
        yield ops
        ops.close()


def view(page_id: int, *, site: int = 1, number: int = 0) -> PageView:
    at = int(time.time() * 1000) + number
    return PageView(at, site, page_id, "vi", f"/trang-{page_id}/", "public", visitor=number + 1, visit=False)


def restore_without(page: Page | Site, model: type[Page | Site]) -> None:
    """As a copy of the database from before ``page`` has it."""
    pk = page.pk
    model._default_manager.filter(pk=pk).delete()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [model._meta.db_table, pk - 1])
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = %s WHERE name = %s", [pk - 1, model._meta.db_table])


def add_page(site: Site, title: str) -> Page:
    return site.root_page.add_child(instance=Page(title=title))


def views_of(ops: Ops, page: Page) -> int:
    with ops.engine() as client:
        return sum_page_views(client).get(page.pk, 0)


def start(ops: Ops) -> None:
    with ops.engine() as client:
        skip_counted_ids(lambda: client, ops.broker)


def test_after_a_restore_a_new_page_has_no_views(ops: Ops, site: Site) -> None:
    lost = add_page(site, "A")
    ops.send(*[view(lost.pk, number=number) for number in range(7)])
    ops.consume()
    assert views_of(ops, lost) == 7
    restore_without(lost, Page)

    start(ops)
    page = add_page(site, "B")

    assert page.pk != lost.pk
    assert views_of(ops, page) == 0


def test_views_that_no_consumer_has_read_yet_keep_the_id_too(ops: Ops, site: Site) -> None:
    lost = add_page(site, "A")
    ops.send(view(lost.pk))
    restore_without(lost, Page)

    start(ops)
    page = add_page(site, "B")
    ops.consume()

    assert views_of(ops, page) == 0


def test_a_page_that_is_made_before_any_check_has_no_views_either(ops: Ops, site: Site, count: Any) -> None:
    """The database is restored while the site runs: what it shows of other pages is in its memory."""
    lost = add_page(site, "A")
    count(as_of=1.0, pages={lost.pk: 7})
    restore_without(lost, Page)

    assert add_page(site, "B").pk > lost.pk


def test_a_new_site_does_not_inherit_a_lost_one_s_counters(ops: Ops, site: Site, page: Page) -> None:
    lost = Site.objects.create(hostname="mot.example", root_page=page)
    ops.send(view(page.pk, site=lost.pk))
    ops.consume()
    restore_without(lost, Site)

    start(ops)

    assert Site.objects.create(hostname="hai.example", root_page=page).pk != lost.pk


def test_a_site_made_before_any_check_is_new_too(site: Site, page: Page) -> None:
    lost = Site.objects.create(hostname="mot.example", root_page=page)
    zeros = Summary(0, 0, 0, 0, 0)
    counters.install(_Fixed(Snapshot(as_of=1.0, sites={lost.pk: SiteCounters(zeros, zeros)}, pages={})))
    restore_without(lost, Site)

    assert Site.objects.create(hostname="hai.example", root_page=page).pk > lost.pk


class _Fixed:
    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot


def test_where_nothing_was_lost_no_id_is_skipped(ops: Ops, site: Site) -> None:
    page = add_page(site, "A")
    ops.send(view(page.pk))
    ops.consume()

    start(ops)

    assert add_page(site, "B").pk == page.pk + 1


def test_an_id_of_nonsense_leaves_room_for_pages(ops: Ops, site: Site) -> None:
    ops.send(view(2**32 - 1))
    ops.consume()

    start(ops)

    assert add_page(site, "B").pk == HIGHEST_ID + 1


@pytest.fixture
def differing(ops: Ops, page: Page) -> OpeningBalance:
    """A balance of 1,000 in the CMS, which was restored, and of 9,000 for readers."""
    balance = OpeningBalance.objects.create(page=page, views=9_000)
    publish_pending_balances()
    ops.consume()
    OpeningBalance.objects.update(views=1_000)
    SentBalance.objects.update(views=1_000)
    return balance


def test_balances_that_differ_are_shown_and_mended(ops: Ops, page: Page, differing: OpeningBalance) -> None:
    verified = ops.nhip("verify")
    assert verified.code == 1
    assert "→ nhip reconcile" in verified.out

    shown = ops.nhip("reconcile")
    assert shown.code == 1
    assert "1,000 / 0" in shown.out
    assert "9,000 / 0" in shown.out
    assert "nhip reconcile --apply" in shown.out
    assert views_of(ops, page) == 9_000, "it only shows"

    ops.nhip("reconcile", "--apply")
    ops.consume()
    assert views_of(ops, page) == 1_000
    assert ops.nhip("reconcile").code == 0
    assert ops.nhip("verify").code == 0


def test_a_balance_that_only_readers_have_is_taken_back(ops: Ops, page: Page, differing: OpeningBalance) -> None:
    OpeningBalance.objects.all().delete()
    SentBalance.objects.all().delete()
    assert ops.nhip("verify").code == 1

    ops.nhip("reconcile", "--apply")
    ops.consume()

    assert views_of(ops, page) == 0
    assert ops.nhip("reconcile").code == 0


def test_a_balance_that_readers_lost_is_sent_again(ops: Ops, page: Page, differing: OpeningBalance) -> None:
    ops.command("TRUNCATE TABLE opening_balances_1")
    found = ops.nhip("reconcile", "--json").json()
    assert [(one["cms"]["views"], one["readers"]["views"]) for one in found["balances"]["differing"]] == [(1_000, 0)]

    ops.nhip("reconcile", "--apply")
    ops.consume()

    assert views_of(ops, page) == 1_000


def test_a_balance_on_its_way_is_no_difference(ops: Ops, page: Page, site: Site) -> None:
    OpeningBalance.objects.create(site=site, views=5)
    assert ops.nhip("reconcile").out.count("chờ gửi · waiting to be sent: 1") == 1

    publish_pending_balances()
    lagging = ops.nhip("reconcile")
    assert lagging.code == 1
    assert "the consumers lag behind the log" in lagging.out

    ops.consume()
    assert ops.nhip("reconcile").code == 0


def test_an_id_that_would_be_given_again_is_shown_and_skipped(ops: Ops, site: Site) -> None:
    lost = add_page(site, "A")
    ops.send(view(lost.pk))
    ops.consume()
    restore_without(lost, Page)

    shown = ops.nhip("reconcile")
    assert shown.code == 1
    assert f"the next page would get id {lost.pk}" in shown.out
    assert "page that the CMS does not have" in shown.out

    applied = ops.nhip("reconcile", "--apply")
    assert applied.code == 0
    assert add_page(site, "B").pk > lost.pk + 1


def test_a_page_that_was_deleted_is_told_and_is_no_difference(ops: Ops, site: Site) -> None:
    page = add_page(site, "A")
    ops.send(view(page.pk))
    ops.consume()
    gone = page.pk
    page.delete()

    answer = ops.nhip("reconcile", "--json")

    assert answer.code == 0
    assert answer.json()["unknown_pages"] == {str(gone): 1}


def test_without_a_cms_it_says_where_to_type_the_command(ops: Ops) -> None:
    ops.open_site = lambda _settings: None
    answer = ops.nhip("reconcile")
    assert answer.code == 2
    assert "DATABASE_URL" in answer.err
    assert ops.nhip("verify", "--json").json()["balances"] is None
