"""Wagtail's page listing with a column of views, by which it can be sorted.

The numbers are those that the pages themselves show, from memory (`cms.statistics.counters`): a listing asks the engine
nothing, however many rows it has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.pages.edit import EditView
from wagtail.admin.views.pages.listing import ExplorableIndexView
from wagtail.admin.views.pages.usage import ContentTypeUseView
from wagtail.admin.viewsets.pages import PageViewSet
from wagtail.models import Page

from cms.statistics import counters
from cms.statistics.numbers import vietnamese_number
from cms.statistics.reports.editor import ViewsSidePanel

VIEWS = "views"


class ViewsColumn(Column):
    def get_value(self, instance: Page) -> str:
        return vietnamese_number(counters.current().snapshot().page_views(instance.pk))


VIEWS_COLUMN = ViewsColumn(
    VIEWS,
    label=_("Lượt xem"),
    sort_key=VIEWS,
    width="10%",
    ascending_title_text=_("Ít lượt xem trước"),
    descending_title_text=_("Nhiều lượt xem trước"),
)


class ByViews(Sequence[Page]):
    """The pages of a listing in the order of their views; a slice of it fetches the pages of the slice alone."""

    def __init__(self, pages: QuerySet[Page], *, descending: bool) -> None:
        snapshot = counters.current().snapshot()
        self._pages = pages.order_by()
        keys = sorted(self._pages.values_list("pk", flat=True))
        self._keys = sorted(keys, key=lambda key: snapshot.page_views(key) or 0, reverse=descending)

    def __len__(self) -> int:
        return len(self._keys)

    def count(self, value: object = None) -> int:  # noqa: ARG002 - as a query's, for the paginator
        return len(self._keys)

    def __getitem__(self, place: Any) -> Any:
        keys = self._keys[place] if isinstance(place, slice) else [self._keys[place]]
        found = {page.pk: page for page in self._pages.filter(pk__in=keys)}
        pages = [found[key] for key in keys if key in found]
        return pages if isinstance(place, slice) else pages[0]


class SortsByViews:
    """For a listing of Wagtail: the views of its pages are not in the database, so it can't sort by them."""

    def order_queryset(self, queryset: QuerySet[Page]) -> QuerySet[Page]:
        if self._by_views:
            return queryset
        ordered: QuerySet[Page] = super().order_queryset(queryset)  # type: ignore[misc]
        return ordered

    def paginate_queryset(self, queryset: Any, page_size: int) -> Any:
        if self._by_views and isinstance(queryset, QuerySet):
            queryset = ByViews(queryset, descending=self._by_views.startswith("-"))
        return super().paginate_queryset(queryset, page_size)  # type: ignore[misc]

    def get_valid_orderings(self) -> list[str]:
        """Results of a search are in the order of the search."""
        found: list[str] = super().get_valid_orderings()  # type: ignore[misc]
        searching = self.is_searching  # type: ignore[attr-defined]
        return [name for name in found if not searching or name.lstrip("-") != VIEWS]

    @property
    def _by_views(self) -> str:
        ordering = self.ordering  # type: ignore[attr-defined]
        return ordering if ordering and ordering.lstrip("-") == VIEWS else ""


def _with_views(columns: Sequence[Any]) -> list[Any]:
    """Before the status, which is the last that Wagtail shows."""
    return [*columns[:-1], VIEWS_COLUMN, columns[-1]]


class PagesView(SortsByViews, ExplorableIndexView):
    base_columns = _with_views(ExplorableIndexView.base_columns)


class PagesOfTypeView(SortsByViews, ContentTypeUseView):
    base_columns = _with_views(ContentTypeUseView.base_columns)


class PageEditView(EditView):
    def get_side_panels(self) -> Any:
        panels = super().get_side_panels()
        if not self.expects_json_response and not self.hydrate_create_view:
            panels.append(ViewsSidePanel(self.page, self.request))
        return panels


class Pages(PageViewSet):
    """Of every page type that has no views of its own."""

    model = Page
    index_view_class = PagesView
    content_type_use_view_class = PagesOfTypeView
    edit_view_class = PageEditView


pages = Pages()
