"""``make chaos``: the distributed product under steady load while processes are killed, frozen, cut off and replaced.

Views come through the proxy, and what readers do beside viewing. Each round inflicts a few faults at random moments,
lets everything come back, and then checks that every acknowledged one is there once, in the raw table and in every
roll-up, and that no more were refused than each fault may cost. ``SEED`` repeats a run's choices, ``ROUNDS`` is the
number of rounds; the last line printed is the tally.

What a fault may cost:

=================================  =====================================================================================
a collector killed                 the views that it had in hand; of the others one in 1,000, since the other takes them
Kafka killed, frozen, away         none: the spool takes them, after ``NHIP_KAFKA_TIMEOUT_SECONDS`` at the latest
ClickHouse killed, answers cut     none: views wait in Kafka
consumers killed, frozen, changed  none
=================================  =====================================================================================
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from part import Part
from stack import SESSION_SECONDS, Stack, metric_of
from steady_load import ANSWER_SECONDS, FIRST_PAGE, Failure, Sent, SteadyLoad

from pipeline.clickhouse.client import open_clickhouse

RATE = 250.0
DONE = 0.2  # of the events: what readers do beside viewing
FREEZE_SECONDS = float(SESSION_SECONDS) + 2.0
AWAY_SECONDS = 60.0
DRAIN_SECONDS = 120.0
BROKEN = str(HTTPStatus.BAD_GATEWAY)  # the proxy's answer, when a collector broke the connection
REFUSED_SHARE = 1 / 1_000  # of the views in a round that kills a collector, beside those that it had in hand
COUNTED = {
    "events": "SELECT page_id, count() FROM events WHERE kind = 'view' AND page_id >= {first:UInt32} GROUP BY page_id",
    "page_totals": "SELECT page_id, sum(views) FROM page_totals WHERE page_id >= {first:UInt32} GROUP BY page_id",
    "page_days": "SELECT page_id, sum(views) FROM page_days WHERE page_id >= {first:UInt32} GROUP BY page_id",
    "page_hours": "SELECT page_id, sum(views) FROM page_hours WHERE page_id >= {first:UInt32} GROUP BY page_id",
}
# The same of what readers do; a search and a page not found are known by their site.
OTHERS_COUNTED = {
    "events": (
        "SELECT kind, greatest(page_id, site) AS number, count() FROM events WHERE number >= {first:UInt32}"
        " AND kind IN ('engagement', 'download', 'search', 'not_found') GROUP BY kind, number"
    ),
    "act_days": (
        "SELECT ['engagement', 'download'][place] AS kind, page_id, sum([engagements, downloads][place]) AS events"
        " FROM act_days ARRAY JOIN [1, 2] AS place WHERE page_id >= {first:UInt32} GROUP BY kind, page_id HAVING events"
    ),
    "act_days of answers": (
        "SELECT ['search', 'not_found'][place] AS kind, site, sum([searches, not_found][place]) AS events"
        " FROM act_days ARRAY JOIN [1, 2] AS place WHERE site >= {first:UInt32} GROUP BY kind, site HAVING events"
    ),
}
KINDS_OF = {"act_days": ("engagement", "download"), "act_days of answers": ("search", "not_found")}


@dataclass
class Tally:
    """A run's result, in events. ``lost`` and ``repeated`` must stay 0; ``refused`` has what failed, by its reason, and
    ``in_hand`` how many of those a killed collector had."""

    rounds: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    repeated: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    in_hand: int = 0

    def __str__(self) -> str:
        faults = ", ".join(f"{count} × {name}" for name, count in sorted(self.faults.items()))
        return (
            f"{self.rounds} rounds ({faults}): {self.acknowledged} acknowledged of {self.sent} sent, "
            f"{self.stored} stored, {self.lost} lost, {self.repeated} repeated; {describe(self.refused, self.in_hand)}"
        )


class Fault(NamedTuple):
    """``targets``: the parts of the stack that no other fault may touch meanwhile."""

    targets: frozenset[str]
    inflict: Callable[[], None]


class Chaos:
    """Faults on one stack, at moments chosen by ``chance``."""

    def __init__(self, stack: Stack, chance: random.Random, *, away_seconds: float = AWAY_SECONDS) -> None:
        self._stack = stack
        self._chance = chance
        self._to_come: list[str] = []
        self.killed_at: list[float] = []  # collectors, by the monotonic clock
        self.faults = {
            "kill collector": _fault("collector", inflict=self._kill_collector),
            "kill consumer": _fault("consumer", inflict=lambda: self._kill_one(stack.consumers)),
            "kill broker": _fault("broker", inflict=self._kill_broker),
            "kill ClickHouse": _fault("clickhouse", inflict=self._kill_clickhouse),
            "cut answers": _fault("clickhouse", inflict=self._cut_answers),
            "freeze consumer": _fault("consumer", inflict=self._freeze_consumer),
            "add and remove consumers": _fault("consumer", inflict=self._change_members),
            "freeze broker, kill collector": _fault("broker", "collector", inflict=self._freeze_broker),
            "broker away": _fault("broker", inflict=lambda: self._kill_broker(away=away_seconds)),
        }

    def choose(self) -> list[str]:
        """The next faults that have no target in common; in three rounds each kind comes once, in random order."""
        if not self._to_come:
            self._to_come = self._chance.sample(list(self.faults), len(self.faults))
        chosen: list[str] = []
        for name in self._to_come:
            if all(self.faults[name].targets.isdisjoint(self.faults[other].targets) for other in chosen):
                chosen.append(name)
        self._to_come = [name for name in self._to_come if name not in chosen]
        return chosen

    def inflict(self, names: list[str]) -> None:
        """Start the faults a moment apart, so that they overlap; returns when all are over. Raises what they raise."""
        with ThreadPoolExecutor(len(names)) as threads:
            under_way = []
            for name in names:
                under_way.append(threads.submit(self.faults[name].inflict))
                self._wait(0.0, 1.5)
            for fault in under_way:
                fault.result()

    def _kill_collector(self) -> None:
        self._kill_one(self._stack.collectors, then=lambda: self.killed_at.append(time.monotonic()))

    def _kill_one(self, parts: list[Part], *, then: Callable[[], None] = lambda: None) -> None:
        part = self._chance.choice(parts)
        part.kill()
        then()
        self._wait(0.0, 1.5)
        part.start(ready=False)

    def _kill_broker(self, away: float = 0.0) -> None:
        self._stack.kafka.kill()
        time.sleep(away or self._chance.uniform(0.0, 3.0))
        self._stack.kafka.start()

    def _kill_clickhouse(self) -> None:
        self._stack.clickhouse.kill()
        self._wait(0.0, 3.0)
        self._stack.clickhouse.start()

    def _cut_answers(self) -> None:
        """The lost answer: the server has done the insert, and the consumer does not hear of it."""
        self._stack.clickhouse.fault(cut_inserts=0.4)
        self._wait(2.0, 4.0)
        self._stack.clickhouse.fault()

    def _freeze_consumer(self) -> None:
        """Freeze one past its session, so that another takes over; the one that wakes still believes in its plan."""
        consumer = self._chance.choice(self._stack.consumers)
        consumer.freeze()
        time.sleep(FREEZE_SECONDS)
        consumer.thaw()

    def _change_members(self) -> None:
        newcomer = self._stack.new_consumer()
        self._stack.consumers.append(newcomer)
        newcomer.start(ready=False)
        self._wait(0.5, 2.0)
        leaver = self._chance.choice(self._stack.consumers)
        assert leaver.stop() == 0, leaver.output()
        self._stack.consumers.remove(leaver)

    def _freeze_broker(self) -> None:
        """The broker may read a collector's records when it wakes, long after the collector is dead."""
        self._stack.kafka.freeze()
        self._wait(1.5, 3.0)
        self._kill_collector()
        self._stack.kafka.thaw()

    def _wait(self, low: float, high: float) -> None:
        time.sleep(self._chance.uniform(low, high))


def _fault(*targets: str, inflict: Callable[[], None]) -> Fault:
    return Fault(frozenset(targets), inflict)


def run_rounds(
    directory: Path,
    *,
    rounds: int,
    seed: int,
    migrated_postgres: Path | None = None,
    away_seconds: float = AWAY_SECONDS,
    say: Callable[[str], None] = print,
) -> Tally:
    """Raises AssertionError if a view is lost or repeated, if more are refused than the faults may cost, or if
    ``nhip verify`` finds a fault. ``away_seconds``: how long a broker is away in the longest of its faults."""
    tally = Tally()
    with Stack(directory, cdn="127.0.0.1", migrated_postgres=migrated_postgres) as stack:
        chaos = Chaos(stack, random.Random(seed), away_seconds=away_seconds)
        with SteadyLoad([stack.proxy.port], key=stack.key, rate=RATE, done=DONE) as load:
            for round_ in range(rounds):
                names = chaos.choose()
                sent, failed = _sent(load), len(load.failures)
                chaos.inflict(names)
                load.pause()
                sent = _sent(load) - sent
                refused, in_hand = _judge(load.failures[failed:], chaos.killed_at)
                _wait_until_drained(stack)
                tally.rounds += 1
                tally.faults.update(names)
                _count(stack, load, tally)
                tally.refused += refused
                tally.in_hand += in_hand
                say(
                    f"round {round_ + 1}/{rounds} (SEED={seed}) {', '.join(names)}: {sent} sent, "
                    f"{describe(refused, in_hand)}; {tally.acknowledged} acknowledged, "
                    f"{tally.lost} lost, {tally.repeated} repeated in all"
                )
                may_be = sent * REFUSED_SHARE if any("collector" in chaos.faults[name].targets for name in names) else 0
                assert refused.total() - in_hand <= may_be, f"{tally}\n{_outputs(stack)}"
                assert not tally.lost, f"{tally}\n{_outputs(stack)}"
                assert not tally.repeated, f"{tally}\n{_outputs(stack)}"
                _verify(stack)
                load.resume()
        codes = stack.stop()
        assert set(codes.values()) == {0}, codes
    return tally


def _judge(failures: list[Failure], killed_at: list[float]) -> tuple[Counter[str], int]:
    """The failures by reason, and how many of them are views that a collector took to its end."""
    in_hand = [
        failure
        for failure in failures
        if failure.reason == BROKEN and any(0 <= at - failure.sent_at <= ANSWER_SECONDS for at in killed_at)
    ]
    return Counter(failure.reason for failure in failures), len(in_hand)


def describe(refused: Counter[str], in_hand: int) -> str:
    reasons = ", ".join(f"{count} × {reason}" for reason, count in sorted(refused.items()))
    return (
        f"{refused.total()} refused ({reasons}), {in_hand} of them in a killed collector's hand"
        if refused
        else "none refused"
    )


def _wait_until_drained(stack: Stack) -> None:
    """Wait until every spool is empty and the group has read the whole log."""
    deadline = time.monotonic() + DRAIN_SECONDS
    while any(metric_of(part, "nhip_collector_spooled_records") for part in stack.collectors) or not stack.is_through():
        assert time.monotonic() < deadline, f"not drained in {DRAIN_SECONDS:.0f} s\n{_outputs(stack)}"
        time.sleep(0.3)


def _count(stack: Stack, load: SteadyLoad, tally: Tally) -> None:
    """In every table an acknowledged event is there once, and one whose answer was lost at most once."""
    tally.sent, tally.acknowledged = _sent(load), len(load.acknowledged) + len(load.others_acknowledged)
    with closing(open_clickhouse(stack.settings, account="reader")) as client:
        for table, statement in COUNTED.items():
            counts = dict(client.query(statement, {"first": FIRST_PAGE}))
            tally.lost += len(load.acknowledged - counts.keys())
            tally.repeated += sum(count != 1 for count in counts.values()) + len(counts.keys() - load.sent)
            if table == "events":
                tally.stored = len(counts)
        for table, statement in OTHERS_COUNTED.items():
            found = {
                Sent(kind, number): count for kind, number, count in client.query(statement, {"first": FIRST_PAGE})
            }
            ours = {one for one in load.others_sent if one.kind in KINDS_OF.get(table, (one.kind,))}
            tally.lost += len((load.others_acknowledged & ours) - found.keys())
            tally.repeated += sum(count != 1 for count in found.values()) + len(found.keys() - ours)
            if table == "events":
                tally.stored += len(found)


def _sent(load: SteadyLoad) -> int:
    return len(load.sent) + len(load.others_sent)


def _verify(stack: Stack) -> None:
    answer = stack.command("verify", "--json")
    assert answer.returncode == 0, f"{answer.stdout}{answer.stderr}"


def _outputs(stack: Stack) -> str:
    return "\n".join(f"── {part.name}\n{part.output()[-3_000:]}" for part in stack.parts)


def main() -> int:
    rounds = int(os.environ.get("ROUNDS", "50"))
    seed = int(os.environ.get("SEED", str(time.time_ns() % 100_000)))
    with tempfile.TemporaryDirectory(prefix="nhip-chaos-") as scratch:
        started = time.monotonic()
        tally = run_rounds(Path(scratch), rounds=rounds, seed=seed)
    print(f"SEED={seed}, {time.monotonic() - started:.0f} s: {tally}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
