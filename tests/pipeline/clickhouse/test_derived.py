"""Columns that follow from other stored columns are changed where they are, a month at a time, and once."""

from __future__ import annotations

from typing import Any

import pytest
from event_rows import EMPTY_ROW

from pipeline.clickhouse import derived
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.derived import Derivation, apply_changes, find_changes, read_stored, statements_of
from pipeline.clickhouse.writer import write_events

NOON = 1_790_571_600_000  # 2026-09-28, 12:00 in Hà Nội
MONTH = 31 * 86_400_000
ODD = ["it's", "back\\slash", "'; DROP TABLE events; --", "\\'", "$rows", "{x:String}", "Cốc Cốc", "\x00", "\n", ""]


def upper(source: str, _channel: str) -> tuple[str]:
    return (source.upper(),)


def name_of(source: str, _channel: str) -> str:
    return source


UPPER = Derivation(("channel",), ("source", "channel"), upper, name_of, rows="suspect = ''")


def put(client: ClickHouse, *views: dict[str, Any]) -> None:
    rows = [
        EMPTY_ROW | {"at": NOON, "site": 1, "kind": "view", "page_id": 7, "audience": "public", "offset": offset} | view
        for offset, view in enumerate(views)
    ]
    write_events(client, {name: [row[name] for row in rows] for name in EVENT_COLUMNS}, token="t")


def change_all(client: ClickHouse, derivation: Derivation = UPPER) -> list[tuple[int, int]]:
    heard: list[tuple[int, int]] = []
    changes = find_changes(derivation, read_stored(client, derivation))
    apply_changes(client, derivation, changes, advance=lambda done, total: heard.append((done, total)))
    return heard


def test_a_value_follows_from_another_whatever_letters_it_has(client: ClickHouse) -> None:
    put(client, *({"source": text} for text in ODD))
    change_all(client)
    assert set(client.query("SELECT source, channel FROM events")) == {(text, text.upper()) for text in ODD}


def test_a_second_time_nothing_is_left_to_change(client: ClickHouse) -> None:
    put(client, *({"source": text, "at": NOON - MONTH * number} for number, text in enumerate(("a", "b", "a", ""))))
    change_all(client)
    before = client.query("SELECT count() FROM system.mutations WHERE database = currentDatabase()")
    assert find_changes(UPPER, read_stored(client, UPPER)) == []
    assert change_all(client) == [(0, 0)]
    assert client.query("SELECT count() FROM system.mutations WHERE database = currentDatabase()") == before


def test_other_columns_other_kinds_and_other_rows_stay_as_they_were(client: ClickHouse) -> None:
    put(
        client,
        {"source": "a", "path": "/x", "visitor": 5},
        {"source": "a", "suspect": "rate"},
        {"source": "a", "kind": "heartbeat"},
    )
    columns = ", ".join(column for column in EVENT_COLUMNS if column != "channel")
    before = client.query(f"SELECT {columns}, restored FROM events ORDER BY offset")
    change_all(client)
    assert client.query(f"SELECT {columns}, restored FROM events ORDER BY offset") == before
    assert client.query("SELECT channel FROM events ORDER BY offset") == [("A",), ("",), ("",)]


def test_several_columns_change_together_as_they_were_before(client: ClickHouse) -> None:
    swap = Derivation(
        ("audience", "bot", "browser"),
        ("audience", "bot", "browser"),
        lambda audience, bot, browser: ("bot" if browser else audience, browser, bot),
        lambda *_: "",
    )
    put(client, {"bot": "a", "browser": "b"}, {"bot": "c", "browser": "d"}, {"bot": "e", "audience": "staff"})
    changes = find_changes(swap, read_stored(client, swap))
    apply_changes(client, swap, changes, advance=lambda *_: None)
    assert client.query("SELECT audience, bot, browser FROM events ORDER BY offset") == [
        ("bot", "b", "a"),
        ("bot", "d", "c"),
        ("staff", "", "e"),
    ]


def test_a_month_takes_one_statement_and_progress_is_told_in_views(client: ClickHouse) -> None:
    put(client, *({"source": text, "at": NOON - MONTH * (number % 2)} for number, text in enumerate("abcdea")))
    assert change_all(client) == [(0, 6), (3, 6), (6, 6)]
    assert client.query("SELECT count() FROM system.mutations WHERE database = currentDatabase()") == [(2,)]


def test_more_values_than_a_statement_holds_take_several(client: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived, "MAX_STATEMENT_BYTES", 4 * 60)
    put(client, *({"source": f"host-{number}.vn"} for number in range(20)))
    assert len(change_all(client)) > 4
    assert client.query("SELECT count() FROM events WHERE channel != upper(source)") == [(0,)]


def test_the_largest_statement_is_one_that_the_engine_reads(client: ClickHouse) -> None:
    hosts = [f"{'a' * 80}-{number}.vn" for number in range(2_500)]
    put(client, *({"source": host} for host in hosts))
    changes = find_changes(UPPER, read_stored(client, UPPER))
    (first, *more) = derived._statements_full(changes)
    assert more
    (statement,) = statements_of(UPPER, first, client=client)
    assert 100_000 < len(statement.encode()) < 262_144
    change_all(client)
    assert client.query("SELECT count() FROM events WHERE channel != upper(source)") == [(0,)]


def test_an_outcome_that_many_values_have_takes_few_bytes(client: ClickHouse) -> None:
    put(client, *({"source": f"host-{number}.vn"} for number in range(10_000)))
    same = Derivation(("channel",), ("source", "channel"), lambda *_: ("referral",), name_of)
    assert len(change_all(client, same)) == 2
    assert client.query("SELECT DISTINCT channel FROM events") == [("referral",)]


def test_a_run_that_is_cut_off_is_finished_by_the_next(client: ClickHouse) -> None:
    put(client, *({"source": "a", "at": NOON - MONTH * number} for number in range(3)))

    def hang_up(done: int, _total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        apply_changes(client, UPPER, find_changes(UPPER, read_stored(client, UPPER)), advance=hang_up)
    assert client.query("SELECT countIf(channel = 'A') FROM events") == [(1,)]
    assert change_all(client) == [(0, 2), (1, 2), (2, 2)]


def test_over_a_cluster_every_shard_changes_its_own_rows(client: ClickHouse) -> None:
    put(client, {"source": "a"}, {"source": "b"})
    clustered = ClickHouse(client._connection, cluster="nhip-main")
    (statement,) = statements_of(UPPER, find_changes(UPPER, read_stored(client, UPPER)), client=clustered)
    assert statement.startswith("ALTER TABLE events_local ON CLUSTER 'nhip-main'\nUPDATE channel = transform(")
    assert "IN PARTITION 202609" in statement
    assert statement.endswith("SETTINGS mutations_sync = 2")
    client.query("SELECT formatQuery({statement:String})", {"statement": statement})


def test_a_derivation_names_columns_that_there_are() -> None:
    with pytest.raises(ValueError, match="agent"):
        Derivation(("channel",), ("agent", "channel"), upper, name_of)
    with pytest.raises(ValueError, match="bot"):
        Derivation(("bot",), ("channel",), upper, name_of)
