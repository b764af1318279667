"""Everything below `/api/v3/`; loaded with `NHIP_API_V3` alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path
from ninja import NinjaAPI
from ninja.renderers import BaseRenderer
from wagtail.api.v3.errors import register_exception_handlers

from cms.api.endpoint import JSON, answer_nothing, encode, respond, say_if_incomplete
from cms.api.parameters import read_parameters
from cms.api.problems import Problem, render
from cms.api.v3.pages import router

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
register_exception_handlers(api)


@api.exception_handler(Problem)
def refuse(_request: HttpRequest, problem: Problem) -> HttpResponse:
    return render(problem)


api.add_router("/pages/", router)


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
