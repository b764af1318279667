"""Any question has the answer that plain Python finds over the same events (support/truth.py)."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from fresh_database import fresh_database
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from truth import HANOI, OF_PAGES, earlier_rows, true_rows

from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.columns import EVENT_COLUMNS
from pipeline.clickhouse.writer import write_events
from pipeline.errors import Cancelled, TooHeavy
from pipeline.reports import reading
from pipeline.reports.answer import Answer, Row, answer
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.pages import PageFacts
from pipeline.reports.question import BadQuestion, read_question
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


QUERIES = ["giấy phép", "giấy phép", "giấy phép", "hóa đơn", "hóa đơn", "nguyễn văn a", "lương", ""]
TARGETS = {
    "download": ["/documents/1/Mẫu.pdf", "/media/a.zip"],
    "outbound": ["chinhphu.vn", "zalo.me"],
    "search": QUERIES,
    "not_found": ["/cu/", "/wp-login.php"],
}
KINDS = [*["view"] * 12, *["engagement"] * 5, "heartbeat", "download", "outbound", *["search"] * 2, "not_found"]
PAGES = {
    1: PageFacts("Một", "Lan", "Công nghiệp", "Tin tức", "Bài viết"),
    2: PageFacts("Hai", "Lan", "Thương mại", "Tin tức", "Bài viết"),
    3: PageFacts("Ba", "Ánh", "Thương mại", "Tin tức", "Bài viết"),
    4: PageFacts("Bốn", "", "", "Thi đua", "Trang"),
    5: PageFacts("Năm", deleted=True),
    9: PageFacts("Chín", "Chưa ai đọc", "", "", "Bài viết"),
}
KNOWN = {page: {name: getattr(facts, name) for name in OF_PAGES} for page, facts in PAGES.items()}


def make_events(seed: int = 13, count: int = 1_500) -> list[dict[str, Any]]:
    """Events of three weeks and a half, many of them in the first and the last second of a day."""
    choose = random.Random(seed)
    return [_make_event(choose, number) for number in range(count)]


def _make_event(choose: random.Random, number: int) -> dict[str, Any]:
    kind = choose.choice(KINDS)
    channel, source, campaign_source, campaign_medium, campaign = choose.choice(ARRIVALS)
    device, os, browser = choose.choice(DEVICES)
    country, province, language = choose.choice(PLACES)
    audience = choose.choice(AUDIENCES)
    page, site = choose.randrange(1, 7), choose.choice([1, 1, 2])
    if kind in ("search", "not_found"):
        page = 0
    within = choose.choice([0, 24 * HOUR - 1, 23 * HOUR, choose.randrange(24 * HOUR)])
    is_bot = audience == "bot"
    engaged = kind == "engagement"
    return EMPTY_ROW | {
        "at": MIDNIGHT + choose.randrange(DAYS) * 24 * HOUR + within,
        "kind": kind,
        "site": site,
        "page_id": page,
        "locale": choose.choice(["vi", "vi", "en"]),
        "path": f"/Trang-{page}/" if page else "",
        "audience": audience,
        "visitor": choose.choice([0, *range(1, 15)]),
        "visit": kind == "view" and channel != "internal",
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
        "seconds": choose.choice([0, 3, 9, 10, 400, 1800]) if engaged else 0,
        "depth": choose.randrange(101) if engaged else 0,
        "target": choose.choice(TARGETS.get(kind, [""])),
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


def ask(client: ClickHouse, *, now: float = 0.0, **asked: Any) -> Answer:
    return answer(client, read_question(asked, today=LAST), pages=PAGES, now=now)


def as_rows(found: Answer) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {row.dimensions: row.metrics for row in found.rows}


WHOLE = {"date_range": [FIRST.isoformat(), LAST.isoformat()], "pagination": {"limit": 10_000}}
TEXTS = [name for name, one in DIMENSIONS.items() if not one.is_time and not one.is_number]
VALUES = {
    name: sorted(
        {facts[name] for facts in KNOWN.values()}
        if name in OF_PAGES
        else {str(event["suspect" if name == "reason" else name]) for event in EVENTS}
    )
    + ["không có"]
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
        "metrics": draw(st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=4, unique=True)),
        "dimensions": draw(st.lists(st.sampled_from(sorted(DIMENSIONS)), max_size=3, unique=True)),
        "date_range": [(FIRST + timedelta(days=day)).isoformat() for day in (since, until)],
        "site": draw(st.sampled_from([0, 1, 2, 3])),
        "filters": draw(st.lists(filters(), max_size=2)),
        "include": {"totals": True, "total_rows": True},
        "pagination": {"limit": 10_000},
    }


@pytest.fixture(params=["whole", "sliced"])
def _sliced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some questions are read whole, and some in slices of a few days."""
    if request.param == "sliced":
        monkeypatch.setattr(reading, "SLICE_EVENTS", 300)


def totals_of(asked: dict[str, Any], rows: dict[tuple[Any, ...], tuple[Any, ...]]) -> tuple[Any, ...]:
    nothing = tuple(None if METRICS[name].per else 0 for name in asked["metrics"])
    return next(iter(rows.values()), nothing)


@pytest.mark.usefixtures("_sliced")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=questions())
def test_an_answer_is_what_plain_python_finds(engine: ClickHouse, asked: dict[str, Any]) -> None:
    found = ask(engine, **asked)
    rows = true_rows(EVENTS, asked, KNOWN)
    assert as_rows(found) == rows
    assert found.total_rows == len(rows)
    assert found.totals == totals_of(asked, true_rows(EVENTS, asked | {"dimensions": []}, KNOWN))
    assert found.others is not None
    hides = "target" in asked["dimensions"] and "searches" in asked["metrics"]
    assert hides or set(found.others) <= {0, None}, "every row is shown"


@pytest.mark.usefixtures("_sliced")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=questions(), way=st.sampled_from(["asc", "desc"]), limit=st.integers(1, 5), offset=st.integers(0, 4))
def test_a_page_of_rows_is_a_part_of_all_in_their_order(
    engine: ClickHouse, asked: dict[str, Any], way: str, limit: int, offset: int
) -> None:
    asked |= {"order_by": [[asked["metrics"][0], way]]}
    everything = ask(engine, **asked).rows
    numbers = [row.metrics[0] for row in everything if row.metrics[0] is not None]
    assert numbers == sorted(numbers, reverse=way == "desc")
    assert [row.metrics[0] for row in everything[len(numbers) :]] == [None] * (len(everything) - len(numbers))
    found = ask(engine, **asked | {"pagination": {"limit": limit, "offset": offset}})
    assert found.rows == everything[offset : offset + limit]
    assert found.total_rows == len(everything)


SUMS = [name for name, metric in METRICS.items() if metric.additive and metric.measure != "visitors"]


@settings(max_examples=50, deadline=None)
@given(asked=questions(), part=filters())
def test_a_filter_and_its_opposite_make_the_whole(engine: ClickHouse, asked: dict[str, Any], part: list[Any]) -> None:
    asked |= {"dimensions": [], "metrics": SUMS}
    parts = [ask(engine, **asked | {"filters": [one]}).totals for one in (part, ["not", part])]
    whole = ask(engine, **asked | {"filters": []}).totals
    assert [sum(pair) for pair in zip(*parts, strict=True)] == list(whole)


@pytest.mark.parametrize("name", DIMENSIONS)
def test_the_rows_of_any_dimension_and_the_others_make_the_total(engine: ClickHouse, name: str) -> None:
    found = ask(engine, metrics=SUMS, dimensions=[name], include={"totals": True}, **WHOLE)
    assert found.totals is not None
    assert found.others is not None
    sums = [sum(column) for column in zip(*(row.metrics for row in found.rows), found.others, strict=True)]
    assert sums == list(found.totals)
    assert all(found.totals), "there is something to add up"


def test_a_range_is_the_sum_of_its_days(engine: ClickHouse) -> None:
    metrics = [*SUMS, "daily_visitors"]
    days = [(FIRST + timedelta(days=number)).isoformat() for number in range(DAYS)]
    each = [ask(engine, metrics=metrics, date_range=[day, day], include={"totals": True}).totals for day in days]
    whole = ask(engine, metrics=metrics, include={"totals": True}, **WHOLE).totals
    assert [sum(column) for column in zip(*each, strict=True)] == list(whole)


def test_a_number_is_the_same_whatever_else_is_asked(engine: ClickHouse) -> None:
    """The site's daily visitors are told apart exactly, beside metrics of raw events too."""
    alone = {name: ask(engine, metrics=[name], dimensions=["day"], **WHOLE) for name in METRICS}
    together = ask(engine, metrics=list(METRICS), dimensions=["day"], **WHOLE)
    for place, name in enumerate(METRICS):
        assert {row.dimensions: row.metrics[0] for row in alone[name].rows} == {
            row.dimensions: row.metrics[place] for row in together.rows if row.metrics[place] or row in alone[name].rows
        } | {row.dimensions: row.metrics[0] for row in alone[name].rows if not row.metrics[0]}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_number_is_the_same_whatever_it_comes_from(engine: ClickHouse, table: Any) -> None:
    """Asked by the columns of a table, a question goes to it or to a smaller one, and adds up to the same views."""
    names = [name for name, one in DIMENSIONS.items() if one.column in table.columns and not one.of_page][:4]
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
        (["author"], [["is", "unit", ["Tin tức"]]], "page_days"),
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
