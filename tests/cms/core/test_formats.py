from __future__ import annotations

import datetime

from django.contrib.humanize.templatetags.humanize import intcomma
from django.template import Context, Template
from django.utils.formats import date_format


def test_numbers_are_grouped_by_dots_where_people_read_them() -> None:
    assert intcomma(1327) == "1.327"
    assert intcomma(1234567) == "1.234.567"


def test_numbers_in_markup_are_not_grouped() -> None:
    assert Template("{{ number }}").render(Context({"number": 1327})) == "1327"


def test_dates_are_written_day_first() -> None:
    assert date_format(datetime.date(2021, 1, 26)) == "26/01/2021"
