"""What people read in place of the names that are stored: channels, devices, countries, weekdays, spans of time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from functools import cache

from babel import Locale
from django.utils.translation import gettext_lazy as _

from cms.statistics.numbers import UNKNOWN, vietnamese_number
from pipeline.reports.metrics import Metric

Text = object  # a lazy translation or a text

NOT_KNOWN = _("(không rõ)")
NONE = _("(không có)")

CHANNELS: Mapping[str, Text] = {
    "search": _("Công cụ tìm kiếm"),
    "social": _("Mạng xã hội"),
    "messaging": _("Ứng dụng nhắn tin (Zalo, Messenger, Telegram…)"),
    "ai": _("Trợ lý AI"),
    "news": _("Báo chí"),
    "government": _("Cơ quan nhà nước"),
    "mail": _("Thư điện tử"),
    "campaign": _("Chiến dịch"),
    "referral": _("Trang khác"),
    "direct": _("Trực tiếp (gõ địa chỉ, dấu trang)"),
    "internal": _("Từ trong cổng"),
}
DEVICES: Mapping[str, Text] = {
    "desktop": _("Máy tính"),
    "phone": _("Điện thoại"),
    "tablet": _("Máy tính bảng"),
}
BOT_KINDS: Mapping[str, Text] = {
    "ai": _("Thu thập cho AI"),
    "search": _("Máy tìm kiếm"),
    "preview": _("Xem trước liên kết (Facebook, Zalo…)"),
    "feed": _("Đọc tin RSS"),
    "scanner": _("Dò lỗ hổng"),
    "archive": _("Lưu trữ"),
    "automation": _("Trình duyệt tự động"),
    "advertising": _("Quảng cáo"),
    "monitoring": _("Giám sát"),
    "library": _("Chương trình"),
    "research": _("Nghiên cứu"),
    "seo": _("Dịch vụ SEO"),
    "other": _("Khác"),
}
REASONS: Mapping[str, Text] = {
    "": _("Bot tự xưng hoặc có trong danh sách"),
    "rate": _("Một địa chỉ mạng xem một trang quá nhiều"),
    "readers": _("Một địa chỉ mạng có quá nhiều người đọc mới"),
    "reviewed": _("Đơn vị vận hành loại sau khi xem xét"),
    "wrong-method": _("Sai phương thức"),
    "wrong-type": _("Sai kiểu nội dung"),
    "too-large": _("Gói tin quá lớn"),
    "malformed": _("Gói tin hỏng"),
    "bad-token": _("Không do cổng này ký"),
    "old-token": _("Trang lưu quá một ngày"),
    "other-path": _("Mã của trang khác"),
    "other-site": _("Trang của cổng khác"),
    "prefetch": _("Tải trước, chưa ai xem"),
    "too-many": _("Một địa chỉ mạng gửi quá nhiều"),
    "not-viewed": _("Chưa xem trang mà báo việc trên trang"),
    "overloaded": _("Quá tải"),
    "spool-full": _("Hết chỗ chờ"),
    "not-stored": _("Không ghi được"),
    "not-durable": _("Chưa chắc đã ghi"),
    "stopping": _("Đang dừng"),
}
WEEKDAYS: Mapping[int, Text] = {
    1: _("Thứ hai"),
    2: _("Thứ ba"),
    3: _("Thứ tư"),
    4: _("Thứ năm"),
    5: _("Thứ sáu"),
    6: _("Thứ bảy"),
    7: _("Chủ nhật"),
}


# What a column or a card is called here, where the name in files is too short to be understood.
HEADINGS: Mapping[str, Text] = {
    "daily_visitors": _("Người đọc (theo ngày)"),
    "engaged_seconds": _("Thời gian đọc"),
    "scroll_depth": _("Đọc được"),
    "bounce_rate": _("Thoát ngay"),
    "entrances": _("Vào cổng từ đây"),
    "exits": _("Rời cổng từ đây"),
    "visits": _("Lượt truy cập"),
    "bots": _("Lượt của bot"),
    "unit": _("Mục lớn"),
    "province": _("Tỉnh, thành"),
    "not_found": _("Số lần"),
    "searches": _("Số lần tìm"),
    "downloads": _("Lượt tải về"),
    "outbound_links": _("Lượt bấm"),
}


@cache
def _vietnamese() -> Locale:
    return Locale("vi")


def country(code: str) -> str:
    """ "VN" → "Việt Nam"; a code that nobody knows is shown as it is."""
    return str(_vietnamese().territories.get(code) or code) if code else str(NOT_KNOWN)


def province(country_code: str, code: str) -> str:
    """ "VN", "HN" → "Hà Nội", as ISO 3166-2 has it; a code that nobody knows is shown as it is."""
    import pycountry  # noqa: PLC0415 - five megabytes, for one screen

    found = pycountry.subdivisions.get(code=f"{country_code}-{code}")  # type: ignore[no-untyped-call]
    return str(found.name) if found else code or str(NOT_KNOWN)


def language(code: str) -> str:
    if not code:
        return str(NOT_KNOWN)
    name = str(_vietnamese().languages.get(code) or code)
    return name[:1].upper() + name[1:]


def _of(names: Mapping[str, Text]) -> Callable[[str], str]:
    def name(value: str) -> str:
        return str(names.get(value, value) or NOT_KNOWN)

    return name


def day(value: str) -> str:
    """ "2026-11-22" → "22/11"."""
    return f"{date.fromisoformat(value[:10]):%d/%m}"


def full_day(value: str) -> str:
    return f"{date.fromisoformat(value[:10]):%d/%m/%Y}"


def hour(value: str) -> str:
    """ "2026-11-22 14:00" → "14:00, 22/11"."""
    found = datetime.fromisoformat(value)
    return f"{found:%H:%M, %d/%m}"


def week(value: str) -> str:
    found = date.fromisoformat(value)
    return f"{found:%d/%m} – {found + timedelta(days=6):%d/%m}"


def month(value: str) -> str:
    return f"{date.fromisoformat(value):%m/%Y}"


def quarter(value: str) -> str:
    found = date.fromisoformat(value)
    return f"{(found.month + 2) // 3}/{found.year}"


NAMES: Mapping[str, Callable[..., str]] = {
    "channel": _of(CHANNELS),
    "device": _of(DEVICES),
    "bot_kind": _of(BOT_KINDS),
    "reason": _of(REASONS),
    "country": country,
    "language": language,
    "weekday": lambda value: str(WEEKDAYS.get(value, value)),
    "hour_of_day": lambda value: f"{value}–{value + 1} giờ",
    "day": full_day,
    "hour": hour,
    "week": week,
    "month": month,
    "quarter": quarter,
    "year": lambda value: value[:4],
}


def name_of(dimension: str, value: str | int) -> str:
    """How people call a dimension's value."""
    known = NAMES.get(dimension)
    return known(value) if known else str(value) if value != "" else str(NOT_KNOWN)


def short_name_of(dimension: str, value: str) -> str:
    """Of a time, beside an axis."""
    if dimension == "hour":
        return f"{value[11:13]}h"
    return day(value) if dimension in ("day", "week") else name_of(dimension, value)


# numbers


def number_of(metric: Metric, value: float | None) -> str:
    """A metric's number with its unit; what is not known is a dash, never a zero."""
    if value is None:
        return UNKNOWN
    match metric.unit:
        case "seconds":
            return duration(value)
        case "percent":
            return f"{decimal(value)} %"
    return decimal(value)


def decimal(value: float) -> str:
    """1327.25 → "1.327,3"."""
    if isinstance(value, int) or value == int(value):
        return vietnamese_number(int(value))
    return f"{value:,.1f}".translate(str.maketrans(",.", ".,"))


def duration(seconds: float) -> str:
    """68 → "68 giây"; 200 → "3 phút 20 giây"."""
    whole = round(seconds)
    if whole < 120:
        return f"{whole} giây"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} phút {rest:02} giây" if rest else f"{minutes} phút"
    hours, minutes = divmod(minutes, 60)
    return f"{vietnamese_number(hours)} giờ {minutes:02} phút"


def change(now: float | None, before: float | None) -> str:
    """120 after 100 → "+20 %"; a dash where there is nothing to compare with."""
    if now is None or not before:
        return UNKNOWN
    percent = 100 * (now - before) / before
    if abs(percent) >= 1000:
        return f"{'+' if percent > 0 else '−'}{vietnamese_number(round(abs(percent)))} %"
    rounded = round(percent, 1)
    sign = "+" if rounded > 0 else "−" if rounded < 0 else "±"
    return f"{sign}{decimal(abs(rounded))} %"
