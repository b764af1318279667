"""Two web processes on one PostgreSQL are killed, alone and together, while they tell a receiver what editors do.

Each event arrives at least once, each page's in order; a process that dies with a receiver's lease is followed by the
other, or by itself.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from part import ROOT, Part, free_port, launched
from patience import PATIENCE, wait_until
from postgres_server import PostgresServer
from webhook_receiver import Receiver, receiving

from cms.announcing.delivering import LEASE

# What a process had in hand when it was killed is free again after the lease; the tries after a failure come later.
ARRIVES_SECONDS = 3 * LEASE.total_seconds() + PATIENCE
PAGES = 6

# An editor, in a process of its own that nobody kills; it ends when its input does.
EDITING = """
import json, random, select, sys
import django
django.setup()
from wagtail.models import Page, PageViewRestriction, Site
from cms.announcing.models import Endpoint, EventType
from cms.announcing.noticing import announce
from cms.announcing.secrets import make_secret
from cms.home.models import PlainPage

while announce(): pass
home = Site.objects.get().root_page
endpoint = Endpoint(name="Trang tin", url=sys.argv[1], events=[one.value for one in EventType])
print(json.dumps(make_secret(endpoint)), flush=True)
endpoint.save()
pages = [home.add_child(instance=PlainPage(title=f"Trang {n}", slug=f"trang-{n}")).pk for n in range(int(sys.argv[2]))]
chance, deeds = random.Random(9), 0
while not select.select([sys.stdin], [], [], 0.1)[0]:
    page = PlainPage.objects.get(pk=chance.choice(pages))
    deed = chance.randrange(4)
    if deed == 0:
        page.unpublish()
    elif deed == 1:
        page.slug = f"trang-{page.pk}-{deeds}"
        page.save()
    elif deed == 2 and not PageViewRestriction.objects.filter(page=page).delete()[0]:
        PageViewRestriction.objects.create(page=page, restriction_type="login")
    else:
        page.save_revision().publish()
    deeds += 1
print(json.dumps(deeds), flush=True)
"""


@pytest.fixture
def postgres(migrated_postgres: Path, tmp_path: Path) -> Iterator[PostgresServer]:
    with PostgresServer(tmp_path / "postgres", copied_from=migrated_postgres) as server:
        yield server


@pytest.fixture
def web(postgres: PostgresServer, tmp_path: Path) -> Iterator[list[Part]]:
    """Two processes, whose Kafka and ClickHouse are away: webhooks need the database alone."""
    key, secret = secrets.token_hex(32), secrets.token_hex(32)
    parts = []
    for name in ("one", "other"):
        port = free_port()
        environment = {
            "PORT": str(port),
            "NHIP_DATA_DIR": str(tmp_path / name),
            "NHIP_BEACON_KEY": key,
            "NHIP_SECRET_KEY": secret,
            "NHIP_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9",
            "NHIP_CLICKHOUSE_URL": "http://reader:secret@127.0.0.1:9/nhip",
            "NHIP_WEBHOOK_INNER": "1",
            "DATABASE_URL": postgres.url,
        }
        health = f"http://127.0.0.1:{port}/_nhip/"
        log = tmp_path / f"{name}.log"
        parts.append(Part(name, ["-m", "cms.web"], environment=environment, health_url=health, log=log))
    with launched(parts):
        yield parts


@contextmanager
def editing(web: list[Part], receiver: Receiver) -> Iterator[None]:
    """Editors change pages while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", EDITING, receiver.url, str(PAGES)],
        cwd=ROOT,
        env=os.environ | web[0].environment() | {"DJANGO_SETTINGS_MODULE": "cms.settings.embedded"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        receiver.secret = json.loads(process.stdout.readline())
        yield
        assert process.poll() is None, "the editor gave up"
        process.stdin.close()
        assert json.loads(process.stdout.readline()) > PAGES
        assert process.wait(PATIENCE) == 0
    finally:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def by_page(pairs: list[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for page, sequence in pairs:
        found[page].append(sequence)
    return found


def taken(receiver: Receiver) -> list[tuple[int, int]]:
    """Page and sequence of each message, as they came."""
    return [(message["data"]["page"]["id"], message["sequence"]) for message in receiver.taken]


def wanted(postgres: PostgresServer) -> list[tuple[int, int]]:
    rows = postgres.sql("SELECT page_id, event_id FROM announcing_delivery ORDER BY event_id")
    return [(int(page), int(event)) for page, event in (row.split("|") for row in rows.splitlines())]


def has_taken(receiver: Receiver, count: int) -> bool:
    return len(receiver.taken) >= count


def state_of(postgres: PostgresServer, receiver: Receiver) -> str:
    """What may tell why nothing comes."""
    asked = (
        "SELECT count(*) FROM announcing_mark",
        "SELECT state, count(*), max(event_id), max(tries), min(next_try_at) FROM announcing_delivery GROUP BY state",
        "SELECT is_on, failing_since, leased_until, leased_by, now() FROM announcing_endpoint",
        "SELECT state, wait_event, xact_start, left(query, 90) FROM pg_stat_activity WHERE datname IS NOT NULL",
    )
    return "\n".join([str(receiver.refused), *map(postgres.sql, asked)])


def test_events_arrive_in_order_though_the_processes_that_bring_them_are_killed(
    web: list[Part], postgres: PostgresServer
) -> None:
    with receiving() as receiver:
        receiver.delay = 0.25
        with editing(web, receiver):
            for killed in (web, web[:1], web[1:]):
                receiver.failing = [500]
                came = len(receiver.taken)
                more = partial(has_taken, receiver, came + 4)
                wait_until(more, seconds=ARRIVES_SECONDS, what=partial(state_of, postgres, receiver))
                wait_until(lambda: receiver.at_work > 0, seconds=ARRIVES_SECONDS)
                for part in killed:
                    part.kill()
                for part in killed:
                    part.start(ready=False)

        def everything_arrived() -> bool:
            marks = postgres.sql("SELECT count(*) FROM announcing_mark")
            waiting = postgres.sql("SELECT count(*) FROM announcing_delivery WHERE state = 'waiting'")
            return (marks, waiting) == ("0", "0")

        wait_until(everything_arrived, seconds=ARRIVES_SECONDS)
        found, expected = taken(receiver), wanted(postgres)

    assert [part.running for part in web] == [True, True]
    assert by_page(list(dict.fromkeys(found))) == by_page(expected), "each event, and each page's in order"
    assert len(expected) > 2 * PAGES
    assert len(found) > len(expected), "a message that was on its way came again"
    assert postgres.sql("SELECT count(*) FROM announcing_delivery WHERE state <> 'delivered'") == "0"
    told: Any = postgres.sql("SELECT count(*) FROM announcing_event WHERE last")
    assert int(told) == PAGES + 1, "of each page one event is the last"
