"""Renditions are there before the first reader."""

from __future__ import annotations

import threading
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.core.files.images import ImageFile
from django.db import connection, connections
from django.test import Client
from patience import wait_until
from pictures import draw
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from wagtail.images.models import Image, Rendition

from cms.core.pictures import ahead
from cms.home.models import HomePage


class AtOnce(ahead.Waiting):
    def start(self) -> None:
        self.work()


@pytest.fixture
def made_at_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the test's own thread and transaction, which no other thread sees."""
    settings.RENDITIONS_AHEAD = True
    monkeypatch.setattr(ahead.os, "setpriority", lambda *_arguments: None)
    monkeypatch.setattr(ahead, "WAITING", AtOnce())
    monkeypatch.setattr(ahead, "close_old_connections", lambda: None)


@pytest.fixture
def image(db: None, tmp_path: Path) -> Image:
    with draw(tmp_path / "cho.jpg", 1600, 1067).open("rb") as file:
        image: Image = Image.objects.create(title="cho", description="Chợ", file=ImageFile(file, name="cho.jpg"))
    return image


def test_who_reads_a_published_article_first_waits_for_no_picture(
    made_at_once: None,
    image: Image,
    write: Any,
    home: HomePage,
    client: Client,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        article = write("Khai mạc phiên chợ", live=False, image=image)
        draft = article.save_revision()
    of_the_draft = Rendition.objects.count()
    assert of_the_draft >= 6, "three sizes in two formats"

    with django_capture_on_commit_callbacks(execute=True):
        draft.publish()
    of_the_published = Rendition.objects.count()
    assert of_the_published > of_the_draft, "cards of the list and of the front page"

    for page in (article, article.get_parent(), home):
        assert client.get(page.get_url(), headers={"host": "localhost"}).status_code == 200
    assert Rendition.objects.count() == of_the_published


def test_what_cannot_be_rendered_hinders_nobody(
    made_at_once: None,
    write: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def fail(_page: Any) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(ahead, "render", fail)

    with django_capture_on_commit_callbacks(execute=True):
        write("Bài").save_revision().publish()

    assert "left to the readers" in caplog.text


def test_a_page_that_waits_is_rendered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, rendered = threading.Event(), []

    class Slow(ahead.Waiting):
        def _make(self, kind: ahead.Kind, number: int) -> None:
            begun.wait(10)
            rendered.append(number)

    waiting = Slow()
    for number in (1, 2, 2, 2, 3, 2):
        waiting.add("page", number)
    begun.set()

    wait_until(lambda: rendered == [1, 2, 3])


def test_an_installation_forgets_renditions_that_may_say_where_they_were_taken(
    image: Image, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    old = Path(image.get_rendition("width-480").file.path)
    migration = import_module("cms.core.migrations.0003_renditions_without_metadata")
    assert old.exists()

    with django_capture_on_commit_callbacks(execute=True):
        migration.forget_renditions(apps, SimpleNamespace(connection=connection))

    assert not Rendition.objects.exists()
    assert not old.exists()
    assert Path(image.file.path).exists()
    assert image.get_rendition("width-480").file.path != str(old)


def test_its_thread_leaves_no_connection_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each thread has one of its own; a server of a hundred was full after as many publications."""
    closed: list[str] = []
    waiting = ahead.Waiting()
    monkeypatch.setattr(waiting, "work", lambda: None)
    wrapper = type(connections["default"])
    monkeypatch.setattr(wrapper, "close", lambda _connection: closed.append(threading.current_thread().name))
    waiting.start()
    wait_until(lambda: closed == ["renditions"])
