"""Static files as the product's server sends them."""

from __future__ import annotations

import asyncio
import gzip
import threading
from collections.abc import Mapping
from typing import Any, NamedTuple

import brotli
import pytest
from django.contrib.staticfiles import finders
from django.templatetags.static import static

from cms.core.hashed_files import hashed_files
from cms.web.static_files import StaticFiles
from pipeline.process.http import Receive, Scope, Send, respond, text

CSS = "core/css/site.css"
SCRIPT = "wagtailadmin/js/wagtailadmin.js"
FONT = "core/fonts/be-vietnam-pro-400-normal.woff2"


async def elsewhere(_scope: Scope, _receive: Receive, send: Send) -> None:
    await respond(text(200, "elsewhere"), send)


@pytest.fixture
def files() -> StaticFiles:
    return StaticFiles(elsewhere)


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


def scope_of(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    told = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "query_string": b"", "headers": told}


async def ask(files: StaticFiles, path: str, method: str = "GET", **headers: str) -> Answer:
    """What a reader gets who stays."""
    messages: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return await asyncio.Future[Mapping[str, Any]]()

    async def send(message: Mapping[str, Any]) -> None:
        messages.append(message)

    await files(scope_of(path, method, **headers), receive, send)
    start, *parts = messages
    told = {name.decode(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, b"".join(part.get("body", b"") for part in parts))


def content_of(name: str) -> bytes:
    found = hashed_files().find(name)
    assert found
    return hashed_files().content(found)


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        pytest.param("gzip, deflate, br, zstd", "br", id="a browser over https"),
        pytest.param("gzip, deflate", "gzip", id="a browser over http"),
        pytest.param("zstd", "zstd", id="zstd alone"),
        pytest.param("br;q=0, gzip", "gzip", id="not br"),
        pytest.param("", None, id="none"),
    ],
)
async def test_text_comes_compressed_as_the_reader_takes_it(
    files: StaticFiles, accepted: str, encoding: str | None
) -> None:
    answer = await ask(files, static(CSS), accept_encoding=accepted)

    assert answer.status == 200
    assert answer.headers.get("content-encoding") == encoding
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(answer.body)
    if encoding in ("br", "gzip"):
        unpacked = brotli.decompress(answer.body) if encoding == "br" else gzip.decompress(answer.body)
        assert unpacked == content_of(CSS)
        assert len(answer.body) < len(unpacked) / 3


async def test_a_font_comes_as_it_is_from_any_origin(files: StaticFiles) -> None:
    answer = await ask(files, static(FONT), accept_encoding="gzip, br")

    assert answer.headers["content-type"] == "font/woff2"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "content-encoding" not in answer.headers
    assert answer.body == content_of(FONT)


async def test_a_head_tells_the_length_and_has_no_body(files: StaticFiles) -> None:
    whole = await ask(files, static(CSS), accept_encoding="br")
    head = await ask(files, static(CSS), method="HEAD", accept_encoding="br")

    assert head.body == b""
    assert head.headers == whole.headers


async def test_a_reader_who_has_a_file_gets_none_of_it(files: StaticFiles) -> None:
    etag = (await ask(files, static(CSS), accept_encoding="br")).headers["etag"]

    assert (await ask(files, static(CSS), accept_encoding="br", if_none_match=etag)).status == 304
    assert (await ask(files, static(CSS), accept_encoding="gzip", if_none_match=etag)).status == 200


async def test_a_part_of_a_file_is_that_of_what_is_sent(files: StaticFiles) -> None:
    whole = await ask(files, static(CSS), accept_encoding="br")
    part = await ask(files, static(CSS), accept_encoding="br", range="bytes=10-19")
    beyond = await ask(files, static(CSS), range="bytes=9999999-")

    assert (part.status, part.body) == (206, whole.body[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.body)}"
    assert beyond.status == 416


async def test_what_is_no_file_is_refused_and_other_paths_are_elsewheres(files: StaticFiles) -> None:
    assert (await ask(files, "/static/no-such.css")).status == 404
    assert (await ask(files, "/static/")).status == 404
    assert (await ask(files, "/static/../manage.py")).status == 404
    assert (await ask(files, static(CSS), method="POST")).status == 405
    assert (await ask(files, "/")).body == b"elsewhere"


async def test_every_file_is_sent_under_its_own_name(files: StaticFiles) -> None:
    for finder in finders.get_finders():
        for name, _storage in finder.list(()):
            answer = await ask(files, static(name))
            assert (answer.status, answer.body) == (200, content_of(name)), name


async def test_two_hundred_readers_who_stop_reading_hold_no_thread_and_nobody_up(files: StaticFiles) -> None:
    await ask(files, static(SCRIPT), accept_encoding="br")
    threads = threading.active_count()

    async def never_takes_more(_message: Mapping[str, Any]) -> None:
        await asyncio.Event().wait()

    async def stays() -> Mapping[str, Any]:
        return await asyncio.Future[Mapping[str, Any]]()

    scope = scope_of(static(SCRIPT), accept_encoding="br")
    stalled = [asyncio.create_task(files(scope, stays, never_takes_more)) for _ in range(200)]
    await asyncio.sleep(0)
    assert (await ask(files, static(SCRIPT), accept_encoding="br")).status == 200
    assert threading.active_count() == threads
    assert not any(reader.done() for reader in stalled)
    for reader in stalled:
        reader.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)


async def test_readers_who_ask_at_once_share_a_compression_that_none_of_them_ends(
    files: StaticFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    compressed = []
    compress = brotli.compress
    monkeypatch.setattr(brotli, "compress", lambda content, **how: compressed.append(1) or compress(content, **how))

    first = asyncio.create_task(ask(files, static(SCRIPT), accept_encoding="br"))
    others = [asyncio.create_task(ask(files, static(SCRIPT), accept_encoding="br")) for _ in range(5)]
    await asyncio.sleep(0)
    first.cancel()

    assert {(await other).status for other in others} == {200}
    assert len(compressed) == 1
