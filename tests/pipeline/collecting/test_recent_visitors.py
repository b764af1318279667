from __future__ import annotations

import pytest

from pipeline.collecting.recent_visitors import AT_ONCE_MS, SPAN_MS, WHILE_MS, LastSeen, RecentVisitors
from pipeline.periods import ONLINE_SECONDS

NOON = 1_795_323_600_000
ONLINE_MS = ONLINE_SECONDS * 1000


@pytest.fixture
def visitors() -> RecentVisitors:
    return RecentVisitors(started_ms=NOON - SPAN_MS)


def test_a_reader_came_lately_for_half_an_hour(visitors: RecentVisitors) -> None:
    assert not visitors.came_lately(7, NOON)
    visitors.note(7, NOON)
    assert visitors.came_lately(7, NOON + WHILE_MS - 1)
    assert not visitors.came_lately(7, NOON + WHILE_MS)
    assert not visitors.came_lately(8, NOON)


def test_a_reader_who_is_not_followed_is_never_new_and_never_kept(visitors: RecentVisitors) -> None:
    visitors.note(0, NOON)
    visitors.note_page(0, 7, NOON)
    assert visitors.came_lately(0, NOON)
    assert not visitors.has_just_opened(0, 7, NOON)
    assert visitors.last_seen(0) is None


def test_a_page_was_just_opened_for_some_seconds(visitors: RecentVisitors) -> None:
    visitors.note_page(7, 3, NOON)
    assert visitors.has_just_opened(7, 3, NOON + AT_ONCE_MS - 1)
    assert not visitors.has_just_opened(7, 3, NOON + AT_ONCE_MS)
    assert not visitors.has_just_opened(7, 4, NOON)
    assert not visitors.has_just_opened(8, 3, NOON)


def test_a_page_is_kept_open_by_who_viewed_one_in_the_last_hours(visitors: RecentVisitors) -> None:
    visitors.note(7, NOON)
    assert visitors.may_keep_open(7, NOON + SPAN_MS - 1)
    assert not visitors.may_keep_open(8, NOON)
    assert visitors.may_keep_open(0, NOON)


def test_a_reader_may_act_on_the_pages_that_it_viewed_in_the_last_hours(visitors: RecentVisitors) -> None:
    visitors.note_page(7, 3, NOON)
    assert visitors.may_act_on(7, 3, NOON + SPAN_MS - 1)
    assert not visitors.may_act_on(7, 4, NOON)
    assert not visitors.may_act_on(8, 3, NOON)
    assert visitors.may_act_on(0, 3, NOON)
    assert RecentVisitors(started_ms=NOON).may_act_on(7, 3, NOON + ONLINE_MS - 1)


def test_after_a_restart_pages_of_before_are_believed_for_as_long_as_readers_are_online() -> None:
    visitors = RecentVisitors(started_ms=NOON)
    assert visitors.may_keep_open(7, NOON + ONLINE_MS - 1)
    assert not visitors.may_keep_open(7, NOON + ONLINE_MS)


def test_a_flood_takes_bounded_memory_and_forgets_the_oldest() -> None:
    seen = LastSeen(span_ms=SPAN_MS, limit=10)
    for key in range(1, 100):
        seen.note(key, NOON)
    assert seen.of(95) == NOON
    assert seen.of(1) is None
    assert len(seen._current) + len(seen._before) <= 20


def test_a_key_is_remembered_for_a_span_at_least_and_two_at_most() -> None:
    seen = LastSeen(span_ms=1000, limit=10)
    seen.note(7, NOON)
    seen.note(8, NOON + 1500)
    assert seen.of(7) == NOON
    seen.note(8, NOON + 3000)
    assert seen.of(7) is None


def test_a_clock_set_back_is_a_new_beginning() -> None:
    seen = LastSeen(span_ms=1000, limit=10)
    seen.note(7, NOON)
    seen.note(8, NOON - 10_000)
    assert (seen.of(7), seen.of(8)) == (None, NOON - 10_000)
