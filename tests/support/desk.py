"""Accounts of the roles in a running product, and what people with them do in its admin."""

from __future__ import annotations

import subprocess
import sys

from part import ROOT
from playwright.sync_api import Page
from product import ADMIN_PASSWORD, Product

ROLES = ("author", "editor", "leader", "administrator")
# Accounts as `make_user` makes them, with a password that is known.
ACCOUNTS = """
import django; django.setup()
from django.contrib.auth import get_user_model
from django.core.management import call_command
for role in %(roles)r:
    call_command("make_user", role, f"--role={role}")
    user = get_user_model().objects.get(username=role)
    user.set_password(%(password)r)
    user.save()
"""


def make_accounts(product: Product, then: str = "") -> None:
    """An account for each of ROLES, named as its role, with the tests' password. ``then``: more Python."""
    script = ACCOUNTS % {"password": ADMIN_PASSWORD, "roles": ROLES} + then
    environment = product.environment() | {"DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)


def sign_in(page: Page, product: Product, user: str) -> None:
    """As a user who has no second factor to give; the product asks for none."""
    page.goto(product.base_url + "/admin/login/")
    page.get_by_label("Tên đăng nhập").or_(page.locator("[name=username]")).first.fill(user)
    page.locator("[name=password]").fill(ADMIN_PASSWORD)
    page.get_by_role("button", name="Đăng nhập").click()
    page.wait_for_url("**/admin/")
