"""A look at the roll-ups is exact while rows come in: what a roll-up has not reached yet is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from event_rows import EMPTY_ROW

from pipeline.clickhouse.columns import EVENT_COLUMNS, Rows
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS, find_shown
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.writer import restore_rows

if TYPE_CHECKING:
    from conftest import Group

    from pipeline.clickhouse.client import ClickHouse

AGREED = dict.fromkeys(ROLL_UPS, 0)
NOON = 1_790_571_600_000


def half_inserted(offset: int) -> Rows:
    """A view as it is while its insert runs: in the raw table, in no roll-up yet."""
    view: dict[str, Any] = {
        **EMPTY_ROW,
        **{"at": NOON, "site": 1, "kind": "view", "audience": "public", "page_id": 7, "offset": offset},
    }
    return Rows({name: [view[name]] for name in EVENT_COLUMNS}, {})


def test_rows_under_way_are_no_difference(client: ClickHouse, group: Group) -> None:
    group.deliver(3)
    ends = find_stored_ends(client)
    restore_rows(client, half_inserted(ends[0]), "under way")
    assert compare_roll_ups(client, ends=ends) == AGREED


def test_rows_that_a_roll_up_should_have_by_now_are(client: ClickHouse, group: Group) -> None:
    group.deliver(3)
    restore_rows(client, half_inserted(find_stored_ends(client)[0]), "lost half-way")
    off = compare_roll_ups(client)
    assert {name for name in SUMS if off[name]} >= {"site_days", "page_days", "page_hours", "facet_days"}


def test_a_roll_up_that_lost_its_marks_too_is_a_difference(client: ClickHouse, group: Group) -> None:
    group.deliver(3)
    client.command(f"TRUNCATE TABLE page_days_{find_shown(client)['page_days']}")
    assert compare_roll_ups(client)["page_days"] > 0
