"""What was sent to a receiver, and what its administrator can do: send a test, send again, make a new secret."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.generic import View
from wagtail.admin import messages
from wagtail.log_actions import log

from cms.announcing.delivering import resend, send_outside
from cms.announcing.models import Delivery, Endpoint, State
from cms.announcing.secrets import (
    SECRET_FIELDS,
    SecretLost,
    end_old_secret,
    renew_secret,
    signed_headers,
    signing_secrets,
)
from cms.announcing.sending import Message, Outcome

MAY_CHANGE = "announcing.change_endpoint"
NEW_SECRET = "announcing.secret"
END_SECRET = "announcing.end_secret"
TEST = "nhip.test"
PER_SCREEN = 30


class Deliveries(View):
    model = Endpoint
    show_secret: Callable[[HttpRequest, Endpoint, str], HttpResponse] | None = None
    endpoint: Endpoint

    def dispatch(self, request: HttpRequest, *arguments: Any, **names: Any) -> Any:
        if not request.user.has_perm(MAY_CHANGE):
            raise PermissionDenied
        self.endpoint = get_object_or_404(Endpoint, pk=names["pk"])
        return super().dispatch(request, *arguments, **names)

    def get(self, request: HttpRequest, **_names: Any) -> HttpResponse:
        found = self.endpoint.deliveries.select_related("event").order_by("-event")
        context = {
            "endpoint": self.endpoint,
            "deliveries": Paginator(found, PER_SCREEN).get_page(request.GET.get("p")),
            "old_until": self._old_until(),
            "waiting": found.filter(state=State.WAITING).count(),
            "page_title": str(self.endpoint),
            "header_title": str(self.endpoint),
            "header_icon": "link-external",
        }
        return TemplateResponse(request, "announcing/deliveries.html", context)

    def post(self, request: HttpRequest, **_names: Any) -> HttpResponse:
        if "secret" in request.POST and self.show_secret:
            secret = renew_secret(self.endpoint, now=timezone.now())
            self.endpoint.save(update_fields=SECRET_FIELDS)
            log(self.endpoint, NEW_SECRET, user=request.user)
            return self.show_secret(request, self.endpoint, secret)
        if "end_old" in request.POST:
            end_old_secret(self.endpoint)
            self.endpoint.save(update_fields=SECRET_FIELDS)
            log(self.endpoint, END_SECRET, user=request.user)
            messages.success(request, _("Khóa cũ không còn ký tin nào nữa."))
        elif "test" in request.POST:
            self._test(request)
        elif (chosen := request.POST.get("resend", "")).isascii() and chosen.isdigit() and len(chosen) < 19:
            delivery = get_object_or_404(Delivery, pk=int(chosen), endpoint=self.endpoint)
            resend(delivery)
            soon, later = _("Tin sẽ được gửi lại ngay."), _("Tin sẽ được gửi khi nơi nhận được bật lại.")
            messages.success(request, soon if self.endpoint.is_on else later)
        return redirect("announcing_deliveries", self.endpoint.pk)

    def _old_until(self) -> datetime | None:
        until = self.endpoint.old_until
        return until if until and until > timezone.now() else None

    def _test(self, request: HttpRequest) -> None:
        try:
            outcome = send_test(self.endpoint)
        except SecretLost:
            messages.error(request, _("Khóa của cổng đã đổi: hãy tạo khóa bí mật mới cho nơi nhận này."))
            return
        if outcome.is_delivered:
            messages.success(request, _("Nơi nhận đã nhận tin thử: %(answer)s") % {"answer": outcome.words})
        else:
            messages.error(request, _("Nơi nhận chưa nhận được tin thử: %(answer)s") % {"answer": outcome.words})


def send_test(endpoint: Endpoint) -> Outcome:
    """A message of no page, signed as any other. Raises SecretLost."""
    now, message = timezone.now(), uuid.uuid4().hex
    told = {"id": message, "type": TEST, "timestamp": f"{now:%Y-%m-%dT%H:%M:%SZ}", "data": {}}
    body = json.dumps(told, separators=(",", ":"))
    headers = signed_headers(signing_secrets(endpoint, now), message=message, body=body, now=now)
    (outcome,) = send_outside([Message(endpoint.url, body.encode(), headers)])
    return outcome
