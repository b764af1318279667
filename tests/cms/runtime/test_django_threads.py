from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgi import Client, ask, scope_of
from django.contrib.auth.models import User
from django.core import signing
from django.db import DatabaseError
from django.test import Client as Browser
from patience import wait_until

from cms.accounts.browsers import SALT
from cms.runtime.bodies import FORM_BYTES
from cms.runtime.django_threads import (
    MOST_SIGNING_IN,
    READER_THREADS,
    SIGN_IN_THREADS,
    SITE_THREADS,
    STAFF_THREADS,
    STUCK_SECONDS,
    Pages,
)
from cms.runtime.signed_in import is_signed_in, session_of


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


READING = scope_of("/")
SIGNED_IN = scope_of("/", Cookie="sessionid=abc")
SENDING = scope_of("/", method="POST")


class Hanging:
    """A site that answers nobody until it is let go."""

    def __init__(self) -> None:
        self._started = threading.Semaphore(0)
        self._let_go = threading.Event()
        self.tasks: list[asyncio.Task[Any]] = []

    def __call__(self, _environ: Any, start: Any) -> list[bytes]:
        self._started.release()
        self._let_go.wait()
        start("204 No Content", [])
        return []

    async def take_threads(self, pages: Pages, scope: dict[str, Any], count: int, *, waiting: int = 0) -> None:
        """``waiting``: how many more ask than there are threads for."""
        self.tasks += [asyncio.create_task(ask(pages, scope)) for _ in range(count + waiting)]
        for _ in range(count):
            await asyncio.to_thread(self._started.acquire)

    async def let_go(self) -> None:
        self._let_go.set()
        await asyncio.gather(*self.tasks)


@pytest.fixture
async def site() -> AsyncIterator[Hanging]:
    hanging = Hanging()
    yield hanging
    await hanging.let_go()


@pytest.mark.parametrize(
    ("scope", "threads", "words"),
    [
        (READING, READER_THREADS, f"all {READER_THREADS} threads for readers"),
        (SENDING, STAFF_THREADS, f"all {STAFF_THREADS} threads for staff"),
    ],
    ids=["readers", "staff"],
)
async def test_pages_are_stuck_when_every_thread_is_busy_and_none_has_got_through_for_long(
    site: Hanging, scope: dict[str, Any], threads: int, words: str
) -> None:
    now = [0.0]
    pages = Pages(site, clock=lambda: now[0])

    await site.take_threads(pages, scope, threads - 1)
    now[0] += 10 * STUCK_SECONDS
    assert pages.check() is None  # a thread is free

    await site.take_threads(pages, scope, 1)
    assert pages.check() is None  # it has only just been taken
    now[0] += 1 + STUCK_SECONDS
    assert pages.check() == f"{words} are busy, none got through for 31 s"

    await site.let_go()
    wait_until(lambda: pages.check() is None)


@pytest.mark.parametrize(
    ("crowd", "threads", "others"),
    [(READING, READER_THREADS, (SENDING, SIGNED_IN)), (SIGNED_IN, STAFF_THREADS, (READING,))],
    ids=["of readers", "of staff"],
)
async def test_a_crowd_leaves_threads_for_others(
    site: Hanging, crowd: dict[str, Any], threads: int, others: tuple[dict[str, Any], ...]
) -> None:
    pages = Pages(site)
    await site.take_threads(pages, crowd, threads, waiting=10 * SITE_THREADS)

    for scope in others:
        await site.take_threads(pages, scope, 1)


PASSWORD_FORMS = (
    "/admin/login/",
    "/admin/login/code/",
    "/_util/authenticate_with_password/3/4/",
    "/documents/authenticate_with_password/5/",
)


@pytest.mark.parametrize("form", PASSWORD_FORMS)
async def test_guessers_of_passwords_wait_for_each_other_alone_and_not_without_end(site: Hanging, form: str) -> None:
    pages = Pages(site)
    guessing = scope_of(form, method="POST")
    await site.take_threads(pages, guessing, SIGN_IN_THREADS, waiting=MOST_SIGNING_IN - SIGN_IN_THREADS)

    refused = await ask(pages, guessing)
    assert refused.status == 503
    assert "quá nhiều lượt đăng nhập" in refused.body.decode()
    invented = scope_of(form, method="POST", Cookie="nhip_browser=eyJhIjoiYiJ9:1abc:forged")
    assert (await ask(pages, invented)).status == 503
    known = scope_of(form, method="POST", Cookie="nhip_browser=" + signing.dumps({"account": "mark"}, salt=SALT))
    for scope in (SENDING, SIGNED_IN, READING, scope_of(form), known):
        await site.take_threads(pages, scope, 1)


async def test_neither_senders_nor_readers_hold_a_thread() -> None:
    pages = Pages(echo)
    never = asyncio.Event()

    async def stalled(*_message: object) -> Any:
        await never.wait()

    sending = scope_of("/", method="POST", Content_Length="10")
    slow = [asyncio.create_task(pages(sending, stalled, stalled)) for _ in range(3 * SITE_THREADS)]
    slow += [asyncio.create_task(pages(scope_of("/"), stalled, stalled)) for _ in range(3 * SITE_THREADS)]
    await asyncio.sleep(0)

    answer = await ask(pages, scope_of("/", method="POST", Content_Length="2"), Client([b"hi"]))

    assert answer.body == b"hi"
    for task in slow:
        assert not task.done()
        task.cancel()
    await asyncio.gather(*slow, return_exceptions=True)


UPLOAD = scope_of("/admin/documents/add/", method="POST", Content_Length=str(FORM_BYTES + 1), Cookie="sessionid=abc")


@pytest.mark.parametrize(("known", "status"), [(True, 200), (False, 413)])
async def test_a_session_must_be_somebodys_to_send_a_file(known: bool, status: int) -> None:
    pages = Pages(echo, is_signed_in=lambda session: known and session == "abc")
    client = Client([b"x" * (FORM_BYTES + 1)])

    answer = await ask(pages, UPLOAD, client)

    assert answer.status == status
    assert len(answer.body) == client.read if known else "đăng nhập" in answer.body.decode()


async def test_without_its_database_the_site_takes_no_files() -> None:
    def away(_session: str) -> bool:
        raise DatabaseError("gone")

    answer = await ask(Pages(echo, is_signed_in=away), UPLOAD, Client([b"x"]))

    assert (answer.status, answer.headers["retry-after"]) == (503, "30")


@pytest.mark.django_db
def test_a_session_is_signed_in_while_its_user_is() -> None:
    browser = Browser()
    browser.session.save()
    assert not is_signed_in("invented")

    browser.force_login(User.objects.create_user("bien-tap"))
    cookie = browser.cookies["sessionid"].value
    assert session_of(scope_of("/", Cookie=f"a=b; sessionid={cookie}")) == cookie
    assert is_signed_in(cookie)

    browser.logout()
    assert not is_signed_in(cookie)


def test_a_request_without_a_session_names_none() -> None:
    assert session_of(scope_of("/")) is None
    assert session_of(scope_of("/", Cookie="sessionid=; a")) is None
