"""A damaged spool: the collector starts, and sends what can be read of it."""

from __future__ import annotations

import random
from contextlib import closing
from pathlib import Path

import pytest

from pipeline.brokers.spool.salvage import mend_spool
from pipeline.brokers.spool.store import Entry, Handed, Spool

KILOBYTE = 1_024
ENTRIES = 200
FEW = 30


@pytest.fixture
def spooled(tmp_path: Path) -> list[Entry]:
    """In the spool of ``tmp_path``: fresh and handed-over entries of many sizes; others were deleted."""
    sizes = random.Random(1)
    entries = [
        Entry("page-events", b"key-%012d" % number, b'{"a":"%s"}\n' % (b"x" * sizes.choice((10, 300, 9_000))))
        for number in range(ENTRIES)
    ]
    with closing(Spool(tmp_path, limit_bytes=1 << 30)) as spool:
        ids = spool.add(entries)
        spool.hand_over({number: Handed(3, 1_000) for number in ids[::4]})
        spool.delete(ids[1::4])
    return [entry for number, entry in enumerate(entries) if number % 4 != 1]


def keys(directory: Path) -> tuple[set[bytes], set[bytes]]:
    """Of the fresh entries, and of those that were handed over."""
    with closing(Spool(directory, limit_bytes=1 << 30)) as spool:
        fresh = spool.fresh(limit_records=10_000, limit_bytes=1 << 30)
        return {entry.key for entry in fresh.values()}, {entry.key for entry in spool.handed_over().values()}


def test_a_whole_spool_stays_as_it_is(tmp_path: Path, spooled: list[Entry]) -> None:
    before = (tmp_path / "spool.sqlite3").read_bytes()
    mend_spool(tmp_path)
    assert (tmp_path / "spool.sqlite3").read_bytes() == before
    assert not list(tmp_path.glob("damaged-*"))


@pytest.mark.parametrize("at", [0, 4_096, 8_192, 12_288, 16_384, 50_000, 100_000, 200_000])
def test_a_lost_kilobyte_costs_a_few_entries_and_brings_no_deleted_one_back(
    tmp_path: Path, spooled: list[Entry], at: int
) -> None:
    fresh, handed = keys(tmp_path)
    assert len(fresh) + len(handed) == len(spooled)
    with (tmp_path / "spool.sqlite3").open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(KILOBYTE))

    mend_spool(tmp_path)

    saved_fresh, saved_handed = keys(tmp_path)
    assert saved_fresh <= fresh
    assert saved_handed <= handed
    assert len(saved_fresh) + len(saved_handed) > len(spooled) - FEW
    with closing(Spool(tmp_path, limit_bytes=1 << 30)) as spool:
        spool.add([Entry("page-events", b"new", b"{}\n")])
