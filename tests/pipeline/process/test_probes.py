from __future__ import annotations

import asyncio
import socket
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPConnection

import pytest
from asgi import ask as ask_asgi
from asgi import scope_of

from pipeline.errors import ConfigurationError
from pipeline.process.health import Check, Health
from pipeline.process.probes import probes, serve_health


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


TOKEN = "t" * 20


def over_http(states: dict[str, Check], path: str, shown: str) -> int:
    with serve_health(Health(alive=states, ready=states), 0, token=TOKEN) as port:
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", f"/_nhip/{path}", headers={"Authorization": shown} if shown else {})
        status = connection.getresponse().status
        connection.close()
        return status


def as_application(states: dict[str, Check], path: str, shown: str) -> int:
    endpoint = probes(Health(alive=states, ready=states), token=TOKEN)[path]
    headers = {"Authorization": shown} if shown else {}
    return asyncio.run(ask_asgi(endpoint, scope_of(f"/_nhip/{path}", **headers))).status


@pytest.mark.parametrize("served", [over_http, as_application])
@pytest.mark.parametrize(
    ("path", "shown", "status"),
    [
        pytest.param("healthz", "", 200, id="whether it lives"),
        pytest.param("readyz", "", 401, id="no token"),
        pytest.param("metrics", "", 401, id="no token for the metrics"),
        pytest.param("metrics", f"Bearer {TOKEN}", 200, id="the token"),
        pytest.param("readyz", f"Bearer {TOKEN}", 200, id="the token for readiness"),
        pytest.param("readyz", f"Bearer {TOKEN}x", 401, id="another token"),
        pytest.param("readyz", TOKEN, 401, id="another scheme"),
        pytest.param("readyz", "Bearer ", 401, id="an empty token"),
        pytest.param("readyz", "Bearer é", 401, id="no ASCII"),
    ],
)
def test_operations_show_a_token(
    states: dict[str, Check], served: Callable[..., int], path: str, shown: str, status: int
) -> None:
    assert served(states, path, shown) == status
