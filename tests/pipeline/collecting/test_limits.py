from __future__ import annotations

from collections.abc import Hashable

import pytest

from pipeline.collecting.limits import Limit

NOON = 1_795_323_600_000


def passed(limit: Limit, key: Hashable, times: int, now_ms: int) -> int:
    return sum(limit.passes(key, now_ms) for _ in range(times))


def test_a_burst_passes_at_once_and_the_rate_after_it() -> None:
    limit = Limit(rate=10, burst=100)
    assert passed(limit, "a", 1000, NOON) == 100
    assert passed(limit, "a", 1000, NOON + 1000) == 10
    assert passed(limit, "a", 1000, NOON + 1100) == 1
    assert passed(limit, "a", 1000, NOON + 100_000) == 100


def test_a_flood_gets_no_more_than_burst_and_rate_however_long_it_is() -> None:
    limit = Limit(rate=10, burst=100)
    seconds = 300
    taken = sum(passed(limit, "a", 3, NOON + step * 20) for step in range(50 * seconds))
    assert abs(taken - (100 + 10 * seconds)) <= 1


def test_others_are_not_held_up() -> None:
    limit = Limit(rate=10, burst=100)
    passed(limit, "a", 1000, NOON)
    assert passed(limit, "b", 100, NOON) == 100


@pytest.mark.parametrize(("rate", "burst"), [(0, 100), (10, 0), (0, 0)])
def test_zero_is_no_limit(rate: int, burst: int) -> None:
    assert passed(Limit(rate=rate, burst=burst), "a", 10_000, NOON) == 10_000


def test_memory_is_bounded_and_nothing_is_kept_for_long() -> None:
    limit = Limit(rate=10, burst=100, most=50)
    for key in range(10_000):
        assert limit.passes(key, NOON)
        assert len(limit._current) + len(limit._before) <= 100
    limit.passes("a", NOON + 20_000)
    limit.passes("b", NOON + 31_000)
    assert limit._current.keys() | limit._before.keys() == {"a", "b"}


def test_a_clock_set_back_holds_nobody_up() -> None:
    limit = Limit(rate=10, burst=100)
    passed(limit, "a", 1000, NOON)
    assert passed(limit, "a", 1000, NOON - 3_600_000) == 100
