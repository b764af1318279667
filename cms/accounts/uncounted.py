"""Browsers of staff, whose views no public counter has, signed in or not: a signed cookie, which the collector reads.

A user who is signed in and may enter the admin gets it, and it is renewed while that is so; signing out leaves it.
Readers get none. A user who wants the views of a browser counted says so in the account, and the same cookie keeps it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from cms.statistics.page_tokens import beacon_key
from pipeline.staff import DAY_SECONDS, KEEP_DAYS, days_left, sign_staff

GetResponse = Callable[[HttpRequest], HttpResponseBase]

COUNTED = "0"  # the value in a browser whose views are to be counted; the collector takes it for no one's
RENEWED_AFTER_DAYS = 30


class StaffCookie:
    """Gives and renews the cookie, with answers of the admin alone: all others are the same for everybody."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.path.startswith(settings.ADMIN_PATH) and _needs_cookie(request, response):
            leave_out(response)
        return response


def is_counted(request: HttpRequest) -> bool:
    """Whether somebody has said in this browser that its views are to be counted."""
    return request.COOKIES.get(settings.STAFF_COOKIE_NAME) == COUNTED


def leave_out(response: HttpResponseBase) -> None:
    """From now on this browser's views are counted nowhere."""
    _set(response, sign_staff(key=beacon_key(), now=time.time()))


def count(response: HttpResponseBase) -> None:
    """From now on this browser's views are counted, whenever nobody is signed in."""
    _set(response, COUNTED)


def _needs_cookie(request: HttpRequest, response: HttpResponseBase) -> bool:
    if is_counted(request) or settings.STAFF_COOKIE_NAME in response.cookies:
        return False
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:  # perhaps there is no database to ask
        return False
    given = days_left(request.COOKIES.get(settings.STAFF_COOKIE_NAME, ""), [beacon_key()], time.time())
    if given > KEEP_DAYS - RENEWED_AFTER_DAYS:
        return False
    user = getattr(request, "user", None)
    return user is not None and user.is_authenticated and user.has_perm("wagtailadmin.access_admin")


def _set(response: HttpResponseBase, value: str) -> None:
    response.set_cookie(
        settings.STAFF_COOKIE_NAME,
        value,
        max_age=KEEP_DAYS * DAY_SECONDS,
        path="/",
        secure=settings.BEHIND_TLS,
        httponly=True,
        samesite="Lax",
    )
