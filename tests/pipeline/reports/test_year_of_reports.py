"""What people ask of a year of traffic (support/year.py): each report has what plain Python finds, and so its earlier
days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from fresh_database import fresh_database
from truth import OF_PAGES, earlier_rows, true_rows
from weeks_of_traffic import store
from year import DAYS, FIRST, PAGES, Row, Year

from pipeline.clickhouse.client import ClickHouse
from pipeline.reports import reading
from pipeline.reports.answer import answer
from pipeline.reports.pages import PageFacts
from pipeline.reports.question import read_question

VIEWS = 3_000
LAST = FIRST + timedelta(days=DAYS - 1)
FACTS = {
    number: PageFacts(f"Bài {number}", f"Người viết {number % 7}", f"Chuyên mục {number % 4}", "Tin tức", "Bài viết")
    for number in range(1, PAGES)
}
KNOWN = {page: {name: getattr(facts, name) for name in OF_PAGES} for page, facts in FACTS.items()}
EVERYTHING = ["views", "visits", "daily_visitors", "engaged_seconds", "scroll_depth", "exits", "bounce_rate"]
REPORTS: dict[str, dict[str, Any]] = {
    "the year": {"metrics": EVERYTHING, "dimensions": ["month"]},
    "pages": {"metrics": [*EVERYTHING, "downloads"], "dimensions": ["page"]},
    "where pages were": {"metrics": ["views"], "dimensions": ["path"]},
    "authors": {"metrics": ["views", "daily_visitors", "engaged_seconds"], "dimensions": ["author", "category"]},
    "sources": {"metrics": ["visits", "bounce_rate"], "dimensions": ["channel", "source", "campaign"]},
    "devices": {"metrics": ["views", "daily_visitors"], "dimensions": ["device", "browser", "os"]},
    "places": {"metrics": ["daily_visitors"], "dimensions": ["country", "province", "language"]},
    "when": {"metrics": ["views"], "dimensions": ["weekday", "hour_of_day"]},
    "searches": {"metrics": ["searches"], "dimensions": ["target"]},
    "downloads": {"metrics": ["downloads", "outbound_links"], "dimensions": ["target", "page"]},
    "not found": {"metrics": ["not_found"], "dimensions": ["target", "source"]},
    "bots": {"metrics": ["bots"], "dimensions": ["bot_kind", "bot_operator", "bot"]},
    "what was left out": {"metrics": ["bots", "staff"], "dimensions": ["reason", "locale"]},
    "phones of one author": {
        "metrics": EVERYTHING,
        "dimensions": ["quarter"],
        "filters": [["is", "author", ["Người viết 3"]], ["not", ["is", "device", ["desktop"]]]],
    },
}


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return list(Year(VIEWS).rows())


@pytest.fixture(scope="module")
def engine(embedded_directory: Path, rows: list[Row]) -> Iterator[ClickHouse]:
    with fresh_database(embedded_directory) as connect:
        client = connect()
        for partition in sorted({row["partition"] for row in rows}):
            store(client, [row for row in rows if row["partition"] == partition], token=f"page-events/{partition}/0-1")
        yield client


@pytest.mark.parametrize("site", [0, 1])
@pytest.mark.parametrize("asked", REPORTS.values(), ids=REPORTS.keys())
def test_a_report_of_the_year(
    engine: ClickHouse, rows: list[Row], asked: dict[str, Any], site: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SLICE_EVENTS", 1_500)
    question = asked | {"site": site, "date_range": [FIRST.isoformat(), LAST.isoformat()]}
    question |= {"pagination": {"limit": 10_000}}
    found = answer(engine, read_question(question, today=LAST), pages=FACTS)
    assert {row.dimensions: row.metrics for row in found.rows} == true_rows(rows, question, KNOWN)
    assert found.rows, "there is something to report"


@pytest.mark.parametrize("name", ["pages", "sources", "when"])
def test_a_month_beside_the_month_before(engine: ClickHouse, rows: list[Row], name: str) -> None:
    since, until, before = date(2026, 9, 1), date(2026, 9, 30), date(2026, 8, 1)
    question = REPORTS[name] | {"date_range": [since.isoformat(), until.isoformat()], "pagination": {"limit": 10_000}}
    question |= {"include": {"compare": [before.isoformat(), (before + (until - since)).isoformat()]}}
    found = answer(engine, read_question(question, today=LAST), pages=FACTS, now=0.0)
    earlier = earlier_rows(rows, question, KNOWN, days=(since - before).days, until=None)
    assert {row.dimensions: row.metrics for row in found.rows} == true_rows(rows, question, KNOWN)
    known = {row.dimensions: row.earlier for row in found.rows if row.dimensions in earlier}
    assert known == {key: numbers for key, numbers in earlier.items() if key in known}
    assert known
