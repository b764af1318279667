from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

PASSWORD = "bon-tu-khong-lien-quan"
CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
)

SignIn = Callable[..., Any]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time of tries and sessions, in a list: a test moves it on."""
    now = [1_800_000_000.0]
    for module in ("tries", "signing_in", "middleware"):
        monkeypatch.setattr(f"cms.accounts.{module}.time.time", lambda: now[0])
    return now


@pytest.fixture
def admin(db: None) -> Any:
    return get_user_model()._default_manager.create_superuser("quan-tri", "", PASSWORD)


@pytest.fixture
def editor(db: None) -> Any:
    """Somebody who may enter the admin and publish nothing."""
    from django.contrib.auth.models import Permission  # noqa: PLC0415 - Django must be set up

    user = get_user_model()._default_manager.create_user("bien-tap", "", PASSWORD)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    return user


@pytest.fixture
def sign_in() -> SignIn:
    def send(client: Client, user: str, password: str = PASSWORD, *, network: str = "198.51.100.7", **more: str) -> Any:
        fields = {"username": user, "password": password, "next": "/admin/", **more}
        return client.post("/admin/login/", fields, REMOTE_ADDR=network, headers={"User-Agent": CHROME})

    return send
