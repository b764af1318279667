"""``nhip verify``: is every view stored exactly once? If not, what differs, and which command mends it."""

import argparse
import shlex
from collections.abc import Callable

import msgspec
from rich.text import Text

from pipeline.brokers import Skip
from pipeline.clickhouse.roll_ups.retention import raw_since
from pipeline.operating.commands.arguments import Commands, add_json, moment
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.rebuild import tell_missing
from pipeline.operating.commands.reconcile import show_balances
from pipeline.operating.commands.retention import tell_raw_since
from pipeline.operating.commands.text import add_row, local_time, table
from pipeline.operating.reconcile import compare_balances
from pipeline.operating.status import count_unattended
from pipeline.operating.verify import Advance, Gap, Steps, Verification, verify
from pipeline.process.run import FINE, OFF

SHOWN_GAPS = 10
EVENTS = (
    "đã nhận: mọi sự kiện – lượt xem, việc người đọc làm, tín hiệu còn mở trang, số đếm ban đầu"
    " · accepted: all events – views, what readers did, heartbeats, opening balances"
)


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "verify", help="mỗi lượt xem đúng một lần · every view exactly once: the log, the rows, the roll-ups"
    )
    add_since(parser, help_="chỉ so với nhật ký từ lúc này · compare with the log from this time on only")
    add_json(parser)
    parser.set_defaults(run=run)


def add_since(parser: argparse.ArgumentParser, *, help_: str, required: bool = False) -> None:
    parser.add_argument("--since", type=moment, metavar="TIME", required=required, help=f"{help_} (2026-11-25T08:00)")


def run(context: Context, options: argparse.Namespace) -> int:
    client = context.client()
    with context.progress() as step:
        found = verify(client, context.broker, steps_of(context, step), since=options.since)
    unattended = count_unattended(context.broker)
    balances = compare_balances(client, context.broker, context.site) if context.site else None
    differing = balances.differing if balances else []
    clean = found.clean and not differing
    advice = advise(found) + (["nhip reconcile"] if differing else [])
    since = raw_since(client)
    if context.as_json:
        more = {"clean": clean, "advice": advice, "unattended": unattended, "balances": balances}
        more["raw_since"] = since and since.isoformat()
        context.print_json({**msgspec.structs.asdict(found), **more})
    else:
        context.tell_source()
        _show(context, found)
        show_balances(context, differing)
        tell_missing(context, found.missing_roll_ups)
        tell_raw_since(context, since)
        _tell_verdict(context, advice, clean=clean)
        tell_unattended(context, unattended)
    return FINE if clean else OFF


def steps_of(context: Context, step: Callable[[str], Advance]) -> Steps:
    return Steps(
        comparing=step("So với nhật ký · Comparing with the log"),
        summing=step("Cộng lại · Summing up"),
        settle=context.settle,
    )


def tell_unattended(context: Context, records: int) -> None:
    if records:
        words = f"{records:,} bản ghi chờ mà không có bộ tiêu thụ nào · records wait and no consumer is alive"
        context.out.print(Text(words, "yellow"))


def advise_rebuild(context: Context) -> None:
    context.out.print(Text("→ nhip rebuild: bảng tổng khác dòng gốc · roll-ups differ from the rows", "yellow"))


def advise(found: Verification) -> list[str]:
    """A command to type, or else what to do, for each difference."""
    advice = []
    kept = [gap for gap in found.gaps if gap.at]
    if kept:
        since = local_time(min(gap.at for gap in kept) / 1000).replace(" ", "T")
        advice.append(f"nhip replay --since {shlex.quote(since)}")
    if len(kept) < len(found.gaps):
        advice.append(
            "có bản ghi mất mà nhật ký không còn giữ: khôi phục từ bản sao lưu"
            " · records are missing that the log no longer keeps: restore ClickHouse from a backup"
        )
    if found.repeated or found.unexplained:
        advice.append(
            "dòng lặp hoặc lạ không lệnh nào sửa được: giữ nguyên dữ liệu và báo nhóm phát triển"
            " · no command mends repeated or unexplained rows: keep the data as it is and report it"
        )
    if any(found.differing.values()):
        advice.append("nhip rebuild")
    return advice


def _show(context: Context, found: Verification) -> None:
    sums = table("", "", numbers=(1,))
    for name, value, is_off in (
        ("đã nhận · accepted", found.accepted, False),
        ("= đã lưu · stored", found.stored, False),
        ("+ không đọc được · dead-lettered", found.dead_lettered, False),
        ("+ đang trên đường · in flight", found.in_flight, False),
        ("+ thiếu · missing", found.missing, bool(found.missing)),
        ("lặp · repeated", found.repeated, bool(found.repeated)),
        ("lạ · unexplained", found.unexplained, bool(found.unexplained)),
        ("trước nhật ký còn giữ · older than the kept log", found.earlier, False),
        ("lượt xem đã lưu · views stored", found.views, False),
        *((f"{name} ≠", keys, True) for name, keys in found.differing.items() if keys),
    ):
        add_row(sums, name, f"{value:,}", style="red" if is_off else None)
    context.print_table(sums, legend=EVENTS)
    for gap in found.gaps[:SHOWN_GAPS]:
        context.out.print(_describe(gap))
    if len(found.gaps) > SHOWN_GAPS:
        context.out.print(Text(f"  … {len(found.gaps) - SHOWN_GAPS} chỗ nữa · more"))
    for skip in found.skipped:
        context.out.print(_describe_skip(skip))


def _tell_verdict(context: Context, advice: list[str], *, clean: bool) -> None:
    for line in advice:
        context.out.print(Text(f"→ {line}", "yellow"))
    context.out.print(Text("đúng · clean", "green") if clean else Text("SAI LỆCH · NOT clean", "bold red"))


def _describe(gap: Gap) -> Text:
    when = local_time(gap.at / 1000) if gap.at else "không còn trong nhật ký · not in the log any more"
    return Text(f"  thiếu · missing: {gap.partition}/{gap.first}-{gap.last}, {gap.rows:,} dòng · rows, {when}")


def _describe_skip(skip: Skip) -> Text:
    """What became of the offsets is known no more: rows that were stored are among the earlier ones."""
    place = f"{skip.partition}/{skip.first}-{skip.end - 1}"
    return Text(
        f"  nhật ký mất đoạn cuối, đi tiếp từ sau · the log had lost its end, went on after: {place},"
        f" {local_time(skip.at / 1000)}",
        "yellow",
    )
