"""Two hundred slow senders and two hundred slow readers are no one else's matter, with the proxy and without."""

from __future__ import annotations

import http.client
import re
import secrets
import sqlite3
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from patience import wait_until
from product import ADMIN_PASSWORD, Product
from proxy import Proxy, require_caddy
from slow_clients import SlowClients
from steady_load import SteadyLoad

SLOW = 200
LARGE = secrets.token_hex(512).encode() * 30_000
PAGES = ("/", "/admin/login/")  # one that may come from memory, one that Django makes each time
ASKED = 60
ATTACK_SECONDS = 23.0  # a body that comes too slowly is refused after 20
PATIENCE = 30.0  # of a reader on a busy machine; threads that are held would be held for minutes
VIEWS_A_SECOND = 20.0
BETWEEN_SECONDS = 2.0  # from some pages to the next: what holds a thread, holds it for longer

LOGIN = b"POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n"
BEACON = b"POST /_nhip/e HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\nContent-Length: 4000\r\n\r\n"
CHUNKED = b"POST /tin-tuc/ HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n10000\r\n"
UPLOADS = [LOGIN % 100_000, LOGIN % 50_000, BEACON, CHUNKED]


# A document is public if a published page links it; this is what Wagtail keeps of such a link.
LINK_FROM_HOME = """
    INSERT INTO wagtailcore_referenceindex
        (object_id, to_object_id, model_path, content_path, content_path_hash,
         base_content_type_id, content_type_id, to_content_type_id)
    SELECT site.root_page_id, :document, 'thu', 'thu', :hash, page.id, page.id, document.id
    FROM wagtailcore_site AS site, django_content_type AS page, django_content_type AS document
    WHERE page.app_label = 'wagtailcore' AND page.model = 'page'
        AND document.app_label = 'wagtaildocs' AND document.model = 'document'
"""


class Staff:
    """An editor's browser."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def sign_in(self) -> None:
        fields = {"username": "admin", "password": ADMIN_PASSWORD, "next": "/admin/", **self._token("/admin/login/")}
        self._post("/admin/login/", urllib.parse.urlencode(fields).encode(), "application/x-www-form-urlencoded")

    def upload_document(self, name: str, content: bytes) -> None:
        mark = secrets.token_hex(16)
        fields = {"title": name, **self._token("/admin/documents/add/")}
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in fields.items()
        ]
        file = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = "".join(parts).encode() + file.encode() + content + f"\r\n--{mark}--\r\n".encode()
        self._post("/admin/documents/add/", body, f"multipart/form-data; boundary={mark}")

    def _token(self, path: str) -> dict[str, str]:
        with self._browser.open(self._base_url + path, timeout=PATIENCE) as page:
            found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
        assert found is not None
        return {"csrfmiddlewaretoken": found[1]}

    def _post(self, path: str, body: bytes, content_type: str) -> None:
        request = urllib.request.Request(self._base_url + path, body, {"Content-Type": content_type})
        with self._browser.open(request, timeout=2 * PATIENCE) as page:
            assert page.geturl() != self._base_url + path, "the form was not accepted"


@pytest.fixture
def product(data_dir: Path) -> Iterator[Product]:
    with Product(data_dir, NHIP_TRUSTED_PROXIES="127.0.0.1") as product:
        yield product


@pytest.fixture(params=["embedded", "proxied"])
def port(request: pytest.FixtureRequest, product: Product, tmp_path: Path) -> Iterator[int]:
    """Where the readers ask: the one process itself, or the proxy of docker-compose.yml before it."""
    if request.param == "embedded":
        yield product.port
        return
    require_caddy()
    address = [f"127.0.0.1:{product.port}"]
    with Proxy(tmp_path / "proxy", web=address, collectors=address) as proxy:
        yield proxy.port


def test_slow_clients_are_no_one_elses_matter(product: Product, port: int, capsys: pytest.CaptureFixture[str]) -> None:
    staff = Staff(product.base_url)
    staff.sign_in()
    staff.upload_document("so-lieu.txt", LARGE)
    ask_pages(port)  # the first of each is made slowly
    quiet = ask_pages(port)

    downloads = [path_of_the_document(product), picture_of(product)]
    with SlowClients(port, uploads=UPLOADS * (SLOW // len(UPLOADS)), downloads=downloads * (SLOW // 2)) as slow:
        wait_until(lambda: slow.under_way > SLOW and slow.taken > SLOW * 1000, what=lambda: str(slow.answers))
        busy = ask_pages(port)  # they come late, not never, while four hundred clients are new
        with SteadyLoad([port], key=product.key, rate=VIEWS_A_SECOND) as load:
            until = time.monotonic() + ATTACK_SECONDS
            busy += ask_pages(port)
            assert product.status("/_nhip/healthz") == 200
            staff.upload_document("trong-luc-do.txt", LARGE[:3_000_000])
            while time.monotonic() < until:
                time.sleep(BETWEEN_SECONDS)
                busy += ask_pages(port)
            assert product.status("/_nhip/healthz") == 200

        with capsys.disabled():
            print(f"\n{describe(busy)} beside slow clients, who got {dict(slow.answers)}; {describe(quiet)} before")  # noqa: T201
        if port == product.port:  # the proxy keeps its clients waiting for an answer until they have sent all
            assert {"413", "408"} == set(slow.answers)
        else:
            assert connections_of(product.port) < 2 * SLOW  # the readers', and few of the senders'
        assert load.acknowledged
        assert not load.refused
        assert load.sent == load.acknowledged
        pages = ",".join(map(str, sorted(load.acknowledged)[-100:]))
        product.wait_for(f"/_nhip/pages.json?ids={pages}", lambda answer: set(answer["pages"].values()) == {1})
        assert product.command("verify").returncode == 0
        assert product.stop() == 0
    assert "Traceback" not in product.output()


def ask_pages(port: int) -> list[float]:
    """Ask for ``ASKED`` pages, each on a connection of its own; the seconds that each took. All of them must come."""
    seconds = []
    for number in range(ASKED):
        began = time.perf_counter()
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request("GET", PAGES[number % len(PAGES)])
            answer = connection.getresponse()
            assert answer.read().endswith(b"</html>\n"), answer.status
            assert answer.status == 200
        seconds.append(time.perf_counter() - began)
    return seconds


def describe(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    p50, p99 = (1000 * ordered[int(len(ordered) * share)] for share in (0.5, 0.99))
    return f"{len(ordered)} pages, p50 {p50:.0f} ms, p99 {p99:.0f} ms"


def connections_of(port: int) -> int:
    """How many established connections the process at ``port`` has."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "01" for line in lines)


def path_of_the_document(product: Product) -> str:
    with closing(sqlite3.connect(product.data_dir / "cms.sqlite3")) as database:
        (number,) = database.execute("SELECT max(id) FROM wagtaildocs_document").fetchone()
        with database:
            database.execute(LINK_FROM_HOME, {"document": str(number), "hash": secrets.token_hex(16)})
    return f"/documents/{number}/so-lieu.txt"


def picture_of(product: Product) -> str:
    """A large file that everybody may have."""
    (product.data_dir / "media/images/phim.mp4").write_bytes(LARGE)
    return "/media/images/phim.mp4"
