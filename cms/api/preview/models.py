"""What revokes the links to a page's draft."""

from __future__ import annotations

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page


def a_number() -> str:
    return secrets.token_hex(8)


class PreviewNumber(models.Model):
    """A page's links carry its number; with a new one, those made before open nothing."""

    page = models.OneToOneField(Page, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("trang"))
    number = models.CharField(max_length=16, default=a_number)

    class Meta:
        default_permissions = ()
        verbose_name = _("liên kết xem trước")
        verbose_name_plural = _("liên kết xem trước")

    def __str__(self) -> str:
        return str(self.page_id)
