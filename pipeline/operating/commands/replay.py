"""``nhip replay``: insert the rows that the log has and ClickHouse has lost."""

import argparse

import msgspec
from rich.text import Text

from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.verify import add_since, advise_rebuild, steps_of, tell_unattended
from pipeline.operating.replay import replay
from pipeline.operating.status import count_unattended
from pipeline.process.run import FINE, OFF


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "replay", help="nạp lại từ nhật ký những dòng bị thiếu · insert from the log what is missing, and only that"
    )
    add_since(parser, help_="từ lúc này · of what the log took from this time on", required=True)
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, options: argparse.Namespace) -> int:
    reader, writer = context.client(), context.client("writer")
    with context.progress() as step:
        replayed = replay(
            reader,
            writer,
            context.broker,
            since=options.since,
            batch_rows=context.settings.batch_rows,
            steps=steps_of(context, step),
            inserting=step("Nạp · Inserting"),
        )
    unattended = count_unattended(context.broker)
    off = any(replayed.differing.values())
    if context.as_json:
        context.print_json({**msgspec.structs.asdict(replayed), "unattended": unattended})
    else:
        context.tell_source()
        context.out.print(Text(f"đã nạp · inserted: {replayed.rows:,} dòng · rows"))
        for gap in replayed.lost:
            place = f"{gap.partition}/{gap.first}-{gap.last}"
            context.out.print(Text(f"không còn trong nhật ký · not in the log any more: {place}", "red"))
        if off:
            advise_rebuild(context)
        tell_unattended(context, unattended)
    return OFF if replayed.lost or off else FINE
