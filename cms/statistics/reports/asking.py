"""How the site asks questions about traffic: in threads of their own, a few at once, and nobody waits without end.

    found = ask(question)                    # in a thread of Django
    days, pages = ask_all([this, that])      # side by side
    rows = work(lambda client: …)            # anything else that only reads

    begun = begin(questions)                 # under way: for who shows meanwhile how far it is

Each raises ``NotAnswered``, whose ``words`` are for people. Work that takes long looks at ``given_up()`` between its
steps. The one process asks the engine inside it, a web process the server, both under the reader's account. Whoever
puts a process together installs the way there (``cms/__main__.py``, ``cms/web/__main__.py``); in any other, such as a
management command, the engine is away.

People and programs have a desk each, so that no program's questions keep an officer waiting. What people ask of raw
events, for minutes, has a third one, so that it keeps no other screen waiting; a screen takes one of its threads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from pipeline.clickhouse.client import ClickHouse, Reconnecting, is_beyond_bounds
from pipeline.errors import Cancelled, PipelineError, Rejected, TooHeavy
from pipeline.metrics import REPORT_SECONDS
from pipeline.reports.answer import Answer, answer
from pipeline.reports.pages import Pages
from pipeline.reports.question import BadQuestion, Question
from pipeline.reports.reading import reads_raw_events

log = logging.getLogger("nhip")

Found = TypeVar("Found")
Work = Callable[[ClickHouse], Found]
Told = Callable[[int, int], None]
"""Hears how many raw events are read, and of how many."""

# The engine has the cores to itself for one question; two at once let a small one pass beside a large one.
THREADS = 2
MOST_OF_PEOPLE = 40  # a page of reports asks some eight questions
MOST_OF_PROGRAMS = 8
MOST_OF_RAW = 12  # screens
# Of the five threads that answer staff (STAFF_THREADS), two always go on with pages.
MOST_WAITING_THREADS = 3
TURN_SECONDS = 3.0
PATIENCE_SECONDS = 30.0  # the proxy waits for 60
RAW_PATIENCE_SECONDS = 300.0  # of a screen that shows how far it is
CROWDED_SECONDS = 5
AWAY_SECONDS = 30


class NotAnswered(Exception):
    """``words``: for people, in Vietnamese and English; ``kind``: for programs and metrics; ``status`` of HTTP.
    ``retry_seconds``: when it may be asked again; None if asking the same again changes nothing.
    """

    words = ""
    kind = "failed"
    status = 500
    retry_seconds: int | None = None

    def __init__(self) -> None:
        super().__init__(self.words)


class Away(NotAnswered):
    words = (
        "Kho số liệu tạm thời không trả lời; số liệu vẫn được giữ, mời thử lại sau ít phút. · "
        "The statistics are away for the moment; nothing is lost, please try again in a few minutes."
    )
    kind = "away"
    status = 503
    retry_seconds = AWAY_SECONDS


class Crowded(NotAnswered):
    words = (
        "Đang có quá nhiều báo cáo được tính cùng lúc, mời thử lại sau ít giây. · "
        "Too many reports are being made at once, please try again in a few seconds."
    )
    kind = "crowded"
    status = 503
    retry_seconds = CROWDED_SECONDS


class TooMuch(NotAnswered):
    words = (
        "Câu hỏi này cần quá nhiều bộ nhớ hoặc thời gian: hãy chọn ít ngày hơn, ít chiều hơn hoặc thêm bộ lọc. · "
        "This question needs too much memory or time: ask for fewer days or dimensions, or add filters."
    )
    kind = "too-much"
    status = 422


class Failed(NotAnswered):
    words = (
        "Không tính được báo cáo này vì một lỗi của hệ thống; quản trị viên xem nhật ký. · "
        "This report could not be made, through a fault of the system; its log says more."
    )


class Desk:
    """Runs ``work`` in ``threads`` threads, each with a connection of its own that ``connect`` opens; takes ``most`` at
    once, with those that wait.
    """

    def __init__(self, name: str, connect: Callable[[], ClickHouse], *, most: int, threads: int = THREADS) -> None:
        self._name = name
        self._connect = connect
        self._most = most
        self._ending = threading.Event()
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=f"reports-{name}")
        self._lock = threading.Lock()
        self._taken = 0
        self._own = threading.local()
        self._connections: list[Reconnecting] = []

    def start(self, work: Work[Found], *, until: threading.Event | None = None) -> Future[Found]:
        """The future raises NotAnswered, or BadQuestion. Raises Crowded if there is no room.

        ``until``: set when nobody waits any more; ``given_up()`` says so to the work then.
        """
        with self._lock:
            if self._taken >= self._most:
                raise Crowded
            self._taken += 1
        try:
            future = self._pool.submit(self._run, work, until)
        except RuntimeError as error:  # the process is ending
            self._leave()
            raise Away from error
        future.add_done_callback(self._leave)
        return future

    def close(self) -> None:
        """Answer nothing more; a question that is under way ends first, at its next step or within its bounds."""
        self._ending.set()
        self._pool.shutdown(wait=True, cancel_futures=True)
        for connection in self._connections:
            connection.close()

    def _leave(self, _done: Future[Found] | None = None) -> None:
        with self._lock:
            self._taken -= 1

    def _run(self, work: Work[Found], until: threading.Event | None) -> Found:
        _under_way.ends = [one for one in (until, self._ending) if one]
        began, end = time.monotonic(), "failed"
        try:
            with _in_words():
                found = work(self._connection()())
            end = "answered"
        except NotAnswered as why:
            end = why.kind
            raise
        except BadQuestion:
            end = "refused"
            raise
        finally:
            REPORT_SECONDS.labels(asker=self._name, end=end).observe(time.monotonic() - began)
        return found

    def _connection(self) -> Reconnecting:
        if not hasattr(self._own, "connection"):
            self._own.connection = Reconnecting(self._connect)
            with self._lock:
                self._connections.append(self._own.connection)
        connection: Reconnecting = self._own.connection
        return connection


class Desks(NamedTuple):
    people: Desk
    programs: Desk
    raw: Desk


Moment = Callable[[], float | None]


def _unknown() -> float | None:
    return None


class Way(NamedTuple):
    """``complete_until``: up to when everything is counted, in Unix seconds; None while nobody knows."""

    desks: Desks
    complete_until: Moment


_installed: list[Way] = []
_under_way = threading.local()
_waiting_threads = threading.BoundedSemaphore(MOST_WAITING_THREADS)


@contextmanager
def answering(connect: Callable[[], ClickHouse], *, complete_until: Moment = _unknown) -> Iterator[None]:
    """Let this process ask while the block runs; each thread that asks opens a connection with ``connect``."""
    desks = Desks(
        people=Desk("people", connect, most=MOST_OF_PEOPLE),
        programs=Desk("programs", connect, most=MOST_OF_PROGRAMS),
        raw=Desk("raw", connect, most=MOST_OF_RAW),
    )
    _installed[:] = [Way(desks, complete_until)]
    try:
        yield
    finally:
        _installed.clear()
        for desk in desks:
            desk.close()


def desks() -> Desks:
    """Raises Away in a process that has no way to the engine."""
    try:
        return _installed[0].desks
    except IndexError:
        raise Away from None


def given_up() -> bool:
    """Whether nobody waits any more for the work that this thread does."""
    ends: list[threading.Event] = getattr(_under_way, "ends", [])
    return any(one.is_set() for one in ends)


def _unheard(_done: int, _total: int) -> None:
    pass


def answering_work(question: Question, *, pages: Pages | None = None, on_progress: Told = _unheard) -> Work[Answer]:
    """``pages``: what the CMS knows, for a question about authors and the like; without them that is a BadQuestion."""

    def work(client: ClickHouse) -> Answer:
        complete_until = _installed[0].complete_until() if _installed else None  # before the rows are read
        return answer(
            client,
            question,
            pages=pages,
            complete_until=complete_until,
            on_progress=on_progress,
            cancelled=given_up,
        )

    return work


def ask(question: Question, *, pages: Pages | None = None, patience: float = PATIENCE_SECONDS) -> Answer:
    """The answer, waited for in this thread for ``patience`` seconds at most. Raises NotAnswered or BadQuestion."""
    return ask_all([question], pages=pages, patience=patience)[0]


def ask_all(
    questions: Sequence[Question], *, pages: Pages | None = None, patience: float = PATIENCE_SECONDS
) -> list[Answer]:
    """The answers in the order of the questions, all within ``patience`` seconds. Raises NotAnswered or BadQuestion."""
    return work_all([answering_work(question, pages=pages) for question in questions], patience=patience)


def work(one: Work[Found], *, patience: float = PATIENCE_SECONDS) -> Found:
    """What ``one`` finds with a connection that is lent to it. Raises NotAnswered."""
    return work_all([one], patience=patience)[0]


def work_all(every: Sequence[Work[Found]], *, patience: float = PATIENCE_SECONDS) -> list[Found]:
    deadline = time.monotonic() + patience
    with turn(patience):
        under_way = UnderWay[Found](patience=max(0.0, deadline - time.monotonic()))
        try:
            under_way.start(desks().people, every)
            return under_way.results()
        finally:
            under_way.give_up()


@contextmanager
def turn(patience: float = TURN_SECONDS) -> Iterator[None]:
    """One of the threads that may wait. Raises Crowded."""
    if not _waiting_threads.acquire(timeout=min(TURN_SECONDS, patience)):
        raise Crowded
    try:
        yield
    finally:
        _waiting_threads.release()


def begin(questions: Sequence[Question], *, pages: Pages | None = None) -> UnderWay[Answer]:
    """Raises NotAnswered. Whoever began it gives it up, also if it is done."""
    raw = any(map(reads_raw_events, questions))
    under_way = UnderWay[Answer](patience=RAW_PATIENCE_SECONDS if raw else PATIENCE_SECONDS, parts=len(questions))
    told = under_way.progress.told
    every = [
        answering_work(question, pages=pages, on_progress=partial(told, place))
        for place, question in enumerate(questions)
    ]
    try:
        under_way.start(desks().raw if raw else desks().people, every, one_by_one=raw)
    except NotAnswered:
        under_way.give_up()
        raise
    return under_way


class Progress:
    """How far ``parts`` pieces of work are. Their threads tell it, any may look."""

    def __init__(self, parts: int) -> None:
        self.parts = parts
        self.begun = 0
        self.ended = 0
        self._lock = threading.Lock()
        self._events: dict[int, tuple[int, int]] = {}

    def told(self, place: int, done: int, total: int) -> None:
        with self._lock:
            self._events[place] = (done, total)

    @property
    def events(self) -> tuple[int, int]:
        """Raw events that are read, and how many will be, as far as that is known."""
        with self._lock:
            every = list(self._events.values())
        return sum(done for done, _ in every), sum(total for _, total in every)

    def following(self, one: Work[Found], client: ClickHouse) -> Found:
        with self._lock:
            self.begun += 1
        found = one(client)
        with self._lock:
            self.ended += 1
        return found


class UnderWay(Generic[Found]):
    """Work of which somebody waits for all, ``patience`` seconds at most."""

    def __init__(self, *, patience: float, parts: int = 0) -> None:
        self.began = time.monotonic()
        self.progress = Progress(parts)
        self._deadline = self.began + patience
        self._given_up = threading.Event()
        self._started: list[Future[list[Found]]] = []

    def start(self, desk: Desk, every: Sequence[Work[Found]], *, one_by_one: bool = False) -> None:
        """``one_by_one``: in a single thread. Raises NotAnswered; what has started then is to be given up."""
        for some in [every] if one_by_one else [[one] for one in every]:
            self._started.append(desk.start(partial(self._do, some), until=self._given_up))

    @property
    def is_over(self) -> bool:
        """Whether ``results`` waits for nothing. It is quick."""
        return (
            time.monotonic() >= self._deadline
            or all(one.done() for one in self._started)
            or any(one.done() and (one.cancelled() or one.exception()) for one in self._started)
        )

    def wait(self, seconds: float) -> bool:
        """For ``is_over``, but ``seconds`` at most."""
        left = min(seconds, self._deadline - time.monotonic())
        wait(self._started, timeout=max(0.0, left), return_when=FIRST_EXCEPTION)
        return self.is_over

    def results(self) -> list[Found]:
        """In the order of the work. Raises NotAnswered or BadQuestion."""
        self.wait(self._deadline - time.monotonic())
        for one in self._started:  # the first that failed, whichever it is
            if one.cancelled():  # the process is ending
                raise Away
            if one.done() and (error := one.exception()):
                raise error
        if not all(one.done() for one in self._started):
            raise TooMuch
        return [found for one in self._started for found in one.result()]

    def give_up(self) -> None:
        """What has not begun is not begun; what is under way ends at its next step. It is quick."""
        self._given_up.set()
        for one in self._started:
            one.cancel()

    def _do(self, some: Sequence[Work[Found]], client: ClickHouse) -> list[Found]:
        return [self.progress.following(one, client) for one in some]


@contextmanager
def _in_words() -> Iterator[None]:
    """What went wrong as NotAnswered; a fault of ours is logged."""
    try:
        yield
    except BadQuestion:
        raise
    except (TooHeavy, Cancelled) as error:
        raise TooMuch from error
    except Rejected as error:
        if is_beyond_bounds(error):
            raise TooMuch from error
        log.exception("a question about traffic was refused by the engine")
        raise Failed from error
    except PipelineError as error:  # an outage, which whoever reads the counters logs
        raise (TooMuch if is_beyond_bounds(error) else Away) from error
    except Exception as error:
        log.exception("a question about traffic failed")
        raise Failed from error
