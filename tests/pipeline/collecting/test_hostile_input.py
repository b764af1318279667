"""More than ten thousand hostile requests: none may be counted, fail the collector or lack a reason.

The numbers of examples add up to 12,000: 5,500 bodies, 2,500 pixels, 1,500 envelopes, 1,000 forged tokens, 1,500 acts.
"""

from __future__ import annotations

import asyncio
import base64
import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from math import inf
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.brokers.direct import DirectLog
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import TOPICS
from pipeline.collecting.acknowledger import Acknowledger
from pipeline.collecting.application import CollectorApplication
from pipeline.collecting.beacon import MAX_BODY_BYTES, Knowledge, Reason
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.collector import Collector
from pipeline.collecting.enrich.referrers import origin_of, settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.errors import BadToken
from pipeline.events import EVENTS_TOPIC
from pipeline.metrics import ACKNOWLEDGED_EVENTS, REFUSED_BEACONS
from pipeline.process.health import Health
from pipeline.serving.endpoints import Numbers
from pipeline.serving.live import LiveStreams
from pipeline.serving.snapshot import Snapshot
from pipeline.tokens import PageToken, sign, verify

BODIES, PIXELS, ENVELOPES, FORGERIES, ACTS = 5_500, 2_500, 1_500, 1_000, 1_500

KEY = bytes(range(32))
HOST = "congthuong.example.vn"
TOKEN = PageToken(site=1, page_id=7, locale="vi", path="/tin-tuc/bai-viet/")
SIGNED = sign(TOKEN, key=KEY)
OTHER_PATH = sign(PageToken(site=1, page_id=8, locale="vi", path="/khac/"), key=KEY)
OTHER_KEY = sign(TOKEN, key=bytes(32))
PLAIN = (b"content-type", b"text/plain;charset=UTF-8")
NAVIGATIONS = ("navigate", "reload", "back_forward")

Headers = list[tuple[bytes, bytes]]


class NoCounters:
    def snapshot(self) -> Snapshot:
        return Snapshot()


class Target:
    """The collector over a real log, on one event loop; remembers how each request was answered."""

    def __init__(self, directory: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._broker = SqliteBroker(directory)
        self._broker.create_topics(TOPICS)
        self._log = DirectLog(self._broker.producer(), check=lambda: None)
        self._acknowledger = Acknowledger(self._log, seconds=10)
        counters = NoCounters()
        self._app = CollectorApplication(
            Collector(
                Knowledge(
                    keys=(KEY,),
                    salt_for=lambda _at: b"s" * 32,
                    names=settle([]),
                    limits=limits_of(events_per_second=0, events=0, page_views=0, new_readers=0),
                    undated_until=inf,
                    visitors=RecentVisitors(started_ms=time.time_ns() // 1_000_000),
                    campaigns=CampaignsToday(),
                    texts=Texts(),
                ),
                self._acknowledger,
            ),
            Numbers(counters, LiveStreams(counters, limit=1)),
            Health(alive={}, ready={}),
        )
        self.refused: Counter[str] = Counter()

    def request(
        self, method: str, path: str, *, query: bytes = b"", headers: Headers | None = None, body: bytes = b""
    ) -> tuple[int, dict[bytes, bytes]]:
        """Answer one request; the body comes in two parts. The test sees what the app raises."""
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "headers": headers or [],
            "client": ("203.0.113.9", 4711),
        }
        middle = len(body) // 2
        parts: list[Mapping[str, Any]] = [
            {"type": "http.request", "body": body[:middle], "more_body": True},
            {"type": "http.request", "body": body[middle:], "more_body": False},
        ]
        sent: list[Mapping[str, Any]] = []

        async def receive() -> Mapping[str, Any]:
            return parts.pop(0)

        async def send(message: Mapping[str, Any]) -> None:
            sent.append(message)

        self._loop.run_until_complete(self._app(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"])

    def must_refuse(self, *arguments: Any, **options: Any) -> Reason:
        status, headers = self.request(*arguments, **options)
        reason = Reason(headers[b"x-nhip"].decode())
        assert status == reason.status
        assert 400 <= status < 500
        self.refused[reason] += 1
        return reason

    def stored(self) -> int:
        return sum(self._broker.end_offsets(EVENTS_TOPIC).values())

    def close(self) -> None:
        self._loop.run_until_complete(self._acknowledger.stop())
        self._loop.close()
        self._log.close()
        self._broker.close()


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with tempfile.TemporaryDirectory() as directory:
        target = Target(Path(directory) / "log")
        yield target
        target.close()


@pytest.fixture(autouse=True)
def _nothing_counts(target: Target) -> Iterator[None]:
    """Around each test: the log as it was, nothing acknowledged, and the metrics add up to what was answered."""
    stored, acknowledged, refused = target.stored(), acknowledged_total(), refused_by_reason()
    target.refused.clear()
    yield
    assert target.stored() == stored
    assert acknowledged_total() == acknowledged
    assert sum(target.refused.values()) > 0
    assert {reason: n - refused[reason] for reason, n in refused_by_reason().items() if n != refused[reason]} == (
        target.refused
    )


def acknowledged_total() -> float:
    return sum(s.value for m in ACKNOWLEDGED_EVENTS.collect() for s in m.samples if s.name.endswith("_total"))


def refused_by_reason() -> dict[str, float]:
    samples = [s for metric in REFUSED_BEACONS.collect() for s in metric.samples if s.name.endswith("_total")]
    return {sample.labels["reason"]: sample.value for sample in samples}


def hostile(examples: int) -> Callable[[Any], Any]:
    suppressed = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much]
    return settings(max_examples=examples, deadline=None, suppress_health_check=suppressed, database=None)


# what a beacon may be made of

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
numbers = st.sampled_from([0, -1, 2, 2**31, 2**63, 2**64, -(2**63), 1e308, True]) | st.just(4000).map(
    lambda digits: 10**digits
)
surrogates = st.sampled_from(["\ud800", "\udfff/", "a\ud83d", "\udc00\ud800"])
referrers = st.one_of(
    st.text(max_size=60),
    st.sampled_from(["http://[", "http://[::1", "//", "http://\x00/", "javascript:1"]),
    st.just(5000).map(lambda length: "http://" + "a" * length),
    surrogates,
    st.builds("http://{}:{}@{}/".format, st.text(max_size=9), numbers, st.text(max_size=9)),
)
good = {"t": SIGNED, "p": TOKEN.path, "r": "https://example.vn/", "n": "navigate"}


def encode(content: object) -> bytes:
    """JSON with lone surrogates written as escapes, as a hostile script would."""
    return json.dumps(content).encode()


def damage(body: bytes, at: int, junk: bytes) -> bytes:
    at %= len(body) + 1
    return body[:at] + junk + body[at + len(junk) :]


wrong_values = st.one_of(
    st.builds(
        lambda field, value: {**good, field: value},
        st.sampled_from("tpnh"),
        any_json | numbers | surrogates,
    ),
    st.builds(lambda value: {**good, "r": value}, any_json.filter(lambda v: not isinstance(v, str)) | surrogates),
    st.builds(lambda field: {k: v for k, v in good.items() if k != field}, st.sampled_from("tp")),
).filter(lambda content: not (_well_formed(content) and content.get("p") == TOKEN.path))
nested = st.builds(
    lambda depth, opening, closed: b'{"t":"","p":"","z":' + opening * depth + (b"]" * depth if closed else b""),
    st.integers(1, 8000),
    st.sampled_from([b"[", b'{"a":', b'[{"":']),
    st.booleans(),
)
bodies = st.one_of(
    st.binary(max_size=400),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
    any_json.map(encode),
    wrong_values.map(encode),
    nested,
    st.integers(1, 8000).map(lambda digits: b'{"t":"","p":"","h":' + b"9" * digits + b"}"),
    st.builds(lambda body, keep: body[:keep], st.just(encode(good)), st.integers(0, len(encode(good)) - 1)),
    st.builds(lambda junk: encode(good) + b" " * MAX_BODY_BYTES + junk, st.binary(max_size=9)),
    st.builds(lambda r: encode({**good, "t": OTHER_KEY, "r": r}), referrers),
    st.builds(lambda r, n: encode({**good, "t": OTHER_PATH, "r": r, "n": n}), referrers, st.sampled_from(NAVIGATIONS)),
)


def _well_formed(content: Mapping[str, Any]) -> bool:
    return content.get("t") == SIGNED and content.get("n", "navigate") in NAVIGATIONS and _flag(content.get("h", 0))


def _flag(value: object) -> bool:
    return type(value) in (int, float) and value in (0, 1)


@hostile(BODIES)
@given(body=bodies)
def test_a_hostile_body_counts_nothing(target: Target, body: bytes) -> None:
    target.must_refuse("POST", "/_nhip/e", headers=[PLAIN, (b"host", HOST.encode())], body=body)


@hostile(FORGERIES)
@given(
    token=st.one_of(
        st.text(max_size=80),
        st.builds("{}.{}".format, st.text(max_size=40), st.text(max_size=30)),
        st.builds(
            lambda at, junk: damage(SIGNED.encode(), at, junk).decode("latin-1"),
            st.integers(0, 200),
            st.binary(min_size=1, max_size=3),
        ),
        st.builds(
            lambda fields, mac: base64.urlsafe_b64encode(encode(fields)).rstrip(b"=").decode() + "." + mac,
            any_json | st.just([1, 7, "vi", TOKEN.path, "public"]),
            st.sampled_from([SIGNED.partition(".")[2], OTHER_KEY.partition(".")[2], "", "=" * 22, "A" * 22]),
        ),
        st.sampled_from(
            [SIGNED + "=", SIGNED + ".", " " + SIGNED, SIGNED + "\n", SIGNED.swapcase(), SIGNED * 30, "." + SIGNED]
        ),
    ).filter(lambda token: token != SIGNED),
    as_pixel=st.booleans(),
)
def test_a_forged_token_counts_nothing(target: Target, token: str, as_pixel: bool) -> None:
    try:
        assert verify(token, key=KEY) == TOKEN, "a forgery was believed"
    except BadToken:
        pass
    else:  # the change undid itself: this is the token we signed
        assert token == SIGNED
    if as_pixel:
        query = urlencode({"t": token.encode("utf-8", "surrogatepass")}).encode()
        reason = target.must_refuse("GET", "/_nhip/luot", query=query)
        assert reason is (Reason.BAD_TOKEN if token else Reason.MALFORMED)
    else:
        reason = target.must_refuse("POST", "/_nhip/e", headers=[PLAIN], body=encode({**good, "t": token}))
        assert reason is Reason.BAD_TOKEN


@hostile(PIXELS)
@given(
    query=st.one_of(
        st.binary(max_size=300).filter(lambda query: SIGNED.encode() not in query),
        st.binary(max_size=200).map(
            lambda junk: f"t={SIGNED}&r=%00&n=".encode() + quote_from_bytes(junk).encode() + b"!"
        ),
        st.builds(lambda t: urlencode({"t": t}).encode(), st.text(max_size=60)),
        st.builds(lambda n: f"t={SIGNED}&h={n}".encode(), numbers.map(str)),
        st.builds(
            lambda junk: f"t={SIGNED}&".encode() + junk,
            st.binary(min_size=1, max_size=40).filter(lambda b: max(b) > 127),
        ),
        st.integers(10, 500).map(lambda count: f"t={SIGNED}".encode() + b"&a=1" * count),
        st.just(f"t={SIGNED}&r=".encode() + b"a" * MAX_BODY_BYTES),
        st.builds(lambda r: urlencode({"t": OTHER_KEY, "r": r.encode("utf-8", "surrogatepass")}).encode(), referrers),
    ),
)
def test_a_hostile_pixel_counts_nothing(target: Target, query: bytes) -> None:
    target.must_refuse("GET", "/_nhip/luot", query=query, headers=[(b"host", HOST.encode())])


good_act = [SIGNED, TOKEN.path, "https://example.vn/", "0.25"]
odd_links = st.text(max_size=60) | surrogates | st.sampled_from(["http://[", "//", "/documents", "data:1", "\x00"])
acts = st.one_of(
    any_json.filter(lambda value: not isinstance(value, list)).map(encode),
    st.lists(any_json, max_size=8).map(encode),
    st.tuples(numbers | any_json, numbers | any_json)
    .filter(lambda done: not (_is_count(done[0], 1800) and _is_count(done[1], 100)))
    .map(lambda done: encode([*good_act, *done])),
    st.builds(lambda u: encode([*good_act, 0, 0, u]), odd_links.filter(lambda u: "//" not in u)),
    st.builds(lambda u: encode([*good_act, 5, 5, u]), odd_links.filter(bool)),
    st.builds(lambda s, u: encode([OTHER_KEY, TOKEN.path, "", "1", s, 0, u]), st.integers(0, 1800), odd_links),
    st.builds(lambda s: encode([SIGNED, TOKEN.path + "x", "", "1", s, 0]), st.integers(1, 1800)),
    st.builds(lambda depth: b'["","","","",' + b"[" * depth, st.integers(1, 8000)),
    st.builds(lambda digits: b'["","","","",' + b"9" * digits + b"]", st.integers(1, 8000)),
    st.binary(max_size=300),
)


def _is_count(value: object, most: int) -> bool:
    return type(value) in (int, float) and cast(float, value) in range(most + 1)


@hostile(ACTS)
@given(body=acts)
def test_a_hostile_act_counts_nothing(target: Target, body: bytes) -> None:
    target.must_refuse("POST", "/_nhip/doc", headers=[PLAIN, (b"host", HOST.encode())], body=body)


latin = st.text(st.characters(max_codepoint=255), max_size=60).map(lambda text: text.encode("latin-1"))
foreign = st.one_of(
    latin.filter(bool),
    st.sampled_from(
        [b"null", b"http://[", b"https://evil.example", b"//" + HOST.encode() + b"@evil.example", b"\xff\xfe"]
    ),
).filter(lambda origin: not origin_of(origin.decode("latin-1"), settle([HOST])).internal)
noise = st.lists(
    st.tuples(
        st.sampled_from(
            [
                b"user-agent",
                b"accept-language",
                b"referer",
                b"sec-purpose",
                b"dnt",
                b"sec-gpc",
                b"x-forwarded-for",
                b"cookie",
            ]
        ),
        latin | st.binary(max_size=2000) | latin.map(lambda junk: b"a=b; nhip_staff=" + junk),
    ),
    max_size=4,
)


@hostile(ENVELOPES)
@given(
    request=st.one_of(
        st.tuples(st.sampled_from(["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"]), st.just([PLAIN])),
        st.tuples(
            st.just("POST"),
            latin.filter(
                lambda kind: kind.partition(b";")[0].strip().lower() not in (b"text/plain", b"application/json")
            ).map(lambda kind: [(b"content-type", kind)])
            | st.just([]),
        ),
        st.tuples(st.just("POST"), foreign.map(lambda origin: [PLAIN, (b"origin", origin)])),
        st.tuples(
            st.just("POST"), latin.map(lambda host: [PLAIN, (b"host", host), (b"origin", b"https://evil.example")])
        ),
    ),
    noise=noise,
)
def test_a_good_beacon_in_a_hostile_envelope_counts_nothing(
    target: Target, request: tuple[str, Headers], noise: Headers
) -> None:
    method, headers = request
    target.must_refuse(method, "/_nhip/e", headers=[(b"host", HOST.encode()), *headers, *noise], body=encode(good))


@pytest.mark.parametrize(
    ("method", "reason"),
    [pytest.param(method, Reason.WRONG_METHOD, id=method) for method in ("POST", "HEAD", "PUT", "OPTIONS")],
)
def test_the_pixel_is_only_for_get(target: Target, method: str, reason: Reason) -> None:
    assert target.must_refuse(method, "/_nhip/luot", query=f"t={SIGNED}".encode()) is reason
