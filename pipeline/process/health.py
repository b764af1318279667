"""Whether a process lives and can do its work, from the checks of its parts; ``probes`` answers it over HTTP."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from pipeline.errors import PipelineError
from pipeline.metrics import REGISTRY

log = logging.getLogger(__name__)

Check = Callable[[], str | None]
"""What is wrong, or None; a ``Note`` says something and is not wrong."""


class Note(str):
    """A state that people should know of and that keeps the process from nothing."""

    __slots__ = ()


class Answer(NamedTuple):
    status: int
    body: bytes
    content_type: str


class Health:
    """``alive``: parts that must run; ``ready``: dependencies. Each answer asks the checks again, from any thread."""

    def __init__(self, *, alive: Mapping[str, Check], ready: Mapping[str, Check]) -> None:
        self._alive = alive
        self._ready = ready

    def healthz(self) -> Answer:
        wrong = [f"{name}: {state}" for name, state in _ask(self._alive).items() if _is_wrong(state)]
        return Answer(503 if wrong else 200, "\n".join(wrong or ["ok"]).encode(), "text/plain; charset=utf-8")

    def readyz(self) -> Answer:
        states = _ask(self._ready)
        wrong = any(map(_is_wrong, states.values()))
        shown = {name: str(state or "ok") for name, state in states.items()}
        return Answer(503 if wrong else 200, msgspec.json.encode(shown), "application/json")

    def metrics(self) -> Answer:
        return Answer(200, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)


def _ask(checks: Mapping[str, Check]) -> dict[str, str | None]:
    return {name: _state(name, check) for name, check in checks.items()}


def _state(name: str, check: Check) -> str | None:
    try:
        return check()
    except PipelineError as error:
        return str(error)
    except Exception as error:
        log.exception("the check of %s failed", name)
        return repr(error)


def _is_wrong(state: str | None) -> bool:
    return state is not None and not isinstance(state, Note)
