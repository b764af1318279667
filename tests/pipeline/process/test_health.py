from __future__ import annotations

import msgspec
import pytest

from pipeline.errors import Unavailable
from pipeline.process.health import Check, Health, Note


def unavailable() -> str | None:
    raise Unavailable("kafka-1:9092 does not answer")


def broken() -> str | None:
    raise ZeroDivisionError


STATES = [
    pytest.param(lambda: None, 200, "ok", id="well"),
    pytest.param(lambda: "away", 503, "away", id="wrong"),
    pytest.param(lambda: Note("away, 12 records in the spool"), 200, "away, 12 records in the spool", id="noted"),
    pytest.param(unavailable, 503, "kafka-1:9092 does not answer", id="unavailable"),
    pytest.param(broken, 503, "ZeroDivisionError()", id="a broken check"),
]


@pytest.mark.parametrize(("check", "status", "shown"), STATES)
def test_readiness_names_each_dependency(check: Check, status: int, shown: str) -> None:
    answer = Health(alive={}, ready={"clickhouse": lambda: None, "log": check}).readyz()
    assert answer.status == status
    assert msgspec.json.decode(answer.body) == {"clickhouse": "ok", "log": shown}


@pytest.mark.parametrize(
    ("check", "status", "body"),
    [
        pytest.param(lambda: None, 200, b"ok", id="well"),
        pytest.param(lambda: Note("busy"), 200, b"ok", id="noted"),
        pytest.param(lambda: "stuck for 61 s", 503, b"loop: stuck for 61 s", id="stuck"),
    ],
)
def test_liveness_names_what_is_stuck(check: Check, status: int, body: bytes) -> None:
    answer = Health(alive={"loop": check, "drainer": lambda: None}, ready={"log": lambda: "away"}).healthz()
    assert (answer.status, answer.body) == (status, body)
