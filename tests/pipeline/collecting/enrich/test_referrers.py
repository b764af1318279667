from __future__ import annotations

import pytest

from pipeline.collecting.enrich import referrers
from pipeline.collecting.enrich.referrers import Origin, origin_of, settle

OWN = "congthuong.example.vn"
OURS = settle([OWN])


@pytest.mark.parametrize(
    ("referrer", "source", "internal"),
    [
        pytest.param("", "", False, id="none"),
        pytest.param(f"https://{OWN}/tin-tuc/", "", True, id="the site itself"),
        pytest.param(f"http://{OWN}:8000", "", True, id="the site by another scheme and port"),
        pytest.param(f"HTTPS://{OWN.upper()}/", "", True, id="capitals"),
        pytest.param("https://www.google.com/search?q=sở", "google.com", False, id="a search"),
        pytest.param("https://coccoc.com", "coccoc.com", False, id="no path"),
        pytest.param("android-app://com.zing.zalo/", "com.zing.zalo", False, id="an app"),
        pytest.param(f"https://{OWN}.evil.example/", f"{OWN}.evil.example", False, id="a host that begins as ours"),
        pytest.param(f"https://{OWN}@evil.example/", "evil.example", False, id="our name as a user"),
        pytest.param(f"https://{OWN}:{'0' * 500}@evil.example/", "", False, id="our name as a very long user"),
        pytest.param(f"https://evil.example/https://{OWN}/", "evil.example", False, id="our name in the path"),
        pytest.param(f"https://evil.example?//{OWN}/", "evil.example", False, id="our name in the query"),
        pytest.param("null", "", False, id="an opaque origin"),
        pytest.param("http://[", "", False, id="a broken IPv6 address"),
        pytest.param("https://sởcôngthương.vn/", "", False, id="letters no browser sends"),
        pytest.param("http://a\x00b/", "", False, id="NUL"),
        pytest.param("\ud800", "", False, id="lone surrogate"),
        pytest.param("javascript:alert(1)", "", False, id="a script"),
        pytest.param("https://" + "a" * 5000 + ".example/", "", False, id="longer than any host"),
        pytest.param("https://" + "a" * 150 + ".example/", "a" * 100, False, id="a long host is cut"),
    ],
)
def test_only_the_host_of_another_site_is_a_source(referrer: str, source: str, internal: bool) -> None:
    assert origin_of(referrer, OURS) == Origin(internal, source)


@pytest.mark.parametrize(
    "own_host", [f"{OWN}:8000", OWN.upper(), "[2001:db8::1]:8000"], ids=["port", "capitals", "IPv6"]
)
def test_our_host_is_what_the_request_says(own_host: str) -> None:
    assert origin_of(f"http://{own_host.lower()}/", settle([])._replace(asked=(own_host,))).internal


@pytest.mark.parametrize("own_host", ["", ":", "[", "\xff", "/", "@"])
def test_without_a_host_nothing_is_internal(own_host: str) -> None:
    assert not origin_of("", settle([])._replace(asked=(own_host,))).internal
    assert not origin_of("https://evil.example/", settle([])._replace(asked=(own_host,))).internal


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        pytest.param(f"https://{OWN}", True, id="the site itself"),
        pytest.param(f"http://{OWN.upper()}:8000", True, id="by another scheme and port, in capitals"),
        pytest.param("https://evil.example", False, id="another site"),
        pytest.param(f"https://{OWN}.evil.example", False, id="a host that begins as ours"),
        pytest.param(f"https://{OWN}@evil.example", False, id="our name as a user"),
        pytest.param("null", False, id="an opaque origin"),
        pytest.param("http://[", False, id="a broken IPv6 address"),
        pytest.param("https://" + "a" * 5000 + f"@{OWN}", False, id="longer than any origin"),
    ],
)
def test_the_header_origin_names_our_site_or_another(origin: str, own: bool) -> None:
    assert origin_of(origin, OURS).internal is own


def test_different_paths_of_a_site_take_one_place_in_memory() -> None:
    before = referrers._host.cache_info().currsize
    for number in range(50):
        assert origin_of(f"https://paths.example/{'a' * 5000}{number}", OURS).source == "paths.example"
    assert referrers._host.cache_info().currsize <= before + 2


@pytest.mark.parametrize(
    ("referrer", "internal"),
    [
        pytest.param("https://congthuong.example.vn/", True, id="one of the settings"),
        pytest.param("https://www.congthuong.example.vn:8443/", True, id="with www"),
        pytest.param("http://[::1]:8000/", True, id="IPv6"),
        pytest.param("https://en.so.example.vn/", True, id="below a name with a dot"),
        pytest.param("https://so.example.vn/", True, id="the name itself"),
        pytest.param("https://noiso.example.vn/", False, id="a name that ends as ours"),
        pytest.param("https://example.vn/", False, id="a name above ours"),
    ],
)
def test_a_site_has_all_the_names_of_its_settings(referrer: str, internal: bool) -> None:
    own = settle(["WWW.congthuong.example.vn", "[::1]", ".so.example.vn", "*"])
    assert origin_of(referrer, own).internal is internal
