"""A full disk costs editors a save that they can repeat, and readers a picture at most."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError
from django.test import RequestFactory
from pytest_django import Settings
from small_disk import fill, make_room, small_disk
from wagtail.images.models import SourceImageIOError

from cms.core.errors import server_error
from cms.core.storage import UniqueNames

LARGE = bytes(300_000)


@pytest.fixture
def disk(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", megabytes=1) as disk:
        settings.MEDIA_ROOT = disk / "media"
        yield disk


def write_file(disk: Path) -> None:
    UniqueNames().save("documents/bao-cao.pdf", ContentFile(LARGE))


def write_row(disk: Path) -> None:
    """As Django reports it."""
    database = sqlite3.connect(disk / "cms.sqlite3")
    try:
        database.execute("CREATE TABLE t AS SELECT zeroblob(300000)")
    except sqlite3.OperationalError as error:
        raise OperationalError(*error.args) from error
    finally:
        database.close()


def write_read_only(_disk: Path) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


@pytest.mark.parametrize("write", [write_file, write_row, write_read_only])
def test_an_editor_is_told_that_nothing_was_saved_and_why(disk: Path, write: Callable[[Path], None]) -> None:
    (disk / "media").mkdir()
    fill(disk)
    try:
        write(disk)
        pytest.fail("the disk is not full")
    except (OSError, OperationalError):
        response = server_error(RequestFactory().post("/admin/pages/3/edit/"))

    assert response.status_code == 503
    assert response["Retry-After"]
    assert "Ổ đĩa của máy chủ đã đầy" in response.content.decode()


@pytest.mark.parametrize("error", [OperationalError("away"), OSError(errno.EIO, "broken"), ValueError()])
def test_other_failures_are_not_called_a_full_disk(error: Exception) -> None:
    try:
        raise error
    except Exception:
        response = server_error(RequestFactory().get("/"))
    assert "Ổ đĩa" not in response.content.decode()


def test_a_page_goes_on_without_a_picture_that_finds_no_room(disk: Path) -> None:
    """Wagtail's tags catch SourceImageIOError."""
    storage = UniqueNames()
    fill(disk)
    with pytest.raises(SourceImageIOError):
        storage.save("images/anh.max-800.jpg", ContentFile(LARGE))
    assert not [path for path in (disk / "media").rglob("*") if path.is_file()], "no half of a file is left"

    make_room(disk)
    assert storage.save("images/anh.max-800.jpg", ContentFile(LARGE))
