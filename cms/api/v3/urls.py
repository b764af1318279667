"""Everything below `/api/v3/`; loaded with `NHIP_API_V3` alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import path, re_path
from ninja import NinjaAPI
from ninja.errors import ValidationError
from ninja.renderers import BaseRenderer
from wagtail.api.v3.errors import register_exception_handlers

from cms.api.endpoint import JSON, answer_nothing, encode, respond, say_if_incomplete
from cms.api.parameters import read_parameters
from cms.api.problems import Fault, Problem, bad_request, render
from cms.api.v3.pages import router
from cms.api.v3.parameters import UNREADABLE

DESCRIPTION = (
    "A preview of Wagtail's API v3: it may change with any release. It has the pages that everybody may read, and "
    "nothing is written through it. A field of a page type is as /api/v2/ has it."
)


class Plain(BaseRenderer):
    """As v2 writes JSON: a number stays a number, with all of its digits."""

    media_type = JSON

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002
        return encode(data)


class Preview(NinjaAPI):
    def create_response(self, request: HttpRequest, data: Any, **more: Any) -> HttpResponse:
        response = super().create_response(request, data, **more)
        say_if_incomplete(request, response)
        return response

    def get_content_type(self) -> str:
        return JSON


api = Preview(
    title="Wagtail API v3 (preview)",
    version="3.0.0-preview",
    description=DESCRIPTION,
    urls_namespace="wagtailapi_v3",
    renderer=Plain(),
    openapi_url=None,  # below, without parameters
    docs_url=None,  # a page with another host's scripts
)
api.add_router("/pages/", router)
register_exception_handlers(api)


@api.exception_handler(Problem)
def refuse(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return render(problem)


@api.exception_handler(ValidationError)
def refuse_values(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """In the form of every refusal, each parameter once."""
    found: dict[str, list[str]] = {}
    for one in error.errors:
        found.setdefault(_name_in(one["loc"], request.GET), []).append(
            one["msg"].removeprefix("Value error, ").rstrip(".") + "."
        )
    faults = [Fault(name, " Or: ".join(dict.fromkeys(said))) for name, said in found.items()]
    return render(bad_request(*faults, status=UNREADABLE))


def _name_in(place: Sequence[Any], query: QueryDict) -> str:
    """``place``: as Wagtail's schemas are nested, such as `("query", "filters", "child_of", …)`."""
    return str(next((part for part in place if part in query), place[0]))


def show_schema(request: HttpRequest) -> HttpResponse:
    try:
        read_parameters(request.GET, ())
    except Problem as problem:
        return render(problem)
    return respond(dict(api.get_openapi_schema()))


urlpatterns = [
    path("openapi.json", show_schema, name="api_v3_schema"),
    path("", api.urls),
    re_path("", answer_nothing),
]
