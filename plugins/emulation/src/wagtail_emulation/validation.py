"""The rules an emulation page must keep, each with a message that tells the editor what to do.

Nothing here touches the database; a rule raises ``ValidationError`` and returns nothing.
"""

import unicodedata
from collections.abc import Iterable
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

FIRST_AGREEMENT_YEAR = 1945
"""The year of the Republic's founding: no emulation agreement can be older."""

YEARS_AHEAD = 2
"""Agreements are signed for the year to come, at times for the one after it."""


def latest_agreement_year(today: date) -> int:
    return today.year + YEARS_AHEAD


def check_agreement_year(year: int) -> None:
    """Refuse a year that no agreement signed today can have; a model field's validator."""
    latest = latest_agreement_year(timezone.localdate())
    if not FIRST_AGREEMENT_YEAR <= year <= latest:
        raise ValidationError(
            _("Năm giao ước phải từ %(first)d đến %(latest)d. Hãy kiểm tra và nhập lại bốn chữ số của năm."),
            code="agreement_year",
            params={"first": FIRST_AGREEMENT_YEAR, "latest": latest},
        )


def check_event_dates(start: date | None, end: date | None) -> None:
    """Refuse an event that ends before it starts; an absent date is allowed."""
    if start and end and end < start:
        message = _(
            "Ngày kết thúc đứng trước ngày diễn ra. Hãy sửa một trong hai ngày, "
            "hoặc để trống ngày kết thúc nếu sự kiện chỉ diễn ra trong một ngày."
        )
        raise ValidationError({"event_end_date": ValidationError(message, code="event_dates")})


def fold_name(name: str) -> str:
    """Fold two spellings of one name into the same text: composed letters, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFC", name).split()).casefold()


def find_repeated(names: Iterable[tuple[str, str]]) -> list[int]:
    """Positions of the (kind, name) pairs that repeat an earlier one."""
    seen: set[tuple[str, str]] = set()
    repeated = []
    for position, (kind, name) in enumerate(names):
        key = (kind, fold_name(name))
        if key in seen:
            repeated.append(position)
        seen.add(key)
    return repeated
