"""``nhip collect``: the collector as a process of its own; start as many as the views need.

It depends on nothing but its own disk: it starts, and goes on, with Kafka and ClickHouse both away. Views then wait in
the spool under its data directory, which is why each collector has one of its own; the counters stay as they were.
"""

import logging
import socket
import time
from contextlib import ExitStack

from pipeline.brokers.leaving import LEAVE_SECONDS, let_go
from pipeline.brokers.opening import open_broker, open_durable_log
from pipeline.collecting.application import CollectorApplication, assemble, check, switch_threads_often
from pipeline.collecting.salts import SaltBook, keeping
from pipeline.errors import ConfigurationError
from pipeline.process import logs
from pipeline.process.data_directory import hold
from pipeline.process.health import Check, Note
from pipeline.process.http import PREFIX
from pipeline.process.memory import freeze_memory
from pipeline.process.repeating import repeating
from pipeline.process.run import STOPPED
from pipeline.process.server import listen, serve
from pipeline.process.signals import ended_by_signals
from pipeline.serving.counters import LiveCounters
from pipeline.serving.live import LiveStreams
from pipeline.serving.opening import open_counters
from pipeline.settings import Settings


def run(settings: Settings) -> int:
    """Collect until SIGTERM or SIGINT; returns the exit code. Raises ConfigurationError."""
    _check(settings)
    logs.configure(logging.WARNING)
    switch_threads_often()
    with ended_by_signals(), ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        listener = stack.enter_context(listen(settings))
        application, live = _start(settings, stack)
        freeze_memory()
        _announce(listener)
        serve(application, listener, settings=settings, on_exit=live.stop)
    print(STOPPED, flush=True)
    return 0


def _check(settings: Settings) -> None:
    check(settings)
    kafka, _ = settings.servers()
    settings.check_shared_key()
    if kafka.timeout_seconds * 2 > settings.acknowledge_seconds:
        raise ConfigurationError(
            f"NHIP_KAFKA_TIMEOUT_SECONDS={kafka.timeout_seconds:g}: want at most half of"
            f" NHIP_ACKNOWLEDGE_SECONDS ({settings.acknowledge_seconds:g}), else no time is left for the spool",
            variable="NHIP_KAFKA_TIMEOUT_SECONDS",
        )


def _start(settings: Settings, stack: ExitStack) -> tuple[CollectorApplication, LiveStreams]:
    broker = open_broker(settings)
    stack.callback(let_go, broker.close)
    durable_log = stack.enter_context(open_durable_log(settings, broker))
    salts = SaltBook(broker, durable_log)
    stack.enter_context(repeating(keeping(salts), "salts", leave_seconds=LEAVE_SECONDS))
    counters = stack.enter_context(open_counters(settings))
    return assemble(
        settings,
        durable_log=durable_log,
        counters=counters,
        salts=salts,
        ready={"log": durable_log.check, "clickhouse": _check_counters(counters), "salt": _check_salt(salts)},
        alive={"spool": durable_log.check_alive},
    )


# Neither keeps the collector from taking views, so neither makes it unready.


def _check_counters(counters: LiveCounters) -> Check:
    return lambda: Note("away, the last counters stay") if counters.failures else None


def _check_salt(salts: SaltBook) -> Check:
    return lambda: None if salts.salt_for(time.time()) else Note("not known yet, visitors stay unidentified")


def _announce(listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    print(f"Nhịp: bộ thu thập · collector http://{host}:{port}{PREFIX}\nDừng · Stop: Ctrl-C", flush=True)
