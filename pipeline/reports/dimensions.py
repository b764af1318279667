"""What the rows of reports are told apart by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dimension:
    """``name`` is the column's in CSV and JSON; a heading breaks its lines where the column is narrow.

    ``column``: the column of ``events``, and of each roll-up that has it. A dimension without one is of time; ``value``
    is then its expression over a day, or with ``by_hour`` over an hour, in Asia/Ho_Chi_Minh. ``comes_again``: every
    week or day has its values, so that two periods have the same. ``of_page``: the field of PageFacts (pages.py) whose
    value for the page is the dimension's.
    """

    name: str
    heading_vi: str
    heading_en: str
    column: str = ""
    value: str = ""
    by_hour: bool = False
    is_number: bool = False
    comes_again: bool = False
    of_page: str = ""

    @property
    def is_time(self) -> bool:
        return bool(self.value)


PAGE = Dimension("page", "trang", "page", "page_id", is_number=True)
AUTHOR = Dimension("author", "người viết", "author", "page_id", of_page="author")
CATEGORY = Dimension("category", "chuyên mục", "category", "page_id", of_page="category")
UNIT = Dimension("unit", "chuyên trang", "section of the site", "page_id", of_page="unit")
PAGE_TYPE = Dimension("page_type", "loại trang", "kind of page", "page_id", of_page="page_type")
LOCALE = Dimension("locale", "ngôn\nngữ", "locale", "locale")
PATH = Dimension("path", "đường dẫn", "path", "path")
REASON = Dimension("reason", "lý do", "reason", "suspect")
CHANNEL = Dimension("channel", "kênh", "channel", "channel")
SOURCE = Dimension("source", "nguồn", "source", "source")
CAMPAIGN = Dimension("campaign", "chiến dịch", "campaign", "campaign")
CAMPAIGN_SOURCE = Dimension("campaign_source", "nguồn chiến dịch", "campaign source", "campaign_source")
CAMPAIGN_MEDIUM = Dimension("campaign_medium", "hình thức", "campaign medium", "campaign_medium")
DEVICE = Dimension("device", "thiết bị", "device", "device")
BROWSER = Dimension("browser", "trình duyệt", "browser", "browser")
OS = Dimension("os", "hệ điều hành", "operating system", "os")
LANGUAGE = Dimension("language", "ngôn ngữ đọc", "reader's language", "language")
COUNTRY = Dimension("country", "quốc gia", "country", "country")
PROVINCE = Dimension("province", "tỉnh", "province", "province")
TARGET = Dimension("target", "đích", "file, site, query or address", "target")
BOT = Dimension("bot", "bot", "bot", "bot")
BOT_KIND = Dimension("bot_kind", "loại bot", "kind of bot", "bot_kind")
BOT_OPERATOR = Dimension("bot_operator", "chủ bot", "operator of the bot", "bot_operator")
DAY = Dimension("day", "ngày", "day", value="{day}")
WEEK = Dimension("week", "tuần từ", "week from", value="toMonday({day})")
MONTH = Dimension("month", "tháng từ", "month from", value="toStartOfMonth({day})")
QUARTER = Dimension("quarter", "quý từ", "quarter from", value="toStartOfQuarter({day})")
YEAR = Dimension("year", "năm từ", "year from", value="toStartOfYear({day})")
WEEKDAY = Dimension(
    "weekday", "thứ", "weekday, Monday is 1", value="toDayOfWeek({day})", is_number=True, comes_again=True
)
# In Unix seconds: an engine's zone may be lost on the way of a time.
HOUR = Dimension("hour", "giờ", "hour", value="toUnixTimestamp({hour})", by_hour=True)
HOUR_OF_DAY = Dimension(
    "hour_of_day",
    "giờ trong\nngày",
    "hour of the day",
    value="toHour({hour})",
    by_hour=True,
    is_number=True,
    comes_again=True,
)

DIMENSIONS = {
    dimension.name: dimension
    for dimension in (
        *(PAGE, AUTHOR, CATEGORY, UNIT, PAGE_TYPE, LOCALE, PATH, TARGET, REASON),
        *(CHANNEL, SOURCE, CAMPAIGN, CAMPAIGN_SOURCE, CAMPAIGN_MEDIUM),
        *(DEVICE, BROWSER, OS, LANGUAGE, COUNTRY, PROVINCE),
        *(BOT, BOT_KIND, BOT_OPERATOR),
        *(DAY, WEEK, MONTH, QUARTER, YEAR, WEEKDAY, HOUR, HOUR_OF_DAY),
    )
}
