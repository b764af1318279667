"""``nhip collect``: the collector as a process of its own; start as many as there are views for.

It wants nobody but its own disk: it starts, and goes on, with Kafka and ClickHouse both away. Views then wait in the
spool under its data directory, which is why each collector has one of its own; the counters stay as they were.
"""

import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from types import FrameType

from pipeline.brokers.opening import open_broker
from pipeline.brokers.spool.producer import LEAVE_SECONDS, SpoolingProducer, let_go, open_producer
from pipeline.clickhouse.client import Reconnecting, open_clickhouse
from pipeline.collecting.application import CollectorApplication, assemble
from pipeline.collecting.salts import SaltBook
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.process import logs
from pipeline.process.data_directory import hold
from pipeline.process.health import PREFIX, Check, Note
from pipeline.process.repeating import repeating
from pipeline.process.server import listen, serve
from pipeline.serving.counters import LiveCounters
from pipeline.serving.live import LiveStreams
from pipeline.serving.snapshot import read_snapshot
from pipeline.settings import Settings

log = logging.getLogger("nhip")

SWITCH_SECONDS = 0.001  # Kafka's answers are heard between two beacons, not after 5 ms of them
SALT_SECONDS = 30.0
NO_SALT_SECONDS = 1.0


def run(settings: Settings) -> int:
    """Collect until SIGTERM or SIGINT; returns the exit code. Raises ConfigurationError."""
    _check(settings)
    logs.configure(logging.WARNING)
    sys.setswitchinterval(SWITCH_SECONDS)
    with _interrupted_by_sigterm(), ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        listener = stack.enter_context(listen(settings))
        application, live = _start(settings, stack)
        gc.collect()
        gc.freeze()
        _announce(listener)
        serve(application, listener, settings=settings, on_exit=live.stop)
    print("Nhịp đã dừng. · Stopped.", flush=True)
    return 0


def _check(settings: Settings) -> None:
    kafka, _ = settings.servers()
    settings.check_shared_key()
    if kafka.timeout_seconds * 2 > settings.acknowledge_seconds:
        raise ConfigurationError(
            f"NHIP_KAFKA_TIMEOUT_SECONDS={kafka.timeout_seconds:g}: want at most half of"
            f" NHIP_ACKNOWLEDGE_SECONDS ({settings.acknowledge_seconds:g}), else no time is left for the spool"
        )


def _start(settings: Settings, stack: ExitStack) -> tuple[CollectorApplication, LiveStreams]:
    broker = open_broker(settings)
    stack.callback(let_go, broker.close)
    producer = stack.enter_context(open_producer(settings, broker))
    assert isinstance(producer, SpoolingProducer)
    salts = SaltBook(broker, producer)
    stack.enter_context(repeating(_keeping(salts), "salts", leave_seconds=LEAVE_SECONDS))
    counters = _start_counters(settings, stack)
    return assemble(
        settings,
        producer=producer,
        counters=counters,
        salts=salts,
        checks={"log": producer.check, "clickhouse": _check_counters(counters), "salt": _check_salt(salts)},
        alive={"spool": producer.check_alive},
    )


def _start_counters(settings: Settings, stack: ExitStack) -> LiveCounters:
    """Nobody tells this process of inserts, so it just asks while somebody looks."""
    reader = stack.enter_context(closing(Reconnecting(lambda: open_clickhouse(settings, account="reader"))))
    counters = LiveCounters(
        read=lambda now: read_snapshot(reader(), now), store=settings.snapshot_file, interval=settings.refresh_seconds
    )
    counters.start()
    stack.callback(counters.stop)
    return counters


def _keeping(salts: SaltBook) -> Callable[[], float]:
    """Have the day's salt: while Kafka is away views count and their visitors stay unidentified."""
    failed = False

    def keep() -> float:
        nonlocal failed
        try:
            salts.keep(time.time())
        except PipelineError as error:
            if not failed:
                log.warning("the day's salt can't be had yet: %s", error)
            failed = True
            return NO_SALT_SECONDS
        failed = False
        return SALT_SECONDS

    return keep


# Neither of these keeps the collector from taking views, so neither makes it unready.


def _check_counters(counters: LiveCounters) -> Check:
    def check() -> str | None:
        return Note("away, the last counters stay") if counters.failures else None

    return check


def _check_salt(salts: SaltBook) -> Check:
    def check() -> str | None:
        return None if salts.salt_for(time.time()) else Note("not known yet, visitors stay unidentified")

    return check


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Until uvicorn listens to it, and after, SIGTERM ends the process in order, as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)


def _announce(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    print(f"Nhịp: bộ thu thập · collector http://{host}:{port}{PREFIX}\nDừng · Stop: Ctrl-C", flush=True)
