"""Họ và tên: one field, the family's name first."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.urls import reverse

from cms.accounts.names import full_name, split_name


@pytest.mark.parametrize(
    ("written", "family", "own"),
    [
        ("Nguyễn Thị Minh Khai", "Nguyễn Thị Minh", "Khai"),
        ("  Lê   An ", "Lê", "An"),
        ("Khai", "", "Khai"),
        ("Nguye\u0302\u0303n An", "Nguyễn", "An"),  # as a Mac types it
    ],
)
def test_a_name_is_taken_apart_and_comes_back(written: str, family: str, own: str) -> None:
    assert split_name(written) == (family, own)
    user = get_user_model()(last_name=family, first_name=own)
    assert full_name(user) == user.get_full_name() == f"{family} {own}".strip()


def test_an_account_is_made_changed_and_listed_with_its_full_name(admin_client: Client, db: None) -> None:
    fields = {
        "username": "khai",
        "full_name": "Nguyễn Thị Minh Khai",
        "email": "khai@example.vn",
        "password1": "mot cau de nho 2026",
        "password2": "mot cau de nho 2026",
    }
    refused = admin_client.post(reverse("wagtailusers_users:add"), fields | {"full_name": " "})
    assert refused.context["form"].errors.keys() == {"full_name"}
    assert admin_client.post(reverse("wagtailusers_users:add"), fields).status_code == 302
    user = get_user_model().objects.get(username="khai")
    assert (user.last_name, user.first_name) == ("Nguyễn Thị Minh", "Khai")
    assert "Nguyễn Thị Minh Khai" in admin_client.get(reverse("wagtailusers_users:index")).content.decode()

    edit = reverse("wagtailusers_users:edit", args=[user.pk])
    html = admin_client.get(edit).content.decode()
    assert 'value="Nguyễn Thị Minh Khai"' in html
    for field in ("username", "email", "password1", "password2", "is_active"):
        assert f'name="{field}"' in html
    changed = {"username": "khai", "full_name": "Trần Khai", "email": "khai@example.vn", "is_active": "on"}
    assert admin_client.post(edit, changed).status_code == 302
    user.refresh_from_db()
    assert user.get_full_name() == "Trần Khai"


def test_one_changes_ones_own_name(admin_client: Client, admin_user: Any) -> None:
    html = admin_client.get(reverse("wagtailadmin_account")).content.decode()
    assert "name_email-full_name" in html
    assert "first_name" not in html
