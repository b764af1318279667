"""A person is signed in when every factor was right, and not before; then the session gets a new key."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, get_user_model, login
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from cms.accounts import journal
from cms.accounts.browsers import describe_device
from cms.accounts.models import Outcome
from cms.accounts.sessions import BEGAN, DEVICE, SEEN

AWAITED = "awaits_code"  # in a session of nobody: who gave the right password, and when
CODE_SECONDS = 600
BY_FACTOR = "second_factor"  # in a session: signed in with it
BACKEND = "cms.accounts.backends.CountedTries"


def await_code(request: HttpRequest, user: Any, *, remember: bool, to: str) -> None:
    """Remember that the password was right, for some minutes."""
    request.session.cycle_key()
    request.session[AWAITED] = {
        "user": user.pk,
        "hash": user.get_session_auth_hash(),
        "remember": remember,
        "to": to,
        "at": time.time(),
    }
    request.session.set_expiry(CODE_SECONDS)


def awaited(request: HttpRequest) -> tuple[Any, dict[str, Any]] | None:
    """Who has given the right password and not yet the code, and how they asked; None once that is too long ago, or
    the password or the account has changed since."""
    asked = request.session.get(AWAITED)
    if not asked or time.time() - asked["at"] > CODE_SECONDS:
        return None
    user = get_user_model()._default_manager.filter(pk=asked["user"], is_active=True).first()
    if user is None or not constant_time_compare(asked["hash"], user.get_session_auth_hash()):
        return None
    return user, asked


def complete(request: HttpRequest, user: Any, *, how: Outcome, remember: bool) -> None:
    """Sign in. Nothing of the session before it is kept, and no one who knew its key is in."""
    request.session.flush()
    login(request, user, backend=BACKEND)
    request.session.set_expiry(settings.SESSION_COOKIE_AGE if remember else 0)
    now = time.time()
    request.session.update({DEVICE: describe_device(request), BEGAN: now, SEEN: now})
    if how is not Outcome.PASSWORD:
        request.session[BY_FACTOR] = how.value
    assert HASH_SESSION_KEY in request.session
    journal.record(request, user, how)
