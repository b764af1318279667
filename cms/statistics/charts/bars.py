"""Horizontal bars, the name over each, so that a name has room on a phone too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cms.statistics.charts.scales import largest_of, short
from cms.statistics.charts.svg import LETTER, Caption, Value, add, cut, drawing, known, say, to_text, write

ROW = 40.0
THICK = 12.0
EDGE = 4.0


@dataclass(frozen=True)
class Bar:
    """`before`: the same number of the period before, drawn as a thin line under the bar."""

    name: str
    value: Value
    before: Value = None


def bars(rows: Sequence[Bar], *, caption: Caption, width: float = 880.0) -> str:
    """One bar a row, in the order given; the longest is as wide as the drawing."""
    height = max(1.0, ROW * len(rows)) + EDGE
    root = drawing("bars", caption, width=width, height=height)
    largest = largest_of(known(value) for row in rows for value in (row.value, row.before)) or 1.0
    room = width - 2 * EDGE
    for number, row in enumerate(rows):
        top = ROW * number + EDGE
        value, before = known(row.value), known(row.before)
        said = "–" if value is None else short(value)
        group = add(root, "g")
        name_room = room - LETTER * (len(said) + 2)
        write(group, EDGE, top + 13, cut(row.name, name_room), fill="ink")
        write(group, width - EDGE, top + 13, said, fill="ink", text_anchor="end", font_weight="bold")
        add(group, "rect", x=EDGE, y=top + 19, width=room, height=THICK, rx=2, fill="grid", fill_opacity=0.45)
        if value:
            add(group, "rect", x=EDGE, y=top + 19, width=room * value / largest, height=THICK, rx=2, fill="line")
        if before is not None:
            place = EDGE + room * before / largest
            add(group, "line", x1=place, x2=place, y1=top + 16, y2=top + 34, stroke="mark", stroke_width=2)
        say(group, f"{row.name}: {said}" + ("" if before is None else f" ({short(before)})"))
    return to_text(root)
