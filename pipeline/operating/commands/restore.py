"""``nhip restore FILE``: a backup into an empty data directory, while nothing runs on it."""

import argparse
from pathlib import Path

from rich.text import Text

from pipeline.operating.commands.arguments import Commands
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import local_time
from pipeline.operating.restore import restore
from pipeline.process.run import FINE


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "restore", help="khôi phục vào thư mục dữ liệu trống · restore into an empty data directory"
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="tệp của nhip backup · a file of nhip backup")
    parser.set_defaults(run=run, alone=True, forwarded=False)


def run(context: Context, options: argparse.Namespace) -> int:
    with context.progress() as step:
        found = restore(context.settings, options.file, advance=step("Khôi phục · Restoring"))
    words = (
        f"đã khôi phục bản sao lưu · restored the backup of {local_time(found.made_at)}:"
        f" {len(found.members):,} tệp · files, {context.settings.data_dir}"
    )
    context.out.print(Text(words, "green"))
    context.out.print(Text("→ make run, rồi · then: nhip verify, nhip reconcile", "yellow"))
    return FINE
