"""Who says what of the document: a function for each group of endpoints, beside the others in this room."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from cms.api.schema import changes, itself, pages, preview, site, topics
from cms.api.schema.document import Document

CONTRIBUTIONS: tuple[Callable[[Document], None], ...] = (
    pages.contribute,
    site.contribute,
    topics.contribute,
    changes.contribute,
    preview.contribute,
    itself.contribute,
)


@cache
def openapi() -> dict[str, Any]:
    """The whole document, made once in a process."""
    document = Document()
    for contribute in CONTRIBUTIONS:
        contribute(document)
    return document.as_json()
