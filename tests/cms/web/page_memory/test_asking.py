"""Which requests may be answered from memory, and which of them ask for the same page."""

from __future__ import annotations

from typing import Any

import pytest
from asgi import scope_of

from cms.web.encodings import choose, compress
from cms.web.page_memory.asking import Asked, Questions

QUESTIONS = Questions(
    private_paths=("/admin/", "/documents/"), private_cookies=("sessionid", "messages"), hosts=["a.example"]
)


def ask(
    path: str = "/tin-tuc/", *, query: bytes = b"", method: str = "GET", host: str = "a.example", **headers: str
) -> Asked | None:
    return QUESTIONS.read(scope_of(path, method=method, query=query, host=host, **headers))


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({"method": "POST"}, id="posting"),
        pytest.param({"method": "OPTIONS"}, id="options"),
        pytest.param({"path": "/admin/login/"}, id="the admin"),
        pytest.param({"path": "/documents/3/a.pdf"}, id="a document"),
        pytest.param({"cookie": "sessionid=abc"}, id="a session"),
        pytest.param({"cookie": "a=b; sessionid=abc"}, id="a session among other cookies"),
        pytest.param({"cookie": "messages=abc"}, id="a message waits"),
        pytest.param({"authorization": "Bearer abc"}, id="credentials"),
        pytest.param({"query": b"q=" + b"a" * 2000}, id="an endless query"),
        pytest.param({"path": "/a" * 2000}, id="an endless path"),
        pytest.param({"host": "a.example:" + "1" * 60_000}, id="an endless port"),
        pytest.param({"host": "evil.example"}, id="another site's name"),
        pytest.param({"host": ""}, id="no name"),
        pytest.param({"host": "a.example:port"}, id="a port that is none"),
        pytest.param({"content_length": "3"}, id="a body"),
        pytest.param({"transfer_encoding": "chunked"}, id="a body of unknown length"),
    ],
)
def test_a_reader_whom_the_site_may_know_is_for_django(request_: dict[str, Any]) -> None:
    assert ask(**request_) is None


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param({}, id="a page"),
        pytest.param({"method": "HEAD"}, id="its head"),
        pytest.param({"cookie": "csrftoken=abc; theme=dark"}, id="cookies that say nothing"),
        pytest.param({"cookie": "__Host-nhip_staff=20789.AbC-dEf"}, id="the cookie of staff"),
        pytest.param({"query": b"utm_source=zalo&fbclid=1"}, id="a link of a campaign"),
        pytest.param({"referer": "https://search.example/?q=secret"}, id="from elsewhere"),
        pytest.param({"cache_control": "no-cache"}, id="a reload"),
    ],
)
def test_everybody_else_asks_for_the_same_page(request_: dict[str, Any]) -> None:
    asked, plain = ask(**request_), ask()
    assert asked
    assert plain
    assert asked.key == plain.key


def test_what_a_page_depends_on_tells_pages_apart() -> None:
    asked = [ask(), ask("/"), ask(query=b"page=2"), ask(query=b"page=3"), ask(query=b"page=2&page=3")]
    assert len({request.key for request in asked if request}) == 5


def test_a_field_of_a_campaign_leaves_the_others_as_they_are() -> None:
    with_campaign, without = ask(query=b"page=2&utm_source=zalo&kind="), ask(query=b"page=2&kind=")
    assert with_campaign
    assert without
    assert with_campaign.key == without.key


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        pytest.param("", "identity", id="nothing"),
        pytest.param("gzip, deflate, br, zstd", "br", id="a browser of today"),
        pytest.param("gzip, deflate, br", "br", id="Safari"),
        pytest.param("zstd, gzip", "zstd", id="zstd before gzip"),
        pytest.param("gzip", "gzip", id="an old browser"),
        pytest.param("br;q=0, gzip;q=0.5", "gzip", id="br refused"),
        pytest.param("identity", "identity", id="as it is"),
        pytest.param("*", "br", id="anything"),
        pytest.param("*;q=0", "identity", id="nothing else"),
        pytest.param("BR", "br", id="capitals"),
        pytest.param("gzip ; q = 0.5", "gzip", id="spaces"),
        pytest.param("gzip;x=2;q=1", "gzip", id="another parameter"),
        pytest.param("br;q=nonsense, gzip;q=", "gzip", id="nonsense"),
    ],
)
def test_the_encoding_is_the_smallest_that_the_reader_takes(accepted: str, encoding: str) -> None:
    assert choose(accepted.encode()) == encoding


def test_the_same_bytes_compress_to_the_same_bytes() -> None:
    body = "Thống kê truy cập ".encode() * 1000
    for encoding in ("br", "zstd", "gzip"):
        assert compress(body, encoding) == compress(body, encoding) != body  # type: ignore[arg-type]
