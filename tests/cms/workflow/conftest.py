from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client

from cms.workflow.roles import NAMES, Role

Enter = Callable[[Role], Client]


@pytest.fixture
def staff(db: None, settings: Any) -> dict[Role, Any]:
    """One account for each role; nobody is asked for a second factor."""
    settings.SIGN_IN = type(settings.SIGN_IN)(second_factor_days=None)
    made = {}
    for role in Role:
        user = get_user_model()._default_manager.create_user(role.value, f"{role.value}@so.example", "x")
        user.groups.add(Group.objects.get(name=NAMES[role]))
        made[role] = user
    return made


@pytest.fixture
def enter(staff: dict[Role, Any]) -> Enter:
    def sign_in(role: Role) -> Client:
        client = Client()
        client.force_login(staff[role])
        return client

    return sign_in
