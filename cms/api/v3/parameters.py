"""What v3 may be asked for: Wagtail's parameters without those that open what is not this site's or not published."""

from __future__ import annotations

from collections.abc import Collection
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, QuerySet
from django.http import HttpRequest
from ninja import Schema
from pydantic import Field, TypeAdapter
from wagtail.api.v3.pagination import WagtailLimitOffsetPagination
from wagtail.api.v3.routers.pages import PageFilterSchema
from wagtail.api.v3.schemas.params import APIFieldFilterSchema, OrderingSchema, SearchSchema
from wagtail.models import Page

from cms.api.filters import Filtering, narrow, plain_columns
from cms.api.parameters import LAST, refuse_others
from cms.api.problems import Fault, bad_request

Id = Annotated[int, Field(ge=1, le=LAST)]
ID = TypeAdapter(Id)
IdOrRoot = Id | Literal["root"]

UNREADABLE = HTTPStatus.UNPROCESSABLE_ENTITY  # Wagtail's status for a value
HINTS = {
    "site": "Ask under the name of that site.",
    "search_operator": "Every word is looked for.",
    "fields": "A page has all of its fields at its own address.",
}
SEVERAL = ("type", "order")
OF_EVERY_PAGE = ("id", "title", "slug", "seo_title", "search_description", "show_in_menus")


class Filters(PageFilterSchema):
    """Not there: ``site``, which opens another site under this one's name."""

    site: ClassVar[None] = None
    ancestor_of: Id | None = None
    child_of: IdOrRoot | None = None
    descendant_of: IdOrRoot | None = None
    translation_of: IdOrRoot | None = None


class Ordering(OrderingSchema):
    """Not there: ``random``, since answers are kept."""

    order: list[str] = []


class Search(SearchSchema):
    search_operator: ClassVar[None] = None


class Part(WagtailLimitOffsetPagination.Input):
    limit: int = Field(default=20, ge=1, le=settings.WAGTAILAPI_LIMIT_MAX)
    offset: int = Field(default=0, ge=0, le=LAST)


class OfOne(Schema):
    """There are no drafts, and no text that names what is not everybody's by its number."""

    version: Literal["live"] = "live"
    rich_text_format: Literal["html"] = "html"


class Columns(APIFieldFilterSchema):
    """``base_fields``: columns whose values an answer has."""

    def get_validated_fields(self, queryset: QuerySet[Any]) -> list[str]:  # noqa: ARG002 - Wagtail's signature
        names: list[str] = self.base_fields
        return names


def narrow_as_asked(request: HttpRequest, filters: Filters, ordering: Ordering, search: Search) -> Filtering:
    """The pages that everybody may read and that are asked for. Raises Problem."""
    types = [] if Page in filters.type else list(dict.fromkeys(filters.type))
    known = (*Filters.model_fields, *Ordering.model_fields, *Search.model_fields, *Part.model_fields)
    of_type = _columns_of(types[0]) if len(types) == 1 else ()
    columns = [name for name in (*OF_EVERY_PAGE, *of_type) if name not in known]
    refuse_others(request.GET, (*known, *columns), several=SEVERAL, hints=HINTS)
    given = filters.model_dump(exclude_none=True, exclude={"type"})
    if types:
        given["type"] = types
    if search.search is not None:
        given["search"] = search.search
    if ordering.order:
        given["order"] = ordering.order
    filtering = narrow(request, given)
    _narrow_by_columns(filtering, [name for name in request.GET if name in columns])
    return filtering


def _narrow_by_columns(filtering: Filtering, asked: Collection[str]) -> None:
    if not asked:
        return
    model = filtering.models[0] if len(filtering.models) == 1 else Page
    having = model._default_manager.all()
    for name in asked:
        try:
            if name == "id":
                ID.validate_python(filtering.request.GET[name])
            having = Columns(raw_params=filtering.request.GET, base_fields=[name]).filter_queryset(having)
        except (ValueError, ValidationError) as error:
            raise bad_request(Fault(name, "The field can't have this value."), status=UNREADABLE) from error
    filtering.pages = filtering.pages.filter(pk__in=having.values("pk"))


def _columns_of(model: type[Page]) -> list[str]:
    """Without times: nobody asks for the pages of one microsecond."""
    return [name for name in plain_columns(model) if not isinstance(model._meta.get_field(name), DateTimeField)]
