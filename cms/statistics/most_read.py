"""The most read of some pages, by the numbers of the moment: no reader costs a question to the engine.

Which pages are listed depends on the database alone; their order and their numbers are put in when a page is sent. So
the pages travel through a kept page as *letters*, as page tokens do.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from cms.statistics.numbers import vietnamese_number
from pipeline.serving.snapshot import Snapshot

SHOWN = 5
FEWEST = 2  # one that was read is no order
SECTION = (
    '<section class="section most-read" aria-labelledby="most-read">'
    '<div class="section__header"><h2 id="most-read">Đọc nhiều</h2></div>'
    '<ol class="most-read__list">{}</ol></section>'
)


class Listed(NamedTuple):
    page_id: int
    address: str
    title: str


def to_letters(pages: Iterable[Listed]) -> str:
    """In letters and digits alone."""
    return json.dumps([*pages], ensure_ascii=False, separators=(",", ":")).encode().hex()


@lru_cache(maxsize=64)
def from_letters(letters: str) -> tuple[Listed, ...]:
    return tuple(Listed(*page) for page in json.loads(bytes.fromhex(letters)))


def most_read(pages: Iterable[Listed], snapshot: Snapshot) -> SafeString:
    """The section, with those that were read; nothing while these are fewer than ``FEWEST``, as on a new site. Equals
    stay in their order."""
    read = [page for page in pages if snapshot.page_views(page.page_id)]
    if len(read) < FEWEST:
        return SafeString()
    ordered = sorted(read, key=lambda page: snapshot.page_views(page.page_id) or 0, reverse=True)[:SHOWN]
    return format_html(SECTION, format_html_join("", "<li>{}</li>", ((_item(page, snapshot),) for page in ordered)))


def _item(page: Listed, snapshot: Snapshot) -> SafeString:
    return format_html(
        '<a href="{}">{}</a> <span class="page-views">Lượt xem: <span data-page-views="{}">{}</span></span>',
        page.address,
        page.title,
        str(page.page_id),
        vietnamese_number(snapshot.page_views(page.page_id)),
    )
