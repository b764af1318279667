"""Who signed in, and who was refused: in the log, and in the admin's report. No address, no password, and no name that
is not an account's."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from cms.accounts.browsers import describe_device
from cms.accounts.models import Outcome, SignIn

LOGGER = "nhip.sign-in"
log = logging.getLogger(LOGGER)

KEEP = timedelta(days=180)
TOGETHER = timedelta(minutes=10)
REFUSED = frozenset({Outcome.WRONG_PASSWORD, Outcome.WRONG_CODE, Outcome.WRONG_PAGE_PASSWORD, Outcome.SLOWED})


def record(request: HttpRequest | None, user: Any, outcome: Outcome) -> None:
    """Write one line, or count one more of a refusal that was written in the last minutes."""
    device = describe_device(request) if request else ""
    if outcome in REFUSED and _count_one_more(user, outcome, device):
        return
    SignIn.objects.create(at=timezone.now(), user=user, outcome=outcome, device=device)
    name = user.get_username() if user else "(no such account)"
    level = logging.WARNING if outcome in REFUSED else logging.INFO
    log.log(level, "%s: %s%s", outcome.value, name, f" ({device})" if device else "")


def forget_old() -> None:
    SignIn.objects.filter(at__lt=timezone.now() - KEEP).delete()


def _count_one_more(user: Any, outcome: Outcome, device: str) -> bool:
    since = timezone.now() - TOGETHER
    latest = SignIn.objects.filter(user=user, outcome=outcome, at__gt=since).values_list("pk", flat=True).first()
    return bool(
        latest and SignIn.objects.filter(pk=latest).update(times=F("times") + 1, at=timezone.now(), device=device)
    )
