"""A log that lost its end goes on past what is stored, so that no new view counts as a repeated one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from shutil import copytree, rmtree

import pytest
from clock import Clock

from consumers.continuing import Continuing
from consumers.runner import Runner
from pipeline.brokers import Committed, Topic, TopicPartition
from pipeline.brokers.plans import Plan
from pipeline.brokers.sqlite.broker import SqliteBroker
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.recovery import write_batch
from pipeline.clickhouse.rows import rows_of
from pipeline.events import EVENTS_TOPIC, PageView, encode_lines
from pipeline.operating.verify import Steps, verify

PLACE = TopicPartition(EVENTS_TOPIC, 0)
HOUR_MS = 3_600_000
NEW = 1_000  # the visitors of views after the loss have numbers from here on

View = Callable[[int], PageView]


class Site:
    """A log in ``directory``, opened as the product opens it, and the engine."""

    def __init__(self, directory: Path, engine: ClickHouse, clock: Clock, view: View) -> None:
        self.directory = directory
        self.engine = engine
        self._clock = clock
        self._view = view
        self.start()

    def start(self) -> None:
        self.broker = SqliteBroker(self.directory, clock=self._clock, session_seconds=30)
        self.broker.create_topics((Topic(EVENTS_TOPIC, 2, HOUR_MS),))
        self.broker.start_appending()

    def send(self, numbers: Iterable[int]) -> None:
        with closing(self.broker.producer()) as producer:
            for number in numbers:
                producer.send(EVENTS_TOPIC, encode_lines([self._view(number)]), partition=0)

    def consume(self) -> None:
        joined = self.broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="a")
        consumer = Continuing(joined, self.broker, lambda: self.engine)
        runner = Runner(
            consumer,
            consumer.write,
            batch_rows=100,
            batch_seconds=0.0,
            clock=self._clock,
        )
        for _ in range(4):
            runner.step()
            self._clock.now += 2
        runner.stop()
        runner.run()

    def stored(self) -> list[int]:
        """The visitors' numbers, each as often as it counts, in the order of the log."""
        return [row[0] - 1 for row in self.engine.query("SELECT visitor FROM events ORDER BY partition, offset")]

    def findings(self) -> tuple[bool, int]:
        """Whether everything is right, and how many views count."""

        def say_nothing(_done: int, _total: int) -> None: ...

        found = verify(self.engine, self.broker, Steps(comparing=say_nothing, summing=say_nothing))
        return found.clean, found.views

    def restore(self, backup: Path) -> None:
        self.broker.close()
        rmtree(self.directory)
        copytree(backup, self.directory)
        self.start()

    def back_up(self, to: Path) -> Path:
        self.broker.close()
        copytree(self.directory, to)
        self.start()
        return to


@pytest.fixture
def site(broker: SqliteBroker, engine: ClickHouse, clock: Clock, view: View, tmp_path: Path) -> Site:
    broker.close()
    return Site(tmp_path / "log", engine, clock, view)


def lose_everything(site: Site, _tmp_path: Path) -> None:
    rmtree(site.directory)


def lose_records(site: Site, _tmp_path: Path) -> None:
    for file in site.directory.glob("records*"):
        file.unlink()


def lose_groups(site: Site, _tmp_path: Path) -> None:
    for file in site.directory.glob("groups*"):
        file.unlink()


@pytest.mark.parametrize("lose", [lose_everything, lose_records, lose_groups])
def test_nothing_new_is_lost_after_files_of_the_log_were_lost(
    site: Site, tmp_path: Path, lose: Callable[[Site, Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    site.send(range(30))
    site.consume()
    site.broker.close()
    lose(site, tmp_path)
    site.start()

    site.send(range(NEW, NEW + 40))
    with caplog.at_level(logging.ERROR):
        site.consume()
    site.send(range(NEW + 40, NEW + 50))
    site.consume()

    assert site.stored() == [*range(30), *range(NEW, NEW + 50)]
    assert site.findings() == (True, 80)
    assert caplog.text


def test_a_restored_log_neither_loses_new_views_nor_counts_old_ones_again(site: Site, tmp_path: Path) -> None:
    site.send(range(10))
    backup = site.back_up(tmp_path / "backup")
    site.send(range(10, 30))
    site.consume()
    site.restore(backup)

    site.send(range(NEW, NEW + 40))
    site.consume()

    assert site.stored() == [*range(30), *range(NEW, NEW + 40)]
    assert site.findings() == (True, 70)
    assert [(skip.first, skip.partition) for skip in site.broker.skips(EVENTS_TOPIC)] == [(10, 0)]


def test_views_taken_while_the_engine_is_away_get_new_offsets_when_it_is_back(site: Site, tmp_path: Path) -> None:
    """Even if the process was started several times meanwhile, since only the first start saw where the log ended."""
    site.send(range(10))
    backup = site.back_up(tmp_path / "backup")
    site.send(range(10, 30))
    site.consume()
    site.restore(backup)
    site.send(range(NEW, NEW + 40))
    site.broker.close()
    site.start()
    site.send(range(NEW + 40, NEW + 60))

    site.consume()
    assert site.stored() == [*range(30), *range(NEW, NEW + 60)]
    assert site.findings() == (True, 90)


def test_a_plan_whose_last_records_are_lost_ends_with_those_that_are_left(site: Site, tmp_path: Path) -> None:
    site.send(range(5))
    backup = site.back_up(tmp_path / "backup")
    site.send(range(5, 12))
    consumer = site.broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member="a")
    records = consumer.poll(timeout=0, max_records=100)
    plan = Plan(0, 11)
    consumer.commit(PLACE, plan.committed())
    write_batch(site.engine, rows_of(records), plan.token(PLACE), again=False)
    site.engine.command("TRUNCATE TABLE page_totals_1")  # killed before it had this roll-up
    consumer.close()
    site.broker.close()
    for file in (*site.directory.glob("records*"),):
        file.unlink()
    for file in backup.glob("records*"):
        (site.directory / file.name).write_bytes(file.read_bytes())
    site.start()

    site.send(range(NEW, NEW + 20))
    site.consume()
    assert site.stored() == [*range(12), *range(NEW, NEW + 20)]
    assert site.findings() == (True, 32)


def test_a_log_that_lost_nothing_skips_nothing(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    for start in range(3):
        site.send(range(start * 10, start * 10 + 10))
        with caplog.at_level(logging.WARNING):
            site.consume()
        site.broker.close()
        site.start()
    assert site.broker.skips(EVENTS_TOPIC) == []
    assert site.broker.end_offsets(EVENTS_TOPIC)[PLACE] == 30
    assert caplog.text == ""


def test_skipped_offsets_are_no_gap_after_retention_either(site: Site, tmp_path: Path, clock: Clock) -> None:
    site.send(range(10))
    backup = site.back_up(tmp_path / "backup")
    site.send(range(10, 30))
    site.consume()
    site.restore(backup)
    site.send(range(NEW, NEW + 5))
    site.consume()
    clock.now += 2 * 3_600
    site.broker.enforce_retention()
    site.send(range(NEW + 5, NEW + 6))
    site.consume()
    assert site.broker.begin_offsets(EVENTS_TOPIC)[PLACE] > 10_000
    assert site.findings() == (True, 36)


def test_what_the_group_had_committed_stays_where_the_books_are_right(site: Site) -> None:
    site.send(range(10))
    site.consume()
    assert site.broker.committed(GROUP, EVENTS_TOPIC)[PLACE] == Committed(10)
