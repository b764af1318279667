"""The screens of the reports: each is a question that people ask, the parts that answer it, and nothing more.

A part is one question of the engine (`pipeline.reports.question`), drawn as one chart and one table. What it asks for
is declared with the names of metrics and dimensions; how people call them is said with those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext_lazy as _

Text = Any  # a lazy translation or a text
Chart = Literal["none", "numbers", "curve", "bars", "heat"]

GRAIN = "@grain"  # hour, day, week or month, as the days that are chosen need it

NOTHING_YET = _("Trong những ngày này chưa có gì.")
PUBLIC = ("views", "visits", "daily_visitors")
BARS = 8


@dataclass(frozen=True)
class Part:
    """`name` names it in addresses and files. `dimensions`: of its rows. The first of `metrics` is drawn.

    `of_pages`: whether it can be asked of one's own pages alone. `rows` is how many are shown at once. The order and
    the page of rows in the address are those of the screen's first part; its filters are those of all. `names`: of its
    dimensions, where a part knows better than they do. `marks`: publications are marked.
    """

    name: str
    heading: Text
    dimensions: tuple[str, ...] = ()
    metrics: tuple[str, ...] = PUBLIC
    chart: Chart = "bars"
    filters: tuple[Any, ...] = ()
    rows: int = 25
    about: Text = ""
    empty: Text = NOTHING_YET
    of_pages: bool = True
    marks: bool = False
    names: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Screen:
    """`question`: in the words of who asks it. `parts` in the order of the screen."""

    name: str
    title: Text
    question: Text
    icon: str
    parts: tuple[Part, ...] = ()
    advice: Text = ""

    @property
    def of_pages(self) -> bool:
        return any(part.of_pages for part in self.parts)

    def part(self, name: str) -> Part | None:
        return next((part for part in self.parts if part.name == name), None)


HEADLINE = Part("numbers", _("Con số chính"), metrics=(*PUBLIC, "engaged_seconds", "downloads"), chart="numbers")
CURVE = Part("curve", _("Diễn biến"), dimensions=(GRAIN,), chart="curve", rows=1000, marks=True)


def by(dimension: str, heading: Text, *more: str, chart: Chart = "bars", **options: Any) -> Part:
    """A part with a row for each value of one dimension."""
    return Part(dimension, heading, dimensions=(dimension,), metrics=(*PUBLIC, *more), chart=chart, **options)


SCREENS: Sequence[Screen] = (
    Screen(
        "overview",
        _("Tổng quan"),
        _("Cổng thông tin được đọc nhiều hay ít, tăng hay giảm?"),
        "desktop",
        (
            HEADLINE,
            CURVE,
            by("page", _("Trang được đọc nhiều nhất"), rows=5, chart="none"),
            by("channel", _("Người đọc đến từ đâu"), rows=11),
        ),
    ),
    Screen(
        "pages",
        _("Trang"),
        _("Trang nào được đọc, đọc bao lâu, đọc hết không?"),
        "doc-full-inverse",
        (by("page", _("Các trang"), "engaged_seconds", "scroll_depth"),),
        advice=_("Bấm vào tên trang để xem riêng trang đó; bấm vào tiêu đề cột để xếp."),
    ),
    Screen(
        "entrances",
        _("Vào và rời"),
        _("Người đọc vào từ trang nào, rời ở trang nào, có đọc tiếp không?"),
        "logout",
        (
            Part(
                "page",
                _("Trang đầu và trang cuối của lượt truy cập"),
                ("page",),
                ("entrances", "exits", "bounce_rate", "engaged_seconds"),
                chart="none",
            ),
        ),
        advice=_("Tính từ từng lượt xem đã lưu, nên lâu hơn các báo cáo khác."),
    ),
    Screen(
        "authors",
        _("Tác giả"),
        _("Bài của ai được đọc nhiều?"),
        "user",
        (by("author", _("Theo người viết ghi trên bài"), "engaged_seconds"),),
        advice=_("Theo ô “người viết” của bài, không theo tài khoản đã nhập bài."),
    ),
    Screen(
        "categories",
        _("Chuyên mục"),
        _("Chuyên mục nào được đọc nhiều?"),
        "tag",
        (
            by("category", _("Theo chuyên mục và loại sự kiện"), "engaged_seconds"),
            by("page_type", _("Theo kiểu trang"), "engaged_seconds"),
        ),
    ),
    Screen(
        "units",
        _("Phần của cổng"),
        _("Phần nào của cổng được đọc nhiều?"),
        "site",
        (by("unit", _("Theo mục lớn của cổng"), "engaged_seconds"),),
    ),
    Screen(
        "sources",
        _("Nguồn và chiến dịch"),
        _("Người đọc biết đến trang qua đâu?"),
        "link",
        (
            by("channel", _("Kênh"), rows=11),
            by("source", _("Trang dẫn đến")),
            by(
                "campaign",
                _("Chiến dịch"),
                filters=(["is_not", "campaign", [""]],),
                about=_("Liên kết có utm_campaign, ví dụ trong thư hoặc mã QR."),
                empty=_("Chưa ai đến từ một liên kết có utm_campaign."),
            ),
        ),
    ),
    Screen(
        "devices",
        _("Thiết bị"),
        _("Người đọc dùng máy gì?"),
        "mobile-alt",
        (
            by("device", _("Loại máy")),
            by("browser", _("Trình duyệt")),
            by("os", _("Hệ điều hành")),
            by("language", _("Ngôn ngữ của trình duyệt")),
        ),
    ),
    Screen(
        "places",
        _("Nơi đọc"),
        _("Người đọc ở đâu?"),
        "globe",
        (
            by("country", _("Quốc gia")),
            Part(
                "province",
                _("Tỉnh, thành"),
                ("province", "country"),
                filters=(["is_not", "province", [""]],),
                about=_(
                    "Tên theo ISO 3166-2; tệp địa điểm của đơn vị vận hành có thể còn các tỉnh trước khi sáp nhập."
                ),
                empty=_("Chưa biết tỉnh nào: đơn vị vận hành chưa đưa tệp địa điểm (NHIP_PLACES_FILE)."),
            ),
        ),
        advice=_("Suy ra từ địa chỉ mạng lúc đọc; địa chỉ không được lưu."),
    ),
    Screen(
        "hours",
        _("Giờ và thứ"),
        _("Người đọc vào lúc nào, nên đăng bài khi nào?"),
        "time",
        (
            Part(
                "hours",
                _("Lượt xem theo giờ và thứ"),
                dimensions=("weekday", "hour_of_day"),
                metrics=("views", "visits"),
                chart="heat",
                rows=168,
            ),
        ),
    ),
    Screen(
        "readers",
        _("Tìm kiếm, tải về, không thấy"),
        _("Người đọc tìm gì, tải gì, và hỏng ở đâu?"),
        "search",
        (
            Part(
                "searches",
                _("Từ khóa tìm trong cổng"),
                dimensions=("target",),
                metrics=("searches",),
                names=(_("Từ khóa"),),
                about=_("Từ khóa có dưới năm người tìm không hiện, để không lộ ai tìm gì."),
                empty=_("Chưa có từ khóa nào được từ năm người tìm."),
                of_pages=False,
            ),
            Part(
                "downloads",
                _("Văn bản được tải về"),
                dimensions=("target",),
                metrics=("downloads",),
                names=(_("Tệp"),),
                empty=_("Chưa có văn bản nào được tải về."),
            ),
            Part(
                "outbound",
                _("Liên kết ra ngoài"),
                dimensions=("target",),
                metrics=("outbound_links",),
                names=(_("Trang đích"),),
                empty=_("Chưa ai theo một liên kết ra ngoài."),
            ),
            Part(
                "not_found",
                _("Địa chỉ không có trang"),
                dimensions=("target", "source"),
                metrics=("not_found",),
                names=(_("Địa chỉ"), _("Đến từ")),
                about=_("Cùng nơi dẫn đến: liên kết hỏng thường nằm ở đó."),
                empty=_("Không ai gặp trang không có. Tốt!"),
                of_pages=False,
            ),
        ),
    ),
    Screen(
        "bots",
        _("Bot và loại trừ"),
        _("Những gì không được tính, và vì sao?"),
        "warning",
        (
            Part("bot_kind", _("Bot theo mục đích"), ("bot_kind",), ("bots",)),
            Part("bot_operator", _("Bot theo chủ"), ("bot_operator", "bot"), ("bots",), chart="none"),
            Part("reason", _("Vì sao lượt xem bị loại"), ("reason",), ("bots",)),
        ),
        advice=_("Bot được lưu và đếm riêng, không có trong con số công khai."),
    ),
    Screen(
        "publishing",
        _("Đăng bài và lượt xem"),
        _("Đăng nhiều hơn thì có được đọc nhiều hơn không?"),
        "edit",
        (CURVE,),
    ),
)

BY_NAME = {screen.name: screen for screen in SCREENS}
