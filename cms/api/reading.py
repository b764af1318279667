"""What an answer tells of beside its pages: the pages, pictures and documents that they name, fetched all at once.

An answer is written in three steps, so that its queries don't grow with its pages: every field says what it needs
(`Needs`), one query for each kind brings it (`Reading.fetch`), every field writes itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from wagtail.documents import get_document_model
from wagtail.documents.models import AbstractDocument
from wagtail.images import get_image_model
from wagtail.images.models import AbstractImage
from wagtail.models import CollectionViewRestriction, Locale, Page
from wagtail.models.sites import SiteRootPath
from wagtail.query import PageQuerySet

from cms.api.problems import not_found
from cms.api.renditions import specs_of
from cms.api.types import content_types
from cms.core.documents.publicity import public_documents
from cms.core.sites import find_site
from cms.core.surroundings import Surroundings, public, surroundings_of
from cms.found.addresses import root_url

LINK = ("title", "path", "depth", "url_path", "slug", "live", "content_type", "locale", "translation_key")
STEP = Page.steplen
INCOMPLETE = "_nhip_api_incomplete"  # of a request whose answer lacks what is made a moment later
MOST_MADE = 24  # renditions for one answer, some 100 ms each

T = TypeVar("T")


@dataclass
class Needs:
    """Ids; ``above``: tree paths; ``translations``: the keys that translations share."""

    pages: set[int] = field(default_factory=set)
    images: set[int] = field(default_factory=set)
    documents: set[int] = field(default_factory=set)
    above: set[str] = field(default_factory=set)
    translations: set[UUID] = field(default_factory=set)


def around_of(request: HttpRequest) -> Surroundings:
    around = surroundings_of(request)
    if around is None:
        raise not_found("No site answers to this host. Ask under the name of the site.")
    return around


def other_roots(request: HttpRequest) -> list[str]:
    """The `url_path` of sites below this one's root page: their pages are not this site's."""
    here = around_of(request).root.url_path
    known = [root.root_path for root in site_roots(request)]
    return [path for path in known if path != here and path.startswith(here)]


def site_roots(request: HttpRequest) -> list[SiteRootPath]:
    """Of all sites, the most specific first; they came with the site."""
    around_of(request)
    found: list[SiteRootPath] = request._wagtail_cached_site_root_paths  # type: ignore[attr-defined]
    return found


def readable(request: HttpRequest, model: type[Page] = Page) -> PageQuerySet:
    """The pages of this site that everybody may read, in the order of the tree, whoever asks."""
    around = around_of(request)
    pages = model._default_manager.filter(
        live=True, path__startswith=around.root.path, content_type__in=content_types()
    )
    for root in other_roots(request):
        pages = pages.exclude(url_path__startswith=root)
    return public(pages, request).order_by("path")


class Reading:
    """``is_preview``: of a draft, whose documents may not be public yet. ``most_made``: how many renditions may be made
    for it; there is no need for more than a few, since they are made when a page is published.
    """

    def __init__(self, request: HttpRequest, *, is_preview: bool = False, most_made: int | None = None) -> None:
        self.request = request
        self.is_preview = is_preview
        self._left_to_make = MOST_MADE if most_made is None else most_made
        self.lacks = False  # whether renditions were left out since this was last said to be False
        self.around = around_of(request)
        self.base_url = root_url(request)
        site = find_site(request)
        self.site_id: int = site.pk if site else 0
        self.host: str = site.hostname if site else ""
        self.needs = Needs()
        self.pages: Mapping[int, Page] = {}
        self.images: Mapping[int, AbstractImage] = {}
        self.documents: Mapping[int, AbstractDocument] = {}
        self.above: Mapping[str, Page] = {}
        self._translations: dict[UUID, list[Page]] = {}
        self._once: dict[Any, Any] = {}

    def fetch(self) -> None:
        """At most four queries: pages, pictures and their renditions, documents."""
        needs = self.needs
        if needs.pages or needs.above or needs.translations:
            self._fetch_pages()
        if needs.images:
            images = get_image_model().objects.prefetch_renditions(*specs_of()).filter(pk__in=needs.images)
            self.images = {image.pk: image for image in of_everybody(images)}
        if needs.documents:
            ids = public_documents(needs.documents) if self.is_preview else needs.documents
            documents = of_everybody(get_document_model().objects.filter(pk__in=ids))
            self.documents = {document.pk: document for document in documents}

    def once(self, key: Any, ask: Callable[[], T]) -> T:
        """What several fields of a page share."""
        if key not in self._once:
            self._once[key] = ask()
        found: T = self._once[key]
        return found

    def may_make(self, number: int) -> bool:
        """Whether so many renditions may still be made; if not, the answer lacks them."""
        if number > self._left_to_make:
            self.lacks = True
            setattr(self.request, INCOMPLETE, True)
            return False
        self._left_to_make -= number
        return True

    def absolute(self, path: str) -> str:
        return path if "://" in path else self.base_url + path

    def page(self, pk: int | None) -> Page | None:
        """A page of this site that everybody may read."""
        page = self.pages.get(pk or 0)
        return page if page is not None and self.is_here(page) else None

    def href(self, pk: int) -> str | None:
        """The address of a page that everybody may read, of this or another site."""
        page = self.pages.get(pk)
        if page is None:
            return None
        if self.is_here(page):
            return self.html_url(page)
        above = [root for root in site_roots(self.request) if page.url_path.startswith(root.root_path)]
        return f"{above[0].root_url}/{page.url_path[len(above[0].root_path) :]}" if above else None

    def is_here(self, page: Page) -> bool:
        return bool(page.path.startswith(self.around.root.path)) and not page.url_path.startswith(self._other_roots)

    def path_of(self, page: Page) -> str:
        """`/tin-tuc/abc/`"""
        return f"/{page.url_path[len(self.around.root.url_path) :]}"

    def html_url(self, page: Page) -> str:
        return self.base_url + self.path_of(page)

    def detail_url(self, endpoint: str, pk: int) -> str:
        return f"{self.base_url}{reverse_listing(endpoint)}{pk}/"

    def locale_of(self, page: Page) -> str:
        root = self.around.root
        if page.locale_id == root.locale_id:
            return str(root.locale.language_code)
        codes: dict[int, str] = self.once("locales", lambda: dict(Locale.objects.values_list("pk", "language_code")))
        return codes[page.locale_id]

    def breadcrumbs(self, page: Page) -> list[Page]:
        """The pages above, from the site's root page down."""
        return [self.above[path] for path in paths_above(page, self.around.root) if path in self.above]

    def translations(self, page: Page) -> list[Page]:
        return [one for one in self._translations.get(page.translation_key, ()) if one.pk != page.pk]

    @cached_property
    def _other_roots(self) -> tuple[str, ...]:
        return tuple(other_roots(self.request))

    def _fetch_pages(self) -> None:
        needs = self.needs
        wanted = Q(pk__in=needs.pages) | Q(path__in=needs.above) | Q(translation_key__in=needs.translations)
        found = list(public(Page.objects.filter(wanted, live=True), self.request).only(*LINK).order_by("path"))
        self.pages = {page.pk: page for page in found}
        self.above = {page.path: page for page in found}
        for page in found:
            if self.is_here(page):
                self._translations.setdefault(page.translation_key, []).append(page)


def paths_above(page: Page, root: Page) -> list[str]:
    """Tree paths, from the root page's down."""
    return [page.path[:length] for length in range(len(root.path), len(page.path), STEP)]


def of_everybody(found: QuerySet[Any]) -> QuerySet[Any]:
    """Those images or documents that are in no private collection: who may have one of these depends on who asks."""
    inside = ExpressionWrapper(OuterRef("collection__path"), output_field=CharField())
    private = CollectionViewRestriction.objects.annotate(inside=inside)
    return found.exclude(Exists(private.filter(inside__startswith=F("collection__path"))))


@cache
def reverse_listing(endpoint: str) -> str:
    return reverse(f"wagtailapi_v2:{endpoint}:listing")
