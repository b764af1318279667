"""Says in the admin's listing and chooser which documents everybody may have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from wagtail.admin.ui.tables import Column
from wagtail.documents.views.chooser import DocumentChooseResultsView, DocumentChooseView, viewset
from wagtail.documents.views.documents import IndexView

from cms.core.documents.publicity import public_documents


class AccessColumn(Column):
    """``rows`` are all documents of the table, which are asked about at once."""

    def __init__(self, rows: Callable[[], Iterable[Any]]) -> None:
        super().__init__("access", label=_("Ai xem được"))
        self._rows = rows

    @cached_property
    def _public(self) -> set[int]:
        return public_documents([document.pk for document in self._rows()])

    def get_value(self, instance: Any) -> str:
        return _("Mọi người") if instance.pk in self._public else _("Chỉ cán bộ, đến khi đăng bài có liên kết")


class DocumentList(IndexView):
    _shown: Iterable[Any] = ()

    def get_table(self, object_list: Iterable[Any]) -> Any:
        self._shown = object_list
        return super().get_table(object_list)

    @cached_property
    def columns(self) -> list[Column]:
        columns: list[Column] = super().columns
        return [*columns[:-1], AccessColumn(lambda: self._shown), columns[-1]]


class ChoosingTold:
    results: Iterable[Any]

    @property
    def columns(self) -> list[Column]:
        columns: list[Column] = super().columns  # type: ignore[misc]
        return [*columns, AccessColumn(lambda: self.results)]


class ToldChooseView(ChoosingTold, DocumentChooseView):
    pass


class ToldChooseResultsView(ChoosingTold, DocumentChooseResultsView):
    pass


def tell_in_the_chooser() -> None:
    """Call in ``ready()``, before the chooser has its addresses."""
    viewset.choose_view_class = ToldChooseView
    viewset.choose_results_view_class = ToldChooseResultsView
