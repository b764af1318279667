"""Saves what can be saved of the embedded log, and names what is lost."""

import logging
from collections.abc import Iterable
from pathlib import Path

import msgspec

from pipeline.brokers import Skip
from pipeline.brokers.sqlite import salvage as sqlite
from pipeline.brokers.sqlite.broker import has_records
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import count_places
from pipeline.clickhouse.rows import decode_line
from pipeline.errors import BadRecord
from pipeline.events import EVENTS_TOPIC

log = logging.getLogger(__name__)


class Salvage(msgspec.Struct, frozen=True):
    """Of the embedded log: ``kept`` records of all topics, and the ``lost`` offsets of events, of which ``stored`` have
    rows all the same; None where the engine does not answer."""

    kept: int
    lost: list[Skip]
    stored: int | None


def survey_log(directory: Path) -> sqlite.Saved:
    """What can be read of the embedded log. Raises Unavailable."""
    return sqlite.survey(directory, committed=sqlite.read_commits(directory, GROUP), readable=are_events)


def salvage_log(directory: Path) -> sqlite.Saved:
    """Make the embedded log of what can be read of it; nobody may use it meanwhile. Raises Unavailable."""
    return sqlite.salvage(directory, committed=sqlite.read_commits(directory, GROUP), readable=are_events)


def describe(saved: sqlite.Saved, client: ClickHouse | None) -> Salvage:
    lost = [skip for topic, skip in saved.lost if topic == EVENTS_TOPIC]
    return Salvage(len(saved.records), lost, None if client is None else sum(_count_stored(client, lost)))


def mend_log(directory: Path) -> None:
    """Before the product opens its log: put right what would keep the log from being opened. Raises Unavailable."""
    if not has_records(directory):
        return
    sqlite.finish(directory)
    if sqlite.mend_groups(directory):
        log.error(
            "the groups' books were damaged and are set aside in %s: what is stored says where to go on", directory
        )
    if sqlite.is_damaged(directory):
        saved = salvage_log(directory)
        lost = sum(skip.end - skip.first for topic, skip in saved.lost if topic == EVENTS_TOPIC)
        log.error(
            "the log was damaged: %d records are saved, %d offsets are lost; the damaged files are kept in %s",
            len(saved.records),
            lost,
            directory,
        )


def are_events(value: bytes) -> bool:
    """Whether every line is an event, or no event at all but whole, such as a salt or a filler."""
    for line in value.splitlines():
        try:
            decode_line(line)
        except BadRecord:
            try:
                msgspec.json.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                return False
    return True


def _count_stored(client: ClickHouse, lost: Iterable[Skip]) -> Iterable[int]:
    return (len(count_places(client, partition=skip.partition, first=skip.first, end=skip.end)) for skip in lost)
