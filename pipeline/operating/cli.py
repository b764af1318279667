"""``nhip``: the command line of operations. Tables for people, ``--json`` for machines, exit codes for monitoring.

The embedded engine allows one process. So while the product runs on a data directory, the product runs the command
(``run_call``) and this process only shows its output (``pipeline.operating.control``).
"""

import argparse
import io
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple, cast

from rich.console import Console

from pipeline.brokers.sqlite.broker import has_records
from pipeline.errors import Cancelled, DataDirectoryBusy, DataDirectoryError, PipelineError
from pipeline.operating.backup import Hold
from pipeline.operating.commands import (
    accounts,
    backup,
    dead_letters,
    kafka_accounts,
    migrate,
    rebuild,
    reclassify,
    reconcile,
    replay,
    report,
    restore,
    retention,
    salvage,
    status,
    tokens,
    verify,
)
from pipeline.operating.commands.context import Context, console
from pipeline.operating.control import Call, Colors, Terminal, forward
from pipeline.operating.site import OpenSite, without_site
from pipeline.operating.turns import alone
from pipeline.process.data_directory import hold
from pipeline.process.run import COULD_NOT_RUN, Parser, run_or_refuse
from pipeline.process.words import say
from pipeline.settings import Settings

log = logging.getLogger(__name__)

INTERRUPTED = 130
BUSY_SECONDS = 10.0
PAUSE_SECONDS = 0.25

DESCRIPTION = "Vận hành Nhịp · Operate Nhịp"
EPILOG = """\
mã thoát · exit codes:
  0  ổn · fine
  1  có gì đó lệch, trễ hay không trả lời · something is off, late or away
  2  không chạy được: tham số, thiết lập, Kafka hay ClickHouse không trả lời
     could not run: arguments, settings, Kafka or ClickHouse do not answer
"""

COMMANDS = (
    status,
    verify,
    reconcile,
    report,
    tokens,
    reclassify,
    dead_letters,
    replay,
    salvage,
    rebuild,
    retention,
    backup,
    restore,
    migrate,
    accounts,
    kafka_accounts,
)
RUN_WITHOUT_DATA = ("migrate", "accounts", "kafka-accounts", "restore", "tokens")
RUN_WITHOUT_LOG = ("report", "dead-letters")


class Surroundings(NamedTuple):
    """What the caller of ``main`` gives."""

    now: Callable[[], float]
    open_site: OpenSite


def main(
    arguments: list[str] | None = None,
    *,
    now: Callable[[], float] = time.time,
    open_site: OpenSite = without_site,
) -> int:
    """Run one command; returns its exit code. ``now`` gives Unix seconds."""
    _write_utf_8()
    argv = sys.argv[1:] if arguments is None else arguments
    options = parser().parse_args(argv)
    try:
        return run_or_refuse(lambda: _run(argv, options, Settings.from_env(), Surroundings(now, open_site)))
    except (KeyboardInterrupt, BrokenPipeError):
        return INTERRUPTED
    except Exception as error:
        if options.debug:
            traceback.print_exc()
        sys.stderr.write(f"nhip: {_unexpected(error)}; thêm · add: nhip --debug …\n")
        return COULD_NOT_RUN


def run_call(
    settings: Settings,
    call: Call,
    *,
    now: Callable[[], float] = time.time,
    open_site: OpenSite = without_site,
    hold: Hold | None = None,
) -> int:
    """Run a client's command inside the process that has the engine; returns the exit code."""
    context = Context(
        settings,
        out=console(call.out, is_terminal=call.terminal.out, terminal=call.terminal),
        err=console(call.err, is_terminal=call.terminal.err, terminal=call.terminal),
        running=True,
        ask=call.ask if call.terminal.reads else None,
        now=now,
        open_site=open_site,
        hold=hold,
        cancelled=call.cancelled,
    )
    try:
        options = parser().parse_args(call.argv)
        with _turn(options):
            return run_in(context, options)
    except Cancelled:
        return INTERRUPTED
    except PipelineError as error:
        call.err.write(f"nhip: {say(error)}\n")
        return COULD_NOT_RUN
    except SystemExit as refusal:
        return int(refusal.code or 0)
    except Exception as error:
        log.exception("a command of nhip failed")
        call.err.write(f"nhip: {_unexpected(error)}; xem log · see the log of the process\n")
        return COULD_NOT_RUN


@contextmanager
def _turn(options: argparse.Namespace) -> Iterator[None]:
    """Let commands that change what is stored run one at a time. Raises Unavailable while another runs."""
    with alone() if getattr(options, "alone", False) else nullcontext():
        yield


def run_in(context: Context, options: argparse.Namespace) -> int:
    """Run the command, and close its context."""
    context.as_json = getattr(options, "json", False)
    with closing(context):
        code: int = options.run(context, options)
    return code


def parser() -> Parser:
    nhip = Parser(
        prog="nhip", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    nhip.add_argument("--debug", action="store_true", help="lỗi bất ngờ kèm dấu vết · tracebacks of unexpected faults")
    commands = nhip.add_subparsers(
        dest="command", required=True, metavar="lệnh · command", parser_class=Parser, title="lệnh · commands"
    )
    for command in COMMANDS:
        command.add(commands)
    collect = commands.add_parser("collect", help="chạy một bộ thu thập · run a collector of its own")
    collect.set_defaults(run=None)
    return nhip


def _run(argv: list[str], options: argparse.Namespace, settings: Settings, around: Surroundings) -> int:
    if options.run is None:
        return _collect(settings)
    _require_data(settings, options.command)
    logging.basicConfig(handlers=[logging.NullHandler()])  # a library's warning would repeat the command's one line
    if settings.clickhouse is not None:
        return run_in(_own_context(settings, around), options)
    with ExitStack() as stack:
        code = _forward_or_hold(
            _from_here(argv, options), settings, stack, forwarded=getattr(options, "forwarded", True)
        )
        return run_in(_own_context(settings, around), options) if code is None else code


def _collect(settings: Settings) -> int:
    from pipeline.collecting.__main__ import run  # noqa: PLC0415 - no other command needs the server

    return run(settings)


def _require_data(settings: Settings, command: str) -> None:
    """Raise DataDirectoryError if the command would make an empty log or engine and then look at it."""
    needs_log = not (settings.clickhouse and command in RUN_WITHOUT_LOG)
    unset = {
        "NHIP_KAFKA_BOOTSTRAP_SERVERS": settings.kafka is None and needs_log,
        "NHIP_CLICKHOUSE_URL": settings.clickhouse is None,
    }
    embedded = [name for name, is_embedded in unset.items() if is_embedded]
    exists = has_records(settings.log_dir) if settings.kafka is None else settings.engine_dir.exists()
    if not embedded or command in RUN_WITHOUT_DATA or exists:
        return
    raise DataDirectoryError(
        f"NHIP_DATA_DIR: chưa có dữ liệu trong · no data in {settings.data_dir}; hãy trỏ tới thư mục của tiến trình"
        f" đang chạy · set it to the product's directory – bản phân tán cần · the distributed product needs"
        f" {', '.join(embedded)}",
        variable="NHIP_DATA_DIR",
    )


def _from_here(argv: list[str], options: argparse.Namespace) -> list[str]:
    """The process that runs the command may have another current directory."""
    file: Path | None = getattr(options, "file", None)
    return argv if file is None else [_with_whole_path(word, file) for word in argv]


def _with_whole_path(word: str, file: Path) -> str:
    """``word``, if it is ``FILE`` or ``--option=FILE``, with the file's absolute path."""
    option, equals, value = word.rpartition("=") if word.startswith("--") else ("", "", word)
    return f"{option}{equals}{file.absolute()}" if Path(value) == file else word


def _forward_or_hold(argv: list[str], settings: Settings, stack: ExitStack, *, forwarded: bool) -> int | None:
    """The exit code of the command in the process that runs on the data directory; None once this process holds it.

    A process that is starting, and another command, hold the directory without answering; so try for a moment.
    """
    waited = threading.Event()
    tries = int(BUSY_SECONDS / PAUSE_SECONDS)
    while True:
        try:
            stack.enter_context(hold(settings.data_dir))
        except DataDirectoryBusy as busy:
            if not forwarded:
                raise
            code = forward(settings.data_dir, argv, _terminal(), streams=(sys.stdin, sys.stdout, sys.stderr))
            if code is not None:
                return code
            if not tries:
                raise DataDirectoryBusy(
                    f"NHIP_DATA_DIR: a process on {settings.data_dir} is starting or ending,"
                    " or another command is under way; try again in a moment",
                    variable="NHIP_DATA_DIR",
                ) from busy
            tries -= 1
            waited.wait(PAUSE_SECONDS)
        else:
            return None


def _own_context(settings: Settings, around: Surroundings) -> Context:
    terminal = _terminal()
    return Context(
        settings,
        out=console(sys.stdout, is_terminal=terminal.out, terminal=terminal),
        err=console(sys.stderr, is_terminal=terminal.err, terminal=terminal),
        running=None if settings.clickhouse else False,
        ask=_ask if terminal.reads else None,
        now=around.now,
        open_site=around.open_site,
    )


def _terminal() -> Terminal:
    shown = Console(stderr=not sys.stdout.isatty())
    return Terminal(
        reads=sys.stdin.isatty(),
        out=sys.stdout.isatty(),
        err=sys.stderr.isatty(),
        width=shown.width,
        colors=cast(Colors, shown.color_system),
    )


def _ask(question: str) -> str:
    sys.stderr.write(question)
    sys.stderr.flush()
    return sys.stdin.readline()


def _write_utf_8() -> None:
    """Vietnamese needs it, whatever the environment says."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _unexpected(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"lỗi bất ngờ · unexpected fault: {type(error).__name__}: {text}"


if __name__ == "__main__":
    sys.exit(main())
