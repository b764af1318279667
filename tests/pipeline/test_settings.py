from __future__ import annotations

import re
import runpy
import socket
from pathlib import Path
from typing import Any

import pytest

from cms.settings.variables import ROWS
from pipeline.errors import ConfigurationError, DataDirectoryError
from pipeline.settings import ClickHouseSettings, KafkaPasswords, KafkaSettings, Settings, SiteNames
from pipeline.variables import declared

KEY = "0123456789abcdef" * 4
ROOT = Path(__file__).parents[2]


def read(tmp_path: Path, **environ: str) -> Settings:
    return Settings.from_env({"NHIP_DATA_DIR": str(tmp_path / "var"), **environ})


GOOD = [
    pytest.param("NHIP_BEACON_KEY", KEY, "beacon_key", bytes.fromhex(KEY), id="key"),
    pytest.param("NHIP_PREVIOUS_BEACON_KEY", KEY, "key_before", bytes.fromhex(KEY), id="key before"),
    pytest.param("NHIP_BEACON_KEY", "00" * 16, "beacon_key", bytes(16), id="shortest key"),
    pytest.param("NHIP_HOST", " 0.0.0.0 ", "host", "0.0.0.0", id="host"),
    pytest.param("PORT", "1", "port", 1, id="lowest port"),
    pytest.param("PORT", "65535", "port", 65_535, id="highest port"),
    pytest.param(
        "NHIP_TRUSTED_PROXIES", "10.0.0.1, 10.1.0.0/16", "trusted_proxies", ("10.0.0.1", "10.1.0.0/16"), id="proxies"
    ),
    pytest.param("NHIP_TRUSTED_PROXIES", "fd00::/8", "trusted_proxies", ("fd00::/8",), id="IPv6 proxies"),
    pytest.param("NHIP_BATCH_ROWS", "10", "batch_rows", 10, id="rows"),
    pytest.param("NHIP_BATCH_SECONDS", "0.5", "batch_seconds", 0.5, id="batch seconds"),
    pytest.param("NHIP_REFRESH_SECONDS", "2", "refresh_seconds", 2.0, id="refresh seconds"),
    pytest.param("NHIP_ACKNOWLEDGE_SECONDS", "1.5", "acknowledge_seconds", 1.5, id="acknowledge seconds"),
    pytest.param("NHIP_LIVE_CONNECTIONS", "5", "live_connections", 5, id="live connections"),
    pytest.param("NHIP_FRONT_ENDS", "https://a.vn, http://b.vn:8", "front_ends", ("https://a.vn", "http://b.vn:8")),
    pytest.param("NHIP_NETWORK_EVENTS_PER_SECOND", "0", "network_events_per_second", 0, id="no limit"),
    pytest.param("NHIP_NETWORK_EVENTS", "50", "network_events", 50, id="at once"),
    pytest.param("NHIP_NETWORK_PAGE_VIEWS", "20", "network_page_views", 20, id="views of a page"),
    pytest.param("NHIP_RAW_DAYS", "400", "raw_days", 400, id="days of raw events"),
    pytest.param("NHIP_NETWORK_READERS", "30", "network_readers", 30, id="new readers"),
    pytest.param("NHIP_PLACES_FILE", __file__, "places_file", Path(__file__), id="places"),
    pytest.param("NHIP_SPOOL_MEGABYTES", "64", "spool_megabytes", 64, id="spool"),
    pytest.param("NHIP_MEMBER", "consumer-2", "member", "consumer-2", id="member"),
    pytest.param("NHIP_PROBE_TOKEN", "t" * 20, "given_probe_token", "t" * 20, id="token of the probes"),
    pytest.param("NHIP_DEAD_LETTERS_IN_A_ROW", "50", "dead_letters_in_a_row", 50, id="dead letters"),
    pytest.param("NHIP_HEALTH_PORT", "9100", "health_port", 9100, id="health port"),
]

GOOD_KAFKA = [
    pytest.param("SECURITY_PROTOCOL", "SSL", "security_protocol", "SSL", id="protocol"),
    pytest.param("SASL_MECHANISM", "PLAIN", "sasl_mechanism", "PLAIN", id="mechanism"),
    pytest.param("USERNAME", "nhip", "username", "nhip", id="user"),
    pytest.param("PASSWORD", "bí mật", "password", "bí mật", id="password"),
    pytest.param("CA_FILE", __file__, "ca_file", Path(__file__), id="authorities"),
    pytest.param("CERTIFICATE_FILE", __file__, "certificate_file", Path(__file__), id="certificate"),
    pytest.param("KEY_FILE", __file__, "key_file", Path(__file__), id="key file"),
    pytest.param("PARTITIONS", "12", "partitions", 12, id="partitions"),
    pytest.param("REPLICATION", "3", "replication", 3, id="replication"),
    pytest.param("MIN_INSYNC_REPLICAS", "1", "min_insync_replicas", 1, id="in-sync replicas"),
    pytest.param("RETENTION_HOURS", "24", "retention_hours", 24, id="retention"),
    pytest.param("TIMEOUT_SECONDS", "0.5", "timeout_seconds", 0.5, id="Kafka's time-out"),
    pytest.param("SESSION_SECONDS", "6", "session_seconds", 6.0, id="session"),
]

GOOD_PASSWORDS = [
    pytest.param("COLLECTOR_PASSWORD", "bí mật", "collector", "bí mật", id="collector's password"),
    pytest.param("CONSUMER_PASSWORD", "bí mật", "consumer", "bí mật", id="consumer's password"),
    pytest.param("WEB_PASSWORD", "bí mật", "web", "bí mật", id="site's password"),
    pytest.param("OPERATOR_PASSWORD", "bí mật", "operator", "bí mật", id="operator's password"),
]

URL = "https://writer:p@clickhouse.example:8443/nhip"
GOOD_CLICKHOUSE = [
    pytest.param("URL", URL, "url", URL, id="url"),
    pytest.param("READER_URL", URL, "reader_url", URL, id="reader"),
    pytest.param("MIGRATOR_URL", URL, "migrator_url", URL, id="migrator"),
    pytest.param("CLUSTER", "nhip", "cluster", "nhip", id="cluster"),
    pytest.param("CA_FILE", __file__, "ca_file", Path(__file__), id="authorities"),
    pytest.param("TIMEOUT_SECONDS", "10", "timeout_seconds", 10.0, id="ClickHouse's time-out"),
]

GOOD_NAMES = [
    pytest.param("BASE_URL", "https://so.example.vn/", "base_url", "https://so.example.vn", id="address"),
    pytest.param("HSTS", "subdomains", "transport", "subdomains", id="https alone"),
    pytest.param("ALLOWED_HOSTS", "a.vn, .b.vn", "allowed_hosts", ("a.vn", ".b.vn"), id="more names"),
]

SERVERS = {
    "NHIP_KAFKA_BOOTSTRAP_SERVERS": "kafka-1:9092",
    "NHIP_CLICKHOUSE_URL": "http://writer:p@clickhouse:8123/nhip",
}
SECRETS = ("_BEACON_KEY", "_TOKEN", "NHIP_KAFKA_PASSWORD", "_URL")

NONSENSE = {
    "NHIP_DATA_DIR": ["~nobody-of-this-name/var"],
    "NHIP_PREVIOUS_BEACON_KEY": ["xyz", "00" * 15],
    "NHIP_BEACON_KEY": ["xyz", "00" * 15, "00" * 65, KEY + "0"],
    "PORT": ["0", "65536", "-1", "80.0", "http", "1e3"],
    "NHIP_TRUSTED_PROXIES": ["proxy.example", "10.0.0.0/33", "10.0.0.1,", ",", "*"],
    "NHIP_BATCH_ROWS": ["0", "-5", "1.5", "many", "10000000000"],
    "NHIP_BATCH_SECONDS": ["0", "-1", "nan", "inf", "soon", "1s"],
    "NHIP_REFRESH_SECONDS": ["0", "-1", "nan", "inf", "soon"],
    "NHIP_ACKNOWLEDGE_SECONDS": ["0", "-1", "nan", "inf", "soon"],
    "NHIP_LIVE_CONNECTIONS": ["0", "-1", "2.5", "all"],
    "NHIP_FRONT_ENDS": ["a.vn", "https://a.vn/app", "https://a.vn, b.vn", "*"],
    "NHIP_NETWORK_EVENTS_PER_SECOND": ["-1", "0.5", "all"],
    "NHIP_NETWORK_EVENTS": ["0", "-1", "all"],
    "NHIP_NETWORK_PAGE_VIEWS": ["-1", "0.5", "all"],
    "NHIP_NETWORK_READERS": ["-1", "0.5", "all"],
    "NHIP_RAW_DAYS": ["-1", "0.5", "for ever", "1y"],
    "NHIP_PLACES_FILE": ["/nowhere/places.mmdb", "/tmp"],
    "NHIP_SPOOL_MEGABYTES": ["0", "-1", "much"],
    "NHIP_MEMBER": ["a b", "a/b", "a,b"],
    "NHIP_DEAD_LETTERS_IN_A_ROW": ["0", "-1", "all"],
    "NHIP_PROBE_TOKEN": ["short", "a token with spaces in it", "mã-có-dấu-tiếng-việt-ở-trong"],
    "NHIP_HEALTH_PORT": ["0", "65536", "http"],
    "NHIP_BASE_URL": ["so.example.vn", "ftp://so.example.vn", "https://", "https://so.example.vn/cong"],
    "NHIP_HSTS": ["yes", "max-age=1", "Host"],
    "NHIP_KAFKA_BOOTSTRAP_SERVERS": ["kafka", "kafka:", ":9092", "kafka:9092,", ",", "kafka:port"],
    "NHIP_KAFKA_SECURITY_PROTOCOL": ["TLS", "ssl", "SASL_SSL"],
    "NHIP_KAFKA_SASL_MECHANISM": ["GSSAPI", "plain"],
    "NHIP_KAFKA_CA_FILE": ["/nowhere/ca.pem"],
    "NHIP_KAFKA_CERTIFICATE_FILE": ["/nowhere/client.pem"],
    "NHIP_KAFKA_KEY_FILE": ["/nowhere/client.key"],
    "NHIP_KAFKA_PARTITIONS": ["0", "-1", "few"],
    "NHIP_KAFKA_REPLICATION": ["0", "-1", "three"],
    "NHIP_KAFKA_MIN_INSYNC_REPLICAS": ["0", "2", "two"],
    "NHIP_KAFKA_RETENTION_HOURS": ["0", "-1", "week"],
    "NHIP_KAFKA_TIMEOUT_SECONDS": ["0", "-1", "soon"],
    "NHIP_KAFKA_SESSION_SECONDS": ["0", "-1", "soon"],
    "NHIP_CLICKHOUSE_URL": [
        "clickhouse:8123",
        "http://h/nhip",
        "http://h:8123/",
        "tcp://h:9000/nhip",
        "http://h:1/a b",
    ],
    "NHIP_CLICKHOUSE_READER_URL": ["clickhouse:8123"],
    "NHIP_CLICKHOUSE_MIGRATOR_URL": ["clickhouse:8123"],
    "NHIP_CLICKHOUSE_CLUSTER": ["a b", "a'b"],
    "NHIP_CLICKHOUSE_CA_FILE": ["/nowhere/ca.pem"],
    "NHIP_CLICKHOUSE_TIMEOUT_SECONDS": ["0", "-1", "soon"],
}


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD)
def test_a_good_value_is_taken(tmp_path: Path, name: str, text: str, attribute: str, value: Any) -> None:
    assert getattr(read(tmp_path, **{name: text}), attribute) == value


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD_KAFKA)
def test_a_good_value_for_kafka_is_taken(tmp_path: Path, name: str, text: str, attribute: str, value: Any) -> None:
    kafka = read(tmp_path, **{**SERVERS, f"NHIP_KAFKA_{name}": text}).kafka
    assert getattr(kafka, attribute) == value


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD_PASSWORDS)
def test_a_good_password_of_an_account_is_taken(
    tmp_path: Path, name: str, text: str, attribute: str, value: Any
) -> None:
    assert getattr(read(tmp_path, **{f"NHIP_KAFKA_{name}": text}).kafka_passwords, attribute) == value


def test_every_account_of_kafka_needs_its_password(tmp_path: Path) -> None:
    names = [f"NHIP_KAFKA_{case.values[0]}" for case in GOOD_PASSWORDS]
    given = {name: f"of {name}" for name in names}

    assert read(tmp_path, **given).kafka_passwords.by_account()["nhip_web"] == "of NHIP_KAFKA_WEB_PASSWORD"
    for name in names:
        some = {other: text for other, text in given.items() if other != name}
        with pytest.raises(ConfigurationError, match=f"^{name} is not set"):
            read(tmp_path, **some).kafka_passwords.by_account()


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD_CLICKHOUSE)
def test_a_good_value_for_clickhouse_is_taken(tmp_path: Path, name: str, text: str, attribute: str, value: Any) -> None:
    clickhouse = read(tmp_path, **{**SERVERS, f"NHIP_CLICKHOUSE_{name}": text}).clickhouse
    assert getattr(clickhouse, attribute) == value


@pytest.mark.parametrize(("name", "text", "attribute", "value"), GOOD_NAMES)
def test_a_good_name_is_taken(tmp_path: Path, name: str, text: str, attribute: str, value: Any) -> None:
    assert getattr(read(tmp_path, **{f"NHIP_{name}": text}).names, attribute) == value


def test_the_site_answers_to_this_machine_to_its_address_and_to_more_names(tmp_path: Path) -> None:
    assert read(tmp_path).names.hosts == ("localhost", "127.0.0.1", "[::1]")
    names = read(tmp_path, NHIP_BASE_URL="http://[2001:db8::1]:8000", NHIP_ALLOWED_HOSTS=".b.vn").names
    assert names.hosts == ("localhost", "127.0.0.1", "[::1]", "[2001:db8::1]", ".b.vn")


def test_several_brokers_are_separated_by_commas(tmp_path: Path) -> None:
    kafka = read(tmp_path, NHIP_KAFKA_BOOTSTRAP_SERVERS="kafka-1:9092, [::1]:9093").kafka
    assert kafka is not None
    assert kafka.bootstrap_servers == ("kafka-1:9092", "[::1]:9093")


def test_one_account_of_clickhouse_does_everything_unless_others_are_named(tmp_path: Path) -> None:
    clickhouse = read(tmp_path, **SERVERS).clickhouse
    assert clickhouse is not None
    assert clickhouse.url == clickhouse.reader_url == clickhouse.migrator_url


@pytest.mark.parametrize(
    ("name", "text"),
    [pytest.param(name, text, id=f"{name}={text}"[:50]) for name in NONSENSE for text in NONSENSE[name]],
)
def test_nonsense_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name}=") as caught:
        read(tmp_path, **{**SERVERS, name: text})
    assert len(str(caught.value)) > len(f"{name}={text!r}: ") or name.endswith(SECRETS)


def variables() -> set[str]:
    """Every variable that the settings declare."""
    kinds = (Settings, SiteNames, KafkaSettings, KafkaPasswords, ClickHouseSettings)
    return {variable.name for kind in kinds for variable in declared(kind).values()}


def test_every_variable_has_a_row_in_these_tables() -> None:
    tables = {"": GOOD, "NHIP_": GOOD_NAMES, "NHIP_KAFKA_": GOOD_KAFKA, "NHIP_CLICKHOUSE_": GOOD_CLICKHOUSE}
    tested = {f"{prefix}{case.values[0]}" for prefix, table in tables.items() for case in table}
    passwords = {f"NHIP_KAFKA_{case.values[0]}" for case in GOOD_PASSWORDS}
    assert tested | passwords | {"NHIP_DATA_DIR", "NHIP_KAFKA_BOOTSTRAP_SERVERS"} == variables()
    # Any text may be a host, a user or a password.
    assert set(NONSENSE) == variables() - {
        "NHIP_HOST",
        "NHIP_ALLOWED_HOSTS",
        "NHIP_KAFKA_USERNAME",
        "NHIP_KAFKA_PASSWORD",
        *passwords,
    }


@pytest.mark.parametrize("text", ["", "  "], ids=["empty", "blank"])
@pytest.mark.parametrize("name", sorted(variables()))
def test_a_variable_that_is_set_but_empty_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} is set but empty"):
        read(tmp_path, **{**SERVERS, name: text})


@pytest.mark.parametrize("name", sorted(variables()))
def test_every_variable_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", (ROOT / "README.md").read_text(encoding="utf-8")), f"README.md lacks {name}"


def test_readmes_tables_are_those_of_the_declarations() -> None:
    """To write them: python tools/document_settings.py"""
    document_settings = runpy.run_path(str(ROOT / "tools/document_settings.py"))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert document_settings["documented"](readme) == readme


def test_a_default_that_a_document_says_is_the_settings_own() -> None:
    tables = runpy.run_path(str(ROOT / "tools/document_settings.py"))["TABLES"]
    defaults = {row.name: row.default.strip("`").partition(":")[0] for table in tables.values() for row in table}
    text = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "docs").rglob("*.md"))
    said = re.findall(r"`(NHIP_[A-Z0-9_]+)` \(([\d,.]+)", text)

    assert len(said) > 1
    assert [(name, number) for name, number in said if number.replace(",", "") != defaults[name]] == []


def test_every_setting_of_the_site_has_a_row() -> None:
    sources = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "cms").rglob("*.py"))
    read = set(re.findall(r'"(NHIP_(?!TEST_)[A-Z0-9_]+|DATABASE_URL|EMAIL_URL)"', sources))
    assert read - variables() == {row.name for row in ROWS} - variables()


def test_a_refusal_carries_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, PORT="http")
    assert caught.value.variable == "PORT"


def test_without_variables_the_defaults_hold(tmp_path: Path) -> None:
    settings = read(tmp_path)
    defaults = Settings(data_dir=tmp_path / "var", member=socket.gethostname())
    assert settings == defaults


def test_the_data_directory_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_env({"NHIP_DATA_DIR": "here", "NHIP_BEACON_KEY": KEY})
    assert settings.data_dir == tmp_path / "here"
    places = (settings.log_dir, settings.spool_dir, settings.engine_dir, settings.snapshot_file)
    assert {place.parent for place in places} == {settings.data_dir}
    assert Settings.from_env({"NHIP_BEACON_KEY": KEY}).data_dir == tmp_path / "var"


def test_a_key_is_made_once_and_kept(tmp_path: Path) -> None:
    first = read(tmp_path).beacon_key
    assert len(first) == 32
    assert read(tmp_path).beacon_key == first
    assert read(tmp_path, NHIP_BEACON_KEY=KEY).beacon_key == bytes.fromhex(KEY)


def test_a_key_is_neither_in_messages_nor_in_the_repr(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, NHIP_BEACON_KEY=KEY + "z")
    assert KEY not in str(caught.value)
    assert repr(bytes.fromhex(KEY)) not in repr(read(tmp_path, NHIP_BEACON_KEY=KEY))


def test_passwords_are_neither_in_messages_nor_in_the_repr(tmp_path: Path) -> None:
    secrets = {"NHIP_CLICKHOUSE_URL": "http://writer:geheim@h:8123/nhip", "NHIP_KAFKA_PASSWORD": "geheim"}
    secrets |= {f"NHIP_KAFKA_{case.values[0]}": "geheim" for case in GOOD_PASSWORDS}
    assert "geheim" not in repr(read(tmp_path, **{**SERVERS, **secrets}))
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, NHIP_CLICKHOUSE_URL="http://writer:geheim@h/nhip")
    assert "geheim" not in str(caught.value)


def test_signing_in_needs_a_name_and_a_password(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="set NHIP_KAFKA_USERNAME and NHIP_KAFKA_PASSWORD"):
        read(tmp_path, **SERVERS, NHIP_KAFKA_SECURITY_PROTOCOL="SASL_SSL", NHIP_KAFKA_USERNAME="nhip")


def test_a_data_directory_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    with pytest.raises(DataDirectoryError, match="NHIP_DATA_DIR"):
        assert read(tmp_path).beacon_key


def test_a_token_for_operations_is_made_where_none_is_given(tmp_path: Path) -> None:
    settings = read(tmp_path)
    made, kept = settings.probe_token, settings.data_dir / "probe.token"

    assert len(made) == 64
    assert made == read(tmp_path).probe_token == kept.read_text(encoding="ascii")
    assert kept.stat().st_mode & 0o777 == 0o600
    assert read(tmp_path, NHIP_PROBE_TOKEN="t" * 20).probe_token == "t" * 20
