"""The portal on PostgreSQL: the tests of its pages pass, and search finds the demo's words."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT
from postgres_server import PostgresServer

# The other tests there look at the markup of the demo's pages, and tests/cms/test_queries.py asks for all of them.
OF_MORE_THAN_MARKUP = (
    "an_answer_carries_the_security_headers",
    "the_sign_in_page_is_ours_and_loads_nothing_from_another_host",
    "an_editor_finds_the_admin_in_vietnamese",
)
# Each is a run of its own, at the same time as the others; they take about as long.
RUNS = {
    "api": (
        "tests/cms/api/test_changes.py",
        "tests/cms/api/test_hidden.py",
        "tests/cms/api/test_many_pages.py",
        "tests/cms/api/test_pages.py",
        "tests/cms/api/test_pictures.py",
        "tests/cms/api/test_queries.py",
    ),
    "api v3 and desk": (
        "tests/cms/announcing/test_delivering.py",
        "tests/cms/announcing/test_noticing.py",
        "tests/cms/api/test_hidden_v3.py",
        "tests/cms/api/test_wagtail_v3.py",
        "tests/cms/audit",
        "tests/cms/accounts/test_limits.py",
        "tests/cms/workflow/test_planned.py",
    ),
    "pages": (
        "tests/cms/core/documents/test_publicity.py",
        "tests/cms/core/test_ids.py",
        *(f"tests/cms/core/test_pages.py::test_{name}" for name in OF_MORE_THAN_MARKUP),
        "tests/cms/core/test_errors.py",
        "tests/cms/core/test_routing.py",
        "tests/cms/core/test_schedule.py",
        "tests/cms/core/test_sites.py",
        "tests/cms/core/test_slugs.py",
        "tests/cms/demo/test_load_demo.py",
        "tests/cms/home",
        "tests/cms/news",
        "tests/cms/found",
        "tests/cms/search",
        "tests/cms/statistics/test_balances_that_move.py",
        "tests/cms/statistics/test_opening_balances.py",
        "tests/cms/test_queries.py",
    ),
}
# It starts a process that looks at loaded modules. Tests that have no database at all are left out by
# tests/cms/conftest.py.
LEFT_OUT = "tests/cms/api/test_wagtail_v3.py::test_it_is_loaded_with_the_setting_alone"


@pytest.fixture
def postgres(migrated_postgres: Path, tmp_path: Path) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path / "postgres", copied_from=migrated_postgres) as server:
        yield server


@pytest.mark.parametrize("run", RUNS)
def test_migrations_pages_publishing_and_balances_work_on_postgresql(postgres: PostgresServer, run: str) -> None:
    options = ["-q", "-p", "no:cacheprovider", "-m", "not browser", f"--deselect={LEFT_OUT}"]
    command = [sys.executable, "-m", "pytest", *options, *RUNS[run]]
    environment = os.environ | {"NHIP_TEST_DATABASE_URL": postgres.url}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


SEARCH = """
import django
django.setup()
from django.core.management import call_command
call_command("load_demo", verbosity=0)
from wagtail.models import Page
from django.db import connection
found = Page.objects.live().search("khuyến công")
print(connection.vendor, sum("khuyến công" in page.title.lower() for page in found), len(found), sep="|")
"""


def test_search_finds_words_of_the_demo_site(postgres: PostgresServer, tmp_path: Path) -> None:
    answer = answer_of(SEARCH, postgres, tmp_path)

    vendor, with_the_words, found = answer.split("|")
    assert vendor == "postgresql"
    assert int(found) >= int(with_the_words) >= 1


SCHEDULED = """
import datetime, threading
import django
django.setup()
from django.db import connection
from django.utils import timezone
from wagtail.models import PageLogEntry, Revision, Site
from cms.core.schedule import Schedule
from cms.home.models import PlainPage
root = Site.objects.get().root_page
pages = [root.add_child(instance=PlainPage(title=f"Bài {number}", live=False)) for number in range(20)]
for page in pages:
    page.save_revision()
Revision.objects.update(approved_go_live_at=timezone.now() - datetime.timedelta(seconds=1))
both = threading.Barrier(2)
def look():
    both.wait()
    Schedule().step()
    connection.close()
threads = [threading.Thread(target=look) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
published = PageLogEntry.objects.filter(action="wagtail.publish.scheduled")
print(published.count(), published.values("page_id").distinct().count(), PlainPage.objects.live().count(), sep="|")
"""


def test_two_processes_publish_what_is_scheduled_once(postgres: PostgresServer, tmp_path: Path) -> None:
    assert answer_of(SCHEDULED, postgres, tmp_path).split("|") == ["20", "20", "20"]


GUESSES = """
import threading
import django
django.setup()
from django.contrib.auth import authenticate, get_user_model
from django.db import connection
from django.test import RequestFactory
from cms.accounts.tries import TooManyTries
get_user_model().objects.create_superuser("quan-tri", password="bon-tu-khong-lien-quan")
all_of_them = threading.Barrier(8)
compared = []
def guess():
    all_of_them.wait()
    for number in range(3):
        request = RequestFactory().post("/admin/login/", REMOTE_ADDR="203.0.113.9")
        try:
            authenticate(request, username="quan-tri", password=str(number))
            compared.append(number)
        except TooManyTries:
            pass
    connection.close()
threads = [threading.Thread(target=guess) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()

print(len(compared))
"""


def test_guesses_at_the_same_moment_are_counted_together(postgres: PostgresServer, tmp_path: Path) -> None:
    assert answer_of(GUESSES, postgres, tmp_path) == "10"


def answer_of(script: str, server: PostgresServer, data: Path) -> str:
    """The last line that ``script`` prints."""
    environment = os.environ | {
        "DATABASE_URL": server.url,
        "NHIP_DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
    }
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True)
    assert run.returncode == 0, run.stderr[-4000:]
    return run.stdout.strip().splitlines()[-1]


BALANCES_OF_BEFORE = """
import datetime
import django
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("load_demo", verbosity=0)
call_command("migrate", "statistics", "0002", verbosity=0)
from wagtail.models import Page
page = Page.objects.last().pk
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM statistics_openingbalance")
    columns = "(page_id, site_id, views, visits, note, locale, changed_at, sent_at)"
    insert = f"INSERT INTO statistics_openingbalance {columns} VALUES (%s, 1, %s, 0, '', 'vi', now(), %s)"
    cursor.execute(insert, [page, 1327, datetime.datetime.now()])
    cursor.execute(insert, [None, 50000, None])
    withdrawn = "(site_id, page_id, locale, changed_at) VALUES (1, 99, 'vi', now())"
    cursor.execute("INSERT INTO statistics_withdrawnbalance " + withdrawn)
call_command("migrate", verbosity=0)
from cms.statistics.balances import pending_balances, wanted_balances
wanted, pending = wanted_balances(), pending_balances()
print(sorted(key.page_id == page for key in wanted), sorted(key.page_id for key in pending), sep="|")
"""


def test_an_update_sends_what_was_waiting_and_nothing_twice(postgres: PostgresServer, tmp_path: Path) -> None:
    assert answer_of(BALANCES_OF_BEFORE, postgres, tmp_path) == "[False, True]|[0, 99]"


# A site with the demo is led back to the state before roles, search, blocks, pictures without metadata and the
# department's own settings, and forward again, with two topics whose names differ in diacritics alone.
OLD_SITE = """
import django
django.setup()
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
call_command("load_demo", verbosity=0)
from wagtail.images import get_image_model
from wagtail.models import Site, Workflow
from cms.announcing.triggers import take_content_triggers_off
from cms.core.models import DepartmentSettings
from cms.news.models import NewsPage, Topic
from cms.search.models import Entry
Rendition = get_image_model().get_rendition_model()
host = {"host": "localhost"}
article = NewsPage.objects.live().exclude(topic=None).exclude(image=None).first()
before = Client(headers=host).get(article.url).content.decode()
take_content_triggers_off(using="default", plan=[1])
MigrationExecutor(connection).migrate([  # together: each command would put every trigger on again
    ("audit", None), ("workflow", None), ("search", None),
    ("news", "0002_index_of_the_latest"), ("home", "0002_home_page"), ("core", "0002_content_changes"),
])
with connection.cursor() as cursor:
    cursor.execute("SELECT column_name FROM information_schema.columns WHERE table_name = 'news_topic'")
    columns = {name for name, in cursor.fetchall()}
    cursor.execute("INSERT INTO news_topic (name) VALUES ('Điện'), ('Dien')")
    cursor.execute("SELECT count(*), max(id) FROM wagtailimages_rendition")
    old_renditions, newest = cursor.fetchone()
    cursor.execute("UPDATE core_departmentsettings SET name = 'Sở Cũ'")
call_command("migrate", verbosity=0)
kept_renditions = Rendition.objects.filter(pk__lte=newest).count()  # new ones may be under way
call_command("index_search", verbosity=0)
after = NewsPage.objects.get(pk=article.pk)
page = Client(headers=host).get(after.url)
found = Client(headers=host).get("/tim-kiem/", {"q": after.title})
print(
    "slug" in columns,
    old_renditions > 0,
    kept_renditions,
    page.status_code == 200 and after.lead in page.content.decode() and "Sở Cũ" in page.content.decode(),
    (after.title, after.date, after.topic_id, after.image_id, after.body.raw_data[0]["type"])
    == (article.title, article.date, article.topic_id, article.image_id, article.body.raw_data[0]["type"]),
    sorted(Topic.objects.filter(name__in=("Điện", "Dien")).values_list("slug", flat=True)) == ["dien", "dien-2"],
    Client(headers=host).get("/chuyen-muc/dien-2/").status_code,
    found.status_code == 200 and after.url in found.content.decode(),
    Entry.objects.count() > 0,
    Group.objects.filter(name="Tác giả").count(),
    Workflow.objects.filter(active=True).count() > 0,
    sep="|",
)
"""


def test_an_old_site_keeps_what_it_has_and_gets_what_is_new(postgres: PostgresServer, tmp_path: Path) -> None:
    said = answer_of(OLD_SITE, postgres, tmp_path)

    assert said == "False|True|0|True|True|True|200|True|True|1|True"
