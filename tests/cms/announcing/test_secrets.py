"""Two secrets sign for a while after a change, in one header, as the Standard Webhooks specification allows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from cms.announcing.forgetting import forget_old_secrets
from cms.announcing.models import Endpoint
from cms.announcing.secrets import (
    OVERLAP,
    SecretLost,
    end_old_secret,
    known_secret,
    make_secret,
    renew_secret,
    signed_headers,
    signing_secrets,
)


@pytest.fixture
def now() -> datetime:
    """Of the test, not of its module: receivers believe no signature that is minutes old."""
    return datetime.now(UTC)


def believes(secret: str, headers: dict[str, str], body: str = "{}") -> bool:
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def headers_of(endpoint: Endpoint, now: datetime, *, at: datetime) -> dict[str, str]:
    return signed_headers(signing_secrets(endpoint, at), message="m", body="{}", now=now)


def test_one_header_has_both_signatures_until_the_time_is_over(now: datetime) -> None:
    endpoint = Endpoint()
    old = make_secret(endpoint)
    assert len(headers_of(endpoint, now, at=now)["webhook-signature"].split(" ")) == 1
    new = renew_secret(endpoint, now=now)

    both = headers_of(endpoint, now, at=now + OVERLAP - timedelta(seconds=1))
    assert len(both["webhook-signature"].split(" ")) == 2
    assert both["webhook-signature"].startswith(Webhook(new).sign("m", now, "{}"))
    assert (believes(old, both), believes(new, both)) == (True, True)
    assert not believes(make_secret(Endpoint()), both)
    assert not believes(new, both, '{"a":1}')

    after = headers_of(endpoint, now, at=now + OVERLAP)
    assert (believes(old, after), believes(new, after)) == (False, True)


def test_the_one_before_the_last_is_over_at_once_and_so_is_one_that_is_ended(now: datetime) -> None:
    endpoint = Endpoint()
    secrets = [make_secret(endpoint), renew_secret(endpoint, now=now), renew_secret(endpoint, now=now)]
    assert [believes(one, headers_of(endpoint, now, at=now)) for one in secrets] == [False, True, True]
    end_old_secret(endpoint)
    assert [believes(one, headers_of(endpoint, now, at=now)) for one in secrets] == [False, False, True]


def test_with_another_key_of_the_installation_no_old_secret_signs(settings: Settings, now: datetime) -> None:
    endpoint = Endpoint()
    make_secret(endpoint)
    renew_secret(endpoint, now=now)
    settings.SECRET_KEY = "another key of the installation, as long as keys are"
    with pytest.raises(SecretLost):
        signing_secrets(endpoint, now)
    new = renew_secret(endpoint, now=now)
    assert endpoint.old_until is None, "what can't sign any more is not kept"
    assert signing_secrets(endpoint, now) == [new] == [known_secret(endpoint)]


@pytest.mark.django_db
def test_what_is_over_is_forgotten(now: datetime) -> None:
    found = []
    for hours in (25, 1):
        endpoint = Endpoint(name="a", url="https://a.example/", events=[])
        make_secret(endpoint)
        renew_secret(endpoint, now=now - timedelta(hours=hours))
        endpoint.save()
        found.append(endpoint)
    forget_old_secrets(now)
    for endpoint in found:
        endpoint.refresh_from_db()
    assert [(bool(one.old_number), bool(one.old_until)) for one in found] == [(False, False), (True, True)]
