"""From numbers to places, and numbers as they are written beside an axis."""

from __future__ import annotations

import math
from collections.abc import Iterable

MILLION = 10**6
UNITS = ((10**18, "tỷ tỷ"), (10**9, "tỷ"), (MILLION, "triệu"))
STEPS = (1, 2, 2.5, 5, 10)


def steps_to(largest: float, *, count: int = 4) -> list[float]:
    """Round values from 0 up to one that is not below `largest`, about `count` steps; whole ones, as counts are."""
    if largest <= 0:
        return [0.0, 1.0]
    rough = max(largest, 1.0) / count
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))
    step = max(1.0, step)
    if step < 10:
        step = math.ceil(step)
    return [step * place for place in range(max(1, math.ceil(largest / step - 1e-9)) + 1)]


def largest_of(values: Iterable[float | None]) -> float:
    return max((value for value in values if value is not None), default=0.0)


def short(value: float) -> str:
    """1327 → "1.327"; 1234567 → "1,2 triệu"; what has a name is never written with more than four digits."""
    for size, name in UNITS:
        if abs(value) >= size:
            return f"{_decimal(value / size)} {name}"
    return _grouped(value)


def _decimal(value: float) -> str:
    if value >= 10_000:
        return f"{value:.1e}".replace(".", ",")
    return f"{value:.1f}".removesuffix(".0").replace(".", ",")


def _grouped(value: float) -> str:
    if value % 1:
        return f"{value:,.1f}".translate(str.maketrans(",.", ".,"))
    return f"{value:,.0f}".replace(",", ".")


def every(count: int, *, room: float, each: float) -> int:
    """So that of `count` labels, `each` pixels wide, every n-th has room."""
    most = max(1, int(room / max(each, 1.0)))
    return max(1, math.ceil(count / most))
