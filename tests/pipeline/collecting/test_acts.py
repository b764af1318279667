"""What readers do on pages, and answers that are no pages: who is believed, what is stored, why the rest is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from steady_load import ACTS, ANSWERS, FIRST_PAGE, VIEW, Sent, SteadyLoad

from pipeline.collecting.beacon import (
    ACT_STEPS,
    MAX_BODY_BYTES,
    Draft,
    Dropped,
    Envelope,
    Knowledge,
    Reason,
    Told,
    parse_act,
    parse_beacon,
    parse_pixel,
)
from pipeline.collecting.campaigns_today import CampaignsToday
from pipeline.collecting.enrich.places import Place
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.recent_visitors import SPAN_MS, RecentVisitors
from pipeline.collecting.texts import OTHER, Texts
from pipeline.events import Download, Engagement, Heartbeat, NotFound, Outbound, PageView, ReaderEvent, Search
from pipeline.staff import sign_staff
from pipeline.tokens import NOT_FOUND, SEARCH, AnswerToken, PageToken, hour_of, sign

KEY = bytes(range(32))
OWN = "congthuong.example.vn"
NOW = 1_790_571_600_123
HOUR = hour_of(NOW / 1000)
TOKEN = PageToken(site=1, page_id=7, locale="vi", path="/tin-tuc/bai-viet/", hour=HOUR)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ENVELOPE = Envelope(now=NOW, ip="203.0.113.9", host=OWN, user_agent=CHROME, content_type=b"text/plain;charset=UTF-8")
SIGNED = sign(TOKEN, key=KEY)
FROM = "https://www.google.com/"
GOOD: list[Any] = [SIGNED, TOKEN.path, FROM, "0.25", 12, 40]
FILE: list[Any] = [SIGNED, TOKEN.path, FROM, "0.25", 0, 0, "/documents/3/thong-tu.pdf"]


def knowledge(*, most_texts: int = 100, **limits: int) -> Knowledge:
    """Of a collector that has run for a while and seen nobody."""
    return Knowledge(
        keys=(KEY,),
        salt_for=lambda _at: b"s" * 32,
        visitors=RecentVisitors(started_ms=NOW - 3_600_000),
        limits=limits_of(**{"events_per_second": 0, "events": 0, "page_views": 0, "new_readers": 0, **limits}),
        names=settle([OWN]),
        undated_until=0.0,
        campaigns=CampaignsToday(),
        texts=Texts(most=most_texts),
    )


def encoded(content: object) -> bytes:
    return content if isinstance(content, bytes) else msgspec.json.encode(content)


def envelope(**around: Any) -> Envelope:
    return msgspec.structs.replace(ENVELOPE, **around)


def view(known: Knowledge, *, token: PageToken = TOKEN, **around: Any) -> ReaderEvent:
    body = {"t": sign(token, key=KEY), "p": token.path, "r": FROM}
    return parse_beacon(encoded(body), envelope(**around), known).event


def told(content: object = GOOD, *, known: Knowledge | None = None, viewed: bool = True, **around: Any) -> Told:
    """With ``viewed`` the same reader viewed the page a minute ago."""
    known = known or knowledge()
    if viewed:
        view(known, **{**around, "now": NOW - 60_000, "origin": "", "fetched_from": "", "content_type": b"text/plain"})
    return parse_act(encoded(content), envelope(**around), known)


def act(content: object = GOOD, **around: Any) -> ReaderEvent:
    return told(content, **around).event


# what is stored


def test_leaving_a_page_says_for_how_long_and_how_far_it_was_read() -> None:
    seen = act()
    assert seen == Engagement(
        at=NOW,
        site=1,
        page_id=7,
        locale="vi",
        path=TOKEN.path,
        audience="public",
        visitor=seen.visitor,
        source="google.com",
        channel="search",
        browser="Chrome",
        os="Windows",
        device="desktop",
        scripted=True,
        seconds=12,
        depth=40,
    )
    assert seen.visitor > 0


def test_an_act_has_the_campaign_and_the_language_of_its_view() -> None:
    page = f"https://{OWN}{TOKEN.path}?utm_campaign=He&utm_source=Zalo"
    seen = act(referer=page, accept_language="en-US,vi;q=0.9")
    assert isinstance(seen, Engagement)
    assert (seen.channel, seen.campaign, seen.campaign_source, seen.language) == ("campaign", "he", "zalo", "en")


@pytest.mark.parametrize(
    ("link", "kind", "target"),
    [
        pytest.param("/documents/3/th%C3%B4ng-t%C6%B0.pdf?x=1", Download, "/documents/3/thông-tư.pdf", id="a document"),
        pytest.param("/media/documents/a.pdf", Download, "/media/documents/a.pdf", id="a file of the media"),
        pytest.param("/documents/3/0912345678.pdf", Download, "", id="a file with a telephone's number"),
        pytest.param("https://www.chinhphu.vn", Outbound, "chinhphu.vn", id="another site"),
        pytest.param("https://an@example.vn/secret?a=1", Outbound, "example.vn", id="more than an origin"),
        pytest.param(f"https://{OWN}", Outbound, OWN, id="the site under another scheme"),
    ],
)
def test_a_link_is_a_download_or_leads_out(link: str, kind: type, target: str) -> None:
    event = act([*FILE[:-1], link])
    assert isinstance(event, Download | Outbound)
    assert (type(event), event.target, event.page_id) == (kind, target, 7)


@pytest.mark.parametrize(
    ("audience", "user_agent", "stored"),
    [
        pytest.param("public", CHROME, "public", id="a reader"),
        pytest.param("public", GOOGLEBOT, "bot", id="a bot"),
        pytest.param("staff", CHROME, "staff", id="staff"),
        pytest.param("preview", CHROME, "preview", id="a preview"),
    ],
)
def test_audiences_are_kept_apart(audience: str, user_agent: str, stored: str) -> None:
    known = knowledge()
    token = msgspec.structs.replace(TOKEN, audience=audience)
    view(known, token=token, user_agent=user_agent)
    event = act([sign(token, key=KEY), *GOOD[1:]], known=known, viewed=False, user_agent=user_agent)
    assert isinstance(event, Engagement)
    assert event.audience == stored


def test_what_browsers_of_staff_do_is_staffs_and_where_it_was_done_is_known() -> None:
    known = knowledge()._replace(place_of=lambda _network: Place("VN", "HN"))
    event = act(known=known, cookie=f"nhip_staff={sign_staff(key=KEY, now=NOW / 1000)}")
    assert isinstance(event, Engagement)
    assert (event.audience, event.country, event.province) == ("staff", "VN", "HN")


def test_a_reader_who_asks_not_to_be_followed_has_no_number() -> None:
    assert act(unidentified=True, viewed=False).visitor == 0


def test_an_act_is_known_by_its_id() -> None:
    known = knowledge()
    displays = [told([*GOOD[:3], of, *GOOD[4:]], known=known).display for of in ("0.25", "0.25", "0.5", "")]
    assert displays[0] == displays[1] != displays[2]
    assert 0 not in displays[:3]
    assert displays[3] == 0


# who is believed


def test_an_act_on_a_page_that_its_reader_did_not_view_is_refused() -> None:
    known = knowledge()
    view(known, token=msgspec.structs.replace(TOKEN, page_id=8))
    for around in ({}, {"user_agent": "Mozilla/5.0 Firefox/145.0"}, {"ip": "203.0.113.10"}):
        assert reason_of(GOOD, known=known, **around) is Reason.NOT_VIEWED


def test_a_page_is_left_hours_after_it_was_viewed_and_not_days() -> None:
    known = knowledge()
    view(known, now=NOW)
    assert isinstance(act(known=known, viewed=False, now=NOW + SPAN_MS - 1), Engagement)
    known.visitors.note_page(1, 1, NOW + SPAN_MS + 1)
    known.visitors.note_page(1, 1, NOW + 2 * SPAN_MS + 2)
    assert reason_of(GOOD, known=known, now=NOW + 2 * SPAN_MS + 2) is Reason.NOT_VIEWED


def test_after_a_start_those_who_viewed_before_it_are_believed() -> None:
    known = knowledge()._replace(visitors=RecentVisitors(started_ms=NOW))
    assert isinstance(act(known=known, viewed=False), Engagement)


def test_acts_make_no_reader_known_and_keep_nobody_online() -> None:
    known = knowledge()._replace(visitors=RecentVisitors(started_ms=NOW))
    act(known=known, viewed=False)
    heartbeat = encoded({"t": SIGNED, "p": TOKEN.path, "h": 1})
    with pytest.raises(Dropped) as refusal:
        parse_beacon(heartbeat, envelope(now=NOW + 3_600_000), known)
    assert refusal.value.reason is Reason.NOT_VIEWED


def test_an_act_does_not_take_midnight_from_the_view_after_it() -> None:
    before = 1_790_614_790_000  # ten seconds before a midnight of Asia/Ho_Chi_Minh
    token = msgspec.structs.replace(TOKEN, hour=hour_of(before / 1000))
    known = knowledge()
    view(known, token=token, now=before)
    act([sign(token, key=KEY), *GOOD[1:]], known=known, viewed=False, now=before + 20_000)
    after = view(known, token=token, now=before + 30_000)
    assert isinstance(after, PageView)
    assert after.seen_ago == 3


def test_more_acts_on_a_page_than_a_network_has_views_are_suspect_and_leave_views_alone() -> None:
    known = knowledge(page_views=3)
    view(known)
    found = [act(known=known, viewed=False) for _ in range(5)]
    assert all(isinstance(event, Engagement) for event in found)
    assert [(event.audience, getattr(event, "suspect", "")) for event in found if isinstance(event, Engagement)] == [
        *[("public", "")] * 3,
        *[("bot", "rate")] * 2,
    ]
    later = view(known, now=NOW + 1)
    assert isinstance(later, PageView)
    assert later.suspect == ""


def test_acts_are_events_of_their_network() -> None:
    known = knowledge(events_per_second=1, events=3)
    view(known)
    act(known=known, viewed=False)
    act(known=known, viewed=False)
    assert reason_of(GOOD, known=known) is Reason.TOO_MANY


# refusals

REFUSED = [
    pytest.param(GOOD, {"content_type": b"text/html"}, Reason.WRONG_TYPE, id="HTML"),
    pytest.param(b" " * (MAX_BODY_BYTES + 1), {}, Reason.TOO_LARGE, id="one byte too many"),
    pytest.param(b"", {}, Reason.MALFORMED, id="empty"),
    pytest.param(b"\xff\x00", {}, Reason.MALFORMED, id="binary"),
    pytest.param({"t": SIGNED, "p": TOKEN.path}, {}, Reason.MALFORMED, id="a beacon"),
    pytest.param(GOOD[:3], {}, Reason.MALFORMED, id="no id"),
    pytest.param(GOOD[:4], {}, Reason.MALFORMED, id="nothing done"),
    pytest.param([*GOOD[:4], 0, 0, ""], {}, Reason.MALFORMED, id="nothing said"),
    pytest.param([*GOOD[:4], 1801, 0], {}, Reason.MALFORMED, id="longer than anybody reads"),
    pytest.param([*GOOD[:4], -1, 0], {}, Reason.MALFORMED, id="time that is lacking"),
    pytest.param([*GOOD[:4], 1.5, 0], {}, Reason.MALFORMED, id="part of a second"),
    pytest.param([*GOOD[:4], 1, 101], {}, Reason.MALFORMED, id="more than a page"),
    pytest.param([*GOOD[:4], 1, -1], {}, Reason.MALFORMED, id="less than nothing"),
    pytest.param([*GOOD[:4], "1", 1], {}, Reason.MALFORMED, id="a number of another type"),
    pytest.param([*GOOD[:4], None, 1], {}, Reason.MALFORMED, id="null"),
    pytest.param([*GOOD[:3], "1" * 41, 1, 1], {}, Reason.MALFORMED, id="an id that no script makes"),
    pytest.param([*GOOD, "https://example.vn"], {}, Reason.MALFORMED, id="left and followed at once"),
    pytest.param([*FILE[:-1], "/tin-tuc/"], {}, Reason.MALFORMED, id="a link to a page"),
    pytest.param([*FILE[:-1], "javascript:alert(1)"], {}, Reason.MALFORMED, id="a link to nowhere"),
    pytest.param([*FILE[:-1], "/documents/" + "a" * 2000], {}, Reason.MALFORMED, id="a link that is too long"),
    pytest.param(encoded(FILE[:-1])[:-1] + b',"\\ud800"]', {}, Reason.MALFORMED, id="lone surrogate"),
    pytest.param(["", *GOOD[1:]], {}, Reason.BAD_TOKEN, id="empty token"),
    pytest.param([sign(TOKEN, key=bytes(32)), *GOOD[1:]], {}, Reason.BAD_TOKEN, id="forged"),
    pytest.param(
        [sign(msgspec.structs.replace(TOKEN, hour=HOUR - 25), key=KEY), *GOOD[1:]],
        {},
        Reason.OLD_TOKEN,
        id="of the day before",
    ),
    pytest.param([SIGNED, "/khac/", *GOOD[2:]], {}, Reason.OTHER_PATH, id="replayed on another path"),
    pytest.param(GOOD, {"origin": "https://evil.example"}, Reason.OTHER_SITE, id="posted by another site"),
    pytest.param(GOOD, {"fetched_from": "cross-site"}, Reason.OTHER_SITE, id="by another site, as the browser says"),
]
STEP_OF = {
    Reason.WRONG_TYPE: "refuse_wrong_type",
    Reason.TOO_LARGE: "refuse_too_large",
    Reason.MALFORMED: "read_act",
    Reason.BAD_TOKEN: "trust_token",
    Reason.OLD_TOKEN: "refuse_old_token",
    Reason.OTHER_SITE: "refuse_other_origin",
    Reason.OTHER_PATH: "refuse_other_path",
    Reason.TOO_MANY: "refuse_flood",
    Reason.NOT_VIEWED: "refuse_act_without_view",
}


def reason_of(content: object, *, known: Knowledge | None = None, **around: Any) -> Reason:
    with pytest.raises(Dropped) as refusal:
        told(content, known=known, viewed=known is None, **around)
    return refusal.value.reason


@pytest.mark.parametrize(("content", "around", "reason"), REFUSED)
def test_an_act_is_refused_for_a_reason_by_its_step(content: object, around: dict[str, Any], reason: Reason) -> None:
    assert reason_of(content, **around) is reason
    assert refusing_step(encoded(content), **around) == STEP_OF[reason]


def refusing_step(sent: bytes, **around: Any) -> str:
    draft = Draft(sent, envelope(**around), knowledge())
    for step in ACT_STEPS:
        try:
            step(draft)
        except Dropped:
            return step.__name__
    return "none"


def test_every_step_that_refuses_has_its_reason_in_these_tests() -> None:
    refusing = {step.__name__ for step in ACT_STEPS if not step.__name__.startswith("put_")}
    assert refusing == set(STEP_OF.values())
    assert set(STEP_OF) == {case.values[2] for case in REFUSED} | {Reason.TOO_MANY, Reason.NOT_VIEWED}


# answers that are no pages

SEARCHED = AnswerToken(1, 0, "vi", "/tim-kiem/", host=OWN, hour=HOUR, answer=SEARCH, words="  Thi  ĐUA ")
MISSING = AnswerToken(1, 0, "vi", "/tin-tuc/cũ/", host=OWN, hour=HOUR, answer=NOT_FOUND)


def by_script(token: AnswerToken, known: Knowledge, **changes: Any) -> ReaderEvent:
    body = {"t": sign(token, key=KEY), "p": token.path, "r": FROM, "n": "navigate", "i": "0.25"}
    around = {name: changes.pop(name) for name in list(changes) if name in Envelope.__struct_fields__}
    return parse_beacon(encoded(body | changes), envelope(**around), known).event


def by_pixel(token: AnswerToken, known: Knowledge, **around: Any) -> ReaderEvent:
    given = {"content_type": b"", "referer": f"https://{OWN}{token.path}", **around}
    return parse_pixel(f"t={sign(token, key=KEY)}".encode(), envelope(**given), known).event


@pytest.mark.parametrize("send", [by_script, by_pixel])
def test_a_search_says_what_for_and_counts_no_view(send: Callable[..., ReaderEvent]) -> None:
    found = send(SEARCHED, knowledge())
    assert isinstance(found, Search)
    assert (found.target, found.path, found.page_id, found.site) == ("thi đua", "/tim-kiem/", 0, 1)
    assert found.visitor > 0


@pytest.mark.parametrize("send", [by_script, by_pixel])
def test_a_page_not_found_says_its_path_in_one_field(send: Callable[..., ReaderEvent]) -> None:
    found = send(MISSING, knowledge())
    assert isinstance(found, NotFound)
    assert (found.target, found.path, found.page_id) == ("/tin-tuc/cũ/", "", 0)
    assert found.scripted == (send is by_script)


def test_a_page_not_found_says_which_host_had_the_link() -> None:
    sources = {
        referrer: by_script(MISSING, knowledge(), r=referrer)
        for referrer in ("https://www.gov.vn/a?b", f"https://{OWN}/tin-tuc/", "")
    }
    assert [event.source for event in sources.values() if isinstance(event, NotFound)] == ["gov.vn", OWN, ""]


@pytest.mark.parametrize("words", ["an@example.vn", "0912345678"])
def test_words_that_could_be_a_persons_are_counted_and_not_stored(words: str) -> None:
    found = by_script(msgspec.structs.replace(SEARCHED, words=words), knowledge())
    assert isinstance(found, Search)
    assert found.target == ""


def test_many_texts_are_other_and_none_is_in_another_field() -> None:
    known = knowledge(most_texts=2)
    secrets = [f"/khong-co-{number}/" for number in range(4)]
    found = [by_script(msgspec.structs.replace(MISSING, path=path), known) for path in secrets]
    assert [event.target for event in found if isinstance(event, NotFound)] == [*secrets[:2], OTHER, OTHER]
    assert not [event for event in found[2:] if "khong-co" in msgspec.json.encode(event).decode()]


def test_a_bot_brings_in_no_new_text() -> None:
    known = knowledge()
    bots = [by_script(MISSING, known, user_agent=GOOGLEBOT)]
    by_script(MISSING, known)
    bots.append(by_script(MISSING, known, user_agent=GOOGLEBOT))
    assert [(event.audience, event.target) for event in bots if isinstance(event, NotFound)] == [
        ("bot", OTHER),
        ("bot", "/tin-tuc/cũ/"),
    ]


def test_an_answer_makes_no_reader_known() -> None:
    known = knowledge()
    by_script(MISSING, known)
    with pytest.raises(Dropped) as refusal:
        by_script(MISSING, known, h=1)
    assert refusal.value.reason is Reason.NOT_VIEWED
    with pytest.raises(Dropped) as refusal:
        parse_act(encoded([sign(MISSING, key=KEY), MISSING.path, "", "1", 5, 5]), envelope(unidentified=True), known)
    assert refusal.value.reason is Reason.NOT_VIEWED


def test_who_viewed_a_page_is_online_on_an_answer_too() -> None:
    known = knowledge()
    view(known)
    assert isinstance(by_script(MISSING, known, h=1), Heartbeat)


def test_an_answers_token_is_good_on_its_path_and_day_alone() -> None:
    for changes, reason in (({"p": "/khac/"}, Reason.OTHER_PATH), ({"now": NOW + 26 * 3_600_000}, Reason.OLD_TOKEN)):
        with pytest.raises(Dropped) as refusal:
            by_script(MISSING, knowledge(), **changes)
        assert refusal.value.reason is reason


# the load of tests/chaos


@pytest.mark.parametrize("kind", [VIEW, *ACTS, *ANSWERS])
def test_what_the_load_of_faults_sends_is_believed_and_known_by_its_number(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a collector that has not seen its views."""
    monkeypatch.setattr("steady_load.time.time", lambda: NOW / 1000)
    load = SteadyLoad([1], key=KEY, rate=1.0, done=0.5)
    path, body = load._request(Sent(kind, FIRST_PAGE + 3))
    known = knowledge()._replace(undated_until=NOW / 1000 + 60)
    parse = parse_act if path == "/_nhip/doc" else parse_beacon

    event: Any = parse(body, envelope(unidentified=kind in ACTS), known).event

    assert type(event).__struct_config__.tag == kind
    assert (event.site if kind in ANSWERS else event.page_id) == FIRST_PAGE + 3
    assert event.audience == "public"
