from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection

import msgspec
import pytest

from pipeline.errors import ConfigurationError, Unavailable
from pipeline.process.health import Check, Health, Note, serve_health


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


@pytest.fixture
def states() -> dict[str, Check]:
    return {}


@pytest.fixture
def port(states: dict[str, Check]) -> Iterator[int]:
    with serve_health(Health(alive=states, ready=states), 0) as port:
        yield port


def ask(port: int, path: str) -> tuple[int, str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
            return response.status, response.headers["Content-Type"], response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


def test_a_process_without_a_server_of_its_own_answers_probes(port: int, states: dict[str, Check]) -> None:
    assert ask(port, "/_nhip/healthz") == (200, "text/plain; charset=utf-8", "ok")
    assert ask(port, "/_nhip/readyz?verbose") == (200, "application/json", "{}")
    states["log"] = lambda: "away"
    assert ask(port, "/_nhip/healthz")[::2] == (503, "log: away")
    assert ask(port, "/_nhip/readyz")[::2] == (503, '{"log":"away"}')
    status, content_type, metrics = ask(port, "/_nhip/metrics")
    assert (status, content_type.partition(";")[0]) == (200, "text/plain")
    assert "nhip_consumer_events_total" in metrics
    assert ask(port, "/_nhip/e")[0] == 404


def test_the_head_of_a_probe_has_no_body(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("HEAD", "/_nhip/healthz")
    response = connection.getresponse()
    assert (response.status, response.headers["Content-Length"], response.read()) == (200, "2", b"")
    connection.close()


def test_when_the_block_ends_nobody_answers(states: dict[str, Check]) -> None:
    with serve_health(Health(alive=states, ready=states), 0) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)


def test_a_taken_port_is_named_by_its_variable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigurationError, match="NHIP_HEALTH_PORT"),
            serve_health(Health(alive={}, ready={}), port),
        ):
            pass
