"""One line a figure: what was measured, its limit in the same run, the ratio, the goal; for people and as JSON."""

import os
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """``met`` says whether the goal is reached, None without a goal. ``limit`` is in the figure's unit."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    limit_name: str = ""
    goal: str = ""
    met: bool | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.limit if self.limit else None


def show(figures: list[Figure]) -> None:
    table = Table(title="Nhịp", caption=f"ratio = figure / limit, both measured in this run; {_machine()}")
    for heading in ("figure", "value", "unit", "limit in this run", "ratio", "goal", ""):
        table.add_column(heading, justify="right" if heading in ("value", "ratio") else "left")
    for figure in figures:
        table.add_row(
            figure.name,
            _number(figure.value),
            figure.unit,
            f"{_number(figure.limit)} {figure.limit_name}" if figure.limit else "",
            f"{figure.ratio:.2f}" if figure.ratio else "",
            figure.goal,
            {True: "✓", False: "missed", None: ""}[figure.met],
        )
    Console(width=160).print(table)


def _machine() -> str:
    """The number of cores, and how busy they were: with other work on them, figures of time are too high."""
    return f"{os.cpu_count()} cores, load of the last 15 minutes {os.getloadavg()[2]:.1f}"


def _number(value: float) -> str:
    places = 0 if value >= 100 else 2 if value >= 0.1 else 3
    return f"{value:,.{places}f}"


def store(figures: list[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**msgspec.structs.asdict(figure), "ratio": figure.ratio} for figure in figures]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=2) + b"\n")
