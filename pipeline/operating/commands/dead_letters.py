"""``nhip dead-letters``: list the lines that could not be read, look at one, read them again, drop them."""

import argparse
from collections.abc import Sequence

from rich.text import Text

from pipeline.clickhouse.queries import SetAside, list_dead_letters, show_dead_letter
from pipeline.clickhouse.upkeep import compact_dead_letters
from pipeline.operating.commands.arguments import Commands, add_json, natural, place
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, local_time, printable_bytes, table
from pipeline.operating.commands.verify import advise_rebuild
from pipeline.operating.dead_letters import Outcome, drop_letters, replay_letters
from pipeline.operating.verify import compare_settled_roll_ups
from pipeline.process.run import COULD_NOT_RUN, FINE, OFF, Parser

STATES = ("waiting", "replayed", "dropped", "any")
STATE_NAMES = {"waiting": "chờ · waiting", "replayed": "đã nạp · replayed", "dropped": "đã bỏ · dropped"}
ALL = 2**32 - 1
SHOWN = 100
YES = ("y", "yes", "c", "có", "co")


def add(commands: Commands) -> None:
    parser = commands.add_parser("dead-letters", help="dòng không đọc được · lines that could not be read")
    actions = parser.add_subparsers(
        dest="action", required=True, parser_class=Parser, metavar="list|show|replay|drop", title="việc · actions"
    )
    _add_list(actions)
    _add_show(actions)
    for name, help_, run in (
        ("replay", "đọc lại bằng mã hôm nay · read again with today's code, insert what is readable", replay),
        ("drop", "bỏ hẳn, xoá nội dung · give up, remove the bytes", drop),
    ):
        action = actions.add_parser(name, help=help_)
        _add_selection(action)
        add_json(action)
        action.set_defaults(run=run, alone=True)
        if name == "drop":
            action.add_argument("--yes", action="store_true", help="không hỏi lại · do not ask")


def _add_list(actions: Commands) -> None:
    action = actions.add_parser("list", help="theo thứ tự của nhật ký · in the order of the log")
    action.add_argument("--state", choices=STATES, default="waiting")
    action.add_argument("--reason", default="", help="lý do có chứa · whose reason contains this")
    action.add_argument("--limit", type=natural, default=SHOWN, help=f"default {SHOWN}; 0: tất cả · all")
    add_json(action)
    action.set_defaults(run=list_)


def _add_show(actions: Commands) -> None:
    action = actions.add_parser("show", help="một dòng, cả nội dung · one, with its bytes")
    action.add_argument("place", type=place, metavar="PARTITION/OFFSET/ROW")
    add_json(action)
    action.set_defaults(run=show)


def _add_selection(action: argparse.ArgumentParser) -> None:
    action.add_argument("places", nargs="*", type=place, metavar="PARTITION/OFFSET/ROW")
    action.add_argument("--all", action="store_true", help="tất cả đang chờ · every one that waits")
    action.add_argument("--reason", default="", help="đang chờ với lý do có chứa · those whose reason contains this")


def list_(context: Context, options: argparse.Namespace) -> int:
    state = "" if options.state == "any" else options.state
    letters = list_dead_letters(context.client(), state=state, reason=options.reason, limit=options.limit or ALL)
    if context.as_json:
        context.print_json({"dead_letters": letters})
        return FINE
    context.tell_source()
    if letters:
        _show_letters(context, letters, with_state=not state)
    else:
        context.out.print(Text("không có · none"))
    if len(letters) == options.limit:
        context.out.print(Text(f"… có thể còn nữa · there may be more: --limit {options.limit * 10}"))
    return FINE


def _show_letters(context: Context, letters: Sequence[SetAside], *, with_state: bool) -> None:
    states = ("trạng thái",) if with_state else ()
    shown = table("chỗ", "lúc", "bytes", *states, "lý do", numbers=(2,))
    for letter in letters:
        state = (STATE_NAMES[letter.state],) if with_state else ()
        add_row(shown, letter.place, local_time(letter.at.timestamp()), f"{letter.bytes:,}", *state, letter.reason)
    context.print_table(shown, legend="chỗ · place (partition/offset/row); lúc · at; lý do · reason")


def show(context: Context, options: argparse.Namespace) -> int:
    partition, offset, row = options.place
    found = show_dead_letter(context.client(), partition=partition, offset=offset, row=row)
    if found is None:
        return context.refuse(f"không có · no dead letter at {partition}/{offset}/{row}")
    letter, line = found
    if context.as_json:
        context.print_json({"dead_letter": letter, "line": printable_bytes(line), "hex": line.hex()})
        return FINE
    shown = table("", "")
    for name, value in (
        ("chỗ · place", letter.place),
        ("lúc · at", local_time(letter.at.timestamp())),
        ("trạng thái · state", STATE_NAMES[letter.state]),
        ("lý do · reason", letter.reason),
        ("bytes", f"{letter.bytes:,}"),
    ):
        add_row(shown, name, value)
    context.tell_source()
    context.print_table(shown)
    context.out.print(Text(printable_bytes(line)), soft_wrap=True)
    return FINE


def replay(context: Context, options: argparse.Namespace) -> int:
    reader = context.client()
    letters = _select(context, options)
    if letters is None:
        return COULD_NOT_RUN
    with context.progress() as step:
        advance = step("Đọc lại · Reading again")
        advance(0, len(letters))
        outcomes = replay_letters(reader, context.client("writer"), letters, now=context.now, advance=advance)
        found = compare_settled_roll_ups(reader, context.broker, advance=step("Cộng lại · Summing up"))
    unreadable = [outcome for outcome in outcomes if outcome.unreadable is not None]
    differing = any(found.values())
    if context.as_json:
        stay = [{"place": outcome.letter.place, "reason": outcome.unreadable} for outcome in unreadable]
        replayed = len(outcomes) - len(unreadable)
        context.print_json({"replayed": replayed, "unreadable": stay, "roll_ups_differ": differing})
    else:
        _tell_replayed(context, outcomes, unreadable, differing=differing)
    return OFF if unreadable or differing else FINE


def drop(context: Context, options: argparse.Namespace) -> int:
    letters = _select(context, options)
    if letters is None:
        return COULD_NOT_RUN
    if letters and not options.yes and not _confirms(context, len(letters)):
        return context.refuse("không bỏ gì; bỏ mà không hỏi · nothing dropped; drop without asking: --yes")
    with context.progress() as step:
        advance = step("Bỏ · Dropping")
        advance(0, len(letters))
        drop_letters(context.client("writer"), letters, now=context.now, advance=advance)
    if letters:
        compact_dead_letters(context.client("migrator"))
    if context.as_json:
        context.print_json({"dropped": len(letters)})
    else:
        context.tell_source()
        context.out.print(Text(f"đã bỏ · dropped: {len(letters):,}"))
    return FINE


def _select(context: Context, options: argparse.Namespace) -> list[SetAside] | None:
    """The waiting letters that the arguments select; None after a refusal, when they select nothing."""
    if bool(options.places) == bool(options.all or options.reason):
        context.refuse("cho biết dòng nào · say which: PARTITION/OFFSET/ROW …, or --all, or --reason TEXT")
        return None
    waiting = list_dead_letters(context.client(), state="waiting", reason=options.reason, limit=ALL)
    if not options.places:
        return waiting
    by_place = {(letter.partition, letter.offset, letter.row): letter for letter in waiting}
    if unknown := [wanted for wanted in options.places if wanted not in by_place]:
        names = " ".join("/".join(map(str, wanted)) for wanted in unknown)
        context.refuse(f"không có dòng nào đang chờ ở · no dead letter waits at {names}")
        return None
    return [by_place[wanted] for wanted in sorted(set(options.places))]


def _confirms(context: Context, count: int) -> bool:
    if context.ask is None:
        return False
    letters = "1 dead letter" if count == 1 else f"{count:,} dead letters"
    answer = context.ask(f"Bỏ hẳn {count:,} dòng? · Drop {letters} for good? [c/K · y/N] ")
    return answer.strip().lower() in YES


def _tell_replayed(
    context: Context, outcomes: Sequence[Outcome], unreadable: Sequence[Outcome], *, differing: bool
) -> None:
    context.tell_source()
    context.out.print(Text(f"đã nạp · replayed: {len(outcomes) - len(unreadable):,}"))
    if unreadable:
        stay = table("vẫn không đọc được · still unreadable", "lý do · reason")
        for outcome in unreadable:
            add_row(stay, outcome.letter.place, outcome.unreadable)
        context.print_table(stay)
    if differing:
        advise_rebuild(context)
