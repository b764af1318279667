"""The whole product in one process: ``python -m cms``.

One uvicorn server answers ``/_nhip/`` with the collector and everything else with Django in a pool of threads. The
consumer, the counters, the salts and retention each have a thread of their own. Everything is kept in the data
directory, except what the settings give to a Kafka, a ClickHouse or a PostgreSQL.
"""

import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from typing import NamedTuple

from cms.nhip import open_records
from cms.runtime.first_start import prepare_site
from cms.runtime.terminal import step
from consumers.health import check_inserts, check_loop
from consumers.opening import open_runner
from consumers.runner import Runner
from pipeline.brokers import Broker
from pipeline.brokers.lags import Completeness
from pipeline.brokers.opening import open_broker, open_durable_log
from pipeline.brokers.plans import progress_of
from pipeline.brokers.topics import GROUP, topics_of
from pipeline.clickhouse.client import Account, ClickHouse, Reconnecting, open_clickhouse
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.roll_ups import find_missing
from pipeline.clickhouse.roll_ups.missing import add_missing
from pipeline.collecting.application import CollectorApplication, assemble, check, switch_threads_often
from pipeline.collecting.salts import SaltBook, keeping
from pipeline.errors import PipelineError, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.operating import control
from pipeline.operating.backup import HOLD_SECONDS, Hold
from pipeline.operating.cli import run_call
from pipeline.operating.retention import delete_old_rows
from pipeline.operating.salvage import mend_log
from pipeline.operating.turns import alone
from pipeline.process.data_directory import hold
from pipeline.process.memory import freeze_memory
from pipeline.process.repeating import repeating
from pipeline.process.run import SETTINGS_HELP, STOPPED, Parser, start
from pipeline.process.server import listen, serve
from pipeline.process.signals import ended_by_signals
from pipeline.serving.live import LiveStreams
from pipeline.serving.opening import counters_from
from pipeline.settings import Settings

log = logging.getLogger("nhip")

MEMBER = "embedded"
CATCH_UP_SECONDS = 20.0
INSERT_SECONDS = 30.0
PATIENCE_SECONDS = 2.0
RETENTION_SECONDS = 600.0
RETENTION_AGAIN_SECONDS = 30.0
PROGRESS_SECONDS = 5.0


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns 0, or 2 if it can't start."""
    Parser(
        prog="python -m cms",
        description="Toàn bộ sản phẩm trong một tiến trình · The whole product in one process",
        epilog=SETTINGS_HELP,
    ).parse_args(arguments)
    return start(run, log_level=logging.WARNING)


def run(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; returns the exit code. Raises ConfigurationError."""
    switch_threads_often()
    check(settings)
    with ended_by_signals() as asked, ExitStack() as stack:
        stack.enter_context(hold(settings.data_dir))
        listener = stack.enter_context(listen(settings))
        password = prepare_site()
        broker = _open_log(settings)
        stack.callback(broker.close)
        with step("Mở kho thống kê", "Opening the statistics engine"):
            running = _start_pipeline(settings, broker, stack)
        answer = partial(run_call, settings, open_site=open_records, hold=running.hold)
        stack.enter_context(control.serve(settings.data_dir, answer))
        _announce(settings, password)
        freeze_memory()
        if not asked.is_set():
            serve(running.site, listener, settings=settings, on_exit=running.live.stop)
    print(STOPPED)
    return 0


class Running(NamedTuple):
    """What to serve, the streams to end when it stops, and a way to let the consumer rest."""

    site: CollectorApplication
    live: LiveStreams
    hold: Hold


def _start_pipeline(settings: Settings, broker: Broker, stack: ExitStack) -> Running:
    """Start every thread. Django must be set up."""
    from cms.runtime.two_stores import finish_restore, skip_counted_ids
    from cms.statistics import counters as site_counters
    from cms.statistics.balances import publish_pending_balances, publishing_in_background
    from cms.statistics.reports.asking import answering
    from cms.web.site import open_site

    writer = Reconnecting(lambda: _open_engine(settings, "writer"))
    reader = Reconnecting(lambda: _open_engine(settings, "reader"))
    migrator = Reconnecting(lambda: _open_engine(settings, "migrator"))
    stack.callback(migrator.close)
    stack.callback(reader.close)
    stack.callback(writer.close)

    counters = counters_from(reader, settings, patience=PATIENCE_SECONDS)
    member = settings.member if settings.kafka else MEMBER
    runner = open_runner(settings, broker, writer, member=member, on_insert=counters.changed)
    _prepare_servers(settings, broker)
    _add_missing_roll_ups(settings, broker, writer)
    _start_appending(broker)
    writer.warm_up()
    publish_pending_balances()
    _start_thread(runner.run, "consumer", stack, stop=runner.stop)
    _wait_until_caught_up(runner, broker)
    counters.refresh()
    skip_counted_ids(reader, broker)
    finish_restore(settings, reader, broker)
    counters.start()
    stack.callback(counters.stop)
    site_counters.install(counters)
    stack.enter_context(
        answering(lambda: open_clickhouse(settings, account="reader"), complete_until=Completeness(lambda: broker))
    )

    durable_log = stack.enter_context(open_durable_log(settings, broker))
    salts = SaltBook(broker, durable_log)
    _start_housekeeping(broker, salts, stack)
    stack.enter_context(repeating(lambda: _enforce_raw_retention(settings, broker, migrator), "raw-retention"))

    stack.enter_context(publishing_in_background())
    site = stack.enter_context(open_site())
    site_and_collector, live = assemble(
        settings,
        durable_log=durable_log,
        counters=counters,
        salts=salts,
        ready={
            "log": durable_log.check,
            "clickhouse": lambda: "the counters can't be read" if counters.failures else None,
            "consumer": check_inserts(runner),
        },
        alive={
            "consumer": check_loop(runner, insert_seconds=INSERT_SECONDS),
            **site.alive,
            "spool": durable_log.check_alive,
        },
        elsewhere=site,
    )
    return Running(site_and_collector, live, partial(runner.held, seconds=HOLD_SECONDS))


def _open_engine(settings: Settings, account: Account) -> ClickHouse:
    client = open_clickhouse(settings, account=account)
    if settings.clickhouse is None:
        migrate(client)
    return client


def _prepare_servers(settings: Settings, broker: Broker) -> None:
    """Do what `nhip migrate` does, where this one process uses servers; a server that is away stops nothing."""
    try:
        if settings.kafka:
            broker.create_topics(topics_of(settings))
        if settings.clickhouse:
            with closing(open_clickhouse(settings, account="migrator")) as client:
                migrate(client)
    except Unavailable as error:
        log.warning("the servers can't be prepared (later: nhip migrate): %s", error)


def _add_missing_roll_ups(settings: Settings, broker: Broker, engine: Reconnecting) -> None:
    """Before the consumer starts; a server gets them by `nhip rebuild`, and whatever fails stops nothing."""
    try:
        missing = find_missing(engine()) if settings.clickhouse is None else []
        if not missing:
            return
        log.warning("building new roll-ups, once: %s", ", ".join(missing))
        add_missing(engine(), progress_of_group=progress_of(broker, GROUP, EVENTS_TOPIC), on_progress=_tell_progress())
    except PipelineError as error:
        log.warning("new roll-ups can't be built yet (later: nhip rebuild): %s", error)


def _tell_progress() -> Callable[[str, int, int], None]:
    """Tell the log now and then; the first start of a new version may take minutes where there are many rows."""
    told_at = time.monotonic()

    def tell(_step: str, done: int, total: int) -> None:
        nonlocal told_at
        if total and time.monotonic() - told_at >= PROGRESS_SECONDS:
            told_at = time.monotonic()
            log.warning("building new roll-ups: %d %% of %d events", 100 * done // total, total)

    return tell


def _open_log(settings: Settings) -> Broker:
    if settings.kafka is None:
        mend_log(settings.log_dir)
    return open_broker(settings)


def _start_appending(broker: Broker) -> None:
    try:
        broker.start_appending()
    except Unavailable as error:
        log.warning("the log takes nothing yet: %s", error)


def _start_thread(work: Callable[[], None], name: str, stack: ExitStack, *, stop: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(stop)


def _wait_until_caught_up(runner: Runner, broker: Broker) -> None:
    """Let the first page show what the log already holds; without an engine go on with the last known numbers."""
    try:
        ends = broker.end_offsets(EVENTS_TOPIC)
    except Unavailable as error:
        log.warning("the log does not answer, the counters will follow: %s", error)
        return
    deadline = time.monotonic() + CATCH_UP_SECONDS
    while time.monotonic() < deadline and not runner.blocked:
        if all(runner.next_offsets.get(partition, 0) >= end for partition, end in ends.items()):
            return
        time.sleep(0.05)
    log.warning("the consumer is still behind the log; the counters will follow")


def _start_housekeeping(broker: Broker, salts: SaltBook, stack: ExitStack) -> None:
    """Keep the salts, the first before any view, and the log's retention."""
    keep_salt = keeping(salts)
    keep_salt()
    stack.enter_context(repeating(keep_salt, "salts"))
    stack.enter_context(repeating(lambda: _enforce_retention(broker), "retention"))


def _enforce_retention(broker: Broker) -> float:
    """Returns the seconds until the next time."""
    try:
        broker.enforce_retention()
    except PipelineError as error:
        log.warning("retention failed, trying again: %s", error)
        return RETENTION_AGAIN_SECONDS
    return RETENTION_SECONDS


def _enforce_raw_retention(settings: Settings, broker: Broker, migrator: Reconnecting) -> float:
    """Returns the seconds until the next time."""
    try:
        if settings.raw_days:
            with alone():
                delete_old_rows(settings, broker, migrator(), now=time.time())
    except PipelineError as error:
        log.warning("raw rows can't be deleted yet, trying again: %s", error)
    return RETENTION_SECONDS


def _announce(settings: Settings, password: str | None) -> None:
    address = f"http://{settings.host}:{settings.port}"
    print(f"\nNhịp: {address}\nQuản trị · Admin: {address}/admin/", flush=True)
    if password:
        print(f"Tài khoản · User: admin\nMật khẩu · Password: {password}", flush=True)
    print("Dừng · Stop: Ctrl-C\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
