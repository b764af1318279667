"""Databases migrated once: SQLite in memory, which later runs have too, and PostgreSQL. Tests start from a copy."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.creation import DatabaseCreation
from django.test import TransactionTestCase
from part import ROOT
from postgres_server import MAKING, PostgresServer, copy_data, version
from sharing import locked


def migrate_once(directory: Path, patch: pytest.MonkeyPatch) -> None:
    """Make Django's test database in memory a copy of the one in ``directory``, which the first run makes. A copy is
    not migrated once more: to find nothing to do takes half a second of each worker."""
    create = DatabaseCreation.create_test_db

    def create_or_copy(self: DatabaseCreation, *arguments: Any, **options: Any) -> str:
        name = str(self._get_test_db_name())  # type: ignore[attr-defined]  # the stubs leave it out
        if not self.is_in_memory_db(name):
            return create(self, *arguments, **options)
        template = migrated_file(directory)
        with locked(template.with_suffix(".lock")):
            if template.exists():
                with _copied(template, name):  # kept open until Django has a connection of its own
                    _connect(self, name)
                return name
            made = create(self, *arguments, **options)
            _store(self.connection.connection, template)
        return made

    patch.setattr(DatabaseCreation, "create_test_db", create_or_copy)
    _restore_after_tests(directory, patch)


def _restore_after_tests(directory: Path, patch: pytest.MonkeyPatch) -> None:
    """A test that commits leaves the database as the migrations made it. Django would empty every table, and the tests
    after it on the same worker would miss the home page."""
    empty = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # the stubs leave it out

    def restore_or_empty(self: TransactionTestCase) -> None:
        if not connection.settings_dict["NAME"].startswith("file:memorydb"):
            empty(self)
            return
        with closing(sqlite3.connect(migrated_file(directory))) as template:
            template.backup(connection.connection)

    patch.setattr(TransactionTestCase, "_fixture_teardown", restore_or_empty)


def migrated_file(directory: Path) -> Path:
    """Where ``migrate_once`` leaves the database on disk."""
    return directory / f"{_fingerprint()}.sqlite3"


def copy_migrated_postgres(kept: Path, directory: Path) -> None:
    """Leave the data of a PostgreSQL server with a migrated database at ``directory``/data. ``kept`` has it for later
    runs, of the last state of the code alone, since it is large."""
    directory.mkdir()
    with locked(kept.with_suffix(".lock")):
        state = kept / "state"
        wanted = f"{_fingerprint()} {version()}"
        if not state.exists() or state.read_text() != wanted:
            shutil.rmtree(kept, ignore_errors=True)
            kept.mkdir(parents=True)
            _migrate_postgres(kept / "data")
            state.write_text(wanted)
        copy_data(kept / "data", directory / "data")


def _migrate_postgres(to: Path) -> None:
    with TemporaryDirectory() as place, PostgresServer(Path(place) / "server") as server:
        environment = os.environ | {
            "DATABASE_URL": server.url,
            "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
            "NHIP_DATA_DIR": place,
        }
        command = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
        server.leave_data(to)


def _fingerprint() -> str:
    """A digest of every file that a migrated database depends on."""
    files = [ROOT / "uv.lock", *MAKING, *ROOT.glob("cms/**/*.py"), *ROOT.glob("plugins/*/src/**/*.py")]
    digest = hashlib.blake2b(digest_size=16)
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _connect(creation: DatabaseCreation, name: str) -> None:
    """As Django does when it has made the database ``name``."""
    connected = creation.connection
    connected.close()
    settings.DATABASES[connected.alias]["NAME"] = name
    connected.settings_dict["NAME"] = name
    connected.ensure_connection()


@contextmanager
def _copied(template: Path, name: str) -> Iterator[None]:
    with closing(sqlite3.connect(name, uri=True)) as memory:
        with closing(sqlite3.connect(template)) as source:
            source.backup(memory)
        yield


def _store(memory: sqlite3.Connection, template: Path) -> None:
    aside = template.with_suffix(".unfinished")
    aside.unlink(missing_ok=True)
    with closing(sqlite3.connect(aside)) as target:
        memory.backup(target)
    aside.rename(template)
