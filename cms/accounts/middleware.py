"""What holds for every request of somebody who signs in or is signed in."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from wagtail.admin import messages

from cms.accounts import journal, second_factor
from cms.accounts.models import Outcome
from cms.accounts.sessions import SEEN, idle_time
from cms.accounts.signing_in import BY_FACTOR
from cms.accounts.tries import TooManyTries

GetResponse = Callable[[HttpRequest], HttpResponseBase]

SEEN_EVERY_SECONDS = 60.0
# The browser asks these by itself while a page is open: nobody is at work for that.
BY_THEMSELVES = ("/admin/editing-sessions/", "/admin/jsi18n/", "/admin/sprite/")


class SlowedDown:
    """Too many tries: words, 429 and when to come again."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, _request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyTries):
            return None
        html = render_to_string("429.html", {"wait": in_words(exception.wait)})
        return HttpResponse(html, status=429, headers={"Retry-After": str(exception.wait), "Cache-Control": "no-store"})


class IdleSignOut:
    """Sign out who has done nothing for NHIP_SESSION_IDLE_MINUTES. Readers, who have no session, cost nothing."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session:
            self._look_at(request)
        return self._get_response(request)

    def _look_at(self, request: HttpRequest) -> None:
        now = time.time()
        idle = now - request.session.get(SEEN, now)
        if idle > idle_time().total_seconds():
            journal.record(request, request.user if request.user.is_authenticated else None, Outcome.IDLE)
            logout(request)
            messages.warning(request, _("Bạn đã được đăng xuất vì lâu không thao tác. Mời đăng nhập lại."))
        elif (idle > SEEN_EVERY_SECONDS or SEEN not in request.session) and not request.path.startswith(BY_THEMSELVES):
            request.session[SEEN] = now


class SecondFactor:
    """In the admin, who may publish has a second factor, or still some days to set it up."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response
        self._admin = reverse("wagtailadmin_home")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(self._admin) and request.user.is_authenticated and BY_FACTOR not in request.session:
            return self._ask(request) or self._get_response(request)
        return self._get_response(request)

    def _ask(self, request: HttpRequest) -> HttpResponse | None:
        set_up = reverse("accounts_second_factor")
        if request.path.startswith((set_up, reverse("wagtailadmin_logout"), *BY_THEMSELVES)):
            return None
        if second_factor.authenticator_of(request.user):
            logout(request)  # set up in another browser, after this one had signed in
            return redirect_to_login(request.get_full_path())
        if second_factor.needs_one(request.user) and not second_factor.days_left(request.user):
            return redirect(set_up)
        return None


def in_words(seconds: int) -> str:
    if seconds < 90:
        return _("%(seconds)d giây") % {"seconds": seconds}
    return _("%(minutes)d phút") % {"minutes": -(-seconds // 60)}
