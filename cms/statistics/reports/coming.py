"""A screen that is still being calculated: how far it is, a way to stop, then the screen, all in one answer.

The page is sent up to where the answers belong. Lines follow, of which a rule of CSS shows the last, then the answers
and the rest of the page. So it needs no script, and no process needs to know of another's work: the work lives as long
as the connection.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from cms.statistics.reports import asking
from cms.statistics.reports.words import decimal
from pipeline.reports.answer import Answer

log = logging.getLogger("nhip")

MARK = "<!-- nhip:coming -->"
PLAIN_SECONDS = 1.0  # a screen that is ready by then is an answer like any other


class ComingScreen:
    """``page`` has the MARK twice: for the lines, and for what ``show`` makes of the answers or their refusal."""

    def __init__(self, page: str, under_way: asking.UnderWay[Answer], show: Callable[[], str]) -> None:
        head, self._between, self._tail = page.split(MARK)
        self.head = head.encode()
        self._under_way = under_way
        self._show = show
        self._language = translation.get_language()
        self._zone = timezone.get_current_timezone()

    @property
    def is_over(self) -> bool:
        return self._under_way.is_over

    def wait(self, seconds: float) -> bool:
        return self._under_way.wait(seconds)

    def line(self) -> bytes:
        with translation.override(self._language):
            return line_of(self._under_way.progress, time.monotonic() - self._under_way.began).encode()

    def rest(self) -> bytes:
        with translation.override(self._language), timezone.override(self._zone):
            return f"{self._between}{self._results()}{self._tail}".encode()

    def give_up(self) -> None:
        self._under_way.give_up()

    def _results(self) -> str:
        try:
            return self._show()
        except Exception:  # the head has been sent: the page has to end with words
            log.exception("a screen of the reports could not be shown")
            return render_to_string("statistics/reports/results.html", {"refusal": asking.Failed.words})


def line_of(progress: asking.Progress, seconds: float) -> str:
    done, total = progress.events
    percent = min(100, 100 * done // total) if total else None
    said = []
    if not progress.begun:
        said.append(_("Đang chờ các báo cáo khác tính xong."))
    elif percent is not None:
        said.append(
            _("Đã đọc %(done)s trong %(total)s sự kiện (%(percent)s%%).")
            % {"done": decimal(done), "total": decimal(total), "percent": percent}
        )
    else:
        said.append(_("Đang đọc số liệu."))
    if progress.parts > 1:
        said.append(
            _("Xong %(ended)s trong %(parts)s phần.")
            % {"ended": decimal(progress.ended), "parts": decimal(progress.parts)}
        )
    said.append(_("Đã %(seconds)s giây.") % {"seconds": decimal(int(seconds))})
    return render_to_string("statistics/reports/coming_line.html", {"words": " ".join(said), "percent": percent})
