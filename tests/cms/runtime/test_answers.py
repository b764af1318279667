from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from asgi import Answer, Client, scope_of
from asgi import ask as ask_asgi

from cms.runtime import answers, files
from cms.runtime.answers import AnswerTooLarge, ask, send_answer

CONTENT = b"0123456789" * 100_000
CHANGED = "Fri, 27 Nov 2026 08:00:00 GMT"
HEADERS = [("Content-Type", "application/pdf"), ("ETag", '"abc"'), ("Last-Modified", CHANGED)]


async def answer_of(application: Any, scope: dict[str, Any] | None = None, client: Client | None = None) -> Answer:
    scope = scope or scope_of("/")

    async def asgi(_scope: object, receive: Any, send: Any) -> None:
        await send_answer(ask(application, {}), scope, receive, send)

    return await ask_asgi(asgi, scope, client)


class Page:
    """An answer that says when it was closed."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks = chunks
        self.closed = False

    def __call__(self, _environ: Any, start: Any) -> Page:
        start("200 OK", [("Content-Type", "text/html"), ("X-Names", " two ")])
        return self

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.chunks)

    def close(self) -> None:
        self.closed = True


def temporary(content: bytes) -> IO[bytes]:
    file = tempfile.TemporaryFile()  # noqa: SIM115 - its answer is closed with it
    file.write(content)
    file.seek(0)
    return file


@pytest.fixture
def document(tmp_path: Path) -> Any:
    path = tmp_path / "so-lieu.pdf"
    path.write_bytes(CONTENT)

    def application(environ: Any, start: Any) -> Any:
        start("200 OK", HEADERS)
        return environ["wsgi.file_wrapper"](path.open("rb"), 4096)

    return application


async def test_an_answer_is_taken_whole_and_closed_before_a_byte_is_sent() -> None:
    page = Page(b"<p>", b"Ch\xc3\xa0o", b"</p>")

    taken = ask(page, {})
    assert page.closed
    answer = await answer_of(page)

    assert taken.body == answer.body == "<p>Chào</p>".encode()
    assert answer.headers == {"content-type": "text/html", "x-names": "two", "content-length": "12"}


async def test_a_large_answer_that_is_no_file_waits_in_one() -> None:
    answer = await answer_of(Page(*[b"x" * 1000] * 5000))

    assert answer.body == b"x" * 5_000_000
    assert answer.headers["content-length"] == "5000000"
    assert answer.chunks > 10


def test_an_answer_without_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "ANSWER_BYTES", 10_000)
    page = Page(*[b"x" * 1000] * 11)

    with pytest.raises(AnswerTooLarge):
        ask(page, {})
    assert page.closed


async def test_what_is_written_comes_before_what_is_returned() -> None:
    def application(_environ: Any, start: Any) -> list[bytes]:
        start("200 OK", [])(b"first ")
        return [b"second"]

    assert (await answer_of(application)).body == b"first second"


async def test_a_file_is_sent_piece_by_piece_after_its_request_has_ended(document: Any) -> None:
    answer = await answer_of(document)

    assert answer.body == CONTENT
    assert answer.chunks == -(-len(CONTENT) // files.CHUNK_BYTES)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    "make",
    [pytest.param(io.BytesIO, id="in memory"), pytest.param(temporary, id="without a name")],
)
async def test_a_file_from_elsewhere_is_sent_too(make: Any) -> None:
    def application(environ: Any, start: Any) -> Any:
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](make(b"a workbook"), 4096)

    answer = await answer_of(application)

    assert (answer.body, answer.headers["content-length"]) == (b"a workbook", "10")


async def test_the_head_of_a_file_is_that_of_the_file(document: Any) -> None:
    answer = await answer_of(document, scope_of("/", method="HEAD"))

    assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", str(len(CONTENT)))


LAST = len(CONTENT) - 1
RANGES = [
    pytest.param({"Range": "bytes=10-19"}, 206, b"0123456789", f"bytes 10-19/{LAST + 1}", id="the middle"),
    pytest.param({"Range": f"bytes={LAST}-"}, 206, b"9", f"bytes {LAST}-{LAST}/{LAST + 1}", id="from a byte on"),
    pytest.param({"Range": "bytes=-2"}, 206, b"89", f"bytes {LAST - 1}-{LAST}/{LAST + 1}", id="the end"),
    pytest.param(
        {"Range": f"bytes={LAST}-9999999999"}, 206, b"9", f"bytes {LAST}-{LAST}/{LAST + 1}", id="past the end"
    ),
    pytest.param({"Range": "bytes=-9999999999"}, 206, CONTENT, f"bytes 0-{LAST}/{LAST + 1}", id="more than there is"),
    pytest.param({"Range": f"bytes={LAST + 1}-"}, 416, b"", f"bytes */{LAST + 1}", id="behind the end"),
    pytest.param({"Range": "bytes=-0"}, 416, b"", f"bytes */{LAST + 1}", id="nothing"),
    pytest.param({"Range": "bytes=0-1,5-6"}, 200, CONTENT, None, id="several"),
    pytest.param({"Range": "bytes=5-2"}, 200, CONTENT, None, id="backwards"),
    pytest.param({"Range": "bytes=a-b"}, 200, CONTENT, None, id="letters"),
    pytest.param({"Range": "bytes=-"}, 200, CONTENT, None, id="no number"),
    pytest.param({"Range": "bytes=" + "9" * 5000 + "-"}, 200, CONTENT, None, id="too long a number"),
    pytest.param({"Range": "pages=1-2"}, 200, CONTENT, None, id="another unit"),
    pytest.param({"Range": "bytes=0-0", "If_Range": '"abc"'}, 206, b"0", f"bytes 0-0/{LAST + 1}", id="same tag"),
    pytest.param({"Range": "bytes=0-0", "If_Range": CHANGED}, 206, b"0", f"bytes 0-0/{LAST + 1}", id="same time"),
    pytest.param({"Range": "bytes=0-0", "If_Range": '"old"'}, 200, CONTENT, None, id="another tag"),
    pytest.param({"Range": "bytes=0-0", "If_Range": 'W/"abc"'}, 200, CONTENT, None, id="a weak tag"),
]


@pytest.mark.parametrize(("headers", "status", "body", "said"), RANGES)
async def test_a_part_of_a_file(document: Any, headers: dict[str, str], status: int, body: bytes, said: Any) -> None:
    answer = await answer_of(document, scope_of("/", **headers))

    assert (answer.status, answer.headers.get("content-range")) == (status, said)
    assert answer.body == body
    assert answer.headers["content-length"] == str(len(body))


CONDITIONS = [
    pytest.param({"If_None_Match": '"abc"'}, 304, id="the tag"),
    pytest.param({"If_None_Match": '"x", W/"abc"'}, 304, id="one of several"),
    pytest.param({"If_None_Match": "*"}, 304, id="any"),
    pytest.param({"If_None_Match": '"old"', "If_Modified_Since": CHANGED}, 200, id="another tag, whatever the time"),
    pytest.param({"If_Modified_Since": CHANGED}, 304, id="the time"),
    pytest.param({"If_Modified_Since": "Fri, 27 Nov 2026 07:59:59 GMT"}, 200, id="an earlier time"),
    pytest.param({"If_Modified_Since": "gần đây"}, 200, id="no time"),
    pytest.param({"If_Modified_Since": "Fri, 99 Nov 2026 99:99:99 GMT"}, 200, id="an impossible time"),
    pytest.param({"If_None_Match": '"abc"', "Range": "bytes=0-1"}, 304, id="before a range"),
]


@pytest.mark.parametrize(("headers", "status"), CONDITIONS)
async def test_a_reader_that_has_the_file_gets_no_other(document: Any, headers: dict[str, str], status: int) -> None:
    answer = await answer_of(document, scope_of("/", **headers))

    assert answer.status == status
    assert answer.body == (CONTENT if status == 200 else b"")
    assert answer.headers["etag"] == '"abc"'
    assert ("content-length" in answer.headers) == (status == 200)


async def test_a_reader_that_leaves_is_sent_no_more(document: Any) -> None:
    answer = await answer_of(document, client=Client(leaves=True))

    assert answer.status == 200
    assert answer.chunks <= 2
    assert not answer.complete
