from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from asgi import Client, ask, scope_of
from django.contrib.auth.models import User
from django.db import DatabaseError
from django.test import Client as Browser
from patience import wait_until

from cms.runtime.bodies import FORM_BYTES
from cms.runtime.django_threads import SITE_THREADS, STUCK_SECONDS, Pages
from cms.runtime.signed_in import is_signed_in, session_of


def echo(environ: dict[str, Any], start: Any) -> list[bytes]:
    start("200 OK", [])
    return [environ["wsgi.input"].read()]


async def test_pages_are_stuck_when_every_thread_is_busy_and_none_has_got_through_for_long() -> None:
    now = [0.0]
    hang = threading.Event()
    started = threading.Semaphore(0)

    def wait(_environ: Any, start: Any) -> list[bytes]:
        started.release()
        hang.wait()
        start("204 No Content", [])
        return []

    pages = Pages(wait, clock=lambda: now[0])

    async def take_threads(count: int) -> list[asyncio.Task[Any]]:
        tasks = [asyncio.create_task(ask(pages, scope_of("/"))) for _ in range(count)]
        for _ in tasks:
            await asyncio.to_thread(started.acquire)
        return tasks

    try:
        tasks = await take_threads(SITE_THREADS - 1)
        now[0] += 10 * STUCK_SECONDS
        assert pages.check() is None  # a thread is free

        tasks += await take_threads(1)
        assert pages.check() is None  # it has only just been taken
        now[0] += 1 + STUCK_SECONDS
        assert pages.check() == "all 8 threads are busy, none got through for 31 s"
    finally:
        hang.set()
    await asyncio.gather(*tasks)
    wait_until(lambda: pages.check() is None)


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
