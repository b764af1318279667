"""How numbers and names are written on the screens of the reports."""

from __future__ import annotations

import pytest

from cms.statistics.reports.words import (
    change,
    country,
    duration,
    language,
    name_of,
    number_of,
    province,
    short_name_of,
)
from pipeline.reports.metrics import METRICS


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0 giây"), (67.6, "68 giây"), (120, "2 phút"), (200, "3 phút 20 giây"), (4_000_000, "1.111 giờ 06 phút")],
)
def test_spans_of_time(seconds: float, written: str) -> None:
    assert duration(seconds) == written


@pytest.mark.parametrize(
    ("now", "before", "written"),
    [
        (120, 100, "+20 %"),
        (87.66, 100, "−12,3 %"),
        (100, 100, "±0 %"),
        (99_999, 1, "+9.999.800 %"),
        (5, 0, "–"),
        (5, None, "–"),
        (None, 5, "–"),
    ],
)
def test_changes(now: float | None, before: float | None, written: str) -> None:
    assert change(now, before) == written


@pytest.mark.parametrize(
    ("metric", "value", "written"),
    [
        ("views", 1327, "1.327"),
        ("views", None, "–"),
        ("engaged_seconds", 68.2, "68 giây"),
        ("scroll_depth", 59.65, "59,6 %"),
        ("bounce_rate", 40.0, "40 %"),
    ],
)
def test_a_number_has_the_unit_of_its_metric(metric: str, value: float | None, written: str) -> None:
    assert number_of(METRICS[metric], value) == written


@pytest.mark.parametrize(
    ("dimension", "value", "name"),
    [
        ("channel", "messaging", "Ứng dụng nhắn tin (Zalo, Messenger, Telegram…)"),
        ("channel", "new", "new"),
        ("channel", "", "(không rõ)"),
        ("source", "", "(không rõ)"),
        ("weekday", 1, "Thứ hai"),
        ("hour_of_day", 9, "9–10 giờ"),
        ("day", "2026-11-22", "22/11/2026"),
        ("week", "2026-12-28", "28/12 – 03/01"),
        ("month", "2026-11-01", "11/2026"),
        ("quarter", "2026-10-01", "4/2026"),
        ("year", "2026-01-01", "2026"),
        ("hour", "2026-11-22 14:00", "14:00, 22/11"),
    ],
)
def test_names_of_values(dimension: str, value: str | int, name: str) -> None:
    assert name_of(dimension, value) == name


def test_places_and_languages_are_named_in_vietnamese() -> None:
    assert (country("VN"), country("JP"), country(""), country("ZX")) == ("Việt Nam", "Nhật Bản", "(không rõ)", "ZX")
    assert (language("en"), language("xx-made-up")) == ("Tiếng Anh", "Xx-made-up")


def test_provinces_are_named_as_in_their_country() -> None:
    assert (province("VN", "HN"), province("US", "CA"), province("CA", "QC")) == ("Hà Nội", "California", "Quebec")
    assert (province("VN", "ZZZ"), province("", "HN"), province("VN", "")) == ("ZZZ", "HN", "(không rõ)")


def test_times_are_short_beside_an_axis() -> None:
    assert short_name_of("hour", "2026-11-22 14:00") == "14h"
    assert short_name_of("day", "2026-11-22") == "22/11"
