"""How two versions of a page show days, times and answers: as people write them;
Wagtail writes Python's words.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext as _
from wagtail.admin.compare import FieldComparison, TextDiff, register_comparison_class


class WrittenComparison(FieldComparison):
    def htmldiff(self) -> str:
        before, after = _written(self.val_a), _written(self.val_b)
        if before == after:
            return escape(before)
        parts = [("deletion", before), ("addition", after)]
        return str(TextDiff([(kind, text) for kind, text in parts if text]).to_html())


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Có") if value else _("Không")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "d/m/Y H:i")
    if isinstance(value, date):
        return date_format(value, "d/m/Y")
    return str(value)


def compare_as_written() -> None:
    for field in (models.DateField, models.DateTimeField, models.BooleanField):
        register_comparison_class(field, comparison_class=WrittenComparison)
