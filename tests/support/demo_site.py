"""Pages in the database for longer than one test, since making them takes seconds; the demo site above all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import pytest_django
from django.db import transaction
from kept_pictures import kept_pictures
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
def demo_site(blocker: pytest_django.DjangoDbBlocker, directory: Path) -> Iterator[None]:
    """For this block the database has the demo site."""
    with longer_than_a_test(blocker, directory), kept_pictures():
        load(Site.objects.get(is_default_site=True), report=lambda _line: None)
        yield
