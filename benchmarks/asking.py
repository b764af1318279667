"""What one answer takes through the whole of Django: queries, and processor seconds of the thread."""

import time


def count_queries(path: str, *, warm_ups: int) -> int:
    """After ``warm_ups`` answers, which make the pictures. Django must be set up."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(warm_ups):
        ask(path)
    with CaptureQueriesContext(connection) as queries:
        ask(path)
    return len(queries)


def cpu_seconds(path: str, **headers: str) -> float:
    began = time.thread_time()
    ask(path, **headers)
    return time.thread_time() - began


def ask(path: str, **headers: str) -> None:
    """Raises RuntimeError if the answer is not 200."""
    from django.test import Client

    response = Client().get(path, headers={"host": "localhost", **headers})
    if response.status_code != 200:
        raise RuntimeError(f"{path}: {response.status_code} {response.content[:200]!r}")
