"""What reports count. Views, visits and visitors are those of the public; bots and staff (with previews) are apart."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """``name`` is the column's in CSV and JSON; a heading breaks its lines where the column is narrow.

    ``additive``: the sum over rows means something. It does not for visitors, who may be the same on several days.
    """

    name: str
    heading_vi: str
    heading_en: str
    additive: bool = True


VIEWS = Metric("views", "lượt\nxem", "views")
VISITS = Metric("visits", "truy\ncập", "visits")
VISITORS = Metric("visitors", "khách", "visitors", additive=False)
DAILY_VISITORS = Metric("daily_visitors", "khách", "daily visitors, summed")
BOTS = Metric("bots", "bot", "bots")
STAFF = Metric("staff", "cán\nbộ", "staff")
REFUSED = Metric("refused", "từ\nchối", "refused in the last 10 minutes")
SUSPECT = Metric("suspect", "nghi\nngờ", "suspect, left out")
COUNTED = Metric("counted", "đã\ntính", "suspect, counted after all")
PAGE_VIEWS = Metric("views", "xem\ntrang", "the page's views", additive=False)
SHARE = Metric("share", "tỷ lệ\n%", "share of the page's views that is left out, percent", additive=False)
