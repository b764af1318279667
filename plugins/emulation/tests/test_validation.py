"""The rules by themselves."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from wagtail_emulation.models import Commendation
from wagtail_emulation.validation import (
    check_agreement_year,
    check_event_dates,
    check_named,
    find_mentions,
    find_repeated,
)

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
    ("is_individual", "name_withheld", "allowed"),
    [
        pytest.param(True, False, True, id="named individual"),
        pytest.param(True, True, True, id="withheld individual, no reason asked"),
        pytest.param(False, False, True, id="named collective"),
        pytest.param(False, True, False, id="withheld collective"),
    ],
)
def test_only_an_individual_withholds_a_name(is_individual: bool, name_withheld: bool, *, allowed: bool) -> None:
    recipient_kind = "individual" if is_individual else "collective"
    recipient = Commendation(recipient_kind=recipient_kind, name="Tên", name_withheld=name_withheld)
    if allowed:
        recipient.clean()
    else:
        with pytest.raises(ValidationError, match="Chỉ tên cá nhân"):
            recipient.clean()


@pytest.mark.parametrize(
    ("name", "name_withheld", "allowed"),
    [
        pytest.param("Lê Sơn", False, True, id="name"),
        pytest.param("Lê Sơn", True, True, id="name withheld"),
        pytest.param("", True, True, id="name withheld and not even stored"),
        pytest.param("", False, False, id="no name"),
        pytest.param("  ", False, False, id="spaces for a name"),
    ],
)
def test_a_recipient_has_a_name_or_withholds_it(name: str, name_withheld: bool, *, allowed: bool) -> None:
    if allowed:
        check_named(name=name, name_withheld=name_withheld)
    else:
        with pytest.raises(ValidationError, match="Hãy nhập tên"):
            check_named(name=name, name_withheld=name_withheld)


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
def test_a_party_is_found_where_it_stands_again(names: list[tuple[str, str]], repeated: list[int]) -> None:
    assert find_repeated(names) == repeated


@pytest.mark.parametrize(
    ("name", "places"),
    [
        pytest.param("Lê Văn Sơn", ["sapo", "nội dung"], id="named in two places, told once each"),
        pytest.param("lê văn  SƠN", ["sapo", "nội dung"], id="case and spaces"),
        pytest.param("Lê Văn", ["sapo", "nội dung"], id="part of a longer name"),
        pytest.param("Lê Vă", [], id="part of a word"),
        pytest.param("Sơn", [], id="one word is no name"),
        pytest.param("", [], id="no name"),
    ],
)
def test_a_name_is_found_where_it_is_mentioned(name: str, places: list[str]) -> None:
    texts = [("sapo", "Ông Lê Văn Sơn."), ("nội dung", "lê văn\nsơn"), ("nội dung", "Lê Văn Sơn"), ("tiêu đề", "Sơn")]
    assert find_mentions(name, texts) == places
