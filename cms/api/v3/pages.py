"""`pages/`, `pages/find/` and `pages/<id>/`: read alone, and of what everybody may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from ninja import Query, Router
from wagtail.models import Page

from cms.api.finding import LONGEST_PATH, PATH, page_at
from cms.api.pages import slice_of, write_pages
from cms.api.parameters import refuse_others
from cms.api.problems import CONTENT_TYPE, Fault, bad_request, not_found
from cms.api.reading import Reading, readable
from cms.api.selection import Selection
from cms.api.shapes.links import write_link
from cms.api.shapes.model_fields import model_fields
from cms.api.v3.form import AnyPage, Listing
from cms.api.v3.parameters import HINTS, Filters, Id, OfOne, Ordering, Part, Search, narrow_as_asked

LISTED = ("title", "detail_url", "html_url", "slug", "locale", "first_published_at")
OF_ONE = (*LISTED, "show_in_menus", "seo_title", "search_description", "parent")
OF_LINKS = ("type", "detail_url", "html_url")
NO_PAGE = "There is no page of this id that everybody may read."
REFUSALS = {
    int(status): {"description": status.phrase, "content": {CONTENT_TYPE: {"schema": {"type": "object"}}}}
    for status in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
}

router = Router(tags=["pages"], auth=None)


class ReadingV3(Reading):
    """Links lead to v3."""

    def detail_url(self, endpoint: str, pk: int) -> str:  # noqa: ARG002 - v3 has pages alone
        return f"{self.base_url}{_address_of(pk)}"


def reads(path: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """GET, and HEAD, which the document does not repeat."""

    def add(view: Callable[..., Any]) -> Callable[..., Any]:
        router.api_operation(["HEAD"], path, **more, include_in_schema=False)(view)
        router.get(path, **more, openapi_extra={"responses": REFUSALS})(view)
        return view

    return add


@reads("/", response=Listing, url_name="list_pages", summary="List pages", operation_id="pages_list")
def list_pages(
    request: HttpRequest,
    filters: Query[Filters],
    ordering: Query[Ordering],
    search: Query[Search],
    part: Query[Part],
) -> dict[str, Any]:
    filtering = narrow_as_asked(request, filters, ordering, search)
    total, pages = slice_of(filtering, part.offset, part.offset + part.limit)
    written = write_pages(pages, _selection(LISTED, is_list=True), ReadingV3(request))
    return {"count": total, "items": written}


@reads("/find/", response={302: None}, url_name="find_page", summary="Find page", operation_id="pages_find")
def find_page(
    request: HttpRequest,
    of_one: Query[OfOne],  # noqa: ARG001 - checked, and passed on in the query
    id: Id | None = None,  # noqa: A002 - Wagtail's name
    html_path: str | None = None,
) -> HttpResponseRedirect:
    refuse_others(request.GET, ("id", "html_path", *OfOne.model_fields), longest=LONGEST_PATH, hints=HINTS)
    if id is None and not html_path:
        raise bad_request(Fault("html_path", "Give it, such as /tin-tuc/, or an id."))
    page = page_at(request, _path_of(html_path)) if html_path else None
    if page is None and id is not None:
        page = readable(request).filter(pk=id).first()
    if page is None:
        raise not_found("There is no page at this path that everybody may read.")
    query = request.GET.copy()
    query.pop("id", None)
    query.pop("html_path", None)
    to = HttpResponseRedirect(_address_of(page.pk) + (f"?{query.urlencode()}" if query else ""))
    del to["Content-Type"]  # it has no body
    return to


@reads("/{int:page_id}/", response=AnyPage, url_name="detail_page", summary="Page detail", operation_id="pages_detail")
def read_page(request: HttpRequest, page_id: int, of_one: Query[OfOne]) -> dict[str, Any]:  # noqa: ARG001
    refuse_others(request.GET, tuple(OfOne.model_fields), hints=HINTS)
    page = readable(request).filter(pk=page_id).first()
    if page is None or page.specific_class is None:
        raise not_found(NO_PAGE)
    reading = ReadingV3(request)
    own = [field.name for field in model_fields(page.specific_class)]
    (written,) = write_pages([page], _selection((*OF_ONE, *own), is_list=False), reading)
    meta = written["meta"]
    parent, source = meta["parent"], _source_of(page, request)
    return {
        **written,
        "meta": {
            **meta,
            "parent": _as_link(parent) if parent else None,
            "alias_of": _as_link(write_link(source, reading)) if source else None,
        },
    }


def _path_of(html_path: str) -> str:
    try:
        path: str = PATH.read(f"/{html_path.lstrip('/')}")
    except ValueError as error:
        raise bad_request(Fault("html_path", str(error))) from error
    return path


def _source_of(page: Page, request: HttpRequest) -> Page | None:
    """Of an alias, if everybody may read it."""
    return readable(request).filter(pk=page.alias_of_id).first() if page.alias_of_id else None


def _as_link(written: Mapping[str, Any]) -> dict[str, Any]:
    """A link of v2 as v3 has it."""
    return {
        "id": written["id"],
        "title": written["title"],
        "meta": {name: written[name] for name in OF_LINKS},
    }


def _selection(names: Sequence[str], *, is_list: bool) -> Selection:
    """These alone, however many they are."""
    return Selection([(name, False, None) for name in ("_", *names)], is_list=is_list)


def _address_of(pk: int) -> str:
    return reverse("wagtailapi_v3:detail_page", kwargs={"page_id": pk})
