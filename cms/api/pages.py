"""`pages/` and `pages/<id>/`: what everybody may read of the site's tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from wagtail.api.v2.views import PagesAPIViewSet
from wagtail.fields import StreamField
from wagtail.models import Page

from cms.api.endpoint import Endpoint, django_request, respond
from cms.api.fields import is_of_type
from cms.api.filters import FIELDS, LISTING, Filtering, narrow
from cms.api.parameters import read_parameters
from cms.api.problems import not_found
from cms.api.reading import Reading, readable
from cms.api.selection import NAME, Chosen, Selection, pick, read_selection
from cms.core.pictures.ahead import make_soon

PER_LIST = 20


class PagesEndpoint(Endpoint, PagesAPIViewSet):
    def listing_view(self, request: Request) -> HttpResponse:
        return respond(list_pages(django_request(request)))

    def detail_view(self, request: Request, pk: int) -> HttpResponse:
        asked = django_request(request)
        given = read_parameters(asked.GET, (FIELDS,))
        return respond(read_page(asked, pk, fields=given.get(NAME)))


def list_pages(request: HttpRequest) -> dict[str, Any]:
    """As the request's query asks. Raises Problem."""
    given = read_parameters(request.GET, LISTING)
    filtering = narrow(request, given)
    selection = read_selection(given.get(NAME), filtering.models, is_list=True)
    start, limit = given.get("offset", 0), given.get("limit", PER_LIST)
    total, pages = slice_of(filtering, start, start + limit)
    return {"meta": {"total_count": total}, "items": write_pages(pages, selection, Reading(request))}


def read_page(request: HttpRequest, pk: int, *, fields: str | None = None) -> dict[str, Any]:
    """The page as `pages/<id>/` has it; ``fields``: as the parameter of that name. Raises Problem."""
    page = readable(request).filter(pk=pk).first()
    if page is None or page.specific_class is None:
        raise not_found("There is no page of this id that everybody may read.")
    selection = read_selection(fields, [page.specific_class], is_list=False)
    return write_pages([page], selection, Reading(request))[0]


def write_pages(pages: Sequence[Page], selection: Selection, reading: Reading) -> list[dict[str, Any]]:
    """Of any class. The number of queries depends on their types and fields, not on how many they are.

    With ``reading.is_preview`` the pages are drafts in their own types, and stay as they are.
    """
    chosen = {model: selection.of(model) for model in {_model(page) for page in pages}}
    known = pages if reading.is_preview else _in_own_types(pages, chosen)
    for page in known:
        for one in chosen[_model(page)]:
            one.field.shape.collect(one.field.get(page), reading.needs)
    reading.fetch()
    return [_write_whole(page, chosen[_model(page)], reading) for page in known]


def _write_whole(page: Page, chosen: Sequence[Chosen], reading: Reading) -> dict[str, Any]:
    reading.lacks = False
    written = _write(page, chosen, reading)
    if reading.lacks and not reading.is_preview:
        make_soon(page)
    return written


def _model(page: Page) -> type[Page]:
    return page.specific_class if type(page) is Page else type(page)


def slice_of(filtering: Filtering, start: int, stop: int) -> tuple[int, list[Page]]:
    """How many pages there are, and those from ``start`` on, before ``stop``."""
    pages = filtering.pages
    if filtering.found is None:
        return pages.count(), list(pages[start:stop]) if stop > start else []
    allowed = set(pages.values_list("pk", flat=True))
    found = [pk for pk in filtering.found if pk in allowed]
    by_id = pages.in_bulk(found[start:stop])
    return len(found), [by_id[pk] for pk in found[start:stop] if pk in by_id]


def _in_own_types(pages: Sequence[Page], chosen: Mapping[type[Page], Sequence[Chosen]]) -> list[Page]:
    """With the columns and rows that were chosen; a page whose type adds nothing to them stays as it is."""
    found: dict[int, Page] = {page.pk: page for page in pages}
    for model, fields in chosen.items():
        if own := [one for one in fields if is_of_type(one.field)]:
            ids = [page.pk for page in pages if _model(page) is model]
            found.update((page.pk, page) for page in _fetch(model, ids, own))
    return [found[page.pk] for page in pages]


def _fetch(model: type[Page], ids: Iterable[int], chosen: Sequence[Chosen]) -> list[Page]:
    declared = [one.field.own for one in chosen if one.field.own]
    joined = {name for field in declared for name in field.joined}
    pages = model._default_manager.filter(pk__in=ids)
    if joined:
        pages = pages.select_related(*sorted(joined))
    if all(one.field.own and not one.field.own.is_computed for one in chosen):
        names = {one.field.name for one in chosen}
        bodies = [field.name for field in model._meta.fields if isinstance(field, StreamField)]
        pages = pages.defer(*(name for name in bodies if name not in names))
    fetched = list(pages)
    prefetch_related_objects(fetched, *dict.fromkeys(name for field in declared for name in field.prefetch))
    return fetched


def _write(page: Page, chosen: Sequence[Chosen], reading: Reading) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    body: dict[str, Any] = {}
    for one in chosen:
        value = pick(one.field.write(page, reading), one.parts)
        if one.field.in_meta:
            meta[one.field.name] = value
            body.setdefault("meta", meta)
        else:
            body[one.field.name] = value
    return body
