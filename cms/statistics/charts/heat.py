"""A grid whose cells are the darker, the larger their number: hours of the day over weekdays."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from cms.statistics.charts.scales import every, largest_of, short
from cms.statistics.charts.svg import LETTER, Caption, Value, add, cut, drawing, known, say, to_text, write

TOP, BOTTOM, GAP = 6.0, 52.0, 1.5
CELL = 26.0
LEVELS = 5
FAINTEST = 0.14


def heat_map(
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[Value]],
    *,
    caption: Caption,
    ends: tuple[str, str],
    width: float = 880.0,
) -> str:
    """`values` by row and column; what is not there is not known. `ends` name the faintest and the darkest."""
    height = TOP + CELL * max(1, len(rows)) + BOTTOM
    root = drawing("heat", caption, width=width, height=height)
    cells = [[known(_at(values, y, x)) for x in range(len(columns))] for y in range(len(rows))]
    largest = largest_of(value for row in cells for value in row) or 1.0
    left = min(width / 3, 10 + LETTER * max((len(row) for row in rows), default=0))
    cell_width = max(0.0, width - left - 2) / max(1, len(columns))
    for y, row in enumerate(rows):
        top = TOP + CELL * y
        write(root, left - 6, top + CELL / 2 + 4, cut(row, left), text_anchor="end")
        for x, column in enumerate(columns):
            value = cells[y][x]
            cell = add(
                root,
                "rect",
                x=left + cell_width * x + GAP / 2,
                y=top + GAP / 2,
                width=max(0.1, cell_width - GAP),
                height=CELL - GAP,
                rx=2,
                fill="grid" if not value else "line",
                fill_opacity=0.35 if not value else shade(value, largest),
            )
            say(cell, f"{row}, {column}: {'–' if value is None else short(value)}")
    base = TOP + CELL * len(rows)
    step = every(len(columns), room=width - left, each=LETTER * (1.5 + max((len(one) for one in columns), default=0)))
    for x in range(0, len(columns), step):
        write(root, left + cell_width * (x + 0.5), base + 18, cut(columns[x], width / 2), text_anchor="middle")
    _scale(root, left, base + 32, ends, width)
    return to_text(root)


def shade(value: float, largest: float) -> float:
    """One of LEVELS opacities, so that the eye can tell them apart."""
    level = min(LEVELS - 1, int(LEVELS * value / largest))
    return FAINTEST + (1 - FAINTEST) * level / (LEVELS - 1)


def _scale(root: Element, left: float, top: float, ends: tuple[str, str], width: float) -> None:
    less, more = (cut(end, width / 4) for end in ends)
    x = left
    write(root, x, top + 12, less)
    x += LETTER * len(less) + 8
    for level in range(LEVELS):
        opacity = FAINTEST + (1 - FAINTEST) * level / (LEVELS - 1)
        add(root, "rect", x=x, y=top, width=18, height=14, rx=2, fill="line", fill_opacity=opacity)
        x += 20
    write(root, x + 6, top + 12, more)


def _at(values: Sequence[Sequence[Value]], y: int, x: int) -> Value:
    return values[y][x] if y < len(values) and x < len(values[y]) else None
