"""Arguments that several commands share; each refuses text that it can't read in one line."""

import argparse
from datetime import date, datetime
from typing import TypeAlias

from pipeline.periods import ZONE
from pipeline.process.run import Parser

PLACE_BITS = (16, 63, 32)
YEARS = range(1971, 2149)  # what ClickHouse's Date can hold, less a margin for zones and spans

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


def moment(text: str) -> int:
    """Unix milliseconds; a time without a zone is of Asia/Ho_Chi_Minh."""
    try:
        at: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.year not in YEARS:
        raise _no(text, "thời gian", "time", f"2026-11-25T08:00{_years(at)}")
    return int((at if at.tzinfo else at.replace(tzinfo=ZONE)).timestamp() * 1000)


def day(text: str) -> date:
    try:
        on: date | None = date.fromisoformat(text)
    except ValueError:
        on = None
    if on is None or on.year not in YEARS:
        raise _no(text, "ngày", "date", f"2026-11-25{_years(on)}")
    return on


def natural(text: str, *, bits: int = 32) -> int:
    """A whole number from 0 up that fits into ``bits``."""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**bits):
        span = f"0…{2**bits - 1}"
        raise argparse.ArgumentTypeError(f"{text!r} không phải số nguyên {span} · is no whole number {span}")
    return int(text)


def place(text: str) -> tuple[int, int, int]:
    """``partition/offset/row``, as ``dead-letters list`` shows it."""
    parts = text.split("/")
    if len(parts) != len(PLACE_BITS):
        raise _no(text, "chỗ PARTITION/OFFSET/ROW", "place", "0/1234/7")
    partition, offset, row = (natural(part, bits=bits) for part, bits in zip(parts, PLACE_BITS, strict=True))
    return partition, offset, row


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="một đối tượng JSON · one JSON object, for machines")


def _no(text: str, name: str, english: str, example: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"{text!r} không phải {name} · is no {english}; như · such as {example}")


def _years(at: date | None) -> str:
    """For a time that can be read but is out of range: the range."""
    return "" if at is None else f" ({YEARS[0]}–{YEARS[-1]})"
