"""The audit log's lines are Wagtail's log entries and the report of sign-ins; here is who may read them together."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Entry(models.Model):
    """No table: a name for the right to read."""

    class Meta:
        managed = False
        default_permissions = ()
        permissions = [("view_entry", _("Đọc nhật ký hệ thống"))]
        verbose_name = _("Nhật ký hệ thống")
        verbose_name_plural = _("Nhật ký hệ thống")

    def __str__(self) -> str:
        return str(_("Nhật ký hệ thống"))
