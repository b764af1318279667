"""The embedded engine and a server answer the same questions alike, and as plain Python does."""

from __future__ import annotations

from typing import Any

import pytest
from fresh_database import Connect
from truth import true_rows
from weeks_of_traffic import EVENTS, FIRST, KNOWN, LAST, PAGES, store

from pipeline.clickhouse.migrations import migrate
from pipeline.reports.answer import answer
from pipeline.reports.metrics import METRICS
from pipeline.reports.pages import PageFacts
from pipeline.reports.question import read_question

WHOLE = {"date_range": [FIRST.isoformat(), LAST.isoformat()], "pagination": {"limit": 10_000}}
QUESTIONS = [
    pytest.param({"dimensions": ["page", "weekday"]}, id="of roll-ups and raw events together"),
    pytest.param({"dimensions": ["hour"], "filters": [["contains", "source", ["GOOGLE"]]]}, id="of hours"),
    pytest.param({"dimensions": ["target"], "filters": [["is_not", "target", ["lương"]]]}, id="of hidden queries"),
    pytest.param({"dimensions": ["author"], "filters": [["not", ["is", "unit", ["Thi đua"]]]]}, id="of the CMS"),
    pytest.param({"dimensions": ["day"], "filters": [["is", "path", [f"/{'đ' * 400}/"] * 120]]}, id="of long texts"),
]


@pytest.mark.parametrize("asked", QUESTIONS)
def test_a_question(connect: Connect, asked: dict[str, Any]) -> None:
    client = connect()
    migrate(client)
    store(client, EVENTS, token="page-events/0/0-1499")
    question = {"metrics": [*METRICS]} | WHOLE | asked
    found = answer(client, read_question(question, today=LAST), pages=PAGES)
    assert {row.dimensions: row.metrics for row in found.rows} == true_rows(EVENTS, question, KNOWN)


def test_a_question_about_the_authors_of_twenty_thousand_pages(connect: Connect) -> None:
    client = connect()
    migrate(client)
    store(client, EVENTS, token="page-events/0/0-1499")
    many = {page: PageFacts(author=f"Người viết {page % 4_999}") for page in range(7, 900_000, 45)} | PAGES
    question = {"metrics": ["daily_visitors", "exits"], "dimensions": ["author"]} | WHOLE
    found = answer(client, read_question(question, today=LAST), pages=many)
    assert {row.dimensions: row.metrics for row in found.rows} == true_rows(EVENTS, question, KNOWN)
