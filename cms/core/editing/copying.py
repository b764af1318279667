"""The form that copies a page works at once; Wagtail 8 fills in the page's own address, and refuses it."""

from __future__ import annotations

from itertools import count
from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.forms.pages import CopyForm
from wagtail.models import Page

from cms.core.addresses import taken_segments

LONGEST_TITLE = LONGEST_SLUG = 255


class CopyAtOnceForm(CopyForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = _(" (bản sao)")
        self.fields["new_title"].initial = f"{self.page.title[: LONGEST_TITLE - len(words)]}{words}"
        self.fields["new_slug"].initial = free_slug(self.page)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        slug, parent = cleaned.get("new_slug"), cleaned.get("new_parent_page") or self.page.get_parent()
        if slug and slug in taken_segments() and not Page._slug_is_available(slug, parent):
            self.add_error("new_slug", _("Đường dẫn “%(slug)s” là của một chức năng của cổng.") % {"slug": slug})
        return cleaned


def copy_at_once() -> None:
    """Call this once, in ``ready()``: every page type, the plugin's too, that has no form of its own."""
    Page.copy_form_class = CopyAtOnceForm


def free_slug(page: Page) -> str:
    """The page's slug with the first number that no sibling has: ``hop-giao-ban`` → ``hop-giao-ban-2``."""
    taken = set(page.get_siblings().values_list("slug", flat=True))
    candidates = (f"{page.slug[: LONGEST_SLUG - 6]}-{number}" for number in count(2))
    return next(slug for slug in candidates if slug not in taken)
