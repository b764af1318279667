"""``nhip reclassify``: decide afterwards whether a wave of views counts, or apply today's lists to what is stored, and
make the roll-ups again.
"""

import argparse

from rich.text import Text

from pipeline.clickhouse.derived import apply_changes
from pipeline.clickhouse.reclassify import REASONS, Wave, count_wave, reclassify
from pipeline.clickhouse.roll_ups.retention import raw_since
from pipeline.collecting.enrich.lists import versions
from pipeline.operating.commands.arguments import Commands, add_json, moment, natural
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.dead_letters import YES
from pipeline.operating.commands.rebuild import make_roll_ups_anew
from pipeline.operating.commands.text import add_row, printable, table
from pipeline.operating.derivations import Review, review_stored
from pipeline.process.run import FINE, Parser

WORDS = {
    True: ("tính", "count"),
    False: ("không tính", "leave out"),
}
NOTHING_CHANGED = "không đổi gì; đổi mà không hỏi · nothing changed; change without asking: --yes"
CHANGING = "Đổi dòng · Changing rows"
SHOWN_UNKNOWN = 10


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "reclassify", help="tính hay bỏ lượt xem, xếp loại lại · count views or not, judge again"
    )
    decisions = parser.add_subparsers(
        dest="decision", required=True, parser_class=Parser, metavar="count|leave-out|lists", title="việc · decisions"
    )
    for name, help_ in (
        ("count", "tính một đợt lượt xem đáng ngờ · count a wave of suspect views"),
        ("leave-out", "bỏ một đợt lượt xem · leave a wave of views out"),
    ):
        _add_wave(decisions.add_parser(name, help=help_))
    lists = decisions.add_parser(
        "lists", help="áp dụng danh sách hôm nay cho dữ liệu đã lưu · apply today's lists to what is stored"
    )
    _add_way(lists)
    lists.set_defaults(run=apply_lists, alone=True)


def _add_wave(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--page", type=natural, action="append", default=[], help="số của trang, lặp lại được · a page")
    parser.add_argument("--all-pages", action="store_true", help="mọi trang · every page")
    parser.add_argument("--since", type=moment, required=True, metavar="TIME", help="từ lúc này · from this time on")
    parser.add_argument("--until", type=moment, required=True, metavar="TIME", help="đến trước lúc này · before it")
    parser.add_argument("--reason", choices=REASONS, default="", help="chỉ vì lý do này · for this reason alone")
    _add_way(parser)
    parser.set_defaults(run=run, alone=True)


def _add_way(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="không hỏi · do not ask")
    add_json(parser)


def run(context: Context, options: argparse.Namespace) -> int:
    if bool(options.page) == options.all_pages:
        return context.refuse("cho biết trang nào · say which: --page N …, or --all-pages")
    if options.since >= options.until:
        return context.refuse("--since phải trước · must be before --until")
    _tell_what_stays(context)
    wave = Wave(options.page, options.since, options.until, options.reason)
    counted = options.decision == "count"
    views = count_wave(context.client(), wave, counted=counted)
    vi, en = WORDS[counted]
    question = f"{vi.capitalize()} {views:,} lượt xem? · {en.capitalize()} {views:,} views?"
    if views and not options.yes and not _confirms(context, question):
        return context.refuse(NOTHING_CHANGED)
    # Again if nothing is left to change: a run that was cut off may have changed the rows and not the roll-ups.
    reclassify(context.client("migrator"), wave, counted=counted)
    make_roll_ups_anew(context)
    if context.as_json:
        context.print_json({"changed": views, "counted": counted})
    else:
        context.tell_source()
        context.out.print(Text(f"đã đổi · changed: {views:,} lượt xem · views ({vi} · {en})", "green"))
    return FINE


def apply_lists(context: Context, options: argparse.Namespace) -> int:
    _tell_what_stays(context)
    review = review_stored(context.client())
    if not context.as_json:
        _show(context, review)
    if review.views and not options.yes:
        views = review.views
        question = f"Đổi {views:,} lượt xem theo danh sách hôm nay? · Change {views:,} views by today's lists?"
        if not _confirms(context, question):
            return context.refuse(NOTHING_CHANGED)
    migrator = context.client("migrator")
    with context.progress() as step:
        for derivation, changes in review.changes.items():
            apply_changes(migrator, derivation, changes, advance=step(f"{CHANGING}: {', '.join(derivation.columns)}"))
    # Though nothing is left to change, as after ``count``: a run that was cut off may have changed the rows alone.
    make_roll_ups_anew(context)
    if context.as_json:
        changes_said = [one.as_json() for one in review.summaries]
        said = {"changed": review.views, "changes": changes_said, "unknown": review.unknown}
        context.print_json({"lists": versions(), **said})
    elif review.views:
        context.out.print(Text(f"đã đổi · changed: {review.views:,} lượt xem · views", "green"))
    return FINE


def _tell_what_stays(context: Context) -> None:
    """Of days whose rows are deleted there are sums alone, and nothing says what they were made of."""
    since = raw_since(context.client())
    if since is not None and not context.as_json:
        words = f"không đổi được gì từ trước {since}: dòng gốc đã xoá theo hạn · nothing before then can be changed"
        context.out.print(Text(f"{words}: raw rows are deleted", "yellow"))


def _show(context: Context, review: Review) -> None:
    context.tell_source()
    named = ", ".join(f"{name} {version}" for name, version in versions().items())
    context.out.print(Text(f"danh sách · lists: {named}"))
    if review.summaries:
        drawn = table("cột", "từ", "thành", "lượt xem", "như", numbers=(3,))
        for one in review.summaries:
            add_row(drawn, one.column, one.was or "–", one.becomes or "–", f"{one.views:,}", ", ".join(one.such_as()))
        context.print_table(drawn, legend="column, from, to, views, such as")
    else:
        context.out.print(Text("không có gì đổi · nothing changes", "green"))
    if review.left_out:
        context.out.print(Text(f"không tính nữa · count no more: {review.left_out:,} lượt xem · views", "yellow"))
    unknown = review.unknown
    if unknown:
        some = ", ".join(f"{printable(name)} ({views:,})" for name, views in list(unknown.items())[:SHOWN_UNKNOWN])
        more = f" … (+{len(unknown) - SHOWN_UNKNOWN:,})" if len(unknown) > SHOWN_UNKNOWN else ""
        words = "tên bot mà danh sách không còn, để nguyên · names of bots that no list has, left as they are"
        context.out.print(Text(f"{words}: {some}{more}"))


def _confirms(context: Context, question: str) -> bool:
    return context.ask is not None and context.ask(f"{question} [c/K · y/N] ").strip().lower() in YES
