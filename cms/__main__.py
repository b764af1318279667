"""The whole product in one process: ``python -m cms``.

One uvicorn server answers ``/_nhip/`` with the collector and everything else with Django in a pool of threads. Beside
it run the consumer, the counters and the housekeeping, each in a thread. Everything kept is in the data directory, but
for what the settings give to a Kafka, a ClickHouse or a PostgreSQL.
"""

import gc
import logging
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from types import FrameType

from cms.runtime.django_threads import Pages
from cms.runtime.first_start import prepare_site
from cms.runtime.terminal import step
from consumers.health import check_inserts, check_loop
from consumers.runner import Runner
from pipeline.brokers import Broker
from pipeline.brokers.opening import open_broker
from pipeline.brokers.spool.producer import SpoolingProducer, open_producer
from pipeline.brokers.topics import GROUP, topics_of
from pipeline.clickhouse.client import Account, ClickHouse, Reconnecting, open_clickhouse
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.recovery import write_batch
from pipeline.collecting.application import CollectorApplication, assemble
from pipeline.collecting.salts import SaltBook
from pipeline.errors import PipelineError, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.operating import control
from pipeline.operating.cli import run_call
from pipeline.process import logs
from pipeline.process.data_directory import hold
from pipeline.process.repeating import repeating
from pipeline.process.run import SETTINGS_HELP, Parser
from pipeline.process.server import listen, serve
from pipeline.serving.counters import LiveCounters
from pipeline.serving.live import LiveStreams
from pipeline.serving.snapshot import read_snapshot
from pipeline.settings import Settings

log = logging.getLogger("nhip")

_asked_to_stop = threading.Event()

MEMBER = "embedded"
SWITCH_SECONDS = 0.001  # beacons are answered between the consumer's rows, not after 5 ms of them
CATCH_UP_SECONDS = 20.0
INSERT_SECONDS = 30.0
PATIENCE_SECONDS = 2.0
SALT_SECONDS = 30.0
RETENTION_SECONDS = 600.0


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT; returns 0, 2 when it can't start."""
    Parser(
        prog="python -m cms",
        description="Toàn bộ sản phẩm trong một tiến trình · The whole product in one process",
        epilog=SETTINGS_HELP,
    ).parse_args(arguments)
    logs.configure(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ask_to_stop)
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with ExitStack() as stack:
            settings = Settings.from_env()
            stack.enter_context(hold(settings.data_dir))
            listener = stack.enter_context(listen(settings))
            _run(settings, listener)
    except PipelineError as error:
        print(f"nhip: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        pass
    print("Nhịp đã dừng. · Stopped.")
    return 0


def _run(settings: Settings, listener: socket.socket) -> None:
    password = prepare_site()
    with ExitStack() as stack:
        broker = open_broker(settings)
        stack.callback(broker.close)
        with step("Mở kho thống kê", "Opening the statistics engine"):
            site, live = _start_pipeline(settings, broker, stack)
        stack.enter_context(control.serve(settings.data_dir, lambda call: run_call(settings, call)))
        _announce(settings, password)
        gc.collect()
        gc.freeze()
        if _asked_to_stop.is_set():
            return
        serve(site, listener, settings=settings, on_exit=live.stop)


# the pipeline


def _start_pipeline(settings: Settings, broker: Broker, stack: ExitStack) -> tuple[CollectorApplication, LiveStreams]:
    """Start every thread; returns what to serve, and the streams to end when it stops. Django must be set up."""
    from cms.statistics import counters as site_counters
    from cms.statistics.balances import publish_pending_balances
    from cms.wsgi import application

    writer = Reconnecting(lambda: _open_engine(settings, "writer"))
    reader = Reconnecting(lambda: _open_engine(settings, "reader"))
    stack.callback(reader.close)
    stack.callback(writer.close)

    counters = LiveCounters(
        read=lambda now: read_snapshot(reader(), now),
        store=settings.snapshot_file,
        interval=settings.refresh_seconds,
        patience=PATIENCE_SECONDS,
    )
    runner = Runner(
        broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member=settings.member if settings.kafka else MEMBER),
        lambda rows, token, **how: write_batch(writer(), rows, token, **how),
        batch_rows=settings.batch_rows,
        batch_seconds=settings.batch_seconds,
        dead_letters_in_a_row=settings.dead_letters_in_a_row,
        on_insert=counters.changed,
    )
    _prepare_servers(settings, broker)
    writer.warm_up()
    publish_pending_balances()
    _start_thread(runner.run, "consumer", stack, stop=runner.stop)
    _wait_until_caught_up(runner, broker)
    counters.refresh()
    counters.start()
    stack.callback(counters.stop)
    site_counters.install(counters)

    producer = stack.enter_context(open_producer(settings, broker))
    salts = SaltBook(broker, producer)
    _start_housekeeping(broker, salts, stack)

    pages = Pages(application)
    alive = {"consumer": check_loop(runner, insert_seconds=INSERT_SECONDS), "pages": pages.check}
    if isinstance(producer, SpoolingProducer):
        alive["spool"] = producer.check_alive
    return assemble(
        settings,
        producer=producer,
        counters=counters,
        salts=salts,
        checks={
            "log": producer.check if isinstance(producer, SpoolingProducer) else _check_log(broker),
            "clickhouse": lambda: "the counters can't be read" if counters.failures else None,
            "consumer": check_inserts(runner),
        },
        alive=alive,
        elsewhere=pages,
    )


def _open_engine(settings: Settings, account: Account) -> ClickHouse:
    client = open_clickhouse(settings, account=account)
    if settings.clickhouse is None:
        migrate(client)
    return client


def _prepare_servers(settings: Settings, broker: Broker) -> None:
    """What `nhip migrate` does, where servers are used from this one process; one that is away is no hindrance."""
    try:
        if settings.kafka:
            broker.create_topics(topics_of(settings))
        if settings.clickhouse:
            with closing(open_clickhouse(settings, account="migrator")) as client:
                migrate(client)
    except Unavailable as error:
        log.warning("the servers can't be prepared (later: nhip migrate): %s", error)


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
    """Salts before their day, the first before any view; retention now and then."""
    swept = float("-inf")

    def keep_salts() -> None:
        try:
            salts.keep(time.time())
        except PipelineError as error:
            log.warning("the day's salt can't be had, trying again: %s", error)

    def keep_house() -> float:
        nonlocal swept
        keep_salts()
        if time.monotonic() - swept > RETENTION_SECONDS:
            try:
                broker.enforce_retention()
                swept = time.monotonic()
            except PipelineError as error:
                log.warning("retention failed, trying again: %s", error)
        return SALT_SECONDS

    keep_salts()
    stack.enter_context(repeating(keep_house, "housekeeping"))


def _check_log(broker: Broker) -> Callable[[], str | None]:
    def check() -> str | None:
        try:
            broker.end_offsets(EVENTS_TOPIC)
        except PipelineError as error:
            return str(error)
        return None

    return check


def _start_thread(work: Callable[[], None], name: str, stack: ExitStack, *, stop: Callable[[], None]) -> None:
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    stack.callback(thread.join)
    stack.callback(stop)


def _ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
    """End the start-up at once; remembered too, since code that is interrupted may swallow the exception."""
    _asked_to_stop.set()
    raise KeyboardInterrupt


def _announce(settings: Settings, password: str | None) -> None:
    address = f"http://{settings.host}:{settings.port}"
    print(f"\nNhịp: {address}\nQuản trị · Admin: {address}/admin/", flush=True)
    if password:
        print(f"Tài khoản · User: admin\nMật khẩu · Password: {password}", flush=True)
    print("Dừng · Stop: Ctrl-C\n", flush=True)


if __name__ == "__main__":
    sys.exit(main())
