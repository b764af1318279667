from __future__ import annotations

import pytest

from cms.statistics import slots
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary

SUMMARY = Summary(online=3, today=12, week=345, month=1_327, total=1_234_567)
NOON = 1_795_323_900.0
SNAPSHOT = Snapshot(as_of=NOON, sites={2: SiteCounters(visits=SUMMARY, views=SUMMARY)}, pages={7: 1_327})


@pytest.mark.parametrize(
    ("mark", "value"),
    [
        pytest.param(slots.mark("counter", "total", 2, "visits"), "1.234.567", id="a counter"),
        pytest.param(slots.mark("counter", "total", 9, "views"), "0", id="of a site nobody has visited"),
        pytest.param(slots.mark("page_views", 7), "1.327", id="views"),
        pytest.param(slots.mark("as_of_hidden"), "", id="old numbers show their age"),
        pytest.param(slots.mark("as_of_datetime"), ' datetime="2026-11-22T12:05+07:00"', id="their time"),
        pytest.param(slots.mark("as_of_text"), "12:05, 22/11/2026", id="in words"),
    ],
)
def test_a_mark_takes_its_value(mark: str, value: str) -> None:
    moment = slots.moment_of(SNAPSHOT, now=NOON, steady=NOON + 61)
    cut = slots.cut(f"trước {mark} giữa {mark} sau".encode())

    assert cut.fill(cut.values(moment)).decode() == f"trước {value} giữa {value} sau"


@pytest.mark.parametrize("text", ["", "không có số nào", "0123456789abcdef0123456789abcdef(page_views 7)"])
def test_what_is_no_mark_stays(text: str) -> None:
    cut = slots.cut(text.encode())

    assert cut.marks == ()
    assert cut.fill(()).decode() == text


def test_numbers_that_were_never_read_have_no_age() -> None:
    moment = slots.moment_of(Snapshot(), now=NOON, steady=NOON)

    assert (slots.as_of_hidden(moment), slots.as_of_datetime(moment), slots.as_of_text(moment)) == (" hidden", "", "")


@pytest.mark.parametrize(
    ("read_at", "hidden"),
    [pytest.param(940.0, " hidden", id="a minute ago"), pytest.param(939.0, "", id="longer ago")],
)
@pytest.mark.parametrize("jump", [-600.0, 0.0, 600.0])
def test_the_clock_does_not_say_how_old_a_page_s_numbers_are(read_at: float, hidden: str, jump: float) -> None:
    snapshot = Snapshot(as_of=read_at + jump, read_at=read_at)

    assert slots.as_of_hidden(slots.moment_of(snapshot, now=NOON, steady=1_000.0)) == hidden
