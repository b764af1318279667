"""One member of the group that takes views from Kafka into ClickHouse: ``python -m consumers``.

Start as many as there is work for, each under a name of its own (``NHIP_MEMBER``); partitions move by themselves.
SIGTERM delivers what was read, hands the partitions over and ends with 0; 1 means that too much in a row was no event.
"""

import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from types import FrameType

from consumers.health import check_inserts, check_loop
from consumers.lag import watch_lag
from consumers.runner import Runner
from pipeline.brokers import Broker
from pipeline.brokers.opening import open_broker
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.client import Reconnecting, open_clickhouse
from pipeline.clickhouse.recovery import write_batch
from pipeline.errors import PipelineError
from pipeline.events import EVENTS_TOPIC
from pipeline.process import logs
from pipeline.process.health import Health, serve_health
from pipeline.process.run import SETTINGS_HELP, Parser
from pipeline.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    Parser(
        prog="python -m consumers",
        description="Một bộ tiêu thụ, từ Kafka vào ClickHouse · A consumer, from Kafka into ClickHouse",
        epilog=SETTINGS_HELP,
    ).parse_args(arguments)
    logs.configure(logging.INFO)
    try:
        return run(Settings.from_env())
    except PipelineError as error:
        print(f"nhip: {error}", file=sys.stderr)
        return 2


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; returns the exit code. Raises ConfigurationError."""
    _, engine = settings.servers()
    with (
        closing(open_broker(settings)) as broker,
        closing(Reconnecting(lambda: open_clickhouse(settings, account="writer"))) as writer,
    ):
        runner = _join(broker, writer, settings)
        health = Health(
            alive={"consumer": check_loop(runner, insert_seconds=engine.timeout_seconds)},
            ready={"clickhouse": check_inserts(runner)},
        )
        with _stopped_by_signals(runner), serve_health(health, settings.health_port, host=settings.host):
            print(f"Nhịp: bộ tiêu thụ · consumer {settings.member}", flush=True)
            with watch_lag(broker, runner):
                writer.warm_up()
                runner.run()
    print("Nhịp đã dừng. · Stopped.")
    return 1 if runner.failure else 0


def _join(broker: Broker, writer: Reconnecting, settings: Settings) -> Runner:
    return Runner(
        broker.consumer(group=GROUP, topic=EVENTS_TOPIC, member=settings.member),
        lambda rows, token, **how: write_batch(writer(), rows, token, **how),
        batch_rows=settings.batch_rows,
        batch_seconds=settings.batch_seconds,
        dead_letters_in_a_row=settings.dead_letters_in_a_row,
    )


@contextmanager
def _stopped_by_signals(runner: Runner) -> Iterator[None]:
    def stop(_signal: int, _frame: FrameType | None) -> None:
        runner.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
