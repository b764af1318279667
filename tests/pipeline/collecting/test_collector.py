"""Every endpoint through ASGI, on the real SQLite log."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import httpx
import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.application import CollectorApplication
from pipeline.collecting.beacon import MAX_BODY_BYTES, Dropped, Reason
from pipeline.collecting.collector import PIXEL
from pipeline.collecting.script import ENGAGEMENT, version_of
from pipeline.events import Download, Engagement, Event, Heartbeat, Outbound, PageView
from pipeline.serving.snapshot import SiteCounters, Snapshot, Summary, steady_time
from pipeline.staff import sign_staff
from pipeline.tokens import PageToken, sign


class Answer(Protocol):
    """An answer, as ``tests/pipeline/conftest.py`` gives it."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes
    reason: str

    def json(self) -> Any: ...


class Shown(Protocol):
    shown: Snapshot


class Kit(Protocol):
    """The collector with its surroundings, as ``tests/pipeline/conftest.py`` makes it."""

    directory: Path
    broker: SqliteBroker
    counters: Shown
    app: CollectorApplication
    acknowledger: Acknowledger
    checks: dict[str, Callable[[], str | None]]
    key: bytes
    token: PageToken
    signed: str

    async def request(self, method: str, target: str | bytes, **options: Any) -> Answer: ...
    async def beacon(self, **changes: Any) -> Answer: ...
    async def act(self, *done: Any, of: str = "0.5") -> Answer: ...
    async def post(self, body: bytes, **options: Any) -> Answer: ...
    def events(self) -> list[Event]: ...
    def records(self) -> list[Any]: ...


NUMBERS = Snapshot(
    as_of=1_790_571_600.5,
    sites={
        1: SiteCounters(visits=Summary(3, 10, 20, 30, 1000), views=Summary(3, 11, 22, 33, 2000)),
        2: SiteCounters(visits=Summary(1, 1, 1, 1, 1), views=Summary(1, 1, 1, 1, 1)),
    },
    pages={3: 1328, 4: 5},
)
JSON = b"application/json"


async def metrics(collector: Kit) -> dict[tuple[str, str], float]:
    """Samples by name and first label."""
    answer = await collector.request("GET", "/_nhip/metrics")
    return {
        (sample.name, next(iter(sample.labels.values()), "")): sample.value
        for family in text_string_to_metric_families(answer.body.decode())
        for sample in family.samples
    }


# views in


async def test_a_beacon_is_answered_when_it_is_in_the_log(collector: Kit) -> None:
    answer = await collector.beacon(r="https://www.google.com/")
    assert (answer.status, answer.body, answer.headers[b"cache-control"]) == (202, b"", b"no-store")
    (view,) = collector.events()
    assert isinstance(view, PageView)
    assert (view.page_id, view.path, view.visit, view.source) == (7, collector.token.path, True, "google.com")


@pytest.mark.parametrize("kind", ["beacon", "pixel"])
async def test_campaign_and_language_are_in_the_headers_of_a_request(collector: Kit, kind: str) -> None:
    page = f"https://congthuong.example.vn{collector.token.path}?utm_source=Zalo"
    headers = [(b"referer", page.encode()), (b"accept-language", b"en-US,vi;q=0.9")]
    if kind == "beacon":
        await collector.beacon(headers=headers)
    else:
        await collector.request("GET", f"/_nhip/luot?t={collector.signed}", headers=headers)
    (view,) = collector.events()
    assert isinstance(view, PageView)
    assert (view.channel, view.campaign_source, view.language) == ("campaign", "zalo", "en")


async def test_what_a_reader_does_on_a_page_is_answered_when_it_is_in_the_log(collector: Kit) -> None:
    await collector.beacon()
    for number, done in enumerate([(12, 40), (0, 0, "/documents/3/a.pdf"), (0, 0, "https://www.gov.vn")]):
        assert (await collector.act(*done, of=f"0.{number}")).status == 202
    assert [type(event) for event in collector.events()] == [PageView, Engagement, Download, Outbound]


async def test_an_act_that_the_network_repeats_is_stored_once(collector: Kit) -> None:
    await collector.beacon(i="0.5")
    answers = [await collector.act(12, 40, of="0.5") for _ in range(3)]
    assert [(answer.status, answer.reason) for answer in answers] == [(202, ""), (202, "repeated"), (202, "repeated")]
    assert [type(event) for event in collector.events()] == [PageView, Engagement]


async def test_the_endpoint_of_views_takes_no_act_and_that_of_acts_no_view(collector: Kit) -> None:
    act, view = b'["", "", "", "", 1, 1]', msgspec.json.encode({"t": collector.signed, "p": collector.token.path})
    assert (await collector.post(act)).reason == "malformed"
    assert (await collector.post(view, endpoint="doc")).reason == "malformed"
    assert (await collector.request("GET", "/_nhip/doc")).reason == "wrong-method"
    assert collector.events() == []


async def test_the_second_script_is_kept_for_ever_under_its_version_alone(collector: Kit) -> None:
    kept = {}
    for query in (f"?v={version_of(ENGAGEMENT)}", "?v=0123456789ab", ""):
        answer = await collector.request("GET", f"/_nhip/doc.js{query}")
        assert (answer.status, answer.body) == (200, ENGAGEMENT.read_bytes())
        kept[query] = answer.headers[b"cache-control"]
    assert list(kept.values()) == [b"public, max-age=31536000, immutable", *[b"public, max-age=3600"] * 2]


async def test_a_heartbeat_is_taken_too(collector: Kit) -> None:
    assert (await collector.beacon(h=1)).status == 202
    assert [type(event) for event in collector.events()] == [Heartbeat]


async def test_the_pixel_counts_and_is_a_picture(collector: Kit) -> None:
    answer = await collector.request("GET", f"/_nhip/luot?t={collector.signed}&r=https%3A%2F%2Fx.example%2F")
    assert (answer.status, answer.headers[b"content-type"], answer.body) == (200, b"image/gif", PIXEL)
    assert answer.headers[b"cache-control"] == b"no-store"
    (view,) = collector.events()
    assert isinstance(view, PageView)
    assert (view.scripted, view.source) == (False, "x.example")


async def test_a_pixel_without_a_referrer_is_a_visit_the_first_time_alone(collector: Kit) -> None:
    address = f"/_nhip/luot?t={collector.signed}"
    other = [(b"user-agent", b"Lynx/2.9")]
    for number, headers in enumerate(([], [], other, [*other, (b"dnt", b"1")])):
        assert (await collector.request("GET", f"{address}&x={number}", headers=headers)).status == 200
    views = [event for event in collector.events() if isinstance(event, PageView)]
    assert [view.visit for view in views] == [True, False, True, False]


async def test_a_page_opened_again_within_seconds_is_no_further_visit(collector: Kit) -> None:
    address = f"/_nhip/luot?t={collector.signed}&r=https%3A%2F%2Fx.example%2F"
    for number in range(2):
        await collector.request("GET", f"{address}&x={number}")
    assert [event.visit for event in collector.events() if isinstance(event, PageView)] == [True, False]


async def test_beacons_at_once_share_records_and_none_is_lost(collector: Kit) -> None:
    answers = await asyncio.gather(*(collector.beacon() for _ in range(200)))
    assert {answer.status for answer in answers} == {202}
    assert len(collector.events()) == 200
    assert len(collector.records()) < 20


async def test_a_body_may_come_in_pieces(collector: Kit) -> None:
    body = msgspec.json.encode({"t": collector.signed, "p": collector.token.path})
    pieces = [body[:10], b"", body[10:]]
    answer = await collector.request("POST", "/_nhip/e", headers=[(b"content-type", b"text/plain")], body=pieces)
    assert answer.status == 202


async def test_a_body_is_read_no_further_than_a_beacon_may_be_long(collector: Kit) -> None:
    read = 0

    async def receive() -> Mapping[str, Any]:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * (MAX_BODY_BYTES - 1), "more_body": True}

    sent: list[Mapping[str, Any]] = []

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"text/plain")]
    scope = {"type": "http", "method": "POST", "path": "/_nhip/e", "query_string": b"", "headers": headers}
    await collector.app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert read == 2


async def test_a_client_that_hangs_up_counts_nothing(collector: Kit) -> None:
    body = msgspec.json.encode({"t": collector.signed, "p": collector.token.path})
    answer = await collector.request("POST", "/_nhip/e", headers=[(b"content-type", b"text/plain")], body=[])
    assert answer.reason == Reason.MALFORMED
    parts: list[Mapping[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": True},
        {"type": "http.disconnect"},
    ]
    assert await _status(collector, parts) == 400
    assert collector.events() == []


async def _status(collector: Kit, parts: list[Mapping[str, Any]]) -> int:
    sent: list[Mapping[str, Any]] = []

    async def receive() -> Mapping[str, Any]:
        return parts.pop(0)

    async def send(message: Mapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"content-type", b"text/plain")]
    scope = {"type": "http", "method": "POST", "path": "/_nhip/e", "query_string": b"", "headers": headers}
    await collector.app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.parametrize("header", [b"dnt", b"sec-gpc"])
@pytest.mark.parametrize(("value", "identified"), [(b"1", False), (b" 1 ", False), (b"0", True), (b"", True)])
async def test_dnt_and_gpc_are_heeded(collector: Kit, header: bytes, value: bytes, identified: bool) -> None:
    await collector.beacon(headers=[(header, value)])
    (view,) = collector.events()
    assert isinstance(view, PageView)
    assert (view.visitor != 0) is identified


async def test_neither_address_nor_agent_reaches_the_log(collector: Kit) -> None:
    await collector.beacon(headers=[(b"cookie", b"sessionid=secret-cookie"), (b"x-forwarded-for", b"198.51.100.77")])
    files = b"".join(path.read_bytes() for path in collector.directory.rglob("*") if path.is_file())
    assert collector.token.path.encode() in files
    for private in (b"203.0.113.9", b"198.51.100.77", b"Mozilla/5.0", b"AppleWebKit", b"secret-cookie"):
        assert private not in files


async def test_staff_are_known_by_their_cookie_and_readers_get_none(collector: Kit) -> None:
    cookie = f"a=b; nhip_staff={sign_staff(key=collector.key, now=time.time())}".encode()
    answers = [
        await collector.beacon(headers=[(b"cookie", cookie)]),
        await collector.beacon(h=1, headers=[(b"cookie", cookie)]),
        await collector.request("GET", f"/_nhip/luot?t={collector.signed}", headers=[(b"cookie", cookie)]),
        await collector.beacon(headers=[(b"cookie", cookie + b"x")]),
        await collector.beacon(headers=[(b"cookie", b"\xff\x00; nhip_staff=\xff.\xff")]),
        await collector.beacon(),
        await collector.request("GET", "/_nhip/b.js"),
    ]
    assert {answer.status for answer in answers} == {200, 202}
    assert not any(b"set-cookie" in answer.headers for answer in answers)
    events = [event for event in collector.events() if isinstance(event, PageView | Heartbeat)]
    assert [event.audience for event in events] == ["staff"] * 3 + ["public"] * 3


# refusals


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("GET", "/_nhip/e", b"POST", id="reading a beacon"),
        pytest.param("PUT", "/_nhip/e", b"POST", id="putting a beacon"),
        pytest.param("OPTIONS", "/_nhip/e", b"POST", id="asking for permission"),
        pytest.param("POST", "/_nhip/luot", b"GET", id="posting a pixel"),
        pytest.param("HEAD", "/_nhip/luot", b"GET", id="the head of a pixel"),
    ],
)
async def test_a_wrong_method_is_told_the_right_one(collector: Kit, method: str, path: str, allowed: bytes) -> None:
    answer = await collector.request(method, path)
    assert (answer.status, answer.reason, answer.headers[b"allow"]) == (405, "wrong-method", allowed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"t": "x.y"}, Reason.BAD_TOKEN, id="forged"),
        pytest.param({"p": "/khac/"}, Reason.OTHER_PATH, id="another path"),
        pytest.param({"n": "click"}, Reason.MALFORMED, id="malformed"),
        pytest.param({"headers": [(b"origin", b"https://evil.example")]}, Reason.OTHER_SITE, id="another site"),
        pytest.param({"r": "x" * MAX_BODY_BYTES}, Reason.TOO_LARGE, id="too large"),
    ],
)
async def test_a_refusal_names_its_reason_and_is_counted_by_it(
    collector: Kit, changes: dict[str, Any], reason: Reason
) -> None:
    before = await metrics(collector)
    answer = await collector.beacon(**changes)
    after = await metrics(collector)
    assert (answer.status, answer.reason, answer.headers[b"cache-control"]) == (
        reason.status,
        reason.value,
        b"no-store",
    )
    assert changed(before, after) == {("nhip_collector_refused_beacons_total", reason.value): 1}
    assert collector.events() == []


def changed(before: dict[tuple[str, str], float], after: dict[tuple[str, str], float]) -> dict[tuple[str, str], float]:
    """The counters that a request moved, without times and sizes."""
    moved = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    return {name: by for name, by in moved.items() if name[0].endswith("_total")}


async def test_accepted_events_are_counted_by_kind(collector: Kit) -> None:
    before = await metrics(collector)
    await collector.beacon()
    await collector.beacon(h=1)
    await collector.request("GET", f"/_nhip/luot?t={collector.signed}")
    assert changed(before, await metrics(collector)) == {
        ("nhip_collector_acknowledged_events_total", "PageView"): 2,
        ("nhip_collector_acknowledged_events_total", "Heartbeat"): 1,
        ("nhip_collector_appended_records_total", ""): 3,
    }


async def test_every_reason_is_in_the_metrics_from_the_start(collector: Kit) -> None:
    shown = {label for name, label in await metrics(collector) if name == "nhip_collector_refused_beacons_total"}
    assert shown == {reason.value for reason in Reason}


@pytest.mark.parametrize(
    ("reason", "retry"),
    [
        (Reason.OVERLOADED, b"1"),
        (Reason.SPOOL_FULL, b"1"),
        (Reason.NOT_STORED, b"1"),
        (Reason.STOPPING, b"1"),
        (Reason.NOT_DURABLE, None),
    ],
)
async def test_only_a_view_that_is_surely_not_stored_may_be_sent_again(
    collector: Kit, monkeypatch: pytest.MonkeyPatch, reason: Reason, retry: bytes | None
) -> None:
    async def refuse(_event: Event) -> None:
        raise Dropped(reason)

    monkeypatch.setattr(collector.acknowledger, "append", refuse)
    answer = await collector.beacon()
    assert (answer.status, answer.reason, answer.headers.get(b"retry-after")) == (503, reason.value, retry)


async def test_a_log_that_can_not_be_written_is_not_called_durable(collector: Kit) -> None:
    broken = sqlite3.connect(collector.directory / "log" / "records.sqlite3")
    broken.execute("DROP TABLE records")
    broken.close()
    answer = await collector.beacon()
    assert (answer.status, answer.reason) == (503, "not-stored")


async def test_after_the_stop_a_beacon_is_told_to_come_again(collector: Kit) -> None:
    await collector.acknowledger.stop()
    answer = await collector.beacon()
    assert (answer.status, answer.reason, answer.headers[b"retry-after"]) == (503, "stopping", b"1")


# numbers out


async def test_the_summary(collector: Kit) -> None:
    collector.counters.shown = NUMBERS
    answer = await collector.request("GET", "/_nhip/summary.json?site=1&unit=views")
    assert (answer.status, answer.headers[b"content-type"]) == (200, JSON)
    assert answer.json() == {
        **{"online": 3, "today": 11, "week": 22, "month": 33, "total": 2000},
        **{"unit": "views", "as_of": 1_790_571_600.5},
    }


@pytest.mark.parametrize(
    ("query", "unit", "total"),
    [
        pytest.param("", "visits", 1000, id="defaults"),
        pytest.param("?unit=views", "views", 2000, id="views"),
        pytest.param("?site=2", "visits", 1, id="another site"),
        pytest.param("?site=9", "visits", 0, id="a site nobody has visited"),
    ],
)
async def test_a_summary_is_of_a_site_in_a_unit(collector: Kit, query: str, unit: str, total: int) -> None:
    collector.counters.shown = NUMBERS
    shown = (await collector.request("GET", f"/_nhip/summary.json{query}")).json()
    assert (shown["unit"], shown["total"]) == (unit, total)


async def test_before_anything_was_read_the_numbers_are_null_and_never_zero(collector: Kit) -> None:
    shown = (await collector.request("GET", "/_nhip/summary.json")).json()
    assert shown.pop("unit") == "visits"
    assert set(shown.values()) == {None}
    pages = (await collector.request("GET", "/_nhip/pages.json?ids=3")).json()
    assert pages == {"pages": {"3": None}, "as_of": None}


async def test_the_views_of_pages(collector: Kit) -> None:
    collector.counters.shown = NUMBERS
    shown = (await collector.request("GET", "/_nhip/pages.json?ids=3,4,5")).json()
    assert shown == {"pages": {"3": 1328, "4": 5, "5": 0}, "as_of": 1_790_571_600.5}
    assert (await collector.request("GET", "/_nhip/pages.json")).json()["pages"] == {}


NONSENSE = [
    pytest.param("summary.json?unit=clicks", id="unknown unit"),
    pytest.param("summary.json?site=one", id="a site in words"),
    pytest.param("summary.json?site=-1", id="a negative site"),
    pytest.param("summary.json?site=1,2", id="two sites"),
    pytest.param("summary.json?site=%D9%A1", id="digits of another script"),
    pytest.param("summary.json?site=" + "1" * 5_000, id="an endless number"),
    pytest.param("summary.json?" + "a=1&" * 30, id="too many fields"),
    pytest.param("pages.json?ids=3,,4", id="a gap"),
    pytest.param("pages.json?ids=3;4", id="semicolons"),
    pytest.param("pages.json?ids=%00", id="NUL"),
    pytest.param("pages.json?ids=" + ",".join("7" * 101), id="too many pages"),
    pytest.param("live?site=x", id="live of a nonsense site"),
    pytest.param("live?pages=x", id="live of nonsense pages"),
    pytest.param("live?unit=x", id="live in a nonsense unit"),
]


@pytest.mark.parametrize("target", NONSENSE)
async def test_nonsense_parameters_are_refused_in_words(collector: Kit, target: str) -> None:
    answer = await collector.request("GET", f"/_nhip/{target}")
    assert answer.status == 400
    assert answer.headers[b"content-type"] == b"text/plain; charset=utf-8"
    assert answer.body


async def test_the_site_is_asked_for_as_one_number(collector: Kit) -> None:
    answer = await collector.request("GET", "/_nhip/summary.json?site=one")
    assert answer.body == b"site takes one whole number"


@pytest.mark.parametrize("query", [b"\xff\xfe=\xff", b"%", b"&&&", b"=", b"unit=%ff", b"site=%"])
async def test_a_query_of_any_bytes_is_no_fault(collector: Kit, query: bytes) -> None:
    for endpoint in (b"summary.json", b"pages.json"):
        answer = await collector.request("GET", b"/_nhip/" + endpoint + b"?" + query)
        assert answer.status in (200, 400)


CACHEABLE = ["summary.json", "pages.json?ids=3", "b.js", "doc.js"]


@pytest.mark.parametrize("target", CACHEABLE)
async def test_a_reader_that_has_the_answer_already_gets_304(collector: Kit, target: str) -> None:
    collector.counters.shown = NUMBERS
    first = await collector.request("GET", f"/_nhip/{target}")
    etag = first.headers[b"etag"]
    for known in (etag, b"W/" + etag, b'"other", ' + etag):
        again = await collector.request("GET", f"/_nhip/{target}", headers=[(b"if-none-match", known)])
        assert (again.status, again.body, again.headers[b"etag"]) == (304, b"", etag)
        assert b"content-length" not in again.headers
    other = await collector.request("GET", f"/_nhip/{target}", headers=[(b"if-none-match", b'"other"')])
    assert (other.status, other.body) == (200, first.body)


@pytest.mark.parametrize("target", ["summary.json", "pages.json?ids=3"])
async def test_numbers_say_which_reading_they_are_of_and_how_old_it_is(collector: Kit, target: str) -> None:
    fresh = msgspec.structs.replace(NUMBERS, run="ab", turn=3, read_at=steady_time())
    collector.counters.shown = fresh
    first = await collector.request("GET", f"/_nhip/{target}")
    assert first.headers[b"x-nhip-snapshot"] == b"ab-3"
    assert 0 <= float(first.headers[b"x-nhip-age"]) < 60
    collector.counters.shown = msgspec.structs.replace(fresh, turn=4, read_at=steady_time() - 90)
    headers = [(b"if-none-match", first.headers[b"etag"])]
    again = await collector.request("GET", f"/_nhip/{target}", headers=headers)
    assert (again.status, again.headers[b"x-nhip-snapshot"]) == (304, b"ab-4")
    assert float(again.headers[b"x-nhip-age"]) >= 90


async def test_numbers_that_were_never_read_have_no_age(collector: Kit) -> None:
    assert b"x-nhip-age" not in (await collector.request("GET", "/_nhip/summary.json")).headers


async def test_other_numbers_have_another_etag(collector: Kit) -> None:
    collector.counters.shown = NUMBERS
    first = await collector.request("GET", "/_nhip/summary.json")
    collector.counters.shown = Snapshot(as_of=NUMBERS.as_of, sites={}, pages={})
    again = await collector.request("GET", "/_nhip/summary.json", headers=[(b"if-none-match", first.headers[b"etag"])])
    assert again.status == 200


@pytest.mark.parametrize("target", [*CACHEABLE, "healthz", "readyz"])
async def test_head_is_get_without_the_body(collector: Kit, target: str) -> None:
    get = await collector.request("GET", f"/_nhip/{target}")
    head = await collector.request("HEAD", f"/_nhip/{target}")
    assert (head.status, head.headers) == (get.status, get.headers)
    assert int(get.headers[b"content-length"]) == len(get.body) > 0


@pytest.mark.parametrize("target", [*CACHEABLE, "live", "healthz", "readyz", "metrics"])
@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_numbers_are_only_read(collector: Kit, method: str, target: str) -> None:
    answer = await collector.request(method, f"/_nhip/{target}")
    assert answer.status == 405
    assert answer.headers[b"allow"].startswith(b"GET")


@pytest.mark.parametrize("path", ["", "nothing", "e/", "E", "b.js/", "../e", "summary.json\x00", "luot.exe"])
async def test_an_unknown_path_is_404(collector: Kit, path: str) -> None:
    assert (await collector.request("GET", f"/_nhip/{path}")).status == 404
    assert (await collector.request("POST", f"/_nhip/{path}")).status == 404


async def test_the_script_is_the_built_one_and_may_be_kept(collector: Kit) -> None:
    answer = await collector.request("GET", "/_nhip/b.js")
    assert answer.headers[b"content-type"].startswith(b"text/javascript")
    assert b"max-age" in answer.headers[b"cache-control"]
    assert b"dataset" in answer.body


# live


async def follow(collector: Kit, query: str, gone: asyncio.Event) -> tuple[asyncio.Task[None], asyncio.Queue[Any]]:
    """Open a stream; what it sends comes through the queue until ``gone``."""
    sent: asyncio.Queue[Any] = asyncio.Queue()

    async def receive() -> Mapping[str, Any]:
        await gone.wait()
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "GET", "path": "/_nhip/live", "query_string": query.encode(), "headers": []}
    return asyncio.create_task(collector.app(scope, receive, sent.put)), sent


async def next_of(sent: asyncio.Queue[Any]) -> Any:
    return await asyncio.wait_for(sent.get(), 30)


async def test_a_live_stream_starts_with_the_numbers_and_goes_on_with_changes(collector: Kit) -> None:
    collector.counters.shown = NUMBERS
    gone = asyncio.Event()
    stream, sent = await follow(collector, "site=1&unit=views&pages=3", gone)
    start = await next_of(sent)
    assert (start["status"], dict(start["headers"])[b"content-type"]) == (200, b"text/event-stream")
    first = msgspec.json.decode((await next_of(sent))["body"].removeprefix(b"data: "))
    assert (first["summary"]["total"], first["pages"]) == (2000, {"3": 1328})

    collector.counters.shown = msgspec.structs.replace(NUMBERS, pages={3: 1329})
    collector.live.publish(collector.counters.shown)  # type: ignore[attr-defined]
    second = msgspec.json.decode((await next_of(sent))["body"].removeprefix(b"data: "))
    assert second["pages"] == {"3": 1329}

    gone.set()
    collector.counters.shown = NUMBERS
    collector.live.publish(NUMBERS)  # type: ignore[attr-defined]
    await asyncio.wait_for(stream, 30)


async def test_too_many_live_readers_are_asked_to_poll(collector: Kit) -> None:
    gone = asyncio.Event()
    streams = [await follow(collector, "", gone) for _ in range(2)]
    for _, sent in streams:
        assert (await next_of(sent))["status"] == 200
        await next_of(sent)
    refused = await collector.request("GET", "/_nhip/live")
    assert (refused.status, b"summary.json" in refused.body) == (503, True)
    collector.live.stop()  # type: ignore[attr-defined]
    for stream, sent in streams:
        await asyncio.wait_for(stream, 30)
        assert (await next_of(sent)) == {"type": "http.response.body", "body": b""}


async def test_a_stream_that_is_cut_off_leaves_no_task_and_no_reader(collector: Kit) -> None:
    stream, sent = await follow(collector, "", asyncio.Event())
    await next_of(sent)
    await next_of(sent)
    stream.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stream
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) == 1
    assert (await metrics(collector))["nhip_collector_live_readers", ""] == 0


# operations


async def test_health_says_that_the_process_answers(collector: Kit) -> None:
    collector.checks["log"] = lambda: "broken"
    assert (await collector.request("GET", "/_nhip/healthz")).status == 200


async def test_readiness_names_each_dependency(collector: Kit) -> None:
    collector.checks.update({"log": lambda: None, "clickhouse": lambda: None})
    ready = await collector.request("GET", "/_nhip/readyz")
    assert (ready.status, ready.json()) == (200, {"log": "ok", "clickhouse": "ok"})
    collector.checks["clickhouse"] = lambda: "away"
    unready = await collector.request("GET", "/_nhip/readyz")
    assert (unready.status, unready.json()) == (503, {"log": "ok", "clickhouse": "away"})


async def test_the_metrics_say_how_old_the_numbers_are(collector: Kit) -> None:
    collector.counters.shown = NUMBERS
    assert (await metrics(collector))["nhip_counters_as_of_seconds", ""] == NUMBERS.as_of


async def test_a_real_client_gets_through(collector: Kit) -> None:
    transport = httpx.ASGITransport(app=collector.app)  # type: ignore[arg-type]
    token = sign(collector.token, key=collector.key)
    async with httpx.AsyncClient(transport=transport, base_url="http://congthuong.example.vn") as client:
        posted = await client.post(
            "/_nhip/e",
            content=msgspec.json.encode({"t": token, "p": collector.token.path, "r": ""}),
            headers={"content-type": "text/plain;charset=UTF-8", "origin": "http://congthuong.example.vn"},
        )
        assert posted.status_code == 202
        assert (await client.get("/_nhip/luot", params={"t": token})).content == PIXEL
        assert (await client.head("/_nhip/summary.json")).status_code == 200
    assert len(collector.events()) == 2
