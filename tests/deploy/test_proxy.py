"""The real Caddy with the Caddyfile of docker-compose.yml: the client's address, the shut paths, the stream."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from part import free_port
from patience import PATIENCE
from proxy import CADDYFILE, Proxy, require_caddy

from cms.runtime.bodies import FORM_BYTES, UPLOAD_BYTES
from pipeline.process.connections import IDLE_SECONDS
from pipeline.process.http import PREFIX

PUBLIC = ("e", "luot", "b.js", "summary.json", "pages.json", "live", "healthz")
SHUT = ("readyz", "metrics", "nothing")
FIRST_BEAT_READ = threading.Event()  # the second beat of a stream waits for it
READ_SECONDS = 10.0


class Upstream(BaseHTTPRequestHandler):
    """Answers its name and the request's headers; ``/_nhip/live`` streams a beat at a time."""

    protocol_version = "HTTP/1.1"
    name = ""

    def do_POST(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/_nhip/live"):
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


@pytest.mark.parametrize("name", SHUT)
@pytest.mark.parametrize(
    "spelling", ["/_nhip/{}", "/_nhip//{}", "//_nhip/{}", "/_NHIP/{}", "/a/../_nhip/{}", "/%5fnhip/{}"]
)
def test_a_path_for_operations_never_reaches_a_process(proxy: Proxy, name: str, spelling: str) -> None:
    assert ask(proxy, spelling.format(name))[0] == 404


@pytest.mark.parametrize("path", ["/", "/_nhip/e"])
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


def test_the_proxy_takes_as_much_as_the_site(tmp_path: Path) -> None:
    assert {UPLOAD_BYTES} == {
        handler["max_size"] for handler in handlers(tmp_path, "request_body") if handler["max_size"] > FORM_BYTES
    }


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

    assert answer.status == 502
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
