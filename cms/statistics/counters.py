"""The source of the numbers on the pages.

A process that refreshes counters installs them here; any other, such as a management command, reads the snapshot that
was stored last. Either way a page reads memory and never asks ClickHouse.
"""

from __future__ import annotations

from functools import cache

from pipeline.serving.counters import Counters, StoredCounters
from pipeline.settings import Settings

_installed: list[Counters] = []


def install(counters: Counters) -> None:
    """Make `counters` the source of every number this process renders."""
    _installed[:] = [counters]


def uninstall() -> None:
    _installed.clear()


def current() -> Counters:
    return _installed[0] if _installed else _stored()


@cache
def _stored() -> Counters:
    return StoredCounters(Settings.from_env().snapshot_file)
