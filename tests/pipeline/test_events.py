from __future__ import annotations

import json

import pytest
from event_lines import decode_lines

from pipeline.clickhouse.rows import decode_line
from pipeline.errors import BadRecord
from pipeline.events import (
    Download,
    Engagement,
    Event,
    Heartbeat,
    NotFound,
    OpeningBalance,
    Outbound,
    PageView,
    Search,
    encode_lines,
)

VIEW = PageView(
    at=1_790_571_600_123,
    site=1,
    page_id=7,
    locale="vi",
    path="/tin-tức/\n\"'/",
    audience="public",
    visitor=2**64 - 1,
    visit=True,
    source="example.vn",
)
DONE: list[Event] = [
    Engagement(1, 1, 7, "vi", "/tin/", "public", 5, seconds=1800, depth=100, device="phone"),
    Download(1, 1, 7, "vi", "/tin/", "public", 5, target="/documents/3/thong-tu.pdf"),
    Outbound(1, 1, 7, "vi", "/tin/", "staff", 0, target="gov.vn"),
    Search(1, 1, 0, "vi", "/tim-kiem/", "public", 5, target="thi đua"),
    NotFound(1, 1, 0, "vi", "/khong-co/", "bot", 5, target="/khong-co/", source="example.vn"),
]
EVENTS: list[Event] = [VIEW, Heartbeat(1, 1, 7, "public", 5), OpeningBalance(1, 1, 0, "vi", 1327, 900), *DONE]


def test_events_come_back_as_they_were() -> None:
    assert decode_lines(encode_lines(EVENTS)) == EVENTS


def test_each_event_is_one_line_of_json_that_says_what_it_is() -> None:
    lines = encode_lines(EVENTS).decode().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == [
        *("view", "heartbeat", "opening", "engagement", "download", "outbound", "search", "not_found")
    ]
    assert encode_lines(EVENTS).endswith(b"\n")


def test_no_events_make_an_empty_record() -> None:
    assert encode_lines([]) == b""
    assert decode_lines(b"") == []


def test_nothing_about_the_address_or_the_agent_is_written() -> None:
    assert set(PageView.__struct_fields__) == {
        *("v", "at", "site", "page_id", "locale", "path", "audience", "visitor", "visit"),
        *("source", "channel", "campaign", "campaign_source", "campaign_medium"),
        *("browser", "os", "device", "language", "country", "province"),
        *("bot", "bot_kind", "bot_operator", "scripted", "suspect", "seen_ago"),
    }
    for done in DONE:
        own = {"seconds", "depth"} if isinstance(done, Engagement) else {"target"}
        assert set(done.__struct_fields__) == {*PageView.__struct_fields__, *own} - {"visit", "seen_ago"}


def test_what_is_not_known_takes_no_bytes() -> None:
    fields = set(json.loads(encode_lines([PageView(1, 1, 7, "vi", "/", "public", 5, True)])))
    assert fields == {"kind", "at", "site", "page_id", "locale", "path", "audience", "visitor", "visit", "v"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b"{", id="cut"),
        pytest.param(b"\xff", id="binary"),
        pytest.param(b'{"kind":"other"}', id="unknown kind"),
        pytest.param(b'{"kind":"heartbeat"}', id="fields missing"),
        pytest.param(
            b'{"kind":"heartbeat","at":1,"site":1,"page_id":7,"audience":"public","visitor":1,"v":2}', id="newer"
        ),
        pytest.param(encode_lines(EVENTS) + b"{", id="one bad line among good ones"),
    ],
)
def test_a_line_that_is_no_event_is_refused(value: bytes) -> None:
    with pytest.raises(BadRecord):
        decode_line(value)
