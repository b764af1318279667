"""Saving a balance does not wait for the log if an errand sends it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from patience import wait_until

from cms.statistics import balances
from cms.statistics.models import OpeningBalance

if TYPE_CHECKING:
    from wagtail.models import Page

SECONDS = 60.0


class Log:
    """A log that counts the errands, and is slow until ``answer`` is set."""

    def __init__(self) -> None:
        self.errands = 0
        self.threads: set[str] = set()
        self.answer = threading.Event()

    def publish(self) -> int:
        self.errands += 1
        self.threads.add(threading.current_thread().name)
        self.answer.wait(SECONDS)
        return 0


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(balances, "publish_pending_balances", log.publish)
    return log


@pytest.mark.django_db
def test_a_save_wakes_the_errand_and_goes_on(
    log: Log, page: Page, django_capture_on_commit_callbacks: Callable[..., object]
) -> None:
    with balances.publishing_in_background():
        wait_until(lambda: log.errands == 1, seconds=SECONDS)  # what was left from before
        with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
            OpeningBalance.objects.create(page=page, views=7, note="")
        assert log.errands == 1  # the log has not answered yet, and the save is done
        log.answer.set()
        wait_until(lambda: log.errands == 2, seconds=SECONDS)
    assert log.threads == {"balances"}


def test_without_an_errand_a_save_sends_here_and_now(log: Log) -> None:
    log.answer.set()
    balances.balances_changed()

    assert log.threads == {threading.current_thread().name}


def test_the_errand_ends_with_its_process(log: Log) -> None:
    log.answer.set()
    with balances.publishing_in_background():
        wait_until(lambda: log.errands == 1, seconds=SECONDS)

    assert "balances" not in {thread.name for thread in threading.enumerate()}
    balances.balances_changed()
    assert log.threads == {"balances", threading.current_thread().name}
