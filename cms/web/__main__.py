"""The site alone, for the distributed mode: ``python -m cms.web``; any number of them may run on one database.

uvicorn answers with Django in a pool of threads. Views go to the collectors; this process reads the counters from
ClickHouse into memory, so neither an absent ClickHouse nor an absent Kafka breaks or delays a page. The collectors
answer ``/_nhip/``, except for this process's own ``healthz``, ``readyz`` and ``metrics``.

``python -m cms.web --prepare`` brings the database up to date, with the demo site and the administrator of a first
start, and ends; it is run once for each release, before the processes that serve.
"""

import logging
import os
import socket
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing

from cms.runtime.set_up import set_up
from cms.web.application import Web
from cms.web.database import DatabaseCheck, prepare_database
from pipeline.brokers.lags import Completeness
from pipeline.brokers.opening import open_broker
from pipeline.clickhouse.client import Reconnecting, open_clickhouse
from pipeline.errors import ConfigurationError
from pipeline.process.data_directory import close_to_others
from pipeline.process.health import Check, Health, Note
from pipeline.process.memory import freeze_memory
from pipeline.process.run import SETTINGS_HELP, Parser, start
from pipeline.process.server import listen, serve
from pipeline.process.signals import ended_by_signals
from pipeline.serving.counters import LiveCounters, publish_age
from pipeline.serving.opening import open_counters
from pipeline.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT, or prepare; returns 0, or 2 if it can't start or prepare."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.embedded")
    with ended_by_signals():
        return start(_prepare if options.prepare else _serve, log_level=logging.WARNING)
    return 0


def parser() -> Parser:
    web = Parser(
        prog="python -m cms.web",
        description="Cổng thông tin, tách khỏi bộ thu thập · The site without the collector",
        epilog=SETTINGS_HELP,
    )
    web.add_argument(
        "--prepare",
        action="store_true",
        help="chuẩn bị cơ sở dữ liệu rồi dừng · bring the database up to date (with the first start's demo and admin)",
    )
    return web


def _prepare(settings: Settings) -> int:
    _check_shared_keys(settings)
    password = prepare_database()
    if settings.clickhouse:
        _skip_counted_ids(settings)
    if password:
        print(f"Tài khoản · User: admin\nMật khẩu · Password: {password}", flush=True)
    return 0


def _skip_counted_ids(settings: Settings) -> None:
    from cms.runtime.two_stores import skip_counted_ids

    with (
        closing(Reconnecting(lambda: open_clickhouse(settings, account="reader"))) as reader,
        closing(open_broker(settings)) as broker,
    ):
        skip_counted_ids(reader, broker)


def _serve(settings: Settings) -> int:
    settings.servers()
    _check_shared_keys(settings)
    close_to_others(settings.data_dir)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(settings))
        set_up()
        from cms.web.site import open_site

        site = stack.enter_context(open_site())
        web = Web(
            Health(alive=site.alive, ready=_start_statistics(settings, stack)),
            site,
            probe_token=settings.given_probe_token,
        )
        freeze_memory()
        _announce(settings, listener)
        serve(web, listener, settings=settings, on_exit=lambda: None)
    return 0


def _check_shared_keys(settings: Settings) -> None:
    """With keys of its own, collectors would refuse its pages and other web processes log its users out."""
    if settings.kafka:
        settings.check_shared_key()
    if os.environ.get("DATABASE_URL") and "NHIP_SECRET_KEY" not in os.environ:
        raise ConfigurationError(
            "NHIP_SECRET_KEY: give all web processes on one database the same: openssl rand -hex 32",
            variable="NHIP_SECRET_KEY",
        )


def _start_statistics(settings: Settings, stack: ExitStack) -> dict[str, Check]:
    """Start the counters of the pages and the sending of opening balances; returns the checks of readiness."""
    from cms.statistics import counters as site_counters
    from cms.statistics.balances import pending_balances, publishing_in_background
    from cms.statistics.reports.asking import answering

    counters = stack.enter_context(open_counters(settings))
    publish_age(counters)
    site_counters.install(counters)
    stack.callback(site_counters.uninstall)
    complete_until = _completeness(settings, stack)
    stack.enter_context(answering(lambda: open_clickhouse(settings, account="reader"), complete_until=complete_until))
    stack.enter_context(publishing_in_background())
    return {
        "database": DatabaseCheck(),
        "counters": _check_counters(counters),
        "balances": lambda: Note("some wait for the log") if pending_balances() else None,
    }


def _completeness(settings: Settings, stack: ExitStack) -> Callable[[], float | None]:
    """Up to when everything is counted; nobody here knows without a Kafka."""
    if settings.kafka is None:
        return lambda: None
    broker = open_broker(settings)
    stack.callback(broker.close)
    return Completeness(lambda: broker)


def _check_counters(counters: LiveCounters) -> Check:
    def check() -> str | None:
        as_of = counters.snapshot().as_of
        if not counters.failures:
            return None
        read = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(as_of)) if as_of else "never"
        return Note(f"ClickHouse can't be read; pages show the numbers of: {read}")

    return check


def _announce(settings: Settings, listener: socket.socket) -> None:
    print(f"Cổng thông tin · Site: http://{settings.host}:{listener.getsockname()[1]}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
