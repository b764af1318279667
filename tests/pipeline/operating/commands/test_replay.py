"""``nhip replay`` fills gaps from the log and changes nothing else, however often it runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ops import Ops

from pipeline.events import PageView, encode_lines

View = Callable[..., PageView]

NOTHING_LOST = "SELECT offset, row, count() FROM events GROUP BY ALL ORDER BY ALL"


@pytest.fixture
def filled(ops: Ops, view: View) -> Ops:
    """Four records in two batches; the last line of the third is poisoned."""
    ops.send(view(1), view(2))
    ops.send(view(3))
    ops.consume()
    ops.send_bytes(encode_lines([view(4), view(5)]) + b"poison\n")
    ops.send(view(6))
    ops.consume()
    return ops


GAPS = [
    pytest.param(["ALTER TABLE events DELETE WHERE offset < 2"], 3, id="exactly a batch, whose token is remembered"),
    pytest.param(["ALTER TABLE events DELETE WHERE offset IN (1, 3)"], 2, id="records of two batches"),
    pytest.param(["ALTER TABLE events DELETE WHERE 1", "ALTER TABLE dead_letters DELETE WHERE 1"], 7, id="everything"),
    pytest.param(["ALTER TABLE events DELETE WHERE offset = 2 AND row = 1"], 1, id="a part of a record"),
    pytest.param(["ALTER TABLE dead_letters DELETE WHERE 1"], 1, id="a dead letter alone"),
]


@pytest.mark.parametrize(("statements", "rows"), GAPS)
def test_gaps_are_filled_once(filled: Ops, statements: list[str], rows: int) -> None:
    before = filled.query(NOTHING_LOST)
    filled.command(*(f"{statement} SETTINGS mutations_sync = 1" for statement in statements))
    answer = filled.nhip("replay", "--since", "2026-09-28", "--json")
    assert answer.json()["rows"] == rows, answer
    assert filled.query(NOTHING_LOST) == before
    assert filled.query("SELECT count() FROM dead_letters FINAL") == [(1,)]
    assert filled.nhip("replay", "--since", "2026-09-28", "--json").json()["rows"] == 0
    assert filled.query(NOTHING_LOST) == before


def test_roll_ups_that_still_had_the_rows_need_a_rebuild(filled: Ops) -> None:
    filled.command("ALTER TABLE events DELETE WHERE offset IN (1, 3) SETTINGS mutations_sync = 1")
    answer = filled.nhip("replay", "--since", "2026-09-28")
    assert answer.code == 1
    assert "nhip rebuild" in answer.out
    assert filled.nhip("rebuild").code == 0
    assert filled.nhip("verify").code == 0
    assert filled.nhip("replay", "--since", "2026-09-28").code == 0


def test_stored_rows_stay_as_they_are(filled: Ops) -> None:
    before = filled.query(NOTHING_LOST)
    answer = filled.nhip("replay", "--since", "2026-09-28T00:00+07:00", "--json")
    assert (answer.code, answer.json()["rows"]) == (0, 0)
    assert filled.query(NOTHING_LOST) == before


def test_records_that_a_consumer_will_insert_are_left_to_it(filled: Ops, view: View) -> None:
    filled.send(view(7))
    filled.consume(insert=False, advance=False)
    filled.send(view(8))
    assert filled.nhip("replay", "--since", "2026-09-28", "--json").json()["rows"] == 0


def test_only_records_since_the_given_time_are_replayed(filled: Ops, view: View) -> None:
    filled.now += 3600
    filled.send(view(9))
    filled.consume()
    filled.command("ALTER TABLE events DELETE WHERE 1 SETTINGS mutations_sync = 1")
    assert filled.nhip("replay", "--since", "2026-09-28T12:30", "--json").json()["rows"] == 1


def test_a_large_gap_is_filled_in_batches(filled: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIP_BATCH_ROWS", "1")
    before = filled.query(NOTHING_LOST)
    filled.command("ALTER TABLE events DELETE WHERE 1 SETTINGS mutations_sync = 1")
    assert filled.nhip("replay", "--since", "2026-09-28", "--json").json()["rows"] == 6
    assert filled.query(NOTHING_LOST) == before
