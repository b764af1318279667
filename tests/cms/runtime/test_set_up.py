"""Loading the site: once in a process, and memory is frozen no more than once."""

from __future__ import annotations

import gc

from cms.runtime.set_up import set_up


def test_what_asks_again_freezes_nothing_that_is_in_use() -> None:
    frozen, threshold = gc.get_freeze_count(), gc.get_threshold()
    set_up()
    assert (gc.get_freeze_count(), gc.get_threshold(), gc.isenabled()) == (frozen, threshold, True)
