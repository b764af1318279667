"""``nhip reconcile``: do the CMS and the readers' numbers belong together? After one of the two stores was restored."""

import argparse

import msgspec
from rich.text import Text

from pipeline.operating.commands.arguments import Commands, add_json
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, table
from pipeline.operating.reconcile import Difference, Reconciliation, compare, mend
from pipeline.process.run import FINE, OFF

SHOWN = 20
DRY_RUN = "→ nhip reconcile --apply: sửa theo CMS · mends it, as the CMS has it"
LAGS = (
    "số đếm ban đầu: chưa so được, bộ tiêu thụ còn chậm sau nhật ký · not compared: the consumers lag behind the log"
    " (nhip status)"
)


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "reconcile", help="so CMS với số liệu bạn đọc thấy · compare the CMS with what readers see"
    )
    parser.add_argument("--apply", action="store_true", help="sửa, không chỉ xem · mend it, instead of showing it")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, options: argparse.Namespace) -> int:
    site = context.needed_site()
    found = compare(context.client(), context.broker, site)
    if options.apply and not found.clean:
        mend(found, site)
        context.go_on()
        found = compare(context.client(), context.broker, site)
    if context.as_json:
        context.print_json({**msgspec.to_builtins(found), "clean": found.clean})
    else:
        context.tell_source()
        _show(context, found)
    return FINE if found.clean else OFF


def show_balances(context: Context, differing: list[Difference]) -> None:
    """A table of the opening balances that differ; nothing without any."""
    if not differing:
        return
    shown = table("số đếm ban đầu · balance", "CMS", "bạn đọc · readers", numbers=(1, 2))
    for one in differing[:SHOWN]:
        what = f"trang · page {one.page_id}" if one.page_id else "cả cổng · whole site"
        cms, readers = (f"{counts.views:,} / {counts.visits:,}" for counts in (one.cms, one.readers))
        add_row(shown, f"{what}, site {one.site}, {one.locale}", cms, readers, style="red")
    context.print_table(shown, legend="lượt xem / lượt truy cập · views / visits")
    _tell_rest(context, len(differing))


def _show(context: Context, found: Reconciliation) -> None:
    balances = found.balances
    show_balances(context, balances.differing)
    if not balances.settled:
        context.out.print(Text(LAGS, "yellow"))
    if balances.waiting:
        context.out.print(Text(f"chờ gửi · waiting to be sent: {balances.waiting}", "yellow"))
    if not found.ids_are_free:
        words = (
            f"trang kế tiếp sẽ mang số {found.next_ids.page}, đã dùng tới {found.known_ids.page}"
            f" · the next page would get id {found.next_ids.page}; ids up to {found.known_ids.page} have been counted"
        )
        context.out.print(Text(words, "red"))
    if found.unknown_pages:
        _show_unknown(context, found.unknown_pages)
    if found.clean:
        context.out.print(Text("khớp · they agree", "green"))
    elif balances.differing or not found.ids_are_free:
        context.out.print(Text(DRY_RUN, "yellow"))


def _show_unknown(context: Context, pages: dict[int, int]) -> None:
    shown = table("trang không còn trong CMS · page that the CMS does not have", "lượt xem · views", numbers=(1,))
    for page, views in sorted(pages.items(), key=lambda item: -item[1])[:SHOWN]:
        add_row(shown, page, f"{views:,}")
    legend = "đã xoá, hoặc mất khi khôi phục: số vẫn được giữ · deleted, or lost by a restore: their views are kept"
    context.print_table(shown, legend=legend)
    _tell_rest(context, len(pages))


def _tell_rest(context: Context, count: int) -> None:
    if count > SHOWN:
        context.out.print(Text(f"  … {count - SHOWN} dòng nữa · more"))
