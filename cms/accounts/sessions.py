"""Sessions in the database, which know whose they are, so that people see their own and can end them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from cms.accounts.models import Session

DEVICE, BEGAN, SEEN = "device", "began_at", "seen_at"  # of a signed-in session; the times are Unix times


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = super().create_model_instance(data)
        assert isinstance(session, Session)
        session.user_id = data.get(SESSION_KEY)
        session.device = data.get(DEVICE, "")
        session.began_at = _time(data.get(BEGAN))
        session.seen_at = _time(data.get(SEEN))
        return session


def open_sessions(user: Any) -> QuerySet[Session]:
    """Those of ``user`` that would still be let in, the latest first."""
    now = timezone.now()
    alive = Session.objects.filter(user=user, expire_date__gt=now, seen_at__gt=now - idle_time())
    return alive.order_by("-seen_at")


def end_others(user: Any, session: Any) -> int:
    """End every session of ``user`` but this one; returns how many there were."""
    return Session.objects.filter(user=user).exclude(session_key=session.session_key).delete()[0]


def end_all(user: Any) -> None:
    Session.objects.filter(user=user).delete()


def idle_time() -> timedelta:
    return timedelta(minutes=settings.SIGN_IN.idle_minutes)


def _time(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
