"""One member of the group that takes views from Kafka into ClickHouse: ``python -m consumers``.

Start as many as there is work for, each under a name of its own (``NHIP_MEMBER``); Kafka shares the partitions out.
SIGTERM delivers what was read, hands the partitions over and ends with 0; 1 means that too many lines in a row were no
events.
"""

import logging
import sys
from contextlib import closing

from consumers.health import check_inserts, check_loop
from consumers.lag import watch_lag
from consumers.opening import open_runner
from pipeline.brokers.opening import open_broker
from pipeline.clickhouse.client import Reconnecting, open_clickhouse
from pipeline.process.health import Health
from pipeline.process.probes import serve_health
from pipeline.process.run import SETTINGS_HELP, STOPPED, Parser, start
from pipeline.process.signals import stopped_by_signals
from pipeline.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    Parser(
        prog="python -m consumers",
        description="Một bộ tiêu thụ, từ Kafka vào ClickHouse · A consumer, from Kafka into ClickHouse",
        epilog=SETTINGS_HELP,
    ).parse_args(arguments)
    return start(run, log_level=logging.INFO)


def run(settings: Settings) -> int:
    """Work until SIGTERM or SIGINT; returns the exit code. Raises ConfigurationError."""
    _, engine = settings.servers()
    with (
        closing(open_broker(settings)) as broker,
        closing(Reconnecting(lambda: open_clickhouse(settings, account="writer"))) as writer,
    ):
        runner = open_runner(settings, broker, writer, member=settings.member)
        health = Health(
            alive={"consumer": check_loop(runner, insert_seconds=engine.timeout_seconds)},
            ready={"clickhouse": check_inserts(runner)},
        )
        probes = serve_health(health, settings.health_port, host=settings.host, token=settings.given_probe_token)
        with stopped_by_signals(runner.stop), probes:
            print(f"Nhịp: bộ tiêu thụ · consumer {settings.member}", flush=True)
            with watch_lag(broker, runner):
                writer.warm_up()
                runner.run()
    print(STOPPED)
    return 1 if runner.failure else 0


if __name__ == "__main__":
    sys.exit(main())
