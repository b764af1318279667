"""A look at the roll-ups is exact while rows come in: what a roll-up has not reached yet is no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from event_rows import EMPTY_ROW

from pipeline.clickhouse.columns import EVENT_COLUMNS, Rows
from pipeline.clickhouse.queries import find_stored_ends
from pipeline.clickhouse.roll_ups import ROLL_UPS, SUMS, compare, find_shown
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups, take_together
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


def test_keys_are_counted_in_each_month(client: ClickHouse, group: Group, together: int) -> None:
    """The group's records are on five days, three of which are in September."""
    group.deliver(5)
    told: list[tuple[int, int]] = []
    generation = find_shown(client)["site_days"]
    client.command(f"ALTER TABLE site_days_{generation} DELETE WHERE day >= '2026-09-30' SETTINGS mutations_sync = 1")
    off = compare_roll_ups(client, advance=lambda done, total: told.append((done, total)))
    assert off == AGREED | {"site_days": 3}
    assert told == ([(6, 10), (10, 10)] if together == 1 else [(10, 10)])


MONTHS = {202608: 5, 202609: 5, 202610: 0, 202611: 20, 202612: 9, 202701: 2}


@pytest.mark.parametrize(
    ("since", "stretches"),
    [
        (0, [(202608, 202610, 10), (202611, 202611, 20), (202612, 202701, 11)]),
        (
            202610,
            [(202608, 202608, 5), (202609, 202609, 5), (202610, 202610, 0), (202611, 202611, 20), (202612, 202701, 11)],
        ),
    ],
    ids=["with all their events", "without those that retention has deleted"],
)
def test_months_of_few_events_go_together(
    monkeypatch: pytest.MonkeyPatch, since: int, stretches: list[tuple[int, int, int]]
) -> None:
    monkeypatch.setattr(compare, "EVENTS_TOGETHER", 12)
    assert list(take_together(MONTHS, since=since)) == stretches
    assert list(take_together({})) == []
