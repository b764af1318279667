"""What the API can't answer, in words that say what to do: `application/problem+json` (RFC 9457).

Whatever is asked wrongly is raised as a `Problem`; the edge of the API turns it into its answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"
MOST_FAULTS = 10  # so that what is refused is not much shorter than what is said of it


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: of which parameter, and what it should be."""

    parameter: str
    detail: str


@dataclass(eq=False)
class Problem(Exception):
    """``detail``: English, for the developer of a front end. ``headers``: such as `Retry-After`."""

    status: int
    title: str
    detail: str
    errors: Sequence[Fault] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    type: str = "about:blank"

    def __str__(self) -> str:
        return f"{self.status} {self.title}: {self.detail}"


def not_found(detail: str) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "Not found", detail)


def bad_request(*errors: Fault, status: int = HTTPStatus.BAD_REQUEST) -> Problem:
    """Of many faults it tells the first."""
    errors = errors[:MOST_FAULTS]
    detail = " ".join(f"{error.parameter}: {error.detail}" for error in errors)
    return Problem(status, "The request can't be understood", detail, errors)


def as_json(problem: Problem) -> dict[str, Any]:
    body: dict[str, Any] = {
        "type": problem.type,
        "title": problem.title,
        "status": int(problem.status),
        "detail": problem.detail,
    }
    if problem.errors:
        body["errors"] = [{"parameter": error.parameter, "detail": error.detail} for error in problem.errors]
    return body


def render(problem: Problem) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(as_json(problem)),
        status=int(problem.status),
        content_type=CONTENT_TYPE,
        headers=dict(problem.headers),
    )
