"""What holds for every chart, whatever its numbers and names are; and what each of them shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from xml.etree.ElementTree import Element, fromstring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cms.statistics.charts import Bar, Caption, Line, Mark, bars, curve, heat_map, sparkline
from cms.statistics.charts.scales import short, steps_to
from cms.statistics.charts.svg import clean

SVG = "{http://www.w3.org/2000/svg}"

names = st.text(max_size=40) | st.sampled_from(
    ["<script>alert(1)</script>", "\"&'", "]]>", "\0\ud800\ufffe", "Tin tức"]
)
captions = st.builds(Caption, names, names)
values = st.none() | st.integers(-5, 10**15) | st.floats(allow_nan=True, allow_infinity=True) | st.just(10**400)
widths = st.sampled_from([340.0, 880.0])

Drawing = Callable[..., str]


@st.composite
def curves(draw: st.DrawFn) -> str:
    labels = draw(st.lists(names, max_size=60))
    few = st.lists(values, max_size=60)
    return curve(
        labels,
        Line(draw(names), draw(few)),
        caption=draw(captions),
        before=draw(st.none() | st.builds(Line, names, few)),
        marks=draw(st.lists(st.builds(Mark, st.integers(-2, 70), names), max_size=20)),
        complete=draw(st.none() | st.integers(0, 70)),
        size=(draw(widths), 260.0),
    )


@st.composite
def bar_charts(draw: st.DrawFn) -> str:
    rows = draw(st.lists(st.builds(Bar, names, values, values), max_size=30))
    return bars(rows, caption=draw(captions), width=draw(widths))


@st.composite
def heat_maps(draw: st.DrawFn) -> str:
    return heat_map(
        draw(st.lists(names, max_size=8)),
        draw(st.lists(names, max_size=24)),
        draw(st.lists(st.lists(values, max_size=25), max_size=9)),
        caption=draw(captions),
        ends=(draw(names), draw(names)),
        width=draw(widths),
    )


@st.composite
def sparklines(draw: st.DrawFn) -> str:
    return sparkline(draw(st.lists(values, max_size=100)), caption=draw(captions))


charts = curves() | bar_charts() | heat_maps() | sparklines()


def places_of(root: Element) -> Iterator[tuple[float, float]]:
    """Every point that an element names."""
    for element in root.iter():
        name = element.tag.removeprefix(SVG)
        of = {key: float(value) for key, value in element.attrib.items() if key in PLACES}
        if name == "line":
            yield from ((of["x1"], of["y1"]), (of["x2"], of["y2"]))
        elif name == "rect":
            yield from ((of["x"], of["y"]), (of["x"] + of["width"], of["y"] + of["height"]))
        elif name == "circle":
            yield of["cx"], of["cy"]
        elif name == "text":
            yield of["x"], of["y"]
        elif name in ("polyline", "polygon"):
            for pair in element.attrib["points"].split():
                x, y = pair.split(",")
                yield float(x), float(y)


PLACES = {"x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "width", "height"}


@settings(max_examples=60, deadline=None)
@given(chart=charts)
def test_every_chart_is_well_formed_and_stays_inside_its_box(chart: str) -> None:
    root = fromstring(chart)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    assert width > 0
    assert height > 0
    for x, y in places_of(root):
        assert -0.01 <= x <= width + 0.01, (x, width)
        assert -0.01 <= y <= height + 0.01, (y, height)


@settings(max_examples=40, deadline=None)
@given(chart=charts)
def test_every_chart_has_a_name_for_screen_readers_and_brings_nothing_that_runs(chart: str) -> None:
    root = fromstring(chart)
    assert root.attrib["role"] == "img"
    assert [child.tag for child in root][:3] == [SVG + "title", SVG + "desc", SVG + "style"]
    assert {element.tag for element in root.iter()} <= {SVG + name for name in DRAWN}
    for element in root.iter():
        assert not any(name.startswith("on") or name in ("style", "href", "id") for name in element.attrib)


DRAWN = ("svg", "title", "desc", "style", "g", "line", "polyline", "polygon", "rect", "circle", "text")


@given(name=names)
def test_what_others_wrote_comes_out_as_they_wrote_it(name: str) -> None:
    chart = bars([Bar(name, 3)], caption=Caption(name, name), width=10_000)
    said = [element.text for element in fromstring(chart).iter(SVG + "text")]
    assert (said[0] or "") == clean(name)
    assert "<script" not in chart


@pytest.mark.parametrize(
    "draw",
    [
        pytest.param(lambda **more: curve([], Line("", []), **more), id="curve"),
        pytest.param(lambda **more: bars([], **more), id="bars"),
        pytest.param(lambda **more: heat_map([], [], [], ends=("", ""), **more), id="heat map"),
        pytest.param(lambda **more: sparkline([], **more), id="sparkline"),
    ],
)
def test_a_chart_of_nothing_is_a_chart(draw: Drawing) -> None:
    assert fromstring(draw(caption=Caption("Lượt xem", "Không có số liệu"))).tag == SVG + "svg"


def shapes(chart: str, name: str) -> list[Element]:
    return list(fromstring(chart).iter(SVG + name))


def draw_curve(numbers: Sequence[int | None], **more: object) -> str:
    labels = [f"{day:02}/11" for day in range(1, len(numbers) + 1)]
    return curve(labels, Line("Lượt xem", numbers), caption=Caption("", ""), **more)  # type: ignore[arg-type]


def test_a_number_that_is_not_known_is_a_gap_and_not_a_zero() -> None:
    whole, broken = draw_curve([5, 6, 7, 8]), draw_curve([5, 6, None, 7, 8])
    assert len(shapes(whole, "polyline")) == 1
    assert [len(line.attrib["points"].split()) for line in shapes(broken, "polyline")] == [2, 2]


def test_days_that_are_not_whole_yet_are_dashed() -> None:
    lines = shapes(draw_curve([5, 6, 7, 8], complete=3), "polyline")
    assert ["stroke-dasharray" in line.attrib for line in lines] == [False, True]
    assert [len(line.attrib["points"].split()) for line in lines] == [3, 2]


def test_marks_of_one_day_are_one_with_their_number() -> None:
    chart = draw_curve([1] * 10, marks=[Mark(2, "Một"), Mark(2, "Hai"), Mark(5, "Ba"), Mark(99, "Ngoài")])
    marks = [group for group in shapes(chart, "g") if group.attrib.get("class") == "nc-mark"]
    assert [mark.findtext(SVG + "title") for mark in marks] == ["Một · Hai", "Ba"]
    assert marks[0].findtext(SVG + "text") == "2"


def test_the_axis_begins_at_zero_and_ends_at_or_above_the_largest_number() -> None:
    assert steps_to(97) == [0, 25, 50, 75, 100]
    assert steps_to(3) == [0, 1, 2, 3]
    assert steps_to(0) == [0, 1]


@given(largest=st.floats(0, 1e30))
def test_every_axis_has_few_steps_and_holds_the_largest_number(largest: float) -> None:
    steps = steps_to(largest)
    assert steps[0] == 0
    assert 2 <= len(steps) <= 6
    assert steps[-1] >= largest * (1 - 1e-6)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "0"),
        (1327, "1.327"),
        (999_999, "999.999"),
        (1_234_567, "1,2 triệu"),
        (2_000_000_000, "2 tỷ"),
        (1.5, "1,5"),
    ],
)
def test_numbers_are_short_beside_an_axis(number: float, written: str) -> None:
    assert short(number) == written


def test_colours_can_be_those_of_the_page_and_are_in_the_drawing_without_one() -> None:
    chart = draw_curve([1, 2])
    assert "var(--chart-line,var(--nc-line))" in chart
    assert "prefers-color-scheme:dark" in chart
    assert 'stroke="#0f4c81"' in chart
