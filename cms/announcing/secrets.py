"""Secrets of receivers, and the signatures that they check, in the Standard Webhooks form.

A secret is made of the installation's key (NHIP_SECRET_KEY or ``django.key``) and a random number of the receiver's
row. The database holds the number alone, so neither it nor a copy of it can sign. With another key the secret is
another: what the row keeps of its digest tells, and nothing is sent until the receiver has a new one.

After a change of the secret both sign for a while, so that the receiver may take its time: the standard lets several
signatures stand in one header, and one that is known is enough.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from django.conf import settings
from standardwebhooks import Webhook

from cms.announcing.models import Endpoint

BEGINNING = "whsec_"
PURPOSE = b"nhip: secret of a receiver of webhooks"
FINGERPRINT_LENGTH = 16
OVERLAP = timedelta(hours=24)
SECRET_FIELDS = ("number", "fingerprint", "old_number", "old_fingerprint", "old_until")


class SecretLost(Exception):
    """The installation's key is another than when the secret was made."""


def make_secret(endpoint: Endpoint) -> str:
    """Give the receiver a new secret, without saving it; nobody can read the secret in the database afterwards."""
    endpoint.number = secrets.token_hex(32)
    secret = _secret_of(endpoint.number)
    endpoint.fingerprint = _fingerprint(secret)
    return secret


def renew_secret(endpoint: Endpoint, *, now: datetime) -> str:
    """The same; the secret before signs on for ``OVERLAP``, if it still can. To be saved are ``SECRET_FIELDS``."""
    end_old_secret(endpoint)
    if _is_known(endpoint.number, endpoint.fingerprint):
        endpoint.old_number, endpoint.old_fingerprint = endpoint.number, endpoint.fingerprint
        endpoint.old_until = now + OVERLAP
    return make_secret(endpoint)


def end_old_secret(endpoint: Endpoint) -> None:
    """Without saving it."""
    endpoint.old_number = endpoint.old_fingerprint = ""
    endpoint.old_until = None


def known_secret(endpoint: Endpoint) -> str:
    """Raises SecretLost."""
    if not _is_known(endpoint.number, endpoint.fingerprint):
        raise SecretLost
    return _secret_of(endpoint.number)


def signing_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    """The present one, and the one before for as long as it is good. Raises SecretLost."""
    found = [known_secret(endpoint)]
    is_good = endpoint.old_until is not None and now < endpoint.old_until
    if is_good and _is_known(endpoint.old_number, endpoint.old_fingerprint):
        found.append(_secret_of(endpoint.old_number))
    return found


def signed_headers(by: Sequence[str], *, message: str, body: str, now: datetime) -> dict[str, str]:
    """``by``: secrets, each of which signs. ``message``: its id, the same however often it is sent."""
    return {
        "content-type": "application/json",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message, now.astimezone(UTC), body) for secret in by),
    }


def _is_known(number: str, fingerprint: str) -> bool:
    return bool(number) and hmac.compare_digest(fingerprint, _fingerprint(_secret_of(number)))


def _secret_of(number: str) -> str:
    key = hmac.digest(settings.SECRET_KEY.encode(), PURPOSE, sha256)
    made = hmac.digest(key, bytes.fromhex(number), sha256)
    return BEGINNING + base64.b64encode(made).decode()


def _fingerprint(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()[:FINGERPRINT_LENGTH]
