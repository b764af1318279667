from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from django import template
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

PICTURES = Path(__file__).parent.parent / "static/handbook/pictures"

register = template.Library()


@cache
def sizes() -> dict[str, list[int]]:
    """Width and height in pixels of every picture that was taken."""
    found: dict[str, list[int]] = json.loads((PICTURES / "sizes.json").read_text(encoding="utf-8"))
    return found


@register.simple_tag
def picture(name: str, caption: str) -> SafeString:
    """A screen of the admin with what to see in it. Raises KeyError if it was never taken."""
    width, height = sizes()[name]
    return format_html(
        '<figure class="handbook-picture"><img src="{}" width="{}" height="{}" alt="{}" loading="lazy">'
        "<figcaption>{}</figcaption></figure>",
        static(f"handbook/pictures/{name}.webp"),
        width,
        height,
        caption,
        caption,
    )
