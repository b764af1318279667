"""The rules by themselves."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail_emulation.validation import check_agreement_year, check_event_dates, find_repeated

THIS_YEAR = timezone.localdate().year


@pytest.mark.parametrize(
    ("year", "allowed"),
    [
        pytest.param(1944, False, id="before the Republic"),
        pytest.param(1945, True, id="the Republic's first year"),
        pytest.param(2021, True, id="a year gone by"),
        pytest.param(THIS_YEAR + 1, True, id="next year"),
        pytest.param(THIS_YEAR + 2, True, id="the year after next"),
        pytest.param(THIS_YEAR + 3, False, id="later"),
        pytest.param(21, False, id="two digits"),
    ],
)
def test_an_agreement_year_is_one_that_an_agreement_can_have(year: int, *, allowed: bool) -> None:
    if allowed:
        check_agreement_year(year)
    else:
        with pytest.raises(ValidationError, match=f"từ 1945 đến {THIS_YEAR + 2}"):
            check_agreement_year(year)


@pytest.mark.parametrize(
    ("start", "end", "allowed"),
    [
        pytest.param(date(2021, 1, 26), None, True, id="one day"),
        pytest.param(date(2021, 1, 26), date(2021, 1, 26), True, id="ends the same day"),
        pytest.param(date(2021, 1, 26), date(2021, 1, 27), True, id="two days"),
        pytest.param(None, date(2021, 1, 27), True, id="start not given yet"),
        pytest.param(date(2021, 1, 26), date(2021, 1, 25), False, id="ends before it starts"),
    ],
)
def test_an_event_does_not_end_before_it_starts(start: date | None, end: date | None, *, allowed: bool) -> None:
    if allowed:
        check_event_dates(start, end)
    else:
        with pytest.raises(ValidationError, match="Hãy sửa một trong hai ngày"):
            check_event_dates(start, end)


@pytest.mark.parametrize(
    ("names", "repeated"),
    [
        pytest.param([], [], id="nobody"),
        pytest.param([("unit", "A"), ("unit", "B")], [], id="two parties"),
        pytest.param([("unit", "A"), ("division", "A")], [], id="one name, two kinds"),
        pytest.param([("unit", "A"), ("unit", "A"), ("unit", "A")], [1, 2], id="thrice"),
        pytest.param([("unit", "Công  đoàn"), ("unit", " công Đoàn ")], [1], id="spaces and case"),
        pytest.param([("unit", "Công"), ("unit", "Co\u0302ng")], [1], id="composed and decomposed letters"),
        pytest.param([("unit", "Phòng An"), ("unit", "Phòng Ân")], [], id="marks tell names apart"),
    ],
)
def test_a_repeated_party_is_found_at_its_position(names: list[tuple[str, str]], repeated: list[int]) -> None:
    assert find_repeated(names) == repeated
