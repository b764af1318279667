"""``python -m consumers`` as processes, on a real Kafka and ClickHouse's HTTP interface over the real engine."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer, require_kafka
from part import Part, free_port, status_of
from patience import PATIENCE, wait_until

from pipeline.brokers.opening import open_broker
from pipeline.brokers.topics import topics_of
from pipeline.clickhouse.client import open_clickhouse
from pipeline.clickhouse.migrations import migrate
from pipeline.events import EVENTS_TOPIC, PageView, encode_lines
from pipeline.settings import Settings

SESSION_SECONDS = 30.0  # longer than any handover here may take
PARTITIONS = 4


class Group:
    """A Kafka and a ClickHouse of this test's own, and members on them."""

    def __init__(self, directory: Path, kafka: KafkaServer, clickhouse: ClickHouseServer) -> None:
        self._directory = directory
        self.kafka = kafka
        self.clickhouse = clickhouse
        self.members: list[Part] = []
        self.sent = 0
        self.settings = Settings.from_env(self.environment("test"))
        with closing(open_broker(self.settings)) as broker:
            broker.create_topics(topics_of(self.settings))
        with closing(open_clickhouse(self.settings, account="migrator")) as client:
            migrate(client)

    def environment(self, name: str, **more: str) -> dict[str, str]:
        return {
            "NHIP_DATA_DIR": str(self._directory / name),
            "NHIP_MEMBER": name,
            "NHIP_KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap,
            "NHIP_KAFKA_PARTITIONS": str(PARTITIONS),
            "NHIP_KAFKA_SESSION_SECONDS": str(SESSION_SECONDS),
            "NHIP_CLICKHOUSE_URL": self.clickhouse.url(),
            **more,
        }

    def member(self, name: str, **more: str) -> Part:
        port = free_port()
        part = Part(
            name,
            ["-m", "consumers"],
            environment=self.environment(name, NHIP_HEALTH_PORT=str(port), **more),
            health_url=f"http://127.0.0.1:{port}/_nhip/",
            log=self._directory / f"{name}.log",
        )
        self.members.append(part)
        return part

    def send(self, records: int, *, rows: int = 3) -> None:
        """Send ``records`` records of ``rows`` views each, over all partitions."""
        with closing(open_broker(self.settings)) as broker, closing(broker.producer()) as producer:
            for turn in range(records):
                views = [_view(self.sent + row) for row in range(rows)]
                producer.send(EVENTS_TOPIC, encode_lines(views), partition=turn % PARTITIONS)
                self.sent += rows

    def wait_for_all(self) -> None:
        """Wait for every view sent so far; raises AssertionError if some are missing or there are too many."""
        wait_until(lambda: self.stored()[0] >= self.sent)
        assert self.stored() == (self.sent, self.sent)

    def stored(self) -> tuple[int, int]:
        """The views in the raw table, and the different ones among them."""
        with closing(open_clickhouse(self.settings, account="reader")) as client:
            ((views, distinct),) = client.query("SELECT count(), uniqExact(visitor) FROM events")
        return views, distinct


def _view(number: int) -> PageView:
    at = time.time_ns() // 1_000_000
    return PageView(at, 1, 7, "vi", "/tin-tuc/", audience="public", visitor=number + 1, visit=True)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Group]:
    """Not the session's Kafka: the topic's name is the product's, and others use it there."""
    require_kafka()
    directory = tmp_path_factory.mktemp("group")
    with KafkaServer(directory / "kafka") as kafka, ClickHouseServer(directory / "clickhouse") as clickhouse:
        yield Group(directory, kafka, clickhouse)


@pytest.fixture
def group(servers: Group) -> Iterator[Group]:
    """The same for all tests of the module, each with members of its own."""
    yield servers
    for member in servers.members:
        member.kill()
    servers.members.clear()


def test_members_come_and_go_and_every_view_is_there_once(group: Group) -> None:
    first, second = group.member("a").start(), group.member("b").start()
    group.send(40)
    group.wait_for_all()

    group.send(40)
    started = time.monotonic()
    assert second.stop() == 0, second.output()
    group.send(40)
    group.wait_for_all()
    assert time.monotonic() - started < SESSION_SECONDS, "what it held waited for its session to end"

    first.kill()
    group.send(40)
    group.member("a").start()
    group.wait_for_all()


def test_the_first_insert_is_made_before_there_is_a_view(group: Group) -> None:
    """The first insert takes seconds, later ones take milliseconds."""
    group.clickhouse.fault(refuse_inserts=242)
    member = group.member("a").start()
    wait_until(lambda: "ClickHouse takes nothing yet" in member.output())

    group.clickhouse.fault()
    group.send(4)
    group.wait_for_all()


def test_while_clickhouse_is_away_views_wait_in_the_log_and_not_in_memory(group: Group) -> None:
    member = group.member("a", NHIP_CLICKHOUSE_TIMEOUT_SECONDS="2").start()
    group.send(4)
    group.wait_for_all()
    before = _resident_mb(member)
    group.clickhouse.kill()
    group.send(400, rows=500)
    wait_until(lambda: "ClickHouse takes no inserts" in _readiness(member))
    time.sleep(3)
    assert _resident_mb(member) - before < 150, "what can't be inserted must stay in the log"
    assert status_of(member.health_url + "healthz") == 200

    group.clickhouse.start()
    group.wait_for_all()


def test_too_many_unreadable_lines_end_a_consumer_with_an_error(group: Group) -> None:
    """The last test of the module, since the lines stay in the log."""
    with closing(open_broker(group.settings)) as broker, closing(broker.producer()) as producer:
        producer.send(EVENTS_TOPIC, b"?\n" * 60, partition=0)
    member = group.member("a", NHIP_DEAD_LETTERS_IN_A_ROW="50")
    member.launch()
    assert member.wait() == 1
    assert "60 lines in a row are no events" in member.output()
    group.wait_for_all()


@pytest.mark.parametrize("missing", ["NHIP_KAFKA_BOOTSTRAP_SERVERS", "NHIP_CLICKHOUSE_URL"])
def test_without_servers_a_consumer_names_the_missing_setting(tmp_path: Path, missing: str) -> None:
    environment = {
        "NHIP_DATA_DIR": str(tmp_path / "var"),
        "NHIP_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
        "NHIP_CLICKHOUSE_URL": "http://127.0.0.1:9/nhip",
    }
    part = Part("a", ["-m", "consumers"], environment={**environment, missing: ""}, health_url="", log=tmp_path / "log")
    part.launch()
    assert part.wait() == 2
    (line,) = part.output().splitlines()
    assert line.startswith("nhip: ")
    assert missing in line


def _readiness(member: Part) -> str:
    try:
        with urllib.request.urlopen(member.health_url + "readyz", timeout=PATIENCE) as answer:
            text: str = answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode()
    return text


def _resident_mb(member: Part) -> float:
    status = Path(f"/proc/{member.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024
