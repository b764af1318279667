"""The stylesheet of the department's colours."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import condition, require_safe

from cms.core.department import colours

KEPT_FOR_EVER = "public, max-age=31536000, immutable"  # the address names all that it depends on


def _etag(_request: HttpRequest, **named: str) -> str:
    return '"{version}-{colour}-{mark}"'.format(**named)


@require_safe
@condition(etag_func=_etag)
def show_colours(_request: HttpRequest, *, version: str, colour: str, mark: str) -> HttpResponse:
    """404 for colours that can't be read, which no page names."""
    if version != str(colours.VERSION):
        raise Http404
    try:
        css = colours.stylesheet(f"#{colour}", f"#{mark}")
    except ValidationError as error:
        raise Http404 from error
    return HttpResponse(css, content_type="text/css; charset=utf-8", headers={"Cache-Control": KEPT_FOR_EVER})
