"""The promises of every broker to the pipeline (``pipeline.brokers.protocols``)."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from broker_kit import (
    HOUR_MS,
    BrokerKit,
    hold_and_commit,
    run_child,
    send_some,
    send_without_end,
)
from part import freeze
from patience import PATIENCE, wait_until

from pipeline.brokers import Committed, Consumer, Producer, Record, Topic, TopicPartition
from pipeline.errors import Fenced


def values(records: Iterable[Record]) -> list[bytes]:
    return [record.value for record in records]


def send_all(producer: Producer, topic: str, numbers: Iterable[int], *, partition: int | None = None) -> list[Record]:
    return [producer.send(topic, b"%d" % number, partition=partition) for number in numbers]


def epochs_of(consumer: Consumer) -> set[int]:
    return set(consumer.assignment().values())


# records and offsets


def test_records_keep_their_order_and_get_consecutive_offsets(log: BrokerKit) -> None:
    log.create(partitions=2)
    producer = log.producer()
    sent = [
        *send_all(producer, log.topic, range(5), partition=0),
        *send_all(producer, log.topic, range(3), partition=1),
    ]

    assert [(record.partition, record.offset) for record in sent] == [
        *((0, o) for o in range(5)),
        *((1, o) for o in range(3)),
    ]
    assert log.open().read(log.topic) == sent


def test_a_record_carries_its_key_its_value_and_the_time_it_was_taken(log: BrokerKit) -> None:
    log.create(partitions=1)
    before = int(time.time() * 1000)
    log.producer().send(log.topic, b"\x00\xff\n", key=b"\x00k")
    (record,) = log.open().read(log.topic)

    assert (record.topic, record.partition, record.offset) == (log.topic, 0, 0)
    assert (record.key, record.value) == (b"\x00k", b"\x00\xff\n")
    assert before <= record.at <= time.time() * 1000


def test_the_same_key_goes_to_the_same_partition(log: BrokerKit) -> None:
    log.create(partitions=3)
    one, other = log.producer(), log.producer()
    homes = defaultdict(set)
    for producer, number in itertools.product((one, other), range(12)):
        key = b"key %d" % number
        homes[key].add(producer.send(log.topic, b"", key=key).partition)

    assert all(len(partitions) == 1 for partitions in homes.values())
    assert len(set.union(*homes.values())) > 1


def test_records_without_a_key_spread_over_the_partitions(log: BrokerKit) -> None:
    log.create(partitions=3)
    producer = log.producer()
    spread = Counter(producer.send(log.topic, b"x" * 1000).partition for _ in range(120))
    assert set(spread) == {0, 1, 2}


def test_records_are_there_after_everything_is_closed_and_opened_again(log: BrokerKit) -> None:
    log.create(partitions=1)
    sent = send_all(log.producer(), log.topic, range(3))
    log.close()
    assert log.open().read(log.topic) == sent


def test_records_of_another_process_are_there(log: BrokerKit) -> None:
    log.create(partitions=1)
    child = run_child(send_some, log.connect, log.topic, "child", 3)
    child.join(PATIENCE)
    assert child.exitcode == 0
    assert values(log.open().read(log.topic)) == [b"child 0", b"child 1", b"child 2"]


def test_an_acknowledged_record_survives_kill_9(log: BrokerKit) -> None:
    log.create(partitions=2)
    for rounds in range(3):
        told, telling = multiprocessing.get_context("spawn").Pipe(duplex=False)
        child = run_child(send_without_end, log.connect, log.topic, telling)
        telling.close()
        acknowledged = [told.recv() for _ in range(10 + 40 * rounds)]
        child.kill()
        child.join(PATIENCE)
        while told.poll():
            try:
                acknowledged.append(told.recv())
            except EOFError:
                break
        kept = {(record.partition, record.offset, record.value) for record in log.open().read(log.topic)}
        assert kept.issuperset(acknowledged)


def test_producers_in_many_threads_lose_nothing_and_share_no_offset(log: BrokerKit) -> None:
    log.create(partitions=2)
    shared = log.producer()
    producers = [shared, shared, log.producer(), log.producer()]

    def send(name: int) -> list[Record]:
        return [producers[name].send(log.topic, b"%d %d" % (name, number)) for number in range(50)]

    with ThreadPoolExecutor(len(producers)) as threads:
        sent = [record for records in threads.map(send, range(len(producers))) for record in records]
    kept = log.open().read(log.topic)

    assert sorted(values(kept)) == sorted(values(sent))
    assert {(r.partition, r.offset): r.value for r in kept} == {(r.partition, r.offset): r.value for r in sent}


def test_processes_that_send_at_once_lose_nothing(log: BrokerKit) -> None:
    log.create(partitions=1)
    children = [run_child(send_some, log.connect, log.topic, f"child {number}", 40) for number in range(2)]
    for child in children:
        child.join(PATIENCE)
        assert child.exitcode == 0
    kept = log.open().read(log.topic)
    assert sorted(values(kept)) == sorted(f"child {c} {n}".encode() for c in range(2) for n in range(40))
    assert [record.offset for record in kept] == list(range(80))


def test_an_end_offset_is_that_of_the_next_record(log: BrokerKit) -> None:
    first, second = log.create(partitions=2)
    broker = log.open()
    assert broker.end_offsets(log.topic) == {first: 0, second: 0}
    send_all(log.producer(), log.topic, range(3), partition=1)
    assert broker.end_offsets(log.topic) == {first: 0, second: 3}


def test_creating_a_topic_again_changes_nothing(log: BrokerKit) -> None:
    log.create(partitions=2)
    sent = send_all(log.producer(), log.topic, range(3))
    broker = log.open()
    broker.create_topics((Topic(log.topic, 2, HOUR_MS),))
    assert broker.read(log.topic) == sorted(sent, key=lambda record: (record.partition, record.offset))
    assert len(broker.end_offsets(log.topic)) == 2


def test_reading_a_topic_gives_every_record_each_time_and_moves_no_group(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    send_all(log.producer(), log.topic, range(3))
    consumer = log.join("a")
    assert log.open().read(log.topic) == log.open().read(log.topic) == log.read(consumer, 3)
    assert consumer.committed(partition) is None


# from outside any group


@pytest.mark.parametrize(
    ("first", "end", "expected"),
    [
        pytest.param(0, 10, range(10), id="everything"),
        pytest.param(3, 7, range(3, 7), id="the middle"),
        pytest.param(8, 99, range(8, 10), id="beyond the end"),
        pytest.param(4, 4, (), id="nothing"),
        pytest.param(10, 20, (), id="records yet to come"),
    ],
)
def test_scanning_gives_the_records_of_a_range(log: BrokerKit, first: int, end: int, expected: Iterable[int]) -> None:
    _, partition = log.create(partitions=2)
    producer = log.producer()
    send_all(producer, log.topic, range(10), partition=1)
    send_all(producer, log.topic, range(90, 95), partition=0)
    scanned = list(log.open().scan(partition, first=first, end=end))
    assert values(scanned) == [b"%d" % number for number in expected]


def test_a_scan_that_is_not_read_to_its_end_disturbs_no_other(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    sent = send_all(log.producer(), log.topic, range(5))
    broker = log.open()
    one, other = broker.scan(partition, first=0, end=5), broker.scan(partition, first=2, end=5)
    assert (next(one), next(other), next(one)) == (sent[0], sent[2], sent[1])
    one.close()
    assert list(other) == sent[3:]


def test_a_partition_without_deletions_begins_at_zero(log: BrokerKit) -> None:
    first, second = log.create(partitions=2)
    send_all(log.producer(), log.topic, range(3), partition=1)
    assert log.open().begin_offsets(log.topic) == {first: 0, second: 0}


def test_the_offset_of_a_moment_is_that_of_the_first_record_since(log: BrokerKit) -> None:
    first, second = log.create(partitions=2)
    producer, broker = log.producer(), log.open()
    sent = []
    for number in range(3):
        sent.append(producer.send(log.topic, b"%d" % number, partition=1))
        wait_until(lambda: time.time() * 1000 > sent[-1].at + 1)
    assert broker.offsets_since(log.topic, 0) == {first: 0, second: 0}
    assert broker.offsets_since(log.topic, sent[1].at) == {first: 0, second: 1}
    assert broker.offsets_since(log.topic, sent[2].at + 1) == {first: 0, second: 3}


def test_a_topic_that_is_not_there_has_no_offsets(log: BrokerKit) -> None:
    broker = log.open()
    assert broker.begin_offsets("nowhere") == broker.end_offsets("nowhere") == broker.offsets_since("nowhere", 0) == {}


def test_the_commits_of_a_group_can_be_seen_from_outside(log: BrokerKit) -> None:
    first, _ = log.create(partitions=2)
    send_all(log.producer(), log.topic, range(3), partition=0)
    member = log.join("a")
    log.settle(member, until=lambda: len(member.assignment()) == 2)
    group = f"group-{log.topic}"
    assert log.open().committed(group, log.topic) == {}
    member.commit(first, Committed(2, '{"plan":[2,2]}'))
    assert log.open().committed(group, log.topic) == {first: Committed(2, '{"plan":[2,2]}')}
    assert log.open().committed("another", log.topic) == {}


def test_the_members_of_a_group_can_be_counted_from_outside(log: BrokerKit) -> None:
    log.create(partitions=2)
    broker, group = log.open(), f"group-{log.topic}"
    assert broker.members(group) == 0
    first, second = log.join("a"), log.join("b")
    log.settle(first, second, until=lambda: len(first.assignment()) == len(second.assignment()) == 1)
    assert broker.members(group) == 2
    first.close()
    assert broker.members(group) == 1
    second.close()
    assert broker.members(group) == 0


# a member of a group


def test_a_new_group_starts_at_the_first_record(log: BrokerKit) -> None:
    log.create(partitions=1)
    send_all(log.producer(), log.topic, range(3))
    assert values(log.read(log.join("a"), 3)) == [b"0", b"1", b"2"]


def test_records_come_in_order_once_and_as_many_as_asked_for(log: BrokerKit) -> None:
    log.create(partitions=1)
    send_all(log.producer(), log.topic, range(10))
    consumer = log.join("a")
    read: list[Record] = []
    while len(read) < 10:
        some = consumer.poll(timeout=1, max_records=3)
        assert len(some) <= 3
        read += some
    assert values(read) == [b"%d" % number for number in range(10)]
    assert consumer.poll(timeout=0, max_records=10) == []


def test_a_record_sent_while_a_member_waits_reaches_it(log: BrokerKit) -> None:
    log.create(partitions=1)
    consumer = log.join("a")
    log.settle(consumer, until=lambda: bool(consumer.assignment()))
    log.producer().send(log.topic, b"late")
    assert values(log.read(consumer, 1)) == [b"late"]


def test_a_member_starts_where_the_group_committed(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    send_all(log.producer(), log.topic, range(5))
    former = log.join("a")
    log.read(former, 5)
    former.commit(partition, Committed(3))
    log.close(former)
    assert values(log.read(log.join("a"), 2)) == [b"3", b"4"]


def test_groups_do_not_touch_each_other(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    send_all(log.producer(), log.topic, range(3))
    one, other = log.join("a", group="one"), log.join("a", group="other")
    log.read(one, 3)
    one.commit(partition, Committed(3))
    assert values(log.read(other, 3)) == [b"0", b"1", b"2"]
    assert other.committed(partition) is None


def test_the_next_owner_sees_the_offset_and_its_metadata(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    send_all(log.producer(), log.topic, range(5))
    former = log.join("a")
    log.read(former, 5)
    written = Committed(2, '{"plan":[2,4],"ghi chú":"đ"}')
    former.commit(partition, Committed(1, "earlier"))
    former.commit(partition, written)
    log.close()

    consumer = log.join("b")
    log.settle(consumer, until=lambda: partition in consumer.assignment())
    assert consumer.committed(partition) == written


def test_seeking_reads_again_from_there(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    send_all(log.producer(), log.topic, range(5))
    consumer = log.join("a")
    log.read(consumer, 5)
    consumer.seek(partition, 2)
    assert values(log.read(consumer, 3)) == [b"2", b"3", b"4"]


def test_polling_for_no_records_reads_none_of_them(log: BrokerKit) -> None:
    log.create(partitions=1)
    send_all(log.producer(), log.topic, range(2))
    consumer = log.join("a")
    log.settle(consumer, until=lambda: bool(consumer.assignment()))
    assert consumer.poll(timeout=0, max_records=0) == []
    assert values(log.read(consumer, 2)) == [b"0", b"1"]


def test_polling_for_no_records_keeps_the_membership(impatient_log: BrokerKit) -> None:
    log = impatient_log
    log.create(partitions=1)
    consumer, rival = log.join("a"), log.join("b")
    while True:
        log.settle(consumer, until=lambda: bool(consumer.assignment()))
        held, longest = poll_for_no_records(consumer, seconds=3 * log.session_seconds)
        # A member is seen at the first poll a third of its session after it was last seen. The poll before may have
        # come just too early for that, so two pauses lie between: three thirds in all.
        if held and longest < log.session_seconds / 3:
            break  # else a busy machine held this test up
    assert consumer.assignment() == held
    log.settle(consumer, rival, until=lambda: len(consumer.assignment()) + len(rival.assignment()) == 1)


def poll_for_no_records(consumer: Consumer, *, seconds: float) -> tuple[dict[TopicPartition, int], float]:
    """What is held after the first poll; and the longest time from the end of a poll to the end of the next."""

    def poll() -> float:
        consumer.poll(timeout=0.02, max_records=0)
        return time.monotonic()

    ends = [time.monotonic(), poll()]
    held = dict(consumer.assignment())
    while ends[-1] - ends[0] < seconds:
        ends.append(poll())
    return held, max(after - before for before, after in itertools.pairwise(ends))


# members of one group


def test_two_members_share_the_partitions(log: BrokerKit) -> None:
    partitions = log.create(partitions=4)
    producer = log.producer()
    one, other = log.join("a"), log.join("b")
    log.settle(one, other, until=lambda: len(one.assignment()) == len(other.assignment()) == 2)
    assert {*one.assignment(), *other.assignment()} == set(partitions)

    sent = [record for p in range(4) for record in send_all(producer, log.topic, range(3), partition=p)]
    read = [*log.read(one, 6), *log.read(other, 6)]
    assert sorted((r.partition, r.offset) for r in read) == sorted((r.partition, r.offset) for r in sent)


def test_the_partitions_of_a_leaving_member_go_to_the_other_under_a_new_epoch(log: BrokerKit) -> None:
    partitions = log.create(partitions=2)
    one, other = log.join("a"), log.join("b")
    log.settle(one, other, until=lambda: len(one.assignment()) == len(other.assignment()) == 1)
    (theirs,) = one.assignment()
    one.commit(theirs, Committed(0, "handed over"))
    before = epochs_of(other)

    log.close(one)
    log.settle(other, until=lambda: set(other.assignment()) == set(partitions))
    assert before.isdisjoint(epochs_of(other))
    assert other.committed(theirs) == Committed(0, "handed over")


def test_a_partition_that_stayed_has_a_new_epoch_too_if_its_position_was_lost(log: BrokerKit) -> None:
    """A member that sees the old epoch may go on from its own position; under a new epoch it starts at the commit."""
    log.create(partitions=2)
    producer = log.producer()
    one = log.join("a")
    log.settle(one, until=lambda: len(one.assignment()) == 2)
    for partition in range(2):
        send_all(producer, log.topic, range(2), partition=partition)
    log.read(one, 4)
    before = dict(one.assignment())

    other = log.join("b")
    log.settle(one, other, until=lambda: len(one.assignment()) == len(other.assignment()) == 1)
    (kept,) = one.assignment()
    send_all(producer, log.topic, [2], partition=kept.partition)
    first, *_ = log.read(one, 1)
    assert first.offset == (2 if one.assignment()[kept] == before[kept] else 0)


def test_a_member_of_the_same_name_takes_over_at_once_and_the_former_is_fenced(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    former = log.join("a")
    log.settle(former, until=lambda: partition in former.assignment())
    former.commit(partition, Committed(0, "mine"))

    started = time.monotonic()
    newer = log.join("a")
    log.settle(newer, until=lambda: partition in newer.assignment())
    assert time.monotonic() - started < log.session_seconds / 2
    assert newer.committed(partition) == Committed(0, "mine")
    with pytest.raises(Fenced):
        former.commit(partition, Committed(0, "stale"))
    newer.commit(partition, Committed(0, "newer"))
    assert newer.committed(partition) == Committed(0, "newer")


def test_a_replaced_member_that_goes_on_polling_gets_nothing_back(log: BrokerKit) -> None:
    (partition,) = log.create(partitions=1)
    former = log.join("a")
    log.settle(former, until=lambda: partition in former.assignment())
    newer = log.join("a")
    log.settle(newer, until=lambda: partition in newer.assignment())
    held = newer.assignment()
    log.settle(former, newer, until=lambda: not former.assignment())  # SQLite tells at once, Kafka by heartbeat
    for _ in range(5):
        former.poll(timeout=0, max_records=0)
        newer.poll(timeout=0, max_records=0)
    assert newer.assignment() == held
    assert former.assignment() == {}
    with pytest.raises(Fenced):
        former.commit(partition, Committed(0, "stale"))
    newer.commit(partition, Committed(0))


def test_a_member_silent_past_its_session_is_fenced_when_it_wakes(impatient_log: BrokerKit) -> None:
    log = impatient_log
    (partition,) = log.create(partitions=1)
    frozen = log.join("a")
    log.settle(frozen, until=lambda: partition in frozen.assignment())
    frozen.commit(partition, Committed(0, "planned"))

    other = log.join("b")  # from here on the first one does not poll
    log.settle(other, until=lambda: partition in other.assignment())
    with pytest.raises(Fenced):
        frozen.commit(partition, Committed(9, "stale"))
    assert other.committed(partition) == Committed(0, "planned")


def test_a_process_frozen_past_its_session_is_fenced_when_it_wakes(impatient_log: BrokerKit) -> None:
    log = impatient_log
    (partition,) = log.create(partitions=1)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    child = run_child(hold_and_commit, log.connect, f"group-{log.topic}", log.topic, theirs)
    theirs.close()
    assert ours.recv() == "planned"
    assert child.pid
    freeze(child.pid)

    other = log.join("b")
    log.settle(other, until=lambda: partition in other.assignment())
    os.kill(child.pid, signal.SIGCONT)
    ours.send("wake")
    assert ours.recv() == "fenced"
    assert other.committed(partition) == Committed(0, "planned")
    child.join(PATIENCE)


def test_every_partition_has_its_turn_even_if_another_has_many_records(log: BrokerKit) -> None:
    partitions = log.create(partitions=3)
    producer = log.producer()
    for partition in range(3):
        send_all(producer, log.topic, range(10), partition=partition)
    consumer = log.join("a")
    log.settle(consumer, until=lambda: set(consumer.assignment()) == set(partitions))
    seen = {record.partition for _ in range(3) for record in log.read(consumer, 10, at_most=10)}
    assert seen == {0, 1, 2}


def test_a_member_commits_no_partition_that_it_does_not_hold(log: BrokerKit) -> None:
    partitions = log.create(partitions=2)
    one, other = log.join("a"), log.join("b")
    log.settle(one, other, until=lambda: len(one.assignment()) == len(other.assignment()) == 1)
    (mine,) = one.assignment()
    (theirs,) = set(partitions) - {mine}
    with pytest.raises(Fenced):
        one.commit(theirs, Committed(1))
    other.commit(theirs, Committed(0))


def test_no_partition_is_without_a_member_when_members_leave(log: BrokerKit) -> None:
    partitions = log.create(partitions=3)
    members = [log.join(name) for name in "abc"]

    def held() -> list[TopicPartition]:
        return sorted(partition for member in members for partition in member.assignment())

    log.settle(*members, until=lambda: held() == partitions and all(member.assignment() for member in members))
    for _ in range(2):
        log.close(members.pop(0))
        log.settle(*members, until=lambda: held() == partitions)
    assert set(members[0].assignment()) == set(partitions)
