"""Waits for what a page shows. A form that saves itself asks again and again: its network is never quiet for sure."""

from __future__ import annotations

from patience import wait_until
from playwright.sync_api import Page

SHOWN = "document.readyState === 'complete' && [...document.images].every((image) => image.complete)"


def wait_for_pictures(page: Page) -> None:
    wait_until(lambda: bool(page.evaluate(SHOWN)), what=lambda: f"every picture of {page.url}")


def wait_for_refusal(page: Page) -> None:
    """A form that was sent came back with what is wrong in it."""
    page.locator(".messages .error").first.wait_for()
