"""Charts, drawn as SVG from numbers alone: `curve`, `bars`, `heat_map`, `sparkline`.

A chart is one text that stands by itself, in a page of the admin, on a public page, in a PDF or as a file: its styles
are inside, it needs no script, and it names no file or address. A page may choose its colours with the variables
``--chart-…`` (`svg.COLOURS`); without them the drawing has its own, light and dark. A program that knows no variables
of CSS, such as one that makes PDF, draws the light ones.

Every chart says in words what it shows (`Caption`), and stands beside a table of the same numbers
(`figure.Figure`).
"""

from cms.statistics.charts.bars import Bar, bars
from cms.statistics.charts.curve import Line, Mark, curve
from cms.statistics.charts.figure import Figure
from cms.statistics.charts.heat import heat_map
from cms.statistics.charts.spark import sparkline
from cms.statistics.charts.svg import Caption, Number

__all__ = ["Bar", "Caption", "Figure", "Line", "Mark", "Number", "bars", "curve", "heat_map", "sparkline"]
