"""``nhip report``: days of Asia/Ho_Chi_Minh, the last one included, bots and staff apart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import cast

import pytest
from ops import Ops

from pipeline.events import PageView
from pipeline.operating.site import Site
from pipeline.reports.pages import PageFacts

View = Callable[..., PageView]

NOW = 1_790_571_600.0  # as of the fixture `ops`
HOUR = 3600.0
DAY = 24 * HOUR


@pytest.fixture
def filled(ops: Ops, view: View) -> Ops:
    """At noon three views of two pages by two visitors, a bot and a colleague; a view at 23:30, one the next day."""
    ops.send(view(1), view(1), view(2, page_id=8))
    ops.send(view(4, at=11.5 * HOUR), view(5, audience="bot"), view(6, audience="staff"))
    ops.send(view(1, at=DAY))
    ops.consume()
    return ops


def rows(ops: Ops, *argv: str) -> list[dict[str, object]]:
    answer = ops.nhip("report", *argv, "--json")
    assert answer.code == 0, answer.err
    found: list[dict[str, object]] = answer.json()["rows"]
    return found


def test_days(filled: Ops) -> None:
    assert rows(filled, "days", "--since", "2026-09-28", "--until", "2026-09-29") == [
        {"day": "2026-09-28", "views": 4, "visits": 2, "visitors": 3, "bots": 1, "staff": 1},
        {"day": "2026-09-29", "views": 1, "visits": 0, "visitors": 1, "bots": 0, "staff": 0},
    ]


def test_the_last_day_is_included_and_no_other(filled: Ops) -> None:
    assert [row["day"] for row in rows(filled, "days", "--since", "2026-09-28", "--until", "2026-09-28")] == [
        "2026-09-28"
    ]
    assert [row["hour"] for row in rows(filled, "hours", "--since", "2026-09-28", "--until", "2026-09-28")] == [
        "2026-09-28 12:00",
        "2026-09-28 23:00",
    ]


def test_pages_are_sorted_by_views_and_have_their_path(filled: Ops) -> None:
    found = rows(filled, "pages", "--since", "2026-09-28", "--until", "2026-09-29")
    assert [(row["page"], row["path"], row["views"]) for row in found] == [(7, "/trang-7/", 4), (8, "/trang-8/", 1)]
    assert found[0]["daily_visitors"] == 3, "two on the first day, one on the second"
    assert len(rows(filled, "pages", "--since", "2026-09-28", "--until", "2026-09-29", "--limit", "1")) == 1


def test_another_site_has_no_views(filled: Ops) -> None:
    assert rows(filled, "days", "--since", "2026-09-28", "--until", "2026-09-29", "--site", "2") == []


def test_csv_has_a_header_and_no_formulas(ops: Ops, view: View) -> None:
    event = view(1)
    ops.send(PageView(event.at, 1, 7, "vi", "=HYPERLINK(1)", "public", 1, True))
    ops.consume()
    answer = ops.nhip("report", "pages", "--since", "2026-09-28", "--until", "2026-09-28", "--format", "csv")
    head, line = csv.reader(io.StringIO(answer.out))
    assert head[:3] == ["page", "locale", "path"]
    assert line[:4] == ["7", "vi", "'=HYPERLINK(1)", "1"]


def test_people_see_sums_of_additive_columns(filled: Ops) -> None:
    answer = filled.nhip("report", "days", "--since", "2026-09-28", "--until", "2026-09-29")
    (total,) = (line for line in answer.out.splitlines() if line.startswith("tổng "))
    assert total.split()[-4:] == ["5", "2", "1", "1"], "views, visits, bots, staff; visitors of days are no sum"


def test_a_table_fits_a_terminal_however_long_a_path_is(ops: Ops, view: View) -> None:
    event = view(1)
    path = f"/tin-tuc/{'dai-' * 100}het/"
    ops.send(PageView(event.at, 1, 1_234_567, "vi", path, "public", 1, True))
    ops.consume()
    lines = ops.nhip("report", "pages", "--since", "2026-09-28", "--until", "2026-09-28").out.splitlines()
    table = lines[1:]
    assert max(map(len, table)) <= 80
    assert not any(line.endswith(" ") for line in table)
    assert any(line.startswith("1234567  vi") for line in table)
    shown = "".join(table).replace(" ", "")
    assert "/tin-tuc/dai-" in shown
    assert "het/" in shown
    assert "…" in shown


def test_seven_days_are_shown_by_default(ops: Ops) -> None:
    found = ops.nhip("report", "days", "--until", "2026-09-29", "--json").json()
    assert (found["since"], found["until"]) == ("2026-09-23", "2026-09-29")


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(["days", "--since", "2026-09-30", "--until", "2026-09-28"], "--since", id="backwards"),
        pytest.param(["days", "--since", "30/9/2026"], "2026-11-25", id="another way to write a date"),
        pytest.param(["days", "--since", "0001-01-01"], "1971–2148", id="the first day of all"),
        pytest.param(["days", "--until", "9999-12-31"], "không phải ngày · is no date", id="the last day of all"),
        pytest.param(["years"], "không có 'years', chọn · no 'years', choose from", id="an unknown report"),
        pytest.param([], "thiếu · missing: pages|days|hours|refused", id="no report named"),
        pytest.param(["days", "--site", "-1"], "--site", id="a negative site"),
    ],
)
def test_arguments_that_make_no_sense_are_refused_in_one_line(ops: Ops, argv: list[str], words: str) -> None:
    answer = ops.nhip("report", *argv)
    assert (answer.code, answer.out) == (2, "")
    (line,) = answer.err.splitlines()
    assert words in line


def test_the_daily_visitors_of_pages_are_summed(filled: Ops) -> None:
    answer = filled.nhip("report", "pages", "--since", "2026-09-28", "--until", "2026-09-29", "--json").json()
    assert answer["sums"]["daily_visitors"] == sum(row["daily_visitors"] for row in answer["rows"]) > 0


# any question


def asked(**question: object) -> str:
    return json.dumps({"date_range": ["2026-09-28", "2026-09-29"], "metrics": ["views", "visits"]} | question)


def test_a_question_is_answered_as_json_csv_and_a_table(filled: Ops) -> None:
    question = asked(dimensions=["page"], include={"totals": True}, pagination={"limit": 1})
    found = filled.nhip("report", "query", question, "--json").json()
    assert found["results"] == [{"dimensions": [7], "metrics": [4, 1]}]
    assert (found["totals"], found["others"]) == ([5, 2], [1, 1])
    assert found["meta"]["answered_from"] == "roll_up"
    assert set(found["meta"]["definitions"]) == {"views", "visits"}

    text = filled.nhip("report", "query", question, "--format", "csv").out
    assert text.splitlines() == ["page,views,visits", "7,4,1"]

    lines = [line.split() for line in filled.nhip("report", "query", question).out.splitlines()]
    assert ["khác", "1", "1"] in lines
    assert ["tổng", "5", "2"] in lines


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("{", "the question is not valid"),
        (asked(metric=["views"]), "unknown field `metric`"),
        (asked(metrics=["clicks"]), "there are: views, visits"),
        (asked(dimensions=["colour"]), "there are: page, author"),
        (asked(filters=[["is", "page", ["seven"]]]), "values of page are numbers"),
        (asked(filters=[["was", "page", [7]]]), "filters[0]"),
        (asked(date_range=["2026-09-29", "2026-09-28"]), "begins after it ends"),
        (asked(date_range="yesterday"), "there are: day, 7d"),
        (asked(order_by=[["page", "asc"]]), "there are: views, visits"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_the_name_of_its_field(ops: Ops, question: str, said: str) -> None:
    answer = ops.nhip("report", "query", question)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err


def test_the_schema_of_questions_is_printed(ops: Ops) -> None:
    assert "metrics" in ops.nhip("report", "schema").json()["required"]


def test_a_question_goes_with_query_alone(ops: Ops) -> None:
    assert ops.nhip("report", "days", asked()).code == 2
    assert ops.nhip("report", "query").code == 2


DAYS = ("--since", "2026-09-28", "--until", "2026-09-29")


def test_a_question_may_be_asked_without_json(filled: Ops) -> None:
    typed = ("--metrics", "views, visits", "--dimensions", "page", *DAYS, "--filter", '["is", "locale", ["vi"]]')
    found = filled.nhip("report", "query", *typed, "--json").json()
    assert found["results"] == [{"dimensions": [7], "metrics": [4, 1]}, {"dimensions": [8], "metrics": [1, 1]}]
    assert found["totals"] == [5, 2]
    one = filled.nhip("report", "query", *typed, "--limit", "1", "--json").json()
    assert (len(one["results"]), one["total_rows"]) == (1, 2)


def test_a_table_has_the_numbers_of_earlier_days_and_the_change(filled: Ops) -> None:
    filled.now = NOW + 3 * DAY
    typed = ("--since", "2026-09-29", "--until", "2026-09-29", "--compare", "previous_period")
    out = filled.nhip("report", "query", "--metrics", "views,engaged_seconds", "--dimensions", "page", *typed).out
    lines = [line.split() for line in out.splitlines()]
    assert ["7", "1", "3", "-66.7", "0.0", "0.0"] in lines
    assert ["tổng", "1", "4", "-75.0", "0.0", "0.0"] in lines
    assert "so với · compared with 2026-09-28 – 2026-09-28" in out


def test_a_day_that_is_not_over_is_compared_up_to_the_same_time(filled: Ops) -> None:
    """It is one o'clock; the day before had a view at half past eleven in the evening."""
    filled.now = NOW + DAY + HOUR
    typed = ("--since", "2026-09-29", "--until", "2026-09-29", "--compare", "previous_period")
    out = filled.nhip("report", "query", "--metrics", "views", *typed).out
    assert ["1", "3", "-66.7"] in [line.split() for line in out.splitlines()]
    assert "đến · until 2026-09-28 13:00:00" in out


def test_an_answer_says_until_when_everything_is_counted(filled: Ops, view: View) -> None:
    typed = ("report", "query", "--metrics", "views", *DAYS)
    assert "complete until: 2026-09-28 12:00:00" in filled.nhip(*typed).out
    filled.now = NOW + 60
    filled.send(view(9))
    filled.now = NOW + 3600
    assert "complete until: 2026-09-28 12:01:00" in filled.nhip(*typed).out, "a record waits since then"


class Pages:
    """A CMS that knows page 7."""

    def page_facts(self) -> dict[int, PageFacts]:
        return {7: PageFacts("Mùa vàng", author="Lan"), 8: PageFacts("Trang cũ", deleted=True)}

    def close(self) -> None: ...


def test_pages_have_their_titles_and_authors_where_there_is_a_cms(filled: Ops) -> None:
    filled.open_site = lambda _settings: cast(Site, Pages())
    out = filled.nhip("report", "query", "--metrics", "views", "--dimensions", "page", *DAYS).out
    assert "7 Mùa vàng" in out
    assert "8 Trang cũ (đã xóa · deleted)" in out
    found = filled.nhip("report", "query", "--metrics", "views", "--dimensions", "author", *DAYS, "--json").json()
    assert found["results"] == [{"dimensions": ["Lan"], "metrics": [4]}, {"dimensions": [""], "metrics": [1]}]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["query", "--metrics", "views", "--dimensions", "author"], "only the CMS knows"),
        (["query", "--metrics", "clicks"], "there are: views, visits"),
        (["query", "--metrics", "views", "--filter", "["], "--filter: không phải JSON"),
        (["query", "--metrics", "views", "--compare", "yesterday"], "compare"),
        (["query", "--metrics", "views", "--compare", "2026-09-01,x"], "compare"),
        (["query", asked(), "--weekdays"], "want --metrics"),
        (["query", asked(), "--metrics", "views"], "goes with query"),
        (["days", "--metrics", "views"], "goes with query"),
    ],
)
def test_what_makes_no_question_is_refused_in_one_line(ops: Ops, typed: list[str], said: str) -> None:
    answer = ops.nhip("report", *typed)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert len(answer.err.splitlines()) == 1
