"""Starts the fields of the admin without scripts in its pages, so that its policy can refuse all of them.

Wagtail 8.0.1 writes a script after each chooser, date, time and inline panel. Here they are data instead, which
`core/js/start-fields.js` reads: templates of our own for those that have one, and ``without_script`` for choosers,
which have none. A test looks for scripts in what Wagtail renders; remove all of this when it finds none in Wagtail's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from wagtail.admin.widgets import BaseChooser

_SCRIPT = re.compile(r"<script>(?:new )?(\w+)\((.*)\);</script>$", re.DOTALL)


def start_of(call: str, *arguments: object) -> SafeString:
    """The place that says what to call; the script removes it when it has."""
    return format_html('<i hidden data-nhip-start data-call="{}" data-args="{}"></i>', call, json.dumps(arguments))


def start_choosers_without_scripts() -> None:
    """Call this once, in ``ready()``."""
    BaseChooser.render = without_script(BaseChooser.render)


def without_script(render: Callable[..., str]) -> Callable[..., SafeString]:
    """``render`` of a chooser, which ends with a script of one call with arguments in JSON."""

    def rendered(widget: BaseChooser, *arguments: Any, **options: Any) -> SafeString:
        html = render(widget, *arguments, **options)
        found = _SCRIPT.search(html)
        if found is None:
            return mark_safe(html)
        call, given = found.groups()
        return mark_safe(html[: found.start()] + start_of(call, *json.loads(f"[{given}]")))

    return rendered
