from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import BadToken
from pipeline.staff import DAY_SECONDS, KEEP_DAYS, MAX_CHARS, cookie_name, days_left, sign_staff, value_in
from pipeline.tokens import PageToken, sign, verify

KEY, KEY_BEFORE, OTHER_KEY = bytes(range(32)), bytes(range(1, 33)), bytes(32)
NOW = 1_790_571_600.0
GOOD = sign_staff(key=KEY, now=NOW)
DAY = GOOD.partition(".")[0]


def test_it_is_good_for_as_long_as_browsers_keep_a_cookie_and_no_longer() -> None:
    assert days_left(GOOD, [KEY], NOW) == KEEP_DAYS == 400
    assert days_left(GOOD, [KEY], NOW + (KEEP_DAYS - 1) * DAY_SECONDS) == 1
    assert days_left(GOOD, [KEY], NOW + KEEP_DAYS * DAY_SECONDS) == 0
    assert days_left(GOOD, [KEY], NOW + 10 * KEEP_DAYS * DAY_SECONDS) == 0


def test_one_that_the_key_before_signed_is_good_too() -> None:
    assert days_left(sign_staff(key=KEY_BEFORE, now=NOW), (KEY, KEY_BEFORE), NOW) == KEEP_DAYS
    assert days_left(sign_staff(key=KEY_BEFORE, now=NOW), (KEY,), NOW) == 0


def test_it_says_the_day_alone() -> None:
    morning, evening = NOW - NOW % DAY_SECONDS, NOW - NOW % DAY_SECONDS + DAY_SECONDS - 1
    assert sign_staff(key=KEY, now=morning) == sign_staff(key=KEY, now=evening)
    assert len(GOOD) <= MAX_CHARS


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("", id="empty"),
        pytest.param("0", id="counted on purpose"),
        pytest.param(".", id="nothing on both sides"),
        pytest.param(DAY, id="no signature"),
        pytest.param(f"{DAY}.", id="an empty signature"),
        pytest.param(f"{int(DAY) + 1}.{GOOD.partition('.')[2]}", id="another day"),
        pytest.param(f"0{GOOD}", id="the day written differently"),
        pytest.param(f"+{GOOD}", id="a sign"),
        pytest.param(f"{GOOD}=", id="padded"),
        pytest.param(GOOD.swapcase(), id="other letters"),
        pytest.param(f"{GOOD}\n", id="a line's end"),
        pytest.param(GOOD.replace(DAY, "²³"), id="digits that are no number"),
        pytest.param(GOOD.replace(DAY, "٢٠٧٢٤"), id="digits of another script"),
        pytest.param(sign_staff(key=OTHER_KEY, now=NOW), id="of another site"),
        pytest.param("9" * 5_000 + GOOD[5:], id="a number without end"),
        pytest.param("đ" + GOOD[1:], id="no ASCII"),
        pytest.param("\ud800." + GOOD, id="a lone surrogate"),
    ],
)
def test_any_other_value_is_worth_nothing(value: str) -> None:
    assert days_left(value, [KEY, KEY_BEFORE], NOW) == 0


@given(st.text(max_size=60) | st.builds("{}.{}".format, st.integers(), st.text(max_size=30)))
def test_nobody_makes_one_up(value: str) -> None:
    assert days_left(value, [KEY], NOW) == 0 or value == GOOD


@given(st.text(st.characters(max_codepoint=255)) | st.text().map(lambda junk: f"a=b; nhip_staff={junk}; c=d"))
def test_whatever_a_header_holds_what_is_found_is_short_and_judged(cookies: str) -> None:
    value = value_in(cookies, "nhip_staff")
    assert len(value) <= MAX_CHARS + 1
    assert days_left(value, [KEY], NOW) == 0


def test_neither_a_page_token_nor_its_signature_is_one_nor_the_other_way_round() -> None:
    token = sign(PageToken(1, 7, "vi", "/"), key=KEY)
    assert days_left(token, [KEY], NOW) == 0
    with pytest.raises(BadToken):
        verify(GOOD, KEY)

    from base64 import urlsafe_b64encode  # noqa: PLC0415
    from hashlib import blake2b  # noqa: PLC0415

    signed_as_a_page = blake2b(DAY.encode(), digest_size=16, key=KEY, person=b"nhip-page-token").digest()
    assert days_left(f"{DAY}.{urlsafe_b64encode(signed_as_a_page).rstrip(b'=').decode()}", [KEY], NOW) == 0


@pytest.mark.parametrize(
    ("cookies", "value"),
    [
        ("nhip_staff=a", "a"),
        ("a=b; nhip_staff=c; d=e", "c"),
        ("nhip_staff=first; nhip_staff=second", "first"),
        ("x_nhip_staff=a", ""),
        ("__Host-nhip_staff=a", ""),
        ("a=nhip_staff=b", ""),
        ("nhip_staff", ""),
        ("", ""),
        ("nhip_staff=" + "x" * 60_000, "x" * (MAX_CHARS + 1)),
        (";" * 60_000, ""),
    ],
    ids=lambda text: text[:20],
)
def test_a_cookie_is_found_by_its_whole_name(cookies: str, value: str) -> None:
    assert value_in(cookies, "nhip_staff") == value


def test_behind_tls_it_has_a_name_that_no_other_host_can_plant() -> None:
    assert cookie_name("https://so.example.vn") == "__Host-nhip_staff"
    assert cookie_name("http://127.0.0.1:8000") == cookie_name("") == "nhip_staff"
