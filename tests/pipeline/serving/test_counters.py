from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from patience import PATIENCE

from pipeline.serving import counters as counters_module
from pipeline.serving.counters import IDLE_SECONDS, STORE_SECONDS, WATCHED_SECONDS, LiveCounters, StoredCounters
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary, load_snapshot, steady_time, store_snapshot


def snapshot(views: int, *, as_of: float = 100.0) -> Snapshot:
    summary = Summary(1, views, views, views, views)
    return Snapshot(
        as_of=as_of, sites={1: SiteCounters(visits=Summary(0, 0, 0, 0, 0), views=summary)}, pages={7: views}
    )


class Engine:
    """Gives the snapshots that a test puts there; raises those that are exceptions. ``now`` is the common clock."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = list(answers)
        self.now = 1_000.0
        self.asked: list[float] = []

    def read(self, now: float) -> Snapshot:
        self.asked.append(now)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return snapshot(answer, as_of=now)

    def counters(self, store: Path, **options: Any) -> LiveCounters:
        clocks: dict[str, Any] = {"clock": lambda: self.now, "timer": lambda: self.now}
        return LiveCounters(read=self.read, store=store, interval=0.01, **clocks | options)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "counters.json"


# reading


def test_before_anything_was_read_there_are_no_numbers(store: Path) -> None:
    counters = Engine(5).counters(store)
    assert counters.snapshot().summary(1, unit="views") is None
    assert counters.snapshot().page_views(7) is None


def test_a_refresh_shows_the_new_numbers_and_their_time(store: Path) -> None:
    engine = Engine(5)
    counters = engine.counters(store)
    counters.refresh()
    assert (counters.snapshot().as_of, counters.snapshot().pages) == (1_000.0, {7: 5})
    assert counters.snapshot().summary(1, unit="views") == Summary(1, 5, 5, 5, 5)
    assert counters.snapshot().summary(1, unit="visits") == Summary(0, 0, 0, 0, 0)


def test_an_unvisited_page_or_site_is_zero_once_something_was_read() -> None:
    assert snapshot(5).summary(2, unit="views") == Summary(0, 0, 0, 0, 0)
    assert snapshot(5).page_views(8) == 0


def test_looking_never_asks_the_engine(store: Path) -> None:
    engine = Engine(5)
    counters = engine.counters(store)
    for _ in range(100):
        counters.snapshot()
    assert engine.asked == []


@pytest.mark.parametrize("fault", [RuntimeError("engine"), KeyError("bug")], ids=["engine", "bug"])
def test_while_the_engine_fails_the_last_numbers_and_their_time_stay(
    store: Path, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    engine = Engine(5, fault, fault, 6)
    counters = engine.counters(store)
    counters.refresh()
    last = counters.snapshot()
    for failures in (1, 2):
        engine.now += 60
        counters.refresh()
        assert counters.snapshot() is last
        assert counters.failures == failures
    assert [record.levelno for record in caplog.records] == [logging.ERROR], "one line for a row of failures"

    counters.refresh()
    assert counters.failures == 0
    assert counters.snapshot().page_views(7) == 6


# order and age


def test_each_reading_of_a_process_has_the_next_place_whatever_its_clock_says(store: Path) -> None:
    engine = Engine(5, 5, 6)
    counters = engine.counters(store)
    shown = []
    for at in (1_000.0, 400.0, 401.0):
        engine.now = at
        counters.refresh()
        shown.append(counters.snapshot())
    assert [(one.turn, one.as_of) for one in shown] == [(1, 1_000.0), (2, 400.0), (3, 401.0)]
    assert len({one.run for one in shown}) == 1


def test_two_processes_and_a_restarted_one_never_pass_for_each_other(store: Path) -> None:
    runs = set()
    for _ in range(3):
        counters = Engine(5).counters(store)
        before = counters.snapshot().order
        counters.refresh()
        assert counters.snapshot().order != before
        runs.add(counters.snapshot().run)
        counters.stop()
    assert len(runs) == 3


@pytest.mark.parametrize("jump", [-600.0, 600.0, -86_400.0], ids=["back", "ahead", "a day back"])
def test_setting_the_clock_makes_numbers_neither_old_nor_young(store: Path, jump: float) -> None:
    engine = Engine(5)
    clock = [1_000_000.0]
    counters = engine.counters(store, clock=lambda: clock[0])
    counters.refresh()
    clock[0] += jump
    engine.now += 7.0
    assert counters.snapshot().age(engine.now) == 7.0


def test_with_a_clock_set_back_changes_are_stored_and_an_unread_refresher_still_rests(store: Path) -> None:
    engine = Engine(1, 2)
    clock = [1_000_000.0]
    counters = engine.counters(store, clock=lambda: clock[0])
    counters.snapshot()
    counters.refresh()
    clock[0] -= 600
    engine.now += max(STORE_SECONDS, WATCHED_SECONDS) + 1
    counters.refresh()
    assert load_snapshot(store).page_views(7) == 2
    counters._wake.clear()
    counters.changed()
    assert not counters._wake.is_set()


@pytest.mark.parametrize(
    ("as_of", "age"),
    [
        pytest.param(940.0, 60.0, id="stored a minute ago"),
        pytest.param(1_600.0, 600.0, id="stored before the clock was set back"),
        pytest.param(None, None, id="never read"),
    ],
)
def test_the_age_of_stored_numbers_is_what_the_clock_says(store: Path, as_of: float | None, age: float | None) -> None:
    store_snapshot(Snapshot(as_of=as_of, run="ab", turn=9, read_at=123.0), store)
    assert load_snapshot(store).age(1_000.0) == age


def test_nobody_sets_the_steady_time(monkeypatch: pytest.MonkeyPatch) -> None:
    before = steady_time()
    monkeypatch.setattr("time.time", lambda: before - 600)
    assert steady_time() >= before


# listeners


def test_listeners_are_told_the_first_numbers_and_then_only_changes(store: Path) -> None:
    engine = Engine(5, 5, 6, 6, RuntimeError("away"), 6, 7)
    counters = engine.counters(store)
    told: list[int | None] = []
    counters.listen(lambda fresh: told.append(fresh.page_views(7)))
    for _ in range(7):
        engine.now += 1
        counters.refresh()
    assert told == [5, 6, 7]


def test_the_first_numbers_are_told_even_if_they_are_none(store: Path) -> None:
    told: list[Snapshot] = []
    counters = LiveCounters(read=lambda now: Snapshot(as_of=now), store=store, interval=1)
    counters.listen(told.append)
    counters.refresh()
    counters.refresh()
    assert len(told) == 1


def test_a_listener_that_fails_disturbs_no_other(store: Path, caplog: pytest.LogCaptureFixture) -> None:
    counters = Engine(5).counters(store)
    told: list[Snapshot] = []
    counters.listen(lambda fresh: print(fresh.sites[404]))  # noqa: T201
    counters.listen(told.append)
    counters.refresh()
    assert told == [counters.snapshot()]
    assert "listener" in caplog.text


# on disk


def test_stored_numbers_come_back_as_they_were(store: Path) -> None:
    store_snapshot(snapshot(5), store)
    assert load_snapshot(store) == StoredCounters(store).snapshot() == snapshot(5)
    assert Engine(6).counters(store).snapshot() == snapshot(5)


def test_a_change_is_stored_now_and_then(store: Path) -> None:
    engine = Engine(1, 2, 3)
    counters = engine.counters(store)
    counters.refresh()
    assert load_snapshot(store).page_views(7) == 1
    engine.now += STORE_SECONDS - 1
    counters.refresh()
    assert load_snapshot(store).page_views(7) == 1
    engine.now += 1
    counters.refresh()
    assert load_snapshot(store).page_views(7) == 3


def test_a_change_that_came_too_early_is_stored_later_though_nothing_else_changes(store: Path) -> None:
    engine = Engine(1, 2)
    counters = engine.counters(store)
    counters.refresh()
    for _ in range(2):
        engine.now += STORE_SECONDS - 1
        counters.refresh()
    assert load_snapshot(store).page_views(7) == 2


def test_stopping_stores_the_last_numbers(store: Path) -> None:
    engine = Engine(1, 2)
    counters = engine.counters(store)
    counters.refresh()
    counters.refresh()
    counters.stop()
    assert load_snapshot(store) == replace(counters.snapshot(), read_at=None)
    assert load_snapshot(store).pages == {7: 2}


def test_numbers_that_were_never_read_overwrite_nothing(store: Path) -> None:
    store_snapshot(snapshot(5), store)
    counters = Engine(RuntimeError("away")).counters(store)
    counters.refresh()
    counters.stop()
    assert load_snapshot(store) == snapshot(5)
    Engine(1).counters(store.with_name("none.json")).stop()
    assert not store.with_name("none.json").exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"as_of":1', id="cut"),
        pytest.param(b"\xff\xfe", id="binary"),
        pytest.param(b"[]", id="another type"),
        pytest.param(b'{"as_of":1,"pages":{"x":1}}', id="no page id"),
        pytest.param(bytes(4096), id="zeros, as after a power cut"),
    ],
)
def test_a_damaged_file_is_no_numbers(store: Path, content: bytes) -> None:
    store.write_bytes(content)
    assert load_snapshot(store) == Snapshot()


def test_counters_work_on_a_disk_that_refuses(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("")
    counters = Engine(5).counters(tmp_path / "file" / "counters.json")
    counters.refresh()
    assert counters.snapshot().page_views(7) == 5
    assert "can't be stored" in caplog.text


# the thread


def run(counters: LiveCounters, until: Callable[[], bool]) -> None:
    counters.start()
    pause = threading.Event()
    for _ in range(int(PATIENCE / 0.005)):
        if until():
            return
        pause.wait(0.005)
    pytest.fail("it did not come to pass")


def test_a_look_wakes_an_idle_refresher(store: Path) -> None:
    engine = Engine(5)
    counters = engine.counters(store)
    run(counters, lambda: len(engine.asked) == 1)
    engine.now += WATCHED_SECONDS + 1
    counters.snapshot()
    pause = threading.Event()
    while len(engine.asked) < 2:
        pause.wait(0.005)
    counters.stop()


def test_stopping_never_waits_for_an_idle_turn(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Told at any moment: a wait of IDLE_SECONDS would hold up the whole shutdown."""
    assert IDLE_SECONDS > 10
    monkeypatch.setattr(counters_module, "IDLE_SECONDS", 3_600.0)
    for _ in range(50):
        engine = Engine(5)
        counters = engine.counters(store)
        reading, go_on = threading.Event(), threading.Event()

        def read(now: float, reading: threading.Event = reading, go_on: threading.Event = go_on) -> Snapshot:
            reading.set()
            go_on.wait(PATIENCE)
            return snapshot(5, as_of=now)

        counters._read = read
        counters.start()
        assert reading.wait(PATIENCE)
        stopper = threading.Thread(target=counters.stop)
        stopper.start()
        go_on.set()
        stopper.join(PATIENCE)
        assert not stopper.is_alive()
