"""The product on a disk that is filled to the last byte: it says so, keeps nothing half, and goes on by itself."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path

import msgspec
import pytest
from patience import PATIENCE, wait_until
from product import Product
from small_disk import fill, make_room, small_disk

from pipeline.tokens import PageToken, sign

PAGE = 4_711
PATH = "/dia-day/"
KNOWN, UNKNOWN = "/", "/tin-tuc/?lan-dau=1"
WORDS = "can't be written"


@pytest.fixture
def product(first_start: Path, tmp_path: Path) -> Iterator[Product]:
    with small_disk(tmp_path / "disk", megabytes=256) as disk:
        data_dir = Path(shutil.copytree(first_start, disk, symlinks=True, dirs_exist_ok=True))
        with Product(data_dir) as product:
            yield product


def test_a_full_disk_is_said_everywhere_and_views_count_again_when_there_is_room(product: Product) -> None:
    assert product.view(PAGE, PATH) == 202
    assert product.status(KNOWN) == 200
    fill(product.data_dir)
    wait_until(lambda: _send(product)[0] == 503, seconds=PATIENCE)  # the log's own files have some room
    fill(product.data_dir)
    _send(product)

    assert Counter(_send(product) for _ in range(100)) == {(503, "not-stored", "1"): 100}
    assert product.status("/_nhip/readyz") == 503
    assert product.status("/_nhip/healthz") == 200
    told = product.command("status")
    assert told.returncode == 1
    assert WORDS in told.stdout
    assert "giải phóng đĩa" in told.stdout
    assert product.status(KNOWN) == 200, "pages at hand"
    assert product.status(UNKNOWN) == 200, "pages of the database"

    make_room(product.data_dir)
    wait_until(lambda: product.status("/_nhip/readyz") == 200, seconds=PATIENCE)
    before = product.verify()["views"]
    assert product.view(PAGE, PATH) == 202
    wait_until(lambda: product.verify()["views"] == before + 1, seconds=PATIENCE)
    found = product.verify()
    assert (found["missing"], found["repeated"], found["unexplained"]) == (0, 0, 0)

    said = product.output()
    assert said.count("the log takes no views") == 1
    assert "Traceback" not in said


def _send(product: Product) -> tuple[int, str | None, str | None]:
    """A view's status, its reason and when to come again."""
    token = sign(PageToken(site=1, page_id=PAGE, locale="vi", path=PATH), key=product.key)
    headers = {"Content-Type": "text/plain;charset=UTF-8", "User-Agent": "Mozilla/5.0 Firefox/150.0"}
    body = msgspec.json.encode({"t": token, "p": PATH}).decode()
    with closing(HTTPConnection("127.0.0.1", product.port, timeout=PATIENCE)) as connection:
        connection.request("POST", "/_nhip/e", body=body, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("X-Nhip"), answer.getheader("Retry-After")
