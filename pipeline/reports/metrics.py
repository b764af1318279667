"""What reports count. Views, visits and visitors are those of the public; bots and staff (with previews) are apart."""

from dataclasses import dataclass
from typing import Literal

BOUNCE_SECONDS = 10  # a visit of one page bounced if it was looked at for less
FEWEST_READERS = 5  # that a query must have in the period to be shown

THE_PUBLIC = "audience = 'public'"
ROBOTS = "audience = 'bot'"
COLLEAGUES = "audience IN ('staff', 'preview')"


@dataclass(frozen=True)
class Metric:
    """``name`` is the column's in CSV and JSON; a heading breaks its lines where the column is narrow.

    ``additive``: the sum over rows means something. It does not for visitors, who may be the same on several days, nor
    for averages and rates. ``measure``: the number of events or of a roll-up that is added up (tables.py), of the rows
    under ``audience``; a metric without one is in reports of its own only. ``per``: the measure that it is divided by,
    once both are added up; the result is times ``scale``, has one decimal, and is None of nothing.
    ``definition_vi`` and ``definition_en`` go out with every answer.
    """

    name: str
    heading_vi: str
    heading_en: str
    additive: bool = True
    measure: str = ""
    audience: str = THE_PUBLIC
    per: str = ""
    scale: int = 1
    unit: Literal["", "seconds", "percent"] = ""
    definition_vi: str = ""
    definition_en: str = ""

    @property
    def measures(self) -> tuple[str, ...]:
        return (self.measure, self.per) if self.per else (self.measure,)


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
ENGAGED_SECONDS = Metric(
    "engaged_seconds",
    "giây\nđọc",
    "engaged seconds",
    additive=False,
    measure="seconds",
    per="views",
    unit="seconds",
    definition_vi=(
        "số giây trang hiện trước mắt người đọc, trung bình trên mọi lượt xem; lượt xem mà trình duyệt không báo lại "
        "được tính là 0, một lần báo nhiều nhất 30 phút"
    ),
    definition_en=(
        "seconds that a page was visible, averaged over all views; a view whose browser told nothing counts as 0, and "
        "one message has half an hour at most"
    ),
)
SCROLL_DEPTH = Metric(
    "scroll_depth",
    "cuộn\n%",
    "scroll depth, percent",
    additive=False,
    measure="depth",
    per="views",
    unit="percent",
    definition_vi=(
        "phần trang đã được nhìn tới, tính bằng phần trăm, trung bình trên mọi lượt xem; lượt xem mà trình duyệt không "
        "báo lại được tính là 0"
    ),
    definition_en=(
        "how far down a page was seen, in percent, averaged over all views; a view whose browser told nothing counts "
        "as 0"
    ),
)
ENTRANCES = Metric(
    "entrances",
    "vào\ntừ",
    "entrances",
    measure="visits",
    definition_vi="lượt xem mở đầu một lượt truy cập: cùng số với lượt truy cập, theo trang là trang đầu tiên",
    definition_en="views that begin a visit: the same number as visits, and by page the page of arrival",
)
EXITS = Metric(
    "exits",
    "rời\ntừ",
    "exits",
    measure="exits",
    definition_vi=(
        "lượt xem cuối của một lượt truy cập: trong ngày người đó không xem gì nữa, hoặc lượt xem kế tiếp đến từ bên "
        "ngoài; không gồm người đọc không có mã (DNT, GPC); chỉ tính được từ sự kiện gốc"
    ),
    definition_en=(
        "the last view of a visit: the reader viewed nothing more that day, or next came from outside; without readers "
        "who have no number (DNT, GPC); from raw events alone"
    ),
)
BOUNCE_RATE = Metric(
    "bounce_rate",
    "thoát\n%",
    "bounce rate, percent",
    additive=False,
    measure="bounces",
    per="followed_visits",
    scale=100,
    unit="percent",
    definition_vi=(
        f"phần trăm lượt truy cập chỉ có một lượt xem và dưới {BOUNCE_SECONDS} giây đọc trong ngày đó, trước lượt truy "
        "cập kế tiếp của người đó; trên các lượt truy cập của người đọc có mã; chỉ tính được từ sự kiện gốc"
    ),
    definition_en=(
        f"percent of visits with a single view and less than {BOUNCE_SECONDS} engaged seconds, on that day and before "
        "the reader's next visit; of the visits of readers who have a number; from raw events alone"
    ),
)
DOWNLOADS = Metric(
    "downloads",
    "tải\nvề",
    "downloads",
    measure="downloads",
    definition_vi="số lần người đọc bấm vào liên kết tới một tệp của cổng",
    definition_en="how often readers followed a link to a file of the site",
)
OUTBOUND_LINKS = Metric(
    "outbound_links",
    "liên kết\nra",
    "links to other sites",
    measure="outbound",
    definition_vi="số lần người đọc bấm vào liên kết tới một trang web khác",
    definition_en="how often readers followed a link to another site",
)
SEARCHES = Metric(
    "searches",
    "tìm\nkiếm",
    "searches",
    measure="searches",
    definition_vi=(
        f"số lần người đọc tìm trên cổng; từ khóa có ít hơn {FEWEST_READERS} người tìm trong kỳ nằm trong phần khác, "
        "và một người tìm trong nhiều ngày là nhiều người"
    ),
    definition_en=(
        f"how often readers searched the site; a query of fewer than {FEWEST_READERS} readers in the period is in the "
        "others, where a reader of several days counts as several"
    ),
)
NOT_FOUND = Metric(
    "not_found",
    "không\nthấy",
    "pages not found",
    measure="not_found",
    definition_vi="số lần người đọc mở một địa chỉ mà cổng không có",
    definition_en="how often readers opened an address that the site does not have",
)
REFUSED = Metric("refused", "từ\nchối", "refused in the last 10 minutes")
SUSPECT = Metric("suspect", "nghi\nngờ", "suspect, left out")
COUNTED = Metric("counted", "đã\ntính", "suspect, counted after all")
PAGE_VIEWS = Metric("views", "xem\ntrang", "the page's views", additive=False)
SHARE = Metric("share", "tỷ lệ\n%", "share of the page's views that is left out, percent", additive=False)

METRICS = {
    metric.name: metric
    for metric in (
        *(VIEWS, VISITS, DAILY_VISITORS, ENGAGED_SECONDS, SCROLL_DEPTH),
        *(ENTRANCES, EXITS, BOUNCE_RATE),
        *(DOWNLOADS, OUTBOUND_LINKS, SEARCHES, NOT_FOUND),
        *(BOTS, STAFF),
    )
}
