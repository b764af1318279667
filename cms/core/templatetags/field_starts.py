"""`{% start_field 'initDateChooser' id config_json %}`: starts a field of the admin without a script in the page."""

from __future__ import annotations

import json

from django import template
from django.utils.safestring import SafeString

from cms.core.field_starts import start_of

register = template.Library()


@register.simple_tag
def start_field(call: str, id_: str, config_json: str) -> SafeString:
    return start_of(call, id_, json.loads(config_json))


@register.simple_tag
def start_panel(call: str, options_json: str) -> SafeString:
    return start_of(call, json.loads(options_json))
