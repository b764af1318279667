from __future__ import annotations

from typing import Any

import pytest

from pipeline.collecting.enrich.visitors import identify_reader, identify_visitor, networks_of

SALT = b"s" * 32
ME = {"site": 1, "ip": "203.0.113.9", "user_agent": "Mozilla/5.0"}


def identify(salt: bytes = SALT, **changes: object) -> int:
    asked: dict[str, Any] = {**ME, **changes}
    return identify_visitor(salt, household=networks_of(asked.pop("ip"))[0], **asked)


def test_the_same_reader_has_one_number_for_a_day() -> None:
    assert identify() == identify()
    assert 0 < identify() < 2**64


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"salt": b"t" * 32}, id="another day"),
        pytest.param({"site": 2}, id="another site"),
        pytest.param({"ip": "203.0.113.10"}, id="another address"),
        pytest.param({"user_agent": "Mozilla/5.1"}, id="another browser"),
    ],
)
def test_anything_else_gives_another_number(changes: dict[str, Any]) -> None:
    assert identify(**changes) != identify()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True, id="one household"),
        pytest.param("2001:db8:1:2::1", "2001:0DB8:1:2::0001", True, id="one address written twice"),
        pytest.param("2001:db8:1:2::1", "2001:db8:1:3::1", False, id="the neighbours"),
        pytest.param("fe80::1%eth0", "fe80::2", True, id="with a zone"),
        pytest.param("::ffff:203.0.113.9", "203.0.113.9", True, id="IPv4 written as IPv6"),
        pytest.param("::ffff:203.0.113.9", "::ffff:203.0.113.10", False, id="two of those"),
        pytest.param("no:address", "no:other", False, id="no address"),
    ],
)
def test_an_address_counts_by_its_network(one: str, other: str, same: bool) -> None:
    assert (identify(ip=one) == identify(ip=other)) is same


@pytest.mark.parametrize("text", ["", "\ud800", "đ", "\x00\n"])
def test_any_text_makes_a_number(text: str) -> None:
    assert identify(ip=text, user_agent=text) > 0


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("2001:db8:1:2::1", "2001:db8:1:ff::1", True, id="one customer"),
        pytest.param("2001:db8:1:2::1", "2001:db8:1:102::1", False, id="another customer"),
        pytest.param("203.0.113.9", "203.0.113.10", False, id="the neighbours"),
        pytest.param("::ffff:203.0.113.9", "203.0.113.9", True, id="IPv4 written as IPv6"),
    ],
)
def test_limits_are_a_customers(one: str, other: str, same: bool) -> None:
    assert (networks_of(one)[1] == networks_of(other)[1]) is same


def test_a_reader_in_this_process_is_the_same_on_every_day_and_no_visitor() -> None:
    me: dict[str, Any] = {"site": 1, "household": "203.0.113.9", "user_agent": "Mozilla/5.0", "audience": "public"}
    assert identify_reader(**me) == identify_reader(**me) != identify_reader(**{**me, "audience": "staff"})
    assert identify_reader(**me) != identify()
