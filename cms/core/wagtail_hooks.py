"""What the portal adds to every page of the admin."""

from __future__ import annotations

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from wagtail import hooks


@hooks.register("insert_global_admin_js")
def start_fields() -> SafeString:
    """Before the fields of the page, which it starts."""
    return format_html('<script src="{}"></script>', static("core/js/start-fields.js"))
