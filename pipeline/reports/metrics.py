"""What reports count. Views, visits and visitors are those of the public; bots and staff (with previews) are apart."""

from dataclasses import dataclass

THE_PUBLIC = "audience = 'public'"
ROBOTS = "audience = 'bot'"
COLLEAGUES = "audience IN ('staff', 'preview')"


@dataclass(frozen=True)
class Metric:
    """``name`` is the column's in CSV and JSON; a heading breaks its lines where the column is narrow.

    ``additive``: the sum over rows means something. It does not for visitors, who may be the same on several days.
    ``measure``: the number of events or of a roll-up that is added up, of the rows under ``audience``; a metric without
    one is in reports of its own only. ``definition_vi`` and ``definition_en`` go out with every answer.
    """

    name: str
    heading_vi: str
    heading_en: str
    additive: bool = True
    measure: str = ""
    audience: str = THE_PUBLIC
    definition_vi: str = ""
    definition_en: str = ""


VIEWS = Metric(
    "views",
    "lượt\nxem",
    "views",
    measure="views",
    definition_vi="số lần một trang được hiển thị, không tính bot, cán bộ và bản xem trước",
    definition_en="displays of a page, without those of bots, staff and previews",
)
VISITS = Metric(
    "visits",
    "truy\ncập",
    "visits",
    measure="visits",
    definition_vi="lượt xem đến từ bên ngoài cổng, không phải tải lại hay quay lại",
    definition_en="views that came from outside the site, neither reloaded nor gone back to",
)
VISITORS = Metric("visitors", "khách", "visitors", additive=False, measure="visitors")  # of a day
DAILY_VISITORS = Metric(
    "daily_visitors",
    "khách",
    "daily visitors, summed",
    measure="visitors",
    definition_vi="người đọc khác nhau trong một ngày, cộng các ngày; một người có mã khác nhau mỗi ngày",
    definition_en="distinct readers of a day, summed over days; a reader has another number every day",
)
BOTS = Metric(
    "bots",
    "bot",
    "bots",
    measure="views",
    audience=ROBOTS,
    definition_vi="lượt xem của bot và lượt xem bị nghi ngờ",
    definition_en="views by bots, and suspect views",
)
STAFF = Metric(
    "staff",
    "cán\nbộ",
    "staff",
    measure="views",
    audience=COLLEAGUES,
    definition_vi="lượt xem của cán bộ và bản xem trước",
    definition_en="views by staff, and previews",
)
REFUSED = Metric("refused", "từ\nchối", "refused in the last 10 minutes")
SUSPECT = Metric("suspect", "nghi\nngờ", "suspect, left out")
COUNTED = Metric("counted", "đã\ntính", "suspect, counted after all")
PAGE_VIEWS = Metric("views", "xem\ntrang", "the page's views", additive=False)
SHARE = Metric("share", "tỷ lệ\n%", "share of the page's views that is left out, percent", additive=False)

METRICS = {metric.name: metric for metric in (VIEWS, VISITS, DAILY_VISITORS, BOTS, STAFF)}
