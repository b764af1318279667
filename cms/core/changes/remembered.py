"""What the pages of one state of the content share is asked of the database once: the site, its settings, its menu.

Only renders for the page memory know the state, which is read before anything else. A change during a render shows in
another state after it, and the page is rendered again (`cms.web.public_pages`).
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from django.http import HttpRequest

KEPT = 32
_STATE = "_nhip_content_state"

_all: list[Callable[[], None]] = []

Answer = TypeVar("Answer")


def set_state(request: HttpRequest, state: Hashable) -> None:
    """``state``: of `cms.core.changes.watch.content_state`, None if it is not known."""
    setattr(request, _STATE, state)


def state_of(request: HttpRequest) -> Hashable:
    """None if nobody set it."""
    return getattr(request, _STATE, None)


class Remembered(Generic[Answer]):
    """The newest ``KEPT`` answers, each with what it was asked for. Everybody gets a copy of their own."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Hashable, Hashable], bytes] = OrderedDict()
        _all.append(self.forget)

    def get(self, state: Hashable, subject: Hashable, ask: Callable[[], Answer]) -> Answer:
        """Without a state the database is asked."""
        if state is None:
            return ask()
        known = self._answers.get((state, subject))
        if known is not None:
            copy: Answer = pickle.loads(known)
            return copy
        answer = ask()
        self._answers[state, subject] = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL)
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)
        return answer

    def forget(self) -> None:
        self._answers.clear()


def forget_all() -> None:
    """For a database whose states begin again, as in tests."""
    for forget in _all:
        forget()
