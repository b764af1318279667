"""Which addresses below the root are the portal's own, so that no page gets one that it could not be read at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RegexPattern
from wagtail.models import Page, Site

from pipeline.process.http import PREFIX

BEFORE_DJANGO = frozenset({PREFIX.strip("/"), "api"})  # what other applications of the process answer
WHOLE = re.compile(r"[\w.-]+/[\w./-]+$")  # of several parts, none of which varies
LITERAL = re.compile(r"\^?([\w.-]+)(?=/|$)")


@cache
def taken_segments() -> frozenset[str]:
    """The first parts of the addresses that ``cms/urls.py`` takes: ``admin``, ``tim-kiem``, ``chuyen-muc``, ``rss``…"""
    return BEFORE_DJANGO.union(_first_segments(get_resolver().url_patterns))


def _first_segments(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        text = str(pattern.pattern)
        if isinstance(pattern.pattern, RegexPattern):
            text = text.replace("\\", "").replace("$", "")
        if not text and isinstance(pattern, URLResolver):
            yield from _first_segments(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and WHOLE.match(text):
            continue  # one address within a section that editors may have, such as that of a language
        elif found := LITERAL.match(text):
            yield found[1]


def keep_our_addresses() -> None:
    """Call this once, in ``ready()``: Wagtail asks whether a slug is free wherever a page is made, edited, copied or
    moved; of these the answer is no below the root of a site."""
    ask_siblings = Page._slug_is_available

    def is_available(slug: str, parent_page: Any, page: Any = None) -> bool:
        if not ask_siblings(slug, parent_page, page):
            return False
        return slug not in taken_segments() or not _is_root(parent_page)

    Page._slug_is_available = staticmethod(is_available)


def _is_root(page: Any) -> bool:
    return page is not None and Site.objects.filter(root_page_id=page.pk).exists()
