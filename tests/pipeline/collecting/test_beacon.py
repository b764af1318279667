from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.collecting.beacon import (
    BEACON_STEPS,
    MAX_BODY_BYTES,
    PIXEL_STEPS,
    Beacon,
    Draft,
    Dropped,
    Envelope,
    Knowledge,
    Reason,
    parse_beacon,
    parse_pixel,
)
from pipeline.collecting.campaigns_today import MOST_OF_A_NETWORK, CampaignsToday
from pipeline.collecting.enrich.channels import CHANNELS
from pipeline.collecting.enrich.places import places
from pipeline.collecting.enrich.referrers import settle
from pipeline.collecting.limits import limits_of
from pipeline.collecting.recent_visitors import RecentVisitors
from pipeline.collecting.texts import Texts
from pipeline.events import Heartbeat, PageView
from pipeline.staff import KEEP_DAYS, sign_staff
from pipeline.tokens import PageToken, hour_of, sign

KEY, KEY_BEFORE = bytes(range(32)), bytes(range(1, 33))
SALT = b"s" * 32
OWN = "congthuong.example.vn"
SaltFor = Callable[[float], bytes | None]

NOW = 1_790_571_600_123
HOUR = hour_of(NOW / 1000)
TOKEN = PageToken(site=1, page_id=7, locale="vi", path="/tin-tuc/bai-viet/", hour=HOUR)
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
ENVELOPE = Envelope(
    now=NOW,
    ip="203.0.113.9",
    host=OWN,
    user_agent=CHROME,
    accept_language="vi-VN,vi;q=0.9,en;q=0.8",
    content_type=b"text/plain;charset=UTF-8",
)
FRONT_END = "https://app.example.vn"
NAMES = settle(["localhost", "so.example.vn", ".so.example.vn"], front_ends=[FRONT_END])


def knowledge(*, salt_for: SaltFor = lambda _at: SALT, **limits: int) -> Knowledge:
    """Of a collector that has run for a while and seen nobody; without limits, but for ``limits``."""
    return Knowledge(
        keys=(KEY, KEY_BEFORE),
        salt_for=salt_for,
        visitors=RecentVisitors(started_ms=NOW - 3_600_000),
        limits=limits_of(**{"events_per_second": 0, "events": 0, "page_views": 0, "new_readers": 0, **limits}),
        names=NAMES,
        undated_until=NOW / 1000,
        campaigns=CampaignsToday(),
        texts=Texts(),
    )


GOOD = {"t": sign(TOKEN, key=KEY), "p": TOKEN.path, "r": "https://www.google.com/", "n": "navigate"}


def post(
    content: object = GOOD, *, known: Knowledge | None = None, lately: bool = False, **around: Any
) -> PageView | Heartbeat:
    """With ``lately`` the same reader viewed the page a minute ago."""
    known = known or knowledge()
    envelope = msgspec.structs.replace(ENVELOPE, **around)
    if lately:
        before = msgspec.structs.replace(envelope, now=envelope.now - 60_000)
        parse_beacon(encoded({**GOOD, "t": cast(Any, content)["t"]}), before, known)
    return parse_beacon(encoded(content), envelope, known).event


def view(content: object = GOOD, **around: Any) -> PageView:
    event = post(content, **around)
    assert isinstance(event, PageView)
    return event


def fetch(
    query: str = f"t={GOOD['t']}", *, known: Knowledge | None = None, lately: bool = False, **around: Any
) -> PageView:
    given = {"content_type": b"", "referer": f"https://{OWN}{TOKEN.path}", **around}
    known = known or knowledge()
    if lately:
        parse_beacon(encoded(GOOD), msgspec.structs.replace(ENVELOPE, now=NOW - 60_000), known)
    event = parse_pixel(query.encode(), msgspec.structs.replace(ENVELOPE, **given), known).event
    assert isinstance(event, PageView)
    return event


def signed(**changes: Any) -> str:
    return sign(msgspec.structs.replace(TOKEN, **changes), key=KEY)


# what a view says


def test_a_view_says_what_the_token_the_envelope_and_the_clock_say() -> None:
    seen = view()
    assert seen == PageView(
        at=NOW,
        site=1,
        page_id=7,
        locale="vi",
        path=TOKEN.path,
        audience="public",
        visitor=seen.visitor,
        visit=True,
        source="google.com",
        channel="search",
        language="vi",
        browser="Chrome",
        os="Windows",
        device="desktop",
        bot="",
        scripted=True,
    )
    assert seen.visitor > 0


INSIDE = f"https://{OWN}/"
OUTSIDE = "https://www.google.com/"


ITSELF = f"https://{OWN}{TOKEN.path}"


@pytest.mark.parametrize(
    ("navigation", "referrer", "first", "later"),
    [
        pytest.param("navigate", OUTSIDE, True, True, id="from another site"),
        pytest.param("navigate", "", True, True, id="typed or bookmarked"),
        pytest.param("navigate", "nonsense", True, True, id="nobody can say from where"),
        pytest.param("navigate", INSIDE, False, False, id="from our own page"),
        pytest.param("navigate", ITSELF, True, False, id="after a form for a password"),
        pytest.param("navigate", ITSELF.replace("-", "%2D"), True, False, id="the same, encoded"),
        pytest.param("navigate", f"{INSIDE}_util/authenticate_with_password/1/7/", True, False, id="a wrong password"),
        pytest.param("navigate", f"{INSIDE}_utils/", False, False, id="a page whose name begins as a form's"),
        pytest.param("reload", OUTSIDE, True, False, id="reload, first from another site"),
        pytest.param("reload", "", True, False, id="reload"),
        pytest.param("reload", ITSELF, True, False, id="after a front that checks browsers"),
        pytest.param("reload", INSIDE, True, False, id="reload, first from our own page"),
        pytest.param("back_forward", OUTSIDE, False, False, id="back, first from another site"),
        pytest.param("back_forward", "", False, False, id="back"),
        pytest.param("back_forward", INSIDE, False, False, id="back, first from our own page"),
    ],
)
def test_a_visit_begins_with_a_view_that_came_from_outside_or_is_the_first_of_those_that_do_not_say(
    navigation: str, referrer: str, first: bool, later: bool
) -> None:
    content = {**GOOD, "n": navigation, "r": referrer}
    assert [view(content, lately=lately).visit for lately in (False, True)] == [first, later]

    query = f"t={GOOD['t']}&r={referrer}&n={navigation}"
    says_whence = referrer.startswith("http")
    assert [fetch(query, lately=lately).visit for lately in (False, True)] == [first, later and says_whence]


def test_a_pixel_that_does_not_say_is_a_visit_if_it_is_the_first() -> None:
    assert fetch().visit
    assert not fetch(lately=True).visit


def test_a_beacon_may_leave_out_referrer_and_navigation() -> None:
    seen = view({"t": GOOD["t"], "p": GOOD["p"]})
    assert (seen.visit, seen.source) == (True, "")


@pytest.mark.parametrize(
    ("audience", "user_agent", "stored"),
    [
        pytest.param("public", CHROME, "public", id="a reader"),
        pytest.param("public", GOOGLEBOT, "bot", id="a bot"),
        pytest.param("public", "", "bot", id="no agent at all"),
        pytest.param("staff", CHROME, "staff", id="staff"),
        pytest.param("staff", GOOGLEBOT, "staff", id="a script of the staff"),
        pytest.param("preview", CHROME, "preview", id="a preview"),
    ],
)
def test_audiences_are_kept_apart(audience: str, user_agent: str, stored: str) -> None:
    content = {**GOOD, "t": signed(audience=audience)}
    assert view(content, user_agent=user_agent).audience == stored
    assert post({**content, "h": 1}, user_agent=user_agent, lately=True).audience == stored
    assert fetch(f"t={content['t']}", user_agent=user_agent).audience == stored


STAFF_COOKIE = f"nhip_staff={sign_staff(key=KEY, now=NOW / 1000)}"
EXPIRED = sign_staff(key=KEY, now=NOW / 1000 - KEEP_DAYS * 86_400)


@pytest.mark.parametrize(
    ("cookie", "stored"),
    [
        pytest.param(STAFF_COOKIE, "staff", id="the site's"),
        pytest.param(f"a=b; {STAFF_COOKIE}; csrftoken=c", "staff", id="among others"),
        pytest.param(f"nhip_staff={sign_staff(key=KEY_BEFORE, now=NOW / 1000)}", "staff", id="by the key before"),
        pytest.param("", "public", id="none"),
        pytest.param("sessionid=abc; csrftoken=c", "public", id="others alone"),
        pytest.param("nhip_staff=0", "public", id="of somebody who wants to be counted"),
        pytest.param(f"{STAFF_COOKIE}x", "public", id="forged"),
        pytest.param(f"nhip_staff={sign_staff(key=bytes(32), now=NOW / 1000)}", "public", id="of another site"),
        pytest.param(f"nhip_staff={EXPIRED}", "public", id="expired"),
        pytest.param(f"nhip_staff={GOOD['t']}", "public", id="a page's token"),
        pytest.param(f"__Host-{STAFF_COOKIE}", "public", id="of another name"),
        pytest.param("nhip_staff=" + "9" * 60_000, "public", id="a long one"),
        pytest.param(";" * 60_000, "public", id="thousands of nothing"),
    ],
)
def test_browsers_of_staff_are_known_by_their_cookie(cookie: str, stored: str) -> None:
    assert view(cookie=cookie).audience == stored
    assert post({**GOOD, "h": 1}, cookie=cookie, lately=True).audience == stored
    assert fetch(cookie=cookie).audience == stored


@pytest.mark.parametrize("audience", ["staff", "preview"])
def test_the_cookie_changes_no_audience_but_the_publics(audience: str) -> None:
    content = {**GOOD, "t": signed(audience=audience)}
    assert view(content, cookie=STAFF_COOKIE).audience == audience


def test_a_script_of_the_staff_is_staff_and_nobody_else_gets_in_by_its_cookie() -> None:
    assert view(user_agent=GOOGLEBOT, cookie=STAFF_COOKIE).audience == "staff"
    with pytest.raises(Dropped) as refusal:
        view({**GOOD, "t": "forged"}, cookie=STAFF_COOKIE)
    assert refusal.value.reason is Reason.BAD_TOKEN


def test_behind_tls_the_cookie_is_the_one_that_no_other_host_can_plant() -> None:
    behind_tls = knowledge()._replace(staff_cookie="__Host-nhip_staff")
    assert view(cookie=STAFF_COOKIE, known=behind_tls).audience == "public"
    assert view(cookie=f"__Host-{STAFF_COOKIE}", known=behind_tls).audience == "staff"


def test_a_view_says_where_its_reader_is_as_far_as_that_is_known() -> None:
    assert [view(ip=ip).country for ip in ("14.177.0.1", "::ffff:14.177.0.1", "2405:4800::1")] == ["VN"] * 3
    assert fetch(ip="14.177.0.1").country == "VN"
    assert [view(ip=ip).country for ip in ("203.0.113.9", "10.0.0.1", "::1", "", "nonsense")] == [""] * 5


def test_province_and_country_are_those_of_the_file_of_places() -> None:
    asked: list[str] = []

    def look_up(address: str) -> object:
        asked.append(address)
        return {"country": {"iso_code": "VN"}, "subdivisions": [{"iso_code": "HN"}]}

    known = knowledge()._replace(place_of=places(look_up))
    assert (view(known=known).country, fetch(known=known).province) == ("VN", "HN")
    assert len(asked) == 1


def test_a_heartbeat_is_looked_up_nowhere() -> None:
    known = knowledge()._replace(place_of=places(lambda _address: pytest.fail("asked")))
    unlimited = known._replace(place_of=places())
    assert isinstance(post(GOOD, known=unlimited), PageView)
    assert isinstance(post({**GOOD, "h": 1}, known=known), Heartbeat)


def test_a_view_of_a_bot_says_what_it_is_for_and_whose_whoever_it_is_counted_as() -> None:
    for audience in ("public", "staff"):
        event = view(GOOD | {"t": signed(audience=audience)}, user_agent=GOOGLEBOT)
        assert (event.bot, event.bot_kind, event.bot_operator) == ("Googlebot", "search", "Google")


def test_a_suspect_view_is_no_bots_whose_kind_the_lists_would_know() -> None:
    known = knowledge(page_views=1)
    views = [post(known=known) for _ in range(3)]
    assert isinstance(views[-1], PageView)
    assert (views[-1].audience, views[-1].suspect) == ("bot", "rate")
    assert (views[-1].bot, views[-1].bot_kind, views[-1].bot_operator) == ("", "", "")


def test_a_heartbeat_counts_no_view() -> None:
    beat = post({**GOOD, "h": 1}, lately=True)
    assert beat == Heartbeat(at=NOW, site=1, page_id=7, audience="public", visitor=view().visitor)


def test_a_reader_who_asks_not_to_be_followed_is_counted_and_not_identified() -> None:
    assert view(unidentified=True).visitor == 0
    assert view(unidentified=True).visit
    assert post({**GOOD, "h": 1}, unidentified=True).visitor == 0
    assert fetch(unidentified=True).visitor == 0


def test_nobody_is_identified_while_the_day_has_no_salt() -> None:
    asked: list[float] = []

    def no_salt(at: float) -> None:
        asked.append(at)

    assert view(known=knowledge(salt_for=no_salt)).visitor == 0
    assert asked == [NOW / 1000]


@pytest.mark.parametrize(
    "content_type", [b"text/plain", b"Text/Plain; charset=utf-8", b"application/json", b" application/json ;x=y"]
)
def test_both_content_types_are_taken(content_type: bytes) -> None:
    assert view(content_type=content_type).page_id == 7


@pytest.mark.parametrize("origin", [INSIDE.rstrip("/"), "", f"http://{OWN}:8000"], ids=["ours", "none", "other port"])
def test_our_own_pages_and_those_that_do_not_say_may_post(origin: str) -> None:
    assert view(origin=origin).page_id == 7


HERE = {"fetched_from": "same-origin"}
WITHOUT_HOST = {"host": "127.0.0.1:8000"}  # as nginx passes it on, unless it is told to keep the browser's


@pytest.mark.parametrize(
    "around",
    [
        pytest.param({"origin": f"https://www.{OWN}"}, id="with www"),
        pytest.param({"origin": f"https://{OWN}", **WITHOUT_HOST, "forwarded_host": OWN}, id="as the proxy says"),
        pytest.param(
            {"origin": f"https://{OWN}", **WITHOUT_HOST, "forwarded_host": f"{OWN}, inner:8000"},
            id="as two proxies say",
        ),
        pytest.param({"origin": f"https://{OWN}", **WITHOUT_HOST, **HERE}, id="as the browser says"),
        pytest.param({"origin": "http://localhost:8291", **WITHOUT_HOST}, id="a name of the settings"),
        pytest.param({"origin": "https://en.so.example.vn", **WITHOUT_HOST}, id="below a name of the settings"),
    ],
)
def test_this_site_is_every_name_that_it_answers_to(around: dict[str, str]) -> None:
    origin = around.pop("origin")
    inside = f"{origin}/khac/"
    assert view({**GOOD, "r": inside}, origin=origin, **around).visit is False
    assert fetch(f"{TOKEN_FIELD}&r={inside}", referer=f"{origin}{TOKEN.path}", **around).visit is False


def test_this_site_has_the_name_of_the_wagtail_site_of_the_page() -> None:
    content = {**GOOD, "t": signed(host="khac.example.vn"), "r": "https://khac.example.vn/"}
    assert view(content, origin="https://khac.example.vn", **WITHOUT_HOST).visit is False
    with pytest.raises(Dropped):
        view({**GOOD, "r": "https://khac.example.vn/"}, origin="https://khac.example.vn", **WITHOUT_HOST)


@pytest.mark.parametrize("says", ["cross-site", "same-site", ""])
def test_a_front_end_that_the_settings_name_may_send_views_of_ours(says: str) -> None:
    inside = f"{FRONT_END}/khac/"
    assert view({**GOOD, "r": inside}, origin=FRONT_END, fetched_from=says).visit is False
    assert fetch(f"{TOKEN_FIELD}&r={inside}", referer=f"{FRONT_END}{TOKEN.path}", fetched_from=says).visit is False
    assert view(origin=FRONT_END.upper(), fetched_from=says).visit is True


def test_a_pixel_without_a_referrer_header_is_believed_for_its_token() -> None:
    seen = fetch(referer="")
    assert (seen.path, seen.scripted) == (TOKEN.path, False)


def test_of_a_repeated_field_the_first_holds() -> None:
    assert fetch(f"{TOKEN_FIELD}&t=forged").page_id == TOKEN.page_id
    with pytest.raises(Dropped) as refusal:
        fetch(f"t=forged&{TOKEN_FIELD}")
    assert refusal.value.reason is Reason.BAD_TOKEN


def test_an_address_is_decoded_once() -> None:
    with pytest.raises(Dropped) as refusal:
        view({**GOOD, "p": "/tin%252Dtuc/bai-viet/"})
    assert refusal.value.reason is Reason.OTHER_PATH


@pytest.mark.parametrize("sent", ["/tin%2Dtuc/bai-viet/", "/tin-tuc/b%61i-viet/", "/%74in-tuc/bai%2dviet/"])
def test_an_address_is_the_one_that_the_site_sees_however_it_is_written(sent: str) -> None:
    assert view({**GOOD, "p": sent}).path == TOKEN.path
    assert fetch(referer=f"https://{OWN}{sent}").path == TOKEN.path


def test_a_page_below_seven_long_slugs_is_counted_with_a_long_referrer() -> None:
    path = "/" + 7 * ("a" * 240 + "/")
    content = {**GOOD, "t": signed(path=path), "p": path, "r": "https://www.google.com/?q=" + "a" * 2000}
    assert view(content).path == path
    assert fetch(f"t={content['t']}", referer=f"https://{OWN}{path}").path == path


def test_the_longest_path_that_is_signed_is_counted_with_the_longest_referrer_that_is_sent() -> None:
    path = "/" + "a" * 4000
    assert view({**GOOD, "t": signed(path=path), "p": path, "r": "x" * 2000}).path == path


def test_pages_signed_with_the_key_before_are_believed_for_a_while() -> None:
    assert view({**GOOD, "t": sign(TOKEN, key=KEY_BEFORE)}).page_id == TOKEN.page_id


@pytest.mark.parametrize("hours", [0, 23, 24, -1])
def test_a_page_counts_for_a_day_wherever_it_was_kept(hours: int) -> None:
    assert view({**GOOD, "t": signed(hour=HOUR - hours)}).page_id == TOKEN.page_id


def test_a_page_that_an_older_version_signed_counts_for_a_day_after_the_update() -> None:
    old = sign(msgspec.structs.replace(TOKEN, hour=0), key=KEY)
    assert view({**GOOD, "t": old}, now=NOW - 1000).page_id == TOKEN.page_id


def test_a_body_of_the_largest_size_is_taken() -> None:
    padding = MAX_BODY_BYTES - len(msgspec.json.encode({**GOOD, "r": ""}))
    assert view({**GOOD, "r": "x" * padding}).page_id == 7


# where a view came from

LANDED = f"https://{OWN}{TOKEN.path}?utm_source=Zalo-OA&utm_medium=post&utm_campaign=T%E1%BA%BFt+2027"
SAID = ("tết 2027", "zalo-oa", "post")


def both(referrer: str = "", **around: Any) -> list[PageView]:
    """The view of a beacon, and of a pixel, of the same page and referrer."""
    page = {"referer": LANDED, **around}
    return [view({**GOOD, "r": referrer}, **page), fetch(urlencode({"t": GOOD["t"], "r": referrer}), **page)]


def campaign(seen: PageView) -> tuple[str, str, str]:
    return (seen.campaign, seen.campaign_source, seen.campaign_medium)


@pytest.mark.parametrize(
    ("referrer", "source", "channel"),
    [
        pytest.param("", "", "direct", id="typed"),
        pytest.param("nonsense", "", "direct", id="nobody can say"),
        pytest.param("https://www.google.com/", "google.com", "search", id="a search"),
        pytest.param("https://l.facebook.com/l.php?u=x", "l.facebook.com", "social", id="a social network"),
        pytest.param("android-app://com.zing.zalo/", "com.zing.zalo", "messaging", id="an app"),
        pytest.param("https://bocongthuong.gov.vn/", "bocongthuong.gov.vn", "government", id="a ministry"),
        pytest.param("https://blog.example/", "blog.example", "referral", id="any other"),
        pytest.param(INSIDE, "", "internal", id="the site itself"),
        pytest.param(f"https://www.{OWN}:8443/", "", "internal", id="with www and a port"),
        pytest.param("http://localhost:8291/", "", "internal", id="a name of the settings"),
        pytest.param("https://en.so.example.vn/", "", "internal", id="below a name of the settings"),
        pytest.param(f"{FRONT_END}/khac/", "", "internal", id="a front end"),
        pytest.param(ITSELF, "", "internal", id="the page itself"),
    ],
)
def test_a_view_has_the_source_and_the_channel_of_its_referrer(referrer: str, source: str, channel: str) -> None:
    for seen in both(referrer, referer=ITSELF):
        assert (seen.source, seen.channel, *campaign(seen)) == (source, channel, "", "", "")


def test_the_name_of_the_wagtail_site_and_of_the_proxy_are_internal() -> None:
    named = signed(host="khac.example.vn")
    assert view({**GOOD, "t": named, "r": "https://khac.example.vn/"}).channel == "internal"
    assert view({**GOOD, "r": "https://khac.example.vn/"}, forwarded_host="khac.example.vn").channel == "internal"
    assert view({**GOOD, "r": "https://khac.example.vn/"}).channel == "referral"


def test_the_campaign_is_in_the_address_of_the_page() -> None:
    for seen in both("https://zalo.me/"):
        assert campaign(seen) == SAID
        assert (seen.channel, seen.source) == ("campaign", "zalo.me")


@pytest.mark.parametrize(
    ("referrer", "channel"),
    [
        pytest.param(INSIDE, "internal", id="from another page of the site"),
        pytest.param(LANDED, "campaign", id="after a front that checks browsers"),
    ],
)
def test_a_campaign_that_a_reader_takes_along_inside_the_site_is_none(referrer: str, channel: str) -> None:
    assert [seen.channel for seen in both(referrer)] == [channel, channel]


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(LANDED.replace(OWN, "evil.example"), id="of another site"),
        pytest.param(LANDED.replace(TOKEN.path, "/khac/"), id="of another page"),
        pytest.param(LANDED.replace("https://", "https://["), id="broken"),
        pytest.param("?utm_source=x", id="of no site"),
        pytest.param(LANDED + "&x=" + "a" * 4096, id="longer than browsers send"),
        pytest.param("", id="none"),
    ],
)
def test_no_other_address_is_read_for_a_campaign(page: str) -> None:
    assert campaign(view(referer=page)) == ("", "", "")
    assert view(referer=page).channel == "search"


@pytest.mark.parametrize("path", ["/tin%2Dtuc/bai-viet/", "/%74in-tuc/bai%2dviet/"])
def test_the_page_is_known_however_its_address_is_written(path: str) -> None:
    assert [campaign(seen) for seen in both(referer=LANDED.replace(TOKEN.path, path))] == [SAID, SAID]


def test_a_front_end_has_campaigns_too() -> None:
    page = LANDED.replace(f"https://{OWN}", FRONT_END)
    assert campaign(view(origin=FRONT_END, referer=page, fetched_from="cross-site")) == SAID


def test_bots_and_suspects_make_no_campaign_known() -> None:
    known = knowledge(page_views=1)
    veiled = ("other", "other", "other")
    assert campaign(view(known=known, referer=LANDED, user_agent=GOOGLEBOT)) == veiled
    assert campaign(view(known=known, referer=LANDED)) == SAID
    assert campaign(view(known=known, referer=LANDED, user_agent=GOOGLEBOT)) == SAID

    second = view(known=known, referer=LANDED + "-sau")
    assert (second.suspect, campaign(second)) == ("rate", veiled)


def test_one_network_can_invent_no_more_than_its_share_of_campaigns() -> None:
    known = knowledge()
    names = {view(known=known, referer=f"{ITSELF}?utm_campaign=ten-{n}").campaign for n in range(200)}
    assert names == {"other", *(f"ten-{n}" for n in range(MOST_OF_A_NETWORK))}
    assert view(known=known, referer=f"{ITSELF}?utm_campaign=khac", ip="198.51.100.7").campaign == "khac"


@pytest.mark.parametrize(
    ("header", "language"),
    [("en-US,en;q=0.9", "en"), ("zh-Hant-TW", "zh"), ("xx", "other"), ("", "")],
)
def test_a_view_has_the_first_language_of_its_reader(header: str, language: str) -> None:
    assert [seen.language for seen in both(accept_language=header)] == [language, language]


@given(referrer=st.text(), page=st.text(), header=st.text())
@settings(deadline=None)
def test_whatever_is_sent_a_view_has_a_channel_and_short_names(referrer: str, page: str, header: str) -> None:
    query = urlencode(
        {"utm_campaign": page.encode("utf-8", "replace"), "utm_source": referrer.encode("utf-8", "replace")}
    )
    seen = view({**GOOD, "r": referrer}, referer=f"{ITSELF}?{query}", accept_language=header)
    assert seen.channel in CHANNELS
    assert max(map(len, campaign(seen))) <= 60
    assert len(seen.language) <= 5


# refusals

REFUSED_BEACONS = [
    pytest.param(GOOD, {"content_type": b""}, Reason.WRONG_TYPE, id="no content type"),
    pytest.param(GOOD, {"content_type": b"text/html"}, Reason.WRONG_TYPE, id="HTML"),
    pytest.param(GOOD, {"content_type": b"text/plainly"}, Reason.WRONG_TYPE, id="a type that begins as ours"),
    pytest.param(b" " * (MAX_BODY_BYTES + 1), {}, Reason.TOO_LARGE, id="one byte too many"),
    pytest.param(b"", {}, Reason.MALFORMED, id="empty"),
    pytest.param(b"\xff\x00", {}, Reason.MALFORMED, id="binary"),
    pytest.param(b"null", {}, Reason.MALFORMED, id="null"),
    pytest.param([GOOD], {}, Reason.MALFORMED, id="a list"),
    pytest.param({"p": "/"}, {}, Reason.MALFORMED, id="no token"),
    pytest.param({"t": GOOD["t"]}, {}, Reason.MALFORMED, id="no path"),
    pytest.param({**GOOD, "n": "prerender"}, {}, Reason.MALFORMED, id="unknown navigation"),
    pytest.param({**GOOD, "h": 2}, {}, Reason.MALFORMED, id="unknown flag"),
    pytest.param({**GOOD, "i": "1" * 41}, {}, Reason.MALFORMED, id="an id that no script makes"),
    pytest.param({**GOOD, "i": 0.5}, {}, Reason.MALFORMED, id="an id of another type"),
    pytest.param({**GOOD, "h": True}, {}, Reason.MALFORMED, id="a flag of another type"),
    pytest.param({**GOOD, "r": 1}, {}, Reason.MALFORMED, id="a referrer of another type"),
    pytest.param(b'{"t":"","p":"","z":' + b"[" * 8000, {}, Reason.MALFORMED, id="nested too deeply"),
    pytest.param(b'{"t":"\\ud800","p":""}', {}, Reason.MALFORMED, id="lone surrogate"),
    pytest.param({**GOOD, "t": ""}, {}, Reason.BAD_TOKEN, id="empty token"),
    pytest.param({**GOOD, "t": sign(TOKEN, key=bytes(32))}, {}, Reason.BAD_TOKEN, id="forged"),
    pytest.param({**GOOD, "t": signed(hour=HOUR - 25)}, {}, Reason.OLD_TOKEN, id="of the day before"),
    pytest.param({**GOOD, "t": signed(hour=HOUR - 25), "h": 1}, {}, Reason.OLD_TOKEN, id="a heartbeat of a day later"),
    pytest.param({**GOOD, "t": signed(hour=0)}, {}, Reason.OLD_TOKEN, id="of an older version, a day after the update"),
    pytest.param({**GOOD, "p": "/khac/"}, {}, Reason.OTHER_PATH, id="replayed on another path"),
    pytest.param({**GOOD, "p": TOKEN.path.rstrip("/")}, {}, Reason.OTHER_PATH, id="without the last slash"),
    pytest.param({**GOOD, "p": ""}, {}, Reason.OTHER_PATH, id="empty path"),
    pytest.param({**GOOD, "p": "/khac/", "h": 1}, {}, Reason.OTHER_PATH, id="a heartbeat on another path"),
    pytest.param({**GOOD, "h": 1}, {}, Reason.NOT_VIEWED, id="a heartbeat of somebody who never viewed"),
    pytest.param(GOOD, {"origin": "https://evil.example"}, Reason.OTHER_SITE, id="posted by another site"),
    pytest.param(GOOD, {"origin": "null"}, Reason.OTHER_SITE, id="posted by nobody in particular"),
    pytest.param(GOOD, {"origin": "http://["}, Reason.OTHER_SITE, id="a broken origin"),
    pytest.param(GOOD, {"origin": INSIDE, "host": ""}, Reason.OTHER_SITE, id="no host"),
    pytest.param(GOOD, {"fetched_from": "cross-site"}, Reason.OTHER_SITE, id="by another site, as the browser says"),
    pytest.param(GOOD, {"origin": "http://app.example.vn"}, Reason.OTHER_SITE, id="another scheme than a front end's"),
    pytest.param(GOOD, {"origin": f"{FRONT_END}:8443"}, Reason.OTHER_SITE, id="another port than a front end's"),
    pytest.param(
        GOOD,
        {"origin": "https://www.app.example.vn", "fetched_from": "cross-site"},
        Reason.OTHER_SITE,
        id="another host than a front end's",
    ),
]

TOKEN_FIELD = f"t={GOOD['t']}"
ELSEWHERE = f"https://{OWN}/khac/"
PIXEL_REFERER = {"referer": f"https://{OWN}{TOKEN.path}"}
REFUSED_PIXELS = [
    pytest.param(TOKEN_FIELD, {"purpose": "prefetch"}, Reason.PREFETCH, id="prefetched"),
    pytest.param(TOKEN_FIELD, {"purpose": "prefetch;prerender"}, Reason.PREFETCH, id="prerendered"),
    pytest.param("t=" + "a" * MAX_BODY_BYTES, {}, Reason.TOO_LARGE, id="too long"),
    pytest.param("", {}, Reason.MALFORMED, id="empty"),
    pytest.param("r=https://x/", {}, Reason.MALFORMED, id="no token"),
    pytest.param(f"{TOKEN_FIELD}&n=click", {}, Reason.MALFORMED, id="unknown navigation"),
    pytest.param(f"{TOKEN_FIELD}&h=1", {}, Reason.MALFORMED, id="a heartbeat"),
    pytest.param(f"{TOKEN_FIELD}&r=đ", {}, Reason.MALFORMED, id="no ASCII"),
    pytest.param(TOKEN_FIELD + "&a=1" * 10, {}, Reason.MALFORMED, id="too many fields"),
    pytest.param(f"{TOKEN_FIELD}x", {}, Reason.BAD_TOKEN, id="forged"),
    pytest.param("t=%ff%00", {}, Reason.BAD_TOKEN, id="binary token"),
    pytest.param(f"t={signed(hour=HOUR - 25)}", {}, Reason.OLD_TOKEN, id="of the day before"),
    pytest.param(TOKEN_FIELD, {"referer": ELSEWHERE}, Reason.OTHER_PATH, id="shown on another page"),
    pytest.param(TOKEN_FIELD, {"referer": "https://evil.example/"}, Reason.OTHER_SITE, id="shown on another site"),
    pytest.param(TOKEN_FIELD, {"referer": "http://["}, Reason.OTHER_SITE, id="a broken referrer"),
    pytest.param(
        TOKEN_FIELD, {"referer": "", "fetched_from": "cross-site"}, Reason.OTHER_SITE, id="hidden on another site"
    ),
]


@pytest.mark.parametrize(("content", "around", "reason"), REFUSED_BEACONS)
def test_a_beacon_is_refused_for_a_reason(content: object, around: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Dropped) as refusal:
        post(content, **around)
    assert refusal.value.reason is reason


@pytest.mark.parametrize(("query", "around", "reason"), REFUSED_PIXELS)
def test_a_pixel_is_refused_for_a_reason(query: str, around: dict[str, Any], reason: Reason) -> None:
    with pytest.raises(Dropped) as refusal:
        fetch(query, **PIXEL_REFERER | around)
    assert refusal.value.reason is reason


STEP_OF = {
    Reason.WRONG_TYPE: {"refuse_wrong_type"},
    Reason.PREFETCH: {"refuse_prefetch"},
    Reason.TOO_LARGE: {"refuse_too_large"},
    Reason.MALFORMED: {"read_body", "read_query"},
    Reason.OTHER_SITE: {"refuse_other_origin", "refuse_pixel_of_other_site"},
    Reason.BAD_TOKEN: {"trust_token"},
    Reason.OLD_TOKEN: {"refuse_old_token"},
    Reason.NOT_VIEWED: {"refuse_heartbeat_without_view"},
    Reason.OTHER_PATH: {"refuse_other_path", "refuse_pixel_of_other_path"},
}


@pytest.mark.parametrize(("content", "around", "reason"), REFUSED_BEACONS)
def test_a_beacon_is_refused_by_the_step_of_its_reason(content: object, around: dict[str, Any], reason: Reason) -> None:
    assert refusing_step(BEACON_STEPS, encoded(content), around) in STEP_OF[reason]


@pytest.mark.parametrize(("query", "around", "reason"), REFUSED_PIXELS)
def test_a_pixel_is_refused_by_the_step_of_its_reason(query: str, around: dict[str, Any], reason: Reason) -> None:
    assert refusing_step(PIXEL_STEPS, query.encode(), PIXEL_REFERER | around) in STEP_OF[reason]


def test_every_step_refuses_for_a_reason_in_these_tables_or_adds_something() -> None:
    refusing = {step.__name__ for step in (*BEACON_STEPS, *PIXEL_STEPS) if not step.__name__.startswith("put_")}
    beacons = (case.values for case in REFUSED_BEACONS)
    pixels = (case.values for case in REFUSED_PIXELS)
    found = {refusing_step(BEACON_STEPS, encoded(content), around) for content, around, _ in beacons}
    found |= {refusing_step(PIXEL_STEPS, query.encode(), PIXEL_REFERER | around) for query, around, _ in pixels}
    assert found == refusing - {"refuse_flood"} == set().union(*STEP_OF.values())


def encoded(content: object) -> bytes:
    return content if isinstance(content, bytes) else msgspec.json.encode(content)


def refusing_step(steps: Sequence[Callable[[Draft], None]], sent: bytes, around: dict[str, Any]) -> str:
    draft = Draft(sent, msgspec.structs.replace(ENVELOPE, **around), knowledge())
    for step in steps:
        try:
            step(draft)
        except Dropped:
            return step.__name__
    return "none"


def test_a_preview_counts_as_such_wherever_the_editor_sees_it() -> None:
    preview = msgspec.structs.replace(TOKEN, audience="preview")
    view = post({**GOOD, "t": sign(preview, key=KEY), "p": "/admin/pages/7/edit/preview/"})
    assert (view.audience, view.page_id) == ("preview", TOKEN.page_id)


LATER = {Reason.OVERLOADED, Reason.SPOOL_FULL, Reason.NOT_STORED, Reason.NOT_DURABLE, Reason.STOPPING}


def test_every_reason_of_the_parser_is_in_these_tables() -> None:
    elsewhere = {Reason.WRONG_METHOD, Reason.TOO_MANY, *LATER}  # test_collector.py, test_strangers.py
    assert {case.values[2] for case in REFUSED_BEACONS + REFUSED_PIXELS} == set(Reason) - elsewhere


def test_every_reason_has_a_status_that_fits() -> None:
    assert all((reason.status == 503) is (reason in LATER) for reason in Reason)
    assert all(400 <= reason.status < 500 for reason in Reason if reason not in LATER)


def test_every_field_of_a_beacon_is_one_letter() -> None:
    assert {len(name) for name in Beacon.__struct_fields__} == {1}
