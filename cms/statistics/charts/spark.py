"""A curve without axes, as high as a line of text."""

from __future__ import annotations

from collections.abc import Sequence

from cms.statistics.charts.scales import largest_of
from cms.statistics.charts.svg import Caption, Value, add, drawing, known, points, to_text

EDGE = 3.0


def sparkline(values: Sequence[Value], *, caption: Caption, size: tuple[float, float] = (160.0, 36.0)) -> str:
    """The last known point has a dot."""
    width, height = size
    root = drawing("spark", caption, width=width, height=height)
    found = [known(value) for value in values]
    largest = largest_of(found) or 1.0
    step = (width - 2 * EDGE) / max(1, len(found) - 1)
    places = [
        (EDGE + step * place, height - EDGE - (height - 2 * EDGE) * value / largest)
        for place, value in enumerate(found)
        if value is not None
    ]
    if len(places) > 1:
        ends = [(places[-1][0], height - EDGE), (places[0][0], height - EDGE)]
        add(root, "polygon", points=points([*places, *ends]), fill="line", fill_opacity=0.12)
        add(root, "polyline", points=points(places), stroke="line", stroke_width=1.5, stroke_linejoin="round")
    if places:
        add(root, "circle", cx=places[-1][0], cy=places[-1][1], r=2.5, fill="line")
    return to_text(root)
