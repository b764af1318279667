"""What changed, what was told of it, and to whom."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site


class Mark(models.Model):
    """A page that a transaction changed, written by the triggers in that transaction; gone once it is looked at.

    ``page_id`` empty: any page may have changed. ``branch``: so may every page below it. ``shown``: what the page shows
    has changed, wherever it is.
    """

    page_id = models.BigIntegerField(null=True)
    branch = models.BooleanField(default=False)
    shown = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.page_id or 'all'}{' and below' if self.branch else ''}"


class EventType(models.TextChoices):
    """Their texts are what receivers get; the labels are for the admin."""

    PUBLISHED = "page.published", _("Trang được đăng, hoặc đăng lại")
    UNPUBLISHED = "page.unpublished", _("Trang được gỡ, hoặc không còn công khai")
    MOVED = "page.moved", _("Trang đổi địa chỉ")
    DELETED = "page.deleted", _("Trang bị xóa")


PUBLIC = (EventType.PUBLISHED, EventType.MOVED)  # after one of these the page is there for everybody


class Event(models.Model):
    """What the public can see differently of one page of one site.

    ``id`` is its place in the order in which events were told: no event appears below one that can be read already.
    ``last``: nothing later was told of the page. Such events are never deleted, and together are the published tree.
    Neither page nor site is a relation, since events outlive both.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=20, choices=EventType.choices)
    at = models.DateTimeField()
    page_id = models.BigIntegerField()
    site_id = models.BigIntegerField()
    site_url = models.CharField(max_length=300)
    page_type = models.CharField(max_length=200)
    path = models.TextField()
    previous_path = models.TextField(blank=True)
    locale = models.CharField(max_length=100)
    published_at = models.DateTimeField(null=True)
    last = models.BooleanField(default=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["site_id", "id"], name="announcing_of_a_site"),
            models.Index(fields=["page_id"], condition=models.Q(last=True), name="announcing_last"),
            models.Index(fields=["at"], condition=models.Q(last=False), name="announcing_superseded"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.path}"

    @property
    def is_public(self) -> bool:
        return self.type in PUBLIC

    def as_json(self) -> dict[str, Any]:
        """As every receiver gets it: webhooks, the topic and ``/api/v2/changes/``."""
        data: dict[str, Any] = {
            "page": {
                "id": self.page_id,
                "type": self.page_type,
                "path": self.path,
                "locale": self.locale,
                "last_published_at": _in_utc(self.published_at),
            },
            "site": {"id": self.site_id, "url": self.site_url},
        }
        if self.type == EventType.MOVED:
            data["previous_path"] = self.previous_path
        return {
            "id": self.uuid.hex,
            "type": self.type,
            "timestamp": _in_utc(self.at),
            "sequence": self.pk,
            "data": data,
        }

    def as_text(self) -> str:
        return json.dumps(self.as_json(), ensure_ascii=False, separators=(",", ":"))


def _in_utc(at: datetime | None) -> str | None:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z" if at else None


class Told(models.Model):
    """Up to which event the topic has them; one row."""

    sequence = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.sequence)


def is_web_address(text: str) -> None:
    """Raises ValidationError."""
    URLValidator(schemes=["https", "http"])(text)
    if "@" in text.partition("://")[2].partition("/")[0]:
        raise ValidationError(_("Địa chỉ không được kèm tên người dùng hay mật khẩu."))


class Endpoint(models.Model):
    """A receiver of webhooks. What is kept of its secret is a random number, from which the installation's key makes
    it: ``cms.announcing.secrets``.

    ``old_number``, ``old_fingerprint``: of the secret before, which signs beside the present one until ``old_until``.
    ``failing_since``: of the failures after which none succeeded. ``leased_until``: until when one process has it.
    """

    name = models.CharField(_("tên"), max_length=100, help_text=_("Hệ thống nào nhận – ví dụ: trang tin của Sở."))
    url = models.CharField(
        _("địa chỉ nhận"),
        max_length=500,
        validators=[is_web_address],
        help_text=_("Bắt đầu bằng https://. Cổng gửi mỗi tin bằng một yêu cầu POST."),
    )
    site = models.ForeignKey(
        Site,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("cổng thông tin"),
        help_text=_("Chỉ tin của cổng này. Để trống: mọi cổng."),
    )
    events = models.JSONField(_("các loại tin"), default=list)
    is_on = models.BooleanField(_("đang bật"), default=True, help_text=_("Khi tắt, tin mới không được giữ lại để gửi."))
    made_at = models.DateTimeField(_("tạo lúc"), default=timezone.now, editable=False)
    number = models.CharField(max_length=64, editable=False)
    fingerprint = models.CharField(max_length=16, editable=False)
    old_number = models.CharField(max_length=64, blank=True, editable=False, default="", db_default="")
    old_fingerprint = models.CharField(max_length=16, blank=True, editable=False, default="", db_default="")
    old_until = models.DateTimeField(null=True, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    switched_off_at = models.DateTimeField(null=True, editable=False)
    why_off = models.CharField(max_length=200, blank=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    leased_by = models.CharField(max_length=32, blank=True, editable=False)

    class Meta:
        verbose_name = _("nơi nhận tin")
        verbose_name_plural = _("nơi nhận tin")
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name

    # what the listing shows

    @property
    def state(self) -> str:
        if self.is_on:
            return str(_("Đang gửi lại") if self.failing_since else _("Đang bật"))
        return str(_("Cổng đã tự tắt") if self.switched_off_at else _("Đã tắt"))

    @property
    def of_site(self) -> str:
        return str(self.site or _("Mọi cổng"))


class State(models.TextChoices):
    WAITING = "waiting", _("Chờ gửi")
    DELIVERED = "delivered", _("Đã nhận")
    DEAD = "dead", _("Đã thôi gửi")


class Delivery(models.Model):
    """One event on its way to one receiver. ``due_since``: when its days began, at which end it is dead."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, models.CASCADE, related_name="deliveries")
    page_id = models.BigIntegerField()
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices, default=State.WAITING)
    due_since = models.DateTimeField(default=timezone.now)
    next_try_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    tried_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)

    class Meta:
        default_permissions = ()
        verbose_name = _("lần gửi")
        verbose_name_plural = _("các lần gửi")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="announcing_once_a_receiver")]
        indexes = [
            models.Index(
                fields=["endpoint", "page_id", "event"],
                condition=models.Q(state=State.WAITING),
                name="announcing_in_order",
            ),
            models.Index(fields=["endpoint", "-event"], name="announcing_deliveries"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id}"
