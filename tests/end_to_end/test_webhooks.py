"""The product is killed between a change and its delivery, and its receiver is away, slow or broken.

Each event arrives, each page's in order, and who reads the changes from the beginning knows the published tree.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from part import ROOT, free_port
from patience import PATIENCE, wait_until
from product import Product
from webhook_receiver import Receiver, receiving

ARRIVES_SECONDS = 60 + PATIENCE
FRONT_END, ANOTHER = "https://app.example.vn", "https://other.example.vn"

# A process of its own, as `manage.py` would be: what it commits is there for the product, whenever that is killed.
CHANGES = """
import json, sys
import django
django.setup()
from django.db import transaction
from wagtail.models import Page, PageViewRestriction
from cms.announcing.models import Endpoint, EventType
from cms.announcing.secrets import make_secret
from cms.api.preview.links import make_link, revoke_links
from cms.news.models import NewsIndexPage, NewsPage

def receiver(url):
    made = Endpoint(name="Trang tin", url=url, events=[one.value for one in EventType])
    secret = make_secret(made)
    made.save()
    return secret

def articles(count):
    index = NewsIndexPage.objects.first()
    return [index.add_child(instance=NewsPage(title=f"Tin thử {n}", lead="Tóm tắt.")).pk for n in range(int(count))]

def publish(pk):
    NewsPage.objects.get(pk=pk).save_revision().publish()

def unpublish(pk):
    NewsPage.objects.get(pk=pk).unpublish()

def delete(pk):
    Page.objects.get(pk=pk).delete()

def move(pk):
    page = Page.objects.get(pk=pk)
    page.move(Page.objects.get(pk=page.get_parent().get_parent().pk), pos="last-child")

def restrict(pk):
    PageViewRestriction.objects.create(page_id=pk, restriction_type="login")

def draft(pk, title):
    page = NewsPage.objects.get(pk=pk)
    page.title = title
    page.save_revision()
    return make_link(page)

def revoke(pk):
    revoke_links(Page.objects.get(pk=pk))

for line in sys.stdin:
    name, *arguments = json.loads(line)
    print(json.dumps(globals()[name](*arguments)), flush=True)
"""


class Desk:
    """Changes the site from a process of its own."""

    def __init__(self, product: Product) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", CHANGES],
            cwd=ROOT,
            env=os.environ | product.environment() | {"DJANGO_SETTINGS_MODULE": "cms.settings.embedded"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def do(self, *call: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@pytest.fixture
def product(data_dir: Path) -> Iterator[Product]:
    with Product(data_dir, NHIP_WEBHOOK_INNER="1", NHIP_FRONT_ENDS=FRONT_END) as made:
        yield made


@pytest.fixture
def desk(product: Product) -> Iterator[Desk]:
    with closing(Desk(product)) as made:
        yield made


def ask(product: Product, question: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(product.data_dir / "cms.sqlite3", timeout=20)) as database:
        return database.execute(question, values).fetchall()


def wait_until_told(product: Product) -> None:
    wait_until(lambda: ask(product, "SELECT count(*) FROM announcing_mark") == [(0,)], seconds=ARRIVES_SECONDS)


def wanted(product: Product) -> list[tuple[int, int]]:
    """Page and sequence of each event that is for the receiver."""
    return ask(
        product,
        "SELECT event.page_id, event.id FROM announcing_event AS event"
        " JOIN announcing_delivery AS delivery ON delivery.event_id = event.id ORDER BY event.id",
    )


def taken(receiver: Receiver) -> list[tuple[int, int]]:
    """The first coming of each event: a second one is what at least once allows."""
    pairs = [(message["data"]["page"]["id"], message["sequence"]) for message in receiver.taken]
    return list(dict.fromkeys(pairs))


def by_page(pairs: list[tuple[int, int]]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for page, sequence in pairs:
        found[page].append(sequence)
    return found


def replayed(product: Product) -> dict[int, str]:
    """What a reader of `changes/` knows who begins at the beginning."""
    known: dict[int, str] = {}
    since, more = "", True
    while more:
        answer = product.get(f"/api/v2/changes/?limit=7{since}")
        for event in answer["changes"]:
            page = event["data"]["page"]
            if event["type"] in ("page.published", "page.moved"):
                known[page["id"]] = page["path"]
            else:
                known.pop(page["id"], None)
        since, more = f"&since={answer['next']}", answer["more"]
    return known


def published(product: Product) -> dict[int, str]:
    pages = product.get("/api/v2/pages/?limit=100&fields=_,id,path")["items"]
    return {page["id"]: page["meta"]["path"] for page in pages}


def test_each_event_arrives_though_the_product_is_killed_and_the_receiver_fails(product: Product, desk: Desk) -> None:
    port = free_port()
    secret = desk.do("receiver", f"http://127.0.0.1:{port}/hook")
    wait_until_told(product)
    first, second, third, fourth = desk.do("articles", 4)
    wait_until_told(product)
    desk.do("publish", first)
    product.kill()  # between the change and its delivery; whether it was told of by then is chance
    desk.do("unpublish", second)
    desk.do("move", third)  # while no product runs
    product.start()
    wait_until_told(product)
    desk.do("publish", second)
    wait_until_told(product)
    wait_until(  # the receiver is away
        lambda: ask(product, "SELECT count(*) FROM announcing_delivery WHERE tries > 0")[0][0] > 0,
        seconds=ARRIVES_SECONDS,
    )
    assert ask(product, "SELECT count(*) FROM announcing_delivery WHERE state = 'delivered'") == [(0,)]

    with receiving(port) as receiver:
        receiver.secret, receiver.delay = secret, 0.2
        receiver.failing = [500, "redirect", 503]
        receiver.wait_for(1, seconds=ARRIVES_SECONDS)
        desk.do("delete", fourth)
        desk.do("restrict", first)
        product.kill()  # while messages are on their way
        product.start()
        wait_until_told(product)
        product.kill()
        product.start()

        def everything_arrived() -> bool:
            return set(taken(receiver)) >= set(wanted(product))

        wait_until(everything_arrived, seconds=ARRIVES_SECONDS)
        time.sleep(1.0)  # what comes twice comes now

        assert receiver.refused, "the receiver failed as it was told to"
        assert by_page(taken(receiver)) == by_page(wanted(product))
        last = {message["data"]["page"]["id"]: message["type"] for message in receiver.taken}
        assert (last[first], last[fourth]) == ("page.unpublished", "page.deleted")
        assert (last[second], last[third]) == ("page.published", "page.moved")
        assert {"followed": "/hook/elsewhere"} not in receiver.taken

    assert replayed(product) == published(product)
    assert len(published(product)) > 10
    assert first not in published(product)
    look_at_a_draft(product, desk, second)


def look_at_a_draft(product: Product, desk: Desk, page: int) -> None:
    """From a front end elsewhere, as the running product answers; nobody else's memory has any of it."""
    link = desk.do("draft", page, "Bản nháp thứ nhất")
    path = f"/api/v2/preview/{link}/"
    headers, answer = get(product, path, origin=FRONT_END)
    assert answer["title"] == "Bản nháp thứ nhất"
    assert (answer["statistics"]["token"], answer["statistics"]["views"]) == (None, 0)
    assert (headers["access-control-allow-origin"], headers["cache-control"]) == (FRONT_END, "no-store")
    assert "access-control-allow-origin" not in get(product, path, origin=ANOTHER)[0]
    desk.do("draft", page, "Bản nháp thứ hai")
    assert get(product, path)[1]["title"] == "Bản nháp thứ hai", "it was kept"
    changes = get(product, "/api/v2/changes/", origin=FRONT_END)[0]
    assert (changes["access-control-allow-origin"], changes["cache-control"]) == (FRONT_END, "no-store")
    desk.do("revoke", page)
    assert product.status(path) == 403


def get(product: Product, path: str, *, origin: str = "") -> tuple[dict[str, str], Any]:
    request = urllib.request.Request(product.base_url + path, headers={"Origin": origin} if origin else {})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return {name.lower(): value for name, value in answer.headers.items()}, json.loads(answer.read())
