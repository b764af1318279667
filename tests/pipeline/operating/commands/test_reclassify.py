"""A wave of views is looked at and decided afterwards, and every number follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from ops import Ops

from pipeline.clickhouse.reclassify import Wave, reclassify
from pipeline.clickhouse.recovery import write_batch
from pipeline.clickhouse.rows import rows_of
from pipeline.collecting.enrich import bots
from pipeline.collecting.enrich.agents import describe_agent
from pipeline.collecting.enrich.bots import Bot
from pipeline.collecting.recent_answers import RecentAnswers
from pipeline.events import Download, Engagement, Heartbeat, PageView
from pipeline.operating.derivations import DERIVATIONS
from pipeline.serving.snapshot import Snapshot, read_snapshot

View = Callable[..., PageView]

MINUTES = ("--since", "2026-09-28T11:00", "--until", "2026-09-28T13:00")
DAY = ("--since", "2026-09-28", "--until", "2026-09-28")


def suspect(view: PageView, reason: str = "rate") -> PageView:
    return msgspec.structs.replace(view, audience="bot", suspect=reason)


@pytest.fixture
def wave(ops: Ops, view: View) -> Ops:
    """At noon: three readers of page 7 and one of page 8, five suspect views of page 7 and two of page 8, a crawler."""
    ops.send(*(view(number) for number in range(3)), view(3, page_id=8))
    ops.send(*(suspect(view(number)) for number in range(10, 15)), view(20, audience="bot"))
    ops.send(*(suspect(view(number, page_id=8), "readers") for number in (15, 16)))
    ops.consume()
    return ops


def numbers(ops: Ops) -> Snapshot:
    with ops.engine() as client:
        return read_snapshot(client, ops.now)


def shown(ops: Ops) -> dict[int, int]:
    found = numbers(ops)
    pages = dict(found.pages)
    assert sum(pages.values()) == found.sites[1].views.total
    return pages


def report(ops: Ops) -> list[dict[str, Any]]:
    answer = ops.nhip("report", "refused", *DAY, "--json")
    assert answer.code == 0, answer.err
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def row(reason: str, page: int, **counts: int) -> dict[str, Any]:
    nothing = {"refused": 0, "suspect": 0, "counted": 0, "views": 0, "share": 0}
    return {"reason": reason, "page": page, "path": f"/trang-{page}/"} | nothing | counts


def test_suspect_views_are_reported_by_reason_and_page_and_shown_to_no_reader(wave: Ops) -> None:
    assert shown(wave) == {7: 3, 8: 1}
    assert report(wave) == [
        row("rate", 7, suspect=5, views=3, share=62),
        row("readers", 8, suspect=2, views=1, share=67),
    ]


def test_what_was_refused_is_reported_by_reason_and_page_where_the_collector_runs(
    wave: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = RecentAnswers()
    for reason, page in (("too-many", 7), ("too-many", 7), ("bad-token", 0), ("", 0)):
        answers.count(reason, page)
    monkeypatch.setattr("pipeline.operating.commands.report.recent_answers", answers)
    told = wave.served("report", "refused", *DAY, "--json").json()["rows"]
    assert told[:2] == [row("too-many", 7, refused=2), row("bad-token", 0, refused=1) | {"path": ""}]
    assert len(told) == 4
    assert [line["reason"] for line in report(wave)] == ["rate", "readers"], "another process does not know"


def test_people_see_the_report_within_a_terminal(wave: Ops) -> None:
    answer = wave.nhip("report", "refused", *DAY)
    assert answer.code == 0
    assert max(map(len, answer.out.splitlines()[1:-1])) <= 80
    assert "nghi" in answer.out


def test_a_wave_that_was_readers_counts_after_all(wave: Ops) -> None:
    answer = wave.nhip("reclassify", "count", "--page", "7", *MINUTES, "--yes", "--json")
    assert (answer.code, answer.json()) == (0, {"changed": 5, "counted": True})
    assert shown(wave) == {7: 8, 8: 1}
    assert report(wave)[0] == row("rate", 7, counted=5, views=8)
    assert wave.nhip("verify", "--json").code == 0


def test_a_wave_that_nobody_suspected_is_left_out_and_may_be_taken_back(wave: Ops) -> None:
    before = shown(wave)
    answer = wave.nhip("reclassify", "leave-out", "--page", "7", *MINUTES, "--yes", "--json")
    assert answer.json() == {"changed": 3, "counted": False}
    assert shown(wave) == {8: 1}
    assert row("reviewed", 7, suspect=3, share=38) in report(wave)
    wave.nhip("reclassify", "count", "--all-pages", "--reason", "reviewed", *MINUTES, "--yes")
    assert shown(wave) == before


def test_what_its_readers_did_goes_with_a_wave_and_counts_as_no_view(wave: Ops) -> None:
    noon = int(wave.now * 1000)
    wave.send(
        Engagement(noon, 1, 7, "vi", "/trang-7/", "public", 1, seconds=30, depth=100),
        Download(noon, 1, 7, "vi", "/trang-7/", "public", 1, target="/documents/1/a.pdf"),
        Heartbeat(noon, 1, 7, "public", 1),
    )
    wave.consume()
    assert shown(wave) == {7: 3, 8: 1}
    assert wave.nhip("verify", "--json").code == 0

    answer = wave.nhip("reclassify", "leave-out", "--page", "7", *MINUTES, "--yes", "--json")

    assert answer.json() == {"changed": 3, "counted": False}
    assert shown(wave) == {8: 1}
    with wave.engine() as client:
        question = "SELECT kind, audience, suspect FROM events WHERE visitor = 1 AND kind != 'view' ORDER BY kind"
        assert client.query(question) == [
            ("heartbeat", "public", ""),
            ("engagement", "bot", "reviewed"),
            ("download", "bot", "reviewed"),
        ]
    wave.nhip("reclassify", "count", "--page", "7", "--reason", "reviewed", *MINUTES, "--yes")
    assert shown(wave) == {7: 3, 8: 1}
    with wave.engine() as client:
        assert client.query("SELECT count() FROM events WHERE audience = 'public' AND kind > 'opening'") == [(2,)]
    assert wave.nhip("verify", "--json").code == 0


def test_crawlers_stay_crawlers_and_other_times_stay_as_they_are(wave: Ops, view: View) -> None:
    wave.send(suspect(view(30, at=7200.0)))
    wave.consume()
    wave.nhip("reclassify", "count", "--all-pages", *MINUTES, "--yes")
    assert shown(wave) == {7: 8, 8: 3}
    rest = wave.query("SELECT count(), countIf(suspect != '') FROM events WHERE audience = 'bot'")
    assert rest == [(2, 1)]


def test_a_run_that_was_cut_off_before_the_roll_ups_is_finished_by_the_next(
    wave: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.operating.commands.reclassify.make_roll_ups_anew", cut_off)
        assert wave.nhip("reclassify", "count", "--page", "7", *MINUTES, "--yes").code == 130
    assert wave.nhip("verify", "--json").code == 1
    assert wave.nhip("reclassify", "count", "--page", "7", *MINUTES, "--yes").code == 0
    assert shown(wave) == {7: 8, 8: 1}
    assert wave.nhip("verify", "--json").code == 0


def test_batches_that_come_again_after_a_decision_are_not_counted_again(wave: Ops, view: View) -> None:
    record = wave.send(suspect(view(40)), view(41))
    plan = wave.consume(advance=False)
    with wave.engine() as client:
        reclassify(client, Wave([7], 0, record.at + 3_600_000), counted=True)
        token = f"page-events/0/{plan.first}-{plan.last}"
        for _ in range(2):
            write_batch(client, rows_of([record]), token, again=True)
        ((rows, places),) = client.query("SELECT count(), uniqExact(offset, row) FROM events")
    assert rows == places == 14
    wave.advance(plan)
    assert wave.nhip("rebuild").code == 0
    assert shown(wave) == {7: 10, 8: 1}
    assert wave.nhip("verify", "--json").code == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["count", *MINUTES], "--all-pages", id="no page"),
        pytest.param(["count", "--page", "7", "--all-pages", *MINUTES], "--all-pages", id="both"),
        pytest.param(["count", "--page", "7", "--since", "2026-09-28T13:00", "--until", "2026-09-28T11:00"], "--since"),
        pytest.param(["count", "--page", "7"], "--since", id="no time"),
        pytest.param(["perhaps", "--page", "7", *MINUTES], "perhaps", id="another decision"),
        pytest.param(["count", "--page", "7", "--reason", "x'y", *MINUTES], "x'y", id="another reason"),
        pytest.param(["count", "--page", "7;", *MINUTES], "7;", id="no page number"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(ops: Ops, argv: list[str], words: str) -> None:
    answer = ops.nhip("reclassify", *argv)
    assert (answer.code, answer.out) == (2, "")
    (line,) = answer.err.splitlines()
    assert words in line


def test_without_somebody_to_ask_nothing_is_changed(wave: Ops) -> None:
    answer = wave.nhip("reclassify", "count", "--page", "7", *MINUTES)
    assert (answer.code, "--yes" in answer.err) == (2, True)
    assert shown(wave) == {7: 3, 8: 1}


def stored_before(view: PageView, **fields: Any) -> PageView:
    """As a collector wrote it whose lists knew less."""
    return msgspec.structs.replace(view, **fields)


@pytest.fixture
def old(ops: Ops, view: View) -> Ops:
    """Three readers; crawlers without a kind; a program that counted as two readers; a bot of no list; two sources."""
    ops.send(*(stored_before(view(number), browser="Chrome") for number in range(3)))
    ops.send(*(stored_before(view(number), audience="bot", bot="Googlebot") for number in (3, 4)))
    ops.send(*(stored_before(view(number), browser="Python Requests") for number in (5, 6)))
    ops.send(stored_before(view(7, at=-40 * 86_400.0), audience="bot", bot="Googlebot"))
    ops.send(stored_before(view(8), audience="bot", bot="TenMaKhongAiBiet"))
    ops.send(stored_before(view(9), audience="bot", bot="other"))
    ops.send(
        stored_before(view(10), source="coccoc.com"), stored_before(view(11), source="zalo.me", channel="referral")
    )
    ops.consume()
    return ops


def bots_stored(ops: Ops) -> list[tuple[Any, ...]]:
    fields = "audience, bot, bot_kind, bot_operator, count()"
    return ops.query(f"SELECT {fields} FROM events WHERE bot != '' GROUP BY ALL ORDER BY bot")


def test_todays_lists_are_applied_to_what_is_stored_and_it_is_said_what_changes(old: Ops) -> None:
    assert shown(old) == {7: 7}
    places = "SELECT partition, offset, row, at, visitor, path FROM events ORDER BY ALL"
    before = old.query(places)
    answer = old.nhip("reclassify", "lists", "--yes", "--json")
    assert answer.code == 0, answer.err
    found = answer.json()
    assert found["changed"] == 9
    assert found["unknown"] == {"TenMaKhongAiBiet": 1}
    assert found["lists"]["crawler-user-agents"]
    changes = {(one["column"], one["from"], one["to"]): (one["views"], one["such_as"]) for one in found["changes"]}
    assert changes == {
        ("audience", "public", "bot"): (2, ["Python Requests"]),
        ("bot", "", "Python Requests"): (2, ["Python Requests"]),
        ("bot_kind", "", "search"): (3, ["Googlebot"]),
        ("bot_kind", "", "library"): (2, ["Python Requests"]),
        ("bot_kind", "", "other"): (2, ["TenMaKhongAiBiet", "other"]),
        ("bot_operator", "", "Google"): (3, ["Googlebot"]),
        ("channel", "", "search"): (1, ["coccoc.com"]),
        ("channel", "referral", "messaging"): (1, ["zalo.me"]),
    }
    assert bots_stored(old) == [
        ("bot", "Googlebot", "search", "Google", 3),
        ("bot", "Python Requests", "library", "", 2),
        ("bot", "TenMaKhongAiBiet", "other", "", 1),
        ("bot", "other", "other", "", 1),
    ]
    assert shown(old) == {7: 5}
    assert old.query(places) == before
    assert old.nhip("verify", "--json").code == 0


def test_a_second_time_nothing_changes(old: Ops) -> None:
    old.nhip("reclassify", "lists", "--yes")
    stored = old.query("SELECT * FROM events ORDER BY ALL")
    answer = old.nhip("reclassify", "lists")
    assert answer.code == 0, answer.err
    assert "không có gì đổi · nothing changes" in answer.out
    assert "TenMaKhongAiBiet (1)" in answer.out
    assert old.nhip("reclassify", "lists", "--json").json()["changes"] == []
    assert old.query("SELECT * FROM events ORDER BY ALL") == stored


def test_people_are_told_within_a_terminal_what_would_change_before_they_are_asked(old: Ops) -> None:
    stored = old.query("SELECT * FROM events ORDER BY ALL")
    answer = old.nhip("reclassify", "lists")
    assert (answer.code, "--yes" in answer.err) == (2, True)
    assert "count no more: 2" in answer.out
    rows = [line.split() for line in answer.out.splitlines()]
    assert ["bot_kind", "–", "search", "3", "Googlebot"] in rows
    assert old.query("SELECT * FROM events ORDER BY ALL") == stored
    assert shown(old) == {7: 7}


def test_lists_are_applied_to_what_readers_did_as_to_their_views(old: Ops) -> None:
    noon = int(old.now * 1000)
    fields: dict[str, Any] = {"at": noon, "site": 1, "page_id": 7, "locale": "vi", "path": "/", "visitor": 99}
    old.send(
        Engagement(**fields, audience="public", source="coccoc.com", seconds=5),
        Download(**fields, audience="public", source="t.me", target="/documents/1/a.pdf"),
        Engagement(**fields, audience="bot", bot="Googlebot", seconds=5),
    )
    old.consume()
    assert old.nhip("reclassify", "lists", "--yes", "--json").json()["changed"] == 9
    assert old.query("SELECT kind, channel, bot_operator FROM events WHERE visitor = 99 ORDER BY ALL") == [
        ("engagement", "", "Google"),
        ("engagement", "search", ""),
        ("download", "messaging", ""),
    ]


def test_what_was_collected_with_todays_lists_is_left_as_it_is(ops: Ops, view: View) -> None:
    agents = [
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0 Safari/537.36 GPTBot/1.0",
        "facebookexternalhit/1.1",
        "nagios-plugins",
        "curl/8.5.0",
        "mot-con-bo-crawler/1.0",
        "",
    ]
    for number, agent in enumerate(map(describe_agent, agents)):
        ops.send(stored_before(view(number), audience="bot", **agent._asdict()))
    ops.send(stored_before(view(20), channel="internal"), stored_before(view(21), channel="direct"))
    other = {"campaign": "other", "campaign_source": "other", "channel": "messaging"}
    ops.send(stored_before(view(22), **other))
    ops.consume()
    assert ops.nhip("reclassify", "lists", "--json").json()["changed"] == 0


def test_a_list_that_says_something_else_is_believed(ops: Ops, view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    ops.send(stored_before(view(1), audience="bot", bot="Googlebot", bot_kind="search", bot_operator="Google"))
    ops.consume()
    known = bots.lists()
    names = {**known.names, "googlebot": known.names["googlebot"]._replace(bot=Bot("ai", "Alphabet"))}
    monkeypatch.setattr(bots, "lists", lambda: known._replace(names=names))
    ops.nhip("reclassify", "lists", "--yes")
    assert bots_stored(ops) == [("bot", "Googlebot", "ai", "Alphabet", 1)]


def test_views_that_people_decided_on_and_suspect_ones_stay(ops: Ops, view: View) -> None:
    program = stored_before(view(1), browser="Python Requests")
    ops.send(suspect(program), stored_before(program, suspect="rate"))  # the second was let count
    ops.consume()
    assert ops.nhip("reclassify", "lists", "--yes", "--json").json()["changed"] == 0
    assert shown(ops) == {7: 1}


def test_staff_with_a_program_stay_staff(ops: Ops, view: View) -> None:
    ops.send(stored_before(view(1), audience="staff", browser="curl"))
    ops.consume()
    ops.nhip("reclassify", "lists", "--yes")
    assert bots_stored(ops) == [("staff", "curl", "library", "", 1)]


def test_lists_that_were_cut_off_before_the_roll_ups_are_finished_by_the_next(
    old: Ops, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.operating.commands.reclassify.make_roll_ups_anew", cut_off)
        assert old.nhip("reclassify", "lists", "--yes").code == 130
    assert old.nhip("verify", "--json").code == 1
    assert old.nhip("reclassify", "lists").code == 0
    assert old.nhip("verify", "--json").code == 0


def test_every_column_that_lists_decide_is_derived() -> None:
    derived = {column for derivation in DERIVATIONS for column in derivation.columns}
    assert derived == {"audience", "bot", "bot_kind", "bot_operator", "channel"}
