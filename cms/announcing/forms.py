"""The form of a receiver: what can't be reached is refused when it is typed, not when it is sent to."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.admin.forms import WagtailAdminModelForm

from cms.announcing.addresses import NotHttps, Refused, is_inner, parts_of
from cms.announcing.models import Endpoint, EventType


class EndpointForm(WagtailAdminModelForm):
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Các loại tin"),
        choices=EventType.choices,
        initial=[one.value for one in EventType],
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Endpoint
        fields = ["name", "url", "site", "events", "is_on"]

    def clean_url(self) -> str:
        url: str = self.cleaned_data["url"]
        inner_allowed = settings.WEBHOOKS.inner
        try:
            host, _port = parts_of(url, inner_allowed=inner_allowed)
        except NotHttps:
            raise ValidationError(_("Địa chỉ phải bắt đầu bằng https://.")) from None
        except Refused:
            raise ValidationError(_("Địa chỉ này không đúng.")) from None
        if not inner_allowed and _is_number(host) and is_inner(host):
            raise ValidationError(_("Địa chỉ này nằm trong mạng nội bộ, cổng không gửi tới đó."))
        return url

    def save(self, commit: bool = True) -> Any:
        """Who switches a receiver on again begins anew."""
        if self.instance.is_on and "is_on" in self.changed_data:
            self.instance.failing_since = self.instance.switched_off_at = None
            self.instance.why_off = ""
        return super().save(commit)


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
