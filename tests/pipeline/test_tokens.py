from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from hashlib import blake2b

import msgspec
import pytest

from pipeline.errors import BadToken
from pipeline.tokens import SEARCH, AnswerToken, PageToken, hour_of, sign, verify

KEY = bytes(range(32))
TOKEN = PageToken(site=1, page_id=7, locale="vi", path="/tin-tuc/bai-viet/")
SIGNED = sign(TOKEN, key=KEY)
PAYLOAD, _, MAC = SIGNED.partition(".")


def encode(content: object) -> str:
    return urlsafe_b64encode(msgspec.json.encode(content)).rstrip(b"=").decode()


def sign_payload(payload: str, *, key: bytes = KEY, person: bytes = b"nhip-page-token", size: int = 16) -> str:
    mac = blake2b(payload.encode(), digest_size=size, key=key, person=person).digest()
    return f"{payload}.{urlsafe_b64encode(mac).rstrip(b'=').decode()}"


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(TOKEN, id="a public page"),
        pytest.param(PageToken(2**32 - 1, 2**32 - 1, "en", "/", "staff"), id="staff"),
        pytest.param(PageToken(1, 7, "vi", "/tin-tức/đường/", "preview"), id="Vietnamese letters"),
        pytest.param(PageToken(1, 7, "vi", "/" + "a" * 1000 + "/"), id="a long path"),
        pytest.param(PageToken(1, 7, "vi", "/" + "a" * 4000 + "/"), id="a very long path"),
    ],
)
def test_a_signed_token_is_believed(token: PageToken) -> None:
    assert verify(sign(token, key=KEY), key=KEY) == token


@pytest.mark.parametrize("letter", ["a", '"', "đ"])
def test_what_is_signed_can_be_verified_however_long(letter: str) -> None:
    signed = 0
    for length in range(0, 6000, 7):
        token = PageToken(2**32 - 1, 2**32 - 1, "pt-br", letter * length, "preview")
        with suppress(ValueError):
            assert verify(sign(token, key=KEY), KEY) == token
            signed += 1
    assert 200 < signed < 6000 // 7


def test_a_token_needs_no_escaping_in_an_address_or_an_attribute() -> None:
    text = sign(PageToken(1, 7, "vi", "/tin-tức/?&<>\"'/"), key=KEY)
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_the_helper_of_this_file_signs_as_the_cms_does() -> None:
    assert sign_payload(PAYLOAD) == SIGNED


FORGERIES = [
    pytest.param("", id="nothing"),
    pytest.param(".", id="a dot"),
    pytest.param(PAYLOAD, id="no signature"),
    pytest.param(f"{PAYLOAD}.", id="empty signature"),
    pytest.param(f".{MAC}", id="no payload"),
    pytest.param(f"{MAC}.{PAYLOAD}", id="the wrong way round"),
    pytest.param(sign(TOKEN, key=bytes(32)), id="another key"),
    pytest.param(sign_payload(PAYLOAD, key=b""), id="no key"),
    pytest.param(sign_payload(PAYLOAD, person=b""), id="made for something else"),
    pytest.param(f"{PAYLOAD}.{MAC[:-2]}", id="cut signature"),
    pytest.param(f"{PAYLOAD}.{MAC}A", id="longer signature"),
    pytest.param(f"{PAYLOAD}.{MAC}==", id="padded signature"),
    pytest.param(f"{PAYLOAD}=.{MAC}", id="padded payload"),
    pytest.param(f"{PAYLOAD}.{MAC}.{MAC}", id="two signatures"),
    pytest.param(f"{PAYLOAD}.{MAC}\n", id="line end"),
    pytest.param(f" {SIGNED}", id="blank in front"),
    pytest.param(SIGNED.swapcase(), id="other case"),
    pytest.param(
        f"{encode([1, 8, 'vi', '/tin-tuc/bai-viet/', 'public'])}.{MAC}", id="another page under this signature"
    ),
    pytest.param(f"{PAYLOAD}.đ", id="no ASCII in the signature"),
    pytest.param(f"đ.{MAC}", id="no ASCII in the payload"),
    pytest.param("\ud800.\udfff", id="lone surrogates"),
    pytest.param(f"{PAYLOAD}.\x00", id="NUL"),
    pytest.param("A" * 2049, id="too long"),
    pytest.param("A" * 10_000_000, id="endless"),
]

SIGNED_NONSENSE = [
    pytest.param(sign_payload(""), id="empty"),
    pytest.param(sign_payload("A"), id="no base64"),
    pytest.param(sign_payload(encode(None)), id="null"),
    pytest.param(sign_payload(encode({"site": 1})), id="an object"),
    pytest.param(sign_payload(encode([1, 7, "vi"])), id="too few fields"),
    pytest.param(sign_payload(encode(["1", 7, "vi", "/"])), id="wrong types"),
    pytest.param(sign_payload(urlsafe_b64encode(b"\xff\xff\xff").decode()), id="binary"),
]


@pytest.mark.parametrize("text", FORGERIES + SIGNED_NONSENSE)
def test_a_token_that_was_not_signed_is_not_believed(text: str) -> None:
    for _ in range(2):  # a refusal is not remembered as anything else
        with pytest.raises(BadToken):
            verify(text, key=KEY)


def test_no_single_letter_of_a_token_can_be_changed() -> None:
    believed = []
    for place, letter in enumerate(SIGNED):
        forged = SIGNED[:place] + ("A" if letter != "A" else "B") + SIGNED[place + 1 :]
        try:
            believed.append(verify(forged, key=KEY))
        except BadToken:
            continue
    assert believed == []


def test_a_token_hides_nothing_and_shows_only_the_page() -> None:
    payload = urlsafe_b64decode(PAYLOAD + "=" * (-len(PAYLOAD) % 4))
    assert msgspec.json.decode(payload) == [1, 7, "vi", "/tin-tuc/bai-viet/", "public", "", 0]


def test_a_token_of_a_version_without_hours_is_read() -> None:
    assert verify(sign_payload(encode([1, 7, "vi", "/", "public", "example.vn"])), KEY) == PageToken(
        1, 7, "vi", "/", host="example.vn"
    )


@pytest.mark.parametrize(("hours", "old"), [(-3, False), (0, False), (24, False), (25, True), (1000, True)])
def test_a_token_is_old_a_day_after_its_hour(hours: int, old: bool) -> None:
    now = 1_790_571_600.0
    assert PageToken(1, 7, "vi", "/", hour=hour_of(now) - hours).is_old(now) is old


def test_an_answer_that_is_no_page_is_read_as_such_and_by_no_older_version_as_a_page() -> None:
    answer = AnswerToken(1, 0, "vi", "/tim-kiem/", hour=5, answer=SEARCH, words="thi đua")
    text = sign(answer, key=KEY)
    assert verify(text, KEY) == answer
    payload = urlsafe_b64decode(text.partition(".")[0] + "==")
    with pytest.raises(msgspec.MsgspecError):
        msgspec.json.Decoder(PageToken).decode(payload)  # as it did
