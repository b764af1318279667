"""Questions of the site have threads of their own, a few at once, and what goes wrong is said in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, cast

import pytest
from patience import PATIENCE, wait_until

from cms.runtime.django_threads import STAFF_THREADS
from cms.statistics.reports import asking
from cms.statistics.reports.asking import (
    MOST_WAITING_THREADS,
    Away,
    Crowded,
    Desk,
    Failed,
    NotAnswered,
    TooMuch,
    answering,
    answering_work,
    work,
    work_all,
)
from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import Cancelled, ConfigurationError, NoAnswer, PipelineError, Rejected, TooHeavy, Unavailable
from pipeline.metrics import REGISTRY
from pipeline.reports.question import BadQuestion, Question, read_question


class Connection:
    """Knows the thread that opened it."""

    def __init__(self) -> None:
        self.thread = threading.get_ident()
        self.closed = False

    def close(self) -> None:
        self.closed = True


def connect() -> ClickHouse:
    return cast(ClickHouse, Connection())


def thread_of(client: ClickHouse) -> tuple[int, int]:
    return cast(Connection, client).thread, threading.get_ident()


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk("test", connect, threads=1, most=2)
    yield desk
    desk.close()


def raising(error: Exception) -> Callable[[Any], Any]:
    def fail(_client: Any) -> Any:
        raise error

    return fail


def test_each_thread_has_a_connection_of_its_own_that_is_closed_at_the_end() -> None:
    opened: list[Connection] = []

    def note() -> ClickHouse:
        opened.append(Connection())
        return cast(ClickHouse, opened[-1])

    with answering(note):
        both = threading.Barrier(2, timeout=PATIENCE)
        found = work_all([lambda client: (both.wait(), thread_of(client))[1]] * 2)
        assert len({own for own, _ in found}) == 2
        assert all(opener == own for opener, own in found)
        work(thread_of)
    assert len(opened) == 2
    assert all(one.closed for one in opened)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        pytest.param(NoAnswer(service="ClickHouse"), Away, id="no answer"),
        pytest.param(Unavailable("no database yet"), Away, id="not migrated"),
        pytest.param(ConfigurationError("refused"), Away, id="another password"),
        pytest.param(TooHeavy("too long"), TooMuch, id="time or memory"),
        pytest.param(Cancelled("cancelled"), TooMuch, id="nobody waited"),
        pytest.param(Rejected("unknown column"), Failed, id="a statement of ours"),
        pytest.param(ZeroDivisionError(), Failed, id="a fault of ours"),
    ],
)
def test_what_goes_wrong_is_said_in_words(desk: Desk, error: Exception, said: type[NotAnswered]) -> None:
    with pytest.raises(NotAnswered) as told:
        desk.start(raising(error)).result(timeout=PATIENCE)
    assert type(told.value) is said
    assert " · " in told.value.words
    assert not any(word in told.value.words for word in ("ClickHouse", "refused", "Error"))


@pytest.mark.parametrize("kind", [Unavailable, Rejected])
def test_what_the_accounts_bounds_end_is_too_much(desk: Desk, kind: type[PipelineError]) -> None:
    class Timeout(Exception):
        code = 159

    def fail(_client: ClickHouse) -> None:
        raise kind("took too long") from Timeout()

    with pytest.raises(TooMuch):
        desk.start(fail).result(timeout=PATIENCE)


def test_an_engine_that_was_away_is_asked_again(desk: Desk) -> None:
    with pytest.raises(Away):
        desk.start(raising(NoAnswer(service="ClickHouse"))).result(timeout=PATIENCE)
    assert desk.start(lambda _client: 7).result(timeout=PATIENCE) == 7


def test_beyond_its_bound_a_desk_takes_no_more_and_has_room_again_afterwards(desk: Desk) -> None:
    gate = threading.Event()
    running = desk.start(lambda _client: gate.wait(PATIENCE))
    waiting = desk.start(lambda _client: 2)
    with pytest.raises(Crowded):
        desk.start(lambda _client: 3)
    waiting.cancel()  # whoever waited has left
    again = desk.start(lambda _client: 4)
    gate.set()
    assert (running.result(timeout=PATIENCE), again.result(timeout=PATIENCE)) == (True, 4)


def test_a_process_without_an_engine_says_that_it_is_away() -> None:
    with pytest.raises(Away):
        work(thread_of)


def test_nobody_waits_longer_than_the_patience_and_what_has_not_begun_is_left_out() -> None:
    gate, begun = threading.Event(), []

    def slow(_client: ClickHouse) -> None:
        begun.append(1)
        gate.wait(PATIENCE)

    with answering(connect):
        with pytest.raises(TooMuch):
            work_all([slow] * (asking.THREADS + 3), patience=0.2)
        gate.set()
    assert len(begun) == asking.THREADS


def test_work_that_has_begun_hears_that_nobody_waits_any_more() -> None:
    heard = threading.Event()

    def step_by_step(_client: ClickHouse) -> None:
        wait_until(asking.given_up)
        heard.set()

    with answering(connect):
        with pytest.raises(TooMuch):
            work(step_by_step, patience=0.1)
        assert heard.wait(PATIENCE)
        assert work(lambda _client: asking.given_up()) is False, "the next one is waited for"


def test_a_process_that_ends_waits_for_no_long_question() -> None:
    begun = threading.Event()

    def step_by_step(_client: ClickHouse) -> None:
        begun.set()
        wait_until(asking.given_up)

    desk = Desk("test", connect, most=2)
    under_way = desk.start(step_by_step)
    assert begun.wait(PATIENCE)
    desk.close()
    assert under_way.done()
    with pytest.raises(Away):
        desk.start(thread_of)


def test_how_questions_end_is_counted(desk: Desk) -> None:
    def counted(end: str) -> float:
        return REGISTRY.get_sample_value("nhip_site_report_seconds_count", {"asker": "test", "end": end}) or 0

    before = {end: counted(end) for end in ("answered", "away", "failed", "refused")}
    desk.start(thread_of).result(timeout=PATIENCE)
    for error in (NoAnswer(service="ClickHouse"), ZeroDivisionError(), BadQuestion("author: …")):
        with pytest.raises((NotAnswered, BadQuestion)):
            desk.start(raising(error)).result(timeout=PATIENCE)
    assert {end: counted(end) for end in before} == {end: count + 1 for end, count in before.items()}


def test_a_question_that_makes_no_sense_is_said_as_such(desk: Desk) -> None:
    with pytest.raises(BadQuestion):
        desk.start(raising(BadQuestion("author: …"))).result(timeout=PATIENCE)


def test_some_threads_of_the_staff_always_go_on_with_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "TURN_SECONDS", 0.05)
    assert MOST_WAITING_THREADS <= STAFF_THREADS - 2
    gate = threading.Event()
    with answering(connect):
        waiting = [
            threading.Thread(target=work, args=(lambda _client: gate.wait(PATIENCE),))
            for _ in range(MOST_WAITING_THREADS)
        ]
        for thread in waiting:
            thread.start()
        wait_until(lambda: asking._waiting_threads._value == 0, what=lambda: "every turn is taken")
        with pytest.raises(Crowded):
            work(thread_of)
        gate.set()
        for thread in waiting:
            thread.join(PATIENCE)
        assert work(thread_of)


def test_an_answer_says_until_when_it_is_complete(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float | None] = []
    monkeypatch.setattr(asking, "answer", lambda *_, complete_until, **__: told.append(complete_until))
    question: Any = None
    with answering(connect, complete_until=lambda: 1_790_571_600.0):
        work(answering_work(question))
    with answering(connect):
        work(answering_work(question))
    assert told == [1_790_571_600.0, None]


def test_programs_keep_no_officer_waiting() -> None:
    gate = threading.Event()
    with answering(connect):
        programs = [asking.desks().programs.start(lambda _client: gate.wait(PATIENCE)) for _ in range(asking.THREADS)]
        assert work(thread_of)
        gate.set()
        assert all(one.result(timeout=PATIENCE) for one in programs)


QUESTION = {"metrics": ["views"], "date_range": "7d"}
OF_RAW_EVENTS = {"metrics": ["exits"], "date_range": "7d", "dimensions": ["page"]}


def read(*written: dict[str, Any]) -> list[Question]:
    return [read_question(one, today=date(2026, 11, 27)) for one in written]


def test_whoever_begins_a_question_sees_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def reading(_client: Any, _question: Any, *, on_progress: asking.Told, **_more: Any) -> Any:
        on_progress(2, 10)
        gate.wait(PATIENCE)
        on_progress(10, 10)
        return "found"

    monkeypatch.setattr(asking, "answer", reading)
    with answering(connect):
        begun = asking.begin(read(OF_RAW_EVENTS, OF_RAW_EVENTS))
        wait_until(lambda: begun.progress.events == (2, 10), what=lambda: "one after the other, in one thread")
        assert not begun.wait(0.01)
        assert (begun.progress.begun, begun.progress.ended, begun.progress.parts) == (1, 0, 2)
        gate.set()
        assert cast(Any, begun.results()) == ["found", "found"]
        assert begun.progress.events == (20, 20)
        assert begun.progress.ended == 2
        begun.give_up()


@pytest.mark.parametrize(
    ("question", "taken"), [pytest.param(QUESTION, (1, 0), id="sums"), pytest.param(OF_RAW_EVENTS, (0, 1), id="raw")]
)
def test_questions_of_raw_events_keep_no_others_waiting(
    monkeypatch: pytest.MonkeyPatch, question: dict[str, Any], taken: tuple[int, int]
) -> None:
    gate = threading.Event()
    monkeypatch.setattr(asking, "answer", lambda *_, **__: gate.wait(PATIENCE))
    with answering(connect):
        begun = asking.begin(read(question))
        assert (asking.desks().people._taken, asking.desks().raw._taken) == taken
        gate.set()
        assert begun.results() == [True]


def test_of_several_questions_the_first_that_fails_ends_the_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail_or_wait(_client: Any, question: Question, *, cancelled: Callable[[], bool], **_more: Any) -> Any:
        if question.dimensions:
            raise TooHeavy("too many rows")
        wait_until(cancelled)

    monkeypatch.setattr(asking, "answer", fail_or_wait)
    with answering(connect):
        begun = asking.begin(read(QUESTION, QUESTION | {"dimensions": ["page"]}))
        assert begun.wait(PATIENCE)
        with pytest.raises(TooMuch):
            begun.results()
        begun.give_up()
        wait_until(lambda: asking.desks().people._taken == 0)
