"""The screen on which an editor makes a link to a draft, or takes all links of the page back."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from wagtail.admin import messages
from wagtail.log_actions import log
from wagtail.models import Page

from cms.api.preview.links import address_of, make_link, revoke_links
from cms.found.addresses import absolute

MADE, REVOKED = "previews.make", "previews.revoke"


@require_http_methods(["GET", "HEAD", "POST"])
def preview_link(request: HttpRequest, page_id: int) -> HttpResponse:
    page = get_object_or_404(Page, pk=page_id).specific
    if page.depth < 2 or not page.permissions_for_user(request.user).can_edit():
        raise PermissionDenied
    if request.method == "POST" and "revoke" in request.POST:
        revoke_links(page)
        log(page, REVOKED, user=request.user)
        messages.success(request, _("Đã thu hồi mọi liên kết xem trước của trang này."))
        return redirect("preview_link", page.pk)
    context = {"page": page, "hours": settings.PREVIEWS.hours, "page_title": _("Liên kết xem trước")}
    if request.method == "POST":
        link = make_link(page)
        log(page, MADE, user=request.user)
        api = absolute(reverse("api_preview", args=[link]), request)
        context |= {"front_end": address_of(link), "api": api}
    return TemplateResponse(request, "previews/link.html", context)
