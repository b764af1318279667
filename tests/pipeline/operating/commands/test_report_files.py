"""``nhip report … --output FILE``: the figures of the screen in a file, wherever the command is carried out."""

from __future__ import annotations

import argparse
import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from ops import Ops

from pipeline.events import PageView
from pipeline.operating.cli import _from_here

View = Callable[..., PageView]

DAYS = ["--since", "2026-09-28", "--until", "2026-09-29"]
QUESTION = json.dumps(
    {
        "metrics": ["views", "visits"],
        "date_range": ["2026-09-28", "2026-09-29"],
        "dimensions": ["page", "day"],
        "include": {"totals": True},
    }
)


@pytest.fixture
def filled(ops: Ops, view: View) -> Ops:
    event = view(1)
    ops.send(view(1), view(2), view(4, page_id=8), view(1, at=24 * 3600.0))
    ops.send(PageView(event.at, 1, 9, "vi", "=HYPERLINK(1)", "public", 1, True))
    ops.consume()
    return ops


def sheet(file: Path) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(file).worksheets[0].iter_rows()]


def test_a_ready_made_report_has_the_same_figures_in_a_workbook(filled: Ops, tmp_path: Path) -> None:
    file = tmp_path / "trang.xlsx"
    answer = filled.nhip("report", "pages", *DAYS, "--format", "xlsx", "--output", str(file))
    assert (answer.code, answer.err) == (0, "")
    assert str(file) in answer.out
    shown = filled.nhip("report", "pages", *DAYS, "--json").json()
    head, *rows, sums = sheet(file)
    assert head[:2] == ["trang", "ngôn ngữ"]
    assert rows == [list(row.values()) for row in shown["rows"]]
    assert "=HYPERLINK(1)" in [row[2] for row in rows]
    assert sums[0] == "tổng"
    assert sums[3:] == list(shown["sums"].values())


def test_an_answer_has_the_same_figures_in_each_file(filled: Ops, tmp_path: Path) -> None:
    files = {kind: tmp_path / f"answer.{kind}" for kind in ("xlsx", "csv", "json")}
    for kind, file in files.items():
        assert filled.nhip("report", "query", QUESTION, "--format", kind, "--output", str(file)).code == 0
    as_json = json.loads(files["json"].read_text(encoding="utf-8"))
    rows = [[*row["dimensions"], *row["metrics"]] for row in as_json["results"]]
    assert len(rows) == 4
    _, *as_xlsx, _others, totals = sheet(files["xlsx"])
    assert [[row[0], f"{row[1]:%Y-%m-%d}", *row[2:]] for row in as_xlsx] == rows
    assert totals[2:] == as_json["totals"]
    _, *as_csv = csv.reader(io.StringIO(files["csv"].read_text(encoding="utf-8")))
    assert as_csv == [[str(cell) for cell in row] for row in rows]
    assert files["csv"].read_text(encoding="utf-8") == "".join(
        filled.nhip("report", "query", QUESTION, "--format", "csv").out.replace("\r\n", "\n")
    )


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--format", "xlsx"], "--output FILE"),
        (["--output", "a.txt"], "--format csv|json|xlsx"),
        (["--format", "xlsx", "--output", "/nowhere/a.xlsx"], "/nowhere/a.xlsx"),
        (["--format", "xlsx", "--output", "."], "--output ."),
    ],
)
def test_where_it_cannot_be_written_is_said_in_one_line(ops: Ops, argv: list[str], words: str) -> None:
    answer = ops.nhip("report", "days", *DAYS, *argv)
    assert (answer.code, answer.out) == (2, "")
    (line,) = answer.err.splitlines()
    assert words in line


@pytest.mark.parametrize("typed", ["a.xlsx", "./a.xlsx"])
@pytest.mark.parametrize("form", ["--output {}", "--output={}"])
def test_the_running_product_writes_where_the_command_was_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, typed: str, form: str
) -> None:
    monkeypatch.chdir(tmp_path)
    argv = ["report", "days", "--format", "xlsx", *form.format(typed).split()]
    sent = _from_here(argv, argparse.Namespace(file=Path(typed)))
    assert sent[:4] == argv[:4]
    assert " ".join(sent[4:]) == form.format(tmp_path / "a.xlsx")
