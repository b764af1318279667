"""Any question has the answer that plain Python finds over the same events (support/truth.py)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from fresh_database import fresh_database
from hypothesis import given, settings
from hypothesis import strategies as st
from truth import true_rows

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.writer import write_events
from pipeline.reports.answer import Answer, answer
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.question import read_question
from pipeline.reports.tables import TABLES, choose_table

MIDNIGHT = 1_792_429_200_000  # 2026-10-20 00:00 in Hà Nội, a Tuesday
HOUR = 3_600_000
DAYS = 25
FIRST, LAST = date(2026, 10, 20), date(2026, 11, 13)
ARRIVALS = [
    ("direct", "", "", "", ""),
    ("search", "google.com", "", "", ""),
    ("search", "coccoc.com", "", "", ""),
    ("messaging", "zalo.me", "", "", ""),
    ("campaign", "", "ban-tin", "zalo", "tháng 10"),
    ("internal", "", "", "", ""),
]
DEVICES = [("phone", "Android", "Chrome Mobile"), ("phone", "iOS", "Mobile Safari"), ("desktop", "Windows", "Edge")]
PLACES = [("VN", "HN", "vi"), ("VN", "", "vi"), ("US", "", "en"), ("", "", "")]
AUDIENCES = ["public"] * 7 + ["bot", "staff", "preview"]


def make_events(seed: int = 13, views: int = 900) -> list[dict[str, Any]]:
    """Views of three weeks and a half, many of them in the first and the last second of a day."""
    choose = random.Random(seed)
    return [_make_event(choose, number) for number in range(views)]


def _make_event(choose: random.Random, number: int) -> dict[str, Any]:
    channel, source, campaign_source, campaign_medium, campaign = choose.choice(ARRIVALS)
    device, os, browser = choose.choice(DEVICES)
    country, province, language = choose.choice(PLACES)
    audience = choose.choice(AUDIENCES)
    page, site = choose.randrange(1, 7), choose.choice([1, 1, 2])
    within = choose.choice([0, 24 * HOUR - 1, 23 * HOUR, choose.randrange(24 * HOUR)])
    is_bot = audience == "bot"
    return EMPTY_ROW | {
        "at": MIDNIGHT + choose.randrange(DAYS) * 24 * HOUR + within,
        "kind": "heartbeat" if choose.random() < 0.05 else "view",
        "site": site,
        "page_id": page,
        "locale": choose.choice(["vi", "vi", "en"]),
        "path": f"/Trang-{page}/",
        "audience": audience,
        "visitor": choose.choice([0, *range(1, 40)]),
        "visit": channel != "internal",
        "channel": channel,
        "source": source,
        "campaign_source": campaign_source,
        "campaign_medium": campaign_medium,
        "campaign": campaign,
        "device": device,
        "os": os,
        "browser": browser,
        "country": country,
        "province": province,
        "language": language,
        "bot": choose.choice(["Googlebot", "coccocbot"]) if is_bot else "",
        "bot_kind": "search" if is_bot else "",
        "suspect": choose.choice(["", "rate"]) if is_bot else "",
        "offset": number,
    }


EVENTS = make_events()


@pytest.fixture(scope="module")
def engine(embedded_directory: Path) -> Iterator[ClickHouse]:
    with fresh_database(embedded_directory) as connect:
        client = connect()
        columns = {name: [event[name] for event in EVENTS] for name in EVENT_COLUMNS}
        write_events(client, columns, token="page-events/0/0-899")
        yield client


def ask(client: ClickHouse, **asked: Any) -> Answer:
    return answer(client, read_question(asked, today=LAST))


def as_rows(found: Answer) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {row.dimensions: row.metrics for row in found.rows}


WHOLE = {"date_range": [FIRST.isoformat(), LAST.isoformat()], "pagination": {"limit": 10_000}}
TEXTS = [name for name, one in DIMENSIONS.items() if not one.is_time and not one.is_number]
VALUES = {
    name: sorted({str(event["suspect" if name == "reason" else name]) for event in EVENTS} | {"không có"})
    for name in TEXTS
}


def conditions() -> st.SearchStrategy[list[Any]]:
    texts = st.sampled_from(TEXTS).flatmap(
        lambda name: st.tuples(
            st.sampled_from(["is", "is_not", "contains"]),
            st.just(name),
            st.lists(st.sampled_from(VALUES[name]), max_size=3),
        )
    )
    pages = st.tuples(
        st.sampled_from(["is", "is_not"]), st.just("page"), st.lists(st.integers(min_value=0, max_value=8), max_size=3)
    )
    return st.one_of(texts, pages).map(list)


def filters() -> st.SearchStrategy[list[Any]]:
    return st.recursive(
        conditions(),
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, max_size=3)).map(list),
            st.tuples(st.just("not"), inner).map(list),
        ),
        max_leaves=3,
    )


@st.composite
def questions(draw: st.DrawFn) -> dict[str, Any]:
    since = draw(st.integers(min_value=-1, max_value=DAYS))
    until = draw(st.integers(min_value=since, max_value=DAYS))
    return {
        "metrics": draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=3, unique=True)),
        "dimensions": draw(st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=3, unique=True)),
        "date_range": [(FIRST + timedelta(days=day)).isoformat() for day in (since, until)],
        "site": draw(st.sampled_from([0, 1, 2, 3])),
        "filters": draw(st.lists(filters(), max_size=2)),
        "include": {"totals": True, "total_rows": True},
        "pagination": {"limit": 10_000},
    }


@settings(max_examples=200, deadline=None)
@given(asked=questions())
def test_an_answer_is_what_plain_python_finds(engine: ClickHouse, asked: dict[str, Any]) -> None:
    found = ask(engine, **asked)
    rows = true_rows(EVENTS, asked)
    assert as_rows(found) == rows
    assert found.total_rows == len(rows)
    (totals,) = true_rows(EVENTS, asked | {"dimensions": []}).values() or [(0,) * len(asked["metrics"])]
    assert found.totals == totals
    assert found.others is not None
    assert set(found.others) <= {0, None}, "every row is shown"


@settings(max_examples=50, deadline=None)
@given(asked=questions(), part=filters())
def test_a_filter_and_its_opposite_make_the_whole(engine: ClickHouse, asked: dict[str, Any], part: list[Any]) -> None:
    """For what adds up: views and visits of any rows are disjoint sums."""
    asked |= {"dimensions": [], "metrics": ["views", "visits", "bots", "staff"]}
    parts = [ask(engine, **asked | {"filters": [one]}).totals for one in (part, ["not", part])]
    whole = ask(engine, **asked | {"filters": []}).totals
    assert [sum(pair) for pair in zip(*parts, strict=True)] == list(whole)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_number_is_the_same_whatever_it_comes_from(engine: ClickHouse, table: Any) -> None:
    """Asked by the columns of a table, a question goes to it or to a smaller one, and adds up to the same views."""
    names = [name for name, one in DIMENSIONS.items() if one.column in table.columns][:4]
    found = ask(engine, metrics=["views", "visits"], dimensions=names, **WHOLE)
    sums = tuple(map(sum, zip(*(row.metrics for row in found.rows), strict=True)))
    assert sums == ask(engine, metrics=["views", "visits"], **WHOLE).rows[0].metrics


@pytest.mark.parametrize(
    ("dimensions", "filters", "table"),
    [
        ([], [], "site_days"),
        (["month"], [], "site_days"),
        (["hour_of_day", "weekday"], [], "site_hours"),
        (["page"], [["is", "locale", ["vi"]]], "page_days"),
        (["path"], [], "events"),
        ([], [["is", "country", ["VN"]]], "events"),
        (["page", "channel"], [], "events"),
        (["channel", "hour_of_day"], [], "events"),
    ],
)
def test_the_smallest_table_that_can_answer_is_asked(dimensions: list[str], filters: list[Any], table: str) -> None:
    asked = {"metrics": ["views"], "dimensions": dimensions, "filters": filters, "date_range": "30d"}
    assert choose_table(read_question(asked, today=LAST)).name == table


def test_an_answer_says_what_it_comes_from(engine: ClickHouse) -> None:
    assert ask(engine, metrics=["views"], dimensions=["page"], **WHOLE).answered_from == "roll_up"
    assert ask(engine, metrics=["views"], dimensions=["path"], **WHOLE).answered_from == "raw"


def test_rows_come_in_order_and_in_pages(engine: ClickHouse) -> None:
    everything = ask(engine, metrics=["views"], dimensions=["page", "locale"], **WHOLE).rows
    assert [row.metrics[0] for row in everything] == sorted((row.metrics[0] for row in everything), reverse=True)
    asked: dict[str, Any] = {"metrics": ["views"], "dimensions": ["page", "locale"], "date_range": WHOLE["date_range"]}
    pages = [ask(engine, **asked, pagination={"limit": 5, "offset": offset}).rows for offset in (0, 5, 10)]
    assert tuple(row for page in pages for row in page) == everything
    backwards = ask(engine, **asked, order_by=[["locale", "asc"], ["page", "desc"]]).rows
    assert [row.dimensions for row in backwards] == sorted(
        (row.dimensions for row in everything), key=lambda key: (key[1], -key[0])
    )


def test_days_run_forward(engine: ClickHouse) -> None:
    days = [row.dimensions[0] for row in ask(engine, metrics=["visits"], dimensions=["day"], **WHOLE).rows]
    assert days == sorted(days)


def test_what_is_not_shown_is_the_others(engine: ClickHouse) -> None:
    asked: dict[str, Any] = {"metrics": ["views", "daily_visitors"], "dimensions": ["page"]}
    asked |= {"date_range": WHOLE["date_range"], "pagination": {"limit": 2}, "include": {"totals": True}}
    found = ask(engine, **asked)
    assert found.totals is not None
    assert found.others is not None
    assert found.others[0] == found.totals[0] - sum(row.metrics[0] for row in found.rows) > 0
    assert found.others[1] is None, "a reader may be on several pages"


def test_a_page_past_the_last_row_still_says_how_many_there_are(engine: ClickHouse) -> None:
    asked: dict[str, Any] = {"metrics": ["views"], "dimensions": ["page"], "date_range": WHOLE["date_range"]}
    found = ask(engine, **asked, pagination={"limit": 5, "offset": 100}, include={"total_rows": True})
    assert (found.rows, found.total_rows) == ((), 6)


def test_what_somebody_writes_into_a_filter_is_no_sql(engine: ClickHouse) -> None:
    nasty = ["') OR 1=1 --", "{site:UInt32}", "\\", "'", "\0", "%", "${x}"]
    found = ask(engine, metrics=["views"], filters=[["is", "source", nasty]], **WHOLE)
    assert found.rows == ()
