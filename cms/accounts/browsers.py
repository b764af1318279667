"""Browsers in which an account has signed in before, known by a signed cookie; and what kind of device one is.

"Device cookies" of OWASP: whoever guesses at an account from the same office, or from a thousand addresses, does not
keep its owner out, whose browser has tries of its own.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from cms.accounts.keys import name_of

PATH = "/admin/login/"  # no page depends on it
SALT = "nhip.browser"
KEEP_SECONDS = 180 * 24 * 60 * 60
MOST_ACCOUNTS = 8

KINDS = {"desktop": _("máy tính"), "phone": _("điện thoại"), "tablet": _("máy tính bảng")}


def known(request: HttpRequest, account: str) -> str:
    """The mark of this browser for ``account``; empty if the account has never signed in here."""
    return _accounts(request).get(_name(account), "")


def is_known(cookie: str) -> bool:
    """Whether the cookie is of a browser in which somebody has signed in before."""
    return bool(_read(cookie))


def remember(request: HttpRequest, response: HttpResponseBase, account: str) -> None:
    """After signing in: know this browser the next time."""
    accounts = _accounts(request)
    mark = accounts.pop(_name(account), "") or secrets.token_hex(16)
    latest = dict(list(accounts.items())[1 - MOST_ACCOUNTS :]) | {_name(account): mark}
    response.set_cookie(
        settings.BROWSER_COOKIE_NAME,
        signing.dumps(latest, salt=SALT),
        max_age=KEEP_SECONDS,
        path=PATH,
        secure=settings.BEHIND_TLS,
        httponly=True,
        samesite="Strict",
    )


def describe_device(request: HttpRequest) -> str:
    """Such as "Chrome, Windows, máy tính": families only, from the beacon's own lists."""
    from pipeline.collecting.enrich.agents import describe_agent  # noqa: PLC0415 - its lists cost commands a second

    agent = describe_agent(request.headers.get("User-Agent", ""))
    return ", ".join(filter(None, (agent.browser or agent.bot, agent.os, str(KINDS.get(agent.device, "")))))[:80]


def _accounts(request: HttpRequest) -> dict[str, str]:
    return _read(request.COOKIES.get(settings.BROWSER_COOKIE_NAME, ""))


def _read(cookie: str) -> dict[str, str]:
    try:
        found = signing.loads(cookie, salt=SALT, max_age=KEEP_SECONDS)
    except signing.BadSignature:
        return {}
    return dict(found)


def _name(account: str) -> str:
    return name_of("browser", account.casefold())
