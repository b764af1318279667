"""Roll-ups that are declared later come to tables that are there already, and have every row once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from views_everywhere import views_everywhere

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import Rows
from pipeline.clickhouse.recovery import write_batch
from pipeline.clickhouse.roll_ups import (
    ROLL_UPS,
    drop_generation,
    find_generations,
    find_made,
    find_missing,
    find_shown,
)
from pipeline.clickhouse.roll_ups.compare import compare_roll_ups
from pipeline.clickhouse.roll_ups.missing import add_missing
from pipeline.clickhouse.roll_ups.rebuild import rebuild

if TYPE_CHECKING:
    from conftest import Group

AGREED = dict.fromkeys(ROLL_UPS, 0)
NEW = ("facet_days", "page_hours", "act_days")


class Crash(Exception):
    """The process ends here."""


@pytest.fixture
def before(client: ClickHouse) -> ClickHouse:
    """Tables of a version that had not these roll-ups."""
    for statement in drop_generation(1, cluster="", names=NEW):
        client.command(statement)
    for name in NEW:
        client.command(f"DROP VIEW {name}")
    return client


def test_what_is_missing_is_named_and_nothing_is_taken_for_wrong(before: ClickHouse, group: Group) -> None:
    group.deliver(20)
    assert find_missing(before) == ["facet_days", "page_hours", "act_days"]
    assert compare_roll_ups(before) == {name: 0 for name in ROLL_UPS if name not in NEW}


def test_nothing_is_done_where_nothing_is_missing(client: ClickHouse, group: Group) -> None:
    group.deliver(3)
    assert add_missing(client, progress_of_group=group.progress()) == []
    assert find_generations(client) == {1}


def test_they_have_the_rows_of_before_and_of_afterwards(before: ClickHouse, group: Group) -> None:
    group.deliver(40)
    group.deliver(7, partition=1)
    told: list[tuple[str, int, int]] = []

    added = add_missing(before, progress_of_group=group.progress(), on_progress=lambda *step: told.append(step))

    assert added == ["facet_days", "page_hours", "act_days"]
    assert told[-1] == ("filling", 94, 94)
    assert set(views_everywhere(before).values()) == {94}
    group.deliver(5)
    assert set(views_everywhere(before).values()) == {104}
    assert compare_roll_ups(before) == AGREED
    assert {name for name, generation in find_shown(before).items() if generation == 2} == set(NEW)


@pytest.mark.parametrize("stored", [True, False], ids=["that is stored", "that is not stored"])
def test_a_batch_that_was_planned_counts_once(before: ClickHouse, group: Group, stored: bool) -> None:
    """The process was killed after the plan, before it was told that the insert is in."""
    group.deliver(10)
    group.append(4)
    plan = group.plan()
    assert plan is not None
    if stored:
        group.insert(plan)

    add_missing(before, progress_of_group=group.progress())
    assert views_everywhere(before)["page_hours/"] == 20

    for _ in range(2):
        write_batch(before, Rows(group.columns(plan), {}), "page-events/0/10-13", again=True)
    assert set(views_everywhere(before).values()) == {28}
    assert compare_roll_ups(before) == AGREED


def test_rows_past_the_groups_books_are_not_taken_twice(before: ClickHouse, group: Group) -> None:
    """The books are older than the rows: the consumer goes on after what is stored."""
    group.deliver(20)
    add_missing(before, progress_of_group={0: (5, 4)})
    assert set(views_everywhere(before).values()) == {40}
    group.deliver(5)
    assert set(views_everywhere(before).values()) == {50}


def test_one_that_was_killed_is_begun_anew(before: ClickHouse, group: Group) -> None:
    group.deliver(20)

    def die(*_: object) -> None:
        raise Crash

    with pytest.raises(Crash):
        add_missing(before, progress_of_group=group.progress(), on_progress=die)
    assert find_missing(before) == ["facet_days", "page_hours", "act_days"]
    group.deliver(5)  # the half-made views took it

    add_missing(before, progress_of_group=group.progress())

    assert set(views_everywhere(before).values()) == {50}
    assert compare_roll_ups(before) == AGREED
    assert find_made(before) == {1: {*ROLL_UPS} - {*NEW}, 2: {*NEW}}


def test_a_rebuild_makes_them_too_and_leaves_one_generation(before: ClickHouse, group: Group) -> None:
    group.deliver(20)
    add_missing(before, progress_of_group=group.progress())
    rebuild(
        before,
        ends=group.ends,
        progress_of_group=group.progress,
        on_progress=lambda *_: None,
        pause=lambda _: None,
    )
    assert find_generations(before) == {3}
    assert set(views_everywhere(before).values()) == {40}
