"""``nhip backup FILE``: everything that the one process keeps, as one archive, while it runs."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.text import Text

from pipeline.brokers.plans import planned
from pipeline.brokers.topics import GROUP
from pipeline.errors import ConfigurationError, Unavailable
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.backup import Backup, Source, back_up
from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, table
from pipeline.process.run import FINE

SERVERS = "NHIP_KAFKA_BOOTSTRAP_SERVERS", "NHIP_CLICKHOUSE_URL", "DATABASE_URL"
NAMES = {
    "cms.sqlite3": "cơ sở dữ liệu CMS · CMS database",
    "media": "ảnh, tài liệu · media",
    "log": "nhật ký sự kiện · event log",
    "clickhouse": "số liệu · analytics",
}
SECRETS = "có khoá và mật khẩu (đã băm): cất nơi an toàn · it has keys and passwords (hashed): keep it in a safe place"


def add(commands: Commands) -> None:
    parser = commands.add_parser("backup", help="sao lưu tất cả, khi đang chạy · back everything up, while it runs")
    parser.add_argument("file", type=Path, metavar="FILE", help="tệp .tar sẽ ghi · the .tar file to write")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, options: argparse.Namespace) -> int:
    _refuse_servers()
    with context.progress() as step:
        made = back_up(
            Source(
                context.settings,
                context.client("migrator"),
                hold=context.hold or (lambda: _at_rest(context)),
                clock=context.now,
                advance=step("Sao lưu · Backing up"),
            ),
            options.file,
        )
    if context.as_json:
        context.print_json(made)
    else:
        context.tell_source()
        _show(context, made)
    return FINE


def _refuse_servers() -> None:
    named = [name for name in SERVERS if name in os.environ]
    if named:
        raise ConfigurationError(
            f"{', '.join(named)}: dữ liệu ở các máy chủ ấy, sao lưu bằng công cụ của chúng · the data is with those"
            " servers; back them up with their own tools (docs/operations.md)",
            variable=named[0],
        )


@contextmanager
def _at_rest(context: Context) -> Iterator[None]:
    """Nothing runs, so nothing is inserted; but a process that was killed may have left an insert begun."""
    if any(planned(place) for place in context.broker.committed(GROUP, EVENTS_TOPIC).values()):
        raise Unavailable(
            "tiến trình trước bị dừng giữa chừng: chạy lại rồi sao lưu · the process was killed during an insert;"
            " start it once (make run) and back up while it runs"
        )
    yield


def _show(context: Context, made: Backup) -> None:
    shown = table("", "byte", numbers=(1,))
    for part, size in sorted(made.parts.items()):
        add_row(shown, NAMES.get(part, part), f"{size:,}")
    context.print_table(shown)
    context.write(f"{made.file}: {made.size:,} byte\nsha256 {made.sha256}\n")
    context.out.print(Text(SECRETS, "dim"))
