from __future__ import annotations

import time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich import campaigns
from pipeline.collecting.enrich.campaigns import MAX_NAME_CHARS, NO_CAMPAIGN, OTHER, Campaign, campaign_of

PAGE = "https://congthuong.example.vn/tin-tuc/"


@pytest.mark.parametrize(
    ("query", "campaign"),
    [
        pytest.param("", NO_CAMPAIGN, id="none"),
        pytest.param("utm_source=zalo", ("", "zalo", ""), id="a source alone"),
        pytest.param("a=1&utm_campaign=x&utm_medium=y&utm_source=z&b=2", ("x", "z", "y"), id="among others"),
        pytest.param("utm_campaign=T%E1%BA%BFt+2027", ("tết 2027", "", ""), id="Vietnamese"),
        pytest.param("utm_campaign=Te%CC%82%CC%81t%202027", ("tết 2027", "", ""), id="the same, decomposed"),
        pytest.param("utm_campaign=+T%C3%AAn%09%0A++d%C3%A0i+", ("tên dài", "", ""), id="spaces and lines"),
        pytest.param("utm_campaign=a%00b%E2%80%AEc%E2%80%8B", ("a b c", "", ""), id="control characters"),
        pytest.param("utm_campaign=first&utm_campaign=second", ("first", "", ""), id="the first holds"),
        pytest.param("utm_campaign&utm_source=", NO_CAMPAIGN, id="without values"),
        pytest.param("utm_term=x&utm_content=y&xutm_source=z&q=utm_source", NO_CAMPAIGN, id="other fields"),
        pytest.param("UTM_SOURCE=x", NO_CAMPAIGN, id="another name"),
        pytest.param("utm_campaign=%ff%fe", ("��", "", ""), id="no UTF-8"),
        pytest.param("utm_campaign=" + "a" * 100, ("a" * 60, "", ""), id="a long one is cut"),
        pytest.param("utm_campaign=" + "a" * 59 + "+b", ("a" * 59, "", ""), id="one is cut before a space"),
        pytest.param("utm_campaign=%E2%84%8C%EF%BC%B4", ("ht", "", ""), id="letters that only look otherwise"),
        pytest.param("utm_campaign=" + "a" * 601, (OTHER, "", ""), id="longer than anybody writes"),
        pytest.param("utm_campaign=tet-2027-01-15", ("tet-2027-01-15", "", ""), id="a date"),
    ],
)
def test_the_query_of_a_page_names_its_campaign(query: str, campaign: tuple[str, str, str]) -> None:
    assert campaign_of(f"{PAGE}?{query}") == campaign


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param("nguyen.van.a@example.vn", id="an e-mail address"),
        pytest.param("a" * 90 + "@example.vn", id="one that is cut off"),
        pytest.param("a＠example.vn", id="with another at sign"),
        pytest.param("user-123456", id="six digits"),
        pytest.param("sdt 0912 345 678", id="a telephone"),
        pytest.param("0912.34.56.78", id="with dots"),
        pytest.param("١٢٣٤٥٦", id="Arabic digits"),
        pytest.param("x" * 70 + "123456", id="digits that are cut off"),
    ],
)
def test_what_looks_like_a_persons_is_not_kept(sent: str) -> None:
    address = f"{PAGE}?utm_source={quote_plus(sent)}&utm_campaign=tet"
    assert campaign_of(address) == ("tet", OTHER, "")


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(f"{PAGE}#utm_source=x", id="after the query"),
        pytest.param(f"{PAGE}#?utm_source=x", id="a query in the fragment"),
        pytest.param("https://utm_source=x/", id="in the host"),
        pytest.param(f"{PAGE}utm_source=x/", id="in the path"),
        pytest.param(f"{PAGE}?utm_source=x&a={'a' * 4096}", id="longer than browsers send"),
    ],
)
def test_no_other_part_of_an_address_names_one(address: str) -> None:
    assert campaign_of(address) == NO_CAMPAIGN


def test_veiled_names_say_which_there_were() -> None:
    assert Campaign("tet", "", "post").veiled() == (OTHER, "", OTHER)


@given(st.text() | st.binary().map(lambda junk: junk.decode("latin-1")), st.text())
def test_names_are_short_and_are_the_same_when_they_are_read_again(before: str, sent: str) -> None:
    campaign = campaign_of(f"{before}?utm_medium={before}&utm_campaign={quote(sent, errors='replace')}")
    for name in campaign:
        assert len(name) <= MAX_NAME_CHARS
        assert name == name.strip()
        assert name.isprintable()
        assert "@" not in name
    again = campaign_of(f"?utm_campaign={quote(campaign.name)}")
    assert again.name == campaign.name


def test_long_names_are_not_kept_in_memory() -> None:
    before = campaigns._name.cache_info().currsize
    for number in range(50):
        assert campaign_of(f"?utm_campaign={'a' * 3000}{number}").name == OTHER
    assert campaigns._name.cache_info().currsize <= before + 1


HOSTILE = [
    "utm_" * 1024,
    "?" + "&" * 4095,
    "?utm_source=" + "%cc%81" * 99,  # accents that belong on one letter are sorted
    "?utm_source=" + "%ef%b7%ba" * 66,  # one letter that becomes eighteen
    "?utm_source=" + "%CD%85%CC%80" * 49,
    "?" + "utm_source=1&" * 300,
    "?utm_source=" + "1+2-" * 149,
]


@pytest.mark.parametrize("address", HOSTILE, ids=range(len(HOSTILE)))
def test_no_address_takes_long(address: str) -> None:
    began = time.thread_time()
    for _ in range(20):
        campaigns._name.cache_clear()
        assert max(map(len, campaign_of(address[:4096]))) <= MAX_NAME_CHARS
    assert (time.thread_time() - began) / 20 < 0.005
