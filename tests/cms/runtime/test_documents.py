"""Wagtail's documents: Django says who may have one, the event loop sends it."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import pytest
from asgi import Answer, Client, scope_of
from asgi import ask as ask_asgi
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.test import Client as Browser
from linking import publish_link
from pytest_django import Settings
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction

from cms.runtime.answers import ask, send_answer
from cms.runtime.environ import build_environ
from cms.wsgi import application

CONTENT = b"0123456789" * 50_000


@pytest.fixture
def collection(db: None) -> Collection:
    collection: Collection = Collection.get_first_root_node().add_child(name="Nội bộ")
    return collection


@pytest.fixture
def path(collection: Collection, settings: Settings, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path
    file = ContentFile(CONTENT, name="so-lieu.pdf")
    document = Document.objects.create(title="Số liệu", file=file, collection=collection)
    publish_link(document)
    return f"/documents/{document.pk}/so-lieu.pdf"


def ask_for(path: str, **headers: str) -> Answer:
    """Ask the whole of Django in this thread, which has the test's transaction."""
    scope = scope_of(path, Host="localhost", **headers)
    taken = ask(application, build_environ(scope, io.BytesIO(), size=0))

    async def answer(_scope: object, receive: Any, send: Any) -> None:
        await send_answer(taken, scope, receive, send)

    return asyncio.run(ask_asgi(answer, scope, Client()))


def test_a_document_comes_whole_in_part_and_once(path: str) -> None:
    whole = ask_for(path)
    part = ask_for(path, Range="bytes=5-9", If_Range=whole.headers["etag"])
    again = ask_for(path, If_None_Match=whole.headers["etag"])

    assert (whole.status, whole.body) == (200, CONTENT)
    assert whole.chunks > 1
    assert "so-lieu.pdf" in whole.headers["content-disposition"]
    assert (part.status, part.body) == (206, b"56789")
    assert part.headers["content-range"] == f"bytes 5-9/{len(CONTENT)}"
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}], ids=["whole", "in part"])
def test_a_document_of_a_private_collection_is_for_its_readers(
    collection: Collection, path: str, headers: dict[str, str]
) -> None:
    CollectionViewRestriction.objects.create(collection=collection, restriction_type=CollectionViewRestriction.LOGIN)
    browser = Browser()
    browser.force_login(User.objects.create_user("can-bo"))
    session = browser.cookies["sessionid"].value

    stranger = ask_for(path, **headers)
    reader = ask_for(path, Cookie=f"sessionid={session}", **headers)

    assert (stranger.status, stranger.headers["location"].split("?")[0]) == (302, "/admin/login/")
    assert CONTENT[:10] not in stranger.body
    assert (reader.status, reader.body[:10]) == (206 if headers else 200, CONTENT[:10])
