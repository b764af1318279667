"""``nhip retention`` deletes what is past its time, and every other command knows of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ops import Ops

from pipeline.events import PageView

DAY = 86_400.0
SUMS = "SELECT sum(views), (SELECT sum(views) FROM page_totals), (SELECT count() FROM events) FROM page_days"

View = Callable[..., PageView]


@pytest.fixture
def old(ops: Ops, view: View) -> Ops:
    """Two records of September and one of December, which is now; the log has the last one alone."""
    ops.send(view(1), view(2))
    ops.send(view(3), view(4, page_id=8), view(5))
    ops.now += 70 * DAY
    ops.send(view(6, at=70 * DAY))
    ops.consume()
    ops.broker.enforce_retention()
    return ops


def test_without_the_setting_rows_stay_for_ever(old: Ops) -> None:
    answer = old.nhip("retention", "--json")
    assert (answer.code, answer.json()) == (0, {"days": 0, "deleted": 0, "raw_since": None})
    assert old.query(SUMS) == [(6, 6, 6)]


def test_old_rows_go_and_their_sums_stay(old: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIP_RAW_DAYS", "30")
    report = old.nhip("report", "pages", "--since", "2026-09-01", "--until", "2026-12-31", "--json").json()

    answer = old.nhip("retention", "--json")

    assert answer.json() == {"days": 30, "deleted": 5, "raw_since": "2026-11-01"}
    assert old.query(SUMS) == [(6, 6, 1)]
    assert old.nhip("retention", "--json").json()["deleted"] == 0
    again = old.nhip("report", "pages", "--since", "2026-09-01", "--until", "2026-12-31", "--json").json()
    assert [row["views"] for row in again["rows"]] == [row["views"] for row in report["rows"]]


def test_verify_and_rebuild_are_right_afterwards(old: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NHIP_RAW_DAYS", "30")
    before = old.nhip("verify", "--json").json()
    old.nhip("retention")
    for _ in range(2):
        found = old.nhip("verify", "--json").json()
        assert found == before | {"raw_since": "2026-11-01"}
        assert (found["clean"], found["views"], found["earlier"]) == (True, 6, 5)
        assert old.query(SUMS) == [(6, 6, 1)]
        assert old.nhip("rebuild").code == 0
    assert "2026-11-01" in old.nhip("verify").out


def test_verify_still_finds_a_row_that_is_missing_of_a_deleted_month(old: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    old.command("ALTER TABLE events DELETE WHERE offset = 1 AND row = 1 SETTINGS mutations_sync = 1")
    monkeypatch.setenv("NHIP_RAW_DAYS", "30")
    old.nhip("retention")
    found = old.nhip("verify", "--json").json()
    assert (found["clean"], found["missing"]) == (False, 1)


def test_a_replay_does_not_bring_them_back(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that the log has keeps its rows, even if a clock was wrong by years."""
    ops.send(view(1, at=-900 * DAY))
    ops.send(view(2))
    ops.consume()
    monkeypatch.setenv("NHIP_RAW_DAYS", "30")
    assert ops.nhip("retention", "--json").json()["deleted"] == 0
    assert ops.nhip("replay", "--since", "2020-01-01T00:00", "--json").json()["rows"] == 0
    assert ops.nhip("verify", "--json").json()["clean"]


def test_reclassify_says_what_it_cannot_change_any_more(old: Ops, monkeypatch: pytest.MonkeyPatch) -> None:
    wave = ("--all-pages", "--since", "2026-09-01T00:00", "--until", "2026-12-31T00:00", "--yes")
    assert "2026-11-01" not in old.nhip("reclassify", "leave-out", *wave).out
    monkeypatch.setenv("NHIP_RAW_DAYS", "30")
    old.nhip("retention")
    answer = old.nhip("reclassify", "count", *wave)
    assert answer.code == 0
    assert "nothing before then can be changed" in answer.out
    assert "2026-11-01" in answer.out
    assert old.query("SELECT sum(views) FROM page_days WHERE audience = 'public'") == [(1,)]
