"""A program asks the running product about traffic, and gets the figures of ``nhip report``, as long as it may ask."""

from __future__ import annotations

import io
import json
import time
from http.client import HTTPConnection
from typing import Any

import pytest
from openpyxl import load_workbook
from patience import PATIENCE
from product import Product

from pipeline.reports.openapi import CSV, JSON, PROBLEM, QUERY_PATH, XLSX

pytestmark = pytest.mark.parametrize("product", ["embedded", "distributed"], indirect=True, scope="module")

QUESTION = {"metrics": ["views"], "date_range": "7d", "dimensions": ["path"], "include": {"totals": True}}
PAGES = {"/hoi-so-lieu-mot/": 3, "/hoi-so-lieu-hai/": 2}
SECONDS = 60.0


def ask(product: Product, token: str, question: object = QUESTION, *, accept: str = JSON) -> tuple[int, str, bytes]:
    connection = HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": JSON, "Accept": accept}
    connection.request("POST", QUERY_PATH, body=json.dumps(question), headers=headers)
    answer = connection.getresponse()
    found = answer.status, answer.headers["Content-Type"].partition(";")[0], answer.read()
    connection.close()
    return found


def figures(rows: list[dict[str, Any]]) -> dict[str, int]:
    return {row["dimensions"][0]: row["metrics"][0] for row in rows if row["dimensions"][0] in PAGES}


@pytest.fixture(scope="module")
def token(product: Product) -> str:
    """Of a program, once the product has counted the views of PAGES."""
    made = product.command("tokens", "add", "Bảng số liệu")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    for page, (path, views) in enumerate(PAGES.items(), 9_000):
        assert [product.view(page, path) for _ in range(views)] == [202] * views
    deadline = time.monotonic() + SECONDS
    while figures(json.loads(ask(product, token)[2])["results"]) != PAGES:
        assert time.monotonic() < deadline, ask(product, token)
        time.sleep(1.0)
    return token


def test_each_format_has_the_figures_of_the_command_line(product: Product, token: str) -> None:
    typed = product.command("report", "query", json.dumps(QUESTION), "--json")
    assert figures(json.loads(typed.stdout)["results"]) == PAGES
    status, kind, body = ask(product, token)
    assert (status, kind) == (200, JSON)
    answered = json.loads(body)
    assert figures(answered["results"]) == PAGES
    assert answered["meta"]["complete_until"]

    typed = product.command("report", "query", json.dumps(QUESTION), "--format", "csv")
    status, kind, body = ask(product, token, accept=CSV)
    assert (status, kind) == (200, CSV)
    assert sorted(body.decode().split()) == sorted(typed.stdout.split())

    status, kind, body = ask(product, token, accept=XLSX)
    assert (status, kind) == (200, XLSX)
    rows = {row[0].value: row[1].value for row in load_workbook(io.BytesIO(body)).worksheets[0].iter_rows()}
    assert {path: rows[path] for path in PAGES} == PAGES
    assert rows["tổng"] == answered["totals"][0]


def test_a_revoked_token_asks_nothing_more(product: Product, token: str) -> None:
    other = product.command("tokens", "add", "Thử").stdout.strip()
    assert ask(product, other)[0] == 200
    (row,) = (
        one
        for one in json.loads(product.command("tokens", "list", "--json").stdout)["tokens"]
        if other.startswith(one["hint"]) and one["name"] == "Thử"
    )
    assert product.command("tokens", "revoke", str(row["id"])).returncode == 0
    status, kind, _ = ask(product, other)
    assert (status, kind) == (401, PROBLEM)
    assert ask(product, token)[0] == 200


def test_what_the_cms_knows_tells_rows_apart(product: Product, token: str) -> None:
    status, _, body = ask(
        product, token, {"metrics": ["views"], "date_range": "7d", "dimensions": ["page_type", "unit"]}
    )
    assert status == 200, body
    assert sum(row["metrics"][0] for row in json.loads(body)["results"]) >= sum(PAGES.values())


def test_a_question_that_makes_no_sense_is_refused_by_the_name_of_its_field(product: Product, token: str) -> None:
    status, kind, body = ask(product, token, QUESTION | {"metric": ["views"]})
    assert (status, kind) == (400, PROBLEM)
    assert "metric" in json.loads(body)["detail"]
