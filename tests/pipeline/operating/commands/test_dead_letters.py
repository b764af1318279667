"""``nhip dead-letters`` shows letters safely, replays those that can be read, and drops letters for good."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ops import Answer, Ops, places

from pipeline.clickhouse import rows
from pipeline.clickhouse.queries import list_dead_letters
from pipeline.clickhouse.writer import change_dead_letter
from pipeline.errors import Unavailable
from pipeline.events import PageView, encode_lines

View = Callable[..., PageView]

EVIL = b'{"kind":"\x1b[2Jview\xff\\","at":1}'


@pytest.fixture
def filled(ops: Ops, view: View) -> Ops:
    """Readable lines, a view of a version that is not known yet, and two lines that can never be read."""
    ops.send_bytes(encode_lines([view(1)]) + encode_lines([view(2)]).replace(b'"v":1', b'"v":2') + EVIL + b"\n")
    ops.send_bytes(b"poison\n")
    ops.send(view(3))
    ops.consume()
    return ops


@pytest.fixture
def newer_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """A version of the product that reads events of version 2."""
    decode = rows.decode_line
    monkeypatch.setattr(
        "pipeline.operating.dead_letters.decode_line", lambda line: decode(line.replace(b'"v":2', b'"v":1'))
    )


def stored(ops: Ops) -> list[tuple[int, int, int]]:
    return ops.query("SELECT offset, row, count() FROM events GROUP BY ALL ORDER BY ALL")


def test_letters_are_listed_in_the_order_of_the_log(filled: Ops) -> None:
    answer = filled.nhip("dead-letters", "list", "--json")
    assert places(answer) == ["0/0/1", "0/0/2", "0/1/0"]
    assert answer.code == 0
    for place in places(answer):
        assert place in filled.nhip("dead-letters", "list").out


def test_letters_are_found_by_their_reason(filled: Ops) -> None:
    assert places(filled.nhip("dead-letters", "list", "--reason", "malformed", "--json")) == ["0/0/2", "0/1/0"]
    assert places(filled.nhip("dead-letters", "list", "--reason", "nonsense", "--json")) == []


def test_a_limit_says_that_there_may_be_more(filled: Ops) -> None:
    assert "--limit 20" in filled.nhip("dead-letters", "list", "--limit", "2").out
    assert len(places(filled.nhip("dead-letters", "list", "--limit", "0", "--json"))) == 3


def test_control_characters_are_shown_escaped(filled: Ops) -> None:
    answer = filled.nhip("dead-letters", "show", "0/0/2")
    assert answer.code == 0
    assert r'{"kind":"\x1b[2Jview\xff\\","at":1}' in answer.out
    assert not set(answer.out) & set(map(chr, [*range(10), *range(11, 32), 127]))
    found = filled.nhip("dead-letters", "show", "0/0/2", "--json").json()
    assert bytes.fromhex(found["hex"]) == EVIL
    assert found["dead_letter"]["bytes"] == len(EVIL)


@pytest.mark.usefixtures("newer_decoder")
def test_a_letter_that_is_readable_now_counts_at_its_place(filled: Ops) -> None:
    answer = filled.nhip("dead-letters", "replay", "--all", "--json")
    assert answer.code == 1, "two are still unreadable"
    assert answer.json()["replayed"] == 1
    assert [stays["place"] for stays in answer.json()["unreadable"]] == ["0/0/2", "0/1/0"]
    assert stored(filled) == [(0, 0, 1), (0, 1, 1), (2, 0, 1)]
    found = filled.nhip("verify", "--json").json()
    assert (found["clean"], found["stored"], found["dead_lettered"]) == (True, 3, 2)
    assert places(filled.nhip("dead-letters", "list", "--state", "replayed", "--json")) == ["0/0/1"]


@pytest.mark.usefixtures("newer_decoder")
def test_replaying_again_changes_nothing(filled: Ops) -> None:
    assert filled.nhip("dead-letters", "replay", "0/0/1").code == 0
    before = stored(filled)
    assert filled.nhip("dead-letters", "replay", "--all").code == 1
    assert stored(filled) == before
    again = filled.nhip("dead-letters", "replay", "0/0/1")
    assert (again.code, "0/0/1" in again.err) == (2, True)


@pytest.mark.usefixtures("newer_decoder")
def test_the_next_replay_finishes_one_that_ended_before_it_marked_the_letter(
    filled: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_named: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr("pipeline.operating.dead_letters.change_dead_letter", fail)
    assert filled.nhip("dead-letters", "replay", "0/0/1").code == 2
    assert stored(filled) == [(0, 0, 1), (0, 1, 1), (2, 0, 1)]
    assert filled.nhip("verify").code == 0
    monkeypatch.setattr("pipeline.operating.dead_letters.change_dead_letter", change_dead_letter)
    assert filled.nhip("dead-letters", "replay", "0/0/1").code == 0
    assert stored(filled) == [(0, 0, 1), (0, 1, 1), (2, 0, 1)]
    assert filled.nhip("verify").code == 0


def test_a_dropped_letter_has_no_bytes_in_any_row(filled: Ops) -> None:
    answer = filled.nhip("dead-letters", "drop", "0/0/2", "--yes", "--json")
    assert (answer.code, answer.json()) == (0, {"dropped": 1})
    assert places(filled.nhip("dead-letters", "list", "--json")) == ["0/0/1", "0/1/0"]
    assert filled.query("SELECT line, state FROM dead_letters WHERE offset = 0 AND row = 2") == [("", "dropped")]
    assert filled.nhip("verify").code == 0, "a dropped letter still holds its place"


def test_dropping_needs_a_yes(filled: Ops) -> None:
    answer = filled.nhip("dead-letters", "drop", "--all")
    assert answer.code == 2
    assert "--yes" in answer.err
    with filled.engine() as client:
        assert len(list_dead_letters(client, state="waiting", limit=9)) == 3


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["replay"], "--all", id="nothing chosen"),
        pytest.param(["drop", "--all", "0/0/1"], "--all", id="all and one"),
        pytest.param(["replay", "0/7/7"], "0/7/7", id="a place without a letter"),
        pytest.param(["show", "0/7/7"], "0/7/7", id="nothing to show"),
        pytest.param(["show", "0/7"], "PARTITION/OFFSET/ROW", id="half a place"),
        pytest.param(["show", "0/-1/7"], "whole number", id="a negative place"),
        pytest.param(["show", "99999/1/7"], "65535", id="a partition too large"),
        pytest.param(["list", "--limit", "many"], "whole number", id="a limit that is no number"),
        pytest.param([], "missing: list|show|replay|drop", id="no action"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(ops: Ops, argv: list[str], words: str) -> None:
    assert_refused(ops.nhip("dead-letters", *argv), words)


def assert_refused(answer: Answer, words: str) -> None:
    assert (answer.code, answer.out) == (2, ""), answer
    (line,) = answer.err.splitlines()
    assert line.startswith("nhip: ")
    assert words in line


def test_dropping_all_leaves_no_bytes(filled: Ops, tmp_path: Path) -> None:
    assert filled.nhip("dead-letters", "drop", "--all", "--yes").code == 0
    assert filled.query("SELECT count(), sum(length(line)) FROM dead_letters") == [(3, 0)]
