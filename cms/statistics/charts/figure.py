"""A chart with the table of its numbers: what a page, a PDF or a mail puts side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Draw = Callable[[float], str]

WIDE, NARROW = 880.0, 340.0


@dataclass(frozen=True)
class Figure:
    """`draw` makes the drawing for a width in pixels. `rows` have a cell for each of `headings`, the first of them the
    row's name. `legend`: what the strokes mean, in words."""

    title: str
    draw: Draw
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: str = ""

    @property
    def wide(self) -> str:
        return self.draw(WIDE)

    @property
    def narrow(self) -> str:
        """For a phone; the letters are as large as in the wide one."""
        return self.draw(NARROW)
