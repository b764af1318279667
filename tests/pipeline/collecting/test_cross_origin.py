"""Which other sites' pages may send views and read numbers: exactly those that the settings name."""

from __future__ import annotations

import gzip
from typing import Any, Protocol

import pytest

from pipeline.collecting.script import ELEMENT
from pipeline.collecting.script.build import LARGEST_ELEMENT
from pipeline.events import Event, PageView
from pipeline.process.cross_origin import TWO_HOURS
from pipeline.serving import live

OURS = "https://app.example.vn"
OTHER = "http://localhost:4321"
ENDPOINTS = (
    "e",
    "luot",
    "doc",
    "summary.json",
    "pages.json?ids=7",
    "live?site=x",
    "nhip.js",
)  # a stream that is refused, since one that is not goes on
# Like ours, and not ours.
STRANGERS = (
    "https://evil.example",
    "null",
    "",
    "https://app.example.vn.evil.example",
    "https://evil.example/https://app.example.vn",
    "http://app.example.vn",
    "https://app.example.vn:8443",
    "https://app.example.vn/",
    "https://sub.app.example.vn",
    "http://localhost:4322",
    "https://app.example.vn, https://evil.example",
)


class Answer(Protocol):
    status: int
    headers: dict[bytes, bytes]
    body: bytes
    reason: str


class Kit(Protocol):
    signed: str

    async def request(self, method: str, target: str, **options: Any) -> Answer: ...
    async def beacon(self, **changes: Any) -> Answer: ...
    def events(self) -> list[Event]: ...


@pytest.fixture
def front_ends() -> tuple[str, ...]:
    return (OURS, OTHER)


def cross_origin(answer: Answer) -> dict[bytes, bytes]:
    return {name: value for name, value in answer.headers.items() if name.startswith(b"access-control-")}


async def ask(collector: Kit, endpoint: str, origin: str | None, method: str = "", **headers: str) -> Answer:
    """As a browser does for a page of ``origin``; None: as a program does."""
    sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    if origin is not None:
        sent += [(b"origin", origin.encode()), (b"sec-fetch-site", b"cross-site")]
    method = method or ("POST" if endpoint in ("e", "doc") else "GET")
    return await collector.request(method, f"/_nhip/{endpoint}", headers=sent)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("origin", [OURS, OTHER, "HTTPS://APP.example.vn"])
async def test_every_answer_may_be_read_by_the_origins_that_are_named(
    collector: Kit, endpoint: str, origin: str
) -> None:
    answer = await ask(collector, endpoint, origin)
    assert answer.headers[b"access-control-allow-origin"] == origin.encode()
    assert answer.headers[b"vary"] == b"Origin"
    assert b"X-Nhip-Age" in answer.headers[b"access-control-expose-headers"]
    assert b"access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("origin", [*STRANGERS, None])
async def test_nobody_else_may_and_caches_tell_them_apart(collector: Kit, endpoint: str, origin: str | None) -> None:
    answer = await ask(collector, endpoint, origin)
    assert cross_origin(answer) == {}
    assert answer.headers[b"vary"] == b"Origin"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_preflight_is_answered_for_them_alone(collector: Kit, endpoint: str) -> None:
    asking = {"access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    answer = await ask(collector, endpoint, OURS, "OPTIONS", **asking)
    methods = answer.headers[b"access-control-allow-methods"]
    assert (answer.status, answer.headers[b"access-control-allow-origin"]) == (204, OURS.encode())
    assert (b"POST" in methods) == (endpoint in ("e", "doc"))
    assert b"Content-Type" in answer.headers[b"access-control-allow-headers"]
    assert answer.headers[b"access-control-max-age"] == TWO_HOURS
    for origin in STRANGERS:
        refused = await ask(collector, endpoint, origin, "OPTIONS", **asking)
        assert (refused.status, cross_origin(refused)) == (400 if "live" in endpoint else 405, {})


async def test_a_view_of_a_front_end_counts_and_one_of_a_stranger_does_not(collector: Kit) -> None:
    elsewhere = [(b"sec-fetch-site", b"cross-site")]
    counted = await collector.beacon(headers=[(b"origin", OURS.encode()), *elsewhere], r=f"{OURS}/other/page")
    assert (counted.status, cross_origin(counted)[b"access-control-allow-origin"]) == (202, OURS.encode())
    for stranger in STRANGERS:
        if stranger:
            refused = await collector.beacon(headers=[(b"origin", stranger.encode()), *elsewhere])
            # `have_front_end` takes an address for its origin, so that this one is ours for the count and not for CORS.
            assert refused.reason == ("" if stranger == f"{OURS}/" else "other-site")
    view = collector.events()[0]
    assert isinstance(view, PageView)
    assert (view.visit, view.source) == (False, ""), "from another page of the same front end"


@pytest.mark.parametrize(
    ("referer", "reason"),
    [
        pytest.param(f"{OURS}/", "", id="all that browsers tell another origin"),
        pytest.param(f"{OURS}/its/own/path", "", id="of a front end that lets them tell more"),
        pytest.param("https://evil.example/", "other-site", id="a stranger"),
        pytest.param("https://congthuong.example.vn/other/", "other-path", id="another page of ours"),
    ],
)
async def test_the_pixel_of_a_front_end_counts_the_page_of_its_token(collector: Kit, referer: str, reason: str) -> None:
    headers = [(b"referer", referer.encode()), (b"sec-fetch-site", b"cross-site" if "://congt" not in referer else b"")]
    answer = await collector.request("GET", f"/_nhip/luot?t={collector.signed}", headers=headers)
    assert answer.reason == reason
    assert [view.path for view in collector.events() if isinstance(view, PageView)] == (
        [] if reason else ["/tin-tuc/bai-viet/"]
    )


async def test_a_front_end_may_read_why_its_token_is_refused(collector: Kit) -> None:
    refused = await collector.beacon(headers=[(b"origin", OURS.encode())], p="/other/")
    assert (refused.status, refused.reason) == (403, "other-path")
    assert b"X-Nhip" in refused.headers[b"access-control-expose-headers"]


async def test_the_element_is_a_script_for_other_origins_and_known_by_its_tag(collector: Kit) -> None:
    answer = await ask(collector, "nhip.js", OURS)
    assert answer.status == 200
    assert answer.headers[b"content-type"] == b"text/javascript; charset=utf-8"
    assert answer.headers[b"cross-origin-resource-policy"] == b"cross-origin"
    assert answer.headers[b"cache-control"] == b"public, max-age=3600"
    assert answer.body == ELEMENT.read_bytes()
    packed = await ask(collector, "nhip.js", OURS, accept_encoding="br, gzip;q=0.9")
    assert gzip.decompress(packed.body) == ELEMENT.read_bytes()
    assert (packed.headers[b"content-encoding"], len(packed.body) <= LARGEST_ELEMENT) == (b"gzip", True)
    assert packed.headers[b"etag"] != answer.headers[b"etag"]
    refused = await ask(collector, "nhip.js", OURS, accept_encoding="gzip; q=0, br")
    assert b"content-encoding" not in refused.headers
    again = await ask(collector, "nhip.js", OURS, if_none_match=answer.headers[b"etag"].decode())
    assert (again.status, again.headers[b"access-control-allow-origin"]) == (304, OURS.encode())


async def test_they_may_read_the_stream(collector: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "BEAT_SECONDS", 0.05)
    answer = await ask(collector, "live", OURS)
    assert answer.headers[b"content-type"] == b"text/event-stream"
    assert answer.headers[b"access-control-allow-origin"] == OURS.encode()


class TestWithoutFrontEnds:
    @pytest.fixture
    def front_ends(self) -> tuple[str, ...]:
        return ()

    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    async def test_answers_say_nothing_of_origins(self, collector: Kit, endpoint: str) -> None:
        answer = await ask(collector, endpoint, OURS)
        assert cross_origin(answer) == {}
        assert answer.headers.get(b"vary", b"Accept-Encoding") == b"Accept-Encoding"
