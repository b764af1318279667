"""The pipeline's state: which parts answer, how far ClickHouse is from the end of the log, what waits elsewhere."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from pipeline.brokers import Broker, Committed, Skip
from pipeline.brokers.lags import Lag, complete_up_to, read_lags
from pipeline.brokers.spool.store import count_entries
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import count_dead_letters, count_recent_events
from pipeline.clickhouse.rows import count_rows
from pipeline.collecting.beacon import Reason
from pipeline.collecting.recent_answers import ACKNOWLEDGED
from pipeline.errors import NotStored, PipelineError
from pipeline.events import EVENTS_TOPIC
from pipeline.periods import AHEAD_SECONDS
from pipeline.process.words import is_silence, say

T = TypeVar("T")

RATE_SECONDS = 60
FEW_ANSWERS = 20
NOT_OURS = frozenset({Reason.OTHER_SITE.value, Reason.OTHER_PATH.value, Reason.BAD_TOKEN.value})
WRONG_NAMES = (
    "{refused} lượt bị từ chối, {taken} được nhận ({reasons}): xem NhipBeaconsRefused trong docs/operations.md · "
    "{refused} refused, {taken} taken: see NhipBeaconsRefused in docs/operations.md"
)
TOO_MANY = (
    "{refused} lượt bị từ chối vì một địa chỉ gửi quá nhiều, {taken} được nhận: xem NhipSuspectViews trong"
    " docs/operations.md · {refused} refused as too many from one address, {taken} taken: see NhipSuspectViews in"
    " docs/operations.md"
)
NOBODY = "không có bộ tiêu thụ nào; bản ghi nằm chờ · no consumer is alive, records wait"


class Part(msgspec.Struct, frozen=True):
    """One dependency by name; ``fault`` says why it is away, ``silent`` whether these words say all of it."""

    name: str
    fault: str | None = None
    silent: bool = False


class Status(msgspec.Struct, frozen=True):
    """The state at Unix seconds ``at``; a field is None while the part that knows it is away.

    ``complete_up_to``: ClickHouse has everything that the log took before. ``spooled_records``: in the spools of this
    data directory; None where there is no spool. ``members``: how many consumers share the partitions. ``answers`` of
    this process's collector in the last minutes, by the reason of a refusal, "" for views that it took. ``skipped``:
    where the log lost its end and went on later.
    """

    at: float
    parts: list[Part]
    partitions: list[Lag]
    complete_up_to: float | None
    events_per_second: float | None
    dead_letters: int | None
    spooled_records: int | None = None
    spooled_bytes: int | None = None
    members: int | None = None
    answers: dict[str, int] | None = None
    skipped: list[Skip] = []
    open_files: int | None = None
    open_files_at_most: int | None = None

    def age(self) -> float | None:
        """Seconds that ClickHouse lags."""
        return None if self.complete_up_to is None else max(0.0, self.at - self.complete_up_to)

    def is_fine(self, *, max_age: float) -> bool:
        age = self.age()
        return not any(part.fault for part in self.parts) and age is not None and age <= max_age


def read_status(
    *,
    broker: Callable[[], Broker],
    client: Callable[[], ClickHouse],
    spool: Callable[[], tuple[int, int] | None],
    now: float,
    consumers_expected: bool = False,
) -> Status:
    """Ask every part; one that raises PipelineError is away, and the others are asked all the same.

    A group without members is a fault when a record waits for it, with ``consumers_expected`` at any time.
    """
    parts: list[Part] = []
    lags = _ask(parts, "log", lambda: read_lags(broker()))
    skipped = _ask(parts, "log", lambda: broker().skips(EVENTS_TOPIC)) or []
    if lags is not None:
        parts[:] = _try_log(broker())
    engine = _ask(parts, "clickhouse", lambda: _read_engine(client(), now))
    rate, dead_letters = engine or (None, None)
    if lags is not None and rate is None:
        rate = _ask(parts, "log", lambda: _rate_of_log(broker(), now))
    members = None if lags is None else _ask(parts, "consumers", lambda: broker().members(GROUP))
    if members == 0 and (consumers_expected or any(lag.records for lag in lags or ())):
        parts[-1] = Part("consumers", NOBODY)
    spooled = _ask(parts, "spool", spool)
    if spooled is None and not parts[-1].fault:
        parts.pop()  # there is no spool here
    return Status(
        at=now,
        parts=parts,
        partitions=lags or [],
        complete_up_to=None if lags is None else complete_up_to(lags, now),
        events_per_second=rate,
        dead_letters=dead_letters,
        spooled_records=spooled[0] if spooled else None,
        spooled_bytes=spooled[1] if spooled else None,
        members=members,
        skipped=skipped,
    )


def _try_log(broker: Broker) -> list[Part]:
    """The log as a part, after a trial: a full disk can be read."""
    tried: list[Part] = []
    _ask(tried, "log", broker.try_write)
    return tried


def judge_answers(answers: Mapping[str, int]) -> Part:
    """A fault if more was refused as no view of this site than was taken: then a proxy or a key is wrong.

    Also if more was refused as too many: a flood, or a proxy that makes all readers one address.
    """
    refused = {reason: count for reason, count in answers.items() if reason in NOT_OURS}
    taken, total = answers.get(ACKNOWLEDGED, 0), sum(refused.values())
    too_many = answers.get(Reason.TOO_MANY.value, 0)
    if too_many > max(taken, FEW_ANSWERS):
        return Part("beacons", TOO_MANY.format(refused=too_many, taken=taken))
    if total <= max(taken, FEW_ANSWERS):
        return Part("beacons")
    reasons = ", ".join(f"{count} {reason}" for reason, count in sorted(refused.items()))
    return Part("beacons", WRONG_NAMES.format(refused=total, taken=taken, reasons=reasons))


def count_unattended(broker: Broker) -> int:
    """Records that wait while no consumer is alive to insert them."""
    if broker.members(GROUP):
        return 0
    committed, ends = broker.committed(GROUP, EVENTS_TOPIC), broker.end_offsets(EVENTS_TOPIC)
    begins = broker.begin_offsets(EVENTS_TOPIC)
    nothing = Committed(0)
    return sum(end - max(begins[one], committed.get(one, nothing).offset) for one, end in ends.items())


def count_spooled(data_dir: Path) -> tuple[int, int] | None:
    """Records and bytes in the spools of a data directory and its subdirectories; None where no collector made one."""
    found = [count_entries(directory) for directory in (data_dir / "spool", *data_dir.glob("*/spool"))]
    counted = [one for one in found if one is not None]
    return (sum(records for records, _ in counted), sum(size for _, size in counted)) if counted else None


def _read_engine(client: ClickHouse, now: float) -> tuple[float, int]:
    """Events a second, and the dead letters that wait for somebody."""
    rate = count_recent_events(client, since=now - RATE_SECONDS, until=now + AHEAD_SECONDS) / RATE_SECONDS
    return rate, count_dead_letters(client).get("waiting", 0)


def _rate_of_log(broker: Broker, now: float) -> float:
    since = broker.offsets_since(EVENTS_TOPIC, int((now - RATE_SECONDS) * 1000))
    ends = broker.end_offsets(EVENTS_TOPIC)
    recent = (
        record
        for partition, first in since.items()
        for record in broker.scan(partition, first=first, end=ends[partition])
    )
    return sum(count_rows(record.value) for record in recent) / RATE_SECONDS


def _ask(parts: list[Part], name: str, question: Callable[[], T]) -> T | None:
    """The answer; None while the part is away. Adds the part to ``parts`` unless its name is there."""
    part = Part(name)
    try:
        answer = question()
    except PipelineError as error:
        answer, part = None, Part(name, say(error), is_silence(error) or isinstance(error, NotStored))
    if name not in {part.name for part in parts}:
        parts.append(part)
    return answer
