"""Makes the roll-ups again from the raw table, and from the archive where retention has deleted its rows, while rows
come in and pages read them.

Two sides fill the next generation of tables. They meet at a *cut*, an offset in each partition of the log: the
generation's views take the rows from the cut on, for ever, and a backfill takes the rows before the cut, once. The
delivery protocol is why no row is taken twice or left out:

1. The cut is at the end of the log, so no plan should reach it when the views are made. A plan is committed before its
   rows are inserted: if no plan reaches the cut once the views are made, they see every row past the cut. Otherwise the
   cut came too late; the generation is dropped and made again with a later cut.
2. Once the group's committed offset has passed the cut in every partition, all rows before the cut are stored, and the
   backfill reads rows that no longer change. If a frozen consumer inserts its old batch only now, the raw table knows
   the token already, and the new views leave the rows out.
3. The sums are compared with the raw table, the readers are turned, and the old generation is dropped.

A rebuild may end at any moment and readers still see whole roll-ups: the next rebuild removes what no reader sees. Each
roll-up's readers are turned by themselves, so they may be at different generations. One rebuild runs at a time. A row
before the cut that ``nhip replay`` or ``nhip dead-letters replay`` inserts later is in the raw table alone, until the
next rebuild.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass

from pipeline.clickhouse import roll_ups
from pipeline.clickhouse.client import ClickHouse
from pipeline.clickhouse.queries import list_months
from pipeline.clickhouse.roll_ups import EVERY_ROW, ROLL_UPS
from pipeline.clickhouse.roll_ups.compare import find_off, sum_events, sum_generation, take_together
from pipeline.clickhouse.roll_ups.retention import MONTH, still_raw
from pipeline.clickhouse.upkeep import sync_replicas
from pipeline.errors import PipelineError, Rejected, Unavailable

log = logging.getLogger(__name__)

POLL_SECONDS = 0.2
CHECKS = 10
ATTEMPTS = 20
FIRST_MARGIN = 64

Offsets = Mapping[int, int]


class CutTooLate(Exception):
    """The consumers passed the cut before the views were made."""


class CutTooEarly(Exception):
    """The log ends before the cut, and nothing more comes in."""


def rebuild(
    client: ClickHouse,
    *,
    ends: Callable[[], Offsets],
    progress_of_group: Callable[[], Mapping[int, tuple[int, int]]],
    on_progress: Callable[[str, int, int], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Make every roll-up again; ``client`` has the migrator's account.

    ``ends``: by partition, the offset that the next record will get. ``progress_of_group``: by partition, the first
    offset that may not be inserted yet, and the last offset that is planned or inserted (the committed offset, and the
    end of the plan beside it or else the offset before); both are read at the call. ``on_progress`` gets the step
    (waiting, filling, checking), how much of it is done, and the total.

    Waits as long as consumers lag. Raises Unavailable or Rejected, and any error of the callables; what readers see is
    then unchanged.
    """
    Rebuild(client, ends, progress_of_group, on_progress, pause).run()


@dataclass(frozen=True)
class Rebuild:
    """One run; its fields are the arguments of ``rebuild``."""

    client: ClickHouse
    ends: Callable[[], Offsets]
    progress_of_group: Callable[[], Mapping[int, tuple[int, int]]]
    on_progress: Callable[[str, int, int], None]
    pause: Callable[[float], None]

    def run(self) -> None:
        if not roll_ups.find_shown(self.client):
            raise Rejected("there are no roll-ups yet; run: nhip migrate")
        tidy(self.client)
        margin = 0
        for _ in range(ATTEMPTS):
            generation = next_generation(self.client)
            try:
                self._make(generation, margin)
            except CutTooLate:
                margin = margin * 4 or FIRST_MARGIN
                self._drop(generation)
            except CutTooEarly:
                margin = 0
                self._drop(generation)
            except BaseException:
                with suppress(PipelineError):
                    self._drop(generation)
                raise
            else:
                run(self.client, roll_ups.turn_readers(generation, cluster=self.client.cluster))
                tidy(self.client)
                return
        raise Unavailable(f"the consumers passed {ATTEMPTS} cuts too soon; try again when less comes in")

    def _make(self, generation: int, margin: int) -> None:
        cuts = self._cut(margin)
        run(self.client, roll_ups.create_generation(generation, cluster=self.client.cluster, rows=from_offsets(cuts)))
        if any(last >= cuts.get(partition, 0) for partition, (_, last) in self.progress_of_group().items()):
            raise CutTooLate
        self._wait_for_rows(cuts)
        sync_replicas(self.client)
        fill(self.client, generation, cuts, names=ROLL_UPS, on_progress=self.on_progress)
        self._check(generation)

    def _cut(self, margin: int) -> dict[int, int]:
        """By partition, the end of the log; where the log no longer has the partition, the end of the stored rows."""
        stored = dict(self.client.query(roll_ups.script("find_stored_ends")))
        log_ends = self.ends()
        for partition, end in stored.items():
            if end > log_ends.get(partition, end):
                raise Rejected(
                    f"partition {partition} of the log ends at {log_ends[partition]}, but rows up to {end} are stored:"
                    " it is not the log they came from"
                )
        return stored | {partition: end + margin for partition, end in log_ends.items()}

    def _wait_for_rows(self, cuts: Offsets) -> None:
        """Return once every row before the cut is stored."""
        while True:
            log_ends, finished = self.ends(), self._finished()
            lagging = [partition for partition in log_ends if finished.get(partition, 0) < cuts.get(partition, 0)]
            self.on_progress("waiting", len(cuts) - len(lagging), len(cuts))
            if not lagging:
                return
            if all(finished.get(partition, 0) >= log_ends[partition] for partition in lagging):
                raise CutTooEarly
            self.pause(POLL_SECONDS)

    def _check(self, generation: int) -> None:
        """Each month's sums must lie between the rows surely stored before they were read and the rows stored after.

        While nothing comes in, the two bounds are equal. Looks several times, since replicas may lag.
        """
        off: list[str] = []
        for look in range(CHECKS):
            self.on_progress("checking", look, CHECKS)
            finished = self._finished()
            counting = still_raw(self.client)
            stored = f"NOT ({from_offsets(finished)})" if finished else EVERY_ROW
            least = sum_events(self.client, ROLL_UPS, rows=f"{counting} AND {stored}")
            made = sum_generation(self.client, generation, ROLL_UPS)
            off = find_off(made, least, sum_events(self.client, ROLL_UPS, rows=counting))
            if not off:
                self.on_progress("checking", CHECKS, CHECKS)
                return
            self.pause(POLL_SECONDS)
        raise Rejected(f"the new roll-ups do not agree with the raw table and were dropped: {', '.join(off)}")

    def _finished(self) -> dict[int, int]:
        return {partition: first for partition, (first, _) in self.progress_of_group().items()}

    def _drop(self, generation: int) -> None:
        log.info("dropping generation %d of the roll-ups", generation)
        run(self.client, roll_ups.drop_generation(generation, cluster=self.client.cluster))


def next_generation(client: ClickHouse) -> int:
    """The number of the generation to make next."""
    return max(roll_ups.find_generations(client), default=0) + 1


def fill(
    client: ClickHouse,
    generation: int,
    cuts: Offsets,
    *,
    names: Collection[str],
    on_progress: Callable[[str, int, int], None],
) -> None:
    """Put into a generation the rows before the cuts, and what is archived."""
    counting = still_raw(client)
    months = list_months(client)
    done, total = 0, sum(months.values())
    on_progress("filling", done, total)
    for first, last, events in take_together(months):
        rows = f"NOT ({from_offsets(cuts)}) AND {counting} AND {MONTH} BETWEEN {first} AND {last}"
        run(client, [roll_ups.backfill(name, generation, cluster=client.cluster, rows=rows) for name in names])
        done += events
        on_progress("filling", done, total)
    archived = roll_ups.find_archives(client)
    run(
        client, [roll_ups.fill_from_archive(name, generation) for name in names if roll_ups.source_of(name) in archived]
    )


def tidy(client: ClickHouse) -> None:
    """Drop every generation of a roll-up that no reader sees: readers are turned only to a whole one."""
    shown = roll_ups.find_shown(client)
    for generation, names in sorted(roll_ups.find_made(client).items()):
        if unseen := [name for name in ROLL_UPS if name in names and shown.get(name) != generation]:
            log.info("dropping generation %d of %s", generation, ", ".join(unseen))
            run(client, roll_ups.drop_generation(generation, cluster=client.cluster, names=unseen))


def run(client: ClickHouse, statements: Collection[str]) -> None:
    """Run statements, one after the other."""
    for statement in statements:
        client.command(statement)


def from_offsets(offsets: Offsets) -> str:
    """The condition that a row is at or past its partition's offset; for a partition without one, every row is."""
    if not offsets:
        return EVERY_ROW
    partitions, bounds = zip(*sorted(offsets.items()), strict=True)
    return f"offset >= transform(partition, {list(partitions)}, {list(bounds)}, 0)"
