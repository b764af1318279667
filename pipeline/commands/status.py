"""``nhip status``: is everything there, and is everything in?"""

import argparse

import msgspec
from rich.text import Text

from pipeline.commands.arguments import Commands, add_json, natural
from pipeline.commands.context import FINE, OFF, Context
from pipeline.commands.text import add_row, local_time, printable, table
from pipeline.status import Status, count_spooled, read_status

NAMES = {"log": "Nhật ký · Log", "clickhouse": "ClickHouse", "spool": "Vùng đệm · Spool"}


def add(commands: Commands) -> None:
    parser = commands.add_parser("status", help="tình trạng từng phần, độ trễ · each part, lag, freshness")
    parser.add_argument(
        "--max-age",
        type=natural,
        default=60,
        metavar="SECONDS",
        help="trễ hơn thì mã thoát là 1 · exit 1 when ClickHouse is further behind (default 60)",
    )
    add_json(parser)
    parser.set_defaults(run=run)


def run(context: Context, options: argparse.Namespace) -> int:
    status = read_status(
        broker=lambda: context.broker,
        client=context.client,
        spool=lambda: count_spooled(context.settings.spool_dir),
        now=context.now(),
    )
    fine = status.is_fine(max_age=options.max_age)
    if context.as_json:
        context.print_json({**msgspec.structs.asdict(status), "age": status.age(), "fine": fine})
    else:
        _show(context, status, max_age=options.max_age)
    return FINE if fine else OFF


def _show(context: Context, status: Status, *, max_age: float) -> None:
    for part in status.parts:
        state = (
            Text("ổn · fine", "green") if part.fault is None else Text(f"mất · away: {printable(part.fault)}", "red")
        )
        context.out.print(Text(f"{NAMES.get(part.name, part.name):<18}").append_text(state))
    if status.partitions:
        _show_lags(context, status)
    for name, value in _figures(status):
        context.out.print(Text(f"{name}  {value}"))
    context.out.print(_completeness(status, max_age=max_age))


def _show_lags(context: Context, status: Status) -> None:
    lags = table("phân vùng · partition", "tiếp · next", "cuối · end", "trễ · lag", "từ · since", numbers=(0, 1, 2, 3))
    for lag in status.partitions:
        since = "–" if lag.oldest_unread_at is None else local_time(lag.oldest_unread_at)
        add_row(lags, lag.partition, lag.next, lag.end, lag.records, since)
    context.out.print(lags)


def _figures(status: Status) -> list[tuple[str, str]]:
    figures = [
        ("sự kiện mỗi giây · events/s (60 s)", _known(status.events_per_second, "{:.1f}")),
        ("chờ xử lý · dead letters waiting", _known(status.dead_letters, "{}")),
    ]
    if status.spooled_records is not None:
        figures.append(("trong vùng đệm · spooled", f"{status.spooled_records} ({status.spooled_bytes or 0:,} bytes)"))
    return figures


def _completeness(status: Status, *, max_age: float) -> Text:
    age = status.age()
    if status.complete_up_to is None or age is None:
        return Text("đầy đủ đến · complete up to: không rõ · unknown", "red")
    behind = f" ({age:.0f} s > --max-age {max_age:.0f})" if age > max_age else ""
    return Text(
        f"đầy đủ đến · complete up to {local_time(status.complete_up_to)}{behind}", "red" if behind else "green"
    )


def _known(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)
