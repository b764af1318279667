from __future__ import annotations

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest

from pipeline.errors import ConfigurationError
from pipeline.process.health import Check, Health
from pipeline.process.probes import serve_health


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
