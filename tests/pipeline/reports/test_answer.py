"""Any question has the answer that plain Python finds over the same events (support/truth.py)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from event_rows import EMPTY_ROW
from fresh_database import fresh_database
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from truth import HANOI, OF_PAGES, earlier_rows, true_rows
from weeks_of_traffic import DAYS, EVENTS, FIRST, KNOWN, LAST, PAGES, QUERIES, store

from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import Cancelled, TooHeavy
from pipeline.reports import reading
from pipeline.reports.answer import Answer, Row, answer
from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.metrics import METRICS
from pipeline.reports.pages import PageFacts
from pipeline.reports.question import BadQuestion, read_question
from pipeline.reports.statements import Period, Stretch, find_pieces
from pipeline.reports.tables import TABLES, choose_table


@pytest.fixture(scope="module")
def engine(embedded_directory: Path) -> Iterator[ClickHouse]:
    with fresh_database(embedded_directory) as connect:
        client = connect()
        store(client, EVENTS, token="page-events/0/0-1499")
        yield client


def ask(client: ClickHouse, *, now: float = 0.0, **asked: Any) -> Answer:
    return answer(client, read_question(asked, today=LAST), pages=PAGES, now=now)


def as_rows(found: Answer) -> dict[tuple[Any, ...], tuple[int, ...]]:
    return {row.dimensions: row.metrics for row in found.rows}


WHOLE = {"date_range": [FIRST.isoformat(), LAST.isoformat()], "pagination": {"limit": 10_000}}
TEXTS = [name for name, one in DIMENSIONS.items() if not one.is_time and not one.is_number]
VALUES = {
    name: sorted(
        {
            "không có",
            *(facts[name] for facts in KNOWN.values() if name in OF_PAGES),
            *(str(event["suspect" if name == "reason" else name]) for event in EVENTS if name not in OF_PAGES),
        }
    )
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
@example(
    # One of these readers is one of two days, with the same number by chance: five.
    asked={
        "metrics": ["bots", "searches"],
        "dimensions": ["author", "target"],
        "date_range": ["2026-10-20", "2026-10-29"],
        "site": 0,
        "filters": [],
        "include": {"totals": True, "total_rows": True},
        "pagination": {"limit": 10_000},
    }
)
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
    asked |= {"order_by": [[asked["metrics"][0], way]], "include": {"total_rows": True}}
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
def test_the_rows_of_any_dimension_make_the_total(engine: ClickHouse, name: str) -> None:
    """All but searches by what was searched for, some of which are hidden."""
    metrics = [metric for metric in SUMS if (name, metric) != ("target", "searches")]
    found = ask(engine, metrics=metrics, dimensions=[name], include={"totals": True}, **WHOLE)
    assert found.totals is not None
    assert [sum(column) for column in zip(*(row.metrics for row in found.rows), strict=True)] == list(found.totals)
    assert all(found.totals), "there is something to add up"


def test_a_range_is_the_sum_of_its_days(engine: ClickHouse) -> None:
    metrics = [*SUMS, "daily_visitors"]
    days = [(FIRST + timedelta(days=number)).isoformat() for number in range(DAYS)]
    each = [ask(engine, metrics=metrics, date_range=[day, day], include={"totals": True}).totals for day in days]
    whole = ask(engine, metrics=metrics, include={"totals": True}, **WHOLE).totals
    assert [sum(column) for column in zip(*each, strict=True)] == list(whole)


def test_a_number_is_the_same_whatever_else_is_asked(engine: ClickHouse) -> None:
    """The site's daily visitors are told apart exactly, beside metrics of raw events too."""
    together = as_rows(ask(engine, metrics=list(METRICS), dimensions=["day"], **WHOLE))
    for place, name in enumerate(METRICS):
        alone = as_rows(ask(engine, metrics=[name], dimensions=["day"], **WHOLE))
        assert alone, name
        assert {key: (numbers[place],) for key, numbers in together.items() if key in alone} == alone
        assert not any(numbers[place] for key, numbers in together.items() if key not in alone)


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
        ([], [["is", "country", ["VN"]], ["is", "device", ["phone"]]], "events"),
        ([], [["is", "country", ["VN"]]], "facet_days/place"),
        (["page", "channel"], [], "events"),
        (["channel", "hour_of_day"], [], "events"),
        (["author"], [["is", "unit", ["Tin tức"]]], "page_days"),
    ],
)
def test_the_smallest_table_that_can_answer_is_asked(dimensions: list[str], filters: list[Any], table: str) -> None:
    asked = {"metrics": ["views"], "dimensions": dimensions, "filters": filters, "date_range": "30d"}
    assert choose_table(read_question(asked, today=LAST)).name == table


OF_PAGES_SUMMED = [
    "views",
    "entrances",
    "daily_visitors",
    "engaged_seconds",
    "scroll_depth",
    "downloads",
    "outbound_links",
]


@pytest.mark.parametrize(
    ("metrics", "dimensions"),
    [
        pytest.param([name for name in METRICS if name not in ("exits", "bounce_rate")], [], id="all together"),
        pytest.param([name for name in METRICS if name not in ("exits", "bounce_rate")], ["week"], id="of weeks"),
        pytest.param(OF_PAGES_SUMMED, ["page"], id="of pages"),
        pytest.param(OF_PAGES_SUMMED, ["author", "month"], id="of authors"),
        pytest.param(["views", "visits", "daily_visitors"], ["channel", "source"], id="of sources"),
        pytest.param(["views", "visits", "daily_visitors"], ["country"], id="of countries"),
        pytest.param(["downloads", "outbound_links"], ["target"], id="of what was followed"),
        pytest.param(["searches", "not_found"], ["target"], id="of what the site answered"),
    ],
)
def test_what_reports_ask_most_is_summed_already(metrics: list[str], dimensions: list[str]) -> None:
    """Else a report of a month would read all of its events."""
    question = read_question({"metrics": metrics, "dimensions": dimensions, "date_range": "30d"}, today=LAST)
    pieces = find_pieces(Period(question, (Stretch(question.since, question.until),)))
    assert [piece.table.name for piece in pieces if piece.table.is_raw] == []


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


# compared with earlier days


def moment(day: str, hour: int) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), HANOI) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("asked", "days", "until"),
    [
        pytest.param({"compare": "previous_period"}, 6, None, id="as many days before"),
        pytest.param({"compare": "previous_period", "compare_match_day_of_week": True}, 7, None, id="by weekday"),
        pytest.param({"compare": ["2026-10-20", "2026-10-25"]}, 17, None, id="given days"),
        pytest.param({"compare": "previous_period"}, 6, moment("2026-11-03", 23), id="the last day at the same hour"),
        pytest.param({"compare": "previous_period"}, 6, moment("2026-10-31", 12), id="the first day at the same hour"),
    ],
)
@pytest.mark.parametrize(
    "dimensions", [[], ["day"], ["week", "page"], ["hour"], ["weekday"], ["author", "hour_of_day"]]
)
def test_rows_have_the_numbers_of_earlier_days(
    engine: ClickHouse, asked: dict[str, Any], days: int, until: datetime | None, dimensions: list[str]
) -> None:
    question: dict[str, Any] = {"date_range": ["2026-11-06", "2026-11-11"], "dimensions": dimensions}
    question |= {"metrics": [*METRICS], "pagination": {"limit": 10_000}}
    now = (until + timedelta(days=days)).timestamp() if until else 0.0
    found = ask(engine, **question, include=asked | {"totals": True}, now=now)
    assert as_rows(found) == true_rows(EVENTS, question, KNOWN), "the days asked for stay as they are"
    earlier = earlier_rows(EVENTS, question, KNOWN, days=days, until=until)
    nothing = tuple(None if METRICS[name].per else 0 for name in METRICS)
    assert {row.dimensions: row.earlier for row in found.rows} == {
        row.dimensions: earlier.get(row.dimensions, nothing) for row in found.rows
    }
    assert found.compared is not None
    assert (found.compared.until - found.compared.since).days == 5
    assert found.compared.ends_at == (until.timestamp() if until else None)
    together = earlier_rows(EVENTS, question | {"dimensions": []}, KNOWN, days=days, until=until)
    assert found.compared.totals == totals_of(question, together)


@pytest.mark.parametrize(
    ("dimensions", "totals", "statements"), [([], True, 2), ([], False, 2), (["day"], True, 4), (["day"], False, 2)]
)
def test_nothing_is_read_twice_or_for_nobody(
    engine: ClickHouse, monkeypatch: pytest.MonkeyPatch, dimensions: list[str], totals: bool, statements: int
) -> None:
    """One statement for the days asked for and one for the earlier ones, and where rows have totals one more each."""
    read: list[bool] = []
    write = reading.write_statement
    monkeypatch.setattr(reading, "write_statement", lambda *given, **how: (read.append(True), write(*given, **how))[1])
    asked: dict[str, Any] = {"metrics": ["views"], "dimensions": dimensions, "date_range": ["2026-11-06", "2026-11-11"]}
    found = ask(engine, **asked, include={"compare": "previous_period", "totals": totals})
    assert len(read) == statements
    assert found.compared is not None
    for whole in (found.totals, found.compared.totals, found.compared.change):
        assert (whole is not None) == totals


def test_a_year_earlier_is_the_same_date() -> None:
    include = {"compare": "year_over_year"}
    asked: dict[str, Any] = {"metrics": ["views"], "date_range": ["2024-02-29", "2024-03-10"], "include": include}
    earlier = read_question(asked, today=LAST).earlier
    assert earlier is not None
    assert (earlier.since, earlier.until) == (date(2023, 2, 28), date(2023, 3, 10))
    include["compare_match_day_of_week"] = True
    earlier = read_question(asked, today=LAST).earlier
    assert earlier is not None
    assert earlier.since.weekday() == date(2024, 2, 29).weekday()
    assert earlier.since == date(2023, 3, 2)


@pytest.fixture
def two_years(embedded_directory: Path) -> Iterator[ClickHouse]:
    """A view at noon of 28 and 29 February 2024, and of 28 February 2025."""
    with fresh_database(embedded_directory) as connect:
        client = connect()
        noons = [moment("2024-02-28", 12), moment("2024-02-29", 12), moment("2025-02-28", 12)]
        rows = [
            EMPTY_ROW | {"at": int(at.timestamp() * 1000), "site": 1, "page_id": 1, "offset": number}
            for number, at in enumerate(noons)
        ]
        store(client, rows, token="page-events/0/0-2")
        yield client


def test_the_same_dates_of_a_year_earlier_are_beside_this_year_s(two_years: ClickHouse) -> None:
    asked: dict[str, Any] = {"metrics": ["views"], "date_range": ["2025-02-01", "2025-03-31"], "dimensions": ["day"]}
    (row,) = ask(two_years, **asked, include={"compare": "year_over_year"}).rows
    assert row == Row(("2025-02-28",), (1,), (2,), (-50.0,))
    (row,) = ask(two_years, **asked | {"dimensions": ["month"]}, include={"compare": "year_over_year"}).rows
    assert row == Row(("2025-02-01",), (1,), (2,), (-50.0,))


def test_nothing_is_said_of_an_earlier_query_that_may_be_hidden(engine: ClickHouse) -> None:
    """None, and not 0: it was searched for, by too few to be told."""
    question: dict[str, Any] = {
        "metrics": ["searches"],
        "dimensions": ["target"],
        "include": {"compare": ["2026-10-21"] * 2},
    }
    found = ask(engine, **question, date_range=[FIRST.isoformat(), LAST.isoformat()])
    assert ("giấy phép",) in as_rows(found)
    assert {row.earlier for row in found.rows if row.dimensions != ("",)} == {None}


# a query that few searched for


def test_a_query_of_few_readers_is_in_the_others_whichever_way_it_is_asked(engine: ClickHouse) -> None:
    """On one day nobody's query has five readers; over all days the frequent ones have."""
    day = {"date_range": [FIRST.isoformat()] * 2}
    include = {"totals": True, "total_rows": True}
    shown = ask(engine, metrics=["searches"], dimensions=["target"], include=include, **WHOLE)
    assert {"giấy phép", "hóa đơn"} <= {row.dimensions[0] for row in shown.rows}
    found = ask(engine, metrics=["searches"], dimensions=["target"], include=include, **day)
    assert [row.dimensions for row in found.rows] in ([], [("",)])
    assert found.total_rows == len(found.rows)
    assert found.totals is not None
    assert found.others is not None
    assert found.others[0] == (found.totals[0] or 0) - sum(row.metrics[0] or 0 for row in found.rows)
    assert found.others[0], "there were searches on that day"
    for way in (["is", "target", QUERIES[:-1]], ["contains", "target", ["giấy", "lương", "hóa", "nguyễn"]]):
        assert ask(engine, metrics=["searches"], filters=[way], **day).rows == ()
        assert ask(engine, metrics=["searches"], filters=[["not", way]], **day).rows[0].metrics == found.totals


# pages that the CMS knows


def test_a_question_that_only_the_cms_can_answer_is_refused_without_it(engine: ClickHouse) -> None:
    question = read_question({"metrics": ["views"], "dimensions": ["author"], "date_range": "7d"}, today=LAST)
    with pytest.raises(BadQuestion, match="only the CMS knows"):
        answer(engine, question)


def test_an_answer_has_what_the_cms_knows_of_its_pages(engine: ClickHouse) -> None:
    found = ask(engine, metrics=["views"], dimensions=["page"], **WHOLE)
    assert found.pages == {page: PAGES[page] for page in (1, 2, 3, 4, 5)}, "page 6 is unknown, and 9 was never viewed"


def test_a_reader_of_two_pages_of_an_author_is_one_reader(two_years: ClickHouse) -> None:
    at = int(moment("2025-05-05", 9).timestamp() * 1000)
    rows = [EMPTY_ROW | {"at": at, "site": 1, "page_id": page, "visitor": 5, "offset": 9} for page in (1, 2, 3)]
    store(two_years, rows, token="page-events/0/9-9")
    asked: dict[str, Any] = {"metrics": ["daily_visitors", "views"], "date_range": ["2025-05-05"] * 2}
    assert as_rows(ask(two_years, **asked, dimensions=["author"])) == {("Lan",): (1, 2), ("Ánh",): (1, 1)}


def test_twenty_thousand_pages_are_no_longer_a_statement_than_the_engine_takes(engine: ClickHouse) -> None:
    many = {
        page: PageFacts(author=f"Người viết {page % 4_999}", unit=f"Mục {page % 7}") for page in range(1, 900_000, 45)
    }
    many |= {page: PageFacts(author="Lan", unit="Tin tức") for page in range(1, 7)}
    asked = {"metrics": ["views"], "dimensions": ["author", "unit"], "date_range": WHOLE["date_range"]}
    found = answer(engine, read_question(asked, today=LAST), pages=many)
    assert {row.dimensions for row in found.rows} == {("Lan", "Tin tức")}


# within bounds


def test_a_question_of_raw_events_tells_how_far_it_is(engine: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLICE_EVENTS", 300)
    told: list[tuple[int, int]] = []
    question = read_question({"metrics": ["views"], "dimensions": ["path"], **WHOLE}, today=LAST)
    answer(engine, question, on_progress=lambda done, total: told.append((done, total)))
    assert told[0] == (0, len(EVENTS))
    assert told[-1] == (len(EVENTS), len(EVENTS))
    assert told == sorted(told)
    assert len(set(told)) > 4

    told.clear()
    question = read_question({"metrics": ["views"], "dimensions": ["page"], **WHOLE}, today=LAST)
    answer(engine, question, on_progress=lambda done, total: told.append((done, total)))
    assert told == [], "a roll-up takes no time worth telling of"


def test_a_question_is_cancelled_between_slices(engine: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLICE_EVENTS", 300)
    told: list[int] = []
    question = read_question({"metrics": ["views"], "dimensions": ["path"], **WHOLE}, today=LAST)
    with pytest.raises(Cancelled):
        answer(
            engine, question, on_progress=lambda done, _: told.append(done), cancelled=lambda: bool(told and told[-1])
        )
    assert 0 < told[-1] < len(EVENTS)


@pytest.mark.parametrize("bound", [{"max_memory_usage": 1_000}, {"max_execution_time": 0.000001}])
def test_a_question_that_costs_too_much_is_refused_in_words(
    engine: ClickHouse, monkeypatch: pytest.MonkeyPatch, bound: dict[str, float]
) -> None:
    monkeypatch.setattr("pipeline.clickhouse.client.BOUNDS", bound)
    with pytest.raises(TooHeavy, match="ask for fewer days"):
        ask(engine, metrics=["daily_visitors", "exits"], dimensions=["path", "hour"], **WHOLE)


def test_more_rows_than_can_be_put_together_are_refused(engine: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "SLICE_EVENTS", 300)
    monkeypatch.setattr(reading, "MOST_ROWS", 20)
    with pytest.raises(TooHeavy, match="more than 20"):
        ask(engine, metrics=["views"], dimensions=["path", "hour"], **WHOLE)


def test_an_answer_says_until_when_it_is_complete(engine: ClickHouse) -> None:
    midnight = moment("2026-11-14", 0).timestamp()
    question = read_question({"metrics": ["views"], **WHOLE}, today=LAST)
    assert answer(engine, question, complete_until=midnight - 60).complete_until == midnight - 60
    assert answer(engine, question, complete_until=midnight + 60).complete_until == midnight, "nothing comes later"
    assert answer(engine, question).complete_until is None


# what is not there


def test_a_roll_up_that_is_not_built_yet_is_done_without(embedded_directory: Path) -> None:
    with fresh_database(embedded_directory) as connect:
        client = connect()
        store(client, EVENTS, token="page-events/0/0-1499")
        for name in ("facet_days", "act_days"):
            client.command(f"DROP VIEW {name}")
        for dimension in ("country", "target"):
            asked = {"metrics": ["views", "searches"], "dimensions": [dimension]} | WHOLE
            found = ask(client, **asked)
            assert as_rows(found) == true_rows(EVENTS, asked, KNOWN)
            assert found.answered_from == "raw"


def test_an_answer_says_that_raw_events_of_its_first_days_are_gone(
    engine: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.reports.answer.find_raw_since", lambda _client: date(2026, 11, 1))
    assert ask(engine, metrics=["exits"], **WHOLE).raw_since == date(2026, 11, 1)
    assert ask(engine, metrics=["views"], **WHOLE).raw_since is None, "sums are kept for good"
    assert ask(engine, metrics=["exits"], date_range=["2026-11-01", "2026-11-05"]).raw_since is None


def test_earlier_numbers_are_not_known_where_raw_events_are_gone(
    engine: ClickHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The day that is not over is then compared up to the full hour, which sums by the hour have."""
    monkeypatch.setattr("pipeline.reports.answer.find_raw_since", lambda _client: date(2026, 11, 10))
    asked: dict[str, Any] = {"metrics": ["views", "exits"], "date_range": ["2026-11-11", "2026-11-12"]}
    asked |= {"include": {"compare": "previous_period", "totals": True}}
    found = ask(engine, **asked)
    until = moment("2026-11-10", 0)
    (views, _exits) = next(iter(earlier_rows(EVENTS, asked, days=2, until=until + timedelta(days=1)).values()))
    assert found.compared is not None
    assert found.compared.totals == (views, None)
    now = (until + timedelta(days=1, hours=23, minutes=20)).timestamp()
    found = ask(engine, **asked, now=now)
    (views, _exits) = next(iter(earlier_rows(EVENTS, asked, days=2, until=until - timedelta(hours=1)).values()))
    assert found.compared is not None
    assert found.compared.ends_at == (until - timedelta(hours=1)).timestamp()
    assert found.compared.totals == (views, None)
    assert found.rows[0].change is not None
    assert found.rows[0].change[1] is None


# visits


def event(kind: str, at: str, page: int, **more: Any) -> dict[str, Any]:
    hour, minute = at.split(":")
    when = moment("2025-06-02", int(hour)) + timedelta(minutes=int(minute))
    row = {"at": int(when.timestamp() * 1000), "kind": kind, "page_id": page, "site": 1, "visitor": 1}
    return EMPTY_ROW | row | more


VISITS = {
    "one page, looked at for a while": (
        [event("view", "8:00", 1, visit=True), event("engagement", "8:01", 1, seconds=10)],
        {1: (1, 0.0)},
    ),
    "one page, left at once": (
        [event("view", "8:00", 1, visit=True), event("engagement", "8:01", 1, seconds=9)],
        {1: (1, 100.0)},
    ),
    "two pages": (
        [event("view", "8:00", 1, visit=True), event("view", "8:01", 2)],
        {1: (0, 0.0), 2: (1, None)},
    ),
    "back again from outside": (
        [event("view", "8:00", 1, visit=True), event("view", "9:00", 2, visit=True)],
        {1: (1, 100.0), 2: (1, 100.0)},
    ),
    "another reader in between": (
        [event("view", "8:00", 1, visit=True), event("view", "8:01", 2, visitor=2), event("view", "8:02", 3)],
        {1: (0, 0.0), 2: (1, None), 3: (1, None)},
    ),
    "across midnight": (
        [event("view", "23:59", 1, visit=True), event("view", "24:01", 2)],
        {1: (1, 100.0), 2: (1, None)},
    ),
    "a reader without a number": ([event("view", "8:00", 1, visit=True, visitor=0)], {}),
}


@pytest.mark.parametrize(("rows", "wanted"), VISITS.values(), ids=VISITS.keys())
def test_exits_and_bounces(
    two_years: ClickHouse, rows: list[dict[str, Any]], wanted: dict[int, tuple[int, float | None]]
) -> None:
    store(two_years, [row | {"offset": 3, "row": place} for place, row in enumerate(rows)], token="page-events/0/3-3")
    asked: dict[str, Any] = {"metrics": ["exits", "bounce_rate"], "date_range": ["2025-06-02", "2025-06-03"]}
    assert as_rows(ask(two_years, **asked, dimensions=["page"])) == {(page,): found for page, found in wanted.items()}


def test_a_day_that_is_not_all_counted_is_compared_up_to_where_it_is(engine: ClickHouse) -> None:
    include = {"compare": "previous_period", "totals": True}
    question = read_question({"metrics": ["views"], "date_range": ["2026-11-11"] * 2, "include": include}, today=LAST)
    noon = moment("2026-11-11", 12).timestamp()
    found = answer(engine, question, now=noon + 3600, complete_until=noon)
    assert found.compared is not None
    assert found.compared.ends_at == moment("2026-11-10", 12).timestamp()


def test_earlier_rows_are_those_of_the_rows_that_are_shown(engine: ClickHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long period has more rows than can be put together, of which a page shows a few."""
    monkeypatch.setattr(reading, "MOST_ROWS", 3)
    asked: dict[str, Any] = {"metrics": ["views"], "dimensions": ["author", "path"], "pagination": {"limit": 2}}
    asked |= {"date_range": ["2026-11-01", "2026-11-10"], "include": {"compare": "previous_period"}}
    found = ask(engine, **asked)
    earlier = earlier_rows(EVENTS, asked, KNOWN, days=10, until=None)
    assert len(earlier) > 3
    assert [row.earlier for row in found.rows] == [earlier[row.dimensions] for row in found.rows]
