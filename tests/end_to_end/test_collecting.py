"""``nhip collect`` with a real Kafka that dies, freezes and returns: every acknowledged view is in the log once."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from event_lines import decode_lines
from kafka_server import KafkaServer, require_kafka
from load import beacon_requests, run_load
from part import ROOT, Part, free_port
from patience import PATIENCE, wait_until
from product import SiteClient
from steady_load import SteadyLoad

from pipeline.brokers import Broker, TopicPartition
from pipeline.brokers.kafka.broker import KafkaBroker
from pipeline.brokers.topics import TOPICS
from pipeline.events import EVENTS_TOPIC, PageView
from pipeline.settings import KafkaSettings

NOWHERE = "http://reader:secret@127.0.0.1:9/nhip"
KEY = secrets.token_bytes(32)
STOP_SECONDS = 120.0


class Collecting(Part, SiteClient):
    """One ``nhip collect`` without ClickHouse."""

    def __init__(self, data_dir: Path, bootstrap: str, **environment: str) -> None:
        SiteClient.__init__(self, free_port())
        ours = {
            "PORT": str(self.port),
            "NHIP_DATA_DIR": str(data_dir),
            "NHIP_BEACON_KEY": KEY.hex(),
            "NHIP_KAFKA_BOOTSTRAP_SERVERS": bootstrap,
            "NHIP_CLICKHOUSE_URL": NOWHERE,
        }
        Part.__init__(
            self,
            "collect",
            ["-m", "pipeline.operating.cli", "collect"],
            environment={**ours, **environment},
            health_url=f"{self.base_url}/_nhip/",
            log=data_dir.with_suffix(".log"),
        )

    @property
    def key(self) -> bytes:
        return KEY

    def wait_until_drained(self) -> None:
        self.wait_for("/_nhip/readyz", lambda state: state["log"] == "ok", seconds=PATIENCE)


class Log:
    """The records in Kafka since the test began."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._since: Mapping[TopicPartition, int] = broker.end_offsets(EVENTS_TOPIC)

    def pages(self) -> Counter[int]:
        """Views per page."""
        return Counter(
            event.page_id
            for partition, end in self._broker.end_offsets(EVENTS_TOPIC).items()
            for record in self._broker.scan(partition, first=self._since[partition], end=end)
            for event in decode_lines(record.value)
            if isinstance(event, PageView)
        )


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaServer]:
    """This module's own broker, since its tests kill and freeze it; each test finds the broker running."""
    require_kafka()
    with KafkaServer(tmp_path_factory.mktemp("kafka")) as server:
        with closing(open_kafka(server)) as broker:
            broker.create_topics(TOPICS)
        yield server


@pytest.fixture
def kafka(server: KafkaServer) -> Iterator[KafkaServer]:
    yield server
    server.thaw()
    if not server.running:
        server.start()


@pytest.fixture
def log(kafka: KafkaServer) -> Iterator[Log]:
    with closing(open_kafka(kafka)) as broker:
        yield Log(broker)


@pytest.fixture
def collector(kafka: KafkaServer, tmp_path: Path) -> Iterator[Collecting]:
    collector = Collecting(tmp_path / "data", kafka.bootstrap)
    yield collector
    collector.kill()


def open_kafka(server: KafkaServer) -> KafkaBroker:
    return KafkaBroker(KafkaSettings(bootstrap_servers=(server.bootstrap,), timeout_seconds=20))


def assert_exactly_once(load: SteadyLoad, log: Log) -> None:
    pages = log.pages()
    assert load.acknowledged
    assert load.acknowledged - pages.keys() == set()
    assert {page: times for page, times in pages.items() if times > 1} == {}
    assert pages.keys() <= load.sent


def test_views_reach_kafka_and_probes_are_answered(collector: Collecting, log: Log) -> None:
    collector.start()
    collector.wait_until_drained()
    assert [collector.view(page, f"/trang-{page}/") for page in (1, 2, 3)] == [202] * 3
    assert log.pages() == {1: 1, 2: 1, 3: 1}
    assert collector.status("/_nhip/healthz") == 200
    assert "nhip_collector_spooled_records 0.0" in collector.page("/_nhip/metrics")
    assert collector.status("/") == 404
    assert collector.stop() == 0, collector.output()


def test_a_collector_starts_and_acknowledges_with_kafka_and_clickhouse_away(tmp_path: Path) -> None:
    require_kafka()
    server = KafkaServer(tmp_path / "kafka")
    collector = Collecting(tmp_path / "data", server.bootstrap)
    try:
        collector.start()
        assert [collector.view(page, f"/trang-{page}/") for page in (1, 2)] == [202, 202]
        assert collector.get("/_nhip/readyz")["log"].startswith("away, 2 records in the spool")
        server.start()
        with closing(open_kafka(server)) as broker:
            broker.create_topics(TOPICS)
            log = Log(broker)
            collector.wait_until_drained()
            assert log.pages() == {1: 1, 2: 1}
    finally:
        collector.kill()
        server.stop()


def test_a_broker_killed_under_load_costs_no_view(collector: Collecting, kafka: KafkaServer, log: Log) -> None:
    collector.start()
    collector.wait_until_drained()
    with SteadyLoad([collector.port], key=KEY, rate=200) as load:
        wait_until(lambda: len(load.acknowledged) > 100)
        kafka.kill()
        wait_until(lambda: "away" in collector.get("/_nhip/readyz")["log"])
        spooled_from = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > spooled_from + 100)
        kafka.start()
        wait_until(lambda: "away" not in collector.get("/_nhip/readyz")["log"])
    assert load.refused == []
    collector.wait_until_drained()
    assert_exactly_once(load, log)


def test_views_in_doubt_are_settled_after_broker_and_collector_have_died(
    collector: Collecting, kafka: KafkaServer, log: Log
) -> None:
    """The hardest case: acknowledged records are in the sockets of a frozen broker, and their sender has died."""
    collector.start()
    collector.wait_until_drained()
    with SteadyLoad([collector.port], key=KEY, rate=200) as load:
        wait_until(lambda: len(load.acknowledged) > 100)
        kafka.freeze()
        frozen_at = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > frozen_at + 100)
        load.pause()
        collector.kill()
        collector.start()
        load.resume()
        restarted_at = len(load.acknowledged)
        wait_until(lambda: len(load.acknowledged) > restarted_at + 50)
        kafka.thaw()
    collector.wait_until_drained()
    assert_exactly_once(load, log)


def test_a_collector_killed_again_and_again_loses_nothing(collector: Collecting, kafka: KafkaServer, log: Log) -> None:
    collector.start()
    with SteadyLoad([collector.port], key=KEY, rate=200) as load:
        for round_number in range(3):
            collector.wait_until_drained()
            if round_number == 1:
                kafka.kill()
            acknowledged = len(load.acknowledged)
            wait_until(lambda acknowledged=acknowledged: len(load.acknowledged) > acknowledged + 60)
            collector.kill()
            if not kafka.running:
                kafka.start()
            collector.start()
    collector.wait_until_drained()
    assert_exactly_once(load, log)


@pytest.mark.parametrize("away", [False, True], ids=["kafka there", "kafka away"])
def test_a_collector_told_to_stop_answers_open_requests_and_leaves_the_rest_in_order(
    away: bool, collector: Collecting, kafka: KafkaServer, log: Log
) -> None:
    collector.start()
    collector.wait_until_drained()
    with SteadyLoad([collector.port], key=KEY, rate=200) as load:
        with socket.create_connection(("127.0.0.1", collector.port)) as reader:
            reader.sendall(b"GET /_nhip/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert reader.recv(1024).startswith(b"HTTP/1.1 200")
            wait_until(lambda: len(load.acknowledged) > 50)
            if away:
                kafka.freeze()
                wait_until(lambda: "away" in collector.get("/_nhip/readyz")["log"])
            told_at = time.monotonic()
            assert collector.stop() == 0, collector.output()
            assert time.monotonic() - told_at < STOP_SECONDS
        load.pause()
    if away:
        kafka.thaw()
        collector.start()
        collector.wait_until_drained()
    assert_exactly_once(load, log)


def test_a_full_spool_says_so_and_takes_views_again_when_kafka_is_back(
    kafka: KafkaServer, log: Log, tmp_path: Path
) -> None:
    collector = Collecting(tmp_path / "data", kafka.bootstrap, NHIP_SPOOL_MEGABYTES="1")
    kafka.kill()
    try:
        collector.start()
        filling = run_load(beacon_requests(key=KEY), port=collector.port, connections=4, seconds=5)
        while not filling.refused:
            filling = run_load(beacon_requests(key=KEY), port=collector.port, connections=4, seconds=5)
        wait_until(lambda: collector.view(7, "/trang-7/") == 503)  # refused views may have left a little room
        assert "spool-full" in collector.page("/_nhip/metrics")
        assert collector.status("/_nhip/healthz") == 200
        kafka.start()
        collector.wait_until_drained()
        assert collector.view(7, "/trang-7/") == 202
        assert log.pages()[7] >= 1
    finally:
        collector.kill()


# refusals to start


def run_once(**environment: str) -> subprocess.CompletedProcess[str]:
    given = {**os.environ, "NHIP_BEACON_KEY": KEY.hex(), "NHIP_CLICKHOUSE_URL": NOWHERE, **environment}
    return subprocess.run(
        [sys.executable, "-m", "pipeline.operating.cli", "collect"],
        cwd=ROOT,
        env={name: value for name, value in given.items() if value},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        pytest.param({"NHIP_KAFKA_BOOTSTRAP_SERVERS": ""}, "NHIP_KAFKA_BOOTSTRAP_SERVERS", id="no Kafka"),
        pytest.param({"NHIP_CLICKHOUSE_URL": ""}, "NHIP_CLICKHOUSE_URL", id="no ClickHouse"),
        pytest.param({"NHIP_BEACON_KEY": ""}, "NHIP_BEACON_KEY", id="no shared key"),
        pytest.param({"NHIP_KAFKA_TIMEOUT_SECONDS": "4"}, "NHIP_ACKNOWLEDGE_SECONDS", id="no time for the spool"),
        pytest.param({"NHIP_HOST": "192.0.2.1"}, "NHIP_HOST", id="an address of another machine"),
    ],
)
def test_a_missing_setting_is_named(environment: dict[str, str], name: str, tmp_path: Path) -> None:
    servers = {"NHIP_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9", "NHIP_DATA_DIR": str(tmp_path / "data")}
    refusal = run_once(**{**servers, **environment})
    assert refusal.returncode == 2, refusal.stderr
    (line,) = refusal.stderr.splitlines()
    assert name in line


def test_two_collectors_do_not_share_a_directory(tmp_path: Path) -> None:
    collector = Collecting(tmp_path / "data", "127.0.0.1:9")
    try:
        collector.start()
        refusal = run_once(
            NHIP_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:9", NHIP_DATA_DIR=str(tmp_path / "data"), PORT=str(free_port())
        )
    finally:
        collector.kill()
    assert refusal.returncode == 2
    assert "NHIP_DATA_DIR" in refusal.stderr
