"""A webhook goes to the outside alone, by https, to the address that was checked, under the receiver's own name."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from missing import require_openssl
from webhook_receiver import receiving

from cms.announcing import sending
from cms.announcing.addresses import is_inner
from cms.announcing.sending import Message, Outcome, send_all

INNER = (
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.5",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",  # a provider's metadata
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "192.0.2.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fd00::5",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:10.0.0.5",
    "::ffff:127.0.0.1",
    "::ffff:a9fe:a9fe",
    "64:ff9b::a00:5",  # NAT64 of 10.0.0.5
    "2002:a00:5::1",  # 6to4 of 10.0.0.5
    "2001:0:4136:e378:8000:63bf:f5ff:fffa",  # Teredo of 10.0.0.5
    "::10.0.0.5",
    "fec0::5",
    "feff::5",
    "3fff::5",
    "192.0.0.8",
    "192.88.99.1",
    "168.63.129.16",
    "::ffff:168.63.129.16",
    "not an address",
)
OUTER = ("203.162.4.191", "8.8.8.8", "2001:4860:4860::8888", "2405:4800::1", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_known(address: str) -> None:
    assert is_inner(address)


@pytest.mark.parametrize("address", OUTER)
def test_an_outer_address_is_known(address: str) -> None:
    assert not is_inner(address)


def send_one(url: str, *, inner_allowed: bool = False, seconds: float = 5.0) -> Outcome:
    (outcome,) = send_all([Message(url, b"{}", {})], inner_allowed=inner_allowed, seconds=seconds)
    return outcome


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1", "0", "017700000001"],
)
def test_nothing_reaches_this_machine_however_its_address_is_written(host: str) -> None:
    with receiving() as receiver:
        outcome = send_one(f"https://{host}:{receiver.port}/")

    assert outcome.status == 0
    assert outcome.words.startswith(("Không gửi: địa chỉ nằm trong mạng nội bộ", "Không tìm thấy tên máy chủ"))
    assert receiver.hosts == []


def test_a_name_that_leads_inside_and_outside_goes_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, [["203.162.4.191", "10.0.0.5"]])

    assert "mạng nội bộ" in send_one("https://receiver.example/").words


def test_a_name_is_asked_for_once_and_the_checked_address_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to the inside a moment later would reach what only the inside may."""
    asked = resolve_to(monkeypatch, [["203.0.113.0"], ["127.0.0.1"]])
    monkeypatch.setattr("cms.announcing.addresses.is_inner", lambda address: address.startswith("127."))
    connected: list[Any] = []

    async def note(destination: sending.Destination, _message: Message) -> Outcome:
        connected.append(destination)
        return Outcome(204, "")

    monkeypatch.setattr(sending, "_post_to", note)

    send_one("https://receiver.example:8443/hook?a=1")

    assert asked == ["receiver.example"]
    (to,) = connected
    assert (to.url, to.host, to.authority) == (
        "https://203.0.113.0:8443/hook?a=1",
        "receiver.example",
        "receiver.example:8443",
    )


def resolve_to(monkeypatch: pytest.MonkeyPatch, answers: list[list[str]]) -> list[str]:
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, **_kind: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[len(asked) - 1]]

    monkeypatch.setattr("cms.announcing.addresses.socket.getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.parametrize(
    "url", ["http://receiver.example/", "ftp://receiver.example/", "file:///etc/passwd", "https://"]
)
def test_only_https_is_spoken(url: str) -> None:
    assert send_one(url).words.startswith("Không ")


@pytest.mark.parametrize("url", ["https://receiver.invalid/", "https://x:99999/", "https://[::1/", "https://a\nb/"])
def test_what_is_no_address_costs_no_more_than_a_word(url: str) -> None:
    outcome = send_one(url)

    assert (outcome.status, outcome.words != "") == (0, True)


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.failing = ["redirect"]
        outcome = send_one(receiver.url, inner_allowed=True)

    assert (outcome.status, outcome.is_delivered, receiver.taken) == (302, False, [])


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, receiving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        receiver.failing = [200]
        assert send_one(receiver.url, inner_allowed=True).is_delivered

    assert proxy.hosts == []


def test_an_answer_that_trickles_costs_no_more_than_the_bound() -> None:
    """Each byte comes in time; the whole never does."""
    listener = socket.create_server(("127.0.0.1", 0))

    def trickle() -> None:
        connection, _address = listener.accept()
        with connection:
            for byte in b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 400:
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    return
                time.sleep(0.02)

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    began = time.monotonic()
    outcome = send_one(f"http://127.0.0.1:{listener.getsockname()[1]}/", inner_allowed=True, seconds=0.5)
    took = time.monotonic() - began
    listener.close()
    thread.join()

    assert (outcome.status, outcome.words) == (0, "Không trả lời trong 0.5 giây")
    assert took < 4


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The port of a server with a certificate for `localhost` alone, which the sender trusts."""
    require_openssl()
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-days",
        "2",
    ]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, *names, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(str(self.headers["Host"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    seen: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setattr(sending, "_trusted", lambda: ssl.create_default_context(cafile=str(certificate)))
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()
    assert set(seen) <= {f"localhost:{server.server_port}"}


def test_the_certificate_is_of_the_name_though_the_connection_is_to_a_number(certified: int) -> None:
    assert send_one(f"https://localhost:{certified}/hook", inner_allowed=True).status == 204


def test_a_certificate_of_another_name_is_refused(certified: int) -> None:
    outcome = send_one(f"https://127.0.0.1:{certified}/hook", inner_allowed=True)

    assert (outcome.status, outcome.words) == (0, "Chứng chỉ TLS của nơi nhận không đúng")
