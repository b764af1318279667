"""Text from outside made safe for a terminal, times in the site's zone, and tables."""

from datetime import datetime

from rich.table import Table
from rich.text import Text

from pipeline.periods import ZONE


def printable(text: str) -> str:
    """``text`` with each character that a terminal might obey written as an escape, such as ``\\x1b``."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def printable_bytes(value: bytes) -> str:
    """Bytes as text where they are text, escaped elsewhere; a backslash is doubled, so that it stays unambiguous."""
    return printable(value.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace"))


def shorten(text: str, length: int) -> str:
    """``text``, without its middle if it is longer than ``length``."""
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - head - 1) :]}"


def local_time(at: float) -> str:
    """Unix seconds as a time of Asia/Ho_Chi_Minh."""
    return datetime.fromtimestamp(at, ZONE).strftime("%Y-%m-%d %H:%M:%S")


def table(*columns: str, numbers: tuple[int, ...] = ()) -> Table:
    """An empty table, without a head where no column has a name; the columns at ``numbers`` are right-aligned."""
    drawn = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0), show_header=any(columns))
    for place, column in enumerate(columns):
        drawn.add_column(Text(column), justify="right" if place in numbers else "left", overflow="fold")
    return drawn


def add_row(drawn: Table, *cells: object, style: str | None = None) -> None:
    drawn.add_row(*(Text(printable(str(cell))) for cell in cells), style=style)
