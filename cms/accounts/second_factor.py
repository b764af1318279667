"""The second factor: an app's code, or one of the recovery codes. Who needs one, from when on, and how it is reset."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_otp.plugins.otp_static.models import StaticDevice
from wagtail.models import GroupPagePermission

from cms.accounts.keys import name_of
from cms.accounts.models import Authenticator, Grace, Outcome
from cms.accounts.sessions import end_all
from cms.settings.variables import SignInSettings

RECOVERY_CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that is mistaken for another
RECOVERY_LENGTH = 10
# Permissions to give somebody permissions; others that publish are named so.
POWERS = frozenset({"auth.change_user", "auth.add_user", "auth.change_group", "auth.add_group"})


def needs_one(user: Any) -> bool:
    """Whether ``user`` may publish, or may make somebody who may."""
    if _sign_in().second_factor_days is None:
        return False
    if user.is_superuser:
        return True
    if any(held in POWERS or ".publish_" in held for held in user.get_all_permissions()):
        return True
    publishing = GroupPagePermission.objects.filter(permission__codename="publish_page")
    return bool(publishing.filter(group__in=user.groups.all()).exists())


def days_left(user: Any) -> int:
    """For how many days ``user``, who needs one, may go on without; 0: not any more. Counted from the first asking."""
    asked, _made = Grace.objects.get_or_create(user=user, defaults={"asked_at": timezone.now()})
    left = asked.asked_at + timedelta(days=_sign_in().second_factor_days or 0) - timezone.now()
    return max(0, -(-left // timedelta(days=1)))


def _sign_in() -> SignInSettings:
    given: SignInSettings = settings.SIGN_IN
    return given


def authenticator_of(user: Any) -> Authenticator | None:
    found: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=True).first()
    return found


def begin(user: Any) -> Authenticator:
    """The authenticator that ``user`` is setting up; not in use before it has shown a code."""
    found: Authenticator | None = Authenticator.objects.filter(user=user, confirmed=False).first()
    return found or Authenticator.objects.create(user=user, confirmed=False, name="app")


@transaction.atomic
def confirm(user: Any, code: str) -> list[str] | None:
    """Put the new authenticator into use if ``code`` is its; returns new recovery codes, or None if it is not."""
    new = Authenticator.objects.select_for_update().filter(user=user, confirmed=False).first()
    if new is None or not new.verify_token(digits(code)):
        return None
    Authenticator.objects.filter(user=user, confirmed=True).delete()
    new.confirmed = True
    new.save()
    return make_recovery_codes(user)


@transaction.atomic
def verify(user: Any, code: str) -> Outcome | None:
    """By which factor ``code`` is right, each code once; None if it is wrong."""
    device = Authenticator.objects.select_for_update().filter(user=user, confirmed=True).first()
    if device is not None and device.verify_token(digits(code)):
        return Outcome.CODE
    recovery = StaticDevice.objects.select_for_update().filter(user=user).first()
    if recovery is not None and recovery.verify_token(_kept(user, code)):
        return Outcome.RECOVERY
    return None


@transaction.atomic
def make_recovery_codes(user: Any) -> list[str]:
    """New ones, shown once: their digests alone are kept. The old ones end."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
    for code in codes:
        device.token_set.create(token=_kept(user, code))
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def recovery_codes_left(user: Any) -> int:
    return sum(device.token_set.count() for device in StaticDevice.objects.filter(user=user))


@transaction.atomic
def reset(user: Any) -> bool:
    """Take the second factor from ``user`` and end the sessions; returns whether there was one.

    Who needs one is asked for it anew, with the whole time to set it up.
    """
    had = bool(Authenticator.objects.filter(user=user, confirmed=True).count())
    Authenticator.objects.filter(user=user).delete()
    StaticDevice.objects.filter(user=user).delete()
    Grace.objects.filter(user=user).delete()
    end_all(user)
    return had


def digits(code: str) -> str:
    """People type "123 456"."""
    return "".join(code.split())


def _kept(user: Any, code: str) -> str:
    plain = "".join(character for character in code.casefold() if character.isalnum())
    return name_of("recovery", str(user.pk), plain)[:16]
