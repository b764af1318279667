"""`changes/`: what became of the published tree, for those who ask for it themselves."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from cms.announcing.feed import BEGINNING, Cursor, TooNew, changes_since, read_cursor
from cms.api.endpoint import respond
from cms.api.parameters import Parameter, read_parameters, whole_number
from cms.api.problems import Problem, render
from cms.api.reading import around_of
from cms.core.sites import find_site

MOST = 500
USUAL = 100


def _cursor(text: str) -> Cursor:
    try:
        return read_cursor(text)
    except ValueError:
        raise ValueError("Give back `next` of an answer as it is, or leave it out to begin at the beginning.") from None


SINCE = Parameter(
    "since", "`next` of the answer before; without it from the beginning", _cursor, {"type": "string", "maxLength": 24},
    longest=24,
)  # fmt: skip
LIMIT = Parameter(
    "limit",
    "How many, at most",
    whole_number(least=1, most=MOST),
    {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
)
PARAMETERS = (SINCE, LIMIT)


def show_changes(request: HttpRequest) -> HttpResponse:
    """Kept nowhere: an answer from a cache would hide what is newer."""
    try:
        return respond(read_changes(request), headers={"Cache-Control": "no-store"})
    except Problem as problem:
        return render(problem)


def read_changes(request: HttpRequest) -> dict[str, Any]:
    """Raises Problem."""
    given = read_parameters(request.GET, PARAMETERS)
    around_of(request)
    site = find_site(request)
    try:
        found = changes_since(
            given.get(SINCE.name, BEGINNING), site_id=site.pk if site else 0, limit=given.get(LIMIT.name, USUAL)
        )
    except TooNew:
        raise Problem(
            HTTPStatus.GONE,
            "Begin again",
            "This site has no such place in its changes; its database may have been restored from a copy. Forget what"
            " you know of it and read from the beginning, without since.",
        ) from None
    return {"changes": [event.as_json() for event in found.events], "next": str(found.next), "more": found.more}
