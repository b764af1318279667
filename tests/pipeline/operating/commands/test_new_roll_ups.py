"""A release that sums something new finds tables of before: it says so, and the one process builds what is missing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import pytest
from ops import Ops

from cms.__main__ import _add_missing_roll_ups
from pipeline.clickhouse.client import Reconnecting, open_embedded
from pipeline.clickhouse.roll_ups import drop_generation, find_missing, find_shown
from pipeline.errors import Unavailable
from pipeline.events import PageView

NEW = ["facet_days", "page_hours"]

View = Callable[..., PageView]


@pytest.fixture
def before(ops: Ops, view: View) -> Ops:
    """Three views, by tables that lack two roll-ups; a fourth is planned, inserted and not committed."""
    ops.send(view(1), view(2), view(3, page_id=8))
    ops.consume()
    ops.command(*drop_generation(1, cluster="", names=NEW), *(f"DROP VIEW {name}" for name in NEW))
    ops.send(view(4))
    ops.consume(advance=False)
    return ops


def start(ops: Ops) -> None:
    with closing(Reconnecting(lambda: open_embedded(ops.settings.engine_dir))) as engine:
        _add_missing_roll_ups(ops.settings, ops.broker, engine)


def test_verify_and_migrate_name_them_and_nothing_is_wrong(before: Ops) -> None:
    answer = before.nhip("verify", "--json")
    found = answer.json()
    assert (answer.code, found["clean"], found["missing_roll_ups"]) == (0, True, NEW)
    assert not {*found["differing"]} & {*NEW}
    assert "facet_days, page_hours" in before.nhip("verify").out
    assert before.nhip("migrate", "--json").json()["missing_roll_ups"] == NEW
    assert "nhip rebuild" in before.nhip("migrate").out


def test_the_start_of_the_one_process_builds_them(before: Ops, caplog: pytest.LogCaptureFixture) -> None:
    start(before)
    assert "facet_days, page_hours" in caplog.text
    with before.engine() as client:
        assert find_missing(client) == []
    assert before.query("SELECT sum(views) FROM facet_days WHERE facet = 'device'") == [(3,)]
    before.consume(advance=True)  # the planned batch again, under its token
    for rows in ("facet_days WHERE facet = 'device'", "page_hours", "page_days"):
        assert before.query(f"SELECT sum(views) FROM {rows}") == [(4,)]
    found = before.nhip("verify", "--json").json()
    assert (found["clean"], found["missing_roll_ups"]) == (True, [])


def test_another_start_does_nothing(before: Ops) -> None:
    start(before)
    with before.engine() as client:
        shown = find_shown(client)
    start(before)
    with before.engine() as client:
        assert find_shown(client) == shown


def test_what_cannot_be_built_stops_no_start(
    before: Ops, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise Unavailable("the log is away")

    monkeypatch.setattr("cms.__main__.progress_of", fail)
    start(before)
    assert "later: nhip rebuild" in caplog.text


def test_a_rebuild_builds_them_too(before: Ops) -> None:
    before.consume()
    assert before.nhip("rebuild").code == 0
    assert before.nhip("verify", "--json").json()["missing_roll_ups"] == []
    assert before.query("SELECT sum(views) FROM page_hours") == [(4,)]
