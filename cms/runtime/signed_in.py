"""Whether a request comes from somebody who is signed in, known from its session before Django sees it."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import close_old_connections
from django.http import parse_cookie

from pipeline.process.http import Scope


def session_of(scope: Scope) -> str | None:
    """The key of the session that the request names, real or invented."""
    session = cookie_of(scope, settings.SESSION_COOKIE_NAME)
    return session if session and "\0" not in session else None


def cookie_of(scope: Scope, name: str) -> str:
    """Empty if the request has no such cookie."""
    cookies = "; ".join(value.decode("latin-1") for header, value in scope["headers"] if header == b"cookie")
    return parse_cookie(cookies).get(name, "")


def is_signed_in(session: str) -> bool:
    """Whether the session is a user's. It asks the database: call it in a thread. Raises DatabaseError."""
    close_old_connections()
    try:
        return SESSION_KEY in import_module(settings.SESSION_ENGINE).SessionStore(session)
    finally:
        close_old_connections()
