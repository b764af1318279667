"""What staff enter about statistics: the widget's unit, and the opening balances of pages and sites."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.contrib.settings.models import BaseSiteSetting, register_setting
from wagtail.models import Page, Site

LARGEST_COUNT = 10**12  # more is a typing error


class CounterUnit(models.TextChoices):
    VISITS = "visits", _("Lượt truy cập")
    VIEWS = "views", _("Lượt xem trang")


@register_setting(icon="view")
class StatisticsSettings(BaseSiteSetting):
    unit = models.CharField(
        _("đơn vị đếm"),
        max_length=6,
        choices=CounterUnit.choices,
        default=CounterUnit.VISITS,
        help_text=_(
            "Khối Thống kê truy cập đếm theo đơn vị này. Lượt truy cập: số lần có người từ bên ngoài vào trang. "
            "Lượt xem trang: mỗi lần một trang được mở."
        ),
    )

    panels = [FieldPanel("unit")]

    class Meta:
        verbose_name = _("Thống kê truy cập")
        verbose_name_plural = _("Thống kê truy cập")
        permissions = [("see_reports", _("Xem mọi báo cáo truy cập"))]  # cms/statistics/reports/permissions.py

    def __str__(self) -> str:
        return str(_("Thống kê truy cập"))


class OpeningBalance(models.Model):
    """Counts from before this system, of one page, or of a whole site if `page` is empty.

    Where they belong, a page's site and locale, is the page's affair and not kept here: it may change without this row.
    """

    page = models.OneToOneField(
        Page,
        verbose_name=_("trang"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="opening_balance",
        help_text=_("Để trống nếu là số đếm ban đầu của cả cổng thông tin."),
    )
    site = models.ForeignKey(
        Site,
        verbose_name=_("cổng thông tin"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="opening_balances",
        help_text=_("Chỉ cần chọn khi để trống ô Trang."),
    )
    views = models.PositiveBigIntegerField(
        _("lượt xem"),
        default=0,
        validators=[MaxValueValidator(LARGEST_COUNT)],
        help_text=_("Số lượt xem đã có trước khi dùng hệ thống này."),
    )
    visits = models.PositiveBigIntegerField(
        _("lượt truy cập"),
        default=0,
        validators=[MaxValueValidator(LARGEST_COUNT)],
        help_text=_("Số lượt truy cập đã có trước khi dùng hệ thống này."),
    )
    note = models.CharField(
        _("nguồn số liệu"),
        max_length=255,
        blank=True,
        help_text=_("Lấy từ đâu, vào ngày nào – ví dụ: cổng thông tin cũ, ngày 01/11/2026."),
    )
    changed_at = models.DateTimeField(editable=False)
    sent_at = models.DateTimeField(_("gửi lúc"), null=True, editable=False)  # for the list of balances alone

    panels = [
        FieldPanel("page"),
        FieldPanel("site"),
        FieldPanel("views"),
        FieldPanel("visits"),
        FieldPanel("note"),
    ]

    class Meta:
        verbose_name = _("Số đếm ban đầu")
        verbose_name_plural = _("Số đếm ban đầu")
        ordering = ["-changed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["site"],
                condition=models.Q(page__isnull=True),
                name="one_opening_balance_per_site",
                violation_error_message=_("Cổng thông tin này đã có số đếm ban đầu."),
            )
        ]

    def __str__(self) -> str:
        return str(self.page or self.site)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.page is not None:
            self.site = None
        self.changed_at = timezone.now()
        self.sent_at = None
        super().save(*args, **kwargs)

    def clean(self) -> None:
        super().clean()
        if self.page is not None:
            self.site = None
        if self.site is None and (self.page is None or self.page.get_site() is None):
            raise ValidationError({"site": _("Hãy chọn một trang đã thuộc cổng thông tin, hoặc chọn cổng thông tin.")})

    @property
    def status(self) -> str:
        return str(_("Đã gửi") if self.sent_at else _("Chờ gửi"))


class SentBalance(models.Model):
    """What the event log has last of one place: a page in a site and a locale, or a site.

    `views` and `visits` are empty while it is in doubt whether the log has them.
    """

    site_id = models.PositiveBigIntegerField()
    page_id = models.PositiveBigIntegerField(help_text="0 is the site")
    locale = models.CharField(max_length=100)
    at = models.BigIntegerField(help_text="Unix milliseconds; of two balances of a place the later one counts")
    views = models.PositiveBigIntegerField(null=True)
    visits = models.PositiveBigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site_id", "page_id", "locale"], name="one_sent_balance_per_place")
        ]

    def __str__(self) -> str:
        return f"{self.site_id}/{self.page_id}/{self.locale}"
