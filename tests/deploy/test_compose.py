"""docker-compose.yml sets only variables that the code reads, and opens no more than it must."""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import runpy
import subprocess
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from deployment import compose, read_env, write_env
from part import ROOT

from cms.settings.variables import ROWS
from cms.web import __main__ as web
from pipeline.brokers.kafka.accounts import RIGHTS
from pipeline.operating import cli
from pipeline.process.health import Health
from pipeline.process.http import PREFIX
from pipeline.settings import Settings
from pipeline.variables import Row

Service = dict[str, Any]

OURS = ("web", "collector", "consumer", "accounts", "migrate", "prepare")
ONCE = ("accounts", "migrate", "prepare")
SERVERS = ("proxy", "kafka", "clickhouse", "postgres", "prometheus", "grafana")
SOURCE = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")

# Settings that Compose does not pass on, and why; an override file can give them.
NO_OTHER_SERVER = "its one Kafka and its one ClickHouse are in a network without a way out, and of this file"
FOR_A_TRIAL = "the default is what the limits of docs/measurements.md were measured with"
NOT_PASSED_ON = {
    "NHIP_MEMBER": "a container's own name",
    **dict.fromkeys(
        (
            *("NHIP_KAFKA_CA_FILE", "NHIP_KAFKA_CERTIFICATE_FILE", "NHIP_KAFKA_KEY_FILE"),
            *("NHIP_KAFKA_REPLICATION", "NHIP_KAFKA_MIN_INSYNC_REPLICAS"),
            *("NHIP_CLICKHOUSE_CA_FILE", "NHIP_CLICKHOUSE_CLUSTER"),
        ),
        NO_OTHER_SERVER,
    ),
    **dict.fromkeys(
        (
            *("NHIP_KAFKA_TIMEOUT_SECONDS", "NHIP_KAFKA_SESSION_SECONDS", "NHIP_CLICKHOUSE_TIMEOUT_SECONDS"),
            *("NHIP_ACKNOWLEDGE_SECONDS", "NHIP_DEAD_LETTERS_IN_A_ROW"),
        ),
        FOR_A_TRIAL,
    ),
}

each_of_ours = pytest.mark.parametrize("name", OURS)
each_service = pytest.mark.parametrize("name", [*OURS, *SERVERS])


def known_variables() -> set[str]:
    """Every environment variable that the code reads."""
    sources = [ROOT / "pipeline/settings.py", *(ROOT / "cms").rglob("*.py")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    return set(re.findall(r'"(NHIP_[A-Z0-9_]+|PORT|DATABASE_URL|EMAIL_URL)"', text))


def settings_rows() -> list[Row]:
    """README's rows of settings, the site's among them."""
    tables = runpy.run_path(str(ROOT / "tools/document_settings.py"))["TABLES"]
    return [row for table in tables.values() for row in table]


def test_every_service_is_tested() -> None:
    assert set(SOURCE["services"]) == {*OURS, *SERVERS}


def test_compose_takes_the_file_with_the_env_of_make_env(env_file: Path) -> None:
    answer = compose(env_file, "config", "--quiet")

    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""


def test_without_an_env_compose_says_what_to_run(tmp_path: Path) -> None:
    empty = tmp_path / "empty.env"
    empty.write_text("")

    answer = compose(empty, "config")

    assert answer.returncode != 0
    assert "run make env" in answer.stderr


def test_every_variable_of_the_env_is_used_and_every_needed_one_is_written(env_file: Path) -> None:
    written = set(read_env(env_file))
    used = set(re.findall(r"\$\{([A-Z0-9_]+)", TEXT))
    needed = set(re.findall(r"\$\{([A-Z0-9_]+):\?", TEXT))

    assert written <= used
    assert needed <= written


@each_of_ours
def test_every_variable_given_to_our_processes_is_one_the_code_reads(services: dict[str, Service], name: str) -> None:
    assert set(services[name]["environment"]) <= known_variables()


@each_of_ours
def test_our_processes_accept_their_environment(services: dict[str, Service], name: str) -> None:
    settings = Settings.from_env(services[name]["environment"])

    assert settings.kafka is not None
    assert settings.kafka.security_protocol == "SASL_PLAINTEXT"
    if name == "accounts":  # in the broker's own network, where its administrator signs in
        assert services[name]["network_mode"] == "service:kafka"
        assert settings.kafka.bootstrap_servers == ("127.0.0.1:9094",)
        assert set(settings.kafka_passwords.by_account()) == set(RIGHTS)
        return
    assert settings.kafka.bootstrap_servers == ("kafka:9092",)
    assert settings.clickhouse is not None


def test_every_setting_is_passed_on_unless_there_is_a_reason() -> None:
    given = {variable for name in OURS for variable in SOURCE["services"][name]["environment"]}
    settings = {row.name for row in settings_rows()}

    assert settings - given == set(NOT_PASSED_ON)
    assert {row.name for row in ROWS} - set(SOURCE["services"]["web"]["environment"]) == {"NHIP_ADMIN_PASSWORD"}


def test_a_default_that_compose_gives_is_the_settings_own() -> None:
    given = dict(re.findall(r"\$\{([A-Z0-9_]+):-([^}]*)\}", TEXT))
    documented = {row.name: row.default.strip("`").partition(":")[0] for row in settings_rows()}
    both = given.keys() & documented.keys()

    assert len(both) > 1
    assert {name: given[name] for name in both} == {name: documented[name] for name in both}


@pytest.mark.parametrize("name", ["web", "prepare"])
def test_the_site_accepts_its_environment(services: dict[str, Service], name: str) -> None:
    """Its settings as Django loads them, and mail as it was asked for."""
    given = {key: value for key, value in services[name]["environment"].items() if value is not None}
    mail = {"EMAIL_URL": "smtp://nhip:mat-khau@thu.example.gov.vn:587", "NHIP_MAIL_FROM": "Sở <so@example.gov.vn>"}
    script = "import cms.settings.base as site; print(site.EMAIL_HOST, site.DEFAULT_FROM_EMAIL)"
    environment = {"PATH": os.environ["PATH"], **given, "NHIP_DATA_DIR": "/tmp"} | (mail if name == "web" else {})
    answer = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert answer.returncode == 0, answer.stderr
    if name == "web":
        assert answer.stdout.split()[0] == "thu.example.gov.vn"
        assert answer.stdout.strip().endswith("<so@example.gov.vn>")


def test_what_an_operator_writes_into_the_env_reaches_the_site(tmp_path: Path) -> None:
    written = {"EMAIL_URL": "smtp://thu.example:25", "NHIP_MAIL_FROM": "so@example.vn", "NHIP_PURGE_URL": "http://a:1"}
    env = write_env(tmp_path / "own.env", NHIP_SITE="congthuong.example.gov.vn")
    with env.open("a") as file:
        file.writelines(f"{name}={value}\n" for name, value in written.items())
    rendered = compose(env, "config")

    assert rendered.returncode == 0, rendered.stderr
    assert written.items() <= yaml.safe_load(rendered.stdout)["services"]["web"]["environment"].items()


def account(url: str) -> str | None:
    return urlsplit(url).username


ACCOUNTS = [
    pytest.param("web", {"nhip_reader"}, id="web reads"),
    pytest.param("prepare", {"nhip_reader"}, id="prepare reads"),
    pytest.param("collector", {"nhip_reader"}, id="collector reads"),
    pytest.param("consumer", {"nhip_reader", "nhip_writer"}, id="consumer writes"),
    pytest.param("migrate", {"nhip_reader", "nhip_writer", "nhip_migrator"}, id="migrate makes tables"),
    pytest.param("accounts", set(), id="accounts asks Kafka alone"),
]
PASSWORDS = {
    "web": "NHIP_KAFKA_WEB_PASSWORD",
    "prepare": "NHIP_KAFKA_WEB_PASSWORD",
    "collector": "NHIP_KAFKA_COLLECTOR_PASSWORD",
    "consumer": "NHIP_KAFKA_CONSUMER_PASSWORD",
    "migrate": "NHIP_KAFKA_OPERATOR_PASSWORD",
}


@pytest.mark.parametrize(("name", "accounts"), ACCOUNTS)
def test_a_process_has_no_password_that_it_does_not_need(
    services: dict[str, Service], name: str, accounts: set[str]
) -> None:
    environment = services[name]["environment"]
    urls = [value for key, value in environment.items() if key.startswith("NHIP_CLICKHOUSE") and key.endswith("URL")]

    assert {account(url) for url in urls} == accounts
    assert ("DATABASE_URL" in environment) == (name in ("web", "prepare"))
    assert ("NHIP_BEACON_KEY" in environment) == (name in ("web", "prepare", "collector"))


@each_service
def test_a_service_has_no_password_of_another_account_of_kafka_or_postgresql(
    env_file: Path, services: dict[str, Service], name: str
) -> None:
    env = read_env(env_file)
    secrets = {variable for variable in env if re.match(r"NHIP_(KAFKA|POSTGRES)_.*PASSWORD", variable)}
    known = {variable for variable in secrets if env[variable] in str(services[name])}
    whole = {
        "accounts": {variable for variable in secrets if "KAFKA" in variable},
        "kafka": {"NHIP_KAFKA_ADMIN_PASSWORD"},
        "postgres": {"NHIP_POSTGRES_ADMIN_PASSWORD", "NHIP_POSTGRES_PASSWORD"},
    }
    site = {"NHIP_POSTGRES_PASSWORD"} if name in ("web", "prepare") else set()
    assert known == whole.get(name, {PASSWORDS[name]} | site if name in PASSWORDS else set())


def test_nothing_of_ours_starts_before_kafka_has_its_accounts(services: dict[str, Service]) -> None:
    def waits(name: str) -> set[str]:
        before = set(services[name].get("depends_on", {}))
        return before.union(*map(waits, before))

    assert all("accounts" in waits(name) for name in OURS if name != "accounts")


def test_collectors_and_sites_share_the_key_that_signs_pages(services: dict[str, Service]) -> None:
    keys = {services[name]["environment"]["NHIP_BEACON_KEY"] for name in ("web", "prepare", "collector")}
    assert len(keys) == 1


def parse_command(command: list[str]) -> argparse.Namespace | None:
    """The arguments as the program parses them. Raises SystemExit if it does not know them."""
    match command:
        case ["deploy/first_free_directory.sh", *rest]:
            return parse_command(rest)
        case ["nhip", *arguments]:
            return cli.parser().parse_args(arguments)
        case ["python", "-m", "cms.web", *arguments]:
            return web.parser().parse_args(arguments)
        case ["python", "-m", "consumers"]:
            assert importlib.util.find_spec("consumers.__main__")
            return None
        case _:
            pytest.fail(f"unknown command {command}")


@each_of_ours
def test_every_command_is_one_the_program_knows(services: dict[str, Service], name: str) -> None:
    parse_command(services[name]["command"])


@pytest.mark.parametrize("name", [name for name in OURS if name not in ONCE])
def test_a_health_check_asks_where_the_process_answers(services: dict[str, Service], name: str) -> None:
    _cmd, _python, script, url = services[name]["healthcheck"]["test"]
    settings = Settings.from_env(services[name]["environment"])
    asked = urlsplit(url)

    assert (ROOT / script).is_file()
    assert asked.port == (settings.health_port if name == "consumer" else settings.port)
    assert asked.path.startswith(PREFIX)
    assert hasattr(Health, asked.path.removeprefix(PREFIX))
    assert settings.host == "0.0.0.0"


@each_service
def test_a_service_waits_for_services_that_say_when_they_are_there(services: dict[str, Service], name: str) -> None:
    for needed, wait in services[name].get("depends_on", {}).items():
        if wait["condition"] == "service_healthy":
            assert "healthcheck" in services[needed], needed
        else:
            assert (wait["condition"], needed in ONCE) == ("service_completed_successfully", True)


@each_service
def test_a_service_is_watched_and_limited_and_has_few_rights(services: dict[str, Service], name: str) -> None:
    service = services[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].split(":")[0] not in ("", "0", "root")
    assert service["mem_limit"]
    assert float(service["cpus"]) > 0
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]
    assert ("healthcheck" in service) == (name not in ONCE)
    assert "stop_grace_period" in service or name in (*ONCE, "prometheus", "grafana")
    assert not service.get("privileged")
    assert "docker.sock" not in str(service)


@each_service
def test_only_the_proxy_listens_outside(services: dict[str, Service], name: str) -> None:
    for port in services[name].get("ports", ()):
        published = port if isinstance(port, str) else f"{port.get('host_ip', '')}:{port['target']}"
        assert name == "proxy" or published.startswith("127.0.0.1:"), published


def test_stores_have_no_way_out_and_the_proxy_no_way_to_the_stores(services: dict[str, Service]) -> None:
    networks = {name: set(service.get("networks", ())) for name, service in services.items()}

    assert SOURCE["networks"]["back"]["internal"] is True
    assert {name for name, joined in networks.items() if joined == {"back"}} >= {"kafka", "clickhouse", "postgres"}
    assert networks["proxy"] == {"front"}


def test_only_the_proxys_own_address_is_trusted(env_file: Path, services: dict[str, Service]) -> None:
    rendered = yaml.safe_load(compose(env_file, "config").stdout)
    place = rendered["networks"]["front"]["ipam"]["config"][0]
    proxy = services["proxy"]["networks"]["front"]["ipv4_address"]

    assert ip_address(proxy) in ip_network(place["subnet"])
    assert ip_address(proxy) not in ip_network(place["ip_range"])
    for name in ("web", "collector"):
        assert services[name]["environment"]["NHIP_TRUSTED_PROXIES"] == proxy


@each_service
def test_every_image_is_of_one_version(services: dict[str, Service], name: str) -> None:
    image, _at, digest = services[name]["image"].partition("@sha256:")

    assert re.search(r":v?\d+\.\d+(\.\d+)*$", image), image
    assert name in (*OURS, "proxy", "postgres") or re.search(r"\d+\.\d+\.\d+$", image), "a release of a release line"
    assert not digest or re.fullmatch("[0-9a-f]{64}", digest)


def test_the_broker_of_the_tests_is_the_images() -> None:
    jars = (ROOT / "tools/kafka/pom.xml").read_text(encoding="utf-8")
    version = re.search(r"kafka_2\.13</artifactId>\s*<version>([^<]+)<", jars)

    assert version is not None
    assert SOURCE["services"]["kafka"]["image"].startswith(f"apache/kafka:{version[1]}@")


@each_service
def test_every_file_that_is_mounted_exists_and_every_volume_is_declared(
    services: dict[str, Service], name: str
) -> None:
    for volume in services[name].get("volumes", ()):
        source = volume.split(":")[0] if isinstance(volume, str) else volume["source"]
        if source.startswith(("/", ".")):
            assert (ROOT / source).exists(), source
        else:
            assert source in SOURCE["volumes"]


def test_a_service_with_replicas_has_no_fixed_name_port_or_address(services: dict[str, Service]) -> None:
    for name in ("web", "collector", "consumer"):
        assert not {"container_name", "hostname", "ports"} & set(services[name])
        assert "NHIP_MEMBER" not in services[name]["environment"]
        assert not any("ipv4_address" in (network or {}) for network in services[name]["networks"].values())


def test_a_collectors_spool_and_the_sites_media_outlive_their_containers(services: dict[str, Service]) -> None:
    for name in ("web", "prepare", "collector"):
        directory = services[name]["environment"]["NHIP_DATA_DIR"]
        mounted = [
            volume.split(":")[1] if isinstance(volume, str) else volume["target"]
            for volume in services[name]["volumes"]
        ]
        assert directory in mounted
