"""The department's name and contact: staff enter them once, every page shows them."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, MultiFieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting


@register_setting(icon="home")
class DepartmentSettings(BaseSiteSetting):
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
    footer_note = models.TextField(
        _("ghi chú chân trang"),
        blank=True,
        help_text=_("Ví dụ: người chịu trách nhiệm nội dung, quy định về trích dẫn."),
    )

    panels = [
        MultiFieldPanel([FieldPanel("parent_body"), FieldPanel("name")], heading=_("Tên gọi")),
        MultiFieldPanel([FieldPanel("address"), FieldPanel("phone"), FieldPanel("email")], heading=_("Liên hệ")),
        FieldPanel("footer_note"),
    ]

    class Meta:
        verbose_name = _("Thông tin cơ quan")
        verbose_name_plural = _("Thông tin cơ quan")

    def __str__(self) -> str:
        return self.name
