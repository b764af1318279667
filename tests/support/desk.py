"""Accounts of the roles in a running product, and what people with them do in its admin."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from weakref import WeakKeyDictionary

from part import ROOT
from patience import wait_until
from playwright.sync_api import BrowserContext, Locator, Page, expect
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


# Of those who have signed in. A password is slow to check by intent, and the first screen is large.
_cookies: WeakKeyDictionary[Product, dict[str, Any]] = WeakKeyDictionary()


def sign_in(page: Page, product: Product, user: str = "admin") -> None:
    """Before ``page`` opens a screen of the admin; where it is afterwards is not said. By the form the first time, then
    by the cookies of that time. A user whose second factor is due can't."""
    signed_in = _cookies.setdefault(product, {})
    if user in signed_in:
        page.context.add_cookies(signed_in[user])
    else:
        fill_in_login(page, product.base_url, user)
        signed_in[user] = page.context.cookies()


def at_the_desk(visitor: BrowserContext, product: Product, user: str = "admin") -> Page:
    """A page of somebody who is signed in."""
    page = visitor.new_page()
    sign_in(page, product, user)
    return page


def fill_in_login(page: Page, base_url: str, user: str = "admin") -> None:
    """Ends with the first screen, or with the offer of a second factor."""
    page.goto(base_url + "/admin/login/")
    page.fill("[name=username]", user)
    page.fill("[name=password]", ADMIN_PASSWORD)
    page.click("form button[type=submit]")
    page.wait_for_url(lambda url: "/login/" not in url)


def add_block(page: Page, adder: Locator, kind: str) -> None:
    """Ends when the block has unfolded: the page moves until then, and a press may begin on a button and end beside."""
    blocks = page.locator("[data-streamfield-child]")
    before = blocks.count()
    adder.click()
    page.get_by_role("option", name=kind).last.click()
    expect(blocks).to_have_count(before + 1)
    wait_until(lambda: page.evaluate("jQuery(':animated').length === 0"))
