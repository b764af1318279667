"""Seconds from a commit in this process until a reader of the product sees the change.

``python -m benchmarks.pages.changing DATA_DIR PORT TIMES`` publishes an article again and again and prints ``Seen``.
"""

import os
import random
import sys
import time
from http.client import HTTPConnection

import django
import msgspec

from benchmarks.child import print_answer

POLL_SECONDS = 0.005
PATIENCE_SECONDS = 10.0
PAUSE_SECONDS = 0.5


class Seen(msgspec.Struct, frozen=True):
    """One item for each change."""

    seconds: list[float]


def change(port: int, times: int) -> Seen:
    """Raises RuntimeError if a change is not seen. Django must be set up."""
    from django.db import transaction

    from cms.news.models import NewsPage

    article = NewsPage.objects.live().first()
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    seconds = []
    for number in range(times):
        _get(connection, article.get_url())
        time.sleep(random.uniform(0.0, PAUSE_SECONDS))
        article.title = f"Thay đổi lần {number} của tiến trình {os.getpid()}"
        with transaction.atomic():
            article.save_revision().publish()
        seconds.append(_seconds_until_seen(connection, article.get_url(), article.title.encode()))
    return Seen(seconds)


def _seconds_until_seen(connection: HTTPConnection, path: str, text: bytes) -> float:
    began = time.perf_counter()
    while text not in _get(connection, path):
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError(f"{path} has not changed after {PATIENCE_SECONDS:g} s")
        time.sleep(POLL_SECONDS)
    return time.perf_counter() - began


def _get(connection: HTTPConnection, path: str) -> bytes:
    connection.request("GET", path)
    return connection.getresponse().read()


def main() -> None:
    data_dir, port, times = sys.argv[1:]
    os.environ |= {"NHIP_DATA_DIR": data_dir, "DJANGO_SETTINGS_MODULE": "cms.settings.embedded"}
    django.setup()
    print_answer(change(int(port), int(times)))


if __name__ == "__main__":
    main()
