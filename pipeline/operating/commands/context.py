"""A command's surroundings, the same in a process of its own and inside the running product."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TextIO, TypeVar
from urllib.parse import urlsplit

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from pipeline.brokers import Broker
from pipeline.brokers.opening import open_broker
from pipeline.clickhouse.client import Account, ClickHouse, address_of, host_of, open_clickhouse
from pipeline.clickhouse.migrations import migrate
from pipeline.clickhouse.upkeep import sync_replicas
from pipeline.errors import Cancelled, ConfigurationError, Rejected, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.backup import Hold
from pipeline.operating.control import Terminal
from pipeline.operating.site import OpenSite, Site, without_site
from pipeline.operating.verify import Advance
from pipeline.process.run import COULD_NOT_RUN
from pipeline.settings import Settings

PIPE_WIDTH = 10_000  # a line of text stays one line for a program that reads it
TABLE_WIDTH = 80


class Closable(Protocol):
    def close(self) -> None: ...


Opened = TypeVar("Opened", bound=Closable)


@dataclass
class Context:
    """Settings, ways to the log and the engine, and where to print. Close it when the command has ended.

    ``running``: whether the product runs on the data directory; None where its engine is a server, which can't tell.
    ``ask`` puts a question to the person at the terminal, if there is one; ``cancelled`` is set when they hang up.
    ``hold`` lets the consumer of this process rest, where this process has it.
    """

    settings: Settings
    out: Console
    err: Console
    as_json: bool = False
    running: bool | None = None
    ask: Callable[[str], str] | None = None
    now: Callable[[], float] = time.time
    open_site: OpenSite = without_site
    hold: Hold | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    _opened: ExitStack = field(default_factory=ExitStack)

    @property
    def source(self) -> str:
        """Where the log and the rows are, without passwords."""
        kafka, server = self.settings.kafka, self.settings.clickhouse
        embedded = f"nhúng trong · embedded in {self.settings.data_dir}"
        if kafka is None and server is None:
            return embedded
        log = f"Kafka {','.join(kafka.bootstrap_servers)}" if kafka else f"nhật ký · log: {embedded}"
        if server is None:
            return f"{log}; ClickHouse: {embedded}"
        url = address_of(server, "reader")[1]
        return f"{log}; ClickHouse {host_of(url)}/{urlsplit(url).path.strip('/')}"

    def tell_source(self) -> None:
        """Print which data a command looks at; its result follows."""
        self.out.print(Text(f"dữ liệu · data: {self.source}", "dim"))

    @cached_property
    def broker(self) -> Broker:
        """The log. Raises Unavailable, naming the variable, when it does not answer."""
        with self.naming_log():
            broker = self.keep(open_broker(self.settings))
            broker.end_offsets(EVENTS_TOPIC)
        return broker

    def client(self, account: Account = "reader") -> ClickHouse:
        """A connection under an account. Raises Unavailable or Rejected, naming the variable.

        The embedded engine's tables are made if they are not there; a server's only by ``nhip migrate``.
        """
        with self.naming_engine(account):
            client = self.keep(open_clickhouse(self.settings, account=account))
            client.query("SELECT 1")
            if self.settings.clickhouse is None:
                migrate(client)
        return client

    @cached_property
    def site(self) -> Site | None:
        """The CMS; None if there is none here."""
        site = self.open_site(self.settings)
        return self.keep(site) if site else None

    def needed_site(self) -> Site:
        """The CMS. Raises ConfigurationError if there is none here."""
        if self.site is None:
            raise ConfigurationError(
                "DATABASE_URL: không thấy cơ sở dữ liệu CMS ở đây · no CMS database here; gõ lệnh trong môi trường của"
                " cổng · type it in the environment of the site (docs/operations.md)",
                variable="DATABASE_URL",
            )
        return self.site

    def settle(self) -> None:
        """Wait until every replica of a cluster has every insert: the one that answers may lag."""
        if self.settings.clickhouse and self.settings.clickhouse.cluster:
            sync_replicas(self.client("migrator"))

    def naming_log(self) -> AbstractContextManager[None]:
        """An error in the block names the variable of the log."""
        return _naming("NHIP_KAFKA_BOOTSTRAP_SERVERS" if self.settings.kafka else "NHIP_DATA_DIR")

    def naming_engine(self, account: Account) -> AbstractContextManager[None]:
        """An error in the block names the variable of the account."""
        server = self.settings.clickhouse
        return _naming(address_of(server, account)[0] if server else "NHIP_DATA_DIR")

    def keep(self, opened: Opened) -> Opened:
        """Close ``opened`` with the context."""
        self._opened.callback(opened.close)
        return opened

    def go_on(self) -> None:
        """Raise Cancelled if the person has gone; long work calls this between its steps."""
        if self.cancelled.is_set():
            raise Cancelled("cancelled")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str], Advance]]:
        """Bars on a terminal's stderr, one for each description; each step may raise Cancelled."""
        bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.err,
            transient=True,
            disable=not self.err.is_terminal,
        )
        tasks: dict[str, TaskID] = {}

        def step(description: str) -> Advance:
            def advance(done: int, total: int) -> None:
                self.go_on()
                if description not in tasks:
                    tasks[description] = bars.add_task(description, total=total)
                bars.update(tasks[description], completed=done, total=total)

            return advance

        with bars:
            yield step

    def print_json(self, found: msgspec.Struct | dict[str, object]) -> None:
        self.write(msgspec.json.encode(found).decode() + "\n")

    def print_table(self, drawn: Table, *, legend: str = "") -> None:
        """Print a table as wide as the terminal, or as most are, and ``legend`` below it. No line ends in blanks."""
        width = self.out.width if self.out.is_terminal else TABLE_WIDTH
        with self.out.capture() as captured:
            self.out.print(drawn, width=width)
            if legend:
                self.out.print(Text(legend, "dim"), width=width)
        self.write("".join(f"{line.rstrip(' ')}\n" for line in captured.get().splitlines()))

    def write(self, text: str) -> None:
        """Print to stdout without wrapping."""
        self.out.file.write(text)
        self.out.file.flush()

    def refuse(self, message: str) -> int:
        """Print why the command could not run; returns the exit code."""
        self.err.print(Text(f"nhip: {message}"), soft_wrap=True)
        return COULD_NOT_RUN

    def close(self) -> None:
        self._opened.close()


def console(stream: TextIO, *, is_terminal: bool, terminal: Terminal) -> Console:
    """A console on ``stream``, which may lead to a client's terminal."""
    return Console(
        file=stream,
        force_terminal=is_terminal,
        width=terminal.width if is_terminal else PIPE_WIDTH,
        color_system=terminal.colors if is_terminal else None,
        no_color=not (is_terminal and terminal.colors),
        highlight=False,
        markup=False,
        emoji=False,
        _environ={},
    )


@contextmanager
def _naming(variable: str) -> Iterator[None]:
    try:
        yield
    except (Unavailable, Rejected) as error:
        error.variable = error.variable or variable
        raise
