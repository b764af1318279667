"""What belongs to the department: staff enter it once, every page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import cached_property
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList, TabbedInterface
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.fields import StreamField
from wagtail.models import PreviewableMixin

from cms.core.department import colours
from cms.core.department.blocks import (
    MOST_ACCOUNTS,
    MOST_COLUMNS,
    MOST_ENTRIES,
    MOST_PARTNERS,
    AccountBlock,
    FooterColumnBlock,
    MenuEntryBlock,
    PartnerBlock,
    validate_web_address,
)
from cms.core.department.measuring import Measuring, read_snippet, validate_snippet
from cms.core.renditions import fetch_renditions
from cms.core.widgets import ColourInput

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

EMBLEM_SIZE = _("PNG, WebP hoặc JPEG, nên từ 200 × 200 điểm ảnh. Để trống thì dùng biểu trưng có sẵn.")


@register_setting(icon="home")
class DepartmentSettings(PreviewableMixin, BaseSiteSetting):
    name = models.CharField(_("tên cơ quan"), max_length=120, default="Sở Công Thương")
    parent_body = models.CharField(
        _("cơ quan cấp trên"),
        max_length=120,
        blank=True,
        default="Ủy ban nhân dân tỉnh",
        help_text=_("Dòng nhỏ trên tên cơ quan."),
    )
    address = models.CharField(_("địa chỉ"), max_length=255, blank=True)
    phone = models.CharField(_("điện thoại"), max_length=40, blank=True)
    email = models.EmailField(_("thư điện tử"), blank=True)
    map_url = models.CharField(
        _("liên kết bản đồ"),
        max_length=500,
        blank=True,
        validators=[validate_web_address],
        help_text=_("Địa chỉ trang bản đồ, bắt đầu bằng https://. Cổng chỉ dẫn tới đó, không nhúng bản đồ."),
    )
    accounts = StreamField(
        [("account", AccountBlock())], blank=True, max_num=MOST_ACCOUNTS, verbose_name=_("mạng xã hội")
    )
    footer_note = models.TextField(
        _("ghi chú chân trang"),
        blank=True,
        help_text=_("Ví dụ: người chịu trách nhiệm nội dung, quy định về trích dẫn."),
    )

    emblem = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("biểu trưng"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=EMBLEM_SIZE,
    )
    colour = models.CharField(
        _("màu chủ đạo"),
        max_length=7,
        default=colours.DEFAULT,
        validators=[colours.validate_colour],
        help_text=format_lazy(
            _("Liên kết, danh mục, chân trang; màu gốc {colour}. Giao diện tối tự lấy sắc sáng hơn."),
            colour=colours.DEFAULT,
        ),
    )
    mark_colour = models.CharField(
        _("màu nhấn"),
        max_length=7,
        default=colours.DEFAULT_MARK,
        validators=[colours.validate_colour],
        help_text=format_lazy(_("Chuyên mục, vạch trên cùng; màu gốc {colour}."), colour=colours.DEFAULT_MARK),
    )

    menu = StreamField(
        [("entry", MenuEntryBlock())],
        blank=True,
        max_num=MOST_ENTRIES,
        verbose_name=_("danh mục"),
        help_text=_(
            "Để trống thì danh mục theo cây trang: các trang đánh dấu hiện trong danh mục, hai cấp. "
            "Trang chưa xuất bản hoặc riêng tư không hiện."
        ),
    )
    footer_columns = StreamField(
        [("column", FooterColumnBlock())],
        blank=True,
        max_num=MOST_COLUMNS,
        verbose_name=_("cột liên kết"),
        help_text=_("Để trống thì chân trang có một cột theo danh mục."),
    )
    partners = StreamField(
        [("partner", PartnerBlock())], blank=True, max_num=MOST_PARTNERS, verbose_name=_("liên kết đối tác")
    )

    measured = models.BooleanField(
        _("gắn mã đo lường EMC"),
        default=False,
        help_text=_(
            "Trình duyệt của người đọc sẽ gọi máy chủ đo lường của Bộ. Đây là mã duy nhất từ bên ngoài; "
            "tắt thì trang không gọi máy chủ nào khác."
        ),
    )
    measuring_snippet = models.TextField(
        _("đoạn mã EMC"), blank=True, max_length=5000, validators=[validate_snippet], help_text=_("Dán nguyên văn.")
    )
    measuring_label = models.ForeignKey(
        "wagtailimages.Image",
        verbose_name=_("nhãn"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Ảnh nhãn của Bộ, hiện ở chân trang."),
    )
    measuring_url = models.CharField(
        _("địa chỉ của nhãn"), max_length=500, blank=True, validators=[validate_web_address]
    )

    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    MultiFieldPanel([FieldPanel("parent_body"), FieldPanel("name")], heading=_("Tên gọi")),
                    MultiFieldPanel(
                        [FieldPanel("address"), FieldPanel("map_url"), FieldPanel("phone"), FieldPanel("email")],
                        heading=_("Liên hệ"),
                    ),
                    FieldPanel("accounts"),
                ],
                heading=_("Cơ quan"),
            ),
            ObjectList(
                [
                    FieldPanel("emblem"),
                    FieldPanel("colour", widget=ColourInput),
                    FieldPanel("mark_colour", widget=ColourInput),
                ],
                heading=_("Nhận diện"),
            ),
            ObjectList([FieldPanel("menu")], heading=_("Danh mục")),
            ObjectList(
                [FieldPanel("footer_columns"), FieldPanel("partners"), FieldPanel("footer_note")],
                heading=_("Chân trang"),
            ),
            ObjectList(
                [
                    FieldPanel("measured"),
                    FieldPanel("measuring_snippet"),
                    FieldPanel("measuring_label"),
                    FieldPanel("measuring_url"),
                ],
                heading=_("Đo lường EMC"),
            ),
        ]
    )
    select_related = ["emblem", "measuring_label"]
    preview_modes = [("home", _("Trang chủ")), ("section", _("Chuyên trang đầu tiên"))]
    default_preview_mode = "home"

    class Meta:
        verbose_name = _("Thông tin cơ quan")
        verbose_name_plural = _("Thông tin cơ quan")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.measured and not self.measuring_snippet:
            raise ValidationError({"measuring_snippet": _("Bật đo lường thì cần đoạn mã.")})

    @property
    def own_colours(self) -> str:
        """The address of the stylesheet of its colours; empty for the colours that the site comes with."""
        if (self.colour, self.mark_colour) == (colours.DEFAULT, colours.DEFAULT_MARK):
            return ""
        return f"/giao-dien/{colours.VERSION}-{self.colour[1:]}-{self.mark_colour[1:]}.css"

    @property
    def measuring(self) -> Measuring | None:
        """None if nobody but the portal measures it."""
        if not self.measured:
            return None
        try:
            return read_snippet(self.measuring_snippet)
        except ValidationError:
            return None

    @cached_property
    def shown_partners(self) -> list[Any]:
        return [block.value for block in self.partners]

    def fetch_pictures(self) -> None:
        """Emblem, label and logos with their renditions, in two queries at most; none if there are no pictures."""
        logos = [partner["logo"] for partner in self.shown_partners]
        fetch_renditions([self.emblem, self.measuring_label if self.measured else None, *logos])

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        """The site's own page; Wagtail has put these settings, not saved yet, on the request."""
        page = self.site.root_page
        if mode_name == "section":
            page = page.get_children().live().in_menu().first() or page
        shown = page.specific
        response: HttpResponse = shown.serve_preview(request, shown.default_preview_mode)
        return response
