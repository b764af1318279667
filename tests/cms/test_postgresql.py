"""The portal on PostgreSQL: the tests of its pages pass, and search finds the demo's words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT
from postgres_server import PostgresServer, require_postgres

PAGES = (
    "tests/cms/core/test_pages.py",
    "tests/cms/core/test_errors.py",
    "tests/cms/core/test_routing.py",
    "tests/cms/core/test_sites.py",
    "tests/cms/core/test_slugs.py",
    "tests/cms/demo/test_load_demo.py",
    "tests/cms/home",
    "tests/cms/news",
    "tests/cms/statistics/test_opening_balances.py",
    "tests/cms/test_queries.py",
)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    require_postgres()
    with PostgresServer(tmp_path_factory.mktemp("postgres") / "server") as server:
        yield server


def test_migrations_pages_publishing_and_balances_work_on_postgresql(postgres: PostgresServer) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not browser", *PAGES]
    environment = os.environ | {"NHIP_TEST_DATABASE_URL": postgres.url}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-2000:]
    assert " passed" in run.stdout


SEARCH = """
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("load_demo", verbosity=0)
from wagtail.models import Page
from django.db import connection
found = Page.objects.live().search("khuyến công")
print(connection.vendor, sum("khuyến công" in page.title.lower() for page in found), len(found), sep="|")
"""


def test_search_finds_words_of_the_demo_site(postgres: PostgresServer, tmp_path: Path) -> None:
    environment = os.environ | {
        "DATABASE_URL": postgres.url,
        "NHIP_DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
    }
    command = [sys.executable, "-c", SEARCH]
    answer = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=True, text=True).stdout

    vendor, with_the_words, found = answer.strip().splitlines()[-1].split("|")
    assert vendor == "postgresql"
    assert int(found) >= int(with_the_words) >= 1
