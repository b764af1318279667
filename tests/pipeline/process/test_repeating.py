from __future__ import annotations

import threading

from patience import PATIENCE

from pipeline.process.repeating import repeating


def test_a_step_is_taken_at_once_and_again_after_the_seconds_it_returns() -> None:
    turns = [threading.Event() for _ in range(3)]
    left = iter(turns)

    def step() -> float:
        next(left).set()
        return 0.0 if not turns[-1].is_set() else PATIENCE

    with repeating(step, "steps"):
        assert all(turn.wait(PATIENCE) for turn in turns)


def test_a_call_during_a_step_brings_the_next_turn_forward() -> None:
    begun, called, again = threading.Event(), threading.Event(), threading.Event()

    def step() -> float:
        if begun.is_set():
            again.set()
        begun.set()
        called.wait(PATIENCE)
        return 100 * PATIENCE

    with repeating(step, "steps") as wake:
        assert begun.wait(PATIENCE)
        wake()
        called.set()
        assert again.wait(PATIENCE)


def test_the_end_waits_for_the_step_under_way_and_for_no_other() -> None:
    begun, finished = threading.Event(), []

    def step() -> float:
        begun.set()
        finished.append(threading.current_thread().name)
        return PATIENCE

    with repeating(step, "steps"):
        assert begun.wait(PATIENCE)
    assert finished == ["steps"]


def test_the_end_waits_for_a_step_that_hangs_no_longer_than_allowed() -> None:
    release, begun = threading.Event(), threading.Event()

    def step() -> float:
        begun.set()
        release.wait(PATIENCE)
        return 0.0

    with repeating(step, "steps", leave_seconds=0.01):
        assert begun.wait(PATIENCE)
    release.set()
