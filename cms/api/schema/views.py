"""`GET /api/v2/schema/openapi.json`"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from cms.api.endpoint import respond
from cms.api.parameters import read_parameters
from cms.api.problems import Problem, render
from cms.api.schema.contributions import openapi


def show_schema(request: HttpRequest) -> HttpResponse:
    try:
        read_parameters(request.GET, ())
    except Problem as problem:
        return render(problem)
    return respond(openapi())
