"""Uploaded files as the event loop sends them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from asgi import Client, ask, scope_of
from django.test import Client as Browser
from pytest_django import Settings

from cms.core.storage import unique_name_of
from cms.web.media import Media

PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg'/>"


async def elsewhere(_scope: object, _receive: object, send: Any) -> None:
    await send({"type": "http.response.start", "status": 404, "headers": [(b"x-from", b"elsewhere")]})
    await send({"type": "http.response.body", "body": b""})


class Open:
    """No picture is private."""

    async def is_for_all(self, _name: str) -> bool:
        return True


media = Media(elsewhere, Open())  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def folder(settings: Settings, tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    settings.MEDIA_ROOT = folder
    for name in ("images/anh.svg", "images/bang.csv.gz", "documents/mat.txt"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(PICTURE)
    return folder


async def test_an_uploaded_file_can_neither_be_sniffed_nor_run() -> None:
    answer = await ask(media, scope_of("/media/images/anh.svg"))

    assert (answer.status, answer.body) == (200, PICTURE)
    assert answer.headers["content-type"] == "image/svg+xml"
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert "script-src" not in policy


async def test_a_browser_keeps_a_file_and_asks_again_for_nothing() -> None:
    first = await ask(media, scope_of("/media/images/anh.svg"))
    again = await ask(media, scope_of("/media/images/anh.svg", If_None_Match=first.headers["etag"]))
    since = await ask(media, scope_of("/media/images/anh.svg", If_Modified_Since=first.headers["last-modified"]))

    assert first.headers["cache-control"].startswith("public, max-age=")
    assert (again.status, since.status) == (304, 304)
    assert again.headers["cache-control"] == first.headers["cache-control"]


@pytest.mark.parametrize(
    ("name", "lifetime"),
    [
        pytest.param(unique_name_of("Ảnh đẹp.JPG"), "public, max-age=31536000, immutable", id="a name of its own"),
        pytest.param("anh-dep.jpg", "public, max-age=86400", id="a name from before, or given by hand"),
    ],
)
async def test_a_file_is_kept_for_ever_if_its_name_is(folder: Path, name: str, lifetime: str) -> None:
    (folder / "images" / name).write_bytes(PICTURE)

    assert (await ask(media, scope_of(f"/media/images/{name}"))).headers["cache-control"] == lifetime


@pytest.mark.parametrize(
    "date",
    ["1 Jan 99999999999999999999 00:00:00 GMT", "Mon, 01 Jan 2020 00:00:00 +99999999999999", "hôm qua", "\0", "0"],
)
async def test_a_date_that_is_none_is_no_condition(date: str) -> None:
    assert (await ask(media, scope_of("/media/images/anh.svg", If_Modified_Since=date))).status == 200


async def test_a_changed_file_has_another_tag(folder: Path) -> None:
    before = await ask(media, scope_of("/media/images/anh.svg"))
    (folder / "images/anh.svg").write_bytes(PICTURE.replace(b"svg'", b"SVG'"))
    os.utime(folder / "images/anh.svg", ns=(1, 1))

    assert (await ask(media, scope_of("/media/images/anh.svg"))).headers["etag"] != before.headers["etag"]


async def test_a_video_can_be_watched_from_the_middle() -> None:
    answer = await ask(media, scope_of("/media/images/anh.svg", Range="bytes=1-3"))

    assert (answer.status, answer.body) == (206, PICTURE[1:4])
    assert answer.headers["content-range"] == f"bytes 1-3/{len(PICTURE)}"


async def test_a_compressed_upload_says_that_it_is() -> None:
    answer = await ask(media, scope_of("/media/images/bang.csv.gz"))

    assert (answer.headers["content-type"], answer.headers["content-encoding"]) == ("text/csv", "gzip")


@pytest.fixture
def links(folder: Path) -> None:
    outside = folder.parent / "bi-mat.txt"
    outside.write_text("bí mật", encoding="utf-8")
    (folder / "images/ra-ngoai.txt").symlink_to(outside)
    (folder / "images/rieng").symlink_to(folder / "documents")
    (folder / "images/vong").symlink_to(folder / "images/vong")
    os.mkfifo(folder / "images/ong")


NOT_THERE = [
    pytest.param("/media/documents/mat.txt", id="a document without Wagtail's check of permissions"),
    pytest.param("/media/images/../documents/mat.txt", id="the same by a detour"),
    pytest.param("/media/./documents/mat.txt", id="the same with a dot"),
    pytest.param("/media//documents/mat.txt", id="the same with two slashes"),
    pytest.param("/media/images/rieng/mat.txt", id="the same by a link"),
    pytest.param("/media/../../etc/passwd", id="outside the folder"),
    pytest.param("/media/images/ra-ngoai.txt", id="outside the folder by a link"),
    pytest.param("/media/images/vong", id="a link to itself"),
    pytest.param("/media/images/ong", id="a pipe"),
    pytest.param("/media/images/", id="a folder"),
    pytest.param("/media/images/anh.svg/x", id="below a file"),
    pytest.param("/media/", id="the folder itself"),
    pytest.param("/media/khong-co.png", id="a file that is not there"),
    pytest.param("/media/" + 300 * "a", id="a name that is too long"),
    pytest.param("/media/" + 3000 * "a/", id="a path that is too long"),
    pytest.param("/media/images/\0.svg", id="a NUL"),
    pytest.param("/media/images/\ud800.svg", id="half a character"),
    pytest.param("/media/images/\ufffd.svg", id="no text"),
]


@pytest.mark.parametrize("path", NOT_THERE)
async def test_everything_else_is_the_sites(links: None, path: str) -> None:
    answer = await ask(media, scope_of(path))

    assert (answer.status, answer.headers["x-from"]) == (404, "elsewhere")


@pytest.mark.django_db
@pytest.mark.parametrize("path", [path for path in NOT_THERE if "\ud800" not in str(path.values[0])])
def test_the_site_has_it_neither(links: None, client: Browser, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.django_db
def test_under_djangos_own_server_a_file_is_the_same(client: Browser) -> None:
    response = client.get("/media/images/anh.svg")

    assert b"".join(response) == PICTURE  # type: ignore[arg-type]
    assert response["Content-Type"] == "image/svg+xml"
    assert "sandbox" in response["Content-Security-Policy"]
    response.close()


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/media/images/anh.svg"), ("GET", "/tin-tuc/"), ("GET", "/media")]
)
async def test_only_files_that_are_read_are_taken_from_the_site(method: str, path: str) -> None:
    answer = await ask(media, scope_of(path, method=method), Client())

    assert answer.headers["x-from"] == "elsewhere"
