"""What the rows of reports are told apart by."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Dimension:
    """``name`` is the column's in CSV and JSON; a heading breaks its lines where the column is narrow."""

    name: str
    heading_vi: str
    heading_en: str
    is_number: bool = False


PAGE = Dimension("page", "trang", "page", is_number=True)
LOCALE = Dimension("locale", "ngôn\nngữ", "locale")
PATH = Dimension("path", "đường dẫn", "path")
REASON = Dimension("reason", "lý do", "reason")
DAY = Dimension("day", "ngày", "day")
HOUR = Dimension("hour", "giờ", "hour")
