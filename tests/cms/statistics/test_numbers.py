import pytest

from cms.statistics.numbers import iso_time, vietnamese_number, vietnamese_time


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(None, "–", id="unknown"),
        pytest.param(0, "0", id="zero-is-known"),
        pytest.param(999, "999", id="hundreds"),
        pytest.param(1_327, "1.327", id="thousands"),
        pytest.param(1_234_567, "1.234.567", id="millions"),
    ],
)
def test_numbers_are_written_as_vietnamese_does(number: int | None, text: str) -> None:
    assert vietnamese_number(number) == text


def test_times_are_those_of_ho_chi_minh_city() -> None:
    evening_in_greenwich = 1_795_370_700.0  # 2026-11-22 18:05 UTC

    assert vietnamese_time(evening_in_greenwich) == "01:05, 23/11/2026"
    assert iso_time(evening_in_greenwich) == "2026-11-23T01:05+07:00"
