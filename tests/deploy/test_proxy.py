"""The real Caddy with the Caddyfile of docker-compose.yml: the client's address, the shut paths, the stream."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from part import ROOT, free_port
from patience import PATIENCE
from proxy import CADDYFILE, Proxy, caddy_program, require_caddy

from cms.runtime.bodies import UPLOAD_BYTES
from cms.statistics.reports.api import BODY_BYTES
from pipeline.collecting.beacon import MAX_BODY_BYTES
from pipeline.process.connections import IDLE_SECONDS
from pipeline.process.headers import EVERY
from pipeline.process.http import PREFIX
from pipeline.reports.openapi import QUERY_PATH

PUBLIC = ("e", "luot", "b.js", "doc", "doc.js", "nhip.js", "summary.json", "pages.json", "live", "healthz")
ABOUT_TRAFFIC = ("reports/query", "reports/schema.json", "reports/openapi.json")
SHUT = ("readyz", "metrics", "nothing", "reports", "report/query")
FIRST_BEAT_READ = threading.Event()  # the second beat of a stream waits for it
READ_SECONDS = 60.0
DYING = "?dying=1"  # an upstream that gets this dies before it answers
ASKED: list[tuple[str, str]] = []  # name of the upstream, path


class Upstream(BaseHTTPRequestHandler):
    """Answers its name and the request's headers; ``/_nhip/live`` streams a beat at a time."""

    protocol_version = "HTTP/1.1"
    name = ""

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        ASKED.append((self.name, self.path))
        if self.path.endswith(DYING):
            self.close_connection = True
            return
        if self.path == "/_nhip/live":
            self._stream()
            return
        body = json.dumps({"name": self.name, "headers": dict(self.headers.items())}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_line: object) -> None:
        """Quiet."""

    def _stream(self) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self._beat(b"first")
        self._beat(b"second" if FIRST_BEAT_READ.wait(READ_SECONDS) else b"held back")

    def _beat(self, text: bytes) -> None:
        self.wfile.write(b"data: %s\n\n" % text)
        self.wfile.flush()


class Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a proxy that stops cuts its connections
            super().handle_error(request, client_address)  # type: ignore[arg-type]


def start_upstream(name: str) -> tuple[ThreadingHTTPServer, str]:
    server = Server(("127.0.0.1", 0), type("Named", (Upstream,), {"name": name}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"127.0.0.1:{server.server_address[1]}"


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    require_caddy()
    (web, web_address), (collector, collector_address) = start_upstream("web"), start_upstream("collector")
    gone = f"127.0.0.1:{free_port()}"
    directory = tmp_path_factory.mktemp("proxy")
    with Proxy(directory, web=[web_address], collectors=[gone, collector_address], tls=True) as proxy:
        yield proxy
        proxy.stop()
    for server in (web, collector):
        server.shutdown()
        server.server_close()


def connect(proxy: Proxy) -> http.client.HTTPSConnection:
    trusting = ssl.create_default_context(cafile=str(proxy.authority))
    return http.client.HTTPSConnection("localhost", proxy.port, timeout=PATIENCE, context=trusting)


def ask(
    proxy: Proxy, path: str, *, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, bytes]:
    connection = connect(proxy)
    connection.request(
        method, path, body=body, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def told(proxy: Proxy, path: str, **headers: str) -> tuple[str, dict[str, str]]:
    """The name of the upstream that answered, and the headers of its request."""
    status, body = ask(proxy, path, **headers)
    assert status == 200, body
    answer = json.loads(body)
    return answer["name"], {name.lower(): value for name, value in answer["headers"].items()}


@pytest.mark.parametrize("name", [name for name in PUBLIC if name != "live"])
def test_a_public_path_goes_to_a_collector_even_when_one_is_away(proxy: Proxy, name: str) -> None:
    assert told(proxy, PREFIX + name)[0] == "collector"


@pytest.mark.parametrize("path", ["/", "/admin/", "/tin-tuc/?page=2", "/_nhip", "/static/x.css"])
def test_everything_else_goes_to_the_site(proxy: Proxy, path: str) -> None:
    assert told(proxy, path)[0] == "web"


@pytest.mark.parametrize("name", ABOUT_TRAFFIC)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_questions_about_traffic_go_to_the_site_with_their_token(proxy: Proxy, name: str, method: str) -> None:
    status, body = ask(
        proxy, PREFIX + name, method=method, body=b"{}" if method == "POST" else None, Authorization="Bearer a"
    )
    answer = json.loads(body)
    assert (status, answer["name"], answer["headers"]["Authorization"]) == (200, "web", "Bearer a")


@pytest.mark.parametrize(("size", "statuses"), [(BODY_BYTES, (200,)), (100_000, (413, 502))])
def test_a_question_is_as_long_as_the_site_takes_it(proxy: Proxy, size: int, statuses: tuple[int, ...]) -> None:
    assert ask(proxy, QUERY_PATH, method="POST", body=b"x" * size)[0] in statuses


@pytest.mark.parametrize("name", SHUT)
@pytest.mark.parametrize(
    "spelling", ["/_nhip/{}", "/_nhip//{}", "//_nhip/{}", "/_NHIP/{}", "/a/../_nhip/{}", "/%5fnhip/{}"]
)
def test_a_path_for_operations_never_reaches_a_process(proxy: Proxy, name: str, spelling: str) -> None:
    assert ask(proxy, spelling.format(name))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        pytest.param("GET", "/_nhip/readyz", None, 404, id="a path for operations"),
        pytest.param("POST", "/_nhip/e", (b"{}",), 411, id="a body of unknown length"),
    ],
)
def test_the_proxys_own_answer_says_how_a_browser_must_take_it(
    proxy: Proxy, method: str, path: str, body: tuple[bytes, ...] | None, status: int
) -> None:
    connection = connect(proxy)
    connection.request(method, path, body=body)
    answer = connection.getresponse()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()

    assert answer.status == status
    assert EVERY.items() <= headers.items()
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_program_is_the_one_of_the_image() -> None:
    require_caddy()
    version = subprocess.run([caddy_program(), "version"], capture_output=True, text=True, check=True).stdout.split()[0]

    assert f"\nFROM caddy:{version.removeprefix('v')}-alpine" in (ROOT / "Dockerfile").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["/", "/_nhip/e", "/_nhip/luot", "/_nhip/live?told=1"])
def test_the_address_of_a_client_is_the_one_the_proxy_saw(proxy: Proxy, path: str) -> None:
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example"}
    _name, headers = told(proxy, path, **forged)

    assert headers["x-forwarded-for"] in ("127.0.0.1", "::1")
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-host"].startswith("localhost")
    assert headers["host"] == f"localhost:{proxy.port}"


def test_a_live_stream_comes_through_beat_by_beat(proxy: Proxy) -> None:
    connection = connect(proxy)
    connection.request("GET", "/_nhip/live", headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    first = answer.readline()
    FIRST_BEAT_READ.set()
    rest = answer.read()
    connection.close()

    assert first == b"data: first\n"
    assert rest == b"\ndata: second\n\n", "the first came only with the second"


def test_a_body_too_large_for_a_beacon_is_refused_by_the_proxy(proxy: Proxy) -> None:
    assert ask(proxy, "/_nhip/e", method="POST", body=b"x" * 100_000)[0] in (413, 502)


def test_the_proxy_takes_as_much_as_the_site_and_little_more_than_a_collector(tmp_path: Path) -> None:
    limits = sorted({handler["max_size"] for handler in handlers(tmp_path, "request_body")})
    buffers = {handler.get("request_buffers") for handler in handlers(tmp_path, "reverse_proxy")}

    assert limits[2:] == [UPLOAD_BYTES]
    assert MAX_BODY_BYTES < limits[0] < 2 * MAX_BODY_BYTES
    assert BODY_BYTES < limits[1] < 1.1 * BODY_BYTES, "the site says that a question is too long"
    assert buffers == {None, 18_000}
    assert limits[0] < 18_000, "a body that fills the buffer is not read to its end first"


def test_an_idle_connection_is_left_by_the_proxy_before_the_process_closes_it(tmp_path: Path) -> None:
    kept = {handler["transport"]["keep_alive"]["idle_timeout"] for handler in handlers(tmp_path, "reverse_proxy")}

    assert {seconds / 1e9 < IDLE_SECONDS for seconds in kept} == {True}


def handlers(directory: Path, name: str) -> list[dict[str, Any]]:
    """What the Caddyfile says of the handlers of a kind, as Caddy understands it."""
    require_caddy()
    proxy = Proxy(directory, web=[], collectors=[])
    environment = proxy.environment() | {"NHIP_PLACE": str(CADDYFILE.with_name("compose.caddy"))}
    run = subprocess.run(proxy.command("adapt"), env=environment, capture_output=True, text=True, check=True)

    def find(place: Any) -> Iterator[dict[str, Any]]:
        if isinstance(place, dict):
            if place.get("handler") == name:
                yield place
            place = list(place.values())
        if isinstance(place, list):
            for item in place:
                yield from find(item)

    return list(find(json.loads(run.stdout)))


CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
BROKEN_BODIES = [
    pytest.param(CHUNKED + b"no number\r\n", id="no chunk"),
    pytest.param(CHUNKED + b"8000\r\n" + b"x" * 0x8000 + b"\r\n", id="chunks without end"),
    pytest.param(b"Content-Length: 100\r\n\r\nx", id="cut off"),
    pytest.param(b"Content-Length: 16000\r\n\r\n" + b"x" * 15_000, id="cut off late"),
]


@pytest.fixture(scope="module")
def two_collectors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Two that are there; behind a CDN, so that a test chooses the reader's address."""
    require_caddy()
    servers, addresses = zip(*(start_upstream(name) for name in ("one", "other")), strict=True)
    directory = tmp_path_factory.mktemp("two")
    with Proxy(directory, web=addresses, collectors=addresses, cdn="127.0.0.0/8 ::1/128") as proxy:
        yield proxy
        proxy.stop()
    for server in servers:
        server.shutdown()
        server.server_close()


def ask_plainly(
    proxy: Proxy, path: str, *, method: str = "GET", body: bytes | None = None, forwarded: str = "192.0.2.1"
) -> tuple[int, str]:
    """The status and, if an upstream answered, its name."""
    with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)) as connection:
        connection.request(method, path, body=body, headers={"X-Forwarded-For": forwarded})
        answer = connection.getresponse()
        content = answer.read()
    return answer.status, json.loads(content)["name"] if answer.status == 200 else ""


@pytest.mark.parametrize("path", ["/_nhip/e", "/_nhip/luot", "/_nhip/summary.json"])
@pytest.mark.parametrize("broken", BROKEN_BODIES)
def test_no_stranger_makes_a_collector_look_failed(two_collectors: Proxy, path: str, broken: bytes) -> None:
    _status, chosen = ask_plainly(two_collectors, path)
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 192.0.2.1\r\n".encode()
    for _ in range(8):  # some of them reach a collector before they break off
        with socket.create_connection(("127.0.0.1", two_collectors.port), timeout=PATIENCE) as connection:
            connection.sendall(head + broken)
            connection.shutdown(socket.SHUT_WR)
            with suppress(ConnectionError):
                connection.recv(100)

        assert ask_plainly(two_collectors, path) == (200, chosen), "its reader was sent to the other one"


def test_no_site_is_left_alone_for_what_looks_like_its_failure(tmp_path: Path) -> None:
    sites = [handler for handler in handlers(tmp_path, "reverse_proxy") if "request_buffers" not in handler]

    assert [handler["load_balancing"]["selection_policy"]["policy"] for handler in sites] == ["round_robin"] * 2
    assert not any("health_checks" in handler for handler in sites)


@pytest.mark.parametrize(
    ("method", "path", "times"),
    [
        pytest.param("POST", "/_nhip/e", 1, id="beacon"),
        pytest.param("GET", "/_nhip/luot", 1, id="pixel"),
        pytest.param("GET", "/_nhip/summary.json", 2, id="numbers"),
    ],
)
def test_what_may_have_been_counted_is_not_sent_to_the_other_collector(
    tmp_path: Path, method: str, path: str, times: int
) -> None:
    require_caddy()
    servers, addresses = zip(*(start_upstream(name) for name in ("one", "other")), strict=True)
    body = b"{}" if method == "POST" else None
    with Proxy(tmp_path / "proxy", web=addresses, collectors=addresses) as proxy:
        assert ask_plainly(proxy, path, method=method, body=body)[0] == 200  # the connection is kept, perhaps
        ASKED.clear()
        assert ask_plainly(proxy, path + DYING, method=method, body=body)[0] == 502
        proxy.stop()
    for server in servers:
        server.shutdown()
        server.server_close()

    assert len({name for name, _path in ASKED}) == times
    assert times == 2 or len(ASKED) == 1


def test_readers_behind_a_cdn_are_told_apart_and_keep_their_collector(two_collectors: Proxy) -> None:
    readers = [f"198.51.100.{number}" for number in range(20)]
    chosen = {reader: ask_plainly(two_collectors, "/_nhip/e", forwarded=reader)[1] for reader in readers}

    assert set(chosen.values()) == {"one", "other"}
    for reader in readers:  # what a client says before the CDN's own word is not believed
        said = f"203.0.113.9, {reader}, 127.0.0.1"
        assert ask_plainly(two_collectors, "/_nhip/luot", forwarded=said)[1] == chosen[reader]


def test_a_process_is_told_the_readers_own_address_behind_a_cdn(two_collectors: Proxy) -> None:
    for path in ("/", "/_nhip/e", "/_nhip/luot"):
        with closing(http.client.HTTPConnection("127.0.0.1", two_collectors.port, timeout=PATIENCE)) as connection:
            connection.request("GET", path, headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
            told_by_proxy = json.loads(connection.getresponse().read())["headers"]
        assert told_by_proxy["X-Forwarded-For"] == "198.51.100.7"


def test_plain_http_is_sent_to_https_or_not_served(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("localhost", proxy.port, timeout=10)
    connection.request("GET", "/")
    assert connection.getresponse().status == 400  # HTTP spoken to an HTTPS port
    connection.close()


def test_an_upstream_that_is_away_gives_a_sentence_and_a_log_without_addresses(tmp_path: Path) -> None:
    require_caddy()
    gone = [f"127.0.0.1:{free_port()}"]
    with Proxy(tmp_path / "proxy", web=gone, collectors=gone) as proxy:
        connection = http.client.HTTPConnection(
            "127.0.0.1", proxy.port, timeout=PATIENCE, source_address=("127.0.0.77", 0)
        )
        connection.request("GET", "/tin-tuc/", headers={"User-Agent": "Geheim/1.0", "X-Forwarded-For": "203.0.113.9"})
        answer = connection.getresponse()
        body, retry = answer.read().decode(), answer.headers["Retry-After"]
        connection.close()
        proxy.stop()

    assert answer.status == 503, "the script would take the view for one that may be stored"
    assert (retry, "Cổng thông tin tạm ngừng" in body) == ("5", True)
    for secret in ("127.0.0.77", "203.0.113.9", "Geheim"):
        assert secret not in proxy.output()


def test_the_caddyfile_is_valid_where_compose_puts_it(tmp_path: Path) -> None:
    require_caddy()
    proxy = Proxy(tmp_path, web=[], collectors=[])
    environment = proxy.environment() | {
        "NHIP_PLACE": str(CADDYFILE.with_name("compose.caddy")),
        "NHIP_SITE": "congthuong.example.gov.vn",
    }
    for certificate in ("internal", "webmaster@example.gov.vn"):
        given = environment | {"NHIP_TLS": certificate}
        run = subprocess.run(proxy.command("validate"), env=given, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
