"""On PostgreSQL: transactions that overlap, several processes that announce, deliver and read at once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from part import ROOT
from postgres_server import PostgresServer

# Readers ask again and again by their cursor while editors' transactions, long and short, commit in any order and three
# announcers take turns. Whoever misses an event for ever would know another tree than the one that is published.
READING = """
import json, random, threading, time
import django
django.setup()
from django.db import connection, transaction
from wagtail.models import Page, Site
from cms.announcing.feed import BEGINNING, changes_since
from cms.announcing.models import Event, Mark
from cms.announcing.noticing import announce
from cms.announcing.published import published
from cms.home.models import PlainPage

site = Site.objects.get()
pages = [site.root_page.add_child(instance=PlainPage(title=f"Trang {n}")).pk for n in range(6)]
done = threading.Event()
faults = []

def edit(seed):
    chance = random.Random(seed)
    for number in range(12):
        with transaction.atomic():
            for pk in sorted(chance.sample(pages, 2)):
                if chance.random() < 0.5:
                    PlainPage.objects.get(pk=pk).save_revision().publish()
                else:
                    PlainPage.objects.get(pk=pk).unpublish()
            time.sleep(chance.choice((0, 0.02, 0.1)))
    connection.close()

def tell():
    while not done.is_set():
        announce(limit=3)
        time.sleep(0.001)
    connection.close()

def read(known):
    cursor, newest = BEGINNING, 0
    while True:
        last_time = done.is_set()
        found = changes_since(cursor, site_id=site.pk, limit=4)
        for event in found.events:
            if event.pk <= newest:
                faults.append(f"{event.pk} after {newest}")
            newest = event.pk
            known[event.page_id] = event.path if event.is_public else None
        cursor = found.next
        if last_time and not found.more:
            break
        time.sleep(0.001)
    connection.close()

known = [{} for _ in range(2)]
editors = [threading.Thread(target=edit, args=(seed,)) for seed in range(4)]
tellers = [threading.Thread(target=tell) for _ in range(3)]
readers = [threading.Thread(target=read, args=(one,)) for one in known]
for thread in [*editors, *tellers, *readers]: thread.start()
for thread in editors: thread.join()
while announce(limit=3) or Mark.objects.exists(): pass
done.set()
for thread in [*tellers, *readers]: thread.join()

truth = {key.page_id: place.path for key, place in published().items()}
print(json.dumps({
    "faults": faults,
    "read": [{pk: path for pk, path in one.items() if path is not None} == truth for one in known],
    "events": Event.objects.count(),
    "last": Event.objects.filter(last=True).count() == Event.objects.values("page_id").distinct().count(),
}))
"""

# Four processes' deliverers want the same receiver.
DELIVERING = """
import json, threading
import django
django.setup()
from collections import Counter, defaultdict
from django.db import connection
from django.utils import timezone
from cms.announcing.delivering import deliver_to
from cms.announcing.models import Delivery, Endpoint, Event, State
from cms.announcing.secrets import make_secret
from cms.announcing.sending import Outcome

endpoint = Endpoint(name="a", url="https://a.example/", events=[])
make_secret(endpoint)
endpoint.save()
for number in range(60):
    event = Event.objects.create(type="page.published", at=timezone.now(), page_id=number % 5, site_id=1, site_url="",
                                 page_type="x", path="/", locale="vi")
    Delivery.objects.create(endpoint=endpoint, event=event, page_id=event.page_id)

sent, lock, at_work = [], threading.Lock(), []
def send(messages):
    with lock:
        at_work.append(len(messages))
        overlapping.append(len(at_work))
    for message in messages:
        with lock: sent.append(json.loads(message.body))
    with lock: at_work.pop()
    return [Outcome(204, "204") for _ in messages]

overlapping = []
everybody = threading.Barrier(4)
def deliver():
    everybody.wait()
    for _ in range(20): deliver_to(endpoint.pk, send)
    connection.close()
threads = [threading.Thread(target=deliver) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()

order = defaultdict(list)
for one in sent: order[one["data"]["page"]["id"]].append(one["sequence"])
print(json.dumps({
    "twice": [k for k, n in Counter(one["sequence"] for one in sent).items() if n > 1],
    "in order": all(found == sorted(found) for found in order.values()),
    "sent": len(sent),
    "left": Delivery.objects.exclude(state=State.DELIVERED).count(),
    "at once": max(overlapping),
}))
"""

ROLLED_BACK = """
import json
import django
django.setup()
from django.db import connection, transaction
from wagtail.models import Page, Site
from cms.announcing.models import Mark
from cms.home.models import PlainPage
page = Site.objects.get().root_page.add_child(instance=PlainPage(title="Trang"))
Mark.objects.all().delete()
with transaction.atomic():
    page.unpublish()
    inside = Mark.objects.count()
    transaction.set_rollback(True)
outside = Mark.objects.count()
with connection.cursor() as cursor:
    cursor.execute("UPDATE wagtailcore_page SET live = false WHERE id = %s", [page.pk])
print(json.dumps([inside > 0, outside, Mark.objects.filter(page_id=page.pk).count()]))
"""

# An alias of a private page that becomes a page of its own; texts and rows that change without a publication; a column
# that a migration takes out of a page type.
WHAT_IS_SEEN = """
import json
import django
django.setup()
from django.core.management import call_command
from django.db import connection
from wagtail.actions.convert_alias import ConvertAliasPageAction
from wagtail.models import Page, PageViewRestriction, Site
from wagtail_emulation.models import Commendation, EmulationIndexPage, EmulationPage
from cms.announcing.models import Event
from cms.announcing.noticing import announce
from cms.announcing.triggers import _triggers, take_content_triggers_off
from cms.home.models import PlainPage

def told():
    newest = Event.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    while announce(): pass
    return [(one.type, one.path) for one in Event.objects.filter(pk__gt=newest).order_by("pk")]

def installed():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal")
        return {name for (name,) in cursor.fetchall()}

home = Site.objects.get().root_page
source = home.add_child(instance=PlainPage(title="Nguồn", slug="nguon"))
alias = source.create_alias(parent=home, update_slug="ban-sao")
PageViewRestriction.objects.create(page=source, restriction_type="login")
told()
ConvertAliasPageAction(PlainPage.objects.get(pk=alias.pk)).execute()
found = {"converted": told()}
index = home.add_child(instance=EmulationIndexPage(title="Thi đua", slug="td"))
page = index.add_child(instance=EmulationPage(title="Trang", slug="trang", event_date="2026-01-01", lead="a",
    commendations=[Commendation(recipient_kind="collective", name="Phòng", award="Giấy khen")]))
told()
EmulationPage.objects.update(lead="b")
found["text"] = told()
Commendation.objects.update(award="Bằng khen")
found["row"] = told()
everything = {trigger.name for trigger in _triggers("IS DISTINCT FROM")}
found["all"] = everything <= installed()
take_content_triggers_off(using="default", plan=[1])
with connection.cursor() as cursor:
    cursor.execute("ALTER TABLE wagtail_emulation_emulationpage DROP COLUMN place")
    cursor.execute("ALTER TABLE wagtail_emulation_emulationpage ADD COLUMN place varchar(200) NOT NULL DEFAULT ''")
call_command("migrate", verbosity=0)
found["again"] = everything <= installed()
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def postgres(migrated_postgres: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path_factory.mktemp("postgres"), copied_from=migrated_postgres) as server:
        yield server


def answer_of(script: str, server: PostgresServer, data: Path) -> Any:
    environment = {
        "DATABASE_URL": server.url,
        "NHIP_DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "cms.settings.embedded",
    }
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, check=False, text=True)
    assert run.returncode == 0, run.stderr[-4000:]
    return json.loads(run.stdout.strip().splitlines()[-1])


def test_no_event_appears_below_one_that_was_read(postgres: PostgresServer, tmp_path: Path) -> None:
    found = answer_of(READING, postgres, tmp_path)

    assert found["faults"] == []
    assert found["read"] == [True, True]
    assert found["last"]
    assert found["events"] > 20


def test_a_receiver_is_one_process_at_a_time(postgres: PostgresServer, tmp_path: Path) -> None:
    found = answer_of(DELIVERING, postgres, tmp_path)

    assert found == {"twice": [], "in order": True, "sent": 60, "left": 0, "at once": 1}


def test_a_mark_is_of_the_changes_transaction(postgres: PostgresServer, tmp_path: Path) -> None:
    assert answer_of(ROLLED_BACK, postgres, tmp_path) == [True, 0, 1]


def test_what_a_page_is_shown_or_hidden_by_is_seen(postgres: PostgresServer, tmp_path: Path) -> None:
    found = answer_of(WHAT_IS_SEEN, postgres, tmp_path)

    assert found == {
        "converted": [["page.published", "/ban-sao/"]],
        "text": [["page.published", "/td/trang/"]],
        "row": [["page.published", "/td/trang/"]],
        "all": True,
        "again": True,
    }
