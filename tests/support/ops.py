"""The embedded log and engine under a data directory, and ``nhip`` commands on them."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
from fresh_database import copy_engine

from pipeline.brokers import Record, TopicPartition
from pipeline.brokers.plans import Plan
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import GROUP, topics_of
from pipeline.clickhouse.client import ClickHouse, open_embedded
from pipeline.clickhouse.rows import rows_of
from pipeline.clickhouse.writer import write_rows
from pipeline.events import EVENTS_TOPIC, Event, encode_lines
from pipeline.operating import cli
from pipeline.operating.control import Call, Terminal
from pipeline.operating.site import OpenSite, without_site
from pipeline.settings import Settings


@dataclass(frozen=True)
class Answer:
    """A command's exit code and output."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.out, self.err
        return msgspec.json.decode(self.out)


class Ops:
    """``now`` is the time of the log and of the commands, in Unix seconds; a test may change it. ``migrated``: a closed
    engine with every table, which the first that is opened is copied from. ``stays_open``: once a test has opened the
    engine it stays so until the end, since to open it again takes longer than most commands do; no other directory can
    be opened meanwhile."""

    def __init__(self, data_dir: Path, *, now: float, migrated: Path, stays_open: bool = False) -> None:
        self.settings = Settings(data_dir=data_dir)
        self._migrated = migrated
        self._stays_open = stays_open
        self._kept: ClickHouse | None = None
        self.now = now
        self.open_site: OpenSite = without_site
        self.broker = SqliteBroker(self.settings.log_dir, clock=lambda: self.now)
        self.broker.create_topics(topics_of(self.settings))

    def send(self, *events: Event) -> Record:
        return self.send_bytes(encode_lines(events))

    def send_bytes(self, value: bytes) -> Record:
        producer = self.broker.producer()
        record = producer.send(EVENTS_TOPIC, value, partition=0)
        producer.close()
        return record

    def consume(self, *, advance: bool = True, insert: bool = True) -> Plan:
        """Plan, insert and advance over the log as one batch; False for ``insert`` or ``advance`` leaves it out."""
        consumer = self.broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="embedded")
        records = consumer.poll(timeout=0, max_records=10_000)
        plan = Plan(records[0].offset, records[-1].offset)
        partition = TopicPartition(EVENTS_TOPIC, 0)
        consumer.commit(partition, plan.committed())
        if insert:
            with self.engine() as client:
                write_rows(client, rows_of(records), plan.token(partition))
        if advance:
            consumer.commit(partition, plan.done())
        consumer.close()
        return plan

    def advance(self, plan: Plan) -> None:
        """Commit the end of a plan that was inserted."""
        consumer = self.broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="embedded")
        consumer.poll(timeout=0, max_records=0)
        consumer.commit(TopicPartition(EVENTS_TOPIC, 0), plan.done())
        consumer.close()

    @contextmanager
    def engine(self) -> Iterator[ClickHouse]:
        """The engine, for this block alone, since each command opens its own."""
        if not self.settings.engine_dir.exists():
            copy_engine(self._migrated, self.settings.engine_dir)
        client = open_embedded(self.settings.engine_dir)
        if self._stays_open and self._kept is None:
            self._kept = open_embedded(self.settings.engine_dir)
        try:
            yield client
        finally:
            client.close()

    def command(self, *statements: str) -> None:
        with self.engine() as client:
            for statement in statements:
                client.command(statement)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with self.engine() as client:
            return client.query(statement)

    def nhip(self, *argv: str) -> Answer:
        """Type a command; environment variables must name the data directory."""
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            try:
                code = cli.main(list(argv), now=lambda: self.now, open_site=self.open_site)
            except SystemExit as refusal:
                code = int(refusal.code or 0)
        return Answer(code, out.getvalue(), err.getvalue())

    def served(self, *argv: str) -> Answer:
        """The answer of the product's own process, as ``nhip`` gets it while the product runs."""
        typed = Typed(*argv)
        code = cli.run_call(self.settings, cast(Call, typed), now=lambda: self.now)
        return Answer(code, typed.out.getvalue(), typed.err.getvalue())

    @contextmanager
    def consumer_alive(self) -> Iterator[None]:
        """An idle member of the group, for this block; its broker uses the wall clock, as those of commands do."""
        broker = SqliteBroker(self.settings.log_dir)
        consumer = broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="idle")
        consumer.poll(timeout=0, max_records=0)
        try:
            yield
        finally:
            consumer.close()
            broker.close()

    def close(self) -> None:
        self.broker.close()
        if self._kept:
            self._kept.close()


class Typed:
    """A call as the running process gets it; ``gone``: the caller has left."""

    def __init__(self, *argv: str, gone: bool = False) -> None:
        self.argv = list(argv)
        self.terminal = Terminal()
        self.out, self.err = io.StringIO(), io.StringIO()
        self.cancelled = threading.Event()
        if gone:
            self.cancelled.set()

    def ask(self, _question: str) -> str:
        return ""

    def run(self, ops: Ops) -> int:
        return cli.run_call(ops.settings, cast(Call, self))


def places(answer: Answer) -> Sequence[str]:
    """The place of each dead letter that ``list --json`` shows."""
    return [f"{letter['partition']}/{letter['offset']}/{letter['row']}" for letter in answer.json()["dead_letters"]]
