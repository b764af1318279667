"""The file of places that operations give: its places, and what is said of one that can't be read."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from place_files import HANOI, write_places

from pipeline.collecting.enrich.places import Place, places
from pipeline.collecting.enrich.visitors import networks_of
from pipeline.collecting.place_file import PlaceFile, version_of
from pipeline.errors import ConfigurationError
from pipeline.process.words import say

RECORDS = {
    "203.0.113.0/24": HANOI,
    "198.51.100.128/25": {"country": {"iso_code": "VN"}},
    "2001:db8::/32": {"country": {"iso_code": "LA"}, "subdivisions": [{"iso_code": "VT"}]},
}


@pytest.fixture
def given(tmp_path: Path) -> Path:
    return write_places(tmp_path / "places.mmdb", RECORDS)


@pytest.mark.parametrize(
    ("ip", "place"),
    [
        pytest.param("203.0.113.9", ("VN", "HN"), id="a province"),
        pytest.param("::ffff:203.0.113.9", ("VN", "HN"), id="IPv4 written as IPv6"),
        pytest.param("198.51.100.200", ("VN", ""), id="a country alone"),
        pytest.param("198.51.100.1", ("", ""), id="beside it"),
        pytest.param("2001:db8:1:2:3::4", ("LA", "VT"), id="IPv6"),
        pytest.param("14.177.0.1", ("", ""), id="a network that the file lacks, whatever registries say"),
    ],
)
def test_places_are_those_of_the_file(given: Path, tmp_path: Path, ip: str, place: tuple[str, str]) -> None:
    assert places(PlaceFile(given, directory=tmp_path).look_up)(networks_of(ip)[0]) == place


def test_a_file_without_ipv6_knows_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = PlaceFile(write_places(tmp_path / "four.mmdb", {"203.0.113.0/24": HANOI}, ip_version=4), directory=tmp_path)
    assert places(file.look_up)("203.0.113.9") == Place("VN", "HN")
    assert places(file.look_up)(networks_of("2001:db8::1")[0]) == Place()
    assert places(file.look_up)("nonsense") == places(file.look_up)("\0") == places(file.look_up)("") == Place()
    assert not caplog.records


def test_its_version_is_its_kind_and_its_day(given: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: 1_790_571_600.0)
    dated = write_places(tmp_path / "dated.mmdb", RECORDS, kind="GeoLite2-City")
    file = PlaceFile(dated, directory=tmp_path)
    assert file.version == version_of(dated) == "GeoLite2-City 2026-09-28"


def test_who_writes_into_the_file_changes_and_ends_nothing(given: Path, tmp_path: Path) -> None:
    found = places(PlaceFile(given, directory=tmp_path).look_up)
    with given.open("r+b") as file:  # as `curl -o` does
        file.truncate()
    assert found("203.0.113.9") == Place("VN", "HN")
    given.unlink()
    assert found("198.51.100.200") == Place("VN", "")


def test_its_copy_has_no_name(given: Path, tmp_path: Path) -> None:
    directory = tmp_path / "data"
    directory.mkdir()
    PlaceFile(given, directory=directory)
    assert list(directory.iterdir()) == []


def empty(path: Path) -> None:
    path.write_bytes(b"")


def other(path: Path) -> None:
    path.write_bytes(b"country,province\nVN,HN\n" * 1_000)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def gone(path: Path) -> None:
    path.unlink()


def directory_of_its_name(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [empty, other, cut, gone, directory_of_its_name])
def test_a_file_that_can_not_be_read_is_refused_in_words(
    given: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(given)
    with pytest.raises(ConfigurationError, match="want a readable MMDB file") as refused:
        PlaceFile(given, directory=tmp_path)
    with pytest.raises(ConfigurationError):
        version_of(given)
    assert refused.value.variable == "NHIP_PLACES_FILE"
    words = say(refused.value)
    assert words.startswith(f"NHIP_PLACES_FILE={str(given)!r}: cần một tệp MMDB đọc được")
    assert ".places-" not in words, "the name of our copy tells nobody anything"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file; another user would let this test run")
def test_nor_is_one_of_another_user(given: Path, tmp_path: Path) -> None:
    given.chmod(0)
    with pytest.raises(ConfigurationError, match="Permission denied"):
        PlaceFile(given, directory=tmp_path)


def test_a_network_that_can_not_be_read_loses_no_view_and_is_said_once_without_its_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given = write_places(tmp_path / "four.mmdb", {"14.0.0.0/8": HANOI, "203.0.113.0/24": HANOI}, ip_version=4)
    whole = given.read_bytes()
    given.write_bytes(whole[:3] + b"\xff\xff\xf0" + whole[6:])  # where networks from 128.0.0.0 on are, in 24 bits
    found = places(PlaceFile(given, directory=tmp_path).look_up)

    assert found("14.177.0.1") == Place("VN", "HN")
    for ip in ("203.0.113.9", "198.51.100.200", "203.0.113.8"):
        assert found(ip) == Place()
    assert [record.getMessage() for record in caplog.records] == [
        "NHIP_PLACES_FILE is damaged, some places stay unknown"
    ]
    assert "203.0.113" not in caplog.text
