"""What the CMS knows of its pages, for reports: titles, authors, categories, units, when they were published.

Pages that were deleted keep their names, from the log of the CMS: what was read was read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils import translation
from django.utils.text import capfirst
from wagtail.models import Page, PageLogEntry, Site
from wagtail_emulation.models import EmulationPage

from cms.news.models import NewsPage
from pipeline.periods import ZONE, instants
from pipeline.reports.pages import PageFacts

STEP = Page.steplen


@dataclass(frozen=True)
class Publication:
    """A page that went public for the first time on `day`."""

    page_id: int
    title: str
    day: date


@translation.override(settings.LANGUAGE_CODE)  # the names of types and kinds, for whoever asks
def page_facts() -> dict[int, PageFacts]:
    """Of every page that there is or was; five queries, however many pages."""
    types = {one.pk: _type_name(one) for one in ContentType.objects.all()}
    pages = list(
        Page.objects.filter(depth__gt=1).values_list("pk", "title", "path", "content_type_id", "first_published_at")
    )
    unit_of = _Units({path: title for _pk, title, path, *_ in pages})
    authors = dict(NewsPage.objects.exclude(author="").values_list("pk", "author"))
    categories = _categories()
    found = {
        pk: PageFacts(
            title=title,
            author=authors.get(pk, ""),
            category=categories.get(pk, ""),
            unit=unit_of(path),
            page_type=types.get(type_id, ""),
            published_at=published.timestamp() if published else None,
        )
        for pk, title, path, type_id, published in pages
    }
    return {pk: PageFacts(title=title, deleted=True) for pk, title in _deleted().items()} | found


def titles_of(pages: Collection[int]) -> dict[int, tuple[str, bool]]:
    """By id: the title, and whether the page is still there. Of those that the CMS knows or knew."""
    there = dict(Page.objects.filter(pk__in=pages).values_list("pk", "title"))
    gone = _deleted().items() if len(there) < len(pages) else ()
    return {pk: (title, False) for pk, title in gone if pk in pages} | {
        pk: (title, True) for pk, title in there.items()
    }


def published_between(
    since: date, until: date, *, site: int = 0, pages: Collection[int] | None = None
) -> list[Publication]:
    """In the order of their publication; of `site` 0 all sites; of `pages` alone unless they are None."""
    first, after = instants(since, until)
    found = Page.objects.filter(first_published_at__gte=first, first_published_at__lt=after, depth__gt=1)
    if site:
        found = _below(found, site)
    rows = found.order_by("first_published_at", "pk").values_list("pk", "title", "first_published_at")
    return [
        Publication(pk, title, published.astimezone(ZONE).date())
        for pk, title, published in rows
        if pages is None or pk in pages
    ]


def _below(pages: QuerySet[Page], site: int) -> QuerySet[Page]:
    root = Site.objects.filter(pk=site).select_related("root_page").first()
    return pages.filter(path__startswith=root.root_page.path) if root else pages.none()


def _type_name(one: ContentType) -> str:
    model = one.model_class()
    return str(capfirst(model._meta.verbose_name)) if model else ""


class _Units:
    """The title of the section of its site that a page lies in: the page below the root page on the way to it."""

    def __init__(self, titles: Mapping[str, str]) -> None:
        self._titles = titles
        self._roots = sorted(Site.objects.values_list("root_page__path", flat=True), key=len, reverse=True)

    def __call__(self, path: str) -> str:
        root = next((root for root in self._roots if path.startswith(root)), None)
        return self._titles.get(path[: len(root) + STEP], "") if root and len(path) > len(root) else ""


def _categories() -> dict[int, str]:
    """An article's topic; the kinds of an event of emulation, in one text."""
    found = dict(NewsPage.objects.filter(topic__isnull=False).values_list("pk", "topic__name"))
    kinds: dict[int, list[str]] = defaultdict(list)
    for page in EmulationPage.objects.prefetch_related("kinds").only("pk"):
        kinds[page.pk] = page.kind_labels
    return found | {pk: ", ".join(labels) for pk, labels in kinds.items() if labels}


def _deleted() -> dict[int, str]:
    entries = PageLogEntry.objects.filter(action="wagtail.delete").order_by("timestamp")
    return {page: label for page, label in entries.values_list("page_id", "label") if page}
