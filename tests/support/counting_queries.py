"""How many queries an answer of the API takes."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext


def count(ask: Any, path: str, /, **query: Any) -> int:
    """``ask``: the fixture of the API's tests."""
    ask(path, **query)  # makes the renditions
    with CaptureQueriesContext(connection) as queries:
        ask(path, **query)
    return len(queries)
