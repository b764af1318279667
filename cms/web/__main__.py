"""The site alone, for the distributed mode: ``python -m cms.web``; any number of them may run on one database.

uvicorn answers with Django in a pool of threads. Views go to the collectors and come back as counters, which this
process reads from ClickHouse into memory; ClickHouse or Kafka being away neither breaks nor delays a page. ``/_nhip/``
is the collectors', except what operations ask this process: ``healthz``, ``readyz`` and ``metrics``.

``python -m cms.web --prepare`` brings the database up to date, with the demo site and the administrator of a first
start, and ends; it is run once for each release, before the processes that serve.
"""

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import FrameType
from typing import Any

import django

from cms.runtime.django_threads import Pages
from cms.runtime.first_start import prepare_site
from pipeline.clickhouse.client import Reconnecting, open_clickhouse
from pipeline.errors import ConfigurationError, PipelineError
from pipeline.metrics import COUNTERS_AS_OF
from pipeline.process import logs
from pipeline.process.health import PREFIX, Answer, Check, Health, Note
from pipeline.process.run import SETTINGS_HELP, Parser
from pipeline.process.server import listen, live_until, serve
from pipeline.serving.counters import LiveCounters
from pipeline.serving.snapshot import read_snapshot
from pipeline.settings import Settings


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM, or prepare; returns 0, 2 when a setting makes no sense or the database can't be prepared."""
    options = _parser().parse_args(arguments)
    logs.configure(logging.WARNING)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cms.settings.embedded")
    signal.signal(signal.SIGTERM, _stop_starting)
    try:
        settings = Settings.from_env()
        return _prepare(settings) if options.prepare else _serve(settings)
    except PipelineError as error:
        print(f"nhip: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m cms.web",
        description="Cổng thông tin, tách khỏi bộ thu thập · The site without the collector",
        epilog=SETTINGS_HELP,
    )
    parser.add_argument(
        "--prepare",
        action="store_true",
        help="chuẩn bị cơ sở dữ liệu rồi dừng · bring the database up to date (with the first start's demo and admin)",
    )
    return parser


def _prepare(settings: Settings) -> int:
    from django.db import Error

    _check_shared_keys(settings)
    try:
        password = prepare_site()
    except Error as error:
        raise ConfigurationError(f"DATABASE_URL: the database can't be prepared: {_first_line(error)}") from error
    if password:
        print(f"Tài khoản · User: admin\nMật khẩu · Password: {password}", flush=True)
    return 0


def _serve(settings: Settings) -> int:
    settings.servers()
    _check_shared_keys(settings)
    with ExitStack() as stack:
        listener = stack.enter_context(listen(settings))
        django.setup()
        from cms.wsgi import application

        pages = Pages(application)
        web = Web(Health(alive={"pages": pages.check}, ready=_start_statistics(settings, stack)), pages)
        gc.collect()
        gc.freeze()
        _announce(settings, listener)
        serve(web, listener, settings=settings, on_exit=lambda: None)
    print("Cổng thông tin đã dừng. · The site has stopped.", flush=True)
    return 0


def _check_shared_keys(settings: Settings) -> None:
    """With keys of its own, collectors would refuse its pages and other web processes log its users out."""
    if settings.kafka:
        settings.check_shared_key()
    if os.environ.get("DATABASE_URL") and "NHIP_SECRET_KEY" not in os.environ:
        raise ConfigurationError(
            "NHIP_SECRET_KEY: give all web processes on one database the same: openssl rand -hex 32"
        )


def _start_statistics(settings: Settings, stack: ExitStack) -> dict[str, Check]:
    """Start what stands beside the pages, their counters and the errand that sends opening balances; returns checks."""
    from cms.statistics import counters as site_counters
    from cms.statistics.balances import has_pending_balances, publishing_in_background

    reader = Reconnecting(lambda: open_clickhouse(settings, account="reader"))
    stack.callback(reader.close)
    counters = LiveCounters(
        read=lambda now: read_snapshot(reader(), now), store=settings.snapshot_file, interval=settings.refresh_seconds
    )
    counters.start()
    stack.callback(counters.stop)
    COUNTERS_AS_OF.set_function(lambda: counters.snapshot().as_of or 0)
    site_counters.install(counters)
    stack.callback(site_counters.uninstall)
    stack.enter_context(publishing_in_background())
    return {
        "database": DatabaseCheck(),
        "counters": _check_counters(counters),
        "balances": lambda: Note("some wait for the log") if has_pending_balances() else None,
    }


def _check_counters(counters: LiveCounters) -> Check:
    def check() -> str | None:
        as_of = counters.snapshot().as_of
        if not counters.failures:
            return None
        read = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(as_of)) if as_of else "never"
        return Note(f"ClickHouse can't be read; pages show the numbers of: {read}")

    return check


class DatabaseCheck:
    """Whether the CMS database answers and has every table; the tables are asked for until they are there."""

    def __init__(self) -> None:
        self._migrated = False

    def __call__(self) -> str | None:
        from django.db import DatabaseError, InterfaceError, close_old_connections, connection

        close_old_connections()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return None if self._is_migrated() else "not prepared; run: python -m cms.web --prepare"
        except (DatabaseError, InterfaceError) as error:
            connection.close()
            return f"DATABASE_URL: does not answer: {_first_line(error)}"

    def _is_migrated(self) -> bool:
        if not self._migrated:
            from django.db import connection
            from django.db.migrations.executor import MigrationExecutor

            executor = MigrationExecutor(connection)
            self._migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        return self._migrated


class Web:
    """The pages, and this process's health under ``/_nhip/``, which is asked in a thread since it may wait."""

    def __init__(self, health: Health, pages: Pages) -> None:
        self._pages = pages
        self._probe = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._answers: dict[str, Callable[[], Answer]] = {
            "healthz": health.healthz,
            "readyz": health.readyz,
            "metrics": health.metrics,
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await live_until(self._stop, receive, send)
        elif scope["path"].startswith(PREFIX):
            await self._answer(scope["path"].removeprefix(PREFIX), send)
        else:
            await self._pages(scope, receive, send)

    async def _stop(self) -> None:
        self._probe.shutdown(wait=False, cancel_futures=True)

    async def _answer(self, name: str, send: Any) -> None:
        ask = self._answers.get(name)
        if name == "healthz":  # whatever a probe of the database waits for, this process lives
            answer = self._answers["healthz"]()
        elif ask is not None:
            answer = await asyncio.get_running_loop().run_in_executor(self._probe, ask)
        else:
            answer = Answer(404, b"the collectors answer this", "text/plain; charset=utf-8")
        headers = [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", b"%d" % len(answer.body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})


def _announce(settings: Settings, listener: socket.socket) -> None:
    print(f"Cổng thông tin · Site: http://{settings.host}:{listener.getsockname()[1]}", flush=True)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n", 1)[0]


def _stop_starting(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
