"""A curve over days (or weeks, months, hours), with the period before dashed behind it and marks under it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from cms.statistics.charts.scales import every, largest_of, short, steps_to
from cms.statistics.charts.svg import LETTER, Caption, Value, add, cut, drawing, known, points, say, to_text, write

TOP, RIGHT, BOTTOM = 14.0, 12.0, 46.0
MARK_PLACE = 14.0  # below the axis
LABEL_PLACE = 38.0
MOST_TIPS = 400  # more points than that are closer than a pointer can tell
NAMED_MARKS = 3

Run = list[tuple[int, float]]


@dataclass(frozen=True)
class Line:
    name: str
    values: Sequence[Value]


@dataclass(frozen=True)
class Mark:
    """Something that happened at the point `place` (from 0), such as a publication; `label` says what."""

    place: int
    label: str


def curve(
    labels: Sequence[str],
    line: Line,
    *,
    caption: Caption,
    before: Line | None = None,
    marks: Sequence[Mark] = (),
    complete: int | None = None,
    size: tuple[float, float] = (880.0, 260.0),
) -> str:
    """The points of `line`, one over each label; those from `complete` on are not whole yet and are drawn dashed."""
    width, height = size
    root = drawing("curve", caption, width=width, height=height)
    values = [known(value) for value in line.values[: len(labels)]]
    earlier = [known(value) for value in before.values[: len(labels)]] if before else []
    steps = steps_to(largest_of([*values, *earlier]))
    left = 10.0 + LETTER * max(len(short(step)) for step in steps)
    frame = Frame(left=left, width=max(1.0, width - left - RIGHT), height=height - TOP - BOTTOM, count=len(labels))
    _grid(root, frame, steps)
    _labels(root, frame, labels)
    if before:
        for run in _runs(earlier):
            _stroke(root, frame, run, steps[-1], colour="before", stroke_dasharray="2 4")
    _line(root, frame, values, steps[-1], len(labels) if complete is None else complete)
    by_place = _by_place(marks, len(labels))
    _marks(root, frame, by_place)
    if len(labels) <= MOST_TIPS:
        told = Told(labels, line, before, values, earlier, by_place)
        for place in range(len(labels)):
            _tip(root, frame, place, told, steps[-1])
    return to_text(root)


@dataclass(frozen=True)
class Frame:
    """Where points lie: `count` of them over `width` pixels from `left`."""

    left: float
    width: float
    height: float
    count: int

    def x(self, place: int) -> float:
        return self.left + self.width * (place + 0.5) / max(1, self.count)

    def y(self, value: float, largest: float) -> float:
        return TOP + self.height * (1 - value / largest)

    @property
    def base(self) -> float:
        return TOP + self.height


def _grid(root: Element, frame: Frame, steps: Sequence[float]) -> None:
    for step in steps:
        y = frame.y(step, steps[-1])
        add(root, "line", x1=frame.left, x2=frame.left + frame.width, y1=y, y2=y, stroke="grid", stroke_width=1)
        write(root, frame.left - 6, y + 4, short(step), text_anchor="end")


def _labels(root: Element, frame: Frame, labels: Sequence[str]) -> None:
    widest = LETTER * (2 + max((len(label) for label in labels), default=0))
    step = every(len(labels), room=frame.width, each=widest)
    for place in range(0, len(labels), step):
        half = widest / 2 - LETTER
        x = min(max(frame.x(place), half), frame.left + frame.width + RIGHT - half)
        write(root, max(0.0, x), frame.base + LABEL_PLACE, cut(labels[place], frame.width), text_anchor="middle")


def _runs(values: Sequence[float | None]) -> list[Run]:
    """The stretches of known values, each with its places."""
    runs: list[Run] = [[]]
    for place, value in enumerate(values):
        if value is not None:
            runs[-1].append((place, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _line(root: Element, frame: Frame, values: Sequence[float | None], largest: float, complete: int) -> None:
    for run in _runs(values):
        whole = [point for point in run if point[0] < complete]
        # The dashed stretch begins at the last whole point, so that the line has no gap.
        rest = run[max(0, len(whole) - 1) :] if len(whole) < len(run) else []
        if len(whole) > 1:
            ends = [(frame.x(whole[-1][0]), frame.base), (frame.x(whole[0][0]), frame.base)]
            area = [(frame.x(place), frame.y(value, largest)) for place, value in whole]
            add(root, "polygon", points=points([*area, *ends]), fill="line", fill_opacity=0.12)
        _stroke(root, frame, whole, largest, colour="line")
        _stroke(root, frame, rest if len(rest) > 1 else [], largest, colour="line", stroke_dasharray="5 4")
        if len(rest) == 1:
            _dot(root, frame, rest[0], largest)


def _stroke(root: Element, frame: Frame, run: Run, largest: float, *, colour: str, **more: str) -> None:
    if len(run) == 1:
        _dot(root, frame, run[0], largest, colour=colour)
    elif run:
        found = points([(frame.x(place), frame.y(value, largest)) for place, value in run])
        add(root, "polyline", points=found, stroke=colour, stroke_width=2, stroke_linejoin="round", **more)


def _dot(root: Element, frame: Frame, point: tuple[int, float], largest: float, *, colour: str = "line") -> None:
    add(root, "circle", cx=frame.x(point[0]), cy=frame.y(point[1], largest), r=3, fill=colour)


def _by_place(marks: Sequence[Mark], count: int) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    for mark in marks:
        if 0 <= mark.place < count:
            found[mark.place].append(mark.label)
    return found


def _marks(root: Element, frame: Frame, marks: dict[int, list[str]]) -> None:
    """A diamond under the point; several marks of a point are one, with their number."""
    for place, labels in marks.items():
        x, y = frame.x(place), frame.base + MARK_PLACE
        group = add(root, "g", css="nc-mark")
        corners = [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]
        add(group, "polygon", points=points(corners), fill="mark")
        if len(labels) > 1 and frame.width / max(1, frame.count) > 4 * LETTER:
            write(group, x + 8, y + 4, str(len(labels)), fill="mark")
        say(group, named(labels))


def named(labels: Sequence[str]) -> str:
    more = len(labels) - NAMED_MARKS
    return " · ".join([*labels[:NAMED_MARKS], *([f"+{more}"] if more > 0 else [])])


@dataclass(frozen=True)
class Told:
    """What is said of each point."""

    labels: Sequence[str]
    line: Line
    before: Line | None
    values: Sequence[float | None]
    earlier: Sequence[float | None]
    marks: dict[int, list[str]]

    def value(self, place: int) -> float | None:
        return self.values[place] if place < len(self.values) else None

    def lines(self, place: int) -> Iterator[str]:
        yield self.labels[place]
        yield self._number(self.line, self.value(place))
        if self.before:
            yield self._number(self.before, self.earlier[place] if place < len(self.earlier) else None)
        if place in self.marks:
            yield named(self.marks[place])

    def _number(self, line: Line, value: float | None) -> str:
        return f"{line.name}: {'–' if value is None else short(value)}"


def _tip(root: Element, frame: Frame, place: int, told: Told, largest: float) -> None:
    """Over a point a stretch as wide as its share, which shows the numbers while a pointer is on it."""
    share, x, value = frame.width / max(1, frame.count), frame.x(place), told.value(place)
    group = add(root, "g", css="nc-at")
    add(group, "rect", x=x - share / 2, y=TOP, width=share, height=frame.height, pointer_events="all")
    tip = add(group, "g", css="nc-tip", opacity=0, pointer_events="none")
    add(tip, "line", x1=x, x2=x, y1=TOP, y2=frame.base, stroke="muted", stroke_width=1)
    if value is not None:
        _dot(tip, frame, (place, value), largest)
    _box(tip, frame, x, [*told.lines(place)])


def _box(parent: Element, frame: Frame, point: float, said: Sequence[str]) -> None:
    """Words beside a point, on the side where there is room."""
    lines = [cut(line, frame.width * 0.6) for line in said]
    width = min(frame.width, LETTER * max(map(len, lines)) + 16)
    right = point + 8 + width <= frame.left + frame.width
    x = point + 8 if right else max(frame.left, point - 8 - width)
    height = 18.0 * len(lines) + 8
    add(parent, "rect", x=x, y=TOP, width=width, height=height, rx=4, fill="ground", stroke="grid", stroke_width=1)
    for number, line in enumerate(lines):
        weight = "bold" if number == 0 else "normal"
        write(parent, x + 8, TOP + 18.0 * (number + 1), line, fill="ink", font_weight=weight)
