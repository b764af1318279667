from __future__ import annotations

import os
import signal

import pytest

from pipeline.process.signals import STOP_SIGNALS, ended_by_signals, stopped_by_signals

each_signal = pytest.mark.parametrize("number", STOP_SIGNALS, ids=lambda number: number.name)


@each_signal
def test_a_signal_ends_the_block_at_once_and_what_follows_runs(number: signal.Signals) -> None:
    with ended_by_signals() as asked:
        os.kill(os.getpid(), number)
        pytest.fail("the block went on")
    assert asked.is_set()


def test_code_that_swallows_the_interruption_can_still_be_stopped() -> None:
    with ended_by_signals() as asked:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        except KeyboardInterrupt:
            assert asked.is_set()


@each_signal
def test_a_signal_asks_a_loop_to_stop_and_interrupts_nothing(number: signal.Signals) -> None:
    asked: list[str] = []
    with stopped_by_signals(lambda: asked.append("stop")):
        os.kill(os.getpid(), number)
        asked.append("went on")
    assert asked == ["stop", "went on"]


def test_after_the_block_a_signal_does_what_it_did_before() -> None:
    before = [signal.getsignal(number) for number in STOP_SIGNALS]
    with ended_by_signals(), stopped_by_signals(lambda: None):
        assert [signal.getsignal(number) for number in STOP_SIGNALS] != before
    assert [signal.getsignal(number) for number in STOP_SIGNALS] == before
