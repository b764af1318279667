"""Tells a cache between the site and its readers, such as a CDN, to forget the pages that a change touches.

A cache keeps pages for ``NHIP_CDN_SECONDS``; where that is long, ``NHIP_PURGE_URL`` names the cache. Pages that show a
part of another one are forgotten with it: those above it. What else changes is as old there as the cache may keep it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.db.models.signals import pre_delete
from wagtail.contrib.frontend_cache.utils import PurgeBatch
from wagtail.models import Page
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

Addresses = Callable[[Iterable[Page]], Iterable[str]]
ALSO: list[Addresses] = []
"""Of what else is made of pages and has addresses of its own, such as the API's answers."""

# By then no process gives the page as it was, so that a cache which asks again at once gets it as it is.
AFTER_SECONDS = 1.0


def purge_on_changes() -> None:
    """Register for every change of a page that has an address of its own."""
    page_published.connect(_purge)
    page_unpublished.connect(_purge)
    page_slug_changed.connect(_purge_renamed)
    post_page_move.connect(_purge_moved)
    pre_delete.connect(_purge_deleted)


def _purge(instance: Page, **_signal: Any) -> None:
    _purge_soon(_addresses(instance))


def _purge_renamed(instance: Page, instance_before: Page, **_signal: Any) -> None:
    _purge_soon(_addresses(instance_before) | _addresses(instance))


def _purge_moved(instance: Page, url_path_before: str, **_signal: Any) -> None:
    before = Page(path=instance.path, depth=instance.depth, url_path=url_path_before, locale=instance.locale)
    _purge_soon(_addresses(instance) | _own_addresses([before]))


def _purge_deleted(instance: Any, **_signal: Any) -> None:
    if isinstance(instance, Page):
        _purge_soon(_addresses(instance))


def _addresses(page: Page) -> set[str]:
    """Of the page and of those above it, which list it."""
    return _own_addresses([page, *page.get_ancestors().filter(depth__gt=1)])


def _own_addresses(pages: list[Page]) -> set[str]:
    batch = PurgeBatch()
    batch.add_pages(pages)
    saved = [page for page in pages if page.pk]
    return set(batch.urls).union(*(addresses(saved) for addresses in ALSO))


def _purge_soon(addresses: set[str]) -> None:
    def purge() -> None:
        threading.Timer(AFTER_SECONDS, PurgeBatch(addresses).purge).start()

    if addresses:
        transaction.on_commit(purge)
