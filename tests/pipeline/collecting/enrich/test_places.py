from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.collecting.enrich import lists
from pipeline.collecting.enrich import places as module
from pipeline.collecting.enrich.places import CACHED_NETWORKS, UNKNOWN, Place, place_in, places
from pipeline.collecting.enrich.visitors import networks_of

place_of = places()


def country(ip: str) -> str:
    return place_of(networks_of(ip)[0]).country


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        pytest.param("8.8.8.8", "US", id="IPv4"),
        pytest.param("14.177.0.1", "VN", id="VNPT"),
        pytest.param("113.160.1.1", "VN", id="VNPT again"),
        pytest.param("2405:4800::1", "VN", id="FPT, IPv6"),
        pytest.param("2001:ee0:4141::5", "VN", id="VNPT, IPv6"),
        pytest.param("2001:4860:4860::8888", "US", id="IPv6"),
        pytest.param("::ffff:14.177.0.1", "VN", id="IPv4 written as IPv6"),
        pytest.param("::ffff:0eb1:1", "VN", id="the same in hexadecimal"),
        pytest.param("2405:4800::1%eth0", "VN", id="with a zone"),
    ],
)
def test_a_network_is_in_the_country_it_was_given_to(ip: str, expected: str) -> None:
    assert place_of(networks_of(ip)[0]) == Place(expected, "")


@pytest.mark.parametrize(
    "ip",
    [
        *("10.0.0.1", "127.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "169.254.1.1"),
        *("203.0.113.9", "198.51.100.1", "192.0.2.1", "224.0.0.1", "240.0.0.1", "0.0.0.0", "255.255.255.255"),
        *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1", "::ffff:10.0.0.1"),
        *("", "nonsense", "testclient", "1.2.3", "1.2.3.4.5", "01.2.3.4", "8.8.8.8\n", " 8.8.8.8", "8.8.8.8/8"),
        *(":", "::g"),
        *("x" * 10_000, "8.8.8.8" + " " * 9_000, "\ud800.", "\0.\0.\0.\0", "zzzzzzzzzzzzzzzz", "²².1.1.1"),
    ],
)
def test_private_and_reserved_networks_and_nonsense_are_nowhere(ip: str) -> None:
    assert country(ip) == ""


@given(st.text(max_size=40) | st.ip_addresses().map(str) | st.ip_addresses(v=6).map(lambda ip: f"::ffff:{ip}"))
def test_a_country_is_two_capital_letters_or_unknown_whatever_comes(ip: str) -> None:
    found = place_of(networks_of(ip)[0])
    assert found.country == "" or (len(found.country) == 2 and found.country.isascii() and found.country.isupper())
    assert found.country not in {"EU", "AP", "ZZ"}
    assert found.province == ""


def test_the_lists_of_the_registries_have_a_version() -> None:
    assert lists.versions()["iptocc"].split(".")[0] == "3"


def test_what_a_registry_gave_to_europe_is_in_no_country(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "country_code", lambda _ip: "EU")
    assert places()("62.12.0.1") == UNKNOWN


def test_all_addresses_of_a_household_are_looked_up_once() -> None:
    asked: list[str] = []

    def look_up(address: str) -> object:
        asked.append(address)
        return {"country": {"iso_code": "VN"}}

    found = places(look_up)
    for ip in ("2405:4800::1", "2405:4800::ffff", "14.177.0.1", "14.177.0.1", "::ffff:14.177.0.1", "14.177.0.2"):
        assert found(networks_of(ip)[0]) == Place("VN", "")
    assert asked == ["2405:4800:0000:0000::", "14.177.0.1", "14.177.0.2"]


def test_the_cache_is_bounded_in_number_and_in_size() -> None:
    asked: list[str] = []
    found = places(asked.append)
    for number in range(CACHED_NETWORKS + 1):
        found(f"14.{number // 65536}.{number // 256 % 256}.{number % 256}")
    found("14.0.0.0")
    assert len(asked) == CACHED_NETWORKS + 2

    found("14.0.0.0" + " " * 1_000)
    assert len(asked) == CACHED_NETWORKS + 2


@pytest.mark.parametrize(
    ("record", "place"),
    [
        pytest.param({"country": {"iso_code": "VN"}}, ("VN", ""), id="MaxMind's, country"),
        pytest.param(
            {"country": {"iso_code": "VN"}, "subdivisions": [{"iso_code": "HN"}]}, ("VN", "HN"), id="MaxMind's, city"
        ),
        pytest.param(
            {"country": {"iso_code": "GB"}, "subdivisions": [{"iso_code": "ENG"}, {"iso_code": "OXF"}]},
            ("GB", "ENG"),
            id="the largest part",
        ),
        pytest.param(
            {"country": {"iso_code": "VN"}, "subdivisions": [{"names": {"en": "Hanoi"}}]}, ("VN", ""), id="a name alone"
        ),
        pytest.param({"country": {"iso_code": "VN"}, "subdivisions": []}, ("VN", ""), id="no part"),
        pytest.param({"country_code": "VN", "country": "Vietnam"}, ("VN", ""), id="IPinfo's"),
        pytest.param({"country": "VN", "region_code": "SG"}, ("VN", "SG"), id="flat"),
        pytest.param({"country_code": "VN", "region_code": "VN-SG"}, ("VN", "SG"), id="with the country before it"),
        pytest.param({"country_code": "VN", "region_code": "29"}, ("VN", "29"), id="digits"),
        pytest.param({"country_code": "VN", "region_code": "hn"}, ("VN", ""), id="a province in small letters"),
        pytest.param({"region_code": "SG"}, ("", ""), id="a province of no country"),
        pytest.param({"country": {"iso_code": "vn"}}, ("", ""), id="small letters"),
        pytest.param({"country": {"iso_code": "EU"}}, ("", ""), id="no country"),
        pytest.param({"country": {"iso_code": 84}}, ("", ""), id="a number"),
        pytest.param({"country": {"iso_code": "ĐÊ"}}, ("", ""), id="letters of no code"),
        pytest.param({"country": {"iso_code": "VN"}, "subdivisions": [{"iso_code": "HANOI"}]}, ("VN", ""), id="long"),
        pytest.param({"country": {"iso_code": "VN"}, "subdivisions": [{"iso_code": "a b"}]}, ("VN", ""), id="no code"),
        pytest.param({"country": {"iso_code": "VN"}, "subdivisions": {"iso_code": "HN"}}, ("VN", ""), id="no list"),
        pytest.param(None, ("", ""), id="no record"),
        pytest.param(["VN"], ("", ""), id="a list"),
        pytest.param("VN", ("", ""), id="a text"),
    ],
)
def test_a_record_is_read_in_the_shapes_that_files_have(record: object, place: tuple[str, str]) -> None:
    assert place_in(record) == place


anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.binary(max_size=4) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["country", "iso_code", "subdivisions", "country_code", "region_code"]), inner, max_size=4
        )
    ),
)


@given(anything)
def test_whatever_a_file_says_a_place_is_codes_or_unknown(record: Any) -> None:
    found = place_in(record)
    assert len(found.country) in (0, 2)
    assert len(found.province) <= 3
    assert all(part == "" or (part.isascii() and part.isalnum() and part == part.upper()) for part in found)
    assert found.country or not found.province
