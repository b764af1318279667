"""The fields of each page type, as `fields=` names them: what every page has, and what its type adds.

A page type adds a field with Wagtail's own declaration, `api_fields`. What a type shows beside its own columns, such as
an article's neighbours, is declared here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from wagtail.models import Page
from wagtail_emulation.models import EmulationPage
from wagtail_emulation.pages.cards import raw_first_figure

import cms.api.shapes.own_blocks  # noqa: F401 - the portal's blocks register their shapes
from cms.api.reading import Needs, Reading, paths_above
from cms.api.renditions import PLUGIN_PAGE
from cms.api.shapes.base import ABSENT, Components, Moment, Schema, Shape, an_object, boolean, nullable, text
from cms.api.shapes.blocks import MAY_BE_ABSENT, shown_of
from cms.api.shapes.links import PageLink, type_of, write_link
from cms.api.shapes.model_fields import ModelField, Record, model_fields
from cms.api.shapes.pictures import Picture, Shown
from cms.api.statistics import statistics_schema, write_statistics
from cms.news.models import Neighbours, NewsPage

TREE_ROOT = 1  # the depth of the page above all sites


@dataclass(frozen=True)
class Field:
    """``get``: the value of a page. ``listed``: a list has it unasked. ``detail_only``: a list can't have it."""

    name: str
    shape: Shape
    get: Callable[[Any], Any]
    in_meta: bool = False
    listed: bool = False
    detail_only: bool = False
    own: ModelField | None = None  # of the page's type

    def write(self, page: Page, reading: Reading) -> Any:
        written = self.shape.write(self.get(page), reading)
        return None if written is ABSENT else written

    def schema(self, components: Components) -> Schema:
        schema = self.shape.schema(components)
        return nullable(schema) if isinstance(self.shape, (*MAY_BE_ABSENT, Record)) else schema


class OfPage(Shape):
    """Written by a function of the page."""

    def __init__(
        self,
        write: Callable[[Any, Reading], Any],
        schema: Callable[[Components], Schema],
        *,
        collect: Callable[[Any, Needs], None] | None = None,
        parts: Sequence[str] | None = None,
    ) -> None:
        self._write, self._schema, self._collect = write, schema, collect
        self.parts = parts

    def collect(self, value: Any, needs: Needs) -> None:
        if self._collect:
            self._collect(value, needs)

    def write(self, value: Any, reading: Reading) -> Any:
        return self._write(value, reading)

    def schema(self, components: Components) -> Schema:
        return self._schema(components)


def _itself(page: Any) -> Any:
    return page


def _string(_components: Components) -> Schema:
    return {"type": "string"}


def _collect_above(page: Page, needs: Needs) -> None:
    """Which of them is the root page's, the reading knows."""
    steps = range(2 * Page.steplen, len(page.path), Page.steplen)
    needs.above.update(page.path[:length] for length in steps)


def _write_parent(page: Page, reading: Reading) -> Any:
    above = paths_above(page, reading.around.root)
    parent = reading.above.get(above[-1]) if above else None
    return write_link(parent, reading) if parent else None


def _write_breadcrumbs(page: Page, reading: Reading) -> Any:
    return [{"id": one.pk, "title": one.title, "path": reading.path_of(one)} for one in reading.breadcrumbs(page)]


def _breadcrumbs_schema(components: Components) -> Schema:
    properties: dict[str, Schema] = {"id": {"type": "integer"}, "title": {"type": "string"}, "path": {"type": "string"}}
    return {
        "type": "array",
        "items": components.ref("Breadcrumb", lambda: an_object(properties)),
        "description": "From the site's root page down to the parent",
    }


def _write_translations(page: Page, reading: Reading) -> Any:
    return [
        {"id": one.pk, "locale": reading.locale_of(one), "path": reading.path_of(one)}
        for one in reading.translations(page)
    ]


def _translations_schema(components: Components) -> Schema:
    properties: dict[str, Schema] = {
        "id": {"type": "integer"},
        "locale": {"type": "string"},
        "path": {"type": "string"},
    }
    return {"type": "array", "items": components.ref("Translation", lambda: an_object(properties))}


def _meta(name: str, shape: Shape, get: Callable[[Any], Any] = _itself, *, listed: bool = False) -> Field:
    return Field(name, shape, get, in_meta=True, listed=listed)


def _attribute(name: str) -> Callable[[Any], Any]:
    return lambda page: getattr(page, name)


TYPE = _meta("type", OfPage(lambda page, _reading: type_of(page), _string), listed=True)
META: tuple[Field, ...] = (
    TYPE,
    _meta("detail_url", OfPage(lambda page, reading: reading.detail_url("pages", page.pk), _string), listed=True),
    _meta("html_url", OfPage(lambda page, reading: reading.html_url(page), _string), listed=True),
    _meta("path", OfPage(lambda page, reading: reading.path_of(page), _string), listed=True),
    _meta("slug", text(), _attribute("slug"), listed=True),
    _meta("locale", OfPage(lambda page, reading: reading.locale_of(page), _string), listed=True),
    _meta("show_in_menus", boolean(), _attribute("show_in_menus")),
    _meta("seo_title", text(), _attribute("seo_title")),
    _meta("search_description", text(), _attribute("search_description")),
    _meta("first_published_at", Moment(), _attribute("first_published_at"), listed=True),
    _meta("last_published_at", Moment(), _attribute("last_published_at"), listed=True),
    _meta(
        "parent",
        OfPage(
            _write_parent,
            lambda components: nullable(PageLink().schema(components)),
            collect=_collect_above,
            parts=PageLink.parts,
        ),
    ),
    _meta(
        "breadcrumbs",
        OfPage(_write_breadcrumbs, _breadcrumbs_schema, collect=_collect_above, parts=("id", "title", "path")),
    ),
    _meta(
        "translations",
        OfPage(
            _write_translations,
            _translations_schema,
            collect=lambda page, needs: needs.translations.add(page.translation_key),
            parts=("id", "locale", "path"),
        ),
    ),
)
ID = Field("id", OfPage(lambda page, _reading: page.pk, lambda _components: {"type": "integer"}), _itself, listed=True)
TITLE = Field("title", text(), _attribute("title"), listed=True)
STATISTICS = Field(
    "statistics",
    OfPage(write_statistics, statistics_schema, parts=("views", "as_of", "token")),
    _itself,
    listed=True,
)


def _neighbours(page: NewsPage, reading: Reading) -> Neighbours:
    return reading.once(("neighbours", page.pk), lambda: page.neighbours(reading.request))


def _neighbour(name: str) -> Field:
    def write(page: NewsPage, reading: Reading) -> Any:
        found = getattr(_neighbours(page, reading), name)
        return write_link(found, reading) if found else None

    shape = OfPage(write, lambda components: nullable(PageLink().schema(components)), parts=PageLink.parts)
    return Field(name, shape, _itself, detail_only=True)


def _write_related(page: NewsPage, reading: Reading) -> Any:
    return [write_link(one, reading) for one in _neighbours(page, reading).related]


RELATED = Field(
    "related",
    OfPage(
        _write_related,
        lambda components: {
            "type": "array",
            "items": PageLink().schema(components),
            "description": "Other articles, those of the same topic first",
        },
        parts=PageLink.parts,
    ),
    _itself,
    detail_only=True,
)


def _first_figure(page: EmulationPage) -> Shown | None:
    raw = raw_first_figure(page.body)
    if raw is None:
        return None
    return shown_of(raw.get("image"), caption=raw.get("caption") or "", credit=raw.get("credit") or "")


FIRST_FIGURE = Field("image", Picture(PLUGIN_PAGE), _first_figure)

BESIDE: dict[type[Page], tuple[Field, ...]] = {
    NewsPage: (_neighbour("previous"), _neighbour("next"), RELATED),
    EmulationPage: (FIRST_FIGURE,),
}
"""What a type shows that is no field of its model."""


def fields_of(model: type[Page]) -> dict[str, Field]:
    """Every field of a page type, by its name, in the order of an answer."""
    return _fields_of(model._meta.label)


@cache
def _fields_of(label: str) -> dict[str, Field]:
    model = apps.get_model(label)
    own = [Field(one.name, one.shape, one.get, own=one) for one in model_fields(model)]
    beside = [field for kind, fields in BESIDE.items() if issubclass(model, kind) for field in fields]
    return {field.name: field for field in (ID, TITLE, *META, *own, *beside, STATISTICS)}


_OF_EVERY_PAGE = (ID, TITLE, *META, STATISTICS)


def is_of_type(field: Field) -> bool:
    """Whether a page's own type has it, rather than every page."""
    return field not in _OF_EVERY_PAGE
