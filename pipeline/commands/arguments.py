"""Arguments that several commands share; what can't be read is refused in one line."""

import argparse
from datetime import date, datetime
from typing import NoReturn, TypeAlias

from pipeline.commands.context import COULD_NOT_RUN
from pipeline.periods import ZONE

PLACE_BITS = (16, 63, 32)

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class Parser(argparse.ArgumentParser):
    """Refuses in one line, as every other fault of ``nhip``."""

    def error(self, message: str) -> NoReturn:
        self.exit(COULD_NOT_RUN, f"nhip: {message}; xem · see {self.prog} --help\n")


def moment(text: str) -> int:
    """Unix milliseconds; a time without a zone is of Asia/Ho_Chi_Minh."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; want such as 2026-11-25T08:00") from None
    return int((at if at.tzinfo else at.replace(tzinfo=ZONE)).timestamp() * 1000)


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; want such as 2026-11-25") from None


def natural(text: str, *, bits: int = 32) -> int:
    """A whole number from 0 up that fits into ``bits``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**bits):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {2**bits - 1}")
    return int(text)


def place(text: str) -> tuple[int, int, int]:
    """``partition/offset/row``, as ``dead-letters list`` shows it."""
    parts = text.split("/")
    if len(parts) != len(PLACE_BITS):
        raise argparse.ArgumentTypeError(f"{text!r} is no place; want PARTITION/OFFSET/ROW such as 0/1234/7")
    partition, offset, row = (natural(part, bits=bits) for part, bits in zip(parts, PLACE_BITS, strict=True))
    return partition, offset, row


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="một đối tượng JSON · one JSON object, for machines")
