"""``nhip retention``: delete the raw rows that are past their time; what the roll-ups sum stays."""

import argparse

from rich.text import Text

from pipeline.clickhouse.roll_ups.retention import raw_since
from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.retention import delete_old_rows
from pipeline.process.run import FINE

FOR_EVER = "dòng gốc được giữ mãi · raw rows are kept for ever (NHIP_RAW_DAYS=0)"


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "retention", help="xoá dòng gốc đã quá hạn, giữ tổng · delete raw rows past NHIP_RAW_DAYS, keep their sums"
    )
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, _options: argparse.Namespace) -> int:
    migrator = context.client("migrator")
    with context.progress() as step:
        deleted = delete_old_rows(
            context.settings,
            context.broker,
            migrator,
            now=context.now(),
            advance=step("Cất tổng, xoá dòng gốc · Archiving sums, deleting rows"),
        )
    since = raw_since(migrator)
    if context.as_json:
        found: dict[str, object] = {"days": context.settings.raw_days, "deleted": deleted}
        context.print_json(found | {"raw_since": since and since.isoformat()})
        return FINE
    context.tell_source()
    if not context.settings.raw_days:
        context.out.print(Text(FOR_EVER))
    context.out.print(Text(f"đã xoá · deleted: {deleted:,} dòng gốc · raw rows"))
    tell_raw_since(context, since)
    return FINE


def tell_raw_since(context: Context, since: object) -> None:
    """Say from which day on the raw rows are whole, if some were deleted."""
    if since is not None:
        words = f"dòng gốc còn đủ từ {since}; trước đó chỉ còn tổng · raw rows are whole from then on, sums before"
        context.out.print(Text(words, "dim"))
