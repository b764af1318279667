"""From an address to its page: one query for the page itself, whatever its depth.

Wagtail's own routing walks down the tree with two queries a level, and looks up the tree again for view restrictions.
The answer is the same: a page type with a `route` of its own still takes over from its level down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from wagtail.models import Page, PageViewRestriction
from wagtail.url_routing import RouteResult
from wagtail.views import serve

from cms.core.surroundings import Surroundings, surroundings_of

TOP = 2  # the depth of a site's root page, if no page is above it


class PageRouting:
    """Middleware that routes a request before Wagtail's view does; Wagtail takes the route that a request has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: Any, _kwargs: Any) -> None:
        if view is serve:
            request._wagtail_route_for_request = route(request)  # type: ignore[attr-defined]


def route(request: HttpRequest) -> RouteResult | None:
    """The page, published, that the request's path leads to; None if there is none."""
    around = surroundings_of(request)
    if around is None:
        return None
    try:
        return _follow(around, request)
    except (Http404, ObjectDoesNotExist):  # a page may be deleted meanwhile
        return None


def _follow(around: Surroundings, request: HttpRequest) -> RouteResult | None:
    for level, page in enumerate(around.trail):
        if page.specific_class is not None and page.specific_class.route is not Page.route:
            return page.specific.route(request, list(around.below[level:]))
    if len(around.trail) <= len(around.below):
        return None
    page = _fetch(around)
    return RouteResult(page) if page.live else None


def _fetch(around: Surroundings) -> Page:
    """The page at the end of the trail, in its own type, with what the trail tells about it."""
    found = around.trail[-1]
    model = found.specific_class or Page
    pages = model._default_manager.all()
    if together := getattr(model, "served_with", None):  # without names, select_related would follow every key
        pages = pages.select_related(*together)
    page: Page = pages.get(pk=found.pk)
    if page.locale_id == around.root.locale_id:
        page.locale = around.root.locale
    if _is_open(around):
        page.get_view_restrictions = PageViewRestriction.objects.none
    return page


def _is_open(around: Surroundings) -> bool:
    """Whether no view restriction applies to the page at the end of the trail. An alias has those of its source."""
    is_private = around.trail[-1].path.startswith(around.private)
    return around.root.depth == TOP and not is_private and not any(page.alias_of_id for page in around.trail)
