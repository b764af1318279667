"""What is around a request: the pages on its path, the root page's children and the private sections, in one query.

A second query asks for the private sections, if there are any.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile

from django.db.models import Q
from django.http import HttpRequest
from wagtail.models import Page, PageViewRestriction, Site
from wagtail.query import PageQuerySet

from cms.core.sites import find_site

MOST_LEVELS = 63  # of Wagtail's tree: a page's path has 255 letters, four a level
# What routing, addresses, menu and breadcrumbs need of a page.
FIELDS = ("path", "depth", "title", "slug", "url_path", "live", "show_in_menus", "content_type", "locale", "alias_of")
KEPT = "_nhip_surroundings"


@dataclass(frozen=True)
class Surroundings:
    root: Page
    below: Sequence[str]  # the request's path, in parts
    trail: Sequence[Page]  # the pages on it, from the root page down as far as there are pages
    children: Sequence[Page]  # the root's published children, in the order of the tree
    private: tuple[str, ...]  # the tree paths of the sections that not everybody may see

    @property
    def menu(self) -> list[Page]:
        """The children that everybody may see and editors marked to show in menus."""
        return [page for page in self.children if page.show_in_menus and not page.path.startswith(self.private)]


def surroundings_of(request: HttpRequest) -> Surroundings | None:
    """Asked once a request; None if no site answers to its host."""
    if not hasattr(request, KEPT):
        site = find_site(request)
        around = _look_around(site, request.path_info) if site else None
        setattr(request, KEPT, around)
    kept: Surroundings | None = getattr(request, KEPT)
    return kept


def public(pages: PageQuerySet, request: HttpRequest) -> PageQuerySet:
    """The pages that everybody may see, as Wagtail's `public()`, which asks for the private sections each time."""
    around = surroundings_of(request)
    if around is None:
        return pages.public()
    for path in around.private:
        pages = pages.exclude(path__startswith=path).exclude(alias_of__path__startswith=path)
    return pages


def _look_around(site: Site, path: str) -> Surroundings:
    root: Page = site.root_page
    below = [slug for slug in path.split("/") if slug]
    if len(below) > MOST_LEVELS:
        below = below[: MOST_LEVELS + 1]  # no page is there
    url_paths = list(accumulate(below, lambda above, slug: f"{above}{slug}/", initial=root.url_path))[1:]
    wanted = Q(path__startswith=root.path, depth=root.depth + 1, live=True)
    if below:
        wanted |= Q(slug__in=below, url_path__in=url_paths)  # slugs have an index, url_path has none
    pages = list(Page.objects.filter(wanted).order_by("path").only(*FIELDS))
    private = _private_sections() if site.any_private else ()
    return Surroundings(
        root=root,
        below=below,
        trail=[root, *_known(url_paths, {page.url_path: page for page in pages})],
        children=[page for page in pages if page.live and page.depth == root.depth + 1],
        private=private,
    )


def _known(url_paths: Sequence[str], pages: Mapping[str, Page]) -> Iterator[Page]:
    return takewhile(bool, (pages.get(url_path) for url_path in url_paths))


def _private_sections() -> tuple[str, ...]:
    return tuple(PageViewRestriction.objects.values_list("page__path", flat=True))
