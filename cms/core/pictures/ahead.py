"""Makes a page's renditions when it is saved or published, so that its first reader does not wait for them.

The page and those above it, which list it, are rendered as readers get them, one by one in a thread of their own.
So what a template asks for is made, whatever template it is. A draft's pictures are made too, while its author still
writes. A failure is the reader's as before: the picture is made when it is asked for.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal

from django.conf import settings
from django.db import close_old_connections, connection, transaction
from django.db.models.signals import post_save
from wagtail.models import Page, Revision
from wagtail.signals import page_published

from cms.core.renditions import in_steps

log = logging.getLogger("nhip")

NICE = 10  # readers go first
MOST_WAITING = 200  # a program that publishes thousands leaves the rest to the readers

Kind = Literal["draft", "page"]


def make_ahead() -> None:
    """Call this once, in ``ready()``."""
    post_save.connect(_on_saved, sender=Revision, dispatch_uid="nhip-renditions-of-drafts")
    page_published.connect(_on_published, dispatch_uid="nhip-renditions")


def _on_saved(instance: Revision, created: bool = False, raw: bool = False, **_signal: Any) -> None:
    if created and not raw and issubclass(instance.base_content_type.model_class() or object, Page):
        _make_soon("draft", instance.pk)


def _on_published(instance: Page, **_signal: Any) -> None:
    make_soon(instance)


def make_soon(page: Page) -> None:
    """Of a published page, and then of those above it."""
    _make_soon("page", page.pk)


def _make_soon(kind: Kind, number: int) -> None:
    if settings.RENDITIONS_AHEAD:
        transaction.on_commit(lambda: WAITING.add(kind, number))


class Waiting:
    """What is still to be rendered, each once. A thread does it while there is something, and ends with the process."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[Kind, int], None] = {}
        self._lock = threading.Lock()
        self._is_working = False

    def add(self, kind: Kind, number: int) -> None:
        with self._lock:
            if len(self._numbers) < MOST_WAITING:
                self._numbers[kind, number] = None
            if self._is_working:
                return
            self._is_working = True
        self.start()

    def start(self) -> None:
        threading.Thread(target=self._work_and_leave, name="renditions", daemon=True).start()

    def _work_and_leave(self) -> None:
        """A connection of a thread that has ended stays open until the garbage collector comes by."""
        try:
            self.work()
        finally:
            connection.close()

    def work(self) -> None:
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
        while (first := self._take()) is not None:
            self._make(*first)

    def _take(self) -> tuple[Kind, int] | None:
        with self._lock:
            first = next(iter(self._numbers), None)
            if first is None:
                self._is_working = False
            else:
                del self._numbers[first]
            return first

    def _make(self, kind: Kind, number: int) -> None:
        close_old_connections()
        try:
            page = _draft(number) if kind == "draft" else _published(number)
            if page is None:
                return
            with in_steps():
                render(page)
                for make in BESIDE:
                    make(page)
            if kind == "page" and page.depth > TOP:
                self.add("page", page.get_parent().pk)
        except Exception:
            log.exception("renditions are left to the readers: %s %d", kind, number)


# What is to be made of a page beside what its template shows; apps add to it in ``ready()``.
BESIDE: list[Callable[[Page], None]] = []
TOP = 2  # the depth of a site's root page
WAITING = Waiting()


def _draft(number: int) -> Page | None:
    revision = Revision.objects.filter(pk=number).first()
    return revision.as_object() if revision else None


def _published(number: int) -> Page | None:
    page = Page.objects.filter(pk=number, live=True).first()
    return page.specific if page else None


def render(page: Page) -> None:
    """As a reader without cookies gets it; what comes out is not kept."""
    if page.full_url:
        page.make_preview_request(preview_mode=page.default_preview_mode)
