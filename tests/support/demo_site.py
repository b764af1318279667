"""Pages in the database for longer than one test, since making them takes seconds; the demo site above all."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import pytest_django
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings
from kept_pictures import kept_pictures
from sharing import make_once
from wagtail.models import Site

from cms.demo.loader import load


@contextmanager
def longer_than_a_test(blocker: pytest_django.DjangoDbBlocker, directory: Path) -> Iterator[None]:
    """What this block adds to the database, later tests find until it ends. ``directory``: the data directory
    meanwhile."""
    with blocker.unblock(), pytest.MonkeyPatch.context() as environment, transaction.atomic():
        environment.setenv("NHIP_DATA_DIR", str(directory))
        yield
        transaction.set_rollback(True)


@contextmanager
def demo_site(blocker: pytest_django.DjangoDbBlocker, directories: pytest.TempPathFactory) -> Iterator[None]:
    """For this block the database has the demo site, which is loaded once for all workers and copied."""

    def load_once(directory: Path) -> None:
        directory.mkdir()
        with override_settings(MEDIA_ROOT=directory / "media"), longer_than_a_test(blocker, directory / "data"):
            _load_demo()
            (directory / "database").write_bytes(connection.connection.serialize())

    with kept_pictures():
        if connection.vendor != "sqlite":
            with longer_than_a_test(blocker, directories.mktemp("data")):
                _load_demo()
                yield
            return
        made = make_once(directories, "demo", load_once)
        with blocker.unblock(), pytest.MonkeyPatch.context() as environment, _another_database(made / "database"):
            environment.setenv("NHIP_DATA_DIR", str(directories.mktemp("data")))
            shutil.copytree(made / "media", settings.MEDIA_ROOT, dirs_exist_ok=True)
            yield


def _load_demo() -> None:
    load(Site.objects.get(is_default_site=True), report=lambda _line: None)


@contextmanager
def _another_database(file: Path) -> Iterator[None]:
    """For this block the tables and rows in ``file`` are in the place of those in memory."""
    connection.ensure_connection()
    memory: sqlite3.Connection = connection.connection
    with closing(sqlite3.connect(":memory:")) as before:
        memory.backup(before)
        with closing(sqlite3.connect(file)) as other:
            other.backup(memory)
        try:
            yield
        finally:
            before.backup(memory)
