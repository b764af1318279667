"""``nhip salvage``: what can be saved of a damaged log, or of a Kafka topic made again; ``--apply`` saves it."""

import argparse
from typing import TYPE_CHECKING

import msgspec
from rich.text import Text

from pipeline.clickhouse.client import ClickHouse
from pipeline.errors import DataDirectoryBusy, PipelineError
from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.salvage import Salvage, describe, salvage_log, survey_log
from pipeline.process.run import FINE, OFF

if TYPE_CHECKING:
    from pipeline.operating.salvage_kafka import Behind

SHOWN = 20
STOP_FIRST = "hãy dừng sản phẩm trước, rồi gõ lại · stop the product first, then type nhip salvage --apply again"


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "salvage", help="cứu nhật ký hỏng · what can be saved of a damaged log; --apply saves it"
    )
    parser.add_argument("--apply", action="store_true", help="cứu thật, đã dừng sản phẩm · save it, while nothing runs")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, options: argparse.Namespace) -> int:
    return _salvage_kafka(context, options) if context.settings.kafka else _salvage_log(context, options)


def _salvage_log(context: Context, options: argparse.Namespace) -> int:
    if options.apply and context.running:
        raise DataDirectoryBusy(f"NHIP_DATA_DIR: {STOP_FIRST}", variable="NHIP_DATA_DIR")
    with context.naming_log():
        saved = (salvage_log if options.apply else survey_log)(context.settings.log_dir)
    found = describe(saved, _reader(context))
    if context.as_json:
        context.print_json({**msgspec.structs.asdict(found), "applied": options.apply})
    else:
        context.tell_source()
        _show_log(context, found, applied=options.apply)
    return OFF if found.lost and not options.apply else FINE


def _salvage_kafka(context: Context, options: argparse.Namespace) -> int:
    from pipeline.brokers.kafka.broker import KafkaBroker  # noqa: PLC0415 - only where Kafka is used
    from pipeline.operating.salvage_kafka import find_behind, go_on  # noqa: PLC0415

    broker, reader = context.broker, context.client()
    assert isinstance(broker, KafkaBroker)
    behind = find_behind(broker, reader)
    if options.apply and behind:
        go_on(broker, reader, behind)
    if context.as_json:
        context.print_json({"behind": behind, "applied": options.apply})
    else:
        context.tell_source()
        _show_kafka(context, behind, applied=options.apply)
    return OFF if behind and not options.apply else FINE


def _reader(context: Context) -> ClickHouse | None:
    try:
        return context.client()
    except PipelineError:
        return None


def _show_log(context: Context, found: Salvage, *, applied: bool) -> None:
    verb = "đã giữ · kept" if applied else "đọc được · readable"
    context.out.print(Text(f"{verb}: {found.kept:,} bản ghi · records"))
    for skip in found.lost[:SHOWN]:
        context.out.print(Text(f"  mất · lost: {skip.partition}/{skip.first}-{skip.end - 1}", "red"))
    if len(found.lost) > SHOWN:
        context.out.print(Text(f"  … {len(found.lost) - SHOWN} chỗ nữa · more"))
    if not found.lost:
        context.out.print(Text("không mất gì · nothing is lost", "green"))
        return
    offsets = sum(skip.end - skip.first for skip in found.lost)
    stored = "không rõ · unknown" if found.stored is None else f"{found.stored:,}"
    context.out.print(
        Text(f"{offsets:,} vị trí mất, đã có trong ClickHouse · offsets lost, in ClickHouse all the same: {stored}")
    )
    if not applied:
        context.out.print(Text("→ dừng sản phẩm · stop the product; nhip salvage --apply", "yellow"))


def _show_kafka(context: Context, behind: "list[Behind]", *, applied: bool) -> None:
    for one in behind:
        words = (
            f"phân vùng · partition {one.partition}: cuối · end {one.end:,}, đã lưu đến · stored up to {one.stored:,},"
            f" chờ · waiting {one.waiting:,}"
        )
        context.out.print(Text(words, "green" if applied else "red"))
    if not behind:
        context.out.print(Text("không có gì để cứu · nothing to salvage", "green"))
    elif applied:
        context.out.print(Text("đã đi tiếp, khởi động lại bộ tiêu thụ · it goes on, start the consumers", "green"))
    else:
        context.out.print(Text("→ dừng bộ tiêu thụ · stop the consumers; nhip salvage --apply", "yellow"))
