"""Whoever changes where an opening balance belongs, however, takes its number away from where it was."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from event_lines import decode_lines
from wagtail.models import Locale, Page, Site

from cms.statistics import balances
from cms.statistics.models import OpeningBalance
from pipeline import events
from pipeline.brokers.opening import open_broker
from pipeline.settings import Settings

pytestmark = pytest.mark.django_db


def held() -> dict[tuple[int, int, str], int]:
    """The views that readers see by site, page and locale: the latest balance counts, and a zero is nothing."""
    with closing(open_broker(Settings.from_env())) as broker:
        found = [event for record in broker.read(events.EVENTS_TOPIC) for event in decode_lines(record.value)]
    latest: dict[tuple[int, int, str], Any] = {}
    for event in found:
        key = (event.site, event.page_id, event.locale)
        assert key not in latest or latest[key].at != event.at, "nobody knows which of the two counts"
        if key not in latest or latest[key].at < event.at:
            latest[key] = event
    return {key: event.views for key, event in latest.items() if event.views or event.visits}


@pytest.fixture
def committing(django_capture_on_commit_callbacks: Any) -> Callable[..., Any]:
    return lambda: django_capture_on_commit_callbacks(execute=True)


@pytest.fixture
def other(site: Site) -> Page:
    page = Page(title="Trang khác", slug="trang-khac")
    site.root_page.add_child(instance=page)
    return page


@pytest.fixture
def second(site: Site) -> Site:
    """Another site, beside the first."""
    root = Page(title="Trung tâm", slug="trung-tam")
    Page.get_first_root_node().add_child(instance=root)
    return Site.objects.create(hostname="trungtam.example", root_page=root)


@pytest.fixture
def balance(committing: Any, page: Page, site: Site) -> OpeningBalance:
    with committing():
        balance = OpeningBalance.objects.create(page=page, views=5_000)
    assert held() == {(site.pk, page.pk, "vi"): 5_000}
    return balance


def test_a_balance_that_moves_to_another_page_leaves_nothing(
    committing: Any, balance: OpeningBalance, page: Page, other: Page, site: Site
) -> None:
    balance.page = other
    with committing():
        balance.save()
    assert held() == {(site.pk, other.pk, "vi"): 5_000}

    with committing():
        balance.delete()
    assert held() == {}


def test_both_ends_of_a_move_are_in_one_record(committing: Any, balance: OpeningBalance, other: Page) -> None:
    """So that readers never see the number twice, nor nowhere."""
    balance.page = other
    with committing():
        balance.save()

    with closing(open_broker(Settings.from_env())) as broker:
        last = broker.read(events.EVENTS_TOPIC)[-1]
    assert [event.views for event in decode_lines(last.value)] == [0, 5_000]


def move_the_page(page: Page, second: Site) -> None:
    page.move(second.root_page, pos="last-child")


def move_the_page_above(page: Page, second: Site) -> None:
    parent = Page(title="Mục", slug="muc")
    page.get_parent().add_child(instance=parent)
    page.refresh_from_db()
    page.move(parent, pos="last-child")
    parent.refresh_from_db()
    parent.move(second.root_page, pos="last-child")


def turn_the_root_of_the_site(page: Page, second: Site) -> None:
    first = Site.objects.get(is_default_site=True)
    second.root_page, first.root_page = first.root_page, second.root_page
    first.save()
    second.save()


def give_the_section_a_site_of_its_own(page: Page, second: Site) -> None:
    second.root_page = page
    second.save()


@pytest.mark.parametrize(
    "change",
    [move_the_page, move_the_page_above, turn_the_root_of_the_site, give_the_section_a_site_of_its_own],
    ids=lambda change: change.__name__.replace("_", " "),
)
def test_a_page_that_comes_to_another_site_is_counted_there_alone(
    committing: Any, balance: OpeningBalance, page: Page, second: Site, change: Callable[[Page, Site], None]
) -> None:
    with committing():
        change(page, second)

    assert held() == {(second.pk, page.pk, "vi"): 5_000}


def update_many_rows(page: Page, other: Page) -> None:
    OpeningBalance.objects.filter(page=page).update(page=other)


def write_sql(page: Page, other: Page) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE statistics_openingbalance SET page_id = %s", [other.pk])


@pytest.mark.parametrize("change", [update_many_rows, write_sql], ids=lambda change: change.__name__.replace("_", " "))
def test_a_change_that_tells_nobody_is_found_by_the_next_look(
    balance: OpeningBalance, page: Page, other: Page, site: Site, change: Callable[[Page, Page], None]
) -> None:
    change(page, other)
    balances.publish_pending_balances()

    assert held() == {(site.pk, other.pk, "vi"): 5_000}


def test_a_page_of_another_language_is_counted_there_alone(balance: OpeningBalance, page: Page, site: Site) -> None:
    english = Locale.objects.create(language_code="en")
    Page.objects.filter(pk=page.pk).update(locale=english)
    balances.publish_pending_balances()

    assert held() == {(site.pk, page.pk, "en"): 5_000}


def test_the_balance_of_a_site_goes_with_it_to_another_row(committing: Any, site: Site, second: Site) -> None:
    with committing():
        whole = OpeningBalance.objects.create(site=site, views=50_000)
    whole.site = second
    with committing():
        whole.save()

    assert held() == {(second.pk, 0, "vi"): 50_000}


def test_a_site_that_is_deleted_takes_its_own_balance_and_no_page_s(
    committing: Any, balance: OpeningBalance, page: Page, second: Site
) -> None:
    with committing():
        OpeningBalance.objects.create(site=second, views=70)
        page.move(second.root_page, pos="last-child")
    gone = second.pk
    with committing():
        second.delete()

    assert OpeningBalance.objects.get() == balance
    assert held() == {(gone, page.pk, "vi"): 5_000}, "it stays where it was until its page has a site"


def test_two_pages_that_exchange_their_balances_keep_one_each(
    committing: Any, balance: OpeningBalance, page: Page, other: Page, site: Site
) -> None:
    with committing():
        theirs = OpeningBalance.objects.create(page=other, views=7)
    OpeningBalance.objects.filter(pk=balance.pk).update(page=None, site=site)
    OpeningBalance.objects.filter(pk=theirs.pk).update(page=page)
    OpeningBalance.objects.filter(pk=balance.pk).update(page=other, site=None)
    balances.publish_pending_balances()

    assert held() == {(site.pk, page.pk, "vi"): 7, (site.pk, other.pk, "vi"): 5_000}


def test_a_clock_that_is_set_back_loses_no_change(
    committing: Any, balance: OpeningBalance, page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def years_ago() -> datetime:
        return datetime(2020, 1, 1, tzinfo=timezone.get_current_timezone())

    monkeypatch.setattr(timezone, "now", years_ago)
    balance.views = 6_000
    with committing():
        balance.save()

    assert held() == {(site.pk, page.pk, "vi"): 6_000}


def test_after_a_crash_in_the_middle_the_log_has_what_it_should_have(
    balance: OpeningBalance, page: Page, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has taken 9,000 and nobody noted it; by then the editor has taken that back."""

    class Killed(BaseException):
        pass

    def die(batch: object) -> None:
        raise Killed

    OpeningBalance.objects.update(views=9_000)
    with monkeypatch.context() as dying:
        dying.setattr(balances, "_note_sent", die)
        with pytest.raises(Killed):
            balances.publish_pending_balances()
    assert held() == {(site.pk, page.pk, "vi"): 9_000}

    OpeningBalance.objects.update(views=5_000)
    balances.publish_pending_balances()
    assert held() == {(site.pk, page.pk, "vi"): 5_000}
