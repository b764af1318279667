"""Every kind of change is noticed once it is committed, on SQLite and on PostgreSQL, and nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from part import ROOT
from postgres_server import PostgresServer

# Each case makes its change after everything before it was noticed, then looks twice.
SCRIPT = """
import datetime, io, json, sys, threading
import django
django.setup()
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from PIL import Image as Pillow
from wagtail.admin.models import EditingSession
from wagtail.contrib.redirects.models import Redirect
from wagtail.images import get_image_model
from wagtail.models import Collection, Page, PageViewRestriction, Site
from cms.core.changes.watch import open_look
from cms.core.models import DepartmentSettings
from cms.news.models import NewsIndexPage, NewsPage, Topic

settings.RENDITIONS_AHEAD = False  # its thread stores settings when it renders the first page
site = Site.objects.get()
index = site.root_page.add_child(instance=NewsIndexPage(title="Tin tức"))
other = site.root_page.add_child(instance=NewsIndexPage(title="Tin khác"))
article = index.add_child(instance=NewsPage(title="Bài viết", lead="Tóm tắt."))
topic = Topic.objects.create(name="Công nghiệp")
picture = io.BytesIO()
Pillow.new("RGB", (40, 30)).save(picture, "PNG")
image = get_image_model().objects.create(title="Ảnh", file=ContentFile(picture.getvalue(), "a.png"))
user = get_user_model().objects.create_superuser(username="a", password="b", email="")

def publish():
    article.title = "Bài viết mới"
    article.save_revision().publish()

def on_schedule():
    article.go_live_at = timezone.now() - datetime.timedelta(seconds=1)
    revision = article.save_revision(approved_go_live_at=article.go_live_at)
    look()
    call_command("publish_scheduled", verbosity=0)

def by_raw_sql():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE news_newspage SET lead = 'x'")

def several_in_one():
    with transaction.atomic():
        topic.save()
        image.save()

def partly_rolled_back():
    with transaction.atomic():
        topic.save()
        try:
            with transaction.atomic():
                image.save()
                raise RuntimeError
        except RuntimeError:
            pass

def rolled_back():
    try:
        with transaction.atomic():
            topic.save()
            raise RuntimeError
    except RuntimeError:
        pass

def signing_in():
    SessionStore().save()

def editing():
    from django.contrib.contenttypes.models import ContentType
    EditingSession.objects.create(
        user=user, content_type=ContentType.objects.get_for_model(Page), object_id=str(article.pk),
        last_seen_at=timezone.now(),
    )

changes = {
    "publish": publish,
    "publish on schedule": on_schedule,
    "update of a queryset": lambda: NewsPage.objects.update(lead="y"),
    "creation in bulk": lambda: Topic.objects.bulk_create([Topic(name="a", slug="a"), Topic(name="b", slug="b")]),
    "raw SQL": by_raw_sql,
    "several in one transaction": several_in_one,
    "one that is rolled back in part": partly_rolled_back,
    "move": lambda: article.move(other, pos="last-child"),
    "restriction": lambda: PageViewRestriction.objects.create(page=article, restriction_type="login"),
    "unpublish": lambda: NewsPage.objects.get(pk=article.pk).unpublish(),
    "deletion of a page": lambda: NewsPage.objects.get(pk=article.pk).delete(),
    "setting": lambda: DepartmentSettings.for_site(site).save(),
    "snippet": topic.save,
    "menu": lambda: Page.objects.filter(pk=other.pk).update(show_in_menus=True),
    "image": image.save,
    "deletion of renditions": lambda: image.renditions.all().delete(),
    "redirect": lambda: Redirect.objects.create(old_path="/a", redirect_link="/b"),
    "site": lambda: Site.objects.create(hostname="b.example", root_page=site.root_page),
    "slug of the home page": lambda: Page.objects.filter(pk=site.root_page_id).update(slug="khac"),
    "collection": lambda: Collection.get_first_root_node().add_child(name="Ảnh"),
}
unseen = {
    "nothing": lambda: None,
    "one that is rolled back": rolled_back,
    "signing in": signing_in,
    "an editor at work": editing,
    "a rendition that a reader's page made": lambda: image.get_rendition("width-20"),
}

look = open_look()
found = {"first look": look()}
for name, change in {"a rendition that a reader's page made": unseen.pop("a rendition that a reader's page made"),
                     **unseen, **changes}.items():
    while look():
        pass
    change()
    found[name] = [look(), look()]

if connection.vendor == "postgresql":
    written, commit = threading.Event(), threading.Event()

    def write_long():
        with transaction.atomic():
            Topic.objects.create(name="lâu")
            written.set()
            commit.wait(30)
        connection.close()

    thread = threading.Thread(target=write_long)
    thread.start()
    written.wait(30)
    while look():
        pass
    Topic.objects.create(name="nhanh")
    found["a short transaction beside a long one"] = [look(), look()]
    commit.set()
    thread.join()
    found["a long one that ends after it"] = [look(), look()]

    with connection.cursor() as cursor:  # as after a restore into another server, whose numbers are lower
        cursor.execute("INSERT INTO content_change SELECT (pg_current_xact_id()::text::bigint + number)::text::xid8,"
                       " now() - interval '1 hour' FROM generate_series(1, 50) AS number")
    while look():
        pass
    topic.save()
    found["one whose number was used before a restore"] = [look(), look()]

if connection.vendor == "postgresql":  # as a restore of a copy does, while the site runs
    while look():
        pass
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE content_change RENAME TO before")
        cursor.execute("CREATE TABLE content_change (LIKE before INCLUDING ALL)")
        cursor.execute("DROP TABLE before")
    found["a restore of everything"] = [look(), look()]

call_command("migrate", "core", "0001", verbosity=0)
topic.save()
call_command("migrate", "core", verbosity=0)
while look():
    pass
topic.save()
found["after migrating back and forth"] = [look(), look()]
print(json.dumps(found))
"""

SEEN = (
    "publish",
    "publish on schedule",
    "update of a queryset",
    "creation in bulk",
    "raw SQL",
    "several in one transaction",
    "one that is rolled back in part",
    "move",
    "restriction",
    "unpublish",
    "deletion of a page",
    "setting",
    "snippet",
    "menu",
    "image",
    "deletion of renditions",
    "redirect",
    "site",
    "slug of the home page",
    "collection",
    "after migrating back and forth",
)
UNSEEN = (
    "nothing",
    "one that is rolled back",
    "signing in",
    "an editor at work",
    "a rendition that a reader's page made",
)
ON_POSTGRESQL = (
    "a short transaction beside a long one",
    "a long one that ends after it",
    "one whose number was used before a restore",
    "a restore of everything",
)


def run_cases(directory: Path, **environment: str) -> dict[str, list[bool]]:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=ROOT,
        env=os.environ
        | {"NHIP_DATA_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "cms.settings.embedded", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    found: dict[str, list[bool]] = json.loads(run.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def on_sqlite(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[bool]]:
    directory = tmp_path_factory.mktemp("sqlite")
    shutil.copyfile(migrated_sqlite, directory / "cms.sqlite3")
    return run_cases(directory)


@pytest.fixture(scope="module")
def on_postgresql(migrated_postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[bool]]]:
    with PostgresServer(tmp_path_factory.mktemp("postgres"), copied_from=migrated_postgres) as server:
        yield run_cases(tmp_path_factory.mktemp("data"), DATABASE_URL=server.url)


@pytest.mark.parametrize("change", SEEN)
def test_a_change_is_noticed_once_on_sqlite(on_sqlite: dict[str, list[bool]], change: str) -> None:
    assert on_sqlite[change] == [True, False]


@pytest.mark.parametrize("change", UNSEEN)
def test_what_no_reader_sees_is_not_noticed_on_sqlite(on_sqlite: dict[str, list[bool]], change: str) -> None:
    assert on_sqlite[change] == [False, False]


@pytest.mark.parametrize("change", [*SEEN, *ON_POSTGRESQL])
def test_a_change_is_noticed_once_on_postgresql(on_postgresql: dict[str, list[bool]], change: str) -> None:
    assert on_postgresql[change] == [True, False]


@pytest.mark.parametrize("change", UNSEEN)
def test_what_no_reader_sees_is_not_noticed_on_postgresql(on_postgresql: dict[str, list[bool]], change: str) -> None:
    assert on_postgresql[change] == [False, False]
