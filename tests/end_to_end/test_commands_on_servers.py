"""``nhip`` with a real Kafka, and ClickHouse over HTTP with its three accounts: from nothing to an outage."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from clickhouse_http import ClickHouseServer
from kafka_server import KafkaServer, require_kafka
from part import ROOT, Part

from pipeline.brokers import Broker, TopicPartition
from pipeline.brokers.opening import open_broker
from pipeline.brokers.plans import Plan
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import open_clickhouse
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import write_rows
from pipeline.events import EVENTS_TOPIC, PageView, encode_lines
from pipeline.settings import Settings

SECONDS = 60.0
PARTITIONS = 2


@dataclass(frozen=True)
class Servers:
    kafka: KafkaServer
    clickhouse: ClickHouseServer
    environment: Mapping[str, str]

    @property
    def settings(self) -> Settings:
        return Settings.from_env(self.environment)

    def nhip(self, *argv: str) -> subprocess.CompletedProcess[str]:
        part = Part("nhip", [], environment=self.environment, health_url="", log=Path())
        command = [sys.executable, "-m", "cms.nhip", *argv]
        return subprocess.run(
            command,
            cwd=ROOT,
            env=part.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=2 * SECONDS,
        )

    def json(self, *argv: str) -> Any:
        answer = self.nhip(*argv, "--json")
        assert answer.returncode in (0, 1), answer.stderr
        return msgspec.json.decode(answer.stdout)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    require_kafka()
    directory = tmp_path_factory.mktemp("servers")
    users = {name: (f"mật-khẩu-{name}", name) for name in ("writer", "reader", "migrator")}
    clickhouse = ClickHouseServer(directory / "clickhouse", users=users)
    kafka = KafkaServer(directory / "kafka")
    environment = {
        "NHIP_DATA_DIR": str(directory / "nhip"),
        "NHIP_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap,
        "NHIP_KAFKA_PARTITIONS": str(PARTITIONS),
        "NHIP_CLICKHOUSE_URL": clickhouse.url(user="writer"),
        "NHIP_CLICKHOUSE_READER_URL": clickhouse.url(user="reader"),
        "NHIP_CLICKHOUSE_MIGRATOR_URL": clickhouse.url(user="migrator"),
    }
    with kafka, clickhouse:
        yield Servers(kafka, clickhouse, environment)


@pytest.fixture(scope="module")
def filled(servers: Servers) -> Servers:
    """Migrated, with two records in each partition, all consumed: five views and a poisoned line a partition."""
    assert servers.nhip("migrate").returncode == 0
    broker = open_broker(servers.settings)
    producer = broker.producer()
    visitors = itertools.count(1)
    for partition in range(PARTITIONS):
        views = [_view(next(visitors)) for _ in range(5)]
        producer.send(EVENTS_TOPIC, encode_lines(views[:2]), partition=partition)
        producer.send(EVENTS_TOPIC, encode_lines(views[2:]) + b"poison\n", partition=partition)
    producer.close()
    _consume(servers, broker)
    broker.close()
    return servers


def test_only_migrate_makes_anything(servers: Servers) -> None:
    status = servers.nhip("status")
    assert status.returncode == 1
    assert "nhip migrate" in status.stdout
    assert "Traceback" not in status.stderr
    verify = servers.nhip("verify")
    assert verify.returncode == 2
    assert_one_line(verify, "NHIP_")


def test_migrate_may_run_again_and_then_has_nothing_to_do(filled: Servers) -> None:
    assert filled.json("migrate")["migrations"] == []


def test_all_is_fine(filled: Servers) -> None:
    alone = filled.nhip("status")
    assert alone.returncode == 1
    assert "no consumer is alive" in alone.stdout
    assert "see each collector's metrics" in alone.stdout
    with consumer_alive(filled):
        status = filled.json("status")
    assert status["fine"], status
    assert (status["members"], status["spooled_records"], status["spools_elsewhere"]) == (1, None, True)
    assert [lag["records"] for lag in status["partitions"]] == [0] * PARTITIONS
    assert status["dead_letters"] == 2
    found = filled.json("verify")
    assert found["clean"], found
    assert (found["accepted"], found["stored"], found["dead_lettered"], found["views"]) == (12, 10, 2, 10)


def test_reports_read_the_stored_views(filled: Servers) -> None:
    (page,) = filled.json("report", "pages")["rows"]
    assert (page["page"], page["path"], page["views"]) == (7, "/trang-7/", 10)
    assert sum(row["views"] for row in filled.json("report", "hours")["rows"]) == 10


def test_holes_are_filled_and_roll_ups_rebuilt(filled: Servers) -> None:
    migrator = open_clickhouse(filled.settings, account="migrator")
    migrator.command("ALTER TABLE events DELETE WHERE partition = 1 SETTINGS mutations_sync = 1")
    migrator.close()
    assert filled.json("verify")["missing"] == 5
    assert filled.json("replay", "--since", "2026-01-01")["rows"] == 5
    assert filled.json("rebuild") == {"rebuilt": True}
    found = filled.json("verify")
    assert (found["clean"], found["stored"]) == (True, 10)


def test_dead_letters_are_handled(filled: Servers) -> None:
    listed = filled.json("dead-letters", "list")["dead_letters"]
    assert [(letter["partition"], letter["offset"], letter["row"]) for letter in listed] == [(0, 1, 3), (1, 1, 3)]
    assert filled.json("dead-letters", "replay", "--all")["replayed"] == 0
    assert filled.json("dead-letters", "drop", "0/1/3", "--yes") == {"dropped": 1}
    assert filled.json("status")["dead_letters"] == 1


def test_clickhouse_away_is_said_and_comes_back(filled: Servers) -> None:
    filled.clickhouse.stop()
    try:
        status = filled.nhip("status")
        assert status.returncode == 1
        assert "NHIP_CLICKHOUSE_READER_URL" in status.stdout
        for argv in (["verify"], ["report", "days"], ["dead-letters", "list"], ["replay", "--since", "2026-01-01"]):
            answer = filled.nhip(*argv)
            assert answer.returncode == 2
            assert_one_line(answer, "NHIP_CLICKHOUSE_READER_URL")
        assert_one_line(filled.nhip("rebuild"), "NHIP_CLICKHOUSE_MIGRATOR_URL")
    finally:
        filled.clickhouse.start()
    with consumer_alive(filled):
        assert filled.nhip("status").returncode == 0


def test_kafka_away_is_said(filled: Servers) -> None:
    filled.kafka.stop()
    try:
        started = time.monotonic()
        status = filled.nhip("status")
        assert time.monotonic() - started < SECONDS
        assert status.returncode == 1
        assert "NHIP_KAFKA_BOOTSTRAP_SERVERS" in status.stdout
        for argv in (["verify"], ["migrate"]):
            answer = filled.nhip(*argv)
            assert answer.returncode == 2
            assert_one_line(answer, "NHIP_KAFKA_BOOTSTRAP_SERVERS")
        assert filled.nhip("report", "days").returncode == 0
    finally:
        filled.kafka.start()


@contextmanager
def consumer_alive(servers: Servers) -> Iterator[None]:
    """An idle member of the group, for this block."""
    broker = open_broker(servers.settings)
    consumer = broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="idle")
    deadline = time.monotonic() + SECONDS
    while not consumer.assignment():
        assert time.monotonic() < deadline
        consumer.poll(timeout=0.1, max_records=0)
    try:
        yield
    finally:
        consumer.close()
        broker.close()


def assert_one_line(answer: subprocess.CompletedProcess[str], *words: str) -> None:
    (line,) = answer.stderr.splitlines()
    for word in words:
        assert word in line


def _view(visitor: int) -> PageView:
    now = int(time.time() * 1000)
    return PageView(now, 1, 7, "vi", "/trang-7/", "public", visitor, True)


def _consume(servers: Servers, broker: Broker) -> None:
    """Insert the whole log, as a consumer does."""
    consumer = broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="test")
    writer = open_clickhouse(servers.settings, account="writer")
    wanted = sum(broker.end_offsets(EVENTS_TOPIC).values())
    got = 0
    deadline = time.monotonic() + SECONDS
    while got < wanted:
        assert time.monotonic() < deadline
        records = consumer.poll(timeout=0.1, max_records=1)
        for record in records:
            partition, plan = TopicPartition(record.topic, record.partition), Plan(record.offset, record.offset)
            consumer.commit(partition, plan.committed())
            write_rows(writer, rows_of([record]), plan.token(partition))
            consumer.commit(partition, plan.done())
        got += len(records)
    consumer.close()
    writer.close()
