from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest

from pipeline.brokers import Record
from pipeline.clickhouse.columns import DEAD_LETTER_COLUMNS, EVENT_COLUMNS, EventRow, Rows
from pipeline.clickhouse.rows import NO_LINES, count_rows, rows_of
from pipeline.events import (
    Download,
    Engagement,
    Heartbeat,
    NotFound,
    OpeningBalance,
    Outbound,
    PageView,
    Search,
    encode_lines,
)

Line = Callable[..., bytes]


@pytest.fixture
def line() -> Line:
    """A line of a record: a view with ``changes``; None leaves a field out."""

    def make(**changes: object) -> bytes:
        fields: dict[str, object] = {"kind": "view", "at": 1, "site": 1, "page_id": 7, **changes}
        return msgspec.json.encode({name: value for name, value in fields.items() if value is not None})

    return make


def record(*lines: bytes, offset: int = 9, partition: int = 2) -> Record:
    return Record("page-events", partition, offset, 1234, None, b"".join(line + b"\n" for line in lines))


def events(rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(rows.events, row, strict=True)) for row in zip(*rows.events.values(), strict=True)]


def dead_letters(rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(rows.dead_letters, row, strict=True)) for row in zip(*rows.dead_letters.values(), strict=True)]


def lineage(rows: Sequence[dict[str, Any]]) -> list[tuple[int, int, int]]:
    return [(row["partition"], row["offset"], row["row"]) for row in rows]


def test_every_field_of_a_line_but_its_version_has_a_column() -> None:
    renamed = {"views": "opening_views", "visits": "opening_visits"}
    *fields, version = EventRow.__struct_fields__
    assert version == "v"
    assert [renamed.get(name, name) for name in fields] == list(EVENT_COLUMNS)[: len(fields)]
    assert list(EVENT_COLUMNS)[len(fields) :] == ["partition", "offset", "row"]


def test_rows_have_the_columns_of_their_tables(line: Line) -> None:
    rows = rows_of([record(line(), b"no event")])
    assert list(rows.events) == list(EVENT_COLUMNS)
    assert list(rows.dead_letters) == list(DEAD_LETTER_COLUMNS)


@pytest.mark.parametrize(
    "event", [PageView, Heartbeat, OpeningBalance, Engagement, Download, Outbound, Search, NotFound]
)
def test_no_field_that_a_producer_writes_is_left_out(event: type[msgspec.Struct]) -> None:
    assert {*event.__struct_fields__} <= {*EventRow.__struct_fields__}


def test_a_view_keeps_everything_the_collector_wrote() -> None:
    view = PageView(
        at=1_790_571_600_123,
        site=1,
        page_id=7,
        locale="vi",
        path="/tin-tức/",
        audience="bot",
        visitor=2**64 - 1,
        visit=True,
        source="example.vn",
        browser="Googlebot",
        os="Linux",
        device="desktop",
        bot="Googlebot",
        scripted=False,
    )
    (row,) = events(rows_of([record(encode_lines([view]).rstrip(b"\n"))]))
    written = msgspec.structs.asdict(view)
    assert {name: row[name] for name in written if name != "v"} == {k: v for k, v in written.items() if k != "v"}
    assert (row["kind"], row["partition"], row["offset"], row["row"]) == ("view", 2, 9, 0)


def test_every_kind_of_event_has_its_row() -> None:
    written = encode_lines(
        [
            PageView(1, 1, 7, "vi", "/", "public", 5, True),
            Heartbeat(2, 1, 7, "public", 5),
            OpeningBalance(3, 1, 7, "vi", 1327, 900),
            Engagement(4, 1, 7, "vi", "/", "public", 5, seconds=1800, depth=100),
            *(kind(5, 1, 7, "vi", "/", "public", 5, target="/cũ") for kind in (Download, Outbound, Search, NotFound)),
        ]
    )
    rows = events(rows_of([Record("page-events", 0, 0, 0, None, written)]))
    assert [row["kind"] for row in rows] == [
        *("view", "heartbeat", "opening", "engagement", "download", "outbound", "search", "not_found")
    ]
    assert (rows[2]["opening_views"], rows[2]["opening_visits"]) == (1327, 900)
    assert (rows[3]["seconds"], rows[3]["depth"]) == (1800, 100)
    assert [row["target"] for row in rows] == ["", "", "", "", "/cũ", "/cũ", "/cũ", "/cũ"]
    assert [row["visit"] for row in rows] == [True, *(False for _ in rows[1:])]


def test_rows_follow_the_log(line: Line) -> None:
    rows = events(rows_of([record(line(), line(), offset=4), record(line(), offset=6)]))
    assert lineage(rows) == [(2, 4, 0), (2, 4, 1), (2, 6, 0)]


@pytest.mark.parametrize(
    "value",
    [pytest.param(b"", id="nothing"), pytest.param(b"\n", id="a line end"), pytest.param(b"\n \n\r\n", id="blanks")],
)
def test_a_record_without_lines_is_one_dead_letter(value: bytes) -> None:
    rows = rows_of([Record("page-events", 2, 9, 1234, None, value)])
    assert rows.events == {}
    (letter,) = dead_letters(rows)
    assert lineage([letter]) == [(2, 9, 0)]
    assert (letter["reason"], letter["line"]) == (NO_LINES, value)


@pytest.mark.parametrize("poison", [(), (b"{",)], ids=["all good", "with poison"])
def test_blank_lines_have_no_number(line: Line, poison: tuple[bytes, ...]) -> None:
    rows = events(rows_of([record(b"", line(), b"  ", line(), *poison)]))
    assert lineage(rows) == [(2, 9, 0), (2, 9, 1)]


POISON = [
    pytest.param(b"{", id="cut JSON"),
    pytest.param(b"\xff\xfe\x00", id="no text at all"),
    pytest.param(b'{"kind":"view","at":1,"site":1,"page_id":7,"path":"\xff"}', id="not UTF-8"),
    pytest.param(b'"view"', id="a string"),
    pytest.param(b"null", id="null"),
    pytest.param(b'{"kind":"view","z":' + b"[" * 9000 + b"]" * 9000 + b"}", id="nested too deeply"),
]
WRONG = [
    pytest.param({"kind": "scroll"}, id="unknown kind"),
    pytest.param({"kind": None}, id="no kind"),
    pytest.param({"v": 2}, id="unknown version"),
    pytest.param({"audience": "nobody"}, id="unknown audience"),
    pytest.param({"site": 2**32}, id="site too large"),
    pytest.param({"page_id": -1}, id="negative page"),
    pytest.param({"seconds": 2**16}, id="seconds too many"),
    pytest.param({"depth": 256}, id="depth too large"),
    pytest.param({"target": 7}, id="target of another type"),
    pytest.param({"page_id": None}, id="no page"),
    pytest.param({"visitor": -1}, id="negative visitor"),
    pytest.param({"visitor": "5"}, id="visitor as text"),
    pytest.param({"at": -1}, id="before time began"),
    pytest.param({"at": 2**32 * 1000}, id="past what a DateTime holds"),
    pytest.param({"at": 1.5}, id="a fraction of a millisecond"),
    pytest.param({"kind": "opening", "views": -1}, id="negative balance"),
    pytest.param({"kind": "opening", "views": 2**63}, id="balance that would overflow"),
]


@pytest.mark.parametrize("poison", POISON)
def test_a_poisoned_line_is_set_aside_and_its_neighbours_stay(line: Line, poison: bytes) -> None:
    rows = rows_of([record(line(page_id=1), poison, line(page_id=3))])
    assert lineage(events(rows)) == [(2, 9, 0), (2, 9, 2)]
    (letter,) = dead_letters(rows)
    assert lineage([letter]) == [(2, 9, 1)]
    assert (letter["at"], letter["line"]) == (1234, poison)
    assert letter["reason"]


@pytest.mark.parametrize("changes", WRONG)
def test_a_line_with_wrong_values_is_set_aside(line: Line, changes: dict[str, object]) -> None:
    rows = rows_of([record(line(), line(**changes), line())])
    assert lineage(events(rows)) == [(2, 9, 0), (2, 9, 2)]
    assert [letter["line"] for letter in dead_letters(rows)] == [line(**changes)]


def test_a_number_beyond_64_bits_is_set_aside(line: Line) -> None:
    too_large = line().replace(b'"page_id":7', b'"page_id":7,"visitor":18446744073709551616')
    endless = line().replace(b'"page_id":7', b'"page_id":7,"visitor":' + b"9" * 6000)
    rows = rows_of([record(line(visitor=2**64 - 1), too_large, endless)])
    assert [row["visitor"] for row in events(rows)] == [2**64 - 1]
    assert [letter["row"] for letter in dead_letters(rows)] == [1, 2]


def test_an_unknown_field_is_ignored(line: Line) -> None:
    assert len(events(rows_of([record(line(scroll=80))]))) == 1


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([], id="nothing"),
        pytest.param([b"  "], id="a blank"),
        pytest.param([b"{", b"", b"null"], id="only poison"),
        pytest.param([b"{}", b"", b"\r", b"{}"], id="blanks between"),
    ],
)
def test_rows_are_counted_as_they_are_made(line: Line, lines: list[bytes]) -> None:
    for value in (record(*lines).value, record(*lines, line(), line()).value, record(line(), *lines).value):
        made = rows_of([Record("page-events", 2, 9, 1234, None, value)])
        assert count_rows(value) == len(events(made)) + len(dead_letters(made))


def test_the_same_bytes_give_the_same_rows(line: Line) -> None:
    """Insert tokens need this: the engine drops a repeat without comparing it."""
    lines = [line(), b"{", b"", line(v=2), b"\xff", line(visitor=2**64 - 1)]
    for order in itertools.permutations(lines):
        records = [record(*order), record(*order, offset=10)]
        assert rows_of(records) == rows_of(list(records))
