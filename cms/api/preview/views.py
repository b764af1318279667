"""`preview/<link>/`: a draft in the shape of `pages/<id>/`. Nothing of it is kept, and its views count nowhere."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse

from cms.api.endpoint import respond
from cms.api.fields import STATISTICS
from cms.api.filters import FIELDS
from cms.api.pages import write_pages
from cms.api.parameters import read_parameters
from cms.api.preview.links import NoLink, Over, read_link
from cms.api.problems import Problem, not_found, render
from cms.api.reading import Reading
from cms.api.selection import NAME, read_selection

HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}  # the edge says no-referrer


def show_preview(request: HttpRequest, link: str) -> HttpResponse:
    try:
        answer = respond(read_draft(request, link))
    except Problem as problem:
        answer = render(problem)
    for name, value in HEADERS.items():
        answer[name] = value
    return answer


def read_draft(request: HttpRequest, link: str) -> dict[str, Any]:
    """Raises Problem."""
    given = read_parameters(request.GET, (FIELDS,))
    reading = Reading(request, is_preview=True)
    try:
        draft = read_link(link)
    except Over:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "This link is over",
            "Its time has passed, or it was revoked. Ask an editor for a new one.",
        ) from None
    except NoLink:
        raise not_found("There is no such link to a draft. Give the whole of what the editor's screen shows.") from None
    if not reading.is_here(draft):
        raise not_found("This link is of another site. Ask under the name of that one.")
    (written,) = write_pages([draft], read_selection(given.get(NAME), [type(draft)], is_list=False), reading)
    if written.get(STATISTICS.name):
        written[STATISTICS.name]["token"] = None  # so that a front end counts no view of it
    return written
