"""The configuration of our ClickHouse server: its own logs stay small, and its accounts' passwords are elsewhere."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from pathlib import Path
from xml.etree import ElementTree

import pytest

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
