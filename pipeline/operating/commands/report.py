"""``nhip report pages|days|hours``: the traffic of some days."""

import argparse
from datetime import timedelta
from typing import get_args

from rich.text import Text

from pipeline.operating.commands.arguments import Commands, day, natural
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, shorten, table
from pipeline.periods import local_date
from pipeline.process.run import COULD_NOT_RUN, FINE
from pipeline.reports.run import By, Cell, Report, Span, report

DEFAULT_DAYS = 7
SHOWN = 100
MAX_ROWS = 2**32 - 1
# A short head for each column, as narrow as its numbers, and what it means.
HEADINGS = {
    "page": ("trang", "page"),
    "locale": ("ngôn\nngữ", "locale"),
    "path": ("đường dẫn", "path"),
    "day": ("ngày", "day"),
    "hour": ("giờ", "hour"),
    "views": ("lượt\nxem", "views"),
    "visits": ("truy\ncập", "visits"),
    "visitors": ("khách", "visitors"),
    "daily_visitors": ("khách", "daily visitors, summed"),
    "bots": ("bot", "bots"),
    "staff": ("cán\nbộ", "staff"),
}
PLAIN = ("page", "locale", "path", "day", "hour")
LEFT = ("locale", "path", "day", "hour")
PATH_LENGTH = 70
SUM = ("tổng", "sum")


def add(commands: Commands) -> None:
    parser = commands.add_parser("report", help="lượt xem theo trang, ngày, giờ · views by page, day or hour")
    parser.add_argument("by", choices=get_args(By), metavar="|".join(get_args(By)))
    parser.add_argument("--since", type=day, metavar="DAY", help=f"từ ngày · default: {DEFAULT_DAYS} days with --until")
    parser.add_argument("--until", type=day, metavar="DAY", help="đến hết ngày · that day included (default: today)")
    parser.add_argument("--site", type=natural, default=0, help="chỉ một cổng · one site by its number (default: all)")
    parser.add_argument("--limit", type=natural, default=SHOWN, help=f"số trang · pages (default {SHOWN}; 0: all)")
    parser.add_argument("--format", choices=("table", "csv", "json"), default="table")
    parser.add_argument("--json", action="store_const", dest="format", const="json", help="--format json")
    parser.set_defaults(run=run)


def run(context: Context, options: argparse.Namespace) -> int:
    until = options.until or local_date(context.now())
    since = options.since or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > until:
        context.err.print(Text(f"nhip: --since {since} là sau · is after --until {until}"), soft_wrap=True)
        return COULD_NOT_RUN
    found = report(context.client(), options.by, Span(since, until, options.site), limit=options.limit or MAX_ROWS)
    if options.format == "json":
        context.print_json(_as_objects(found))
    elif options.format == "csv":
        context.write(found.csv())
    else:
        _show(context, found)
    return FINE


def _as_objects(found: Report) -> dict[str, object]:
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return {"by": found.by, "since": found.span.since, "until": found.span.until, "rows": rows, "sums": found.sums}


def _show(context: Context, found: Report) -> None:
    context.tell_source()
    context.out.print(Text(f"{found.span.since} – {found.span.until} (Asia/Ho_Chi_Minh)", "dim"))
    numbers = tuple(place for place, name in enumerate(found.columns) if name not in LEFT)
    shown = table(*(HEADINGS[name][0] for name in found.columns), numbers=numbers)
    for row in found.rows:
        add_row(shown, *(_cell(name, cell) for name, cell in zip(found.columns, row, strict=True)))
    shown.add_section()
    total = [f"{found.sums[name]:,}" if name in found.sums else "" for name in found.columns]
    add_row(shown, "tổng", *total[1:], style="bold")
    meanings = [(short.replace("\n", " "), english) for short, english in (HEADINGS[name] for name in found.columns)]
    context.print_table(shown, legend="; ".join(f"{short} · {english}" for short, english in (*meanings, SUM)))


def _cell(name: str, cell: Cell) -> str:
    if name == "path":
        return shorten(str(cell), PATH_LENGTH)
    return str(cell) if name in PLAIN else f"{cell:,}"
