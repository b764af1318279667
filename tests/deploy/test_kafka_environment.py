"""The broker of docker-compose.yml without Docker: the image's own program turns the environment into a configuration
and a formatted log, a broker starts on them, and every process signs in with the account that Compose gives it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from kafka_server import SHORT_LIVED, _java, kafka_jars, require_kafka
from part import ROOT, free_port
from patience import wait_until

from pipeline.brokers.kafka.accounts import RIGHTS, make_accounts
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.protocols import Committed, TopicPartition
from pipeline.brokers.topics import GROUP, topics_of
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.events import EVENTS_TOPIC, SALTS_TOPIC, SITE_CHANGES_TOPIC
from pipeline.settings import KafkaSettings, Settings

LOGGING = """
Configuration:
  Appenders:
    Console: {name: STDOUT, PatternLayout: {pattern: "%m%n"}}
  Loggers:
    Root: {level: INFO, AppenderRef: [{ref: STDOUT}]}
    Logger: [{name: org.apache.kafka, level: INFO}]
"""
DEFAULTS = {"server.properties": "", "log4j2.yaml": LOGGING, "tools-log4j2.yaml": LOGGING}
SECONDS = 60.0
PORTS = {":9092": free_port(), ":9093": free_port(), ":9094": free_port()}
ACCOUNTS = {"web": "nhip_web", "collector": "nhip_collector", "consumer": "nhip_consumer", "migrate": "nhip_operator"}


def on_this_machine(value: str) -> str:
    """Ports differ from the containers', and their names are this machine's."""
    for port, ours in PORTS.items():
        value = value.replace(port, f":{ours}")
    return value.replace("//kafka:", "//127.0.0.1:").replace("kafka:", "127.0.0.1:")


def set_up(environment: Mapping[str, str], directory: Path) -> Path:
    """Do what the image does before it starts the broker; returns the configuration."""
    for name in ("default", "mounted", "final"):
        (directory / name).mkdir()
    for name, text in DEFAULTS.items():
        (directory / "default" / name).write_text(text)
    arguments = [
        *("--default-configs-dir", str(directory / "default")),
        *("--mounted-configs-dir", str(directory / "mounted")),
        *("--final-configs-dir", str(directory / "final")),
    ]
    command = _java(kafka_jars(), [*SHORT_LIVED, "-Xmx128m"], "kafka.docker.KafkaDockerWrapper", "setup", *arguments)
    answer = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return directory / "final/server.properties"


@dataclass(frozen=True)
class Compose:
    """A broker that runs on Compose's environment, and the environments of the processes beside it."""

    services: Mapping[str, Mapping[str, Any]]
    configuration: Path
    log: Path

    def environment(self, service: str, **own: str) -> dict[str, str]:
        given = self.services[service]["environment"]
        return {name: on_this_machine(value) for name, value in given.items() if value} | own

    def settings(self, service: str) -> KafkaSettings:
        kafka = Settings.from_env(self.environment(service)).kafka
        assert kafka is not None
        return replace(kafka, timeout_seconds=10.0)

    def secrets(self) -> set[str]:
        given = self.services["accounts"]["environment"]
        return {value for name, value in given.items() if name.endswith("_PASSWORD")}


@pytest.fixture(scope="module")
def compose(services: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Compose]:
    require_kafka()
    directory = tmp_path_factory.mktemp("kafka")
    given = {name: on_this_machine(value) for name, value in services["kafka"]["environment"].items()}
    configuration = set_up(given | {"KAFKA_LOG_DIRS": str(directory / "data")}, directory)
    log = directory / "broker.log"
    quiet = _java(kafka_jars(), [*SHORT_LIVED, "-Xmx256m"], "kafka.Kafka", str(configuration))
    command = [option.replace("level=WARN", "level=INFO") for option in quiet]  # as the image logs
    with log.open("wb") as output:
        broker = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_until(lambda: "Kafka Server started" in log.read_text() or broker.poll() is not None, seconds=SECONDS)
        assert broker.poll() is None, log.read_text()
        yield Compose(services, configuration, log)
    finally:
        broker.kill()
        broker.wait()


@pytest.fixture(scope="module")
def prepared(compose: Compose) -> Compose:
    """With the accounts, made by Compose's command under its environment, and the topics."""
    answer = nhip(compose.environment("accounts"), *compose.services["accounts"]["command"][1:])
    assert answer.returncode == 0, answer.stderr + compose.log.read_text()[-2000:]
    assert set(RIGHTS) == {line.split(":")[1].strip() for line in answer.stdout.splitlines()}
    settings = Settings.from_env(compose.environment("migrate"))
    with closing(KafkaBroker(compose.settings("migrate"))) as broker:
        broker.create_topics(topics_of(settings))
    return compose


def nhip(environment: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pipeline.operating.cli", *arguments]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("NHIP_")}
    return subprocess.run(
        command, cwd=ROOT, env=clean | environment, capture_output=True, text=True, check=False, timeout=SECONDS
    )


def test_the_image_makes_the_configuration_of_the_environment(compose: Compose) -> None:
    properties = dict(line.split("=", 1) for line in compose.configuration.read_text().splitlines() if "=" in line)
    cluster = compose.services["kafka"]["environment"]["CLUSTER_ID"]

    assert properties["auto.create.topics.enable"] == "false"
    assert properties["log.flush.interval.messages"] == "1"
    assert "listener.name.clients.scram-sha-512.sasl.jaas.config" in properties
    assert f"cluster.id={cluster}" in (compose.configuration.parents[1] / "data/meta.properties").read_text()


def test_only_one_listener_is_open_to_other_containers_and_it_requires_a_scram_password(compose: Compose) -> None:
    given = compose.services["kafka"]["environment"]
    listeners = dict(one.split("://") for one in given["KAFKA_LISTENERS"].split(","))
    protocols = dict(one.split(":") for one in given["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))

    assert {name for name, place in listeners.items() if not place.startswith("127.0.0.1:")} == {"CLIENTS"}
    assert set(protocols.values()) == {"SASL_PLAINTEXT"}
    assert given["KAFKA_LISTENER_NAME_CLIENTS_SASL_ENABLED_MECHANISMS"] == "SCRAM-SHA-512"
    assert given["KAFKA_SUPER_USERS"] == "User:nhip_admin"


def test_the_health_check_of_the_broker_signs_in(compose: Compose) -> None:
    """Compose's command, with the class that the script runs and the file where it is here."""
    _shell, line = compose.services["kafka"]["healthcheck"]["test"]
    script, *arguments = on_this_machine(line).split("/opt/kafka/bin/")[1].split()
    arguments = [
        str(ROOT / "deploy/kafka" / Path(one).name) if one.startswith("/etc/nhip/") else one for one in arguments
    ]
    assert script == "kafka-configs.sh"
    command = _java(kafka_jars(), [*SHORT_LIVED, "-Xmx64m"], "kafka.admin.ConfigCommand", *arguments)
    given = os.environ | compose.environment("kafka")

    answer = subprocess.run(command, env=given, capture_output=True, text=True, check=False, timeout=2 * SECONDS)

    assert (answer.returncode, "broker 1" in answer.stdout) == (0, True), answer.stdout + answer.stderr


# accounts


def test_accounts_are_made_again_without_a_change_and_their_passwords_are_nowhere_to_read(prepared: Compose) -> None:
    answer = nhip(prepared.environment("accounts"), "kafka-accounts")

    assert answer.returncode == 0, answer.stderr
    for text in (answer.stdout, answer.stderr, prepared.log.read_text()):
        assert not [secret for secret in prepared.secrets() if secret in text]


@pytest.mark.parametrize(("service", "account"), ACCOUNTS.items())
def test_a_process_signs_in_with_scram_under_an_account_of_its_own(
    prepared: Compose, service: str, account: str
) -> None:
    settings = prepared.settings(service)

    assert (settings.username, settings.sasl_mechanism) == (account, "SCRAM-SHA-512")
    with closing(KafkaBroker(settings)) as broker:
        assert broker.end_offsets(EVENTS_TOPIC)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"password": "wrong"}, id="a wrong password"),
        pytest.param({"username": "nhip_web"}, id="the password of another"),
        pytest.param({"username": "nobody"}, id="a name that is not known"),
        pytest.param({"username": "nhip_admin"}, id="the superuser from outside the container"),
        pytest.param({"sasl_mechanism": "PLAIN"}, id="a mechanism that shows the password"),
    ],
)
def test_a_stranger_is_refused(prepared: Compose, change: dict[str, Any]) -> None:
    settings = replace(prepared.settings("collector"), **change)
    if change.get("username") == "nhip_admin":
        settings = replace(settings, password=prepared.settings("accounts").password)
    with closing(KafkaBroker(settings)) as broker, pytest.raises(PipelineError):
        broker.end_offsets(EVENTS_TOPIC)


# rights: what each account may do, and nothing else


def write(topic: str, *, key: bytes | None = None) -> Callable[[KafkaSettings], object]:
    def act(settings: KafkaSettings) -> object:
        with ExitStack() as stack:
            broker = stack.enter_context(closing(KafkaBroker(settings)))
            return stack.enter_context(closing(broker.producer())).send(topic, b"{}\n", key=key, partition=0)

    return act


def read(topic: str) -> Callable[[KafkaSettings], object]:
    def act(settings: KafkaSettings) -> object:
        with closing(KafkaBroker(settings)) as broker:
            (record,) = broker.scan(TopicPartition(topic, 0), first=0, end=1)
            return record

    return act


def look_at_the_group(settings: KafkaSettings) -> object:
    with closing(KafkaBroker(settings)) as broker:
        return broker.members(GROUP), broker.committed(GROUP, EVENTS_TOPIC)


def join_and_commit(settings: KafkaSettings) -> object:
    with ExitStack() as stack:
        broker = stack.enter_context(closing(KafkaBroker(settings)))
        member = stack.enter_context(closing(broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="one")))
        wait_until(lambda: bool(member.poll(timeout=0.5, max_records=1)) or bool(member.assignment()), seconds=SECONDS)
        return member.commit(min(member.assignment()), Committed(0, "plan"))


def make_a_topic(settings: KafkaSettings) -> object:
    topics = topics_of(Settings(data_dir=Path(), kafka=replace(settings, partitions=7)))
    with closing(KafkaBroker(settings)) as broker:
        return broker.create_topics(topics)


def make_another_topic(settings: KafkaSettings) -> object:
    (events, _salts, _changes) = topics_of(Settings(data_dir=Path(), kafka=settings))
    with closing(KafkaBroker(settings)) as broker:
        return broker.create_topics((events._replace(name="another"),))


def give_itself_rights(settings: KafkaSettings) -> object:
    return make_accounts(settings, {settings.username: settings.password})


ACTS: dict[str, tuple[Callable[[KafkaSettings], object], set[str]]] = {
    "write an event": (write(EVENTS_TOPIC), {"web", "collector", "migrate"}),
    "write a salt": (write(SALTS_TOPIC), {"collector"}),
    "say what was published": (write(SITE_CHANGES_TOPIC, key=b"1/1"), {"web"}),
    "read events": (read(EVENTS_TOPIC), {"web", "collector", "consumer", "migrate"}),
    "read the day's salt": (read(SALTS_TOPIC), {"collector"}),
    "see how far the consumers are": (look_at_the_group, {"web", "collector", "consumer", "migrate"}),
    "consume": (join_and_commit, {"consumer", "migrate"}),
    "add partitions": (make_a_topic, {"migrate"}),
    "make another topic": (make_another_topic, set()),
    "give itself rights": (give_itself_rights, set()),
}


@pytest.mark.parametrize("act", ACTS)
def test_an_account_may_do_its_work_and_nothing_else(prepared: Compose, act: str) -> None:
    do, allowed = ACTS[act]
    for topic in (EVENTS_TOPIC, SALTS_TOPIC):  # something to read
        write(topic)(prepared.settings("collector"))
    did = set()
    for service in ACCOUNTS:
        try:
            do(prepared.settings(service))
            did.add(service)
        except PipelineError as refused:
            assert re.search("no right|AuthorizationFailed", str(refused)), refused  # noqa: PT017 - the others go on
    assert did == allowed


def test_a_right_that_is_no_longer_declared_is_taken_away(prepared: Compose, monkeypatch: pytest.MonkeyPatch) -> None:
    admin, web = prepared.settings("accounts"), prepared.settings("web")
    given = {web.username: web.password}
    with monkeypatch.context() as once:
        once.setitem(RIGHTS, web.username, RIGHTS["nhip_collector"])
        make_accounts(admin, given)
        read(SALTS_TOPIC)(web)

    make_accounts(admin, given)

    with pytest.raises(ConfigurationError, match="no right"):
        read(SALTS_TOPIC)(web)
    write(EVENTS_TOPIC)(web)


def test_a_new_password_in_the_env_is_taken_over(prepared: Compose) -> None:
    admin, web = prepared.settings("accounts"), prepared.settings("web")
    make_accounts(admin, {web.username: "another"})
    write(EVENTS_TOPIC)(replace(web, password="another"))

    make_accounts(admin, {web.username: web.password})

    write(EVENTS_TOPIC)(web)
