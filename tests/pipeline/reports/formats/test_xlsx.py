"""A workbook has real numbers and days, says what they mean, and no text in it is a formula."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pipeline.reports.answer import Answer, Compared, Row
from pipeline.reports.dimensions import DAY, HOUR, PAGE, PATH
from pipeline.reports.formats.csv import answer_to_csv
from pipeline.reports.formats.xlsx import answer_to_xlsx
from pipeline.reports.metrics import ENGAGED_SECONDS, VIEWS, VISITS
from pipeline.reports.pages import PageFacts
from pipeline.reports.question import Question, read_question

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def answered(*rows: Row, **more: Any) -> Answer:
    question = more.pop("question", None) or Question((VIEWS,), FIRST, LAST, dimensions=(PATH,))
    return Answer(question=question, rows=rows, answered_from="roll_up", **more)


def sheets(answer: Answer) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    book = load_workbook(io.BytesIO(answer_to_xlsx(answer)))
    numbers, meanings = (list(sheet.iter_rows()) for sheet in book.worksheets)
    return numbers, meanings


def values(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in rows]


def test_days_and_hours_are_dates_and_numbers_are_numbers() -> None:
    question = Question((VIEWS, ENGAGED_SECONDS), FIRST, LAST, dimensions=(DAY, HOUR))
    found = answered(Row(("2026-11-02", "2026-11-02 09:00"), (1327, 12.5)), question=question)
    _, row = sheets(found)[0]
    assert [cell.value for cell in row] == [datetime(2026, 11, 2), datetime(2026, 11, 2, 9), 1327, 12.5]
    assert [cell.data_type for cell in row] == ["d", "d", "n", "n"]
    assert [cell.number_format for cell in row] == ["dd/mm/yyyy", "dd/mm/yyyy hh:mm", "#,##0", "#,##0.0"]


def test_the_heading_does_not_scroll_and_sums_follow_the_rows() -> None:
    found = answered(Row(("/a/",), (5,)), totals=(9,), others=(4,))
    book = load_workbook(io.BytesIO(answer_to_xlsx(found)))
    assert book.worksheets[0].freeze_panes == "A2"
    rows = list(book.worksheets[0].iter_rows())
    assert values(rows) == [["đường dẫn", "lượt xem"], ["/a/", 5], ["khác", 4], ["tổng", 9]]
    assert [row[0].font.bold for row in rows] == [True, False, True, True]


def test_pages_have_their_titles() -> None:
    question = Question((VIEWS,), FIRST, LAST, dimensions=(PAGE,))
    pages = {7: PageFacts(title="=Lễ phát động")}
    numbers, _ = sheets(answered(Row((7,), (5,)), Row((8,), (1,)), question=question, pages=pages, totals=(6,)))
    assert values(numbers) == [
        ["trang", "tiêu đề", "lượt xem"],
        [7, "=Lễ phát động", 5],
        [8, None, 1],
        ["tổng", None, 6],
    ]


def test_earlier_days_stand_beside_each_metric_in_both_formats() -> None:
    question = Question((VIEWS, VISITS), FIRST, LAST, dimensions=(PATH,))
    compared = Compared(date(2026, 10, 2), date(2026, 10, 31), totals=(4, 2), change=(150.0, None))
    found = answered(
        Row(("/a/",), (5, 1), earlier=(4, 2), change=(25.0, -50.0)),
        Row(("/b/",), (5, 1)),
        question=question,
        totals=(10, 2),
        others=(0, 0),
        compared=compared,
    )
    numbers, meanings = sheets(found)
    head = ["đường dẫn", "lượt xem", "lượt xem, kỳ trước", "lượt xem, thay đổi %"]
    assert values(numbers)[0][:4] == head
    assert values(numbers)[1:] == [
        ["/a/", 5, 4, 25, 1, 2, -50],
        ["/b/", 5, None, None, 1, None, None],
        ["khác", 0, None, None, 0, None, None],
        ["tổng", 10, 4, 150, 2, 2, None],
    ]
    assert datetime(2026, 10, 2) in [row[2] for row in values(meanings)]
    lines = list(csv.reader(io.StringIO(answer_to_csv(found))))
    assert lines[0] == ["path", "views", "earlier_views", "change_views", "visits", "earlier_visits", "change_visits"]
    assert lines[1:] == [["/a/", "5", "4", "25.0", "1", "2", "-50.0"], ["/b/", "5", "", "", "1", "", ""]]


def test_the_second_sheet_says_what_was_asked_and_what_each_metric_means() -> None:
    written = {
        "metrics": ["views"],
        "date_range": ["2026-11-01", "2026-11-30"],
        "filters": [["not", ["or", [["is", "page", [7]], ["contains", "path", ["/tin"]]]]]],
        "pagination": {"limit": 3},
    }
    question = read_question(written, today=LAST)
    _, meanings = sheets(answered(Row((), (5,)), question=question, complete_until=1_795_370_405.7))
    told = {row[1]: row[2] for row in values(meanings)}
    assert told["complete until"] == datetime(2026, 11, 23, 1, 0, 5)
    assert told["views"] == VIEWS.definition_vi
    assert told["answered from"] == "roll_up"
    assert read_question(told["question"].encode(), today=date(2030, 1, 1)) == question, "it can be asked again"


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(1)", "#N/A", "1327", "2026-11-01", "", "TRUE", "\t=1", "_x0041_"],
)
def test_a_text_stays_the_text_that_it_is(text: str) -> None:
    _, (cell, _) = sheets(answered(Row((text,), (1,))))[0]
    assert (cell.value or "") == text
    assert cell.data_type in ("s", "inlineStr", "n" if not text else "s")
    assert cell.number_format == "@"


@settings(max_examples=50, deadline=None)
@given(text=st.text(max_size=40))
def test_no_text_of_a_stranger_breaks_the_file_or_becomes_a_formula(text: str) -> None:
    question = Question((VIEWS,), FIRST, LAST, dimensions=(PATH,))
    _, (cell, number) = sheets(answered(Row((text,), (1,)), question=question))[0]
    assert cell.data_type != "f"
    assert number.value == 1
    (shown,) = [row[0] for row in csv.reader(io.StringIO(answer_to_csv(answered(Row((text,), (1,))))))][1:] or [""]
    assert not shown.startswith(tuple("=+-@\t\r"))


def test_an_answer_without_rows_is_a_workbook_too() -> None:
    numbers, _ = sheets(answered())
    assert values(numbers) == [["đường dẫn", "lượt xem"]]
