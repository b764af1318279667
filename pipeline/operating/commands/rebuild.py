"""``nhip rebuild``: make the roll-ups again from the rows, while readers keep reading and consumers keep inserting."""

import argparse
from collections.abc import Sequence

from rich.text import Text

from pipeline.brokers.plans import progress_of
from pipeline.brokers.topics import GROUP
from pipeline.clickhouse.roll_ups.rebuild import rebuild
from pipeline.events import EVENTS_TOPIC
from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.process.run import FINE

STEPS = {
    "waiting": "Chờ bộ tiêu thụ · Waiting for consumers",
    "filling": "Cộng từ dòng gốc · Filling from the rows",
    "checking": "Kiểm tra · Checking",
}


def add(commands: Commands) -> None:
    parser = commands.add_parser("rebuild", help="dựng lại các bảng tổng · make the roll-ups anew from the rows")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, _options: argparse.Namespace) -> int:
    make_roll_ups_anew(context)
    if context.as_json:
        context.print_json({"rebuilt": True})
    else:
        context.tell_source()
        context.out.print(Text("đã dựng lại các bảng tổng · the roll-ups are made anew", "green"))
    return FINE


def tell_missing(context: Context, missing: Sequence[str]) -> None:
    """Say which roll-ups this version has and the tables do not yet, and what makes them."""
    if missing:
        context.out.print(
            Text(
                f"→ nhip rebuild: bảng tổng mới chưa có, câu hỏi được trả lời từ dòng gốc"
                f" · new roll-ups are not made yet, questions are answered from the rows: {', '.join(missing)}",
                "yellow",
            )
        )


def make_roll_ups_anew(context: Context) -> None:
    """Make them, and show how far it is. Raises Unavailable, Rejected, Cancelled."""
    broker = context.broker

    def ends() -> dict[int, int]:
        return {partition.partition: end for partition, end in broker.end_offsets(EVENTS_TOPIC).items()}

    with context.progress() as step:
        rebuild(
            context.client("migrator"),
            ends=ends,
            progress_of_group=lambda: progress_of(broker, GROUP, EVENTS_TOPIC),
            on_progress=lambda name, done, total: step(STEPS.get(name, name))(done, total),
        )
