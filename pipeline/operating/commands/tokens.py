"""``nhip tokens``: make, list and revoke the tokens by which programs ask about traffic (``/_nhip/reports/query``)."""

import argparse
from datetime import date

from rich.text import Text

from pipeline.operating.commands.arguments import Commands, add_json, day, natural
from pipeline.operating.commands.context import Context
from pipeline.operating.commands.text import add_row, printable, table
from pipeline.operating.site import Token
from pipeline.periods import local_date
from pipeline.process.run import FINE, Parser

LONGEST_NAME = 100
STATES = {"good": "dùng được · good", "expired": "hết hạn · expired", "revoked": "đã thu hồi · revoked"}
ONCE = "mã chỉ hiện lần này, cất nơi an toàn · the token is shown this once, keep it in a safe place"


def add(commands: Commands) -> None:
    parser = commands.add_parser(
        "tokens", help="mã truy cập API báo cáo · tokens of programs that ask about traffic (/_nhip/reports/query)"
    )
    actions = parser.add_subparsers(
        dest="action", required=True, parser_class=Parser, metavar="add|list|revoke", title="việc · actions"
    )
    making = actions.add_parser("add", help="tạo mã mới · make a new one")
    making.add_argument("name", type=_name, metavar="NAME", help="ai sẽ dùng · who will use it")
    making.add_argument(
        "--site", type=natural, default=0, help="chỉ một cổng · for one site by its number (default: all)"
    )
    making.add_argument("--until", type=day, metavar="DAY", help="dùng đến hết ngày · the last day (default: no end)")
    making.set_defaults(run=make)
    listing = actions.add_parser(
        "list", help="mã nào, của ai, dùng lần cuối khi nào · which there are, and their last use"
    )
    add_json(listing)
    listing.set_defaults(run=list_)
    revoking = actions.add_parser("revoke", help="thu hồi · let one ask no more")
    revoking.add_argument("number", type=natural, metavar="ID", help="số trong · its number in nhip tokens list")
    revoking.set_defaults(run=revoke)


def make(context: Context, options: argparse.Namespace) -> int:
    """The secret alone goes to stdout."""
    if options.until and options.until < local_date(context.now()):
        return context.refuse(f"--until {options.until}: ngày này đã qua · has passed")
    made = context.needed_site().add_token(options.name, site=options.site, expires_on=options.until)
    if made is None:
        return context.refuse(f"--site {options.site}: không có cổng này · there is no such site")
    token, secret = made
    context.write(f"{secret}\n")
    context.err.print(Text(f"nhip tokens revoke {token.id} · {ONCE}"), soft_wrap=True)
    return FINE


def list_(context: Context, _options: argparse.Namespace) -> int:
    tokens = context.needed_site().tokens()
    if context.as_json:
        context.print_json({"tokens": tokens})
    elif tokens:
        _show(context, tokens)
    else:
        context.out.print(Text("chưa có mã nào · there are none: nhip tokens add NAME", "dim"))
    return FINE


def revoke(context: Context, options: argparse.Namespace) -> int:
    token = context.needed_site().revoke_token(options.number)
    if token is None:
        return context.refuse(f"{options.number}: không có mã này · there is no such token; nhip tokens list")
    context.out.print(Text(f"đã thu hồi · revoked: {printable(token.name)} ({token.hint}…)"), soft_wrap=True)
    return FINE


def _show(context: Context, tokens: list[Token]) -> None:
    shown = table("", "tên · name", "mã · token", "cổng · site", "tạo · made", "dùng · used", "hạn · until", "")
    for one in tokens:
        add_row(
            shown,
            one.id,
            one.name,
            f"{one.hint}…",
            one.site or "mọi · all",
            f"{one.made_on} {one.made_by or 'nhip'}",
            _day(one.last_used_on),
            _day(one.expires_on),
            STATES[one.state],
            style=None if one.state == "good" else "dim",
        )
    context.print_table(shown)


def _day(on: date | None) -> str:
    return on.isoformat() if on else "–"


def _name(text: str) -> str:
    if not (text.strip() and len(text) <= LONGEST_NAME and text.isprintable()):
        raise argparse.ArgumentTypeError(f"cần 1–{LONGEST_NAME} chữ · want 1 to {LONGEST_NAME} printable characters")
    return text.strip()
