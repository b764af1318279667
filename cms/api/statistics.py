"""A page's numbers and its token, of the moment: in an answer that is kept for many readers they are marks.

The token is that of the public, whoever asks: an answer may be given to anybody. A browser of staff is known to the
collector by its own cookie, so that its views count for nobody.
"""

from __future__ import annotations

import time
from typing import Any

import msgspec
from wagtail.models import Page

from cms.api.reading import Reading
from cms.api.shapes.base import Components, Schema, an_object
from cms.statistics import counters, slots
from cms.statistics.faults import faults
from cms.statistics.page_tokens import sign_in, to_letters
from pipeline.events import PREVIEW, PUBLIC
from pipeline.serving.snapshot import steady_time
from pipeline.tokens import PageToken, hour_of

NOTHING_KNOWN = {"views": None, "as_of": None, "token": None}


def write_statistics(page: Page, reading: Reading) -> dict[str, Any]:
    """A statistics fault never costs an answer: nothing is known then."""
    try:
        return _written(page, reading)
    except Exception:
        faults.report("api")
        return dict(NOTHING_KNOWN)


def statistics_schema(components: Components) -> Schema:
    return components.ref(
        "Statistics",
        lambda: an_object(
            {
                "views": {"type": ["integer", "null"], "description": "Null until the numbers are known"},
                "as_of": {"type": ["string", "null"], "format": "date-time", "description": "To the minute"},
                "token": {
                    "type": ["string", "null"],
                    "description": "For <nhip-statistics>: it says that this page was published, and is good for a day",
                },
            }
        ),
    )


def _written(page: Page, reading: Reading) -> dict[str, Any]:
    token = token_of(page, reading)
    if slots.stays_open(reading.request):
        return {
            "views": _raw(slots.mark("json_page_views", page.pk)),
            "as_of": _raw(slots.mark("json_as_of")),
            "token": _raw(f'"{slots.mark("page_token", to_letters(token))}"') if token else None,
        }
    moment = reading.once("moment", _now)
    return {
        "views": _raw(slots.json_page_views(page.pk, moment)),
        "as_of": _raw(slots.json_as_of(moment)),
        "token": sign_in(moment.hour, token) if token else None,
    }


def token_of(page: Page, reading: Reading) -> PageToken | None:
    """None if the page's address is too long to count."""
    token = PageToken(
        site=reading.site_id,
        page_id=page.pk,
        locale=reading.locale_of(page),
        path=reading.path_of(page),
        audience=PREVIEW if reading.is_preview else PUBLIC,
        host=reading.host,
    )
    try:
        sign_in(hour_of(time.time()), token)
    except ValueError:
        return None
    return token


def _raw(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


def _now() -> slots.Moment:
    return slots.moment_of(counters.current().snapshot(), now=time.time(), steady=steady_time())
