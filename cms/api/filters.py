"""Which pages a list has, and in which order."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Locale, Page
from wagtail.query import PageQuerySet

from cms.api.fields import fields_of
from cms.api.parameters import LIMIT, OFFSET, Parameter, a_day, moment, whole_number, words
from cms.api.problems import Fault, bad_request
from cms.api.reading import around_of, readable
from cms.api.selection import LONGEST, NAME
from cms.api.types import page_types
from cms.news.models import Topic
from cms.search.asking import Asked, read_question
from cms.search.finding import MOST, find

ROOT = "root"
SOME_TEXT = {"type": "string", "minLength": 1, "maxLength": 200}
ORDERS = ("id", "title", "slug", "first_published_at", "last_published_at")  # that every page has
PAGE_OR_ROOT: Mapping[str, Any] = {"anyOf": [{"type": "integer", "minimum": 1}, {"const": ROOT}]}

Value = Any
Apply = Callable[["Filtering", Value], None]


@dataclass
class Filtering:
    """A list while it is narrowed. ``found``: ids in the order of a search, best first."""

    request: HttpRequest
    pages: PageQuerySet
    models: Sequence[type[Page]]
    found: list[int] | None = None


@dataclass(frozen=True)
class Filter:
    parameter: Parameter
    apply: Apply

    @property
    def name(self) -> str:
        return self.parameter.name


def narrow(request: HttpRequest, given: Mapping[str, Any]) -> Filtering:
    """The pages that everybody may read and that ``given`` asks for. Raises Problem."""
    models = given.get("type") or list(page_types().values())
    filtering = Filtering(request, readable(request), models)
    faults = []
    for one in FILTERS:
        if one.name in given:
            try:
                one.apply(filtering, given[one.name])
            except ValueError as error:
                faults.append(Fault(one.name, str(error)))
    if faults:
        raise bad_request(*faults)
    return filtering


def _types(text: str) -> list[type[Page]]:
    known = page_types()
    names = text.split(",")
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"There is no type {unknown[0][:60]!r}. Known are {', '.join(sorted(known))}.")
    return [known[name] for name in dict.fromkeys(names)]


def _page_or_root(text: str) -> int | str:
    if text == ROOT:
        return ROOT
    try:
        return whole_number(least=1)(text)
    except ValueError:
        raise ValueError("Give the id of a page, or root.") from None


def _of_types(filtering: Filtering, models: Sequence[type[Page]]) -> None:
    ids = [found.pk for found in ContentType.objects.get_for_models(*models, for_concrete_models=False).values()]
    filtering.pages = filtering.pages.filter(content_type__in=ids)


def _page(filtering: Filtering, asked: int | str) -> Page:
    """That everybody may read: of any other page it is not even said that it is there."""
    pages = readable(filtering.request)
    wanted = pages.filter(depth=_root_depth(filtering)) if asked == ROOT else pages.filter(pk=asked)
    page: Page | None = wanted.first()
    if page is None:
        raise ValueError(f"There is no page {asked}.")
    return page


def _root_depth(filtering: Filtering) -> int:
    return int(around_of(filtering.request).root.depth)


def _child_of(filtering: Filtering, asked: int | str) -> None:
    filtering.pages = filtering.pages.child_of(_page(filtering, asked))


def _descendant_of(filtering: Filtering, asked: int | str) -> None:
    filtering.pages = filtering.pages.descendant_of(_page(filtering, asked))


def _ancestor_of(filtering: Filtering, asked: int | str) -> None:
    filtering.pages = filtering.pages.ancestor_of(_page(filtering, asked))


def _translation_of(filtering: Filtering, asked: int | str) -> None:
    filtering.pages = filtering.pages.translation_of(_page(filtering, asked))


def _locale(filtering: Filtering, code: str) -> None:
    locale = Locale.objects.filter(language_code=code).first()
    if locale is None:
        raise ValueError(f"The site has no locale {code[:20]!r}.")
    filtering.pages = filtering.pages.filter(locale=locale)


def _slug(filtering: Filtering, slug: str) -> None:
    filtering.pages = filtering.pages.filter(slug=slug)


def _topic(filtering: Filtering, slug: str) -> None:
    topic = Topic.objects.filter(slug=slug).first()
    if topic is None:
        raise ValueError(f"There is no topic {slug[:60]!r}.")
    having = [model for model in filtering.models if _has_topic(model)]
    if not having:
        raise ValueError("No page of this type has a topic.")
    lookups = (Q(pk__in=model._default_manager.filter(topic=topic).values("pk")) for model in having)
    filtering.pages = filtering.pages.filter(reduce(or_, lookups))


def with_topics() -> list[type[Page]]:
    """The page types that have a topic."""
    return [model for model in page_types().values() if _has_topic(model)]


def _has_topic(model: type[Page]) -> bool:
    return any(field.name == "topic" and field.related_model is Topic for field in model._meta.fields)


def _by_day(name: str, lookup: str) -> Apply:
    """By a day of the types that say so themselves: ``api_date_filters``."""

    def apply(filtering: Filtering, day: datetime.date) -> None:
        having = [model for model in filtering.models if name in _days_of(model)]
        if not having:
            raise ValueError(f"No page of this type has {name}.")
        lookups = (Q(pk__in=model._default_manager.filter(**{lookup: day}).values("pk")) for model in having)
        filtering.pages = filtering.pages.filter(reduce(or_, lookups))

    return apply


def _days_of(model: type[Page]) -> Sequence[str]:
    return getattr(model, "api_date_filters", ())


def _day_filters() -> Iterator[Filter]:
    for name in sorted({name for model in page_types().values() for name in _days_of(model)}):
        words_of = name.replace("_", " ").capitalize()
        yield Filter(
            Parameter(f"{name}_from", f"{words_of} on this day or later", a_day, A_DAY), _by_day(name, f"{name}__gte")
        )
        yield Filter(
            Parameter(f"{name}_to", f"{words_of} on this day or before", a_day, A_DAY), _by_day(name, f"{name}__lte")
        )


def _published_from(filtering: Filtering, at: Any) -> None:
    filtering.pages = filtering.pages.filter(first_published_at__gte=at)


def _published_to(filtering: Filtering, at: Any) -> None:
    filtering.pages = filtering.pages.filter(first_published_at__lt=at)


def _modified_since(filtering: Filtering, at: Any) -> None:
    filtering.pages = filtering.pages.filter(last_published_at__gte=at)


def _search(filtering: Filtering, text: str) -> None:
    question = read_question({"q": text})
    if question.faults or not question.words:
        raise ValueError("Give words to search for: at most 16, and 200 letters.")
    found = find(Asked(words=question.words), filtering.request)[:MOST]
    filtering.pages = filtering.pages.filter(pk__in=found)
    filtering.found = found


def _order_names(text: str) -> list[str]:
    return text.split(",")


def _order(filtering: Filtering, names: Sequence[str]) -> None:
    """By the columns that every page has, and by those of its own if there is one type alone."""
    own = _own_orders(filtering.models[0]) if len(filtering.models) == 1 else {}
    allowed = {**{name: name for name in ORDERS}, **own}
    unknown = [name for name in names if name.removeprefix("-") not in allowed]
    if unknown:
        raise ValueError(
            f"Pages can't be in the order of {unknown[0][:60]!r}. Known are {', '.join(allowed)}; with - in front the "
            "other way round. A type's own fields are known with type=."
        )
    lookups = [("-" if name.startswith("-") else "") + allowed[name.removeprefix("-")] for name in names]
    filtering.pages = filtering.pages.order_by(*lookups, "pk")
    filtering.found = None


def _own_orders(model: type[Page]) -> dict[str, str]:
    """A type's plain columns, as they are reached from any page."""
    accessor = model._meta.model_name
    return {name: f"{accessor}__{name}" for name in plain_columns(model)}


def plain_columns(model: type[Page]) -> list[str]:
    """The columns of a type's own whose values an answer has as they are."""
    columns = [field.own.column for field in fields_of(model).values() if field.own and field.own.column]
    return [name for name in columns if model._meta.get_field(name).get_internal_type() in _SORTED]


_SORTED = ("DateField", "DateTimeField", "CharField", "IntegerField", "PositiveSmallIntegerField", "BooleanField")


def _type_schema() -> dict[str, Any]:
    names = "|".join(re.escape(name) for name in page_types())
    return {"type": "string", "pattern": f"^({names})(,({names}))*$"}


A_DAY = {"type": "string", "format": "date"}
_DAY = {"anyOf": [A_DAY, {"type": "string", "format": "date-time"}]}

FILTERS: tuple[Filter, ...] = (
    Filter(Parameter("type", "Page types, such as news.NewsPage, by commas", _types, _type_schema()), _of_types),
    Filter(
        Parameter("child_of", "Right below the page of this id, or the root page", _page_or_root, PAGE_OR_ROOT),
        _child_of,
    ),
    Filter(Parameter("descendant_of", "Anywhere below it", _page_or_root, PAGE_OR_ROOT), _descendant_of),
    Filter(Parameter("ancestor_of", "Above it", _page_or_root, PAGE_OR_ROOT), _ancestor_of),
    Filter(Parameter("translation_of", "In other languages", _page_or_root, PAGE_OR_ROOT), _translation_of),
    Filter(Parameter("locale", "In this language, such as vi", words, SOME_TEXT), _locale),
    Filter(Parameter("slug", "The last part of the address", words, SOME_TEXT), _slug),
    Filter(Parameter("topic", "The slug of a topic", words, SOME_TEXT), _topic),
    Filter(Parameter("published_from", "First published then or later", moment(), _DAY), _published_from),
    Filter(
        Parameter("published_to", "First published before then, or on that day", moment(ends=True), _DAY), _published_to
    ),
    Filter(Parameter("modified_since", "Published again then or later", moment(), _DAY), _modified_since),
    *_day_filters(),
    Filter(Parameter("search", "Words, with or without diacritics; best first", words, SOME_TEXT), _search),
    Filter(Parameter("order", "Fields by commas, with - in front the other way round", _order_names), _order),
)
FIELDS = Parameter(
    NAME, "Which fields: lead,image adds, -statistics leaves out, * gives all, _ none", str, longest=LONGEST
)
LISTING = (*(one.parameter for one in FILTERS), FIELDS, LIMIT, OFFSET)
"""Every parameter of a list of pages."""
