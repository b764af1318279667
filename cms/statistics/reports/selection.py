"""What is chosen on a screen, all of it in the address: days, comparison, site, filters, order, page of rows.

    ?period=28d&compare=previous&match=weekday&site=1&is=channel:search&is_not=country:VN&order=-visits&p=2

So an address that somebody sends shows the same question. Rolling periods roll on; `since` and `until` stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from pipeline.reports.dimensions import DIMENSIONS
from pipeline.reports.question import EARLIEST_DAY, LATEST_DAY

CUSTOM = "custom"
DEFAULT = "28d"
ROWS = 25
MOST_PAGES_OF_ROWS = 400
MOST_DAYS_BY_DAY = 92
MOST_DAYS_BY_WEEK = 400
MOST_FILTERS = 8

Days = tuple[date, date]


def _last_month(today: date) -> Days:
    end = today.replace(day=1) - timedelta(days=1)
    return end.replace(day=1), end


PERIODS: dict[str, tuple[object, Callable[[date], Days]]] = {
    "day": (_("Hôm nay"), lambda today: (today, today)),
    "yesterday": (_("Hôm qua"), lambda today: (today - timedelta(days=1),) * 2),
    "7d": (_("7 ngày"), lambda today: (today - timedelta(days=6), today)),
    "28d": (_("28 ngày"), lambda today: (today - timedelta(days=27), today)),
    "91d": (_("91 ngày"), lambda today: (today - timedelta(days=90), today)),
    "month": (_("Tháng này"), lambda today: (today.replace(day=1), today)),
    "last_month": (_("Tháng trước"), _last_month),
    "12mo": (_("12 tháng"), lambda today: (today - timedelta(days=364), today)),
    "year": (_("Năm nay"), lambda today: (today.replace(month=1, day=1), today)),
}
COMPARISONS = {
    "previous": _("Kỳ liền trước"),
    "year": _("Cùng kỳ năm trước"),
    "none": _("Không so sánh"),
}
MATCHES = {
    "weekday": _("Theo thứ trong tuần"),
    "date": _("Theo ngày"),
}


@dataclass(frozen=True)
class Chosen:
    """A filter: the dimension is, or is not, this value."""

    compare: str
    dimension: str
    value: str

    @property
    def written(self) -> str:
        return f"{self.dimension}:{self.value}"

    @property
    def filter(self) -> list[Any]:
        value = int(self.value) if DIMENSIONS[self.dimension].is_number else self.value
        return [self.compare, self.dimension, [value]]


@dataclass(frozen=True)
class Selection:
    period: str
    since: date
    until: date
    compare: str = "previous"
    match: str = "weekday"
    site: int = 0
    filters: tuple[Chosen, ...] = ()
    order: str = ""
    page: int = 1
    faults: tuple[str, ...] = field(default=(), compare=False)

    @property
    def days(self) -> int:
        return (self.until - self.since).days + 1

    @property
    def grain(self) -> str:
        """Of the curve, so that it has few enough points to be read."""
        if self.days == 1:
            return "hour"
        if self.days <= MOST_DAYS_BY_DAY:
            return "day"
        return "week" if self.days <= MOST_DAYS_BY_WEEK else "month"

    def to_query(self, **more: str) -> str:
        """The part of an address after the question mark. What is as usual is left out."""
        pairs = list(self._pairs())
        names = set(more)
        return urlencode([pair for pair in pairs if pair[0] not in names] + [pair for pair in more.items() if pair[1]])

    def _pairs(self) -> Iterator[tuple[str, str]]:
        yield "period", self.period
        if self.period == CUSTOM:
            yield "since", self.since.isoformat()
            yield "until", self.until.isoformat()
        if self.compare != "previous":
            yield "compare", self.compare
        if self.match != "weekday":
            yield "match", self.match
        if self.site:
            yield "site", str(self.site)
        for one in self.filters:
            yield one.compare, one.written
        if self.order:
            yield "order", self.order
        if self.page > 1:
            yield "p", str(self.page)

    @property
    def shown(self) -> str:
        """What a form shows of the days, which it sends back so that a change of them is noticed."""
        return ",".join((self.period, self.since.isoformat(), self.until.isoformat()))

    def only(self, dimension: str, value: str | int) -> Selection:
        """The same with one filter more, from its first rows."""
        chosen = Chosen("is", dimension, str(value))
        filters = (*(one for one in self.filters if one != chosen), chosen)
        return replace(self, filters=filters, page=1)

    def without(self, chosen: Chosen) -> Selection:
        return replace(self, filters=tuple(one for one in self.filters if one != chosen), page=1)


class SelectionForm(forms.Form):
    """The choices that most people need; filters are made by following a row."""

    period = forms.ChoiceField(label=_("Thời gian"), choices=[], required=False)
    since = forms.DateField(
        label=_("Từ ngày"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Đến hết ngày"), required=False, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    compare = forms.ChoiceField(label=_("So với"), choices=[*COMPARISONS.items()], required=False)
    match = forms.ChoiceField(label=_("Ghép ngày"), choices=[*MATCHES.items()], required=False)
    site = forms.ChoiceField(label=_("Cổng"), choices=[], required=False)

    def __init__(self, *arguments: Any, sites: list[tuple[str, str]], **names: Any) -> None:
        super().__init__(*arguments, **names)
        periods = [(name, label) for name, (label, _days) in PERIODS.items()]
        self.fields["period"].choices = [*periods, (CUSTOM, _("Tự chọn ngày"))]  # type: ignore[attr-defined]
        self.fields["site"].choices = sites  # type: ignore[attr-defined]
        if len(sites) < 3:  # all, and the only one
            del self.fields["site"]


def sites_to_choose() -> list[tuple[str, str]]:
    sites = Site.objects.order_by("-is_default_site", "hostname")
    return [("0", str(_("Tất cả"))), *((str(site.pk), site.site_name or site.hostname) for site in sites)]


def read_selection(query: QueryDict, *, today: date, sites: list[tuple[str, str]]) -> Selection:
    """What the address asks for. What it gets wrong is left out, and said in `faults`."""
    faults: list[str] = []
    period, days = _read_days(query, today, faults)
    return Selection(
        period=period,
        since=days[0],
        until=days[1],
        compare=_one_of(query, "compare", COMPARISONS, "previous", faults),
        match=_one_of(query, "match", MATCHES, "weekday", faults),
        site=int(_one_of(query, "site", dict(sites), "0", faults)),
        filters=tuple(_read_filters(query, faults)),
        order=query.get("order", "")[:40],
        page=_read_page(query),
        faults=tuple(faults),
    )


def _read_days(query: QueryDict, today: date, faults: list[str]) -> tuple[str, Days]:
    period = query.get("period", "") or DEFAULT
    if _days_were_changed(query, period):
        period = CUSTOM
    if period in PERIODS:
        return period, PERIODS[period][1](today)
    if period == CUSTOM:
        try:
            since, until = (date.fromisoformat(query.get(name, "")) for name in ("since", "until"))
        except ValueError:
            faults.append(str(_("Hãy chọn cả ngày đầu và ngày cuối.")))
        else:
            if EARLIEST_DAY <= since <= until <= LATEST_DAY:
                return period, (since, until)
            faults.append(str(_("Ngày đầu phải trước ngày cuối.")))
    else:
        faults.append(str(_("Không có khoảng thời gian “%(name)s”.")) % {"name": period[:40]})
    return DEFAULT, PERIODS[DEFAULT][1](today)


def _days_were_changed(query: QueryDict, period: str) -> bool:
    """Whether the form came with other days than it showed, and with the period that it showed."""
    shown = query.get("shown", "").split(",")
    return len(shown) == 3 and shown[0] == period and shown[1:] != [query.get("since", ""), query.get("until", "")]


def _one_of(query: QueryDict, name: str, choices: dict[str, Any], usual: str, faults: list[str]) -> str:
    value = query.get(name, "") or usual
    if value in choices:
        return value
    faults.append(str(_("Không có lựa chọn “%(value)s”.")) % {"value": value[:40]})
    return usual


def _read_filters(query: QueryDict, faults: list[str]) -> Iterator[Chosen]:
    written = [(compare, text) for compare in ("is", "is_not") for text in query.getlist(compare)]
    for compare, text in written[:MOST_FILTERS]:
        name, colon, value = text.partition(":")
        dimension = DIMENSIONS.get(name)
        fits = dimension is not None and not dimension.is_time and (not dimension.is_number or _is_number(value))
        if colon and fits and len(value) <= 200:
            yield Chosen(compare, name, value)
        else:
            faults.append(str(_("Không hiểu bộ lọc “%(text)s”.")) % {"text": text[:60]})


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _read_page(query: QueryDict) -> int:
    text = query.get("p", "")
    return min(max(1, int(text)), MOST_PAGES_OF_ROWS) if _is_number(text) else 1
