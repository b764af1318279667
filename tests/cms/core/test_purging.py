"""A cache before the site is told which pages to forget; the cache is a server that notes what it is asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db.models.signals import pre_delete
from http_server import serve
from wagtail.models import Page, Site
from wagtail.signals import page_published, page_slug_changed, page_unpublished, post_page_move

from cms.core import purging
from cms.home.models import HomePage, PlainPage

Forgotten = Callable[[Callable[[], Any]], set[str]]


@pytest.fixture
def forgotten(
    settings: Any, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> Iterator[Forgotten]:
    """What the cache is told to forget when a change is made."""
    asked: list[str] = []

    class Cache(BaseHTTPRequestHandler):
        def do_PURGE(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_line: object) -> None:
            """Nothing."""

    backend = "wagtail.contrib.frontend_cache.backends.HTTPBackend"
    monkeypatch.setattr(purging, "AFTER_SECONDS", 0.0)
    purging.purge_on_changes()

    def change(make: Callable[[], Any]) -> set[str]:
        asked.clear()
        with django_capture_on_commit_callbacks(execute=True):
            make()
        for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
            timer.join()
        return set(asked)

    with serve(Cache) as address:
        settings.WAGTAILFRONTENDCACHE = {"default": {"BACKEND": backend, "LOCATION": address}}
        yield change
    page_published.disconnect(purging._purge)
    page_unpublished.disconnect(purging._purge)
    page_slug_changed.disconnect(purging._purge_renamed)
    post_page_move.disconnect(purging._purge_moved)
    pre_delete.disconnect(purging._purge_deleted)


@pytest.fixture
def page(home: HomePage) -> PlainPage:
    page: PlainPage = home.add_child(instance=PlainPage(title="Giới thiệu", slug="gioi-thieu"))
    return page


def answers_of(*pages: Page) -> set[str]:
    """What the API says of them."""
    return {f"/api/v2/pages/{page.pk}/" for page in pages}


def test_a_published_page_is_forgotten_with_those_that_list_it(
    forgotten: Forgotten, page: PlainPage, home: HomePage
) -> None:
    assert forgotten(lambda: page.save_revision().publish()) == {"/", "/gioi-thieu/"} | answers_of(home, page)


def test_an_unpublished_page_is_forgotten(forgotten: Forgotten, page: PlainPage, home: HomePage) -> None:
    assert forgotten(page.unpublish) == {"/", "/gioi-thieu/"} | answers_of(home, page)


def test_a_page_that_moves_is_forgotten_where_it_was_and_where_it_is(forgotten: Forgotten, page: PlainPage) -> None:
    frame = page.get_parent().add_child(instance=PlainPage(title="Khung", slug="khung"))
    page.refresh_from_db()
    assert forgotten(lambda: page.move(frame, pos="last-child")) >= {"/", "/gioi-thieu/", "/khung/gioi-thieu/"}


def test_a_page_with_another_slug_is_forgotten_under_both(
    forgotten: Forgotten, page: PlainPage, home: HomePage
) -> None:
    page.slug = "ve-chung-toi"
    addresses = {"/", "/gioi-thieu/", "/ve-chung-toi/"} | answers_of(home, page)
    assert forgotten(lambda: page.save_revision().publish()) == addresses


def test_a_deleted_page_is_forgotten(forgotten: Forgotten, page: PlainPage) -> None:
    assert "/gioi-thieu/" in forgotten(page.delete)


def test_a_draft_is_nothing_to_forget(forgotten: Forgotten, page: PlainPage) -> None:
    assert forgotten(page.save_revision) == set()


def test_a_cache_that_is_away_keeps_nobody_from_publishing(
    forgotten: Forgotten, page: PlainPage, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.WAGTAILFRONTENDCACHE["default"]["LOCATION"] = "http://127.0.0.1:9"
    assert forgotten(lambda: page.save_revision().publish()) == set()
    assert Page.objects.get(pk=page.pk).live
    assert "Couldn't purge" in caplog.text


def test_a_redirect_of_the_cache_is_not_followed(forgotten: Forgotten, page: PlainPage, settings: Any) -> None:
    elsewhere: list[str] = []

    class Elsewhere(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            elsewhere.append(self.path)
            self.send_response(200)
            self.end_headers()

        def do_PURGE(self) -> None:
            self.do_GET()

    with serve(Elsewhere) as address:

        class Redirecting(BaseHTTPRequestHandler):
            def do_PURGE(self) -> None:
                self.send_response(302)
                self.send_header("Location", address)
                self.end_headers()

        with serve(Redirecting) as cache:
            settings.WAGTAILFRONTENDCACHE["default"]["LOCATION"] = cache
            forgotten(lambda: page.save_revision().publish())
    assert elsewhere == []


def test_the_cache_is_told_after_no_process_gives_the_page_as_it_was(
    forgotten: Forgotten, page: PlainPage, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "AFTER_SECONDS", 0.5)
    began = time.monotonic()
    assert forgotten(lambda: page.save_revision().publish())
    assert time.monotonic() - began >= 0.5
