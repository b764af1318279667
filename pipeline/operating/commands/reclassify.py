"""``nhip reclassify``: decide afterwards whether a wave of views counts, and make the roll-ups again."""

import argparse

from rich.text import Text

from pipeline.clickhouse.reclassify import REASONS, Wave, count_wave, reclassify
from pipeline.operating.commands.arguments import Commands, add_json, moment, natural
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.dead_letters import YES
from pipeline.operating.commands.rebuild import make_roll_ups_anew
from pipeline.process.run import FINE

WORDS = {
    True: ("tính", "count"),
    False: ("không tính", "leave out"),
}


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "reclassify", help="tính hay bỏ một đợt lượt xem đáng ngờ · count a wave of suspect views, or leave views out"
    )
    parser.add_argument("decision", choices=("count", "leave-out"), metavar="count|leave-out")
    parser.add_argument("--page", type=natural, action="append", default=[], help="số của trang, lặp lại được · a page")
    parser.add_argument("--all-pages", action="store_true", help="mọi trang · every page")
    parser.add_argument("--since", type=moment, required=True, metavar="TIME", help="từ lúc này · from this time on")
    parser.add_argument("--until", type=moment, required=True, metavar="TIME", help="đến trước lúc này · before it")
    parser.add_argument("--reason", choices=REASONS, default="", help="chỉ vì lý do này · for this reason alone")
    parser.add_argument("--yes", action="store_true", help="không hỏi · do not ask")
    add_json(parser)
    parser.set_defaults(run=run, alone=True)


def run(context: Context, options: argparse.Namespace) -> int:
    if bool(options.page) == options.all_pages:
        return context.refuse("cho biết trang nào · say which: --page N …, or --all-pages")
    if options.since >= options.until:
        return context.refuse("--since phải trước · must be before --until")
    wave = Wave(options.page, options.since, options.until, options.reason)
    counted = options.decision == "count"
    views = count_wave(context.client(), wave, counted=counted)
    if views and not options.yes and not _confirms(context, views, counted=counted):
        return context.refuse("không đổi gì; đổi mà không hỏi · nothing changed; change without asking: --yes")
    # Again if nothing is left to change: a run that was cut off may have changed the rows and not the roll-ups.
    reclassify(context.client("migrator"), wave, counted=counted)
    make_roll_ups_anew(context)
    if context.as_json:
        context.print_json({"changed": views, "counted": counted})
    else:
        vi, en = WORDS[counted]
        context.tell_source()
        context.out.print(Text(f"đã đổi · changed: {views:,} lượt xem · views ({vi} · {en})", "green"))
    return FINE


def _confirms(context: Context, views: int, *, counted: bool) -> bool:
    if context.ask is None:
        return False
    vi, en = WORDS[counted]
    answer = context.ask(f"{vi.capitalize()} {views:,} lượt xem? · {en.capitalize()} {views:,} views? [c/K · y/N] ")
    return answer.strip().lower() in YES
