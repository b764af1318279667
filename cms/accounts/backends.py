"""Where passwords are compared: whoever asks for a request, whatever the form, is counted and written down."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.http import HttpRequest

from cms.accounts import journal, tries
from cms.accounts.models import Outcome


class CountedTries(ModelBackend):
    """Django's own backend with a limit. A try that is refused costs no password hash."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **more: Any
    ) -> User | None:
        """Raises TooManyTries."""
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **more)
        try:
            charged = tries.charge_password(request, username)
        except tries.TooManyTries:
            journal.record(request, find_user(username), Outcome.SLOWED)
            raise
        with tries.counting(charged):
            user = super().authenticate(request, username, password, **more)
        if user is None:
            journal.record(request, find_user(username), Outcome.WRONG_PASSWORD)
        else:
            charged.give_back()
        return user


def find_user(username: str) -> Any:
    """None if nobody is called that."""
    return get_user_model()._default_manager.filter(username=username).first()
