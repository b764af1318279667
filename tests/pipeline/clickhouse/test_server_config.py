"""The configuration of our ClickHouse server: its own logs stay small, and its accounts' passwords are elsewhere."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from xml.etree import ElementTree

import pytest
from clickhouse_http import ROLES

from pipeline.clickhouse.accounts import account_statements
from pipeline.clickhouse.client import BOUNDS

DEPLOY = Path(__file__).resolve().parents[3] / "deploy/clickhouse"
KEPT = {"query_log", "part_log", "error_log"}
WRITTEN_BY_DEFAULT = {"asynchronous_metric_log", "metric_log", "query_metric_log", "text_log", "trace_log"}


def root(file: str) -> ElementTree.Element:
    return ElementTree.parse(DEPLOY / file).getroot()


def test_every_system_log_is_removed_in_time() -> None:
    logs = {element.tag: element for element in root("config.d/nhip.xml") if element.tag.endswith("_log")}
    kept = {name for name, element in logs.items() if element.get("remove") is None}
    assert kept == KEPT
    assert all("DELETE" in (logs[name].findtext("ttl") or "") for name in kept)
    assert logs.keys() - kept >= WRITTEN_BY_DEFAULT


@pytest.mark.parametrize("account", ["writer", "reader", "migrator"])
def test_passwords_come_from_the_environment(account: str) -> None:
    password = root("users.d/nhip.xml").find(f"users/nhip_{account}/password")
    assert password is not None
    assert password.text is None
    assert password.get("from_env") == f"NHIP_CLICKHOUSE_{account.upper()}_PASSWORD"


def reader_by_file() -> tuple[dict[str, int], dict[str, tuple[int, int] | None]]:
    """Its settings, and the least and the largest that a query may set instead; None where it may not."""
    profile = root("users.d/nhip.xml").find("profiles/nhip_reader")
    assert profile is not None
    settings = {one.tag: int(one.text or "") for one in profile if one.tag != "constraints"}
    limits: dict[str, tuple[int, int] | None] = {}
    for one in profile.find("constraints") or ():
        least, most = one.findtext("min"), one.findtext("max")
        limits[one.tag] = (int(least), int(most)) if least and most else None
        assert (one.find("const") is not None) == (limits[one.tag] is None)
    return settings, limits


def reader_by_sql() -> tuple[dict[str, int], dict[str, tuple[int, int] | None]]:
    (text,) = (
        one for one in account_statements(cluster="", database="nhip") if one.startswith("ALTER ROLE nhip_reader")
    )
    found = re.findall(r"(\w+) = (\d+)(?: MIN (\d+) MAX (\d+)|( CONST))?(?:,|$)", text, re.MULTILINE)
    settings = {name: int(value) for name, value, *_ in found}
    limits = {
        name: None if const else (int(least), int(most)) for name, _, least, most, const in found if least or const
    }
    return settings, limits


def test_the_readers_bounds_are_the_same_by_file_and_by_sql() -> None:
    assert "reader" in ROLES
    assert reader_by_sql() == reader_by_file()


def test_a_question_is_bounded_in_memory_time_and_number() -> None:
    settings, limits = reader_by_file()
    for name in ("max_execution_time", "max_memory_usage"):
        value, bounds = settings[name], limits[name]
        assert bounds == (1, value), "no query of a reader lifts it; 0 would be no bound at all"
    ours = root("config.d/nhip.xml").findtext("max_concurrent_queries")
    assert 2 * settings["max_concurrent_queries_for_user"] <= int(ours or 0)
    assert settings["max_bytes_before_external_group_by"] < settings["max_memory_usage"]
    assert settings["readonly"] == 2


def test_what_a_question_asks_for_by_itself_is_allowed() -> None:
    """A query that sets more than its account may is refused as a whole."""
    _, limits = reader_by_file()
    assert BOUNDS
    for name, value in BOUNDS.items():
        bounds = limits[name]
        assert bounds is not None
        assert bounds[0] <= value <= bounds[1]


def test_the_user_without_a_password_signs_in_from_the_server_alone() -> None:
    networks = root("users.d/nhip.xml").find("users/default/networks")
    assert networks is not None
    assert networks.get("replace") == "replace"
    assert {address.text for address in networks} == {"127.0.0.1", "::1"}


@pytest.mark.parametrize("account", ["writer", "reader", "migrator"])
def test_an_account_signs_in_from_private_addresses_alone(account: str) -> None:
    networks = root("users.d/nhip.xml").find(f"users/nhip_{account}/networks")
    assert networks is not None
    allowed = [ip_network(element.text or "") for element in networks]

    assert allowed
    assert all(network.is_private for network in allowed)
    assert any(ip_address("172.18.0.5") in network for network in allowed), "Docker's own networks"


def test_a_server_of_its_own_has_no_port_that_nobody_asks() -> None:
    closed = {element.tag for element in root("config.d/ports.xml") if element.get("remove") == "1"}

    assert closed == {"mysql_port", "postgresql_port", "interserver_http_port"}
