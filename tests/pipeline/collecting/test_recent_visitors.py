from __future__ import annotations

from pipeline.collecting.recent_visitors import WHILE_MS, RecentVisitors

NOON = 1_795_323_600_000


def test_a_visitor_is_known_for_a_while_and_forgotten_after_two() -> None:
    visitors = RecentVisitors()

    assert not visitors.came_lately(7, NOON)
    assert visitors.came_lately(7, NOON + 1)
    assert visitors.came_lately(7, NOON + WHILE_MS)
    assert not visitors.came_lately(7, NOON + 3 * WHILE_MS)


def test_every_view_keeps_a_visitor_known() -> None:
    visitors = RecentVisitors()
    visitors.came_lately(7, NOON)

    assert all(visitors.came_lately(7, NOON + turn * WHILE_MS // 2) for turn in range(1, 20))


def test_visitors_are_told_apart() -> None:
    visitors = RecentVisitors()
    visitors.came_lately(7, NOON)

    assert not visitors.came_lately(8, NOON)


def test_a_reader_who_is_not_followed_is_never_new() -> None:
    assert RecentVisitors().came_lately(0, NOON)


def test_a_flood_of_visitors_takes_bounded_memory_and_forgets_the_oldest() -> None:
    visitors = RecentVisitors(limit=10)

    for visitor in range(1, 100):
        assert not visitors.came_lately(visitor, NOON)

    assert visitors.came_lately(95, NOON)
    assert not visitors.came_lately(1, NOON)


def test_a_clock_set_back_forgets_nobody_for_long() -> None:
    visitors = RecentVisitors()
    visitors.came_lately(7, NOON)

    visitors.came_lately(8, NOON - 10 * WHILE_MS)

    assert visitors.came_lately(8, NOON - 10 * WHILE_MS + 1)
